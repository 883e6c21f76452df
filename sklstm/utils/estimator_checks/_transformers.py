"""Checks of transformers: one row in, one row out, independent of later rows."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import pickle
from copy import deepcopy

import numpy as np
import pandas as pd

from sklstm.utils.estimator_checks._data import N_ROWS, fitted, make_rows, seeded


def _dataframe(X):
    """Label rows with hours; the columns are numbered, so that ``by=`` can name them."""
    return pd.DataFrame(X, index=pd.date_range("2024-01-01", periods=len(X), freq="h"))


def _assert_rows(actual, expected, why):
    np.testing.assert_array_equal(np.asarray(actual), np.asarray(expected), err_msg=why)


def check_transformer_one_row_each(name, estimator):
    """Check that the output of transform has one row for each row of the input.

    Parameters
    ----------
    name : str
        Name of the transformer.
    estimator : object
        The transformer.
    """
    X, y = make_rows(estimator)
    model = fitted(estimator, X, y)
    # Not shorter: a window that is longer than an array raises a warning.
    for n_rows in [N_ROWS, N_ROWS - 1, N_ROWS - 20]:
        out = model.transform(X[:n_rows])
        lengths = (len(out), np.asarray(out).shape[0], out.shape[0])
        assert lengths == (n_rows,) * 3, (
            f"{name} was given {n_rows} rows and returns {lengths[1]}, of length {lengths[0]}."
        )


def check_transformer_causal(name, estimator):
    """Check that no row of the output depends on a later row.

    Parameters
    ----------
    name : str
        Name of the transformer.
    estimator : object
        The transformer.
    """
    X, y = make_rows(estimator)
    model = fitted(estimator, X, y)
    expected = np.asarray(model.transform(X))
    for last in [60, 81, N_ROWS - 2]:
        changed = X.copy()
        changed[last + 1 :, 1:] = changed[last + 1 :, 1:] * -3.0 + 11.0
        _assert_rows(
            np.asarray(model.transform(changed))[: last + 1],
            expected[: last + 1],
            f"Rows of {name} up to {last} change with a later row.",
        )
        _assert_rows(
            model.transform(X[: last + 1]),
            expected[: last + 1],
            f"Rows of {name} up to {last} change if no row comes later.",
        )


def check_transformer_aligned(name, estimator):
    """Check that row *i* of the output belongs to row *i* of the input.

    The rows are labelled with timestamps and shuffled; the output must be in the shuffled order.

    Parameters
    ----------
    name : str
        Name of the transformer.
    estimator : object
        The transformer.
    """
    X, y = make_rows(estimator)
    table = _dataframe(X)
    model = fitted(estimator, table, y)
    expected = np.asarray(model.transform(table))
    order = np.random.default_rng(3).permutation(len(X))
    _assert_rows(
        model.transform(table.iloc[order]),
        expected[order],
        f"{name} does not return labelled rows in the order of the input.",
    )


def check_transformer_fit_transform(name, estimator):
    """Check that fit_transform is fit and then transform, on arrays and on labelled rows.

    Parameters
    ----------
    name : str
        Name of the transformer.
    estimator : object
        The transformer.
    """
    X, y = make_rows(estimator)
    for data in [X, _dataframe(X)]:
        _assert_rows(
            seeded(estimator).fit_transform(data, y),
            fitted(estimator, data, y).transform(data),
            f"fit_transform of {name} is not fit and then transform.",
        )


def check_transformer_set_output(name, estimator):
    """Check that set_output wraps two dimensions in a DataFrame, and leaves three alone.

    Parameters
    ----------
    name : str
        Name of the transformer.
    estimator : object
        The transformer.
    """
    X, y = make_rows(estimator)
    table = _dataframe(X)
    plain = fitted(estimator, table, y).transform(table)
    assert hasattr(estimator, "set_output"), (
        f"{name} has no set_output, so that Pipeline.set_output raises wherever it is a step."
    )
    model = seeded(estimator).set_output(transform="pandas")
    out = model.fit(table, y).transform(table)
    if np.ndim(plain) == 3:
        assert type(out) is type(plain), (
            f"set_output changes the windows of {name} from {type(plain).__name__} to "
            f"{type(out).__name__}."
        )
    else:
        assert isinstance(out, pd.DataFrame), (
            f"{name} was asked for pandas and returns {type(out).__name__}."
        )
        assert out.index.equals(table.index), f"{name} loses the index of its input."
    _assert_rows(out, plain, f"set_output changes the values of {name}.")


def check_transformer_array_like(name, estimator):
    """Check that the output converts to an array, and survives copies and row selection.

    Parameters
    ----------
    name : str
        Name of the transformer.
    estimator : object
        The transformer.
    """
    X, y = make_rows(estimator)
    for data in [X, _dataframe(X)]:
        out = fitted(estimator, data, y).transform(data)
        array = np.asarray(out)
        assert type(array) is np.ndarray, f"np.asarray({name}) is {type(array).__name__}."
        assert (array.shape, array.dtype) == (out.shape, out.dtype), (
            f"The transform of {name} says {out.shape} of {out.dtype}, its array has "
            f"{array.shape} of {array.dtype}."
        )
        for copied in [pickle.loads(pickle.dumps(out)), deepcopy(out)]:
            assert type(copied) is type(out), (
                f"A {type(out).__name__} of {name} becomes a {type(copied).__name__} in a copy."
            )
            _assert_rows(copied, array, f"Copies of the transform of {name} are not equal.")
        mask = np.arange(len(X)) % 4 == 1
        for rows in [slice(10, 20), slice(None, None, -3), np.array([5, 2, 2]), mask]:
            _assert_rows(out[rows], array[rows], f"Rows {rows} of the transform of {name} differ.")


def check_transformer_keeps_float32(name, estimator):
    """Check that float32 stays float32, with the values of float64.

    Parameters
    ----------
    name : str
        Name of the transformer.
    estimator : object
        A transformer that preserves float32, by its tags.
    """
    X, y = make_rows(estimator)
    expected = np.asarray(fitted(estimator, X, y).transform(X))
    X = X.astype(np.float32)
    out = np.asarray(fitted(estimator, X, y).transform(X))
    assert out.dtype == np.float32, f"{name} turns float32 into {out.dtype}."
    np.testing.assert_allclose(out, expected, rtol=1e-5, atol=1e-6)
