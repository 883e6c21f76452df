"""Notice when a window already holds what is to be forecast."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import warnings

import numpy as np
import pandas as pd

from sklstm.preprocessing._sequences import Sequences
from sklstm.targets._horizon_targets import cut_horizon_targets

_MIN_ROWS = 10
_MIN_DISTINCT = 3
# Relative to the range of y: well above the rounding of the type, well below any measurement.
_TOLERANCE = {np.dtype(np.float64): 1e-9, np.dtype(np.float32): 1e-6}
_SAMPLE = 1000


def warn_if_target_in_window(sequences: Sequences, y: np.ndarray) -> None:
    """Warn if the last step of each window gives y away.

    Windows with a lead end before the row whose y they are to give: they cannot hold it.

    Parameters
    ----------
    sequences : Sequences
        The windows.
    y : ndarray of shape (n_samples, n_targets)
        The targets, in their own units.
    """
    if sequences.origin is not None and sequences.origin.lead > 0:
        return
    positions, row_numbers = sequences.last_steps()
    moments = positions if sequences.origin is None else sequences.origin.time[positions]
    for target in y[positions].T:
        column = find_copy_of_target(sequences.rows, row_numbers, target, moments)
        if column is not None:
            _warn(sequences, column)
            return


def last_moments(origin) -> tuple[list, np.ndarray]:
    """Note the last moment of each series.

    Parameters
    ----------
    origin : Origin
        Of the samples of a fit.

    Returns
    -------
    keys : list
        Key of each series.
    last : ndarray of shape (n_series,)
        Its last moment.
    """
    last = np.full(len(origin.series_keys), np.iinfo(np.int64).min)
    np.maximum.at(last, origin.series, origin.time)
    return list(origin.series_keys), last


def warn_if_no_paths(origin, y: np.ndarray) -> None:
    """Warn if columns that are taken for the moments of paths look like so many targets.

    Parameters
    ----------
    origin : Origin
        Of the rows.
    y : ndarray of shape (n_samples, horizon)
        Values with as many columns as a path has moments.
    """
    shifted = cut_horizon_targets(origin, origin, y[:, :1], 2)[:, 1, 0]
    there = ~np.isnan(shifted)
    if not np.array_equal(shifted[there], y[there, 1]):
        horizon = y.shape[1]
        warnings.warn(
            f"y has {horizon} columns, as many as horizon, and is taken for paths, but what a row "
            "has second is not what the next one has first. If the columns are targets, choose "
            f"another horizon or give their paths, (n_samples, {horizon}, {horizon}); if they are "
            "paths all the same, (n_samples, horizon, 1) says so.",
            UserWarning,
            stacklevel=2,
        )


def warn_if_paths_reach(keys: list, last: np.ndarray, horizon: int, origin) -> None:
    """Warn if rows are to be forecast that paths of the fit have already held.

    Parameters
    ----------
    keys, last : object
        What :func:`last_moments` has noted of the fit.
    horizon : int
        Moments of a path.
    origin : Origin
        Of the samples to forecast.
    """
    found = pd.Index(keys).get_indexer(origin.series_keys)[origin.series]
    beyond = origin.time - last[found]
    seen = (found >= 0) & (beyond > 0) & (beyond < horizon)
    if seen.any():
        warnings.warn(
            f"The forecaster was fitted on paths of {horizon} moments that were cut before, and "
            f"they hold y of {int(seen.sum())} of the rows that are forecast now, first of "
            f"{origin.labels[int(seen.argmax())]}: leave a gap of {horizon - 1} moments "
            f"(TimeSeriesSplit(gap={horizon - 1})), or give y as (n_samples,), so that paths are "
            "cut inside fit.",
            UserWarning,
            stacklevel=2,
        )


def find_copy_of_target(
    rows: np.ndarray, row_numbers: np.ndarray, target: np.ndarray, moments: np.ndarray
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
    moments : ndarray of shape (n_targets,)
        When each target is.

    Returns
    -------
    int or None
        The first column that equals the target, else the first one of which the target is an affine
        map; None if there is none, if there are fewer than 10 rows or 3 distinct values, or
        if the target is a plain trend in time, which any clock would match.
    """
    n = len(target)
    if n < _MIN_ROWS:
        return None
    sample = np.linspace(0, n - 1, min(n, _SAMPLE)).astype(np.intp)
    if min(len(np.unique(target[s])) for s in (sample, slice(None))) < _MIN_DISTINCT:
        return None
    if _is_affine_map(moments, target):
        return None
    # A sample rules out nearly every column; only the others are compared in full.
    likely = [
        column
        for column in range(rows.shape[1])
        if _is_affine_map(rows[row_numbers[sample], column], target[sample])
        and _is_affine_map(rows[row_numbers, column], target)
    ]
    equal = [column for column in likely if np.array_equal(rows[row_numbers, column], target)]
    return next(iter(equal + likely), None)


def _is_affine_map(column: np.ndarray, target: np.ndarray) -> bool:
    """Tell whether target = a * column + b with a slope that is not zero."""
    x = column.astype(np.float64)
    x -= x.mean()
    y = target - target.mean()
    squares = x @ x
    if squares == 0:
        return False
    slope = (x @ y) / squares
    tolerance = _TOLERANCE.get(column.dtype, 1e-9)
    return slope != 0 and bool(np.abs(y - slope * x).max() <= tolerance * np.ptp(target))


def _warn(sequences: Sequences, column: int) -> None:
    origin = sequences.origin
    names = None if origin is None else origin.feature_names
    name = f"feature {column}" if names is None else repr(names[column])
    warnings.warn(
        f"The last step of every window holds y itself ({name} equals it or is an affine map of "
        "it), so the forecast would read off its answer: lead=1 was meant, as in "
        f"SequenceWindower(window={sequences.n_steps}, lead=1).",
        UserWarning,
        stacklevel=2,
    )
