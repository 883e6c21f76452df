"""Labels and outputs of steps: from samples and steps to rows, and back."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
from sklearn.utils import check_consistent_length

from sklstm.preprocessing._window_index import WindowIndex
from sklstm.utils._ragged import hold_any, packed_starts


def labels_of_rows(y, index: WindowIndex) -> np.ndarray:
    """Assign the labels of the steps of independent sequences to their rows.

    Parameters
    ----------
    y : array-like of shape (n_samples, n_steps, ...), or list of n_samples array-likes
        A label for each step. A list may hold, for each sequence, a label for every step, for the
        observed steps alone, or for every step that it had before it was padded on one side, so
        that labels of ragged sequences need no padding.
    index : WindowIndex
        Independent sequences.

    Returns
    -------
    ndarray of shape (n_rows, ...)
        A label for each row.

    Raises
    ------
    ValueError
        If there are more or fewer labels than steps.
    """
    n_samples, n_steps, observed = len(index), index.window, index.observed_steps()
    if _is_ragged(y):
        _check_length(len(y), n_samples)
        parts = [np.asarray(own) for own in y]
        lengths = np.array([len(part) if part.ndim else -1 for part in parts])
        for sample in np.flatnonzero((lengths < index.count) | (lengths > n_steps)):
            which = lengths[sample] if parts[sample].ndim else "not even one row of"
            raise ValueError(
                f"y[{sample}] has {which} labels, but X[{sample}] has {n_steps} steps, of which "
                f"{index.count[sample]} are observed: give a label for every step, or for the "
                "observed ones."
            )
        if observed is not None:
            own = _own_steps(observed, lengths)
            for sample in np.flatnonzero(lengths > index.count):
                parts[sample] = parts[sample][observed[sample, own[sample]]]
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
    return labels if observed is None else labels[observed.ravel()]


def refuse_ragged_labels(y) -> None:
    """Refuse labels of the steps of sequences of different lengths, where one is expected for each.

    Parameters
    ----------
    y : array-like
        Labels or values.

    Raises
    ------
    ValueError
        If the items of `y` have different lengths.
    """
    if not _is_ragged(y):
        return
    lengths = {len(own) if np.ndim(own) else 1 for own in map(np.asarray, y)}
    if len(lengths) > 1:
        raise ValueError(
            f"y holds from {min(lengths)} to {max(lengths)} labels for each sequence, but one "
            "label is expected for each. Give one, or say return_sequences=True to learn a "
            "label for every step."
        )


def _own_steps(observed: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Tell padded steps from missing ones, by the number of labels of each sequence.

    Parameters
    ----------
    observed : ndarray of shape (n_samples, n_steps), bool
        Which steps are observed.
    lengths : ndarray of shape (n_samples,)
        Labels of each sequence, as many as it has steps, or observed steps.

    Returns
    -------
    ndarray of shape (n_samples, n_steps), bool
        The steps of each sequence without its padding.

    Raises
    ------
    ValueError
        If the labels fit neither sequences padded in front nor behind, or both.
    """
    n_steps = observed.shape[1]
    count = observed.sum(axis=1)
    padded = (lengths > count) & (lengths < n_steps)
    if not padded.any():
        return np.ones_like(observed)
    place = np.arange(n_steps)
    in_front = place >= n_steps - lengths[:, np.newaxis]
    behind = place < lengths[:, np.newaxis]
    fitting = [own for own in (in_front, behind) if not (observed & ~own)[padded].any()]
    if len(fitting) == 2:
        # Sequences of which no step is missing tell the side as well.
        first, last = observed.argmax(axis=1), n_steps - observed[:, ::-1].argmax(axis=1)
        whole = last - first == count
        fitting = [own for own in fitting if not (observed & ~own)[whole].any()]
    if len(fitting) != 1:
        sample = int(padded.argmax())
        raise ValueError(
            f"y[{sample}] has {lengths[sample]} labels, but X[{sample}] has {n_steps} steps, of "
            f"which {count[sample]} are observed, and the side on which it was padded cannot be "
            "told: give a label for every step, or for the observed ones."
        )
    return fitting[0]


def are_labelled(labels: np.ndarray) -> np.ndarray:
    """Tell which labels are given; NaN and None are missing.

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
    """Keep the labels that are given, in the type that they have without the missing ones.

    Parameters
    ----------
    labels : ndarray of shape (n, ...)
        Labels; an object array where None stands among them.
    labelled : ndarray of shape (n,), bool
        Which are given.

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


