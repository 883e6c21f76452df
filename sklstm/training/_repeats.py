"""Samples that are repeated, found by hashes of what they hold."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np

from sklstm.preprocessing._window_index import WindowIndex
from sklstm.utils._ragged import packed_starts, rows_of_runs, runs_of_rows


def hash_samples(index: WindowIndex, y: np.ndarray, *, labels_rows: bool = False) -> np.ndarray:
    """Hash the steps of independent sequences, and their values.

    Parameters
    ----------
    index : WindowIndex
        The sequences.
    y : ndarray of shape (n_samples, n_values) or (n_rows, n_values)
        Their values, or those of their rows.
    labels_rows : bool, default=False
        Whether `y` holds values of rows.

    Returns
    -------
    ndarray of shape (n_samples,), uint64
        The same for the same steps and values.
    """
    row, sample = rows_of_runs(index.start, index.count), runs_of_rows(index.count)
    step = np.arange(len(row)) - np.repeat(packed_starts(index.count), index.count)
    of_rows, of_values = _hash_rows(index.rows), _hash_rows(y)
    if labels_rows:
        of_rows = of_rows + _mix(of_values)
    # Sums wrap around: in whole numbers they do not depend on the order of the terms.
    mixed = _mix(of_rows[row] ^ _mix(step.astype(np.uint64)))
    hashes = index.count.astype(np.uint64)
    np.add.at(hashes, sample, mixed)
    return hashes if labels_rows else hashes ^ _mix(of_values)


def first_of_repeats(index: WindowIndex, y: np.ndarray, *, labels_rows: bool) -> np.ndarray | None:
    """Find the first of all repeats of each independent sequence.

    Parameters
    ----------
    index : WindowIndex
        The sequences.
    y : ndarray of shape (n_samples, n_values) or (n_rows, n_values)
        Their values, or those of their rows.
    labels_rows : bool
        Whether `y` holds values of rows.

    Returns
    -------
    ndarray of shape (n_samples,) or None
        The position of the first sequence with the same steps and values; None if none is repeated.
    """
    # Most data are told apart by their last steps, which takes a fraction of the time.
    last = index.rows[np.maximum(index.start + index.count - 1, 0)]
    if len(np.unique(_hash_rows(last))) == len(index):
        return None
    hashes = hash_samples(index, y, labels_rows=labels_rows)
    _, first, group = np.unique(hashes, return_index=True, return_inverse=True)
    return None if len(first) == len(index) else first[group]


def _hash_rows(rows):
    """Hash the bits of each row."""
    bits = np.ascontiguousarray(rows).view(f"u{rows.dtype.itemsize}").astype(np.uint64)
    places = _mix(np.arange(1, bits.shape[1] + 1, dtype=np.uint64)) | np.uint64(1)
    return (_mix(bits) * places).sum(axis=1, dtype=np.uint64)


def _mix(bits):
    """Scatter the bits of whole numbers: the finaliser of SplitMix64 [1]_.

    References
    ----------
    .. [1] Steele, G. L., Lea, D. and Flood, C. H. (2014). Fast splittable pseudorandom number
       generators. OOPSLA.
    """
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return bits ^ (bits >> np.uint64(31))
