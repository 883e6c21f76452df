"""How full windows are, and the warnings of fit about doubtful rows and clocks."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import warnings

import numpy as np

from sklstm.preprocessing._clock import name_of_freq
from sklstm.preprocessing._labels import INTEGERS
from sklstm.preprocessing._read_as_dates import numbers_that_read_as_dates

_SAMPLE = 1000
_MOSTLY = 0.5
# Of fewer rows nothing is said.
_MIN_ROWS = 20
# From here through fit and the wrapper of scikit-learn to the caller.
_STACKLEVEL = 5
# The same, from what warn_of_learned_clock calls.
_OF_CLOCK = _STACKLEVEL + 1
# So large a part of the rows is not stamped far away: it is what is measured.
_FAR = 1 / 20
# A call by position starts cold, which is a large part of it below so many windows.
_SHORT_CALL = 5
# Windows of a call that are emptier than those of fit by this factor are cold.
_COLD = 1 / 4


def share_filled(codes, slots, window):
    """Compute how many of the steps before the rows hold a row.

    Parameters
    ----------
    codes, slots : ndarray of int64 of shape (n_rows,)
        Codes of the series and slots, in the order of series and time.
    window : int
        Steps to look back.

    Returns
    -------
    share : float
        Between 0 and 1, over at most 1,000 rows spread evenly. Steps before the first row of a
        series do not count; 1 if there are no others.
    """
    n = len(slots)
    if codes[0] == codes[-1] and slots[-1] - slots[0] == n - 1:
        return 1.0
    row = np.unique(np.linspace(0, n - 1, min(n, _SAMPLE)).astype(np.int64))
    first = np.searchsorted(codes, codes[row])
    # Bisection for the oldest row in reach: it is at most `window` rows before.
    low, high = np.maximum(first, row - window), row.copy()
    while (low < high).any():
        middle = (low + high) // 2
        inside = slots[middle] >= slots[row] - window
        high = np.where(inside, middle, high)
        low = np.where(inside, low, middle + 1)
    possible = np.minimum(window, slots[row] - slots[first])
    return float((row - low).sum() / possible.sum()) if possible.any() else 1.0


def warn_if_blocks(codes, slots):
    """Warn if the rows are sorted series by series.

    Parameters
    ----------
    codes, slots : ndarray of int64 of shape (n_rows,)
        Codes of the series and time steps, in the order of the rows.
    """
    changes = np.flatnonzero(codes[1:] != codes[:-1])
    counts = np.bincount(codes)
    if (
        len(changes) == np.count_nonzero(counts) - 1
        and np.count_nonzero(counts > 1) > 1
        and (slots[changes + 1] < slots[changes]).any()
    ):
        warnings.warn(
            "X is sorted series by series, so that TimeSeriesSplit would split by series and not "
            "by time; sort the rows by time first, for example with X.sort_index(level=...).",
            UserWarning,
            stacklevel=_STACKLEVEL,
        )


def warn_of_learned_clock(clock, labels, rows, order, share):
    """Warn of what is doubtful about a clock that was learned.

    Parameters
    ----------
    clock : Clock
        The clock.
    labels : pandas.Index of length n_samples
        The labels of fit.
    rows : TimedRows
        The rows of fit.
    order : ndarray of int64 or slice
        The order of series and time.
    share : float
        As :func:`share_filled` gives it.
    """
    warn_if_far_away(clock, labels, rows.codes)
    if clock.rounds:
        warn_of_slips(clock, labels, rows.codes, order)
        return
    warn_if_dates_are_numbers(clock, labels)
    warn_if_mostly_empty(share, clock, labels, rows, order)


def warn_if_far_away(clock, labels, series):
    """Warn if a few rows are stamped far away: the gap to the others is longer than those span.

    Parameters
    ----------
    clock : Clock
        The clock.
    labels : pandas.Index of length n_samples
        The labels of fit.
    series : ndarray of int64 of shape (n_samples,)
        Codes of the series.
    """
    n = len(labels)
    if n < _MIN_ROWS or not hasattr(labels, "asi8"):
        return
    ticks = labels.asi8
    some = np.sort(ticks[:: -(-n // _SAMPLE)])
    inner = some[[len(some) // 10, -1 - len(some) // 10]].astype(np.float64)
    span = float(ticks.max()) - float(ticks.min())
    # Most indexes end here. In floats, because the span of all dates overflows.
    if span <= 2 * (inner[1] - inner[0]):
        return
    in_order = np.sort(ticks).astype(np.float64)
    low, high = 0, n
    while high - low > (1 - _FAR) * n:
        gaps = np.diff(in_order[low:high])
        place = low + int(gaps.argmax()) + 1
        kept = (place, high) if place - low < high - place else (low, place)
        rest = in_order[kept[1] - 1] - in_order[kept[0]]
        if gaps.max() <= rest or kept[1] - kept[0] < (1 - _FAR) * n:
            break
        low, high = kept
    far = (ticks < in_order[low]) | (ticks > in_order[high - 1])
    # A series that is older than all others as a whole is no slip of a clock.
    far &= np.isin(series, series[~far])
    if not far.any():
        return
    first = labels[far].min()
    step = "'rows'" if clock.freq is None else name_of_freq(clock.freq)
    warnings.warn(
        f"{np.count_nonzero(far)} of the {n} rows of X are stamped far away from all others, first "
        f"{first}: the gap between is longer than all others span. If the clock of a logger has "
        "jumped (to 1970, to 2099), drop these rows or mend their labels, because windows and "
        f"history go by the time; if the labels are right, confirm the step with freq={step}.",
        UserWarning,
        stacklevel=_OF_CLOCK,
    )


def warn_of_slips(clock, labels, series, order):
    """Warn that some labels are between two steps of the clock, and went to the nearest.

    Parameters
    ----------
    clock : Clock
        The clock.
    labels : pandas.Index of length n_samples
        The labels of fit.
    series : ndarray of int64 of shape (n_samples,)
        Codes of the series.
    order : ndarray of int64 or slice
        The order of series and time.
    """
    step = name_of_freq(clock.freq)
    warnings.warn(
        f"Nearly all labels of X are {step} apart, which is taken for the step; "
        f"{clock.first_off(labels, series, order)} is the first label off it, and such labels are "
        f"taken for the nearest step. To accept that, round the index ({_rounding(labels, step)}); "
        "if a finer step is meant, give it in freq=; freq='rows' goes by the order of the rows.",
        UserWarning,
        stacklevel=_OF_CLOCK,
    )


def warn_if_dates_are_numbers(clock, labels):
    """Warn if whole numbers are taken for a clock that are written as dates.

    Parameters
    ----------
    clock : Clock
        The clock.
    labels : pandas.Index of length n_samples
        The labels of fit.
    """
    if clock.kind == INTEGERS and numbers_that_read_as_dates(labels.to_numpy(dtype=np.int64)):
        warnings.warn(
            f"The labels of X are whole numbers that read as dates, first {labels[0]}, and they "
            "are taken for numbers of steps, so that months and years end in gaps; turn them into "
            "dates with pandas.to_datetime(..., format='%Y%m%d'), or confirm them with freq=1.",
            UserWarning,
            stacklevel=_OF_CLOCK,
        )


def warn_if_mostly_empty(share, clock, labels, rows, order):
    """Warn if the step that was learned leaves windows mostly empty.

    Parameters
    ----------
    share : float
        As :func:`share_filled` gives it.
    clock : Clock
        The clock.
    labels : pandas.Index of length n_samples
        The labels of fit.
    rows : TimedRows
        The rows of fit.
    order : ndarray of int64 or slice
        The order of series and time.
    """
    if share >= _MOSTLY or len(rows) < _MIN_ROWS:
        return
    step = name_of_freq(clock.freq)
    codes, slots = rows.codes[order], rows.slots[order]
    differences = np.where(codes[1:] == codes[:-1], np.diff(slots), 0)
    usual = int(np.median(differences[differences > 0]))
    off = differences % usual != 0
    likely = ""
    if usual > 1:
        likely = f" Most labels are further apart, usually {usual} of these steps"
        if off.any():
            likely += f"; {labels[order][int(np.argmax(off)) + 1]} is the first label off that"
        likely += "."
    warnings.warn(
        f"The windows are mostly empty: the step of the index of X is taken to be {step}, and only "
        f"{share:.0%} of the steps before a row hold one.{likely} If the order of the rows is the "
        f"clock, say freq='rows'; if a longer step is meant, floor the labels to it or resample; "
        f"if {step} is right, confirm it with freq={step}.",
        UserWarning,
        stacklevel=_OF_CLOCK,
    )


def warn_if_short(n_samples, span):
    """Warn if a call by position starts cold for a large part.

    Parameters
    ----------
    n_samples : int
        Rows of the call.
    span : int
        Rows that a window spans, its lead included.
    """
    if span > 1 and n_samples < _SHORT_CALL * span:
        warnings.warn(
            f"X has no index to look the past up by, so the windows of its {n_samples} rows "
            f"start empty, which matters below {_SHORT_CALL * span} rows "
            f"({_SHORT_CALL} x (window + lead)); pass a DataFrame with an index, name its time "
            "column in time=, or set history=None to accept it.",
            UserWarning,
            stacklevel=4,
        )


def warn_if_without_past(count, possible, fill, window, lead, labels):
    """Warn if the windows of a call are all but empty: their rows are far from all others.

    Parameters
    ----------
    count : ndarray of int64 of shape (n_samples,)
        Rows in the window of each row.
    possible : ndarray of int64 of shape (n_samples,)
        Steps of each window since the first row of the series.
    fill : float
        How full the windows of fit are.
    window, lead : int
        The size of the windows.
    labels : pandas.Index of length n_samples
        Labels of the rows.
    """
    # Without a lead, a window holds its own row.
    own = int(lead == 0)
    earlier, possible = np.maximum(count - own, 0), np.maximum(possible - own, 0)
    cold = (earlier == 0) & (possible > 0)
    n_cold = np.count_nonzero(cold)
    is_empty = len(cold) >= _MIN_ROWS and earlier.sum() < _COLD * fill * possible.sum()
    if 2 * n_cold > len(cold) or is_empty:
        warnings.warn(
            f"{n_cold} of the {len(cold)} rows of X have no past, first "
            f"{labels[int(cold.argmax())]}: no row of their series stands in the window, the "
            f"{window} steps that end {lead} before the row, neither in X nor in the history of "
            "fit. What is predicted there is the same for all; give the rows before them in X, "
            "too, or set history=None to accept it.",
            UserWarning,
            stacklevel=_STACKLEVEL,
        )


def _rounding(labels, step):
    """Say how labels are rounded."""
    return f"X.index.round({step})" if hasattr(labels, "round") else "labels // step * step"
