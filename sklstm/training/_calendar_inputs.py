"""Calendar features: the time of day, week and year as sine and cosine."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd

from sklstm.preprocessing._window_index import WindowIndex

_DAY = pd.Timedelta(days=1)
# Length of each cycle, and the longest step of a clock that tells its parts apart.
_CYCLES = {
    "day": (_DAY, pd.Timedelta(hours=8)),
    "week": (pd.Timedelta(days=7), _DAY),
    "year": (pd.Timedelta(days=365), pd.Timedelta(days=92)),
}
CYCLES = tuple(_CYCLES)


def covered_cycles(index: WindowIndex, wanted: tuple[str, ...] = CYCLES) -> tuple[str, ...]:
    """Find the cycles that the clock of some windows tells apart and that they cover.

    Parameters
    ----------
    index : WindowIndex
        The windows.
    wanted : tuple of {"day", "week", "year"}, default=("day", "week", "year")
        The cycles to look at.

    Returns
    -------
    tuple of str
        Those of which the samples hold at least one whole; none without dates.
    """
    step = index.length_of_step()
    if step is None or step <= pd.Timedelta(0):
        return ()
    spanned = step * int(index.time.max() - index.time.min() + 1)
    return tuple(
        cycle for cycle in wanted if spanned >= _CYCLES[cycle][0] and step <= _CYCLES[cycle][1]
    )


def calendar_of(labels: pd.Index, cycles: tuple[str, ...]) -> np.ndarray:
    """Compute where timestamps are in some cycles.

    Parameters
    ----------
    labels : DatetimeIndex or PeriodIndex of length n
        Timestamps; with a time zone, the local time counts.
    cycles : tuple of {"day", "week", "year"}
        The cycles.

    Returns
    -------
    ndarray of shape (n, 2 * n_cycles), float32
        Sine and cosine of each.
    """
    if isinstance(labels, pd.PeriodIndex):
        labels = labels.to_timestamp()
    at = pd.DatetimeIndex(labels)
    hours = at.hour + at.minute / 60 + at.second / 3600
    days = {
        "day": hours / 24,
        "week": (at.day_of_week + hours / 24) / 7,
        "year": (at.day_of_year - 1 + hours / 24) / (365 + at.is_leap_year),
    }
    angles = np.stack([2 * np.pi * np.asarray(days[cycle]) for cycle in cycles], axis=1)
    waves = np.stack([np.sin(angles), np.cos(angles)], axis=2)
    return waves.reshape(len(at), -1).astype(np.float32)
