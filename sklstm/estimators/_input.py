"""What users give to an estimator: validated, as a window index and values."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import warnings

import numpy as np
import pandas as pd
from sklearn.utils import check_array, check_consistent_length
from sklearn.utils.validation import validate_data

from sklstm.preprocessing._array_index import index_array
from sklstm.preprocessing._padded_sequences import LongerSequences
from sklstm.preprocessing._window_index import WindowIndex, window_index_of
from sklstm.targets._step_labels import are_labelled, labels_of_rows
from sklstm.training._fitted_network import FittedNetwork
from sklstm.utils._lag_names import warn_of_lag_names
from sklstm.utils._raw_input import as_numbers, refuse_ragged, refuse_series
from sklstm.utils._sklearn_private import check_feature_names

CHECKS = {"dtype": [np.float64, np.float32], "ensure_all_finite": "allow-nan"}


def read_X(
    estimator, X, *, stateful: bool, fitted: FittedNetwork | None = None
) -> tuple[WindowIndex, bool]:
    """Validate the input of an estimator.

    Parameters
    ----------
    estimator : BaseLSTM
        Whose input it is; in a fit it learns, as scikit-learn does it, the number of features and
        their names.
    X : windows or array-like
        As in ``fit``.
    stateful : bool
        Whether two dimensions are the rows of one series.
    fitted : FittedNetwork, default=None
        What X has to fit to; None in a fit.

    Returns
    -------
    index : WindowIndex
        The samples.
    is_univariate : bool
        Whether X had two dimensions, (n_samples, n_steps).

    Raises
    ------
    ValueError
        If X cannot be sequences, or is of another shape than in fit.
    """
    reset = fitted is None
    index, is_univariate, may_be_longer = window_index_of(X), False, False
    if index is not None:
        names = index.feature_names
        check_feature_names(
            estimator, X if names is None else pd.DataFrame(columns=list(names)), reset=reset
        )
    else:
        # Only what Padder has padded is known to have no one length.
        may_be_longer = isinstance(X, LongerSequences)
        X = _read_array(estimator, X, stateful, fitted)
        is_univariate = X.ndim == 2
        index = index_array(X)
    if fitted is not None:
        _check_shape(estimator, index, fitted, may_be_longer=may_be_longer)
    return index, is_univariate


def _read_array(estimator, X, stateful, fitted):
    """Return X with three dimensions, or with two if its sequences are univariate."""
    reset = fitted is None
    if fitted and _is_clean(estimator, X):
        return X
    refuse_ragged(X, "X", estimator, cure=pad_before(estimator))
    refuse_series(X)
    X = as_numbers(X, "X")
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
    if n_dims == 3 or (n_dims == 2 and fitted and not (stateful or fitted.is_univariate)):
        check_feature_names(estimator, X, reset=reset)
        X = check_array(X, **CHECKS, allow_nd=True, estimator=estimator, input_name="X")
        if 0 in X.shape:
            # In the words of scikit-learn, which looks at two dimensions only.
            what, n = ("feature(s)", X.shape[-1]) if not X.shape[-1] else ("step(s)", X.shape[1])
            raise ValueError(
                f"Found array with {n} {what} (shape={X.shape}) while a minimum of 1 is required "
                f"by {type(estimator).__name__}: sequences are (n_samples, n_steps, n_features)."
            )
        return X
    X = validate_data(estimator, X, reset=reset, **CHECKS)
    if stateful:
        return X[:, None, :]
    if reset and hasattr(estimator, "feature_names_in_"):
        remedy = 'Put To3D(order="newest_first") before the estimator in a pipeline.'
        warn_of_lag_names(estimator.feature_names_in_, "oldest_first", remedy)
    return X


def pad_before(estimator) -> str:
    """Say what an estimator needs of sequences of different lengths.

    Parameters
    ----------
    estimator : BaseLSTM
        Who reads them.

    Returns
    -------
    str
        The end of a message.
    """
    name = type(estimator).__name__
    return (
        f"arrays. Put a Padder before it, as in make_pipeline(Padder(), {name}(...)): it pads them "
        "with missing steps, which the network skips."
    )


def _is_clean(estimator, X) -> bool:
    """Tell at once that scikit-learn's checks, which take longer than a network, change nothing."""
    return (
        type(X) is np.ndarray
        and X.ndim == 3
        and X.dtype in CHECKS["dtype"]
        and X.size > 0
        and not hasattr(estimator, "feature_names_in_")
        # Infinite numbers and missing steps take the long way.
        and bool(np.isfinite(X.sum()))
    )


