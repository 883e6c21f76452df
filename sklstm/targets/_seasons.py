"""Seasons: the level, the seasonal profile and the spread of each series."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from sklstm.preprocessing._window_index import WindowIndex
from sklstm.targets._harmonics import fit_profiles
from sklstm.targets._past import PastOfTarget
from sklstm.targets._wall_clock import WallClock
from sklstm.utils._plain_state import PlainState


@dataclass(frozen=True, eq=False)
class Seasons(PlainState):
    """The level and the seasonal profile of each series, and its spread about them.

    Parameters
    ----------
    keys : list
        Key of each series.
    lengths : tuple of int
        Steps of each season.
    level : ndarray of shape (n_series + 1, n_targets)
        Mean of each series; the last one stands for a series that was not seen.
    profiles : list of ndarray of shape (n_series + 1, length, n_targets)
        What each season adds to it in each of its steps.
    scale : ndarray of shape (n_series + 1, n_targets)
        What is left is divided by this; 1 where series are not standardised.
    seen : ndarray of shape (n_series,), bool
        Which series had samples to learn from.
    wall_clocks : tuple of WallClock or None
        For each season the clock that it follows; None counts the steps.
    standardises : bool, default=False
        Whether the spread of each series was learned.
    code_of : ndarray of shape (n_series_of_a_call,), default=None
        The codes of the series of one call, where they are known.
    """

    keys: list
    lengths: tuple[int, ...]
    level: np.ndarray
    profiles: list[np.ndarray]
    scale: np.ndarray
    seen: np.ndarray
    wall_clocks: tuple[WallClock | None, ...]
    standardises: bool = False
    code_of: np.ndarray | None = None

    @property
    def unseen(self) -> int:
        """The code of a series that fit has not seen."""
        return len(self.keys)

    def codes(self, index: WindowIndex) -> np.ndarray:
        """Find the series of a call among those of the fit.

        Parameters
        ----------
        index : WindowIndex
            The samples of the call.

        Returns
        -------
        ndarray of shape (n_series_of_the_call,)
            For each code of the call, the code in the fit; the last one for a series that fit has
            not seen.
        """
        if self.code_of is not None:
            return self.code_of
        found = pd.Index(self.keys).get_indexer(index.series_keys)
        return np.where((found < 0) | ~self.seen[found], self.unseen, found)

    def ahead_of(self, index: WindowIndex, horizon: int) -> tuple[np.ndarray, np.ndarray]:
        """Compute level and seasons at the steps ahead of each sample, and its spread.

        Parameters
        ----------
        index : WindowIndex
            The samples.
        horizon : int
            Steps ahead.

        Returns
        -------
        expected : ndarray of shape (n_samples, horizon, n_targets)
            Level and seasons together.
        scale : ndarray of shape (n_samples, 1, n_targets)
            The spread of the series of each sample.
        """
        series = self.codes(index)[index.series][:, None]
        time = index.time[:, None] + np.arange(horizon)
        return self.expected(np.broadcast_to(series, time.shape), time), self.scale[series]

    def expected(self, series: np.ndarray, time: np.ndarray) -> np.ndarray:
        """Compute level and seasons of series at some times.

        Parameters
        ----------
        series : ndarray of shape (...)
            Codes of series in the fit.
        time : ndarray of the same shape
            Time, in steps of the clock.

        Returns
        -------
        ndarray of shape (..., n_targets)
            Level and seasons together.
        """
        found = self.level[series]
        # Series with a level of their own share the profile of all series together.
        series = np.minimum(series, self.unseen)
        each = zip(self.lengths, self.profiles, self.wall_clocks, strict=True)
        for length, profile, wall_clock in each:
            steps = time if wall_clock is None else wall_clock.local(time)
            found = found + profile[series, steps % length]
        return found


def fit_seasons(
    index: WindowIndex,
    y: np.ndarray,
    lengths: tuple[int, ...],
    *,
    standardise: bool,
    wall_clocks: tuple[WallClock | None, ...] | None = None,
) -> Seasons:
    """Learn the level of each series, and what each season adds to it in each of its steps.

    Parameters
    ----------
    index : WindowIndex
        The samples to learn from, and no others.
    y : ndarray of shape (n_samples, n_targets)
        Their values.
    lengths : tuple of int
        Steps of each season, the shortest first. A longer one is learned from what is left of the
        shorter ones.
    standardise : bool
        Whether to learn the spread of each series, too.
    wall_clocks : tuple of WallClock or None, default=None
        For each season the clock that it follows; None counts the steps.

    Returns
    -------
    Seasons
        A step in which a series has no value takes the mean of the others, a series that was not
        seen the mean of all.
    """
    keys, n_series = list(index.series_keys), len(index.series_keys)
    series, time = index.series, index.time
    pooled = y.mean(axis=0)
    level = np.tile(pooled, (n_series + 1, 1))
    mean, count = _means(series, y, n_series)
    level[:-1] = np.where(count[:, None] > 0, mean, pooled)
    rest = y - level[series]
    profiles = []
    wall_clocks = (None,) * len(lengths) if wall_clocks is None else wall_clocks
    for length, wall_clock in zip(lengths, wall_clocks, strict=True):
        steps = time if wall_clock is None else wall_clock.local(time)
        profiles.append(fit_profiles(rest, series, steps, length, n_series))
        rest = rest - profiles[-1][series, steps % length]
    scale = np.ones_like(level)
    seen = count > 0
    if standardise:
        mean_square, count = _means(series, rest**2, n_series)
        spread = np.sqrt(mean_square)
        common = np.sqrt((rest**2).mean(axis=0))
        common = np.where(common > 0, common, 1.0)
        scale[:-1] = np.where((count[:, None] > 1) & (spread > 0), spread, common)
        scale[-1] = common
    return Seasons(keys, lengths, level, profiles, scale, seen, wall_clocks, standardise)


def _means(groups, values, n_groups):
    count = np.bincount(groups, minlength=n_groups)
    sums = np.stack([np.bincount(groups, column, n_groups) for column in values.T], axis=1)
    return sums / np.maximum(count, 1)[:, None], count


def deseasonalise_past(index: WindowIndex, past: PastOfTarget, seasons: Seasons) -> WindowIndex:
    """Subtract level and seasons from the past of the targets in X.

    Parameters
    ----------
    index : WindowIndex
        Windows that know their time.
    past : PastOfTarget
        The features to rewrite.
    seasons : Seasons
        What to subtract, and what to divide by.

    Returns
    -------
    WindowIndex
        The same windows over a copy of the rows.
    """
    series, time = index.times_of_rows()
    reached = np.flatnonzero(series >= 0)
    own = seasons.codes(index)[series[reached]]
    rows = index.rows.astype(np.float64)
    values = past.slope * rows[np.ix_(reached, past.columns)] + past.intercept
    values = (values - seasons.expected(own, time[reached])) / seasons.scale[own]
    rows[np.ix_(reached, past.columns)] = values
    return replace(index, rows=rows)
