"""Checks of every estimator, on sequences if it takes them."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import io
import os
import pickle
import random
import sys
from copy import deepcopy

import joblib
import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from sklstm.utils.estimator_checks._data import (
    assert_same,
    fitted,
    make_data,
    must_raise,
    predictions,
    reads_sequences,
    seeded,
    state_of,
)

_DEEP_LEARNING = {"keras", "tensorflow", "scikeras", "torch", "jax"}


def check_inputs_unchanged(name, estimator):
    """Check that neither fit nor predict writes into X or y.

    Parameters
    ----------
    name : str
        Name of the estimator.
    estimator : object
        The estimator.
    """
    X, y = make_data(estimator)
    X_before, y_before = X.copy(), y.copy()
    model = fitted(estimator, X, y)
    np.testing.assert_array_equal(X, X_before, err_msg=f"fit of {name} changes X.")
    np.testing.assert_array_equal(y, y_before, err_msg=f"fit of {name} changes y.")
    predictions(model, X)
    np.testing.assert_array_equal(X, X_before, err_msg=f"{name} changes X after fit.")


def check_read_only_inputs(name, estimator):
    """Check that read-only X and y are accepted and give the same predictions.

    Parameters
    ----------
    name : str
        Name of the estimator.
    estimator : object
        The estimator.
    """
    X, y = make_data(estimator)
    expected = predictions(fitted(estimator, X, y), X)
    X, y = X.copy(), y.copy()
    X.setflags(write=False)
    y.setflags(write=False)
    actual = predictions(fitted(estimator, X, y), X)
    assert_same(actual, expected, f"Read-only arrays hold the same values for {name}")


def check_deterministic(name, estimator):
    """Check that two fits with the same int as random_state are bit-identical.

    Parameters
    ----------
    name : str
        Name of the estimator.
    estimator : object
        The estimator.
    """
    X, y = make_data(estimator)
    first = predictions(fitted(estimator, X, y, random_state=7), X)
    second = predictions(fitted(estimator, X, y, random_state=7), X)
    assert_same(second, first, f"{name} was fitted twice with the same random_state")


def _global_state():
    """Collect the global state that a fit must not change, TensorFlow's only if it is loaded."""
    state = {
        # The legacy generator is what this check watches.
        "NumPy's global generator": joblib.hash(np.random.get_state()),  # noqa: NPY002
        "Python's global generator": random.getstate(),
        "os.environ": dict(os.environ),
    }
    context = sys.modules.get("tensorflow.python.eager.context")
    config = sys.modules.get("tensorflow.python.framework.config")
    if context is not None and config is not None:
        state["TensorFlow's global seed"] = context.global_seed()
        state["TensorFlow's determinism flag"] = config.is_op_determinism_enabled()
    return state


def check_global_state_untouched(name, estimator):
    """Check that a fit moves no global generator and changes no process-wide setting.

    This holds for estimators of sequences without a seed, too; others may follow scikit-learn,
    where None means NumPy's global generator.

    Parameters
    ----------
    name : str
        Name of the estimator.
    estimator : object
        The estimator.
    """
    X, y = make_data(estimator)
    for random_state in [0, None] if reads_sequences(estimator) else [0]:
        before = _global_state()
        predictions(fitted(estimator, X, y, random_state=random_state), X)
        after = _global_state()
        # What a first fit loads has no earlier state to compare with.
        changed = [what for what, value in before.items() if after[what] != value]
        assert not changed, f"Fitting {name} with random_state={random_state} changes {changed}."


def _wrong_inputs(estimator):
    """Yield inputs that a fit may refuse, of another shape than those of `make_data`."""
    X, y = make_data(estimator, other_shape=True)
    infinite = X.copy()
    infinite.reshape(len(X), -1)[-1, -1] = np.inf
    yield "an infinite value", infinite, y
    yield "a y that is too short", X, y[:-1]
    yield "a y of NaN", X, np.full(len(y), np.nan)
    yield "a single row", X[:1], y[:1]
    if reads_sequences(estimator):
        partly = X.copy()
        partly[-1, -1, -1] = np.nan
        yield "a partly missing step", partly, y
        yield "four dimensions", X[..., np.newaxis], y
        yield "missing steps only", np.full_like(X, np.nan), y
    else:
        columns = [f"column {k}" for k in range(X.shape[1])]
        yield "a DataFrame with an infinite value", pd.DataFrame(infinite, columns=columns), y
        yield "an odd number of columns", X[:, :-1], y
        yield "an empty table", X[:0], y[:0]


