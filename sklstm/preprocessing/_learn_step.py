"""Learn the step of labels from their differences."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np
import pandas as pd

from sklstm.preprocessing._calendar import (
    Rule,
    common_day_of_month,
    day_ticks,
    days_of,
    month_places,
    wall,
)

# Below this share of filled slots a common divisor means nothing: any irregular index has one.
MIN_FILLED = 1 / 20
# So many differences may be no multiple of the step, one label makes two; but not of a few labels.
_MAX_OFF = 1 / 20
_HANDFUL = 2
_MIN_DIFFERENCES = 10
# The same day of two months may be chance, unless it is the first or the last.
_MIN_MONTHS = 3
_SAMPLE = 1000


def differences_of(ticks, series):
    """Compute the differences of consecutive ticks within a series.

    Parameters
    ----------
    ticks : ndarray of int64
        Ticks, sorted within their series.
    series : ndarray of int64
        Codes of the series, one block each.

    Returns
    -------
    differences : ndarray of int64
        Those that are positive.
    """
    differences = np.diff(ticks)
    same = series[1:] == series[:-1]
    differences = differences if same.all() else differences[same]
    positive = differences > 0
    return differences if positive.all() else differences[positive]


def usual_step(differences):
    """Find the difference that most others are a multiple of.

    Parameters
    ----------
    differences : ndarray of int64 of shape (n,)
        Positive, at least one.

    Returns
    -------
    step : int
        The median, of at most 1,000 differences spread evenly.
    n_off : int
        How many differences are no multiple of it.
    """
    some = np.sort(differences[:: -(-len(differences) // _SAMPLE)])
    step = int(some[len(some) // 2])
    others = differences[differences != step]
    return step, int(np.count_nonzero(others % step))


def common_step(ticks, series, *, exact=False):
    """Find the step of sorted ticks.

    Parameters
    ----------
    ticks : ndarray of int64
        Ticks, sorted within their series.
    series : ndarray of int64
        Codes of the series, one block each.
    exact : bool, default=False
        Whether all differences have to be multiples of the step; else a handful may not be.

    Returns
    -------
    step : int
        The difference that nearly all others are multiples of, else the greatest common divisor
        of the differences within the series; 0 if there are none or if fewer than 1 in 20 slots
        between the first and the last ticks are filled, the two longest gaps aside.
    """
    differences = differences_of(ticks, series)
    if not differences.size:
        return 0
    step, n_off = usual_step(differences)
    if n_off and (exact or not _is_handful(n_off, len(differences))):
        step = int(np.gcd.reduce(differences))
    n_series = 1 + np.count_nonzero(series[1:] != series[:-1])
    # In floats, because the sum of the spans of many series can overflow.
    n_slots = float((differences / step).sum()) + n_series
    if len(ticks) < MIN_FILLED * n_slots and len(differences) >= _MIN_DIFFERENCES:
        # Rows that are stamped far away, before all others or after, say nothing of the rest.
        gaps = np.partition(differences, -_HANDFUL)[-_HANDFUL:]
        n_slots -= float((gaps / step).sum())
    return step if len(ticks) >= MIN_FILLED * n_slots else 0


def _is_handful(n_off, n):
    """Tell whether so few differences are off that they are slips of single labels."""
    return n >= _MIN_DIFFERENCES and n_off <= max(_HANDFUL, _MAX_OFF * n)


def learn_rule(labels, series, order, *, exact=False):
    """Learn the step of labels, if there is one.

    Parameters
    ----------
    labels : pandas.Index
        Integers, datetimes, timedeltas or periods.
    series : ndarray of int64
        Codes of the series of each label.
    order : ndarray of int64 or slice
        The order that sorts the labels by series and time.
    exact : bool, default=False
        As in :func:`common_step`.

    Returns
    -------
    rule : Rule or None
        The rule, None if the labels are irregular.
    """
    series = series[order]
    if isinstance(labels, pd.TimedeltaIndex):
        step = common_step(labels.asi8[order], series, exact=exact)
        return Rule("fixed", step, as_freq(step, labels.unit), labels.unit) if step else None
    if not isinstance(labels, pd.DatetimeIndex):
        step = common_step(labels.to_numpy(dtype=np.int64)[order], series, exact=exact)
        return Rule("fixed", step, step) if step else None
    local = wall(labels)
    ticks = local.asi8[order]
    rule = _rule_of_months(local, labels, series, order)
    if rule is not None:
        return rule
    is_local = True
    if labels.tz is not None:
        in_utc, day = labels.asi8[order], day_ticks(labels.unit)
        is_local = _counts_on_the_wall(ticks, in_utc, series, day, exact=exact)
        ticks = ticks if is_local else in_utc
    step = common_step(ticks, series, exact=exact)
    if not step:
        return None
    return Rule(
        "fixed",
        step,
        as_freq(step, labels.unit),
        unit=labels.unit,
        tz=labels.tz,
        local=is_local and step >= day_ticks(labels.unit),
    )


def _rule_of_months(local, labels, series, order):
    """Make the rule of labels that are all on the same day of their months, None of others."""
    day = day_ticks(labels.unit)
    ticks = local.asi8
    # Three labels rule nearly every other index out.
    if ((ticks[[0, len(ticks) // 2, -1]] - ticks[0]) % day).any():
        return None
    if ((ticks - ticks[0]) % day).any():
        return None
    days, time_of_day = days_of(local)
    months, day_of_month, last = month_places(days)
    common = common_day_of_month(day_of_month, last)
    if not common or (common not in (1, 31) and len(np.unique(months)) < _MIN_MONTHS):
        return None
    step = common_step(months[order], series, exact=True)
    if not step:
        return None
    offset: Any
    if common == 31:
        offset = pd.offsets.MonthEnd(step)
    elif common == 1:
        offset = pd.offsets.MonthBegin(step)
    else:
        offset = pd.DateOffset(months=step, day=common)
    return Rule(
        "months",
        step,
        offset,
        unit=labels.unit,
        tz=labels.tz,
        local=True,
        day_of_month=common,
        time_of_day=int(time_of_day[0]),
    )


def _counts_on_the_wall(wall_ticks, utc_ticks, series, day, *, exact):
    """Tell whether labels are whole days apart on the wall clock, more so than in UTC."""
    # Where summer time ends the wall clock runs backwards: such differences do not count.
    differences = differences_of(wall_ticks, series)
    n_off = np.count_nonzero(differences % day)
    if n_off == 0:
        return True
    if exact or not _is_handful(n_off, len(differences)):
        return False
    return n_off < np.count_nonzero(differences_of(utc_ticks, series) % day)


def as_freq(step, unit):
    """Return the offset of a fixed step: calendar days where it is whole days.

    Parameters
    ----------
    step : int
        Ticks.
    unit : {"s", "ms", "us", "ns"}
        Unit of the ticks.

    Returns
    -------
    DateOffset
        The offset.
    """
    if step and step % day_ticks(unit) == 0:
        return pd.offsets.Day(step // day_ticks(unit))
    return pd.tseries.frequencies.to_offset(pd.Timedelta(step, unit=unit))
