"""Where the steps of windows stand in time, and how they are drawn as cells."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass

import numpy as np

from sklstm.preprocessing import WindowIndex

# Cells are drawn one by one up to this many steps, then as bars.
_MOST_CELLS = 90


@dataclass(frozen=True, eq=False)
class Cells:
    """The steps of the window of one row, in steps of the clock.

    Parameters
    ----------
    observed, missing : ndarray of int
        Steps of the window that hold a row, and those that hold none.
    row : int
        The row itself.
    targets : ndarray of int
        What is predicted from the window: the value of the row, and those after it.
    """

    observed: np.ndarray
    missing: np.ndarray
    row: int
    targets: np.ndarray


def cells_of(index: WindowIndex, position: int, horizon: int) -> Cells:
    """Place the window of one row in time.

    Parameters
    ----------
    index : WindowIndex
        Windows that know their time.
    position : int
        The row.
    horizon : int
        Values that are predicted from its window.

    Returns
    -------
    Cells
        Its steps.
    """
    row = int(index.time[position])
    last = row - index.lead
    window = np.arange(last - index.window + 1, last + 1)
    own = slice(index.start[position], index.start[position] + index.count[position])
    # Keys of a series count the steps of the clock, from a number of its own.
    observed = index.keys[own] + (last - index.end[position])
    return Cells(observed, np.setdiff1d(window, observed), row, row + np.arange(horizon))


def rows_of_series(index: WindowIndex, code: int) -> tuple[np.ndarray, np.ndarray]:
    """Find the rows of one series in time.

    Parameters
    ----------
    index : WindowIndex
        Windows that know their time.
    code : int
        The series.

    Returns
    -------
    in_X, kept : ndarray of int
        Steps of the clock at which X has a row with values, and at which there is one that was kept
        from fit.
    """
    own = index.series == code
    has_values = np.isin(index.end + index.lead, index.keys)
    series, time = index.times_of_rows()
    in_X = np.unique(index.time[own & has_values])
    return in_X, np.setdiff1d(time[series == code], index.time[own])


def choose_rows(index: WindowIndex, n: int) -> np.ndarray:
    """Choose consecutive rows whose windows show most.

    Parameters
    ----------
    index : WindowIndex
        Windows that know their time.
    n : int
        Rows to choose.

    Returns
    -------
    ndarray of int
        Positions of rows of the first series: the first ones, if their windows reach into rows that
        were kept from fit; else those from the first gap, or from the first full window, on.
    """
    own = np.flatnonzero(index.series == index.series[0])
    own = own[np.argsort(index.time[own], kind="stable")]
    in_X, kept = rows_of_series(index, index.series[0])
    span = index.window + index.lead
    if len(kept):
        first = 0
    else:
        time = index.time[own]
        before_gaps = in_X[:-1][np.diff(in_X) != 1]
        later = np.searchsorted(time, before_gaps[before_gaps - time[0] >= span - 1])
        first = int(later[0]) if len(later) else min(span - 1, max(len(own) - n, 0))
    first = max(min(first, len(own) - n), 0)
    return own[first : first + n]


def bars_of(steps: np.ndarray, span: int) -> list[tuple[float, float]]:
    """Turn steps into bars: one for each, or for each run where there are many.

    Parameters
    ----------
    steps : ndarray of int
        Steps in increasing order.
    span : int
        Steps that the figure shows.

    Returns
    -------
    list of (left, width)
        As :meth:`matplotlib.axes.Axes.broken_barh` takes them; step `s` is the cell around `s`.
    """
    if span <= _MOST_CELLS:
        return [(step - 0.42, 0.84) for step in steps]
    if not len(steps):
        return []
    breaks = np.flatnonzero(np.diff(steps) != 1)
    first = steps[np.r_[0, breaks + 1]]
    last = steps[np.r_[breaks, len(steps) - 1]]
    return [(a - 0.5, b - a + 1) for a, b in zip(first, last, strict=True)]
