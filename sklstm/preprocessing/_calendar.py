"""Number labels by ticks: fixed steps, months, business days and the other pandas calendars."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from sklstm.utils._plain_state import PlainState

UNITS = ("s", "ms", "us", "ns")
_PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
# Offset class, its step in months, whether it is at the end, the attribute of its anchor.
_MONTHLY = (
    (pd.offsets.MonthBegin, 1, False, None),
    (pd.offsets.MonthEnd, 1, True, None),
    (pd.offsets.QuarterBegin, 3, False, "startingMonth"),
    (pd.offsets.QuarterEnd, 3, True, "startingMonth"),
    (pd.offsets.HalfYearBegin, 6, False, "startingMonth"),
    (pd.offsets.HalfYearEnd, 6, True, "startingMonth"),
    (pd.offsets.YearBegin, 12, False, "month"),
    (pd.offsets.YearEnd, 12, True, "month"),
)
_EPOCH_WEEKDAY = 3  # 1970-01-01 was a Thursday
_MONTH = np.timedelta64(1, "M")


def day_ticks(unit):
    """Return the ticks of a day in a unit of time."""
    return 86_400 * _PER_SECOND[unit]


def wall(index):
    """Return the local wall-clock time of a DatetimeIndex, without a time zone."""
    return index if index.tz is None else index.tz_localize(None)


def days_of(index):
    """Split wall-clock labels into days and the ticks after midnight."""
    days = index.to_numpy().astype("datetime64[D]")
    return days, index.asi8 - days.astype(np.int64) * day_ticks(index.unit)


def to_unit(index, unit):
    """Convert to a unit of time.

    Parameters
    ----------
    index : DatetimeIndex or TimedeltaIndex
        The labels.
    unit : {"s", "ms", "us", "ns"}
        The unit.

    Returns
    -------
    converted : DatetimeIndex or TimedeltaIndex
        The labels in that unit.
    exact : ndarray of bool or None
        Which labels came through unchanged; None if all did.
    """
    if index.unit == unit:
        return index, None
    converted = index.as_unit(unit)
    if UNITS.index(unit) > UNITS.index(index.unit):
        return converted, None
    return converted, np.asarray(converted.as_unit(index.unit) == index)


def month_places(days):
    """Split days into months and days of the month.

    Parameters
    ----------
    days : ndarray of datetime64[D]
        The days.

    Returns
    -------
    months : ndarray of int64
        Months since 1970-01.
    day : ndarray of int64
        Day of the month, from 1.
    last : ndarray of int64
        The last day of that month, 28 to 31.
    """
    months = days.astype("datetime64[M]")
    first = months.astype("datetime64[D]")
    last = ((months + _MONTH).astype("datetime64[D]") - first).astype(np.int64)
    return months.astype(np.int64), (days - first).astype(np.int64) + 1, last


def common_day_of_month(day, last):
    """Find the day of the month on which all labels are.

    Parameters
    ----------
    day, last : ndarray of int64
        As :func:`month_places` gives them.

    Returns
    -------
    int
        1 to 31, which is the last day in a shorter month; 0 if there is none.
    """
    if (day == last).all():
        return 31
    common = int(day.max())
    return common if (day == np.minimum(common, last)).all() else 0


def _checked(mask, other):
    """Combine two masks of labels that are on the grid; None means all of them."""
    if mask is None or other is None:
        return other if mask is None else mask
    return mask & other


@dataclass(frozen=True, eq=False)
class Rule(PlainState):
    """A rule that numbers the dates and times of a calendar.

    Parameters
    ----------
    kind : {"fixed", "months", "business", "offset"}
        Ticks of a fixed length; numbers of months; numbers of business days; numbers in the list
        of the dates of any other pandas offset.
    step : int
        Ticks between two slots.
    freq : int, str, Timedelta, DateOffset or None
        The step as users write it.
    unit : {"s", "ms", "us", "ns"} or None, default=None
        Unit of the labels; None for integers and periods.
    tz : tzinfo or None, default=None
        Time zone of the labels.
    local : bool, default=False
        Whether the wall clock counts, not UTC.
    day_of_month : int, default=1
        For months: the day of all labels; of a shorter month the last day, so 31 is its end.
    time_of_day : int, default=0
        For months and business days: ticks after midnight of all labels.
    modulus, remainder : int, default=0
        Remainder of months or days, for anchored offsets; a modulus of 0 allows all of them.
    anchor : Timestamp or None, default=None
        For business days and offsets: the label that is numbered 0, on the wall clock.
    """

    kind: str
    step: int
    freq: Any
    unit: Any = None
    tz: Any = None
    local: bool = False
    day_of_month: int = 1
    time_of_day: int = 0
    modulus: int = 0
    remainder: int = 0
    anchor: Any = None

    def ticks(self, labels):
        """Compute the numbers of labels.

        Parameters
        ----------
        labels : pandas.Index
            Labels of the kind that the rule was made for.

        Returns
        -------
        ticks : ndarray of int64
            The numbers.
        on_grid : ndarray of bool or None
            Which labels exist in the calendar; None if all do. Whether they are on a multiple
            of the step is not checked.
        """
        if self.unit is None:
            if isinstance(labels, pd.PeriodIndex):
                return labels.asi8, None
            return labels.to_numpy(dtype=np.int64), None
        labels, on_grid = to_unit(labels, self.unit)
        if isinstance(labels, pd.DatetimeIndex) and self.local:
            if labels.tz is not None and labels.tz is not self.tz:
                labels = labels.tz_convert(self.tz)
            labels = wall(labels)
        if self.kind == "fixed":
            if not self.modulus:
                return labels.asi8, on_grid
            days, _ = days_of(labels)
            weekday = (days.astype(np.int64) + _EPOCH_WEEKDAY) % self.modulus
            return labels.asi8, _checked(on_grid, weekday == self.remainder)
        if self.kind == "offset":
            return self._enumerate(labels, on_grid)
        days, time_of_day = days_of(labels)
        on_grid = _checked(on_grid, time_of_day == self.time_of_day)
        if self.kind == "months":
            ticks, day, last = month_places(days)
            on_grid = on_grid & (day == np.minimum(self.day_of_month, last))
            if self.modulus:
                on_grid &= (ticks + 1) % self.modulus == self.remainder
            return ticks, on_grid
        calendar = self._calendar()
        on_grid = on_grid & np.is_busday(days, busdaycal=calendar)
        anchor = np.datetime64(self.anchor, "D")
        return np.busday_count(anchor, days, busdaycal=calendar), on_grid

    def _calendar(self):
        """Return the calendar of business days (it cannot be pickled, so it is not kept)."""
        if isinstance(self.freq, pd.offsets.CustomBusinessDay):
            return self.freq.calendar
        return np.busdaycalendar()

    def _enumerate(self, labels, on_grid):
        """Find the place of labels in the list of all dates of an offset."""
        base = self.freq.base
        grid = pd.date_range(self.anchor, max(labels.max(), self.anchor), freq=base)
        if labels.min() < self.anchor:
            if isinstance(base, pd.offsets.BusinessHour):
                # Backwards, pandas 3.0 stops at the end of a day, not at the start of the next.
                before = pd.date_range(base.rollforward(labels.min()), self.anchor, freq=base)
            else:
                before = pd.date_range(self.anchor, labels.min(), freq=-base)[::-1]
            if len(before) and before[-1] == self.anchor:
                before = before[:-1]
        else:
            before = grid[:0]
        dates = pd.DatetimeIndex(before.append(grid)).as_unit(self.unit)
        places = dates.get_indexer(labels)
        return places - len(before), _checked(on_grid, places >= 0)

    def after(self, label, n):
        """Continue the calendar.

        Parameters
        ----------
        label : object
            The last label.
        n : int
            The number of labels to make.

        Returns
        -------
        labels : pandas.Index of length n
            The next labels, one step apart.
        """
        steps = self.step * np.arange(1, n + 1)
        times: Any
        days: Any
        if self.unit is None:
            if isinstance(label, pd.Period):
                return pd.PeriodIndex([label]).repeat(n) + steps // label.freq.n
            return pd.Index(int(label) + steps)
        if isinstance(label, pd.Timedelta):
            return pd.TimedeltaIndex(
                label.as_unit(self.unit).asm8 + steps.astype(f"m8[{self.unit}]")
            )
        label = pd.Timestamp(label).as_unit(self.unit)
        if not self.local:
            utc = label if label.tz is None else label.tz_convert("UTC").tz_localize(None)
            times = pd.DatetimeIndex(utc.asm8 + steps.astype(f"m8[{self.unit}]"))
            return times if label.tz is None else times.tz_localize("UTC").tz_convert(label.tz)
        here = label.tz_localize(None)
        if self.kind == "fixed":
            times = here.asm8 + steps.astype(f"m8[{self.unit}]")
        elif self.kind == "offset":
            times = pd.date_range(here, periods=steps[-1] + 1 if n else 1, freq=self.freq.base)
            times = times[steps].as_unit(self.unit)
        else:
            if self.kind == "months":
                months = np.datetime64(here, "M") + steps * _MONTH
                _, _, last = month_places(months.astype("datetime64[D]"))
                days = months.astype("datetime64[D]") + np.minimum(self.day_of_month, last) - 1
            else:
                days = np.busday_offset(np.datetime64(here, "D"), steps, busdaycal=self._calendar())
            time_of_day = np.timedelta64(self.time_of_day, self.unit)
            times = days.astype(f"M8[{self.unit}]") + time_of_day
        times = pd.DatetimeIndex(times)
        if label.tz is None:
            return times
        # An hour that daylight saving time skips or repeats is still one label.
        return times.tz_localize(
            label.tz, ambiguous=np.ones(n, dtype=bool), nonexistent="shift_forward"
        )


def rule_of_offset(offset: Any, labels):
    """Make the rule of a pandas offset.

    Parameters
    ----------
    offset : DateOffset
        The step.
    labels : DatetimeIndex
        Labels to take the unit, the time zone, the time of day and the first date from.

    Returns
    -------
    rule : Rule
        The rule.
    """
    offset = offset if offset.n > 0 else -offset
    n, unit = offset.n, labels.unit
    shared: dict[str, Any] = {"freq": offset, "tz": labels.tz, "local": True}
    if isinstance(offset, pd.offsets.Tick):
        unit, step = _fixed_step(offset, unit)
        labels, _ = to_unit(labels, unit)
        local = step >= day_ticks(unit)
        if local and labels.tz is not None:
            # 24 hours of UTC are not one day of the wall clock when the clock changes.
            values = wall(labels).asi8
            local = not ((values - values[0]) % step).any()
        return Rule("fixed", step, offset, unit=unit, tz=labels.tz, local=local)
    shared["unit"] = unit
    if isinstance(offset, pd.offsets.Day):
        return Rule("fixed", n * day_ticks(unit), **shared)
    if isinstance(offset, pd.offsets.Week):
        weekday = getattr(offset, "weekday", None)
        anchored = {} if weekday is None else {"modulus": 7, "remainder": weekday}
        return Rule("fixed", 7 * n * day_ticks(unit), **shared, **anchored)
    first = wall(labels).min()
    _, time_of_day = days_of(wall(labels[:1]))
    shared["time_of_day"] = int(time_of_day[0])
    for cls, n_months, at_end, anchor in _MONTHLY:
        if type(offset) is cls:
            remainder = getattr(offset, anchor) % n_months if anchor else 0
            return Rule(
                "months", n * n_months, day_of_month=31 if at_end else 1, modulus=n_months,
                remainder=remainder, **shared,
            )  # fmt: skip
    n_months = _months_of(offset)
    if n_months:
        _, day, last = month_places(days_of(wall(labels))[0])
        day_of_month = offset.kwds.get("day") or common_day_of_month(day, last) or int(day[0])
        return Rule("months", n * n_months, day_of_month=day_of_month, **shared)
    if type(offset) in (pd.offsets.BusinessDay, pd.offsets.CustomBusinessDay) and not offset.offset:
        return Rule("business", n, anchor=first, **shared)
    return Rule("offset", n, anchor=first, **shared)


def _months_of(offset):
    """Return the months of a DateOffset of months and years alone, else 0."""
    if type(offset) is not pd.DateOffset or not set(offset.kwds) <= {"months", "years", "day"}:
        return 0
    return offset.kwds.get("months", 0) + 12 * offset.kwds.get("years", 0)


def _fixed_step(offset, unit):
    """Return the coarsest unit, from one on, that holds a fixed step, and its ticks."""
    delta = pd.Timedelta(offset)
    for finer in UNITS[UNITS.index(unit) :]:
        ticks, rest = divmod(delta.as_unit("ns").value, 10**9 // _PER_SECOND[finer])
        if not rest:
            return finer, ticks
    raise AssertionError("nanoseconds hold every step of pandas")  # pragma: no cover


def rule_of_timedelta(offset, labels):
    """Make the rule of a fixed step for a TimedeltaIndex."""
    # The freq of an index that descends is negative.
    offset = offset if offset.n > 0 else -offset
    unit, step = _fixed_step(offset, labels.unit)
    return Rule("fixed", step, offset, unit=unit)
