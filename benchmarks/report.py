"""From measurements to text: a table of ratios, and the details behind it."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Iterable
from statistics import median, quantiles

from benchmarks.cases import ALL_PEERS
from benchmarks.compare import TOLERANCE, Row
from benchmarks.peers import TITLES

HOW_TO_READ = f"""\
**How to read it.** A cell holds the time of a peer and, after it, how many times as long as sklstm
it took (above 1× sklstm is faster); times are medians of the repeats, the ratio is that of the
medians. All peers ran in this one run, each in a process of its own, in turn (A B C A B C ...), so
that a slow minute is slow for all. *1 thread, CPU* is the CPU time of the whole process with every
library set to one thread; *wall* is wall time with every library set to all cores. All peers train
the same network on the same windows (float32), from the same initial weights, with Adam at the same
rate and epsilon and the same batch size, shuffled. sklstm keeps its defaults, so it also
standardises the data, which are already standardised. In the grid it does not, since standardising
each fold would change the task.

- *Keras, as in tutorials* is `Sequential`, `compile(optimizer=Adam(rate), loss="mse")`, `fit`,
  `predict`. *Keras, tuned* has `jit_compile=True`, the fastest `steps_per_execution` of 1, 8, 16
  and 32, found once for each row, and predicts in batches of 1,024. *PyTorch loop* slices a
  permutation and predicts in blocks of 1,024 without gradients; *skorch* and *scikeras* have their
  defaults.
- A *warm epoch* is the time from the start of the first to the end of the last epoch of a fit of a
  network that was trained before, divided by the number of epochs. The *first fit* is building,
  tracing and one epoch in a new process that has only done imports. Masked windows are packed
  sequences for PyTorch, packed before the clock runs.
- **Losses must agree**, or the cell does not count: the training loss after the epochs of the row
  (in the grid the mean test error of all fits), from the same weights and with the windows in the
  same order for all, within {TOLERANCE:.1%} of that of hand-written Keras. Timed runs shuffle.
  The second of PyTorch's two biases is held at 0.
- In the *grid* the first of the searches also compiles what it needs (see the spread); Keras and
  scikeras, which build every network anew, run once.
