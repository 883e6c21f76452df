"""Read sequences of any lengths, in any form."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import issparse
from sklearn.utils import check_array

from sklstm.utils._raw_input import unmasked
from sklstm.utils._sklearn_private import get_feature_names

# Of NumPy's kinds of dtypes those that are numbers: bool, signed, unsigned, float.
_NUMBERS = "biuf"
# What check_array leaves to the functions below, which check sequences.
_READ = {"dtype": "numeric", "ensure_2d": False, "allow_nd": True, "ensure_all_finite": False}
_A_SEQUENCE = "an array of shape (n_steps,) or (n_steps, n_features)"


class Ragged(NamedTuple):
    """Sequences of any lengths, one after the other.

    Parameters
    ----------
    rows : ndarray of shape (n_rows, n_features)
        The steps of all sequences, float64 or float32.
    lengths : ndarray of shape (n_samples,)
        Number of steps of each, at least 1.
    is_table : bool
        Whether they were the rows of a table.
    is_univariate : bool
        Whether their steps were numbers and not rows of features.
    named : object
        What the feature names can be read from.
    """

    rows: np.ndarray
    lengths: np.ndarray
    is_table: bool
    is_univariate: bool
    named: Any


def _as_float(array):
    """Return float32 as it is, and other numbers as float64."""
    dtype = np.float32 if array.dtype.type is np.float32 else np.float64
    return array.astype(dtype, copy=False)


def _read_sequence(sequence, i):
    """Return one element of a collection as an array of numbers with one or two dimensions."""
    if issparse(sequence):
        raise TypeError(
            f"X[{i}] is sparse, but dense data is required; pass X[{i}].toarray() instead."
        )
    try:
        if isinstance(sequence, list | tuple | np.ndarray):
            # First, because it is much faster than check_array on a short list.
            array = np.asarray(unmasked(sequence))
        else:
            array = check_array(sequence, **_READ, ensure_min_samples=0, ensure_min_features=0)
        if array.dtype.kind == "O":
            array = array.astype(np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(
            f"X[{i}] is a {type(sequence).__name__} that cannot be read as numbers; every element "
            f"of X must be a sequence of numbers, {_A_SEQUENCE}."
        ) from error
    if array.ndim == 0:
        raise ValueError(
            f"X[{i}] is a scalar of type {type(sequence).__name__}, but every element of X must be "
            f"a sequence, {_A_SEQUENCE}. Reshape your data to (1, n_steps) if X is one sequence."
        )
    if array.ndim > 2:
        raise ValueError(
            f"X[{i}] has {array.ndim} dimensions, shape {array.shape}, but every element of X must "
            f"be {_A_SEQUENCE}."
        )
    if 0 in array.shape:
        raise ValueError(
            f"X[{i}] is an empty sequence, shape {array.shape}, but every sequence must have at "
            "least one step of one feature; drop it, and its entry of y."
        )
    if array.dtype.kind not in _NUMBERS:
        raise ValueError(
            f"X[{i}] holds values of dtype {array.dtype}, but sequences must be numbers; convert "
            "them first."
        )
    return array


def _first_named(sequences):
    """Return the first DataFrame whose columns have names; all must have the same names."""
    first, first_names = None, None
    for i, sequence in enumerate(sequences):
        names = get_feature_names(sequence) if hasattr(sequence, "columns") else None
        if names is None:
            continue
        if first_names is None:
            first, first_names = i, list(names)
        elif list(names) != first_names:
            raise ValueError(
                f"X[{i}] has the columns {list(names)}, but X[{first}] has {first_names}; all "
                "sequences must have the same columns in the same order."
            )
    return None if first is None else sequences[first]


def _read_collection(sequences):
    """Read a list of sequences, each of its own length."""
    if not sequences:
        raise ValueError(
            f"X holds 0 sequences, but at least one is required; each must be {_A_SEQUENCE}."
        )
    arrays = [_read_sequence(sequence, i) for i, sequence in enumerate(sequences)]
    is_univariate = all(array.ndim == 1 for array in arrays)
    steps = [array[:, np.newaxis] if array.ndim == 1 else array for array in arrays]
    n_features = steps[0].shape[1]
    for i, array in enumerate(steps):
        if array.shape[1] != n_features:
            raise ValueError(
                f"X[{i}] has {array.shape[1]} feature(s) and X[0] has {n_features}; all sequences "
                "must have the same number of features."
            )
    same = all(array.dtype.type is np.float32 for array in steps)
    return Ragged(
        rows=np.concatenate(steps, dtype=np.float32 if same else np.float64),
        lengths=np.array([len(array) for array in steps]),
        is_table=False,
        is_univariate=is_univariate,
        named=_first_named(sequences),
    )


def _read_regular(X, estimator):
    """Read sequences of one length: the rows of a table, or an array of three dimensions."""
    array = check_array(X, **_READ, input_name="X", estimator=estimator)
    if array.dtype.kind not in _NUMBERS:
        raise ValueError(
            f"X holds values of dtype {array.dtype}, but sequences must be numbers; convert them "
            "first."
        )
    if array.ndim > 3:
        raise ValueError(
            f"X has {array.ndim} dimensions, shape {array.shape}, but sequences of one length must "
            "be an array of shape (n_samples, n_steps) or (n_samples, n_steps, n_features)."
        )
    if 0 in array.shape:
        raise ValueError(
            f"X has shape {array.shape}, but every sequence must have at least one step of one "
            "feature."
        )
    n_features = 1 if array.ndim == 2 else array.shape[2]
    return Ragged(
        rows=_as_float(array).reshape(-1, n_features),
        lengths=np.full(array.shape[0], array.shape[1]),
        is_table=array.ndim == 2,
        is_univariate=array.ndim == 2,
        named=X,
    )


def read_ragged(X, estimator) -> Ragged:
    """Read sequences, with all checks that need no fit.

    Parameters
    ----------
    X : list or array-like
        A collection of sequences, a table or an array of three dimensions.
    estimator : object
        Whom the messages are about.

    Returns
    -------
    Ragged
        The sequences.

    Raises
    ------
    TypeError, ValueError
        If something is no sequence of finite numbers or NaN, or the features are not as many in
        all sequences.
    """
    kind = type(X).__name__
    X = unmasked(X)
    if not isinstance(X, list | tuple) and not hasattr(X, "shape"):
        X = np.asarray(X)
    n_dims = 1 if isinstance(X, list | tuple) else len(X.shape)
    if n_dims == 0:
        raise ValueError(
            f"X must hold sequences, got a scalar or an object of type {kind}; pass a list of "
            "arrays, or an array of shape (n_samples, n_steps) or (n_samples, n_steps, n_features)."
        )
    if n_dims == 1 and not issparse(X):
        ragged = _read_collection(list(X))
    else:
        ragged = _read_regular(X, estimator)
    infinite = np.isinf(ragged.rows)
    if infinite.any():
        row = int(np.argmax(infinite.any(axis=1)))
        stops = np.cumsum(ragged.lengths)
        i = int(np.searchsorted(stops, row, side="right"))
        raise ValueError(
            f"X[{i}] contains infinity at step {row - stops[i] + ragged.lengths[i]}; NaN is "
            "allowed for what is missing, infinity is not."
        )
    return ragged
