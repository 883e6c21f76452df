"""What users give to an estimator: validated, as sequences and targets."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
from sklearn.utils import check_array, check_consistent_length
from sklearn.utils.validation import validate_data

from sklstm.preprocessing._sequences import Sequences, sequences_of_array, sequences_of_origin
from sklstm.preprocessing._window_index import origin_of
from sklstm.targets._step_labels import are_labelled, labels_of_rows, only_labelled
from sklstm.utils._sklearn_private import check_feature_names

_CHECKS = {"dtype": [np.float64, np.float32], "ensure_all_finite": "allow-nan"}


def read_X(estimator, X, *, reset: bool) -> Sequences:
    """Validate the input of an estimator.

    Parameters
    ----------
    estimator : BaseLSTM
        Whose input it is; with ``reset`` it learns how many features and steps there are.
    X : windows or array-like
        As in ``fit``.
    reset : bool
        Whether X is what the estimator is fitted on.

    Returns
    -------
    Sequences
        What X says.

    Raises
    ------
    ValueError
        If X cannot be sequences, or is of another shape than in fit.
    """
    origin = origin_of(X)
    if origin is not None:
        names = origin.feature_names
        check_feature_names(
            estimator, X if names is None else pd.DataFrame(columns=list(names)), reset=reset
        )
        sequences = sequences_of_origin(origin)
    else:
        # Three dimensions are not a table: scikit-learn would take the steps for features.
        if getattr(X, "ndim", None) is None and not hasattr(X, "columns"):
            X = np.asarray(X)
        # Nor do two say how many features a step had that was fitted in three.
        n_dims = getattr(X, "ndim", 2)
        if n_dims > 3:
            raise ValueError(
                f"Found array with dim {n_dims}, while dim <= 3 is required by "
                f"{type(estimator).__name__}: sequences are (n_samples, n_steps, n_features)."
            )
        stateful = estimator.stateful if reset else estimator._sizes["stateful"]
        if n_dims == 3 or (n_dims == 2 and not (reset or stateful or estimator._univariate)):
            check_feature_names(estimator, X, reset=reset)
            X = check_array(X, **_CHECKS, allow_nd=True, estimator=estimator, input_name="X")
        else:
            X = validate_data(estimator, X, reset=reset, **_CHECKS)
            if stateful:
                # Rows of one series.
                X = X[:, None, :]
        sequences = sequences_of_array(X)
    if reset:
        estimator.n_steps_in_ = sequences.n_steps
        estimator._univariate = sequences.univariate
        if not sequences.univariate:
            estimator.n_features_in_ = sequences.n_features
    else:
        _check_shape(estimator, sequences)
    return sequences


def check_modes(estimator, sequences: Sequences) -> None:
    """Refuse what an estimator cannot do at once.

    Parameters
    ----------
    estimator : BaseLSTM
        With its parameters.
    sequences : Sequences
        What it is to be fitted on.

    Raises
    ------
    ValueError
        If parameters exclude each other.
    """
    if estimator.stateful and estimator.bidirectional:
        raise ValueError(
            "stateful=True and bidirectional=True exclude each other: a state that flows from "
            "the past cannot come from the future as well."
        )
    if estimator.stateful and estimator.train_stride != 1:
        raise ValueError(
            f"train_stride={estimator.train_stride} leaves out windows, but with stateful=True "
            "each row is read once, and none may be left out; bptt_steps sets how much is read at "
            "a time."
        )
    lead = 0 if sequences.origin is None else sequences.origin.lead
    if estimator.return_sequences and estimator.bidirectional and lead:
        raise ValueError(
            f"return_sequences=True and bidirectional=True exclude each other on windows with "
            f"lead={lead}: read backwards, a step is answered from rows that may hold what it "
            "is to answer."
        )


def check_forecast(estimator, sequences: Sequences) -> None:
    """Refuse what a forecaster cannot do at once.

    Parameters
    ----------
    estimator : LSTMForecaster
        With its parameters.
    sequences : Sequences
        What it is to be fitted on.

    Raises
    ------
    ValueError
        If parameters exclude each other, or cannot be met by X.
    """
    steps = [p for p in ("return_sequences", "stateful") if getattr(estimator, p)]
    of_rows = estimator.return_sequences and sequences.origin is None
    windows_only = {
        'decoder="lstm"': estimator.decoder == "lstm",
        f"anchor={estimator.anchor!r}": estimator.anchor not in ("auto", None),
    }
    moments_only = {
        f"horizon={estimator.horizon}": estimator.horizon > 1,
        f"season={estimator.season!r}": estimator.season is not None,
        'normalize_y="series"': estimator.normalize_y == "series",
        "shrink=True": estimator.shrink is True,
    }
    refused = windows_only if steps else {}
    if of_rows or estimator.stateful:
        refused = refused | moments_only
        if estimator.horizon > 1 and estimator.stateful and not of_rows:
            # A state that flows may well answer with a path.
            del refused[f"horizon={estimator.horizon}"]
    for parameter, is_set in refused.items():
        if is_set:
            raise ValueError(
                f"{parameter} and {steps[0]}=True exclude each other"
                f"{' on sequences that no windower has cut' if of_rows else ''}."
            )
    if estimator.known_future is not None:
        if estimator.decoder != "lstm":
            raise ValueError(
                f"known_future={estimator.known_future!r} is read by a decoder moment by moment: "
                'it needs decoder="lstm".'
            )
        if sequences.origin is None:
            raise ValueError(
                f"known_future={estimator.known_future!r} needs windows straight from "
                "SequenceWindower, which know what comes after them; X does not (a step after the "
                "windower may have lost it)."
            )
    if estimator.shrink is True and sequences.origin is None:
        raise ValueError(
            "shrink=True tries the network out on the last third of the moments, and needs windows "
            "straight from SequenceWindower, which know their moments; X does not (a step after "
            "the windower may have lost it)."
        )
    if estimator.decoder == "lstm" and estimator.horizon == 1:
        raise ValueError('decoder="lstm" unfolds a path: it needs a horizon above 1; got 1.')
    _check_quantiles(estimator)


def _check_quantiles(estimator) -> None:
    quantiles = estimator.quantiles
    if quantiles is None:
        return
    levels = [float(level) for level in quantiles]
    if levels != sorted(set(levels)) or 0.5 not in levels or not 0 < levels[0] <= levels[-1] < 1:
        raise ValueError(
            f"quantiles must be levels between 0 and 1 in increasing order, 0.5 among them, such "
            f"as (0.1, 0.5, 0.9); got {quantiles!r}."
        )
    if estimator.loss is not None:
        raise ValueError(
            f"quantiles={quantiles!r} are trained with the pinball loss; leave loss=None, got "
            f"{estimator.loss!r}."
        )


def check_long_enough(origin, among: np.ndarray | slice, horizon: int) -> None:
    """Refuse series that do not hold a single whole path.

    Parameters
    ----------
    origin : Origin or None
        Of all samples.
    among : ndarray of shape (n_among,) or slice
        The samples that paths are cut from.
    horizon : int
        Moments of a path.

    Raises
    ------
    ValueError
        If samples do not know what follows them, or if a series has fewer rows than a path.
    """
    if origin is None:
        raise ValueError(
            f"horizon={horizon} with y of one value a sample needs windows straight from "
            "SequenceWindower, which know what comes after each; X does not (a step after the "
            "windower may have lost it). Or give y as paths, (n_samples, horizon)."
        )
    n_rows = np.bincount(origin.series[among], minlength=len(origin.series_keys))
    short = np.flatnonzero((n_rows > 0) & (n_rows < horizon))
    if len(short):
        several = len(origin.series_keys) > 1
        which = f"Series {origin.series_keys[short[0]]!r}" if several else "The series"
        raise ValueError(
            f"{which} has {n_rows[short[0]]} rows to cut paths from, but horizon={horizon} is "
            "longer. Give it more rows, a shorter horizon, or leave it out."
        )


def read_y(estimator, y, sequences: Sequences, *, reset: bool, classes) -> np.ndarray:
    """Validate the targets of an estimator.

    Parameters
    ----------
    estimator : BaseLSTM
        Whose targets they are; with ``reset`` it learns what describes them.
    y : array-like
        As in ``fit``.
    sequences : Sequences
        What they belong to.
    reset : bool
        Whether y is what the estimator is fitted on first.
    classes : array-like or None
        All labels that may come.

    Returns
    -------
    ndarray of shape (n_samples, n_outputs) or (n_rows, n_outputs), float64
        Targets of the sequences or, of independent ones whose steps are labelled, of their rows;
        NaN without a label.

    Raises
    ------
    ValueError
        If there are more or fewer labels than samples or steps, or none.
    """
    of_rows = estimator.return_sequences and sequences.origin is None
    goes_on_alike = (
        not reset and estimator.return_sequences == estimator._sizes["returns_sequences"]
    )
    if goes_on_alike and of_rows != estimator._of_rows:
        kinds = ["windows, with a label for each", "sequences, with a label for each step"]
        raise ValueError(
            f"Cannot go on training: the fit began with {kinds[estimator._of_rows]}, and X is now "
            f"{kinds[of_rows]}. Call fit with warm_start=False to begin anew."
        )
    estimator._of_rows = of_rows
    if not estimator._answers_steps:
        targets = estimator._encode_y(y, reset=reset, classes=classes)
        check_consistent_length(sequences.start, targets)
        return targets
    if y is None:
        estimator._check_y(y)
    if estimator._of_rows:
        labels = labels_of_rows(y, sequences)
    else:
        labels = np.asarray(y)
        check_consistent_length(sequences.start, labels)
    labelled = are_labelled(labels)
    if not labelled.any():
        raise ValueError(
            f"y holds no label of a step that exists: all {len(labels)} are missing (NaN or None)."
        )
    encoded = estimator._encode_y(only_labelled(labels, labelled), reset=reset, classes=classes)
    targets = np.full((len(labels), encoded.shape[1]), np.nan)
    targets[labelled] = encoded
    return targets


def _check_shape(estimator, sequences):
    fitted = (estimator.n_steps_in_, estimator._sizes["n_features"])
    if (sequences.n_steps, sequences.n_features) == fitted:
        return
    n = len(sequences)
    raise ValueError(
        f"X has shape {(n, sequences.n_steps, sequences.n_features)}, that is sequences of "
        f"{sequences.n_steps} steps with {sequences.n_features} features, but "
        f"{type(estimator).__name__} is expecting {(n, *fitted)}: {fitted[0]} steps with "
        f"{fitted[1]} features, as in fit."
    )
