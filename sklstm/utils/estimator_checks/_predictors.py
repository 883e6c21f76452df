"""Checks of estimators that learn from sequences."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np

from sklstm.utils.estimator_checks._data import (
    CLOSE,
    N_FEATURES,
    N_STEPS,
    OTHER_FEATURES,
    OTHER_STEPS,
    assert_same,
    fitted,
    make_sequences,
    must_raise,
    predictions,
    rows_of,
    seeded,
)


def _check_container(name, estimator, what, convert):
    X, y = make_sequences(estimator)
    expected = predictions(fitted(estimator, X, y), X)
    converted = convert(X)
    actual = predictions(fitted(estimator, converted, y), converted)
    assert_same(actual, expected, f"{name} was given the same values {what}", tolerance=1e-6)


def check_3d_lists(name, estimator):
    """Check that nested lists are read like the array that they describe.

    Parameters
    ----------
    name : str
        Name of the estimator.
    estimator : object
        The estimator.
    """
    _check_container(name, estimator, "as lists", np.ndarray.tolist)


def check_3d_float32(name, estimator):
    """Check that float32 is read like float64 of the same values.

    Parameters
    ----------
    name : str
        Name of the estimator.
    estimator : object
        The estimator.
    """
    _check_container(name, estimator, "as float32", lambda X: X.astype(np.float32))


def check_3d_fortran_order(name, estimator):
    """Check that the order of the axes in memory does not matter.

    Parameters
    ----------
    name : str
        Name of the estimator.
    estimator : object
        The estimator.
    """
    _check_container(name, estimator, "in Fortran order", np.asfortranarray)


def _scattered(X):
    """Return the same values with gaps between them in memory, and backwards."""
    n_samples, n_steps, n_features = X.shape
    buffer = np.full((2 * n_samples, n_steps, 3 * n_features), np.inf)
    view = buffer[::-2, :, 1::3]
    view[...] = X
    return view


def check_3d_not_contiguous(name, estimator):
    """Check that arrays with any strides are read correctly.

    Parameters
    ----------
    name : str
        Name of the estimator.
    estimator : object
        The estimator.
    """
    _check_container(name, estimator, "with gaps in memory", _scattered)


def check_2d_is_univariate(name, estimator):
    """Check that two dimensions are sequences of one feature.

    Parameters
    ----------
    name : str
        Name of the estimator.
    estimator : object
        The estimator.
    """
    X, y = make_sequences(estimator, n_features=1)
    expected = predictions(fitted(estimator, X, y), X)
    flat = X[:, :, 0]
    actual = predictions(fitted(estimator, flat, y), flat)
    assert_same(actual, expected, f"{name} was given univariate sequences in 2-D")


def check_n_features_in_3d(name, estimator):
    """Check that `n_features_in_` counts the features of a step.

    Parameters
    ----------
    name : str
        Name of the estimator.
    estimator : object
        The estimator.
    """
    assert not hasattr(seeded(estimator), "n_features_in_"), (
        f"{name} has n_features_in_ before fit."
    )
    model = fitted(estimator, *make_sequences(estimator))
    assert model.n_features_in_ == N_FEATURES, (
        f"{name} was fitted on steps of {N_FEATURES} features, but its n_features_in_ is "
        f"{model.n_features_in_}."
    )


def check_shape_at_predict(name, estimator):
    """Check that another number of steps or features is refused and that both shapes are named.

    Parameters
    ----------
    name : str
        Name of the estimator.
    estimator : object
        The estimator.
    """
    model = fitted(estimator, *make_sequences(estimator))
    for n_steps, n_features in [(OTHER_STEPS, N_FEATURES), (N_STEPS, OTHER_FEATURES)]:
        X = make_sequences(estimator, n_steps=n_steps, n_features=n_features).X
        sizes = (n_steps, n_features, N_STEPS, N_FEATURES)
        with must_raise(
            f"{name} was fitted on {N_STEPS} steps of {N_FEATURES} features. Predicting from "
            f"{n_steps} steps of {n_features}",
            *map(str, sizes),
        ):
            model.predict(X)


def check_4d_is_refused(name, estimator):
    """Check that four dimensions are refused, in fit and in predict.

    Parameters
    ----------
    name : str
        Name of the estimator.
    estimator : object
        The estimator.
    """
    X, y = make_sequences(estimator)
    with must_raise(f"Fitting {name} on an array of four dimensions"):
        seeded(estimator).fit(X[..., np.newaxis], y)
    model = fitted(estimator, X, y)
    with must_raise(f"Predicting by {name} from an array of four dimensions"):
        model.predict(X[..., np.newaxis])


def check_infinite_is_refused(name, estimator):
    """Check that infinite values are refused, in fit and in predict.

    Parameters
    ----------
    name : str
        Name of the estimator.
    estimator : object
        The estimator.
    """
    X, y = make_sequences(estimator)
    model = fitted(estimator, X, y)
    for value in [np.inf, -np.inf]:
        infinite = X.copy()
        infinite[4, 5, 2] = value
        with must_raise(f"Fitting {name} on {value}", "infinity"):
            seeded(estimator).fit(infinite, y)
        with must_raise(f"Predicting by {name} from {value}", "infinity"):
            model.predict(infinite)


def _with_gaps(X, where):
    """Insert three missing steps into every sequence."""
    n_samples, n_steps, n_features = X.shape
    longer = np.full((n_samples, n_steps + 3, n_features), np.nan)
    positions = {
        "before the first step": np.arange(3, n_steps + 3),
        "after the last step": np.arange(n_steps),
        "between the steps": np.r_[0, np.arange(3, n_steps + 1), n_steps + 2],
    }[where]
    longer[:, positions] = X
    return longer


def check_missing_steps_are_skipped(name, estimator):
    """Check that missing steps, wherever they are, make no difference to fit and predict.

    Parameters
    ----------
    name : str
        Name of the estimator.
    estimator : object
        An estimator that allows NaN.
    """
    X, y = make_sequences(estimator)
    # Sequences of unequal lengths, the usual reason for missing steps.
    X[::3, :2] = np.nan
    expected = predictions(fitted(estimator, X, y), X)
    for where in ["before the first step", "after the last step", "between the steps"]:
        longer = _with_gaps(X, where)
        actual = predictions(fitted(estimator, longer, y), longer)
        assert_same(actual, expected, f"{name} was given steps of NaN {where}", tolerance=CLOSE)


def check_partly_missing_step_is_refused(name, estimator):
    """Check that a step with some features missing is refused and that they are named.

    Parameters
    ----------
    name : str
        Name of the estimator.
    estimator : object
        An estimator that allows NaN.
    """
    X, y = make_sequences(estimator, n_features=OTHER_FEATURES)
    model = fitted(estimator, X, y)
    partly = X.copy()
    # No size in the data is 4, so a message that holds a 4 names the feature.
    partly[3, 5, 4] = np.nan
    with must_raise(f"Fitting {name} with feature 4 of a step missing", "4"):
        seeded(estimator).fit(partly, y)
    with must_raise(f"Predicting by {name} with feature 4 of a step missing", "4"):
        model.predict(partly)


def check_empty_sequence(name, estimator):
    """Check that a sequence with all steps missing is predicted but not trained on.

    Parameters
    ----------
    name : str
        Name of the estimator.
    estimator : object
        An estimator that allows NaN.
    """
    X, y = make_sequences(estimator)
    expected = predictions(fitted(estimator, X, y), X)
    empty = np.full((1, *X.shape[1:]), np.nan)
    model = fitted(estimator, np.concatenate([X[:5], empty, X[5:]]), np.insert(y, 5, y[0]))
    assert_same(
        predictions(model, X),
        expected,
        f"{name} was fitted with a sequence with all steps missing",
        tolerance=CLOSE,
    )
    for method, value in predictions(model, np.concatenate([X[:2], empty])).items():
        assert len(value) == 3, f"{method} of {name} leaves out sequences with all steps missing."
        assert value.dtype.kind != "f" or np.isfinite(value).all(), (
            f"{method} of {name} is not finite for a sequence with all steps missing."
        )


def check_no_step_at_all_is_refused(name, estimator):
    """Check that a fit on missing steps only is refused.

    Parameters
    ----------
    name : str
        Name of the estimator.
    estimator : object
        An estimator that allows NaN.
    """
    X, y = make_sequences(estimator)
    with must_raise(f"Fitting {name} on steps of NaN only"):
        seeded(estimator).fit(np.full_like(X, np.nan), y)


def check_3d_subset_invariance(name, estimator):
    """Check that each prediction is bit-identical whatever the other sequences are.

    Parameters
    ----------
    name : str
        Name of the estimator.
    estimator : object
        The estimator.
    """
    X, y = make_sequences(estimator)
    model = fitted(estimator, X, y)
    expected = predictions(model, X)
    for batch in [slice(0, 1), slice(3, 5), slice(5, 12), slice(23, 24)]:
        assert_same(
            predictions(model, X[batch]),
            rows_of(expected, batch),
            f"{name} was given sequences {batch.start} to {batch.stop - 1} alone",
        )


def check_3d_order_invariance(name, estimator):
    """Check that each prediction is bit-identical whatever the order of the sequences.

    Parameters
    ----------
    name : str
        Name of the estimator.
    estimator : object
        The estimator.
    """
    X, y = make_sequences(estimator)
    model = fitted(estimator, X, y)
    expected = predictions(model, X)
    for order in [np.arange(len(X))[::-1], np.random.default_rng(0).permutation(len(X))]:
        assert_same(
            predictions(model, X[order]),
            rows_of(expected, order),
            f"{name} was given the same sequences in another order",
        )


def check_single_sequence(name, estimator):
    """Check that the output for one sequence has as many dimensions as that for many.

    Parameters
    ----------
    name : str
        Name of the estimator.
    estimator : object
        The estimator.
    """
    X, y = make_sequences(estimator)
    model = fitted(estimator, X, y)
    many = predictions(model, X)
    for method, value in predictions(model, X[:1]).items():
        shape = (1, *many[method].shape[1:])
        assert value.shape == shape, (
            f"{method} of {name} has shape {value.shape} for one sequence, expected {shape}."
        )
