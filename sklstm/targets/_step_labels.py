"""Labels and answers of steps: from what users have to rows, and back."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd

from sklstm.preprocessing._sequences import Sequences


def labels_of_rows(y, sequences: Sequences) -> np.ndarray:
    """Bring the labels of the steps of independent sequences to the rows they belong to.

    Parameters
    ----------
    y : array-like of shape (n_samples, n_steps, ...), or list of n_samples array-likes
        A label for each step. A list may hold, for each sequence, either a label for every step, or
        for those steps alone that exist, so that labels of ragged sequences need no padding.
    sequences : Sequences
        The sequences, without an origin.

    Returns
    -------
    ndarray of shape (n_rows, ...)
        A label for each row.

    Raises
    ------
    ValueError
        If there are more or fewer labels than steps.
    """
    n_samples, n_steps = len(sequences), sequences.n_steps
    if _is_ragged(y):
        _check_length(len(y), n_samples)
        exists = sequences.exists
        parts = []
        for sample, own in enumerate(y):
            labels = np.asarray(own)
            count = int(sequences.count[sample])
            if labels.ndim == 0 or len(labels) not in (n_steps, count):
                raise ValueError(
                    f"y[{sample}] has {labels.size if labels.ndim else 'not even one row of'} "
                    f"labels, but X[{sample}] has {n_steps} steps, of which {count} exist: give "
                    "a label for every step, or for those that exist."
                )
            if len(labels) == n_steps and exists is not None:
                labels = labels[exists[sample]]
            parts.append(labels)
        return np.concatenate(parts)
    labels = np.asarray(y)
    if labels.ndim < 2:
        raise ValueError(
            f"With return_sequences=True y needs a label for every step, of shape (n_samples, "
            f"n_steps) = {(n_samples, n_steps)}; got shape {labels.shape}. Labels of shape "
            "(n_samples,) do for windows that SequenceWindower has cut, because these know the "
            "rows that they come from; X does not (a step after the windower may have lost it)."
        )
    _check_length(len(labels), n_samples)
    if labels.shape[1] != n_steps:
        raise ValueError(
            f"y has {labels.shape[1]} labels for each sequence, but X has {n_steps} steps."
        )
    labels = labels.reshape(n_samples * n_steps, *labels.shape[2:])
    return labels if sequences.exists is None else labels[sequences.exists.ravel()]


def are_labelled(labels: np.ndarray) -> np.ndarray:
    """Tell which labels are there; NaN and None are not.

    Parameters
    ----------
    labels : ndarray of shape (n,) or (n, n_targets)
        Labels.

    Returns
    -------
    ndarray of shape (n,), bool
        A row of which some targets are missing counts as missing.
    """
    missing = np.asarray(pd.isna(labels)).reshape(len(labels), -1)
    return np.logical_not(missing.any(axis=1))


def only_labelled(labels: np.ndarray, labelled: np.ndarray) -> np.ndarray:
    """Keep the labels that are there, in the type that they have without the others.

    Parameters
    ----------
    labels : ndarray of shape (n, ...)
        Labels; an object array where None stands among them.
    labelled : ndarray of shape (n,), bool
        Which are there.

    Returns
    -------
    ndarray of shape (n_labelled, ...)
        Labels.
    """
    kept = labels[labelled]
    if kept.dtype != object or len(kept) == 0:
        return kept
    inferred = np.array(kept.tolist())
    # Mixed types become text, which they were not: leave it to the validation to refuse them.
    return kept if inferred.dtype.kind == "U" and not _all_text(kept) else inferred


def targets_of_rows(sequences: Sequences, targets: np.ndarray) -> np.ndarray:
    """Bring the targets of windows to the rows at which they end.

    The step at a row is trained on what the window that ends there is to answer. It is looked up,
    so that nothing is copied for each window.

    Parameters
    ----------
    sequences : Sequences
        The windows.
    targets : ndarray of shape (n_samples, n_outputs)
        Their targets; NaN without a label.

    Returns
    -------
    ndarray of shape (n_rows, n_outputs)
        NaN where no window ends.
    """
    found = np.full((len(sequences.rows), targets.shape[1]), np.nan)
    positions, row_numbers = sequences.last_steps()
    found[row_numbers] = targets[positions]
    return found


def have_labels(sequences: Sequences, row_targets: np.ndarray) -> np.ndarray:
    """Tell which sequences have a labelled step.

    Parameters
    ----------
    sequences : Sequences
        The sequences.
    row_targets : ndarray of shape (n_rows, n_outputs)
        NaN without a label.

    Returns
    -------
    ndarray of shape (n_samples,), bool
        Whether there is one.
    """
    labelled = ~np.isnan(row_targets).all(axis=1)
    before = np.r_[0, np.cumsum(labelled)]
    return before[sequences.start + sequences.count] > before[sequences.start]


def fill_in_steps(outputs: np.ndarray, sequences: Sequences, before_all: np.ndarray) -> np.ndarray:
    """Lay the answers of the steps that exist out, and answer for the others.

    Parameters
    ----------
    outputs : ndarray of shape (sum of the counts, n_outputs)
        Answers of the steps that exist, one sequence after the other.
    sequences : Sequences
        The sequences.
    before_all : ndarray of shape (n_outputs,)
        The answer before any step.

    Returns
    -------
    ndarray of shape (n_samples, n_steps, n_outputs)
        The answer for a skipped step is that of the last one before it that exists.
    """
    exists = sequences.steps_exist()
    if exists is None:
        return outputs.reshape(len(sequences), sequences.n_steps, -1)
    seen = np.cumsum(exists, axis=1)
    begin = np.cumsum(sequences.count) - sequences.count
    padded = np.vstack([outputs, before_all])
    return padded[np.where(seen > 0, begin[:, None] + seen - 1, -1)]


def _is_ragged(y) -> bool:
    if isinstance(y, list | tuple):
        return any(np.ndim(own) > 0 for own in y)
    is_vector = isinstance(y, np.ndarray | pd.Series) and y.ndim == 1 and y.dtype == object
    return is_vector and any(np.ndim(own) > 0 for own in y)


def _all_text(labels) -> bool:
    return all(isinstance(label, str) for label in labels.ravel())


def _check_length(n_labels, n_samples) -> None:
    if n_labels != n_samples:
        raise ValueError(
            f"Found input variables with inconsistent numbers of samples: {[n_samples, n_labels]}"
        )
