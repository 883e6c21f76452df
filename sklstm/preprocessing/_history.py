"""Rows that are kept in fit, and how they join the rows of a later call."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from sklstm.preprocessing._labels import sort_by_series
from sklstm.utils._plain_state import PlainState

# The least number of steps between the rows of different series on the joint clock: neither a
# window nor a forecast spans from one to the other.
LONGEST_HORIZON = 1 << 20


@dataclass(frozen=True, eq=False)
class TimedRows(PlainState):
    """Rows with their series and their place in time.

    Parameters
    ----------
    values : ndarray of shape (n_rows, n_features)
        The numbers.
    present : ndarray of bool of shape (n_rows,) or None
        Which rows are not all NaN; None if all rows are present.
    codes : ndarray of int64 of shape (n_rows,)
        Codes of the series.
    slots : ndarray of int64 of shape (n_rows,)
        Slots within the series, or anything that sorts like them.
    labels : pandas.Index
        The labels.
    """

    values: np.ndarray
    present: np.ndarray | None
    codes: np.ndarray
    slots: np.ndarray
    labels: pd.Index | None

    def __len__(self):
        """Return the number of rows."""
        return len(self.codes)

    def take(self, rows):
        """Select rows, with copies of their values."""
        return TimedRows(
            self.values[rows],
            None if self.present is None else self.present[rows],
            self.codes[rows],
            self.slots[rows],
            None if self.labels is None else self.labels[rows],
        )

    def tail(self, n_rows, order):
        """Select the last rows of each series.

        Parameters
        ----------
        n_rows : int or None
            How many rows of each series, None for all.
        order : ndarray of int64 or slice
            The order of series and time.

        Returns
        -------
        rows : TimedRows
            These rows, in that order.
        """
        order = np.arange(len(self))[order]
        if n_rows is not None:
            codes = self.codes[order]
            last = np.flatnonzero(np.append(codes[1:] != codes[:-1], True))
            from_end = np.repeat(last, np.diff(last, prepend=-1)) - np.arange(len(codes))
            order = order[from_end < n_rows]
        return self.take(order)


@dataclass(frozen=True, eq=False)
class JoinedRows:
    """The rows of a call and the kept ones, in series and time order.

    Parameters
    ----------
    values : ndarray of shape (n_rows, n_features)
        The numbers.
    present : ndarray of bool of shape (n_rows,) or None
        Which rows are not all NaN; None if all rows are present.
    codes : ndarray of int64 of shape (n_rows,)
        Codes of the series.
    keys : ndarray of int64 of shape (n_rows,)
        Time steps on one clock for all series.
    places : ndarray of int64 or slice
        Positions of the rows of the call.
    """

    values: np.ndarray
    present: np.ndarray | None
    codes: np.ndarray
    keys: np.ndarray
    places: np.ndarray | slice


def _hint(labels):
    """Say what an index of numbers that has a name may be."""
    if labels.name is None or not pd.api.types.is_numeric_dtype(labels.dtype):
        return ""
    return (
        f" If {labels.name!r} is a column that became the index by accident (index_col= of "
        "pandas.read_csv), put it back with X.reset_index()."
    )


def check_unique(rows, order, series_keys):
    """Refuse two rows of one series with the same label."""
    codes, slots = rows.codes[order], rows.slots[order]
    n_series = len(series_keys)
    same = (slots[1:] == slots[:-1]) & (codes[1:] == codes[:-1])
    if same.any():
        row = np.arange(len(codes))[order][int(np.argmax(same))]
        # str, because the repr of a NumPy number is not how people write it.
        where = f" in series {series_keys[codes[int(np.argmax(same))]]}" if n_series > 1 else ""
        raise ValueError(
            f"The label {rows.labels[row]} occurs more than once{where}; each row of a series "
            "needs a label of its own. If X holds several series, name the column or index level "
            f"that tells them apart in by=, else drop or merge the duplicates.{_hint(rows.labels)}"
        )


def check_sorted(rows, n_series):
    """Refuse rows that go back in time, where the order of the rows is the clock."""
    order = slice(None) if n_series == 1 else np.argsort(rows.codes, kind="stable")
    codes, slots = rows.codes[order], rows.slots[order]
    back = (slots[1:] < slots[:-1]) & (codes[1:] == codes[:-1])
    if back.any():
        positions = np.arange(len(codes))[order]
        place = int(np.argmax(back))
        raise ValueError(
            "The index of X has no regular step and is not sorted, so the order of time is "
            f"unknown: {rows.labels[positions[place + 1]]} comes after "
            f"{rows.labels[positions[place]]}; sort X by its index, give the step in freq=, or "
            f"drop the index.{_hint(rows.labels)}"
        )


def combined_keys(parts, n_series, apart):
    """Put the slots of all series on one clock.

    Parameters
    ----------
    parts : list of TimedRows
        The rows.
    n_series : int
        Codes are below this number.
    apart : int
        The least number of time steps between two series.

    Returns
    -------
    keys : list of ndarray of int64
        The time steps of each part.
    """
    if n_series == 1:
        return [part.slots for part in parts]
    low = np.full(n_series, np.iinfo(np.int64).max)
    high = np.full(n_series, np.iinfo(np.int64).min)
    for part in parts:
        np.minimum.at(low, part.codes, part.slots)
        np.maximum.at(high, part.codes, part.slots)
    empty = low > high
    low[empty] = high[empty] = 0
    # In floats first, because integers would wrap around here already.
    if (high.astype(np.float64) - low + 1 + apart).sum() > 2.0**62:
        raise ValueError(
            "The labels of X span more steps than 64-bit integers can count; give a longer step "
            "in freq=, or remove the labels that are far from all others."
        )
    spans = high - low + 1 + apart
    offsets = np.cumsum(spans) - spans - low
    return [part.slots + offsets[part.codes] for part in parts]


def join(call, kept, n_series, window, lead, *, rank):
    """Join the rows of a call with kept rows.

    Where both have a row with the same label, the row of the call counts. The kept rows of a
    series are left out if the call shares labels with them and no column agrees there: the call
    is then another recording.

    Parameters
    ----------
    call : TimedRows
        The rows of the call.
    kept : TimedRows or None
        The rows kept in fit.
    n_series : int
        Codes are below this number.
    window, lead : int
        The size of the windows, to keep the series apart.
    rank : bool
        Whether slots only give the order of the rows, so that positions are the clock.

    Returns
    -------
    joined : JoinedRows
        The rows, in series and time order.
    order : ndarray of int64 or slice
        The order that sorts the call.
    """
    order = sort_by_series(call.codes, call.slots, n_series)
    apart = max(window + lead, LONGEST_HORIZON) + 1
    if kept is not None:
        in_call = np.zeros(n_series, dtype=bool)
        in_call[call.codes] = True
        kept = kept.take(in_call[kept.codes]) if not in_call.all() else kept
    if kept is None or not len(kept):
        (keys,) = combined_keys([call], n_series, apart)
        keys = keys[order]
        present = None if call.present is None else call.present[order]
        places = order if isinstance(order, slice) else _inverse(order)
        joined = JoinedRows(call.values[order], present, call.codes[order], keys, places)
    else:
        keys, kept_keys = combined_keys([call, kept], n_series, apart)
        keys = keys[order]
        place = np.minimum(np.searchsorted(keys, kept_keys), len(keys) - 1)
        shared = keys[place] == kept_keys
        if shared.any():
            twins = np.arange(len(call))[order][place[shared]]
            stranger = _strangers(call, kept, twins, shared, n_series)
            remains = ~shared & ~stranger[kept.codes]
            kept, kept_keys = kept.take(remains), kept_keys[remains]
        joined = _merge(call, keys, order, kept, kept_keys)
    if rank:
        joined = _by_rank(joined, apart)
    return joined, order


def _inverse(order):
    """Return the places at which the rows of a permutation stand."""
    places = np.empty(len(order), dtype=np.int64)
    places[order] = np.arange(len(order))
    return places


def _strangers(call, kept, twins, shared, n_series):
    """Tell the series whose kept rows agree with the call in no column."""
    dtype = min(call.values.dtype, kept.values.dtype, key=lambda dtype: dtype.itemsize)
    new, old = call.values[twins].astype(dtype), kept.values[shared].astype(dtype)
    differ = ~((new == old) | (np.isnan(new) & np.isnan(old)))
    codes = kept.codes[shared]
    common = np.bincount(codes, minlength=n_series) > 0
    agree = np.zeros(n_series, dtype=bool)
    for column in differ.T:
        agree |= np.bincount(codes[column], minlength=n_series) == 0
    return common & ~agree


def _merge(call, keys, order, kept, kept_keys):
    """Merge two runs of rows by their keys."""
    values = np.concatenate([kept.values.astype(call.values.dtype, copy=False), call.values[order]])
    if kept.present is None and call.present is None:
        present = None
    else:
        present = np.concatenate(
            [
                np.ones(len(part), bool) if part.present is None else part.present[rows]
                for part, rows in ((kept, slice(None)), (call, order))
            ]
        )
    keys = np.concatenate([kept_keys, keys])
    codes = np.concatenate([kept.codes, call.codes[order]])
    n_kept = len(kept)
    if (keys[1:] > keys[:-1]).all():
        places = np.arange(n_kept, len(keys))
    else:
        merged = np.argsort(keys, kind="stable")
        values, codes, keys = values[merged], codes[merged], keys[merged]
        present = None if present is None else present[merged]
        places = _inverse(merged)[n_kept:]
    if not isinstance(order, slice):
        places = places[_inverse(order)]
    return JoinedRows(values, present, codes, keys, places)


def _by_rank(joined, apart):
    """Count the rows of each series one by one."""
    block = np.cumsum(np.diff(joined.codes, prepend=joined.codes[:1]) != 0)
    return replace(joined, keys=np.arange(len(block)) + apart * block)


def positions_in_series(codes, n_series):
    """Count the rows of each series in the order of their appearance.

    Parameters
    ----------
    codes : ndarray of int64 of shape (n_rows,)
        Codes of the series.
    n_series : int
        Codes are below this number.

    Returns
    -------
    positions : ndarray of int64 of shape (n_rows,)
        How many rows of the same series come before each row.
    """
    if n_series == 1:
        return np.arange(len(codes))
    order = sort_by_series(codes, np.zeros(len(codes), dtype=np.int64), n_series)
    places = np.arange(len(codes))
    sorted_codes = codes[order]
    opens = np.append(True, sorted_codes[1:] != sorted_codes[:-1])
    first = np.maximum.accumulate(np.where(opens, places, 0))
    positions = np.empty(len(codes), dtype=np.int64)
    positions[order] = places - first
    return positions


def find_window_rows(row_keys, end, window):
    """Find the rows that lie in windows.

    Parameters
    ----------
    row_keys : ndarray of int64 of shape (n_rows,)
        Time steps of the rows, increasing.
    end : ndarray of int64 of shape (n_samples,)
        Time steps at which the windows end.
    window : int
        Length of the windows.

    Returns
    -------
    start, count : ndarray of int64 of shape (n_samples,)
        First row and number of rows of each window.
    """
    n_rows = len(row_keys)
    if n_rows and int(row_keys[-1]) - int(row_keys[0]) == n_rows - 1:
        start = np.clip(end - (window - 1) - row_keys[0], 0, n_rows)
        stop = np.clip(end + 1 - row_keys[0], 0, n_rows)
    else:
        start = np.searchsorted(row_keys, end - (window - 1), side="left")
        stop = np.searchsorted(row_keys, end, side="right")
    return start, stop - start
