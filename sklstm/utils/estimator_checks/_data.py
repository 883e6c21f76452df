"""Data, seeds and comparisons for the estimator checks."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from contextlib import contextmanager
from typing import NamedTuple

import joblib
import numpy as np
from sklearn.base import clone, is_classifier
from sklearn.utils import get_tags

# Unequal sizes, so that no axis is mistaken for another and a number in a message names one axis.
N_SEQUENCES, N_STEPS, N_FEATURES = 24, 7, 3
OTHER_STEPS, OTHER_FEATURES = 11, 5
# Widths that can be cut into steps of one and of two columns.
N_ROWS, N_COLUMNS, OTHER_COLUMNS = 100, 4, 6

# The same sums in another order of operations, on networks of float32.
CLOSE = 1e-4

_METHODS = ("predict", "predict_proba", "decision_function", "transform")


class Data(NamedTuple):
    """Input and target.

    Parameters
    ----------
    X : ndarray
        The input.
    y : ndarray of shape (n_samples,)
        Three classes, or numbers.
    """

    X: np.ndarray
    y: np.ndarray


def reads_sequences(estimator) -> bool:
    """Tell whether an estimator learns from sequences, by its tags.

    Parameters
    ----------
    estimator : object
        The estimator.

    Returns
    -------
    bool
        True if it predicts and takes three dimensions.
    """
    return get_tags(estimator).input_tags.three_d_array and hasattr(estimator, "predict")


def _target(estimator, signal):
    if is_classifier(estimator):
        return np.digitize(signal, np.quantile(signal, [1 / 3, 2 / 3]))
    return signal


def make_sequences(estimator, *, n_steps=N_STEPS, n_features=N_FEATURES) -> Data:
    """Make sequences without missing steps, and their target.

    Parameters
    ----------
    estimator : object
        Decides by its tags whether `y` holds classes.
    n_steps, n_features : int
        The shape of a sequence.

    Returns
    -------
    Data
        `X` of shape (n_samples, n_steps, n_features), float64 but exact in float32.
    """
    rng = np.random.default_rng(42)
    X = rng.normal(size=(N_SEQUENCES, n_steps, n_features)).astype(np.float32).astype(np.float64)
    return Data(X, _target(estimator, X[:, :, 0].sum(axis=1)))


def make_rows(estimator, *, n_columns=N_COLUMNS, n_rows=N_ROWS) -> Data:
    """Make a table, and its target.

    Parameters
    ----------
    estimator : object
        Decides by its tags whether `y` holds classes.
    n_columns, n_rows : int
        The shape of the table.

    Returns
    -------
    Data
        `X` of shape (n_rows, n_columns), float64 but exact in float32. The first column holds
        0 and 1 in turn, so that it can also name two interleaved series.
    """
    rng = np.random.default_rng(42)
    X = rng.normal(size=(n_rows, n_columns)).astype(np.float32).astype(np.float64)
    X[:, 0] = np.arange(n_rows) % 2
    return Data(X, _target(estimator, X[:, 1]))


def make_data(estimator, *, other_shape=False) -> Data:
    """Make the input that an estimator learns from, sequences or a table.

    Parameters
    ----------
    estimator : object
        The estimator.
    other_shape : bool, default=False
        Make each sequence longer and each step or row wider.

    Returns
    -------
    Data
        Input and target.
    """
    if reads_sequences(estimator):
        if other_shape:
            return make_sequences(estimator, n_steps=OTHER_STEPS, n_features=OTHER_FEATURES)
        return make_sequences(estimator)
    return make_rows(estimator, n_columns=OTHER_COLUMNS if other_shape else N_COLUMNS)


def seeded(estimator, random_state=0):
    """Clone an estimator and seed it and its parts.

    Parameters
    ----------
    estimator : object
        The estimator.
    random_state : int or None, default=0
        Value of every parameter called ``random_state``.

    Returns
    -------
    object
        The clone.
    """
    estimator = clone(estimator)
    seeds = [
        name
        for name in estimator.get_params()
        if name == "random_state" or name.endswith("__random_state")
    ]
    return estimator.set_params(**dict.fromkeys(seeds, random_state))


def fitted(estimator, X, y, random_state=0):
    """Fit a seeded clone.

    Parameters
    ----------
    estimator : object
        The estimator, which stays unfitted.
    X, y : array-like
        The training data.
    random_state : int or None, default=0
        The seed.

    Returns
    -------
    object
        The fitted clone.
    """
    estimator = seeded(estimator, random_state)
    estimator.fit(X, y)
    return estimator


def predictions(estimator, X) -> dict[str, np.ndarray]:
    """Call every method of a fitted estimator that predicts or transforms.

    Parameters
    ----------
    estimator : object
        The fitted estimator.
    X : array-like
        The input.

    Returns
    -------
    dict of str to ndarray
        The output of each method.
    """
    return {
        method: np.asarray(getattr(estimator, method)(X))
        for method in _METHODS
        if hasattr(estimator, method)
    }


def rows_of(outputs, rows) -> dict[str, np.ndarray]:
    """Select rows of the result of `predictions`.

    Parameters
    ----------
    outputs : dict of str to ndarray
        Outputs by method.
    rows : slice, list or ndarray
        The rows.

    Returns
    -------
    dict of str to ndarray
        These rows of each output.
    """
    return {method: value[rows] for method, value in outputs.items()}


def assert_same(actual, expected, why, *, tolerance=0.0):
    """Compare two results of `predictions`.

    Parameters
    ----------
    actual, expected : dict of str to ndarray
        Outputs by method.
    why : str
        The change that should have made no difference.
    tolerance : float, default=0.0
        Largest difference, relative to the expected value or absolute; 0 compares every bit.
    """
    assert actual.keys() == expected.keys(), (
        f"{why}, but the methods are {sorted(actual)} and not {sorted(expected)}."
    )
    for method, value in expected.items():
        message = f"{why}, but the output of {method} differs."
        # NumPy's comparisons broadcast a number to an array.
        assert actual[method].shape == value.shape, (
            f"{message} The shapes are {actual[method].shape} and {value.shape}."
        )
        if tolerance and value.dtype.kind == "f":
            np.testing.assert_allclose(
                actual[method], value, rtol=tolerance, atol=tolerance, err_msg=message
            )
        else:
            np.testing.assert_array_equal(actual[method], value, err_msg=message)


def state_of(estimator) -> str:
    """Summarise all attributes of an estimator.

    Parameters
    ----------
    estimator : object
        The estimator.

    Returns
    -------
    str
        A hash of names and values; it also changes if an array is changed in place.
    """
    return joblib.hash(vars(estimator))


@contextmanager
def must_raise(why, *patterns):
    """Expect a ValueError with certain words.

    Parameters
    ----------
    why : str
        The input that must be refused.
    *patterns : str
        Words that the message must contain, in any order.

    Yields
    ------
    None
    """
    try:
        yield
    except ValueError as error:
        words = set("".join(c if c.isalnum() else " " for c in str(error).lower()).split())
        missing = [pattern for pattern in patterns if pattern not in words]
        if missing:
            raise AssertionError(
                f"{why} has to be refused with a message that contains {missing}; it says: {error}"
            ) from error
    else:
        raise AssertionError(f"{why} has to raise a ValueError, but raises no error.")
