"""Series that fit has not seen: each window of theirs tells its own level and spread."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import replace

import numpy as np

from sklstm.preprocessing._window_index import WindowIndex
from sklstm.targets._past import PastOfTarget
from sklstm.targets._seasons import Seasons
from sklstm.utils._ragged import means_of_runs, packed_starts, rows_of_runs, runs_of_rows


def give_own_levels(
    index: WindowIndex, past: PastOfTarget, seasons: Seasons, horizon: int
) -> tuple[WindowIndex, Seasons]:
    """Make a series of its own of each window of a series that fit has not seen.

    Its level and its spread are those of the past of the target in the window, so that a forecast
    depends on its window and on nothing else. The seasons are those of all series together.

    Parameters
    ----------
    index : WindowIndex
        The samples.
    past : PastOfTarget
        Where X carries the past of the targets.
    seasons : Seasons
        Of the fit.
    horizon : int
        Steps ahead, whose rows stay in reach.

    Returns
    -------
    index : WindowIndex
        The same windows; those of unseen series over copies of their rows. The index itself if
        there are none.
    seasons : Seasons
        With the levels of these windows.
    """
    unseen = np.flatnonzero(seasons.codes(index)[index.series] == seasons.unseen)
    if not len(unseen):
        return index, seasons
    own = _with_own_rows(index, unseen, horizon)
    level, scale = _levels(own.take(unseen), past, seasons)
    n_series = len(index.series_keys)
    series = index.series.copy()
    series[unseen] = n_series + np.arange(len(unseen))
    of_code = np.r_[seasons.codes(index), len(seasons.level) + np.arange(len(unseen))]
    seasons = replace(
        seasons,
        level=np.concatenate([seasons.level, level]),
        scale=np.concatenate([seasons.scale, scale]),
        code_of=of_code,
    )
    return replace(own, series=series), seasons


def count_own_rows(index: WindowIndex, seasons: Seasons) -> int:
    """Count the rows that :func:`give_own_levels` copies.

    Parameters
    ----------
    index : WindowIndex
        The samples.
    seasons : Seasons
        Of the fit.

    Returns
    -------
    int
        Rows of the windows of unseen series.
    """
    return int(index.count[seasons.codes(index)[index.series] == seasons.unseen].sum())


def _with_own_rows(index, some, horizon):
    """Copy the rows of some windows, and those up to the horizon, so that no others share them."""
    start = np.where(
        index.count[some] > 0,
        index.start[some],
        np.searchsorted(index.keys, index.end[some] - index.window + 1),
    )
    stop = np.searchsorted(index.keys, index.end[some] + index.lead + horizon)
    n_own = np.maximum(stop - start, index.count[some])
    copied = rows_of_runs(start, n_own)
    # Windows stay as far apart as those of different series.
    apart = 2 * index.window + index.lead + horizon + 1
    last = int(index.keys[-1]) if len(index.keys) else 0
    end = max(last, int(index.end.max())) + apart * (1 + np.arange(len(some)))
    moved = end - index.end[some]
    starts, ends = index.start.copy(), index.end.copy()
    starts[some] = len(index.rows) + packed_starts(n_own)
    ends[some] = end
    return replace(
        index,
        rows=np.concatenate([index.rows, index.rows[copied]]),
        keys=np.concatenate([index.keys, index.keys[copied] + moved[runs_of_rows(n_own)]]),
        start=starts,
        end=ends,
    )


def _levels(index, past, seasons):
    """Return level and spread of each window; of an empty one, those of all series together."""
    rows = rows_of_runs(index.start, index.count)
    sample = runs_of_rows(index.count)
    time = index.keys[rows] + (index.time - index.end - index.lead)[sample]
    values = past.slope * index.rows[np.ix_(rows, past.columns)] + past.intercept
    rest = values - seasons.expected(np.full(len(rows), seasons.unseen), time)
    start = packed_starts(index.count)
    mean = means_of_runs(rest, start, index.count)
    observed = (index.count > 0)[:, None]
    common, scale = seasons.level[seasons.unseen], seasons.scale[seasons.unseen]
    level = np.where(observed, common + mean, common)
    if not seasons.standardises:
        return level, np.broadcast_to(scale, level.shape)
    spread = np.sqrt(means_of_runs((rest - mean[sample]) ** 2, start, index.count))
    tells = observed & (index.count > 1)[:, None] & (spread > 0)
    return level, np.where(tells, spread, scale)