def warn_if_index_differs(y, X, index: WindowIndex) -> None:
    """Warn if y has an index that says of other rows than that of X.

    Parameters
    ----------
    y : object
        Targets as the user gave them.
    X : object
        Windows or sequences as the user gave them.
    index : WindowIndex
        What has been read of X.
    """
    ours = index.labels if index.of_index else getattr(X, "index", None)
    theirs = getattr(y, "index", None)
    if not isinstance(ours, pd.Index) or not isinstance(theirs, pd.Index) or len(ours) != len(y):
        return
    if theirs.nlevels > 1 and ours.nlevels == 1:
        if ours.name not in theirs.names:
            return
        theirs = theirs.get_level_values(theirs.names.index(ours.name))
    if type(ours) is not type(theirs) and not (_are_integers(ours) and _are_integers(theirs)):
        # Of another kind: an index that y has been given anew.
        return
    if _are_integers(theirs) and theirs.equals(pd.RangeIndex(len(theirs))):
        return
    if getattr(ours, "tz", None) is not None and getattr(theirs, "tz", None) is not None:
        ours, theirs = pd.DatetimeIndex(ours), pd.DatetimeIndex(theirs)
        ours, theirs = ours.tz_convert("UTC"), theirs.tz_convert("UTC")
    if ours.equals(theirs):
        return
    differ = np.asarray(ours != theirs)
    row = int(differ.argmax())
    warnings.warn(
        f"y has another index than X: in {int(differ.sum())} of {len(differ)} rows they differ, "
        f"first in row {row}, which is {ours[row]} in X and {theirs[row]} in y. The values of y "
        "are taken in the order of the rows; align them with y.reindex(X.index), or pass "
        "y.to_numpy() to confirm that order.",
        UserWarning,
        stacklevel=2,
    )


def _are_integers(labels):
    return pd.api.types.is_integer_dtype(labels.dtype)


def read_labels(y, index: WindowIndex, *, labels_rows: bool) -> tuple[np.ndarray, np.ndarray]:
    """Read labels of which some may be missing: those of windows, or of the steps of sequences.

    Parameters
    ----------
    y : array-like
        As in ``fit``.
    index : WindowIndex
        What they belong to.
    labels_rows : bool
        Whether there is one for each step.

    Returns
    -------
    labels : ndarray of shape (n_samples, ...) or (n_rows, ...)
        The labels of samples, or of rows.
    labelled : ndarray of shape (n_samples,) or (n_rows,), bool
        Which are given.

    Raises
    ------
    ValueError
        If there are more or fewer labels than samples or steps, or none.
    """
    if labels_rows:
        labels = labels_of_rows(y, index)
    else:
        labels = np.asarray(y)
        check_consistent_length(index.start, labels)
    labelled = are_labelled(labels)
    if not labelled.any():
        raise ValueError(
            f"y holds no label of an observed step: all {len(labels)} are missing (NaN or None)."
        )
    return labels, labelled


def _check_shape(estimator, index, fitted, *, may_be_longer):
    if fitted.needs_time and not index.knows_time:
        raise ValueError(
            f"This {type(estimator).__name__} predicts by the time of a window (calendar=, "
            'season=, normalize_y="series" or known_future= of its fit), which X does not know: '
            "give windows straight from SequenceWindower."
        )
    expected = (fitted.n_steps, fitted.n_features)
    n_steps = fitted.n_steps if may_be_longer and index.window > fitted.n_steps else index.window
    if (n_steps, index.n_features) == expected:
        return
    n = len(index)
    raise ValueError(
        f"X has shape {(n, index.window, index.n_features)}, that is sequences of "
        f"{index.window} steps with {index.n_features} features, but "
        f"{type(estimator).__name__} is expecting {(n, *expected)}: {expected[0]} steps with "
        f"{expected[1]} features, as in fit."
    )
