"""Warn when a window already holds what is to be forecast."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import warnings

import numpy as np
import pandas as pd

from sklstm.preprocessing._window_index import WindowIndex
from sklstm.targets._horizon_targets import cut_horizon_targets

_MIN_ROWS = 10
_MIN_DISTINCT = 3
# Relative to the range of y: well above the rounding of the type, well below any measurement.
_TOLERANCE = {np.dtype(np.float64): 1e-9, np.dtype(np.float32): 1e-6}
_SAMPLE = 1000


def warn_if_target_in_window(index: WindowIndex, y: np.ndarray) -> None:
    """Warn if the last step of each window gives y away.

    Windows with a lead end before the row whose y they are to give: they cannot hold it.

    Parameters
    ----------
    index : WindowIndex
        The windows.
    y : ndarray of shape (n_samples, n_targets)
        The targets, in their own units.
    """
    if index.lead > 0:
        return
    positions, row_numbers = index.last_steps()
    time = index.time[positions] if index.knows_time else positions
    for target in y[positions].T:
        column = find_copy_of_target(index.rows, row_numbers, target, time)
        if column is not None:
            _warn(index, column)
            return


def last_times(index: WindowIndex) -> tuple[list, np.ndarray]:
    """Note the last time of each series.

    Parameters
    ----------
    index : WindowIndex
        The samples of a fit.

    Returns
    -------
    keys : list
        Key of each series.
    last : ndarray of shape (n_series,)
        Its last time, in steps of the clock.
    """
    last = np.full(len(index.series_keys), np.iinfo(np.int64).min)
    np.maximum.at(last, index.series, index.time)
    return list(index.series_keys), last


def warn_if_not_steps_ahead(index: WindowIndex, y: np.ndarray) -> None:
    """Warn if columns that are taken for steps ahead look like so many targets.

    Parameters
    ----------
    index : WindowIndex
        The samples.
    y : ndarray of shape (n_samples, horizon)
        Values with as many columns as steps ahead.
    """
    shifted = cut_horizon_targets(index, index, y[:, :1], 2)[:, 1, 0]
    observed = ~np.isnan(shifted)
    if not np.array_equal(shifted[observed], y[observed, 1]):
        horizon = y.shape[1]
        warnings.warn(
            f"y has {horizon} columns, as many as horizon, and they are taken for the steps ahead "
            "of each row, but the second value of a row is not the first one of the next. If the "
            "columns are targets, choose another horizon or give the steps ahead of each, "
            f"(n_samples, {horizon}, {horizon}); if they are steps ahead all the same, give them "
            "as (n_samples, horizon, 1).",
            UserWarning,
            stacklevel=2,
        )


def warn_if_y_was_seen(keys: list, last: np.ndarray, horizon: int, index: WindowIndex) -> None:
    """Warn if rows are to be forecast whose y multi-step targets of the fit already held.

    Parameters
    ----------
    keys, last : object
        What :func:`last_times` has noted of the fit.
    horizon : int
        Steps ahead.
    index : WindowIndex
        The samples to forecast.
    """
    found = pd.Index(keys).get_indexer(index.series_keys)[index.series]
    beyond = index.time - last[found]
    seen = (found >= 0) & (beyond > 0) & (beyond < horizon)
    if seen.any():
        warnings.warn(
            f"The forecaster was fitted on y with {horizon} steps ahead, which holds the y of "
            f"{int(seen.sum())} of the rows that are forecast now, first of "
            f"{index.labels[int(seen.argmax())]}: leave a gap of {horizon - 1} time steps "
            f"(TimeSeriesSplit(gap={horizon - 1})), or give y as (n_samples,), so that the steps "
            "ahead are cut inside fit.",
            UserWarning,
            stacklevel=2,
        )


def find_copy_of_target(
    rows: np.ndarray, row_numbers: np.ndarray, target: np.ndarray, time: np.ndarray
) -> int | None:
    """Find the column that is the target, or of which the target is an affine map.

    Parameters
    ----------
    rows : ndarray of shape (n_rows, n_features)
        Where to look.
    row_numbers : ndarray of shape (n_targets,)
        The row that stands beside each target.
    target : ndarray of shape (n_targets,)
        What to look for.
    time : ndarray of shape (n_targets,)
        The time of each target.

    Returns
    -------
    int or None
        The first column that equals the target, else the first one of which the target is an affine
        map; None if there is none, if there are fewer than 10 rows or 3 distinct values, or
        if the target is a plain trend in time, which any clock would match.
    """
    if not is_telling(target, time):
        return None
    sample = np.linspace(0, len(target) - 1, min(len(target), _SAMPLE)).astype(np.intp)
    # A sample rules out nearly every column; only the others are compared in full.
    likely = [
        column
        for column in range(rows.shape[1])
        if is_affine_map(rows[row_numbers[sample], column], target[sample])
        and is_affine_map(rows[row_numbers, column], target)
    ]
    equal = [column for column in likely if np.array_equal(rows[row_numbers, column], target)]
    return next(iter(equal + likely), None)


def is_telling(target: np.ndarray, time: np.ndarray) -> bool:
    """Tell whether a column that agrees with a target does not do so by chance.

    Parameters
    ----------
    target, time : ndarray of shape (n,)
        Values and their times.

    Returns
    -------
    bool
        False below 10 rows or 3 distinct values, and for a plain trend, as any clock has it.
    """
    n = len(target)
    if n < _MIN_ROWS:
        return False
    sample = np.linspace(0, n - 1, min(n, _SAMPLE)).astype(np.intp)
    if min(len(np.unique(target[s])) for s in (sample, slice(None))) < _MIN_DISTINCT:
        return False
    return not is_affine_map(time, target)


def is_affine_map(column: np.ndarray, target: np.ndarray) -> bool:
    """Tell whether target = a * column + b with a slope that is not zero.

    Parameters
    ----------
    column, target : ndarray of shape (n,)
        Values that stand beside each other.

    Returns
    -------
    bool
        Up to rounding.
    """
    x = column.astype(np.float64)
    x -= x.mean()
    y = target - target.mean()
    squares = x @ x
    if squares == 0:
        return False
    slope = (x @ y) / squares
    tolerance = _TOLERANCE.get(column.dtype, 1e-9)
    return slope != 0 and bool(np.abs(y - slope * x).max() <= tolerance * np.ptp(target))


def _warn(index: WindowIndex, column: int) -> None:
    names = index.feature_names
    name = f"feature {column}" if names is None else repr(names[column])
    warnings.warn(
        f"The last step of every window holds y itself ({name} equals it or is an affine map of "
        "it), so the forecast could be read off it: lead=1 was meant, as in "
        f"SequenceWindower(window={index.window}, lead=1).",
        UserWarning,
        stacklevel=2,
    )