def _refuses(estimator, X, y):
    try:
        estimator.fit(X, y)
    except Exception:
        return True
    return False


def check_failing_fit_leaves_no_trace(name, estimator):
    """Check that a fit that raises leaves the estimator as it was, fitted or not.

    Parameters
    ----------
    name : str
        Name of the estimator.
    estimator : object
        The estimator.
    """
    X, y = make_data(estimator)
    good = fitted(estimator, X, y)
    expected = predictions(good, X)
    for what, wrong_X, wrong_y in _wrong_inputs(estimator):
        fresh = seeded(estimator)
        before = state_of(fresh)
        # Only infinite values must be refused by every estimator.
        refused = _refuses(fresh, wrong_X, wrong_y)
        assert refused or what != "an infinite value", f"{name} has to refuse {what} in X."
        if not refused:
            continue
        assert state_of(fresh) == before, (
            f"A first fit of {name} that fails for {what} leaves attributes behind: "
            f"{sorted(vars(fresh).keys() - vars(seeded(estimator)).keys())}."
        )
        again = deepcopy(good)
        before = state_of(again)
        assert _refuses(again, wrong_X, wrong_y), f"{name} refuses {what} at its first fit only."
        assert state_of(again) == before, (
            f"A second fit of {name} that fails for {what} changes the result of the first."
        )
        assert_same(predictions(again, X), expected, f"A second fit of {name} failed for {what}")


def check_refit_with_another_shape(name, estimator):
    """Check that a second fit on wider and longer input forgets the first one.

    Parameters
    ----------
    name : str
        Name of the estimator.
    estimator : object
        The estimator.
    """
    other_X, other_y = make_data(estimator, other_shape=True)
    expected = predictions(fitted(estimator, other_X, other_y), other_X)
    model = fitted(estimator, *make_data(estimator))
    model.fit(other_X, other_y)
    assert_same(predictions(model, other_X), expected, f"{name} was fitted on another shape before")


def check_copies(name, estimator):
    """Check that pickles and deep copies predict the same, and that a clone is unfitted.

    Parameters
    ----------
    name : str
        Name of the estimator.
    estimator : object
        The estimator.
    """
    X, y = make_data(estimator)
    model = fitted(estimator, X, y)
    expected = predictions(model, X)
    unpickled = pickle.loads(pickle.dumps(model))
    assert_same(predictions(unpickled, X), expected, f"{name} went through a pickle")
    assert_same(predictions(deepcopy(model), X), expected, f"{name} was copied deeply")
    blank = clone(model)
    assert joblib.hash(blank.get_params(deep=False)) == joblib.hash(
        clone(seeded(estimator)).get_params(deep=False)
    ), f"A clone of a fitted {name} has other parameters."
    try:
        check_is_fitted(blank)
    except NotFittedError:
        return
    # An estimator that learns nothing is always fitted.
    assert state_of(blank) == state_of(seeded(estimator)), f"A clone of {name} is fitted."


class _Recorder(pickle.Unpickler):
    """Record the top-level packages of the classes and functions in a pickle."""

    def __init__(self, file):
        super().__init__(file)
        self.packages = set()

    def find_class(self, module_name, global_name):
        self.packages.add(module_name.partition(".")[0])
        return super().find_class(module_name, global_name)


def check_pickle_is_plain(name, estimator):
    """Check that the pickle of a fitted estimator holds no object of a deep learning library.

    Parameters
    ----------
    name : str
        Name of the estimator.
    estimator : object
        The estimator.
    """
    model = fitted(estimator, *make_data(estimator))
    recorder = _Recorder(io.BytesIO(pickle.dumps(model)))
    recorder.load()
    found = sorted(recorder.packages & _DEEP_LEARNING)
    assert not found, f"A pickle of {name} can be read only with {found}."


def check_y_of_another_length(name, estimator):
    """Check that X and y of different lengths are refused.

    Parameters
    ----------
    name : str
        Name of the estimator.
    estimator : object
        An estimator that needs y.
    """
    X, y = make_data(estimator)
    with must_raise(f"A y of {len(y) - 1} rows for an X of {len(X)}"):
        seeded(estimator).fit(X, y[:-1])
