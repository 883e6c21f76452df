"""What a forecast is relative to: the season, the level of the series, the past of the target."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from sklstm.preprocessing._sequences import Sequences
from sklstm.targets._harmonics import fit_profiles
from sklstm.targets._horizon_targets import own_rows, times_of_rows

# Mean length in days of the periods that pandas has aliases for.
_YEAR = 365.2425
_DAYS = {
    "Y": _YEAR,
    "A": _YEAR,
    "Q": _YEAR / 4,
    "M": _YEAR / 12,
    "W": 7.0,
    "D": 1.0,
    "h": 1 / 24,
    "min": 1 / 1440,
    "s": 1 / 86400,
}
# How far the steps of a season may be from a whole number.
_TOLERANCE = 0.02


@dataclass(frozen=True, eq=False)
class Past:
    """Where X carries the past of the targets: ``y = slope * X[column] + intercept``.

    Parameters
    ----------
    columns : ndarray of shape (n_targets,)
        Features of X.
    slope, intercept : ndarray of shape (n_targets,)
        From their units to those of y.
    """

    columns: np.ndarray
    slope: np.ndarray
    intercept: np.ndarray


def fit_past(sequences: Sequences, y: np.ndarray, columns: np.ndarray) -> Past:
    """Learn how features turn into the targets that they are the past of.

    Parameters
    ----------
    sequences : Sequences
        The samples.
    y : ndarray of shape (n_samples, n_targets)
        Their targets.
    columns : ndarray of shape (n_targets,)
        The features.

    Returns
    -------
    Past
        By least squares over the samples whose own row is in a window; else they are taken as
        they are.
    """
    slope, intercept = np.ones(len(columns)), np.zeros(len(columns))
    if sequences.origin is not None:
        positions, row_numbers = own_rows(sequences.origin)
        held = sequences.hold(row_numbers)
        positions, row_numbers = positions[held], row_numbers[held]
        for target, column in enumerate(columns):
            x = sequences.rows[row_numbers, column].astype(np.float64)
            own = y[positions, target]
            there = ~(np.isnan(x) | np.isnan(own))
            x, own = x[there], own[there]
            if len(x) and not np.array_equal(x, own):
                centred = x - x.mean()
                squares = centred @ centred
                if squares > 0:
                    slope[target] = centred @ (own - own.mean()) / squares
                    intercept[target] = own.mean() - slope[target] * x.mean()
    return Past(np.asarray(columns), slope, intercept)


@dataclass(frozen=True, eq=False)
class Seasons:
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
    """

    keys: list
    lengths: tuple[int, ...]
    level: np.ndarray
    profiles: list[np.ndarray]
    scale: np.ndarray

    def codes(self, origin) -> np.ndarray:
        """Find the series of the samples of a call.

        Parameters
        ----------
        origin : Origin
            Of the samples.

        Returns
        -------
        ndarray of shape (n_series_of_the_call,)
            For each code of the origin, the number of the series here.
        """
        found = pd.Index(self.keys).get_indexer(origin.series_keys)
        return np.where(found < 0, len(self.keys), found)

    def expected(self, series: np.ndarray, time: np.ndarray) -> np.ndarray:
        """Say what is to be expected of a series at a moment.

        Parameters
        ----------
        series : ndarray of shape (...)
            Numbers of series.
        time : ndarray of the same shape
            Moments.

        Returns
        -------
        ndarray of shape (..., n_targets)
            Level and seasons together.
        """
        found = self.level[series]
        for length, profile in zip(self.lengths, self.profiles, strict=True):
            found = found + profile[series, time % length]
        return found


