"""Seasonal differences: a value less the one of the same step of the season before, in a window."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import replace

import numpy as np

from sklstm.preprocessing._key_lookup import find_keys
from sklstm.preprocessing._window_index import WindowIndex


def newest_of_season(
    index: WindowIndex, columns: np.ndarray, length: int, horizon: int
) -> np.ndarray:
    """Find, for each step ahead, the newest value of the same step of the season in the window.

    This is the seasonal naive forecast.

    Parameters
    ----------
    index : WindowIndex
        Windows that know their time.
    columns : ndarray of shape (n_targets,)
        The features to look up.
    length : int
        Steps of a season.
    horizon : int
        Steps ahead; the first is the sample's own time.

    Returns
    -------
    ndarray of shape (n_samples, horizon, n_targets), float64
        NaN where no such step of the window is observed.
    """
    phases = np.full((len(index), length, len(columns)), np.nan)
    oldest = index.end - index.window + 1
    for phase in range(length):
        wanted = index.end - (-(index.lead + phase)) % length
        open_ = np.arange(len(index))
        while len(open_ := open_[wanted[open_] >= oldest[open_]]):
            found, place = find_keys(index.keys, wanted[open_])
            samples = open_[found]
            held = (place >= index.start[samples]) & (
                place < index.start[samples] + index.count[samples]
            )
            phases[samples[held], phase] = index.rows[np.ix_(place[held], columns)]
            open_ = np.setdiff1d(open_, samples[held], assume_unique=True)
            wanted = wanted - length
    return phases[:, np.arange(horizon) % length]


def difference_past(index: WindowIndex, columns: np.ndarray, length: int) -> WindowIndex:
    """Subtract from features their values one season earlier.

    Windows lose their first season, for which they hold nothing to subtract: a window says the
    same whatever stands before it. A step that has no row one season earlier becomes a missing one.

    Parameters
    ----------
    index : WindowIndex
        Windows that know their time, longer than a season.
    columns : ndarray of shape (n_targets,)
        The features to rewrite.
    length : int
        Steps of a season.

    Returns
    -------
    WindowIndex
        Windows of ``window - length`` steps over new rows.
    """
    kept, earlier = find_keys(index.keys, index.keys - length)
    rows = index.rows[kept].astype(np.float64)
    rows[:, columns] -= index.rows[np.ix_(earlier, columns)]
    n_before = np.zeros(len(index.rows) + 1, dtype=np.intp)
    n_before[kept + 1] = 1
    n_before = np.cumsum(n_before)
    stop = index.start + index.count
    first = np.searchsorted(index.keys, index.end - index.window + 1 + length)
    first = np.clip(first, index.start, stop)
    return replace(
        index,
        rows=rows,
        keys=index.keys[kept],
        start=n_before[first],
        count=n_before[stop] - n_before[first],
        window=index.window - length,
    )
