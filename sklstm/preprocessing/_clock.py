"""The clock: learns the step of labels and assigns each label a slot."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd

from sklstm.preprocessing._calendar import Rule, day_ticks, rule_of_offset, rule_of_timedelta
from sklstm.preprocessing._labels import (
    INTEGERS,
    OTHER,
    POSITIONS,
    as_integers,
    base_of,
    check_no_missing,
    index_kind,
    sort_by_series,
    usual_spacing,
)
from sklstm.preprocessing._learn_step import learn_rule
from sklstm.preprocessing._read_as_dates import text_that_reads_as_dates
from sklstm.utils._plain_state import PlainState

# The freq that takes the order of the rows for the clock.
ROWS = "rows"


class Clock(PlainState):
    """Slots of labels, one clock for all series and one phase for each.

    Parameters
    ----------
    kind : str
        Kind of index it was learned from, see :func:`index_kind`.
    rule : Rule or None, default=None
        How labels are numbered; None if there is no regular step, so that the order of the rows
        is the clock.
    phases : ndarray of int64 of shape (n_series,), default=None
        Tick of the first label of each series.
    first : object, default=None
        The first label of the first series, for messages.
    spacing : object, default=None
        With ``freq="rows"``, the usual distance of two labels: their continuation.

    Attributes
    ----------
    rounds : bool
        Whether labels between two slots go to the nearest one: a handful of those of fit were.
        Else such labels are refused.
    """

    def __init__(self, kind, rule: Any = None, phases=None, first=None, spacing=None):
        self.kind = kind
        self.rule = rule
        self.phases = phases
        self.first = first
        self.spacing = spacing
        self.rounds = False

    def __repr__(self):
        """Return the step."""
        if self.rule is None:
            return "Clock(order of the rows)"
        return f"Clock({getattr(self.freq, 'freqstr', self.freq)})"

    @classmethod
    def learn(cls, labels, series, n_series, freq=None):
        """Learn the clock of labels.

        Parameters
        ----------
        labels : pandas.Index of length n_samples or None
            The labels, None for positions.
        series : ndarray of int64 of shape (n_samples,)
            Codes of the series, all of 0 ... n_series - 1.
        n_series : int
            The number of series.
        freq : int, str, timedelta, DateOffset or None, default=None
            The step, "rows" for the order of the rows, None to learn it.

        Returns
        -------
        clock : Clock
            The clock.
        """
        kind = index_kind(labels)
        if labels is None:
            if freq is not None and not (isinstance(freq, str) and freq == ROWS):
                raise ValueError(
                    f"freq={freq!r} says how far apart labels are, but X has no labels; pass a "
                    "DataFrame with an index, name its time column in time=, or leave freq out."
                )
            return cls(kind)
        check_no_missing(labels)
        learned, order = False, slice(None)
        if isinstance(freq, str) and freq == ROWS:
            return cls(kind, spacing=usual_spacing(labels, series))
        if freq is not None:
            rule = _rule_of_freq(freq, labels, kind)
        elif isinstance(labels, pd.PeriodIndex):
            rule = _rule_of_periods(labels.freq)
        elif kind in ("a float index", OTHER):
            if kind == OTHER:
                _refuse_text_dates(labels)
            rule = None
        else:
            # The freq of an index is that of all series together, not of each.
            rule = _rule_of_own_freq(labels) if n_series == 1 else None
            if rule is None:
                order = sort_by_series(series, as_integers(labels), n_series)
                rule, learned = learn_rule(labels, series, order), True
        if rule is None:
            return cls(kind)
        clock = cls(kind, rule, np.empty(0, dtype=np.int64), labels[0])
        slots, _, clock.phases = clock._slots(labels, series, n_series, may_round=learned)
        if clock.rounds and _have_twins(slots[order], series[order]):
            # Labels closer than the step are no slips: only a step that all share holds them.
            rule = learn_rule(labels, series, order, exact=True)
            if rule is None:
                return cls(kind)
            clock = cls(kind, rule, np.empty(0, dtype=np.int64), labels[0])
            _, _, clock.phases = clock._slots(labels, series, n_series)
        return clock

    def first_off(self, labels, series, order):
        """Find the first label that is between two slots.

        Parameters
        ----------
        labels : pandas.Index of length n_samples
            The labels of fit.
        series : ndarray of int64 of shape (n_samples,)
            Codes of the series.
        order : ndarray of int64 or slice
            The order of series and time.

        Returns
        -------
        label : object
            The first of the first series that has such labels; None if there is none.
        """
        elapsed = (self.rule.ticks(labels)[0] - self.phases[series])[order]
        off = elapsed % self.rule.step != 0
        return labels[order][int(np.argmax(off))] if off.any() else None

    @property
    def freq(self):
        """The step: an int, a pandas offset, or None if there is no regular step."""
        return None if self.rule is None else self.rule.freq

    @property
    def by_position(self):
        """Whether rows have positions only, and no labels."""
        return self.kind == POSITIONS

    @property
    def counts_all_days(self):
        """Whether no day of the week is left out: the step is a day or a part of it."""
        rule = self.rule
        return (
            rule is not None
            and rule.kind == "fixed"
            and rule.unit is not None
            and rule.step <= day_ticks(rule.unit)
        )

    def order(self, labels, series, n_series):
        """Find the order of series and time.

        Parameters
        ----------
        labels : pandas.Index of length n_samples or None
            The labels.
        series : ndarray of int64 of shape (n_samples,)
            Codes of the series.
        n_series : int
            Codes are below this number.

        Returns
        -------
        order : ndarray of int64 or slice
            The order; without a regular step that of the rows.
        """
        if labels is None or self.rule is None:
            return np.argsort(series, kind="stable")
        self.check_kind(labels)
        return sort_by_series(series, self.rule.ticks(labels)[0], n_series)

    def check_kind(self, labels):
        """Refuse labels of another kind than in fit.

        Parameters
        ----------
        labels : pandas.Index or None
            The labels of a call to transform.
        """
        kind = index_kind(labels)
        if kind == self.kind or {kind, self.kind} == {POSITIONS, INTEGERS}:
            return
        raise ValueError(
            f"X has {kind}, but SequenceWindower was fitted on {self.kind}; pass the same kind of "
            "index to fit and transform. If an earlier step dropped it, keep it with "
            'set_output(transform="pandas").'
        )

    def slots(self, labels, series, n_series):
        """Find the slot of each label in its series.

        Parameters
        ----------
        labels : pandas.Index of length n_samples
            The labels.
        series : ndarray of int64 of shape (n_samples,)
            Codes of the series; those beyond the fitted ones get a phase of their own.
        n_series : int
            The number of series, fitted and new.

        Returns
        -------
        slots : ndarray of int64
            Steps after the first label of the series in fit.
        time : ndarray of int64
            The same, but counted from one start for all series.
        """
        slots, time, _ = self._slots(labels, series, n_series)
        return slots, time

    def _slots(self, labels, series, n_series, *, may_round=False):
        """Compute slots, times and the phases of all series."""
        check_no_missing(labels)
        ticks, on_grid = self.rule.ticks(labels)
        if on_grid is not None and not on_grid.all():
            self._refuse(labels[int(np.argmin(on_grid))])
        phases = self._phases(ticks, series, n_series)
        step = self.rule.step
        elapsed = ticks - (phases[0] if n_series == 1 else phases[series])
        slots = elapsed // step
        if not self.rounds:
            off_grid = slots * step != elapsed
            self.rounds = may_round and bool(off_grid.any())
            if not self.rounds and off_grid.any():
                self._refuse(labels[int(np.argmax(off_grid))])
        if self.rounds:
            slots = (elapsed + step // 2) // step
        if n_series == 1:
            return slots, slots, phases
        earliest = (self.phases if len(self.phases) else phases).min()
        return slots, slots + ((phases - earliest) // step)[series], phases

    def _phases(self, ticks, series, n_series):
        """Return the phases of all series: of new ones, the first tick."""
        if len(self.phases) >= n_series:
            return self.phases
        firsts = np.full(n_series, np.iinfo(np.int64).max)
        np.minimum.at(firsts, series, ticks)
        firsts[: len(self.phases)] = self.phases
        return firsts

    def _refuse(self, label):
        """Refuse a label between two slots."""
        raise ValueError(
            f"The label {label} does not stand on the clock of SequenceWindower, whose step is "
            f"{name_of_freq(self.freq)}, counted from {self.first}; round or resample the index to "
            "that step, or give the true step in freq=."
        )

    def continue_labels(self, last_label, n):
        """Continue an index.

        Parameters
        ----------
        last_label : object
            The last label; the last position if there are no labels.
        n : int
            The number of labels to make.

        Returns
        -------
        labels : pandas.Index of length n
            The labels of the next `n` steps.
        """
        if self.rule is not None:
            return self.rule.after(last_label, n)
        if self.by_position:
            return pd.RangeIndex(int(last_label) + 1, int(last_label) + 1 + n)
        if self.spacing is not None:
            return pd.Index([last_label + k * self.spacing for k in range(1, n + 1)])
        raise ValueError(
            f"SequenceWindower was fitted on {self.kind} without a regular step, so the labels "
            f"after {last_label} are unknown; give the step in freq=, or use a regular index."
        )


def _have_twins(slots, series):
    """Tell whether two sorted labels of a series share a slot."""
    return bool(((slots[1:] == slots[:-1]) & (series[1:] == series[:-1])).any())


def _refuse_text_dates(labels):
    """Refuse text that reads as dates: its order is not that of time, and its gaps are unknown."""
    text = text_that_reads_as_dates(labels)
    if text is not None:
        raise ValueError(
            f"The labels of X (its index, or the column named in time=) are text that reads as "
            f"dates, first {text!r}, so that gaps between them cannot be seen; turn them into "
            "dates with pandas.to_datetime, or read them so (parse_dates= of pandas.read_csv). "
            "freq='rows' takes the order of the rows for the clock all the same."
        )


def _rule_of_own_freq(labels):
    """Make a rule of the freq attribute of an index."""
    if isinstance(labels, pd.RangeIndex):
        return Rule("fixed", abs(labels.step), abs(labels.step))
    freq = getattr(labels, "freq", None)
    if freq is None:
        return None
    if isinstance(labels, pd.TimedeltaIndex):
        return rule_of_timedelta(_as_tick(freq), labels)
    return rule_of_offset(freq, labels)


def _rule_of_freq(freq, labels, kind):
    """Make the rule of the parameter freq."""
    if isinstance(freq, Integral) or kind == INTEGERS:
        if not isinstance(freq, Integral) or kind != INTEGERS or freq < 1:
            raise ValueError(
                f"freq={freq!r} does not fit {kind}: an integer index has a freq that is a "
                "positive integer, an index of dates one that is an alias such as 'h' or an offset."
            )
        return Rule("fixed", int(freq), int(freq))
    try:
        if isinstance(labels, pd.PeriodIndex):
            offset = pd.PeriodDtype(freq).freq
            if base_of(offset) != base_of(labels.freq):
                raise ValueError(f"the periods have freq {labels.freqstr!r}")
            return _rule_of_periods(offset)
        offset = pd.tseries.frequencies.to_offset(freq)
    except ValueError as error:
        raise ValueError(f"freq={freq!r} is no step for {kind}: {error}.") from error
    if not _goes_forward(offset):
        raise ValueError(
            f"freq={freq!r} is no step forward in time, so windows would hold later rows; give a "
            "positive step. The rows may be in any order, a descending index included."
        )
    if isinstance(labels, pd.DatetimeIndex):
        return rule_of_offset(offset, labels)
    if isinstance(labels, pd.TimedeltaIndex) and _as_tick(offset) is not None:
        return rule_of_timedelta(_as_tick(offset), labels)
    raise ValueError(
        f"freq={freq!r} is no step for {kind}; leave freq out, or pass an index of dates."
    )


def _goes_forward(offset):
    """Tell whether an offset leads to a later time."""
    origin = pd.Timestamp("2000-01-15 12:00")
    return origin + offset > origin


def _rule_of_periods(freq: Any):
    """Make the rule of periods, which are numbered by the base of their freq."""
    return Rule("fixed", freq.n, freq)


def _as_tick(offset):
    """Return the offset of a fixed length, None if it has none."""
    if isinstance(offset, pd.offsets.Day):
        return pd.offsets.Hour(24 * offset.n)
    return offset if isinstance(offset, pd.offsets.Tick) else None


def name_of_freq(freq):
    """Return a short name of a step, as it could be written in code."""
    if isinstance(freq, int):
        return str(freq)
    if type(freq) is pd.DateOffset:
        kwds = ", ".join(f"{key}={value}" for key, value in sorted(freq.kwds.items(), reverse=True))
        return f"{'' if freq.n == 1 else f'{freq.n} * '}pandas.DateOffset({kwds})"
    return repr(freq.freqstr)
