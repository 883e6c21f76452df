"""Weights of samples: validated, and turned into repeats where they are whole numbers."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from numbers import Real

import numpy as np
from sklearn.utils.validation import check_array

from sklstm.preprocessing._window_index import WindowIndex
from sklstm.targets._step_labels import labels_of_rows
from sklstm.training._repeats import hash_samples
from sklstm.utils._ragged import rows_of_runs

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


def repeat_sequences(
    index: WindowIndex, y: np.ndarray, weights: np.ndarray | None, *, in_order: bool
) -> tuple[np.ndarray | slice, np.ndarray | None]:
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
    positions : ndarray or slice
        The sequences to train on, in this order.
    weights : ndarray of shape (n_samples,) or None
        Their weights; None where repeats stand for them.
    """
    repeats = None
    if weights is not None and weights.sum() <= _FEW_SEQUENCES:
        counts = np.rint(weights).astype(np.intp)
        if np.array_equal(counts, weights):
            repeats = np.repeat(np.arange(len(index)), counts)
            index, y, weights = index.take(repeats), y[repeats], None
    order = None if in_order or weights is not None else canonical_order(index, y)
    if repeats is None:
        return slice(None) if order is None else order, weights
    return repeats if order is None else repeats[order], weights


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
    hashes = hash_samples(index, y)
    if len(np.unique(hashes)) == len(hashes):
        return None
    # By values first: a scaler before the network does not change the order.
    last = index.rows[np.maximum(index.start + index.count - 1, 0)]
    return np.lexsort((hashes, *last.T[::-1]))