- *Reached* only reports: no run fails if it says no."""


def ratios(rows: list[Row]) -> list[str]:
    """Write the table of times and ratios."""
    lines = _table_head(["work", "on", *(TITLES[p] for p in ALL_PEERS), "goal, measured, reached"])
    lines += [
        _table_line(
            [
                row.case.title,
                row.mode.title,
                *(_cell(row, peer) for peer in ALL_PEERS),
                "; ".join(goals(row)) or "none",
            ]
        )
        for row in rows
    ]
    return lines


def goals(row: Row) -> list[str]:
    """State the goals of a row, what was measured, and whether that is enough."""
    stated = []
    for peer, least in row.case.goals.items():
        title = "PyTorch" if peer == "pytorch" else TITLES.get(peer, peer)
        needed = [peer]
        if peer == "pytorch":
            needed = [p for p in ("skorch", "torch") if p in row.case.peers]
        if "sklstm" not in row.seconds or not all(p in row.seconds for p in needed):
            stated.append(f"{title} ≥ {least:g}×: not measured")
            continue
        ratio = row.ratio(peer)
        counts = all(row.counts(p) for p in (*needed, "sklstm"))
        reached = ("**yes**" if ratio >= least else "**no**") if counts else "does not count"
        stated.append(f"{title} ≥ {least:g}×: {ratio:.2f}× {reached}")
    return stated


def losses(rows: list[Row]) -> list[str]:
    """Write the table of the losses, relative to those of hand-written Keras."""
    peers = [p for p in ALL_PEERS if p != "keras"]
    lines = _table_head(["work", "on", "loss of Keras", *(TITLES[p] for p in peers)])
    for row in rows:
        if "keras" not in row.losses:
            continue
        differences = [_difference(row, peer) for peer in peers]
        lines.append(
            _table_line(
                [row.case.title, row.mode.title, f"{row.losses['keras']:.4f}", *differences]
            )
        )
    return lines


def details(rows: list[Row]) -> list[str]:
    """Write how far the repeats spread, and other notes."""
    lines = _table_head(
        ["work", "on", "repeats", "ratio, lowest to highest of the repeats", "notes"]
    )
    for row in rows:
        if "sklstm" not in row.seconds:
            continue
        others = [p for p in ALL_PEERS if p in row.seconds and p != "sklstm"]
        spreads = []
        for peer in others:
            low, high = row.spread(peer)
            spreads.append(f"{TITLES[peer]} {low:.2f}–{high:.2f}")
        notes = [f"{TITLES[p]} ran once" for p in row.case.single_shot if p in row.seconds]
        if row.steps_per_execution is not None:
            notes.append(f"tuned Keras: steps_per_execution={row.steps_per_execution}")
        notes += [f"{TITLES[p]} failed: {_last_line(r)}" for p, r in row.failures.items()]
        lines.append(
            _table_line(
                [
                    row.case.title,
                    row.mode.title,
                    str(len(row.seconds["sklstm"])),
                    ", ".join(spreads),
                    "; ".join(notes),
                ]
            )
        )
    return lines


def gflops(rows: list[Row], sgemm: dict[str, float]) -> list[str]:
    """Write how close the epochs come to the matrix product of the machine."""
    lines = [
        "## How close to the limit",
        "",
        "The matrix products of a training epoch (forward once, backward twice; the elementwise",
        "work of the gates is not counted) over the time of a warm epoch, beside the best",
        "single-precision product of two 2,048² matrices of NumPy, TensorFlow and PyTorch.",
        "",
    ]
    lines += _table_head(
        ["work", "on", "GFLOP of an epoch", "GFLOP/s: sklstm", "PyTorch loop", "sgemm", "share"]
    )
    for row in rows:
        if row.case.group != "epoch" or "sklstm" not in row.seconds:
            continue
        if row.mode.title not in sgemm:
            continue
        work = row.case.flops_of_an_epoch / 1e9
        ours, peak = work / row.median("sklstm"), sgemm[row.mode.title]
        theirs = f"{work / row.median('torch'):.1f}" if "torch" in row.seconds else "–"
        cells = [row.case.title, row.mode.title, f"{work:.2f}", f"{ours:.1f}", theirs]
        lines.append(_table_line([*cells, f"{peak:.0f}", f"{ours / peak:.0%}"]))
    return lines


def scale(results: dict[str, list[dict]]) -> list[str]:
    """Write the time of a window against the number of windows."""
    lines = [
        "## Time of a trained window",
        "",
        "A pipeline of SequenceWindower(24) and LSTMForecaster(units=32, batch_size=64) on a",
        "series of 8 channels; the whole warm fit over windows × epochs. Fewer windows get",
        "more epochs. The goal is within ±20 %.",
        "",
    ]
    lines += _table_head(["on", "windows", "epochs", "fit", "µs per trained window", "to the mean"])
    for title, points in results.items():
        each = [p["seconds"] / p["n_windows"] / p["epochs"] * 1e6 for p in points]
        mean = sum(each) / len(each)
        lines += [
            _table_line(
                [
                    title,
                    f"{p['n_windows']:,}",
                    str(p["epochs"]),
                    f"{p['seconds']:.2f} s",
                    f"{e:.2f}",
                    f"{e / mean - 1:+.0%}",
                ]
            )
            for p, e in zip(points, each, strict=True)
        ]
    return lines


def steps(results: dict[str, dict[str, list[float]]]) -> list[str]:
    """Write the time of a trained step: of windows, with all steps labelled, and stateful."""
    lines = [
        "## Time of a trained step",
        "",
        "96,000 rows of 8 channels, each read once an epoch: as 4,000 windows that follow each",
        "other (`train_stride=24`), or as 64 series side by side in parts of 24. 32 units, batches",
        "of 64, warm epochs. The three kinds take turns, five for a repeat; a ratio is that of two",
        "fits of the same turn, median and quartiles. The goal is to be no slower than windows of",
        "which the last step is labelled.",
        "",
    ]
    lines += _table_head(["on", "what", "µs per trained step", "to plain windows", "reached"])
    for title, kinds in results.items():
        plain = next(iter(kinds.values()))
        for kind, seconds in kinds.items():
            each = [s / p for s, p in zip(seconds, plain, strict=True)]
            low, ratio, high = quantiles(each, n=4, method="inclusive")
            to_plain = f"{ratio:.2f}× ({low:.2f}–{high:.2f})"
            reached = "–" if seconds is plain else "**yes**" if ratio <= 1 else "**no**"
            cells = [title, kind, f"{median(seconds) * 1e6:.3f}", to_plain, reached]
            lines.append(_table_line(cells))
    return lines


def memory(long: dict, many: dict, n_rows: int, window: int) -> list[str]:
    """Write how much memory was needed."""
    mib = 2**20
    share = long["peak"] / long["series"]
    growth = many["growth"] / mib
    windows_gb = n_rows * window * 8 * 4 / 1e9
    return [
        f"- One epoch over {n_rows:,} rows × 8 float32 with `window={window}`, "
        f"`train_stride={window}`: the series is {long['series'] / mib:.0f} MiB, the peak above "
        f"the imports {long['peak'] / mib:.0f} MiB (the caller's series and y counted), that is "
        f"**{share:.2f}×** the series; goal below 5× for 5,000,000 rows: "
        f"**{'yes' if share < 5 else 'no'}**. "
        f"The fit took {long['seconds']:.1f} s. "
        f"Materialised windows would take {windows_gb:.0f} GB.",
        f"- {many['n_fits']} fits and predictions of a grid (12 candidates: window × units × "
        f"rate): resident memory grew by **{growth:.1f} MiB** after a first pass, which took "
        f"{many['first_pass'] / mib:.0f} MiB; goal below 20 MiB: "
        f"**{'yes' if growth < 20 else 'no'}**.",
    ]


def _cell(row: Row, peer: str) -> str:
    if peer not in row.seconds:
        return "failed" if peer in row.failures else "–"
    time = _time(row.median(peer))
    if peer == "sklstm":
        mark = ""
    else:
        mark = f" ({row.ratio(peer):.2f}×)" if "sklstm" in row.seconds else ""
    return time + mark + ("" if row.counts(peer) else " does not count")


def _difference(row: Row, peer: str) -> str:
    difference = row.loss_difference(peer)
    if difference is None:
        return "–"
    return f"{difference:+.2%}" + ("" if row.counts(peer) else " does not count")


def _time(seconds: float) -> str:
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds * 1e6:.3g} µs"


def _last_line(text: str) -> str:
    return text.strip().splitlines()[-1].replace("|", "/")


def _table_head(cells: Iterable[str]) -> list[str]:
    cells = list(cells)
    return [_table_line(cells), _table_line(["---"] * len(cells))]


def _table_line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"
