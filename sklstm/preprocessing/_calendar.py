"""Number labels by ticks: fixed steps, months, business days and the other pandas calendars."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

UNITS = ("s", "ms", "us", "ns")
# Below this share of filled slots a common divisor means nothing: any irregular index has one.
MIN_FILLED = 1 / 20
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
_DAY = np.timedelta64(1, "D")
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
    """Return month numbers, and whether the days are all first or all last days of a month.

    Parameters
    ----------
    days : ndarray of datetime64[D]
        The days.

    Returns
    -------
    months : ndarray of int64
        Months since 1970-01.
    at_start, at_end : ndarray of bool
        Which days are the first, the last of their month.
    """
    months = days.astype("datetime64[M]")
    at_start = days == months.astype("datetime64[D]")
    at_end = days + _DAY == (months + _MONTH).astype("datetime64[D]")
    return months.astype(np.int64), at_start, at_end


def common_step(ticks, series):
    """Find the step of sorted ticks.

    Parameters
    ----------
    ticks : ndarray of int64
        Ticks, sorted within their series.
    series : ndarray of int64
        Codes of the series, one block each.

    Returns
    -------
    step : int
        Greatest common divisor of the differences within the series, 0 if there are none or if
        fewer than 1 in 20 slots between the first and the last ticks are filled.
    """
    differences = np.diff(ticks)[series[1:] == series[:-1]]
    differences = differences[differences > 0]
    if not differences.size:
        return 0
    step = int(np.gcd.reduce(differences))
    n_series = 1 + np.count_nonzero(series[1:] != series[:-1])
    # In floats, because the sum of the spans of many series can overflow.
    n_slots = float((differences / step).sum()) + n_series
    return step if len(ticks) >= MIN_FILLED * n_slots else 0


def _checked(mask, other):
    """Combine two masks of labels that are on the grid; None means all of them."""
    if mask is None or other is None:
        return other if mask is None else mask
    return mask & other


@dataclass(frozen=True, eq=False)
class Rule:
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
    at_end : bool, default=False
        For months: whether labels are at the end of a month.
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
    at_end: bool = False
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
            ticks, at_start, at_end = month_places(days)
            on_grid = on_grid & (at_end if self.at_end else at_start)
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
                if self.at_end:
                    days = (months + _MONTH).astype("datetime64[D]") - _DAY
                else:
                    days = months.astype("datetime64[D]")
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
                "months", n * n_months, at_end=at_end, modulus=n_months, remainder=remainder,
                **shared,
            )  # fmt: skip
    if type(offset) in (pd.offsets.BusinessDay, pd.offsets.CustomBusinessDay) and not offset.offset:
        return Rule("business", n, anchor=first, **shared)
    return Rule("offset", n, anchor=first, **shared)


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
    unit, step = _fixed_step(offset, labels.unit)
    return Rule("fixed", step, offset, unit=unit)


def learn_rule(labels, series, order):
    """Learn the step of labels, if there is one.

    Parameters
    ----------
    labels : pandas.Index
        Integers, datetimes, timedeltas or periods.
    series : ndarray of int64
        Codes of the series of each label.
    order : ndarray of int64 or slice
        The order that sorts the labels by series and time.

    Returns
    -------
    rule : Rule or None
        The rule, None if the labels are irregular.
    """
    series = series[order]
    if isinstance(labels, pd.TimedeltaIndex):
        step = common_step(labels.asi8[order], series)
        return Rule("fixed", step, _as_freq(step, labels.unit), labels.unit) if step else None
    if not isinstance(labels, pd.DatetimeIndex):
        step = common_step(labels.to_numpy(dtype=np.int64)[order], series)
        return Rule("fixed", step, step) if step else None
    local = wall(labels)
    day = day_ticks(labels.unit)
    shared: dict[str, Any] = {"unit": labels.unit, "tz": labels.tz}
    ticks = local.asi8[order]
    if not (ticks % day).any():
        months, at_start, at_end = month_places(local.to_numpy().astype("datetime64[D]"))
        if at_start.all() or at_end.all():
            step = common_step(months[order], series)
            if not step:
                return None
            offset = pd.offsets.MonthEnd(step) if at_end.all() else pd.offsets.MonthBegin(step)
            return Rule("months", step, offset, local=True, at_end=bool(at_end.all()), **shared)
    if labels.tz is not None:
        # Where summer time ends the wall clock runs backwards: such differences do not count.
        step = common_step(ticks, series)
        if step < day:
            step = common_step(labels.asi8[order], series)
            return Rule("fixed", step, _as_freq(step, labels.unit), **shared) if step else None
    else:
        step = common_step(ticks, series)
    if not step:
        return None
    local_rule = step >= day
    return Rule("fixed", step, _as_freq(step, labels.unit), local=local_rule, **shared)


def _as_freq(step, unit):
    """Return the offset of a fixed step: calendar days where it is whole days."""
    if step and step % day_ticks(unit) == 0:
        return pd.offsets.Day(step // day_ticks(unit))
    return pd.tseries.frequencies.to_offset(pd.Timedelta(step, unit=unit))
