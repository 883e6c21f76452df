"""Weights of samples: validated, and turned into repeats where they are whole numbers."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from numbers import Real

import numpy as np
from sklearn.utils.validation import check_array

from sklstm.preprocessing._window_index import WindowIndex
from sklstm.targets._step_labels import labels_of_rows
from sklstm.utils._ragged import packed_starts, rows_of_runs, runs_of_rows

# Up to so many sequences, whole numbers are repeats, and repeats have a canonical order.
_FEW_SEQUENCES = 10_000


def read_sample_weight(sample_weight, index: WindowIndex, *, labels_rows: bool):
    """Validate the parameter `sample_weight`.

    Parameters
    ----------
    sample_weight : array-like of shape (n_samples,) or (n_samples, n_steps), or None
        As in ``fit``.
    index : WindowIndex
        The samples.
    labels_rows : bool
        Whether y has a label for each step.

    Returns
    -------
    ndarray of shape (n_samples,) or (n_rows,), float64, or None
        A weight for each sample, or for each row where these have labels; None where windows weigh
        all alike.

    Raises
    ------
    ValueError
        If the shape is not that of the samples or steps, or if a weight is not finite, negative, or
        if all are 0.
    """
    if sample_weight is None:
        return None
    if isinstance(sample_weight, Real):
        sample_weight = np.full(len(index), sample_weight)
    weights = check_array(
        sample_weight, ensure_2d=False, dtype=np.float64, input_name="sample_weight"
    )
    shapes = [(len(index),)] + ([(len(index), index.window)] if labels_rows else [])
    if weights.shape not in shapes:
        raise ValueError(
            f"sample_weight has shape {weights.shape}, expected {' or '.join(map(str, shapes))}: a "
            f"weight for each sample{' or each of its steps' if labels_rows else ''}."
        )
    if (weights < 0).any():
        raise ValueError(f"sample_weight holds negative weights, such as {weights.min()}.")
    if not weights.any():
        raise ValueError("sample_weight is zero for all samples: there is nothing to learn from.")
    if index.knows_time and weights.min() == weights.max():
        return None
    if not labels_rows:
        return weights
    if weights.ndim == 2:
        return labels_of_rows(weights, index)
    of_rows = np.zeros(len(index.rows))
    of_rows[rows_of_runs(index.start, index.count)] = np.repeat(weights, index.count)
    return of_rows


def repeat_sequences(index: WindowIndex, y: np.ndarray, weights, *, in_order: bool):
    """Repeat independent sequences by their weights, if these are whole numbers and not too many.

    A fit on repeated sequences is, bit for bit, the fit with their counts as weights: where some
    are repeated, they are put into a canonical order.

    Parameters
    ----------
    index : WindowIndex
        The sequences.
    y : ndarray of shape (n_samples, n_values)
        Their values.
    weights : ndarray of shape (n_samples,) or None
        Their weights.
    in_order : bool
        Whether to keep the order.

    Returns
    -------
    index, y, weights : tuple
        What to train on; `weights` is None where repeats stand for them.
    """
    if weights is not None and weights.sum() <= _FEW_SEQUENCES:
        counts = np.rint(weights).astype(np.intp)
        if np.array_equal(counts, weights):
            repeats = np.repeat(np.arange(len(index)), counts)
            index, y, weights = index.take(repeats), y[repeats], None
    order = None if in_order or weights is not None else canonical_order(index, y)
    return (index, y, weights) if order is None else (index.take(order), y[order], None)


def canonical_order(index: WindowIndex, y: np.ndarray) -> np.ndarray | None:
    """Order independent sequences of which some are repeated, so that their order does not matter.

    Parameters
    ----------
    index : WindowIndex
        The sequences.
    y : ndarray of shape (n_samples, n_values)
        Their values.

    Returns
    -------
    ndarray of shape (n_samples,) or None
        Positions; None if no sequence is repeated, which leaves the order as it is, and for more
        than 10,000 of them, where it averages out.
    """
    if len(index) > _FEW_SEQUENCES or len(index.rows) == 0:
        return None
    row, sample = rows_of_runs(index.start, index.count), runs_of_rows(index.count)
    step = np.arange(len(row)) - np.repeat(packed_starts(index.count), index.count)
    # Sums wrap around: in whole numbers they do not depend on the order of the terms.
    mixed = _mix(_hash_rows(index.rows)[row] ^ _mix(step.astype(np.uint64)))
    hashes = index.count.astype(np.uint64)
    np.add.at(hashes, sample, mixed)
    hashes ^= _mix(_hash_rows(y))
    if len(np.unique(hashes)) == len(hashes):
        return None
    # By values first: a scaler before the network does not change the order.
    last = index.rows[np.maximum(index.start + index.count - 1, 0)]
    return np.lexsort((hashes, *last.T[::-1]))


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