def with_labels(y, predictions: np.ndarray, sample_weight) -> tuple:
    """Leave out the samples without a label, to score the others.

    Parameters
    ----------
    y : array-like of shape (n_samples,) or (n_samples, n_targets)
        Labels or values; NaN and None are missing.
    predictions : ndarray of shape (n_samples, ...)
        What was predicted.
    sample_weight : array-like of shape (n_samples,) or None
        Weights.

    Returns
    -------
    y, predictions, sample_weight : tuple
        Of the labelled samples; as they are if all have a label.
    """
    labels = np.asarray(y)
    labelled = are_labelled(labels)
    if labelled.all():
        return y, predictions, sample_weight
    check_consistent_length(labels, predictions, sample_weight)
    weight = None if sample_weight is None else np.asarray(sample_weight)[labelled]
    return only_labelled(labels, labelled), predictions[labelled], weight


def spread_values(encoded: np.ndarray, labelled: np.ndarray) -> np.ndarray:
    """Put the values of labelled samples at their places.

    Parameters
    ----------
    encoded : ndarray of shape (n_labelled, n_values)
        Values of the labels.
    labelled : ndarray of shape (n,), bool
        Which of all samples they belong to.

    Returns
    -------
    ndarray of shape (n, n_values)
        NaN without a label.
    """
    values = np.full((len(labelled), encoded.shape[1]), np.nan)
    values[labelled] = encoded
    return values


def only_with_values(
    index: WindowIndex, y: np.ndarray, weights: np.ndarray | None = None
) -> tuple[WindowIndex, np.ndarray]:
    """Keep the samples to learn from: every target has a value, and the weight is not 0.

    Parameters
    ----------
    index : WindowIndex
        The samples.
    y : ndarray of shape (n_samples, n_values)
        Their values; NaN where missing.
    weights : ndarray of shape (n_samples,) or None, default=None
        Their weights.

    Returns
    -------
    index : WindowIndex
        Those samples; the same object if they are all.
    y : ndarray of shape (n_kept, n_values)
        Their values.
    """
    missing = np.isnan(y).any(axis=1)
    if weights is not None:
        missing |= weights == 0
    if not missing.any():
        return index, y
    return index.take(~missing), y[~missing]


def targets_of_rows(index: WindowIndex, targets: np.ndarray) -> np.ndarray:
    """Assign the targets of windows to the rows at which they end.

    The step at a row is trained on the target of the window that ends there.

    Parameters
    ----------
    index : WindowIndex
        The windows.
    targets : ndarray of shape (n_samples, n_outputs)
        Their targets; NaN without a label.

    Returns
    -------
    ndarray of shape (n_rows, n_outputs)
        NaN where no window ends.
    """
    found = np.full((len(index.rows), targets.shape[1]), np.nan)
    positions, row_numbers = index.last_steps()
    found[row_numbers] = targets[positions]
    return found


def have_labels(index: WindowIndex, row_targets: np.ndarray) -> np.ndarray:
    """Tell which sequences have a labelled step.

    Parameters
    ----------
    index : WindowIndex
        The sequences.
    row_targets : ndarray of shape (n_rows, n_outputs)
        NaN without a label.

    Returns
    -------
    ndarray of shape (n_samples,), bool
        Whether there is one.
    """
    return hold_any(index.start, index.count, ~np.isnan(row_targets).all(axis=1))


def fill_in_steps(outputs: np.ndarray, index: WindowIndex, before_all: np.ndarray) -> np.ndarray:
    """Lay the outputs of the observed steps out, and fill in those of missing steps.

    Parameters
    ----------
    outputs : ndarray of shape (sum of the counts, n_outputs)
        Outputs of the observed steps, one sequence after the other.
    index : WindowIndex
        The sequences.
    before_all : ndarray of shape (n_outputs,)
        The output before any step.

    Returns
    -------
    ndarray of shape (n_samples, n_steps, n_outputs)
        The output for a missing step is that of the last observed one before it.
    """
    observed = index.observed_steps()
    if observed is None:
        return outputs.reshape(len(index), index.window, -1)
    seen = np.cumsum(observed, axis=1)
    padded = np.vstack([outputs, before_all])
    return padded[np.where(seen > 0, packed_starts(index.count)[:, None] + seen - 1, -1)]


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
