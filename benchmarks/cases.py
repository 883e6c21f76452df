"""The rows of the table: the work, its size, the peers and the goal."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

ALL_PEERS = ("sklstm", "keras", "tuned", "scikeras", "skorch", "torch")


@dataclass(frozen=True)
class Case:
    """One row of the table.

    Parameters
    ----------
    key, group : str
        The name on the command line, and the name of several rows together.
    title : str
        The name in the table.
    kind : {"epoch", "first", "grid", "predict"}
        What is timed.
    n_windows, window, n_features : int
        Shape of the training data.
    units : tuple of int
        Widths of the LSTM layers.
    batch_size, epochs : int
        Windows in one update; epochs of a timed fit.
    bidirectional : bool
        Whether the layers read both ways.
    horizon : int
        Steps ahead to predict; above 1 with an encoder-decoder, whose decoder is as wide as the
        last layer.
    missing : float
        Fraction of the steps that are missing.
    n_predicted : int
        Windows to predict, for kind "predict".
    from_series : bool
        Whether sklstm gets the windows as its windower cuts them, and the peers the array of them.
    goals : mapping of str to float
        Peer, or "pytorch" for the faster of skorch and torch, to the least ratio that is wanted.
    peers : tuple of str
        Who takes part, in the order in which they run.
    single_shot : tuple of str
        Peers that run once because they take so long.
    max_repeats : int
        Repeats at most, for work that takes long.
    """

    key: str
    group: str
    title: str
    kind: str
    n_windows: int = 4_000
    window: int = 24
    n_features: int = 8
    units: tuple[int, ...] = (32,)
    batch_size: int = 64
    epochs: int = 5
    learning_rate: float = 0.003
    bidirectional: bool = False
    horizon: int = 1
    missing: float = 0.0
    n_predicted: int = 0
    from_series: bool = False
    seed: int = 0
    goals: Mapping[str, float] = field(default_factory=dict)
    peers: tuple[str, ...] = ALL_PEERS
    single_shot: tuple[str, ...] = ()
    max_repeats: int = 1_000
    # The grid: every combination of these, times the folds.
    grid: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    n_folds: int = 3

    @property
    def all_units(self) -> list[tuple[int, ...]]:
        """Return the widths of every network that the row trains."""
        return [(units,) for units in self.grid["units"]] if self.grid else [self.units]

    @property
    def flops_of_an_epoch(self) -> float:
        """Count multiplications and additions of one training epoch: forward once, backward twice.

        Only the matrix products count; the elementwise work of the gates is left out.
        """
        total, n_inputs = 0, self.n_features
        directions = 2 if self.bidirectional else 1
        for units in self.units:
            total += directions * 2 * 4 * units * (n_inputs + units)
            n_inputs = units * directions
        total *= self.window
        if self.horizon > 1:
            units = self.units[-1]
            total += directions * 2 * 4 * units * (n_inputs + units) * self.horizon
        return 3.0 * total * self.n_windows


CASES = (
    Case(
        "epoch-medium",
        "epoch",
        "warm epoch, 4,000 windows 24×8, 32 units, batch 64",
        "epoch",
        goals={"keras": 4.0, "pytorch": 1.5, "tuned": 1.5},
    ),
    Case(
        "epoch-small",
        "epoch",
        "warm epoch, 4,000 windows 12×8, 16 units, batch 32",
        "epoch",
        window=12,
        units=(16,),
        batch_size=32,
        goals={"keras": 5.0, "pytorch": 2.0, "tuned": 1.5},
    ),
    Case(
        "epoch-large",
        "epoch",
        "warm epoch, 1,000 windows 100×8, 128 units, batch 64",
        "epoch",
        n_windows=1_000,
        window=100,
        units=(128,),
        epochs=2,
        goals={"keras": 1.0, "pytorch": 1.0, "tuned": 1.0},
    ),
    Case(
        "first",
        "first",
        "first fit in a fresh process, after imports (1 epoch, as the first row)",
        "first",
        epochs=1,
        goals={"keras": 1.3},
        max_repeats=3,
    ),
    Case(
        "masked",
        "layers",
        "warm epoch, masked: 30 % of the steps missing, else as the first row",
        "epoch",
        missing=0.3,
        goals={"keras": 3.0, "pytorch": 1.0},
    ),
    Case(
        "stacked",
        "layers",
        "warm epoch, stacked (64, 32), else as the first row",
        "epoch",
        units=(64, 32),
        epochs=3,
        goals={"keras": 3.0, "pytorch": 1.0},
    ),
    Case(
        "bidirectional",
        "layers",
        "warm epoch, bidirectional 32, else as the first row",
        "epoch",
        bidirectional=True,
        epochs=3,
        goals={"keras": 3.0, "pytorch": 1.0},
    ),
    Case(
        "decoder",
        "layers",
        "warm epoch, encoder-decoder 32+32 over a horizon of 24, else as the first row",
        "epoch",
        horizon=24,
        epochs=3,
        goals={"keras": 3.0},
        peers=("sklstm", "keras", "tuned"),
    ),
    Case(
        "grid",
        "grid",
        "grid search: 12 candidates × 3 folds, 1,000 rows (window × units × epochs)",
        "grid",
        n_windows=1_000,
        window=48,
        batch_size=32,
        learning_rate=0.01,
        grid={"window": (12, 24, 48), "units": (16, 32), "epochs": (5, 10)},
        goals={"keras": 20.0, "skorch": 2.0},
        peers=("sklstm", "keras", "scikeras", "skorch"),
        single_shot=("keras", "scikeras"),
        max_repeats=3,
    ),
    Case(
        "predict-one",
        "predict",
        "predict, 1 window 24×8, 32 units",
        "predict",
        n_predicted=1,
        goals={"keras": 25.0},
    ),
    Case(
        "predict-many",
        "predict",
        "predict, 100,000 windows 24×8 (an array of all), 32 units",
        "predict",
        n_predicted=100_000,
        goals={"keras": 3.0, "pytorch": 1.0},
        max_repeats=5,
    ),
    Case(
        "predict-series",
        "predict",
        "predict, 100,000 windows 24×8 (sklstm: from the series; the others: an array), 32 units",
        "predict",
        n_predicted=100_000,
        from_series=True,
        goals={"keras": 3.0, "pytorch": 1.0},
        peers=("sklstm", "keras", "torch"),
        max_repeats=5,
    ),
)

# The rows of a quick run by default: one of each kind.
QUICK = ("epoch-medium", "first", "grid", "predict-one")


def quick(case: Case) -> Case:
    """Make a row small enough to see in seconds that everything runs; the numbers mean little."""
    small = replace(
        case,
        title=f"{case.title} [QUICK: smaller]",
        n_windows=min(case.n_windows, 640),
        epochs=min(case.epochs, 2),
        n_predicted=min(case.n_predicted, 5_000),
        max_repeats=min(case.max_repeats, 2),
        window=min(case.window, 24),
    )
    if case.kind == "grid":
        one = {"window": (12,), "units": (16,), "epochs": (3,)}
        return replace(small, n_windows=200, n_folds=2, grid=one)
    if case.kind == "first":
        return replace(small, peers=("sklstm", "keras"), max_repeats=1)
    if case.kind == "predict":
        return replace(small, peers=("sklstm", "keras", "torch"))
    return small


def choose(names: list[str] | None) -> list[Case]:
    """Find rows by key or group; None is all.

    Raises
    ------
    ValueError
        If there is no row or group of some name.
    """
    if names is None:
        return list(CASES)
    known = {case.key for case in CASES} | {case.group for case in CASES}
    unknown = sorted(set(names) - known)
    if unknown:
        raise ValueError(f"There is no row or group {unknown}; there are {sorted(known)}.")
    return [case for case in CASES if case.key in names or case.group in names]