def fit_seasons(
    origin, y: np.ndarray, lengths: tuple[int, ...], *, by_series: bool, standardise: bool
) -> Seasons:
    """Learn the levels of series, and what each season adds to them in each of its steps.

    Parameters
    ----------
    origin : Origin
        Of the samples to learn from, and no others.
    y : ndarray of shape (n_samples, n_targets)
        Their values.
    lengths : tuple of int
        Steps of each season. The longer one is learned from what the shorter one leaves.
    by_series : bool
        Whether each series has a level of its own.
    standardise : bool
        Whether to learn the spread of each series, too.

    Returns
    -------
    Seasons
        A step in which a series has no value takes the mean of the others, a series that was not
        seen the mean of all.
    """
    keys, n_series = list(origin.series_keys), len(origin.series_keys)
    series, time = origin.series, origin.time
    pooled = y.mean(axis=0)
    level = np.tile(pooled, (n_series + 1, 1))
    if by_series:
        mean, count = _means(series, y, n_series)
        level[:-1] = np.where(count[:, None] > 0, mean, pooled)
    rest = y - level[series]
    profiles = []
    for length in lengths:
        profiles.append(fit_profiles(rest, series, time, length, n_series))
        rest = rest - profiles[-1][series, time % length]
    scale = np.ones_like(level)
    if standardise:
        mean_square, count = _means(series, rest**2, n_series)
        spread = np.sqrt(mean_square)
        common = np.sqrt((rest**2).mean(axis=0))
        common = np.where(common > 0, common, 1.0)
        scale[:-1] = np.where((count[:, None] > 1) & (spread > 0), spread, common)
        scale[-1] = common
    return Seasons(keys, lengths, level, profiles, scale)


def _means(groups, values, n_groups):
    count = np.bincount(groups, minlength=n_groups)
    sums = np.stack([np.bincount(groups, column, n_groups) for column in values.T], axis=1)
    return sums / np.maximum(count, 1)[:, None], count


def in_the_frame(sequences: Sequences, past: Past, seasons: Seasons) -> Sequences:
    """Write the past of the targets as what it differs by from what was to be expected.

    Parameters
    ----------
    sequences : Sequences
        Windows that know where they come from.
    past : Past
        The features to rewrite.
    seasons : Seasons
        What was to be expected.

    Returns
    -------
    Sequences
        The same windows over a copy of the rows.
    """
    origin = sequences.origin
    assert origin is not None
    series, time = times_of_rows(origin)
    reached = np.flatnonzero(series >= 0)
    own = seasons.codes(origin)[series[reached]]
    rows = sequences.rows.astype(np.float64)
    values = past.slope * rows[np.ix_(reached, past.columns)] + past.intercept
    values = (values - seasons.expected(own, time[reached])) / seasons.scale[own]
    rows[np.ix_(reached, past.columns)] = values
    return replace(sequences, rows=rows, origin=replace(origin, rows=rows))


def season_lengths(season, origin) -> tuple[int, ...]:
    """Read the parameter `season`.

    Parameters
    ----------
    season : int, str, tuple of int or str, or None
        Steps, or aliases of pandas for the length of the season.
    origin : Origin
        Whose labels say how long a step is.

    Returns
    -------
    tuple of int
        Steps of each season, the shortest first.

    Raises
    ------
    ValueError
        If a season is not a whole number of at least 2 steps, or if the moments have no labels.
    """
    if season is None:
        return ()
    given = season if isinstance(season, tuple | list) else (season,)
    return tuple(sorted(_steps_of(part, origin) for part in given))


def _steps_of(season, origin) -> int:
    if not isinstance(season, str):
        if int(season) < 2:
            raise ValueError(f"season must have at least 2 steps; got {season!r}.")
        return int(season)
    offset = pd.tseries.frequencies.to_offset(season)
    name = offset.rule_code.split("-")[0]
    days = next((d for key, d in _DAYS.items() if name.startswith(key)), None)
    labels, time = origin.labels, origin.time
    if days is None or not isinstance(labels, pd.DatetimeIndex | pd.PeriodIndex):
        raise ValueError(
            f"season={season!r} is no length that can be counted in the steps of X, whose index "
            f"is a {type(labels).__name__}; give the number of steps."
        )
    if isinstance(labels, pd.PeriodIndex):
        labels = labels.to_timestamp()
    first, last = int(time.argmin()), int(time.argmax())
    passed = (labels[last] - labels[first]) / pd.Timedelta(days=1)
    steps = days * offset.n * (time[last] - time[first]) / passed if passed else 0.0
    whole = round(steps)
    # The mean length of a month is not met exactly in a few years.
    if whole < 2 or abs(steps - whole) > max(_TOLERANCE * whole, 0.1):
        raise ValueError(
            f"season={season!r} is {steps:.4g} steps of X long; a season has a whole number of "
            "steps, and at least 2. Give the number of steps."
        )
    return whole
