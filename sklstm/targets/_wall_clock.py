"""The wall clock of a time zone, in steps: seasons of a day or a week follow it, not UTC."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from sklstm.preprocessing._window_index import WindowIndex
from sklstm.utils._plain_state import PlainState

_DAY = pd.Timedelta(days=1)
# Times this many times denser than their span are looked up in a table.
_DENSE = 4


@dataclass(frozen=True)
class WallClock(PlainState):
    """How far the wall clock is ahead of the steps of a clock, which count in UTC.

    Parameters
    ----------
    tz : str or tzinfo
        The time zone.
    start : int
        Nanoseconds from 1970 to the step 0, in UTC.
    step : int
        Nanoseconds of a step.
    """

    tz: Any
    start: int
    step: int

    def ahead(self, time: np.ndarray) -> np.ndarray:
        """Compute how many steps the wall clock is ahead of UTC.

        Parameters
        ----------
        time : ndarray of int64
            Time, in steps of the clock.

        Returns
        -------
        ndarray of int64 of the same shape
            Whole steps, rounded down.
        """
        if not time.size:
            return np.zeros_like(time)
        low, high = int(time.min()), int(time.max())
        if high - low <= _DENSE * time.size:
            return self._ahead(np.arange(low, high + 1))[time - low]
        return self._ahead(time.ravel()).reshape(time.shape)

    def _ahead(self, time):
        utc = pd.DatetimeIndex((self.start + time * self.step).astype("M8[ns]"), tz="UTC")
        local = utc.tz_convert(self.tz).tz_localize(None)
        return (local.asi8 - utc.tz_localize(None).asi8) // self.step

    def local(self, time: np.ndarray) -> np.ndarray:
        """Count the steps on the wall clock.

        Parameters
        ----------
        time : ndarray of int64
            Time, in steps of the clock.

        Returns
        -------
        ndarray of int64 of the same shape
            Equal where summer time ends, with a jump where it begins.
        """
        return time + self.ahead(time)

    def shift(self, time: np.ndarray, back: int) -> np.ndarray:
        """Compute by how much the step at the same time on the wall, some steps ago, is off.

        Parameters
        ----------
        time : ndarray of int64
            Time, in steps of the clock.
        back : int
            Steps to go back.

        Returns
        -------
        ndarray of int64 of the same shape
            To add to ``time - back``: 0 unless the clocks changed in between.
        """
        return self.ahead(time) - self.ahead(time - back)


def wall_clock_of(index: WindowIndex) -> WallClock | None:
    """Find the wall clock of windows whose labels have a time zone.

    Parameters
    ----------
    index : WindowIndex
        The samples of a fit.

    Returns
    -------
    WallClock or None
        None without a time zone, and for steps of a day or more, which are on the wall clock.
    """
    labels = index.labels
    if not isinstance(labels, pd.DatetimeIndex) or labels.tz is None:
        return None
    step = index.length_of_step()
    if step is None or not pd.Timedelta(0) < step < _DAY:
        return None
    ticks = round(step / pd.Timedelta(1, unit="ns"))
    first = pd.Timestamp(labels[0]).as_unit("ns").value
    # A name is kept longer than the object that a library makes of it.
    tz = getattr(labels.tz, "key", None) or getattr(labels.tz, "zone", None) or labels.tz
    return WallClock(tz, int(first - int(index.time[0]) * ticks), ticks)
