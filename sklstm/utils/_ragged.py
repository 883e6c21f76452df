"""Arithmetic on runs of consecutive rows, each given by its start and its count."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np

# Runs processed together: for a long series, each array of its length takes a good part of the
# memory of a fit.
_RUNS_AT_ONCE = 1 << 18


def as_slice(positions: np.ndarray | slice) -> np.ndarray | slice:
    """Turn a run of consecutive positions into a slice, which selects without a copy.

    Parameters
    ----------
    positions : ndarray of shape (n_selected,) or slice
        Positions.

    Returns
    -------
    slice or ndarray
        The slice that selects the same, else the positions themselves.
    """
    if isinstance(positions, slice):
        return positions
    n = len(positions)
    if n == 0 or positions[0] < 0 or int(positions[-1]) - int(positions[0]) != n - 1:
        return positions
    if not (positions[1:] > positions[:-1]).all():
        return positions
    return slice(int(positions[0]), int(positions[-1]) + 1)


def packed_starts(count: np.ndarray) -> np.ndarray:
    """Start each run where the one before ends.

    Parameters
    ----------
    count : ndarray of shape (n_runs,)
        Rows of each run.

    Returns
    -------
    ndarray of shape (n_runs,)
        The starts.
    """
    return np.cumsum(count) - count


def runs_of_rows(count: np.ndarray) -> np.ndarray:
    """Name the run of each row, with the runs laid one after the other.

    Parameters
    ----------
    count : ndarray of shape (n_runs,)
        Rows of each run.

    Returns
    -------
    ndarray of shape (sum of the counts,)
        0 for each row of the first run, then 1 for each of the second ...
    """
    return np.repeat(np.arange(len(count)), count)


def rows_of_runs(start: np.ndarray, count: np.ndarray) -> np.ndarray:
    """List the rows of all runs, one run after the other.

    Parameters
    ----------
    start, count : ndarray of shape (n_runs,)
        Run *i* holds the rows from ``start[i]`` to before ``start[i] + count[i]``.

    Returns
    -------
    ndarray of shape (sum of the counts,)
        Row numbers.
    """
    return np.arange(int(count.sum())) - np.repeat(packed_starts(count) - start, count)


def multiplicity(start: np.ndarray, count: np.ndarray, n_rows: int) -> np.ndarray:
    """Count the runs that hold each row.

    Parameters
    ----------
    start, count : ndarray of shape (n_runs,)
        Run *i* holds the rows from ``start[i]`` to before ``start[i] + count[i]``.
    n_rows : int
        The number of rows.

    Returns
    -------
    ndarray of shape (n_rows,)
        How many runs hold each row.
    """
    # In place: for a long series, each array here takes a good part of the memory of a fit.
    held = np.bincount(start, minlength=n_rows + 1)
    held -= np.bincount(start + count, minlength=n_rows + 1)
    return np.cumsum(held, out=held)[:n_rows]


def weighted_multiplicity(
    start: np.ndarray, count: np.ndarray, weights: np.ndarray, n_rows: int
) -> np.ndarray:
    """Sum the weights of the runs that hold each row.

    Parameters
    ----------
    start, count : ndarray of shape (n_runs,)
        Run *i* holds the rows from ``start[i]`` to before ``start[i] + count[i]``.
    weights : ndarray of shape (n_runs,)
        Weight of each run.
    n_rows : int
        The number of rows.

    Returns
    -------
    ndarray of shape (n_rows,), float64
        At least 0, and exactly 0 for a row that no run holds.
    """
    change = np.bincount(start, weights, minlength=n_rows + 1)
    change -= np.bincount(start + count, weights, minlength=n_rows + 1)
    held = multiplicity(start, count, n_rows) > 0
    return np.where(held, np.maximum(np.cumsum(change)[:n_rows], 0.0), 0.0)


def are_held(start: np.ndarray, count: np.ndarray, row_numbers: np.ndarray) -> np.ndarray:
    """Tell which of some rows lie in a run.

    Parameters
    ----------
    start, count : ndarray of shape (n_runs,)
        Run *i* holds the rows from ``start[i]`` to before ``start[i] + count[i]``.
    row_numbers : ndarray of shape (n_asked,)
        The rows, in any order.

    Returns
    -------
    ndarray of shape (n_asked,), bool
        Whether a run holds each.
    """
    order = np.argsort(row_numbers, kind="stable")
    asked = row_numbers[order]
    change = np.zeros(len(asked) + 1, dtype=np.int64)
    for first in range(0, len(start), _RUNS_AT_ONCE):
        first_row = start[first : first + _RUNS_AT_ONCE]
        stop = first_row + count[first : first + _RUNS_AT_ONCE]
        change += np.bincount(np.searchsorted(asked, first_row), minlength=len(change))
        change -= np.bincount(np.searchsorted(asked, stop), minlength=len(change))
    held = np.empty(len(asked), dtype=bool)
    held[order] = np.cumsum(change)[:-1] > 0
    return held


def hold_any(start: np.ndarray, count: np.ndarray, flags: np.ndarray) -> np.ndarray:
    """Tell which runs hold a row that is flagged.

    Parameters
    ----------
    start, count : ndarray of shape (n_runs,)
        Run *i* holds the rows from ``start[i]`` to before ``start[i] + count[i]``.
    flags : ndarray of shape (n_rows,), bool
        A flag for each row.

    Returns
    -------
    ndarray of shape (n_runs,), bool
        Whether each run holds one.
    """
    before = np.r_[0, np.cumsum(flags)]
    return before[start + count] > before[start]


def means_of_runs(values: np.ndarray, start: np.ndarray, count: np.ndarray) -> np.ndarray:
    """Average the rows of each run.

    Parameters
    ----------
    values : ndarray of shape (n_rows, n_columns)
        The rows.
    start, count : ndarray of shape (n_runs,)
        Run *i* holds the rows from ``start[i]`` to before ``start[i] + count[i]``.

    Returns
    -------
    ndarray of shape (n_runs, n_columns), float64
        The means; of an empty run any finite number.
    """
    # Each sum by itself: in a running sum, the rows before a run would change its last digits.
    padded = np.zeros((len(values) + 1, values.shape[1]))
    padded[:-1] = values
    borders = np.stack([start, np.maximum(start + count, start + 1)], axis=1).ravel()
    sums = np.add.reduceat(padded, np.minimum(borders, len(values)), axis=0)[::2]
    return sums / np.maximum(count, 1)[:, None]


def cut_runs(
    start: np.ndarray, count: np.ndarray, size: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Cut runs into chunks that follow each other.

    Parameters
    ----------
    start, count : ndarray of shape (n_runs,)
        Run *i* holds the rows from ``start[i]`` to before ``start[i] + count[i]``.
    size : int
        Rows of a chunk; the last one of a run may have fewer.

    Returns
    -------
    start, count : ndarray of shape (n_chunks,)
        The chunks of the first run, then those of the second ...
    run : ndarray of shape (n_chunks,)
        The run of each chunk.
    """
    n_chunks = -(-count // size)
    run = runs_of_rows(n_chunks)
    done = size * rows_of_runs(np.zeros_like(n_chunks), n_chunks)
    return start[run] + done, np.minimum(count[run] - done, size), run
