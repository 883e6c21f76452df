"""Tests of Padder."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import itertools
import pickle
import re

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import sparse
from sklearn import config_context
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV, KFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.utils.estimator_checks import check_estimator

from sklstm import LSTMForecaster, SequenceWindower
from sklstm.preprocessing import Padder

SIDES = list(itertools.product(["pre", "post"], ["pre", "post"]))


@st.composite
def collections(draw, n_dims=None):
    """Sequences of any lengths with as many features each, missing values included."""
    n_dims = n_dims or draw(st.sampled_from([1, 2]))
    width = draw(st.integers(1, 3))
    dtype = draw(st.sampled_from([np.float64, np.float32]))
    sequences = []
    for n_steps in draw(st.lists(st.integers(1, 6), min_size=1, max_size=6)):
        shape = (n_steps, width)[:n_dims]
        # Few values, so that some steps look like padding.
        values = draw(hnp.arrays(dtype, shape, elements=st.sampled_from([0.0, -1.0, 2.5, 7.0])))
        hole = draw(hnp.arrays(bool, shape))
        sequences.append(np.where(hole, dtype(np.nan), values))
    return sequences


@st.composite
def settings_of_padder(draw):
    return {
        "length": draw(st.none() | st.integers(1, 8)),
        "padding": draw(st.sampled_from(["pre", "post"])),
        "truncating": draw(st.sampled_from(["pre", "post"])),
        "value": draw(st.sampled_from([np.nan, 0.0, -1.0, 2])),
    }


def naive_pad(sequences, length, padding, truncating, value):
    """Say with lists what padding is."""
    if length is None:
        length = max(len(sequence) for sequence in sequences)
    padded = []
    for sequence in sequences:
        steps = [list(np.atleast_1d(step)) for step in sequence]
        while len(steps) > length:
            del steps[0 if truncating == "pre" else -1]
        width = len(steps[0])
        while len(steps) < length:
            steps.insert(0 if padding == "pre" else len(steps), [value] * width)
        padded.append(steps)
    return np.array(padded)


def naive_unpad(padded, padding, value):
    """Drop steps that look like padding from one side, but never the last one that is left."""
    sequences = []
    for sequence in padded:
        steps = list(sequence)
        while len(steps) > 1:
            step = steps[0 if padding == "pre" else -1]
            if not all(x == value or (np.isnan(x) and np.isnan(value)) for x in step):
                break
            del steps[0 if padding == "pre" else -1]
        sequences.append(np.array(steps))
    return sequences


def assert_sequences_equal(actual, expected):
    assert type(actual) is list
    assert len(actual) == len(expected)
    for one, two in zip(actual, expected, strict=True):
        assert one.shape == two.shape
        assert one.dtype == two.dtype
        np.testing.assert_array_equal(one, two)


# Padding and back. --------------------------------------------------------------------------------


@given(collections(), settings_of_padder())
def test_padding_equals_naive_lists(sequences, params):
    padder = Padder(**params).fit(sequences)
    out = padder.transform(sequences)
    np.testing.assert_array_equal(out, naive_pad(sequences, **params))
    assert padder.length_ == out.shape[1]
    assert padder.n_features_in_ == out.shape[2]
    assert out.dtype == sequences[0].dtype
    assert type(padder.length_) is int
    np.testing.assert_array_equal(clone(padder).fit_transform(sequences), out)


@given(collections(), settings_of_padder())
def test_inverse_equals_naive_lists_and_can_be_padded_again(sequences, params):
    padder = Padder(**params).fit(sequences)
    out = padder.transform(sequences)
    back = padder.inverse_transform(out)
    expected = naive_unpad(out, params["padding"], params["value"])
    if sequences[0].ndim == 1:
        expected = [steps[:, 0] for steps in expected]
    assert_sequences_equal(back, expected)
    np.testing.assert_array_equal(padder.transform(back), out)


@given(collections(), settings_of_padder())
def test_round_trip_of_what_cannot_be_mistaken_for_padding(sequences, params):
    # No such value is in the sequences, and no step is truncated.
    sequences = [np.where(np.isnan(sequence), 0, sequence) for sequence in sequences]
    params |= {"length": None, "value": np.nan if np.isnan(params["value"]) else -5.5}
    padder = Padder(**params).fit(sequences)
    assert_sequences_equal(padder.inverse_transform(padder.transform(sequences)), sequences)


@given(collections(), collections(), settings_of_padder())
def test_no_sequence_depends_on_another(sequences, others, params):
    padder = Padder(**params).fit(sequences)
    out = padder.transform(sequences)
    for row, sequence in zip(out, sequences, strict=True):
        np.testing.assert_array_equal(padder.transform([sequence])[0], row)


@pytest.mark.parametrize(("padding", "truncating"), SIDES)
@pytest.mark.parametrize("value", [np.nan, 0, -1.5])
@pytest.mark.parametrize("maxlen", [None, 1, 3, 9])
@pytest.mark.parametrize("width", [None, 1, 3])
def test_equals_keras(padding, truncating, value, maxlen, width):
    from keras.utils import pad_sequences

    rng = np.random.default_rng(0)
    sequences = [
        rng.normal(size=n if width is None else (n, width)).astype(np.float32)
        for n in [3, 1, 5, 2, 5]
    ]
    expected = pad_sequences(
        sequences, maxlen, "float32", padding=padding, truncating=truncating, value=value
    )
    padder = Padder(maxlen, padding=padding, truncating=truncating, value=value)
    out = padder.fit_transform(sequences)
    np.testing.assert_array_equal(out, expected.reshape(out.shape))
    assert out.dtype == expected.dtype


def test_length_is_learned_in_fit_and_nothing_is_cut():
    longer = [[1.0], [1.0, 2.0, 3.0, 4.0]]
    padder = Padder().fit([[1.0, 2.0], [3.0]])
    assert padder.transform([[1.0]]).shape == (1, 2, 1)
    out = padder.transform(longer)
    assert padder.length_ == 2
    np.testing.assert_array_equal(out[:, :, 0], [[np.nan] * 3 + [1], [1, 2, 3, 4]])
    assert_sequences_equal(padder.inverse_transform(out), [np.array(own) for own in longer])
    # A length that is asked for holds.
    cut = Padder(length=2).fit(longer).transform(longer)
    np.testing.assert_array_equal(cut[:, :, 0], [[np.nan, 1], [3, 4]])
    with pytest.raises(ValueError, match="cannot undo an array of shape"):
        Padder(length=2).fit(longer).inverse_transform(out)


@given(collections(), settings_of_padder())
def test_values_of_padded_steps_are_taken_away(sequences, params):
    padder = Padder(**(params | {"length": None})).fit(sequences[:1])
    values = padder.transform(sequences)
    back = padder.unpad(values, sequences)
    assert_sequences_equal(
        back, [own if own.ndim == 2 else own[:, None] for own in map(np.asarray, sequences)]
    )
    labels = [own[:, 0].copy() for own in back]
    assert_sequences_equal(padder.unpad(values[:, :, 0], sequences), labels)


def test_values_that_do_not_fit_are_refused():
    padder = Padder(length=2).fit(RAGGED)
    with pytest.raises(ValueError, match=r"values has shape \(3, 4\), but X is padded to 3"):
        padder.unpad(np.ones((3, 4)), RAGGED)
    with pytest.raises(ValueError, match=r"Padder\(length=2\) has kept 2: there are no values"):
        padder.unpad(np.ones((3, 2)), RAGGED)


def test_missing_steps_of_a_sequence_stay():
    X = [np.array([[1.0, 2.0], [np.nan, np.nan], [3.0, np.nan]]), np.array([[4.0, 5.0]])]
    out = Padder().fit_transform(X)
    np.testing.assert_array_equal(out[0], X[0])
    np.testing.assert_array_equal(out[1], [[np.nan] * 2, [np.nan] * 2, [4, 5]])


def test_an_all_missing_sequence_is_restored_with_one_step():
    padder = Padder().fit([[np.nan], [1.0, 2.0, 3.0], [np.nan, np.nan]])
    back = padder.inverse_transform(padder.transform([[np.nan], [1.0, 2.0], [np.nan, np.nan]]))
    assert_sequences_equal(back, [np.array([np.nan]), np.array([1.0, 2.0]), np.array([np.nan])])


def test_one_step_of_a_value_that_is_padding_in_one_feature_stays():
    X = [np.array([[0.0, 1.0], [0.0, 0.0]]), np.ones((3, 2))]
    padder = Padder(value=0).fit(X)
    assert_sequences_equal(padder.inverse_transform(padder.transform(X)), X)


# Inputs. ------------------------------------------------------------------------------------------

RAGGED = [[1.0, 2.0, 3.0], [4.0], [5.0, 6.0]]


def object_array(sequences):
    array = np.empty(len(sequences), dtype=object)
    array[:] = sequences
    return array


@pytest.mark.parametrize(
    "container",
    [list, tuple, object_array, lambda X: pd.Series(X, index=list("zyx"))],
    ids=["list", "tuple", "object array", "Series"],
)
@pytest.mark.parametrize(
    "element",
    [
        list,
        tuple,
        np.array,
        lambda x: np.array(x, dtype=object),
        lambda x: [np.int64(step) for step in x],
        pd.Series,
        lambda x: pd.Series(x, dtype="Float64"),
        pl.Series,
    ],
    ids=["list", "tuple", "array", "object", "integers", "Series", "nullable", "polars"],
)
def test_containers_of_univariate_sequences(container, element):
    X = container([element(sequence) for sequence in RAGGED])
    padder = Padder().fit(X)
    np.testing.assert_array_equal(padder.transform(X), Padder().fit_transform(RAGGED))
    assert padder.n_features_in_ == 1
    assert not hasattr(padder, "feature_names_in_")
    back = padder.inverse_transform(padder.transform(X))
    assert_sequences_equal(back, [np.array(sequence) for sequence in RAGGED])


def test_polars_series_of_lists():
    X = pl.Series(RAGGED)
    np.testing.assert_array_equal(Padder().fit_transform(X), Padder().fit_transform(RAGGED))


@pytest.mark.parametrize(
    "element",
    [
        np.asfortranarray,
        np.ndarray.tolist,
        pd.DataFrame,
        lambda x: pd.DataFrame(x, dtype="Float64"),
        lambda x: pl.DataFrame(x, schema=["a", "b"], orient="row"),
    ],
    ids=["Fortran", "list", "DataFrame", "nullable", "polars"],
)
def test_elements_with_features(element):
    arrays = [np.arange(6.0).reshape(3, 2), np.array([[7.0, np.nan]])]
    X = [element(array) for array in arrays]
    padder = Padder(padding="post").fit(X)
    np.testing.assert_array_equal(padder.transform(X), Padder(padding="post").fit_transform(arrays))
    assert padder.n_features_in_ == 2
    assert_sequences_equal(padder.inverse_transform(padder.transform(X)), arrays)


@pytest.mark.parametrize("length", [None, 2, 5])
@pytest.mark.parametrize(("padding", "truncating"), SIDES)
def test_arrays_are_sequences_of_one_length(length, padding, truncating):
    X = np.random.default_rng(0).normal(size=(4, 3, 2))
    X[1, 0] = np.nan
    params = {"length": length, "padding": padding, "truncating": truncating}
    for data in [X, X.tolist(), X.astype(object), np.asfortranarray(X)]:
        padder = Padder(**params).fit(data)
        np.testing.assert_array_equal(
            padder.transform(data), naive_pad(list(X), **params, value=np.nan)
        )
        assert padder.n_features_in_ == 2
    table = X[:, :, 0]
    for data in [table, pd.DataFrame(table), pl.DataFrame(table), table.astype(object)]:
        padder = Padder(**params).fit(data)
        out = padder.transform(data)
        np.testing.assert_array_equal(out, naive_pad(list(table), **params, value=np.nan))
        assert padder.n_features_in_ == 3
        assert {x.ndim for x in padder.inverse_transform(out)} == {1}


def test_lists_are_never_tables():
    equal = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]
    padder = Padder().fit(equal)
    assert padder.n_features_in_ == 1
    assert padder.transform([[1.0]]).shape == (1, 3, 1)
    # Without a fitted table, the next one may have any width.
    assert padder.transform(np.ones((4, 2))).shape == (4, 3, 1)
    assert padder.transform(np.ones((4, 9, 1))).shape == (4, 9, 1)
    # Sequences of any lengths after a table, but no other table.
    padder = Padder().fit(np.array(equal))
    assert padder.transform(RAGGED).shape == (3, 3, 1)
    assert padder.transform(np.ones((4, 9, 1))).shape == (4, 9, 1)
    with pytest.raises(ValueError, match="X has 2 features, but Padder is expecting 3"):
        padder.transform(np.ones((4, 2)))


def test_steps_of_one_feature_keep_their_axis():
    sequences = [np.ones((2, 1)), np.ones((1, 1))]
    padder = Padder().fit(sequences)
    assert_sequences_equal(padder.inverse_transform(padder.transform(sequences)), sequences)
    mixed = Padder().fit([np.ones(2), np.ones((3, 1))])
    assert {x.shape for x in mixed.inverse_transform(mixed.transform([[1.0]]))} == {(1, 1)}


def test_windows_are_arrays():
    windows = SequenceWindower(window=4).fit_transform(np.arange(12.0).reshape(6, 2))
    out = Padder(length=2).fit_transform(windows)
    np.testing.assert_array_equal(out, np.asarray(windows)[:, -2:])
    assert type(out) is np.ndarray


@pytest.mark.parametrize(
    ("dtypes", "expected"),
    [
        (["float64", "float64"], "float64"),
        (["float32", "float32"], "float32"),
        ([">f4", "float32"], "float32"),
        (["float32", "float64"], "float64"),
        (["float32", "int8"], "float64"),
        (["float16", "float16"], "float64"),
        (["int64", "bool"], "float64"),
    ],
)
def test_dtypes(dtypes, expected):
    X = [np.arange(1, n + 1).astype(dtype) for n, dtype in enumerate(dtypes, start=1)]
    padder = Padder(value=0.1).fit(X)
    out = padder.transform(X)
    assert out.dtype == expected
    assert out.dtype.isnative
    # 0.1 is another number in float32, and is recognised.
    assert_sequences_equal(padder.inverse_transform(out), [x.astype(expected) for x in X])
    if len(set(dtypes)) == 1:
        regular = np.ones((2, 3, 2), dtype=dtypes[0])
        assert Padder().fit_transform(regular).dtype == expected
        assert Padder().fit_transform(regular[:, :, 0]).dtype == expected


@pytest.mark.parametrize("padding", ["pre", "post"])
def test_no_input_is_written_to_and_no_memory_is_shared(padding):
    sequences = [np.arange(6.0).reshape(3, 2), np.ones((2, 2))]
    regular = np.arange(12.0).reshape(2, 3, 2)
    for X in [sequences, regular]:
        copies = [x.copy() for x in X]
        for x in X:
            x.setflags(write=False)
        padder = Padder(padding=padding, value=0).fit(X)
        out = padder.transform(X)
        back = padder.inverse_transform(out)
        for x, copied in zip(X, copies, strict=True):
            np.testing.assert_array_equal(x, copied)
            assert not np.shares_memory(out, x)
        before = out.copy()
        for x in back:
            x += 100
        np.testing.assert_array_equal(out, before)


# Refusals. ----------------------------------------------------------------------------------------

ONES = np.ones((2, 3))


@pytest.mark.parametrize(
    ("X", "message"),
    [
        ([], "X holds 0 sequences, but at least one is required"),
        ([[1.0], []], r"X\[1\] is an empty sequence, shape \(0,\), .* at least one step"),
        ([ONES, ONES[:0]], r"X\[1\] is an empty sequence, shape \(0, 3\)"),
        ([ONES[:, :0]], r"X\[0\] is an empty sequence, shape \(2, 0\)"),
        ([ONES, ONES, ONES[:, :2]], r"X\[2\] has 2 feature\(s\) and X\[0\] has 3; all sequences"),
        ([ONES, [1.0, 2.0]], r"X\[1\] has 1 feature\(s\) and X\[0\] has 3"),
        ([ONES, ONES[np.newaxis]], r"X\[1\] has 3 dimensions, shape \(1, 2, 3\), but every"),
        ([1.0, 2.0], r"X\[0\] is a scalar of type float, .* must be a sequence"),
        (
            [[1.0], None],
            r"X\[1\] is a scalar of type NoneType, but every element",
        ),
        (np.arange(4.0), r"X\[0\] is a scalar of type float64.* Reshape your data to \(1, n_steps"),
        (pd.Series([1.0, 2.0]), r"X\[0\] is a scalar of type float"),
        (["ab", "cd"], r"X\[0\] is a str that cannot be read as numbers"),
        ([[1.0], ["a", "b"]], r"X\[1\] holds values of dtype <U1, but sequences must be numbers"),
        ([[1.0], [2.0, "b"]], r"X\[1\] holds values of dtype <U"),
        ([np.array(["a", None], dtype=object)], r"X\[0\] is a ndarray that cannot be read as num"),
        ([[{"a": 1}]], r"X\[0\] is a list that cannot be read as numbers; every element of X"),
        ([{"a": [1.0]}], r"X\[0\] is a dict that cannot be read as numbers"),
        ([[[1.0], [1.0, 2.0]]], r"X\[0\] is a list that cannot be read as numbers"),
        ([[10**400]], r"X\[0\] is a list that cannot be read as numbers"),
        ([[1j]], r"X\[0\] holds values of dtype complex128"),
        ([np.array(["2026-01-01"], "M8[D]")], r"X\[0\] holds values of dtype datetime64\[D\]"),
        ([pd.DataFrame({"a": ["x"]})], r"X\[0\] is a DataFrame that cannot be read as numbers"),
        ([[1.0], [2.0, np.nan, np.inf]], r"X\[1\] contains infinity at step 2; NaN is allowed"),
        ([[1.0], [np.inf], [2.0]], r"X\[1\] contains infinity at step 0"),
        ([-np.inf * ONES], r"X\[0\] contains infinity at step 0"),
        (np.array([[1, 2], [3, np.inf]]), r"X\[1\] contains infinity at step 1"),
        (np.array([["a", "b"]]), "bytes/strings"),
        (np.zeros((2, 2), "M8[D]"), r"X holds values of dtype datetime64\[D\], but sequences must"),
        (np.ones((2, 3, 1, 1)), r"X has 4 dimensions, shape \(2, 3, 1, 1\), but sequences of one"),
        (np.ones((2, 0, 1)), r"X has shape \(2, 0, 1\), but every sequence must have at least one"),
        (np.ones((2, 1, 0)), r"X has shape \(2, 1, 0\), but every sequence must have at least one"),
        (np.ones((0, 2, 1)), r"Found array with 0 sample\(s\)"),
        (np.ones((2, 0)), r"0 feature\(s\)"),
        (5.0, "X must hold sequences, got a scalar or an object of type float; pass a list"),
        (np.array(5.0), "X must hold sequences, got a scalar or an object of type ndarray"),
        (None, "X must hold sequences, got a scalar or an object of type NoneType"),
        ("abc", "X must hold sequences, got a scalar or an object of type str"),
        (iter([[1.0]]), "X must hold sequences, got a scalar or an object of type list_iterator"),
        (
            [pd.DataFrame(ONES, columns=list("abc")), pd.DataFrame(ONES, columns=list("acb"))],
            r"X\[1\] has the columns \['a', 'c', 'b'\], but X\[0\] has \['a', 'b', 'c'\]; all",
        ),
    ],
)
def test_what_is_refused_is_named_and_leaves_no_trace(X, message):
    fresh = Padder()
    before = dict(vars(fresh))
    with pytest.raises(ValueError, match=message):
        fresh.fit(X)
    assert vars(fresh) == before
    fitted = Padder().fit(pd.DataFrame([[1.0, 2.0]], columns=["a", "b"]))
    before = dict(vars(fitted))
    with pytest.raises(ValueError, match=message):
        fitted.fit(X)
    assert vars(fitted).keys() == before.keys()
    assert all(vars(fitted)[name] is value for name, value in before.items())
    assert fitted.transform([[1.0]]).shape == (1, 2, 1)


def test_sparse_is_refused():
    for X in [sparse.csr_array(ONES), sparse.csr_matrix(ONES), sparse.coo_array(ONES[0])]:
        with pytest.raises(TypeError, match="Sparse data was passed for X"):
            Padder().fit(X)
    with pytest.raises(TypeError, match=r"X\[1\] is sparse.*pass X\[1\].toarray\(\) instead"):
        Padder().fit([ONES, sparse.csr_array(ONES)])


@pytest.mark.parametrize(
    ("X", "n_features"),
    [([np.ones((4, 2))], 2), (np.ones((1, 4, 2)), 2), ([[1.0]], 1), (np.ones((2, 3)), 1)],
    ids=["list", "3-D", "univariate", "table"],
)
def test_another_number_of_features_is_refused(X, n_features):
    message = r"X has sequences of {} feature\(s\), but Padder was fitted on sequences of {};"
    with pytest.raises(ValueError, match=message.format(n_features, 3)):
        Padder().fit([ONES]).transform(X)
    with pytest.raises(ValueError, match=message.format(3, n_features)):
        Padder().fit(X).transform([ONES])


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"length": 0}, r"'length' parameter of Padder must be an int in the range \[1.* Got 0"),
        ({"length": 2.0}, "'length' parameter of Padder .* Got 2.0"),
        ({"padding": "left"}, "'padding' parameter of Padder must be a str .* Got 'left'"),
        ({"truncating": None}, "'truncating' parameter of Padder must be a str .* Got None"),
        ({"value": np.inf}, "'value' parameter of Padder must be a float .* Got inf"),
        ({"value": "0"}, "'value' parameter of Padder must be a float .* Got '0'"),
        ({"value": None}, "'value' parameter of Padder must be a float .* Got None"),
    ],
)
def test_invalid_parameters(params, message):
    with pytest.raises(ValueError, match=message):
        Padder(**params).fit(RAGGED)


@pytest.mark.parametrize(("value", "dtype"), [(-1e300, "float32"), (10**400, "float64")])
def test_a_value_must_fit_into_the_dtype(value, dtype):
    X = [np.ones(2, dtype=dtype), np.ones(1, dtype=dtype)]
    padder = Padder(value=value)
    message = rf"value={re.escape(str(value))} does not fit into {dtype}, the dtype of X"
    with pytest.raises(ValueError, match=message):
        padder.fit(X)
    assert not hasattr(padder, "n_features_in_")
    if dtype == "float32":
        padder.fit([[1.0, 2.0]])
        with pytest.raises(ValueError, match=message):
            padder.transform(X)


@pytest.mark.parametrize("shape", [(2, 4), (2, 3, 1), (2, 4, 2), (2, 4, 1, 1)])
def test_inverse_names_both_shapes(shape):
    padder = Padder(length=4).fit(RAGGED)
    message = re.escape(f"(n_samples, 4, 1) and cannot undo an array of shape {shape}; pass what")
    with pytest.raises(ValueError, match=message):
        padder.inverse_transform(np.ones(shape))


def test_inverse_reads_lists_and_refuses_what_is_ragged_or_infinite():
    padder = Padder(value=0).fit(RAGGED)
    back = padder.inverse_transform([[[0], [1], [0]]])
    assert_sequences_equal(back, [np.array([1.0, 0.0])])
    with pytest.raises(ValueError, match="cannot undo sequences of several lengths"):
        padder.inverse_transform(RAGGED)
    with pytest.raises(ValueError, match="infinity"):
        padder.inverse_transform(np.full((1, 3, 1), np.inf))


def test_unfitted():
    with pytest.raises(NotFittedError):
        Padder(length=3).transform(RAGGED)
    with pytest.raises(NotFittedError):
        Padder(length=3).inverse_transform(np.ones((2, 3, 1)))


# Names. -------------------------------------------------------------------------------------------


def test_feature_names_are_those_of_the_sequences():
    X = [pd.DataFrame(np.ones((n, 2)), columns=["temp", "wind"]) for n in [2, 3]]
    padder = Padder().fit([X[0].to_numpy(), *X])
    assert list(padder.feature_names_in_) == ["temp", "wind"]
    assert padder.transform(X).shape == (2, 3, 2)
    with pytest.raises(ValueError, match="feature names should match"):
        padder.transform([x[["wind", "temp"]] for x in X])
    with pytest.warns(UserWarning, match="X does not have valid feature names"):
        padder.transform([np.ones((2, 2))])
    assert not hasattr(padder.fit(RAGGED), "feature_names_in_")


def test_names_of_a_table_are_those_of_its_steps():
    X = pd.DataFrame(np.arange(6.0).reshape(2, 3), columns=["t0", "t1", "t2"])
    padder = Padder().fit(X)
    assert list(padder.feature_names_in_) == ["t0", "t1", "t2"]
    with pytest.raises(ValueError, match="feature names should match"):
        padder.transform(X[["t1", "t0", "t2"]])
    # They do not name features of sequences.
    assert padder.transform(RAGGED).shape == (3, 3, 1)


def test_set_output_has_no_effect_here_and_works_for_other_steps():
    X = pd.DataFrame(np.arange(12.0).reshape(3, 4), columns=list("abcd"))
    pipe = make_pipeline(StandardScaler(), Padder()).set_output(transform="pandas")
    out = pipe.fit_transform(X)
    assert type(out) is np.ndarray
    assert out.shape == (3, 4, 1)
    assert list(pipe[-1].feature_names_in_) == list("abcd")
    assert not hasattr(pipe[-1], "get_feature_names_out")
    with config_context(transform_output="pandas"):
        assert type(Padder().fit_transform(RAGGED)) is np.ndarray
    padder = Padder()
    assert padder.set_output() is padder


# In scikit-learn. -------------------------------------------------------------------------------


def flatten(X):
    return X.reshape(len(X), -1)


@pytest.mark.parametrize("container", [list, object_array], ids=["list", "object array"])
def test_grid_search_over_a_ragged_list(container):
    rng = np.random.default_rng(0)
    lengths = [2, 4, 3, 2, 2, 2, 5, 1, 3, 4, 4, 4]
    X = container([rng.normal(size=(n, 2)) for n in lengths])
    y = np.array([x[-1, 0] for x in X])
    model = make_pipeline(Padder(value=0), FunctionTransformer(flatten), Ridge(alpha=1e-6))
    # Ridge needs one length: in one fold the longest sequence is to be predicted.
    grid = {"padder__length": [2, 5], "padder__padding": ["pre", "post"]}
    search = GridSearchCV(model, grid, cv=KFold(3), error_score="raise").fit(X, y)
    # The newest step is at the end only where the padding is not.
    assert search.best_params_["padder__padding"] == "pre"
    assert search.best_score_ > 0.99
    predicted = cross_val_predict(search.best_estimator_, X, y, cv=KFold(3))
    for train, test in KFold(3).split(lengths):
        by_hand = clone(search.best_estimator_).fit(container([X[i] for i in train]), y[train])
        np.testing.assert_array_equal(predicted[test], by_hand.predict([X[i] for i in test]))


def test_networks_skip_what_was_padded():
    rng = np.random.default_rng(0)
    X = [rng.normal(size=(n, 2)) for n in [4, 1, 3, 2] * 4]
    y = np.array([x.sum() for x in X])
    predicted = [
        make_pipeline(padder, LSTMForecaster(plain=True, units=3, epochs=2, random_state=0))
        .fit(X, y)
        .predict(X)
        for padder in [Padder(), Padder(padding="post"), Padder(length=9)]
    ]
    np.testing.assert_allclose(predicted[1], predicted[0], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(predicted[2], predicted[0], rtol=1e-5, atol=1e-6)


def test_clone_and_pickle():
    padder = clone(Padder(2, value=-1)).fit(RAGGED)
    again = pickle.loads(pickle.dumps(padder))
    np.testing.assert_array_equal(again.transform(RAGGED), padder.transform(RAGGED))
    assert_sequences_equal(
        again.inverse_transform(again.transform(RAGGED)),
        [np.array(sequence[-2:]) for sequence in RAGGED],
    )
    assert not hasattr(clone(padder), "length_")
    assert repr(Padder()) == "Padder()"


@pytest.mark.parametrize(
    "padder",
    [Padder(), Padder(2, truncating="post"), Padder(length=20, padding="post", value=0)],
    ids=str,
)
def test_check_estimator(padder):
    results = check_estimator(padder)
    assert {result["status"] for result in results} == {"passed"}
