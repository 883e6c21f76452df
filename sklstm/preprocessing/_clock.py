"""The clock: learns the step of labels and assigns each label a slot."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd

from sklstm.preprocessing._calendar import (
    Rule,
    learn_rule,
    rule_of_offset,
    rule_of_timedelta,
)

_MANY_SERIES = 2**15


def sort_by_series(series, ticks, n_series):
    """Find the order of series and time.

    Parameters
    ----------
    series : ndarray of int64
        Codes of the series.
    ticks : ndarray of int64
        Ticks of the rows, see :class:`~sklstm.preprocessing._calendar.Rule`.
    n_series : int
        Codes are below this number.

    Returns
    -------
    order : ndarray of int64 or slice
        The order; a full slice if the rows are already in it.
    """
    if n_series == 1 or not (series[1:] != series[:-1]).any():
        if (ticks[1:] >= ticks[:-1]).all():
            return slice(None)
        return np.argsort(ticks, kind="stable")
    # NumPy sorts short integers by counting, and rows in time order are then sorted altogether.
    codes = series.astype(np.int16) if n_series < _MANY_SERIES else series
    order = np.argsort(codes, kind="stable")
    backwards = np.diff(ticks[order]) < 0
    if (backwards & (np.diff(series[order]) == 0)).any():
        return np.lexsort((ticks, series))
    return order


def index_kind(labels):
    """Name the kind of an index.

    Parameters
    ----------
    labels : pandas.Index or None
        The labels, None for arrays.

    Returns
    -------
    kind : str
        The kind, in words that error messages can use.
    """
    if labels is None:
        return "no index (positions)"
    if isinstance(labels, pd.DatetimeIndex):
        return f"a DatetimeIndex {'without' if labels.tz is None else 'with'} time zone"
    if isinstance(labels, pd.TimedeltaIndex):
        return "a TimedeltaIndex"
    if isinstance(labels, pd.PeriodIndex):
        return f"a PeriodIndex of freq {pd.PeriodDtype(_base(labels.freq)).name[7:-1]!r}"
    if pd.api.types.is_integer_dtype(labels.dtype):
        return "an integer index"
    if pd.api.types.is_float_dtype(labels.dtype):
        return "a float index"
    return "an index of other labels (text or objects)"


POSITIONS = index_kind(None)
INTEGERS = index_kind(pd.RangeIndex(0))


class Clock:
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
    """

    def __init__(self, kind, rule: Any = None, phases=None, first=None):
        self.kind = kind
        self.rule = rule
        self.phases = phases
        self.first = first

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
            The step, None to learn it.

        Returns
        -------
        clock : Clock
            The clock.
        """
        kind = index_kind(labels)
        if labels is None:
            if freq is not None:
                raise ValueError(
                    f"freq={freq!r} says how far apart labels are, but X has no labels; pass a "
                    "DataFrame with an index, name its time column in time=, or leave freq out."
                )
            return cls(kind)
        check_no_missing(labels)
        if freq is not None:
            rule = _rule_of_freq(freq, labels, kind)
        elif isinstance(labels, pd.PeriodIndex):
            rule = _rule_of_periods(labels.freq)
        elif kind in ("a float index", index_kind(pd.Index(["a"]))):
            rule = None
        else:
            # The freq of an index is that of all series together, not of each.
            rule = _rule_of_own_freq(labels) if n_series == 1 else None
            if rule is None:
                values = getattr(labels, "asi8", None)
                if values is None:
                    values = labels.to_numpy(dtype=np.int64)
                rule = learn_rule(labels, series, sort_by_series(series, values, n_series))
        if rule is None:
            return cls(kind)
        clock = cls(kind, rule, np.empty(0, dtype=np.int64), labels[0])
        _, _, clock.phases = clock._slots(labels, series, n_series)
        return clock

    @property
    def freq(self):
        """The step: an int, a pandas offset, or None if there is no regular step."""
        return None if self.rule is None else self.rule.freq

    @property
    def by_position(self):
        """Whether rows have positions only, and no labels."""
        return self.kind == POSITIONS

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

    def _slots(self, labels, series, n_series):
        """Compute slots, times and the phases of all series."""
        check_no_missing(labels)
        ticks, on_grid = self.rule.ticks(labels)
        if on_grid is not None and not on_grid.all():
            self._refuse(labels[int(np.argmin(on_grid))])
        phases = self.phases
        if len(phases) < n_series:
            firsts = np.full(n_series, np.iinfo(np.int64).max)
            np.minimum.at(firsts, series, ticks)
            firsts[: len(phases)] = phases
            phases = firsts
        step = self.rule.step
        elapsed = ticks - (phases[0] if n_series == 1 else phases[series])
        slots = elapsed // step
        off_grid = slots * step != elapsed
        if off_grid.any():
            self._refuse(labels[int(np.argmax(off_grid))])
        if n_series == 1:
            return slots, slots, phases
        earliest = (self.phases if len(self.phases) else phases).min()
        return slots, slots + ((phases - earliest) // step)[series], phases

    def _refuse(self, label):
        """Refuse a label between two slots."""
        raise ValueError(
            f"The label {label} does not stand on the clock of SequenceWindower, whose step is "
            f"{_text(self.freq)}, counted from {self.first}; round or resample the index to that "
            "step, or give the true step in freq=."
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
        raise ValueError(
            f"SequenceWindower was fitted on {self.kind} without a regular step, so the labels "
            f"after {last_label} are unknown; give the step in freq=, or use a regular index."
        )


def rank_labels(labels, others):
    """Rank labels that have no regular step.

    Parameters
    ----------
    labels, others : pandas.Index
        The labels of a call, and those that were kept.

    Returns
    -------
    ranks, other_ranks : ndarray of int64
        Ranks among all of them; equal labels have equal ranks.
    """
    check_no_missing(labels)
    if isinstance(labels, pd.DatetimeIndex) and labels.tz is not None:
        labels = labels.tz_convert("UTC")
        others = others.tz_convert("UTC")
    try:
        ranks, _ = pd.factorize(labels.append(others), sort=True)
    except TypeError as error:
        raise ValueError(
            f"The labels of the index cannot be put in order ({error}); use labels of one type."
        ) from error
    ranks = ranks.astype(np.int64, copy=False)
    return ranks[: len(labels)], ranks[len(labels) :]


def check_no_missing(labels):
    """Refuse an index with missing labels."""
    if labels.hasnans:
        row = int(np.argmax(np.asarray(labels.isna())))
        raise ValueError(
            f"The label of row {row} is missing (NaT or NaN), so its place in time is unknown; "
            "fill the label in, or drop the row."
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
            if _base(offset) != _base(labels.freq):
                raise ValueError(f"the periods have freq {labels.freqstr!r}")
            return _rule_of_periods(offset)
        offset = pd.tseries.frequencies.to_offset(freq)
    except ValueError as error:
        raise ValueError(f"freq={freq!r} is no step for {kind}: {error}.") from error
    if isinstance(labels, pd.DatetimeIndex):
        return rule_of_offset(offset, labels)
    if isinstance(labels, pd.TimedeltaIndex) and _as_tick(offset) is not None:
        return rule_of_timedelta(_as_tick(offset), labels)
    raise ValueError(
        f"freq={freq!r} is no step for {kind}; leave freq out, or pass an index of dates."
    )


def _rule_of_periods(freq: Any):
    """Make the rule of periods, which are numbered by the base of their freq."""
    return Rule("fixed", freq.n, freq)


def _base(freq: Any):
    """Return the offset of which a freq is a multiple."""
    return freq.base


def _as_tick(offset):
    """Return the offset of a fixed length, None if it has none."""
    if isinstance(offset, pd.offsets.Day):
        return pd.offsets.Hour(24 * offset.n)
    return offset if isinstance(offset, pd.offsets.Tick) else None


def _text(freq):
    """Return a short name of a step."""
    return str(freq) if isinstance(freq, int) else repr(freq.freqstr)
