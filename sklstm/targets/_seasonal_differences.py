"""Seasonal differences: a value less the one of the same step of the season before, in a window."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import replace

import numpy as np

from sklstm.preprocessing._key_lookup import find_keys
from sklstm.preprocessing._window_index import WindowIndex
from sklstm.targets._wall_clock import WallClock


def newest_of_season(
    index: WindowIndex,
    columns: np.ndarray,
    length: int,
    horizon: int,
    wall_clock: WallClock | None = None,
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
    wall_clock : WallClock or None, default=None
        The clock that the season follows; None counts the steps.

    Returns
    -------
    ndarray of shape (n_samples, horizon, n_targets), float64
        NaN where no such step of the window is observed.
    """
    # Unless the clocks change, a step ahead looks up what the one a season before it does.
    n_different = min(length, horizon) if wall_clock is None else horizon
    found_ahead = np.full((len(index), n_different, len(columns)), np.nan)
    # Before its first row a window holds nothing, however long it is.
    oldest = index.end + 1
    some = index.count > 0
    oldest[some] = index.keys[index.start[some]]
    for ahead in range(n_different):
        back = -(-(index.lead + ahead) // length) * length
        open_ = np.arange(len(index))
        while True:
            wanted = (index.end + index.lead + ahead - back)[open_]
            if wall_clock is not None:
                wanted = wanted + wall_clock.shift(index.time[open_] + ahead, back)
            reached = wanted >= oldest[open_]
            open_, wanted = open_[reached], wanted[reached]
            if not len(open_):
                break
            found, place = find_keys(index.keys, wanted)
            samples = open_[found]
            held = (place >= index.start[samples]) & (
                place < index.start[samples] + index.count[samples]
            )
            found_ahead[samples[held], ahead] = index.rows[np.ix_(place[held], columns)]
            open_ = np.setdiff1d(open_, samples[held], assume_unique=True)
            back += length
    return found_ahead[:, np.arange(horizon) % n_different]


def difference_past(
    index: WindowIndex, columns: np.ndarray, length: int, wall_clock: WallClock | None = None
) -> WindowIndex:
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
    wall_clock : WallClock or None, default=None
        The clock that the season follows; None counts the steps.

    Returns
    -------
    WindowIndex
        Windows of ``window - length`` steps over new rows.
    """
    wanted, first_kept = index.keys - length, index.end - index.window + 1 + length
    if wall_clock is not None:
        _, time = index.times_of_rows()
        wanted = wanted + wall_clock.shift(time, length)
        # Where summer time has ended, the step of a season ago is one hour further back.
        since = index.time - index.end - index.lead
        first_kept = first_kept - np.minimum(wall_clock.shift(first_kept + since, length), 0)
    kept, earlier = find_keys(index.keys, wanted)
    rows = index.rows[kept].astype(np.float64)
    rows[:, columns] -= index.rows[np.ix_(earlier, columns)]
    n_before = np.zeros(len(index.rows) + 1, dtype=np.intp)
    n_before[kept + 1] = 1
    n_before = np.cumsum(n_before)
    stop = index.start + index.count
    first = np.searchsorted(index.keys, first_kept)
    first = np.clip(first, index.start, stop)
    return replace(
        index,
        rows=rows,
        keys=index.keys[kept],
        start=n_before[first],
        count=n_before[stop] - n_before[first],
        window=index.window - length,
    )
