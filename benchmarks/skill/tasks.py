"""The tasks: their data, what is fitted, what is predicted, and how it is scored."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.skill import data
from sklstm import KMeansLabeler, PanelTimeSeriesSplit


@dataclass(frozen=True, eq=False)
class Fold:
    """What is fitted, and what is predicted.

    Parameters
    ----------
    X_train, y_train : DataFrame or ndarray
        What a method is fitted on.
    X_test : DataFrame or ndarray
        What it predicts from: rows, or sequences.
    scored : ndarray of int
        Positions of the rows of `X_test` whose predictions count.
    actual : ndarray of shape (n_scored, horizon), (n_scored, horizon, n_targets) or (n_scored,)
        The values, NaN after the end of the test part; or the classes.
    """

    X_train: Any
    y_train: Any
    X_test: Any
    scored: np.ndarray
    actual: np.ndarray


@dataclass(frozen=True, eq=False)
class Task:
    """A task, and what a user knows about it.

    Parameters
    ----------
    key, title : str
        Names on the command line and in the report.
    kind : {"forecasting", "classification"}
        What is predicted.
    load : callable
        Makes the folds from the folder of data, or None.
    window, lead, horizon : int
        Length of the windows, where they end, and steps ahead to forecast. A window of 0 says that
        X holds whole sequences.
    target : str or list of str
        Columns of X that hold the past of `y`.
    season : int, str or None
        What `season` is set to where it is set.
    cycle : int or None
        Steps of the cycle, for the seasonal naive forecast.
    by : str or None
        Level of the index that tells series apart.
    freq : str
        The step of the clock.
    metrics : tuple of str
        The scores, the one that counts first.
    is_real : bool
        Whether it counts in the geometric means.
    skips : tuple of str
        Methods that would take too long.
    """

    key: str
    title: str
    kind: str
    load: Callable[[Path | None], list[Fold]]
    window: int = 0
    lead: int = 1
    horizon: int = 1
    target: str | list[str] = ""
    season: int | str | None = None
    cycle: int | None = None
    by: str | None = None
    freq: str = "h"
    metrics: tuple[str, ...] = ("mae",)
    is_real: bool = True
    skips: tuple[str, ...] = ()

    @property
    def targets(self) -> list[str]:
        """Name the target columns in a list."""
        return [self.target] if isinstance(self.target, str) else list(self.target)


def horizon_targets(y, horizon: int, freq: str, by: str | None = None) -> np.ndarray:
    """Cut the values of each row and of the steps after it, by the clock.

    Parameters
    ----------
    y : Series or DataFrame
        Values with their times, or with times and series.
    horizon : int
        Steps, the row's own the first.
    freq : str
        The step.
    by : str, default=None
        Level of the index that tells series apart.

    Returns
    -------
    ndarray of shape (n_rows, horizon) or (n_rows, horizon, n_targets)
        NaN where there is no row.
    """
    wide = y.unstack(by) if by else y
    steps = []
    for step in range(horizon):
        ahead = wide.shift(-step, freq=freq).reindex(wide.index)
        steps.append((ahead.stack().reindex(y.index) if by else ahead).to_numpy())
    return np.stack(steps, axis=1)


def _forecast_fold(task_of, table, target, train, test, every=1, whole=False):
    """Fit on some rows; forecast from every so many of the test rows."""
    y = table[target]
    X_train, X_test = table.iloc[train], table.iloc[test]
    actual = horizon_targets(y.iloc[test], *task_of)
    scored = np.arange(0, len(X_test), every)
    if whole:
        scored = scored[~np.isnan(actual[scored]).reshape(len(scored), -1).any(axis=1)]
    return Fold(X_train, y.iloc[train], X_test, scored, actual[scored])


def _blocks(read, target, task_of, cuts, size, every=1):
    """Make a fold for each cut: the rows before it, and a block of rows after it."""

    def load(folder):
        table = read(folder)
        return [
            _forecast_fold(
                task_of, table, target, slice(0, cut), slice(cut, cut + size), every, whole=True
            )
            for cut in cuts
        ]

    return load


def _origins(read, target, horizon, n_origins, step, freq="MS"):
    """Make a fold for each of the last origins: fit on all before, forecast once."""

    def load(folder):
        table = read(folder)
        last = len(table) - horizon
        cuts = [last - step * back for back in reversed(range(n_origins))]
        return [
            _forecast_fold(
                (horizon, freq),
                table,
                target,
                slice(0, cut),
                slice(cut, cut + horizon),
                every=horizon,
            )
            for cut in cuts
        ]

    return load


def _panel(read, target, task_of, origins="all", **split):
    """Make the folds of a backtest."""

    def load(folder):
        table = read(folder)
        folds = []
        for train, test in PanelTimeSeriesSplit(**split).split(table):
            fold = _forecast_fold(task_of, table, target, train, test)
            if origins == "first":
                times = fold.X_test.index.get_level_values(0)
                first = np.flatnonzero(times == times.min())
                fold = Fold(fold.X_train, fold.y_train, fold.X_test, first, fold.actual[first])
            folds.append(fold)
        return folds

    return load


def _ltsf(folder):
    """Make the split of the long-term forecasting benchmarks: validation rows stay unused."""
    table = data.etth2(folder)
    fitted = table[:8_640]
    table = (table - fitted.mean()) / fitted.std(ddof=0)
    columns = list(table.columns)
    # The windows of the first test rows reach back into the validation part.
    start = 11_520 - 96
    fold = _forecast_fold(
        (96, "h"), table, columns, slice(0, 8_640), slice(start, 14_400), whole=True
    )
    # The first origin is the first row of the test part.
    kept = fold.scored >= 96
    return [Fold(fold.X_train, fold.y_train, fold.X_test, fold.scored[kept], fold.actual[kept])]


def _walks(folder):
    return [
        _forecast_fold((24, "h"), table, "walk", slice(0, 3_000), slice(3_000, 4_000), whole=True)
        for table in data.random_walks()
    ]


def _classes(read, label, cuts):
    """Make a fold for each pair of a cut and an end, and label the rows of each.

    Parameters
    ----------
    read : callable
        Reads the table from the folder of data.
    label : callable
        Makes the classes of all rows, from the table and the number of training rows.
    cuts : list of (int, int, int)
        The end of the training rows, the end of the test rows, and the step between test rows.
    """

    def load(folder):
        table = read(folder)
        folds = []
        for cut, end, every in cuts:
            y = label(table, cut)
            scored = np.arange(0, len(table[cut:end]), every)
            folds.append(
                Fold(table[:cut], y[:cut], table[cut:end], scored, y[cut:end].to_numpy()[scored])
            )
        return folds

    return load


def _three_classes(column):
    def label(table, cut):
        values = table[[column]]
        labels = KMeansLabeler(n_clusters=3).fit(values[:cut]).predict(values)
        return pd.Series(np.asarray(labels), index=table.index)

    return label


def _is_rain(table, cut):
    return (table["precip"] > 0).astype(int)


def _sequences(name):
    def load(folder):
        X_train, y_train, X_test, y_test = data.sequences(name, folder)
        return [Fold(X_train, y_train, X_test, np.arange(len(y_test)), y_test)]

    return load


def _without_folder(read):
    return lambda folder: read()


_FORECASTING = [
    Task(
        key="etth2",
        title="ETTh2, oil temperature, 24 h",
        kind="forecasting",
        load=_blocks(data.etth2, "OT", (24, "h"), (8_640, 12_960), 1_440, every=4),
        window=48,
        horizon=24,
        target="OT",
        cycle=24,
    ),
    Task(
        key="ltsf",
        title="ETTh2, protocol of LTSF, 96 h",
        kind="forecasting",
        load=_ltsf,
        window=96,
        horizon=96,
        target=["HUFL", "HULL", "MUFL", "MULL", "LUFL", "LULL", "OT"],
        cycle=24,
        metrics=("mse", "mae"),
        skips=("boosting",),
    ),
    Task(
        key="mintemp",
        title="minimum temperature, 7 days",
        kind="forecasting",
        load=_blocks(data.minimum_temperatures, "Temp", (7, "D"), (2_190, 2_738, 3_287), 365),
        window=14,
        horizon=7,
        target="Temp",
        season="YE",
        cycle=365,
        freq="D",
    ),
    Task(
        key="airline",
        title="airline passengers, 12 months",
        kind="forecasting",
        load=_origins(data.airline, "Passengers", 12, n_origins=5, step=6),
        window=24,
        horizon=12,
        target="Passengers",
        season=12,
        cycle=12,
        freq="MS",
    ),
    Task(
        key="cars",
        title="car sales, 12 months",
        kind="forecasting",
        load=_origins(data.car_sales, "Sales", 12, n_origins=5, step=6),
        window=24,
        horizon=12,
        target="Sales",
        season=12,
        cycle=12,
        freq="MS",
    ),
    Task(
        key="airports",
        title="three airports, 24 h, °F",
        kind="forecasting",
        load=_panel(
            _without_folder(data.airports),
            "temp",
            (24, "h", "airport"),
            n_splits=4,
            test_size=30 * 24,
        ),
        window=48,
        horizon=24,
        target="temp",
        cycle=24,
        by="airport",
    ),
    Task(
        key="jena",
        title="Jena, 24 h, °C",
        kind="forecasting",
        load=_panel(
            partial(data.jena, n_rows=26_304),
            "T (degC)",
            (24, "h"),
            n_splits=4,
            test_size=30 * 24,
        ),
        window=48,
        horizon=24,
        target="T (degC)",
        cycle=24,
    ),
    Task(
        key="stations",
        title="44 stations, 18 months, °C",
        kind="forecasting",
        load=_panel(
            _without_folder(data.stations),
            "temperature",
            (18, "MS", "station"),
            origins="first",
            n_splits=4,
            test_size=18,
            step=6,
        ),
        window=18,
        horizon=18,
        target="temperature",
        season=12,
        cycle=12,
        by="station",
        freq="MS",
    ),
    Task(
        key="walk",
        title="three random walks, 24 steps",
        kind="forecasting",
        load=_walks,
        window=48,
        horizon=24,
        target="walk",
        cycle=24,
        is_real=False,
    ),
    Task(
        key="line",
        title="a line and a sine, 12 months",
        kind="forecasting",
        load=_blocks(
            _without_folder(data.line_and_sine), "value", (12, "MS"), cuts=(228,), size=60
        ),
        window=24,
        horizon=12,
        target="value",
        season=12,
        cycle=12,
        freq="MS",
        is_real=False,
    ),
]

_SCORES = ("accuracy", "log_loss")
_YEAR = [(4_380, 5_840, 1), (7_300, 8_730, 1)]
_CLASSIFICATION = [
    *(
        Task(name.lower(), name, "classification", _sequences(name), metrics=_SCORES)
        for name in ("GunPoint", "ItalyPowerDemand", "JapaneseVowels", "BasicMotions")
    ),
    Task(
        key="jfk",
        title="airport, class of the temperature in 6 h",
        kind="classification",
        load=_classes(_without_folder(data.one_airport), _three_classes("temp"), _YEAR),
        window=24,
        lead=6,
        target="temp",
        metrics=_SCORES,
    ),
    Task(
        key="rain",
        title="airport, rain in 3 h",
        kind="classification",
        load=_classes(_without_folder(data.one_airport), _is_rain, _YEAR),
        window=24,
        lead=3,
        target="precip",
        metrics=_SCORES,
    ),
    Task(
        key="jenaclass",
        title="Jena, class of the temperature in 6 h",
        kind="classification",
        load=_classes(
            partial(data.jena, n_rows=26_304, with_hour=False),
            _three_classes("T (degC)"),
            [(13_152, 13_152 + 4_380, 2)],
        ),
        window=24,
        lead=6,
        target="T (degC)",
        metrics=_SCORES,
    ),
]

TASKS = {task.key: task for task in [*_FORECASTING, *_CLASSIFICATION]}
