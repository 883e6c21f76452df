"""The length of a season, in steps, and the clock that it follows."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import warnings

import numpy as np
import pandas as pd

from sklstm.preprocessing._window_index import WindowIndex
from sklstm.targets._wall_clock import WallClock, wall_clock_of

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


def season_lengths(season, index: WindowIndex) -> tuple[int, ...]:
    """Read the parameter `season`.

    Parameters
    ----------
    season : int, str, tuple of int or str, or None
        Steps, or aliases of pandas for the length of the season.
    index : WindowIndex
        Samples whose labels say how long a step is.

    Returns
    -------
    tuple of int
        Steps of each season, the shortest first.

    Raises
    ------
    ValueError
        If a season is not a whole number of at least 2 steps, or if the index has no dates.
    """
    return tuple(length for length, _ in _read(season, index))


def wall_clocks(season, index: WindowIndex) -> tuple[WallClock | None, ...]:
    """Find the clock that each season follows.

    Parameters
    ----------
    season, index : object
        As in :func:`season_lengths`.

    Returns
    -------
    tuple of WallClock or None
        The wall clock for a season that is given as a length of time, where labels have a time
        zone; None for one that is given in steps. In the order of :func:`season_lengths`.
    """
    follows = [is_length_of_time for _, is_length_of_time in _read(season, index)]
    wall_clock = wall_clock_of(index) if any(follows) else None
    return tuple(wall_clock if one else None for one in follows)


def warn_if_few_cycles(season, index: WindowIndex) -> None:
    """Warn if no series is as long as two seasons.

    Parameters
    ----------
    season, index : object
        As in :func:`season_lengths`.
    """
    lengths = season_lengths(season, index)
    if not lengths or not len(index):
        return
    low = np.full(len(index.series_keys), np.iinfo(np.int64).max)
    high = np.full(len(index.series_keys), np.iinfo(np.int64).min)
    np.minimum.at(low, index.series, index.time)
    np.maximum.at(high, index.series, index.time)
    n_steps = int((high - low)[low <= high].max()) + 1
    if n_steps < 2 * max(lengths):
        warnings.warn(
            f"season={season!r} is {max(lengths)} steps long, and no series of X covers two such "
            f"cycles: the longest has {n_steps} steps. What is noise cannot be told from the "
            "season, and is learned by heart; give more rows, a shorter season, or None.",
            UserWarning,
            stacklevel=2,
        )


def _read(season, index) -> list[tuple[int, bool]]:
    """Return the steps of each season, and whether it is given as a length of time; sorted."""
    if season is None:
        return []
    given = season if isinstance(season, tuple | list) else (season,)
    return sorted((_steps_of(part, index), isinstance(part, str)) for part in given)


def longest_in_window(lengths: tuple[int, ...], window: int) -> int:
    """Choose the season that differences go back.

    Parameters
    ----------
    lengths : tuple of int
        Steps of each season.
    window : int
        Steps of a window.

    Returns
    -------
    int
        Steps of the longest season that is shorter than a window.

    Raises
    ------
    ValueError
        If there is none.
    """
    if not lengths:
        raise ValueError('anchor="season" needs the length of the season: set season=, as 12.')
    shorter = [length for length in lengths if length < window]
    if not shorter:
        raise ValueError(
            f'anchor="season" needs windows that are longer than the season: window={window}, and '
            f"the season has {min(lengths)} steps."
        )
    return max(shorter)


def _steps_of(season, index) -> int:
    if not isinstance(season, str):
        if int(season) < 2:
            raise ValueError(f"season must have at least 2 steps; got {season!r}.")
        return int(season)
    try:
        offset = pd.tseries.frequencies.to_offset(season)
    except ValueError as error:
        raise ValueError(
            f"season={season!r} is no alias of pandas for a length of time, such as 'D' or 'YE'; "
            "give one, or the number of steps."
        ) from error
    name = offset.rule_code.split("-")[0]
    days = next((d for key, d in _DAYS.items() if name.startswith(key)), None)
    labels, time = index.labels, index.time
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
