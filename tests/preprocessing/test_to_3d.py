"""Tests of To3D."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import pickle
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn import config_context
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

from sklstm.preprocessing import SequenceWindower, To3D


@st.composite
def tables(draw):
    """A table, NaN included, and a number of features that cuts its rows."""
    n, steps, width = (draw(st.integers(1, 6)) for _ in range(3))
    dtype = draw(st.sampled_from([np.float64, np.float32]))
    X = draw(hnp.arrays(dtype, (n, steps * width), elements=st.floats(-9, 9, width=16)))
    hole = draw(hnp.arrays(bool, X.shape))
    return np.where(hole, dtype(np.nan), X), steps, width


def naive_steps(X, steps, width):
    rows = []
    for row in X:
        rows.append([[row[step * width + j] for j in range(width)] for step in range(steps)])
    return np.array(rows)


@settings(deadline=None)
@given(tables())
def test_steps_equal_naive_loop_and_are_restored(case):
    X, steps, width = case
    to_3d = To3D(n_features=width).fit(X)
    out = to_3d.transform(X)
    np.testing.assert_array_equal(out, naive_steps(X, steps, width))
    assert to_3d.n_steps_ == steps
    assert out.dtype == X.dtype
    np.testing.assert_array_equal(to_3d.inverse_transform(out), X)


@settings(deadline=None)
@given(tables())
def test_features_make_one_step_and_are_restored(case):
    X, steps, width = case
    to_3d = To3D("features").fit(X)
    out = to_3d.transform(X)
    np.testing.assert_array_equal(out, naive_steps(X, 1, steps * width))
    np.testing.assert_array_equal(to_3d.inverse_transform(out), X)


@settings(deadline=None)
@given(tables())
def test_newest_first_is_a_flip_of_the_steps_and_is_restored(case):
    X, steps, width = case
    to_3d = To3D(n_features=width, order="newest_first").fit(X)
    out = to_3d.transform(X)
    np.testing.assert_array_equal(out, np.flip(naive_steps(X, steps, width), axis=1))
    np.testing.assert_array_equal(to_3d.inverse_transform(out), X)


@settings(deadline=None)
@given(tables(), st.sampled_from(["oldest_first", "newest_first"]))
def test_channels_first_is_transposed_and_restored(case, order):
    X, steps, channels = case
    panel = X.reshape(len(X), channels, steps)
    expected = panel.transpose(0, 2, 1)
    if order == "newest_first":
        expected = np.flip(expected, axis=1)
    for given_X, to_3d in [
        (panel, To3D("channels_first", order=order)),
        (panel, To3D("channels_first", n_features=channels, order=order)),
        (X, To3D("channels_first", n_features=channels, order=order)),
    ]:
        out = to_3d.fit_transform(given_X)
        np.testing.assert_array_equal(out, expected)
        assert out.dtype == X.dtype
        assert (to_3d.n_steps_, to_3d.n_features_out_) == (steps, channels)
        restored = to_3d.inverse_transform(out)
        assert restored.shape == given_X.shape
        np.testing.assert_array_equal(restored, given_X)


def test_the_turned_output_is_a_view():
    panel = np.arange(24.0).reshape(2, 3, 4)
    assert np.shares_memory(To3D("channels_first").fit_transform(panel), panel)
    table = panel.reshape(2, 12)
    assert np.shares_memory(To3D(order="newest_first").fit_transform(table), table)


@pytest.mark.parametrize("layout", ["steps", "features"])
def test_three_dimensions_are_refused_in_other_layouts(layout):
    with pytest.raises(ValueError, match=r"\(samples, channels, steps\) need layout='channels_f"):
        To3D(layout).fit(np.ones((2, 3, 4)))


def test_channels_that_do_not_fit_are_refused():
    panel = np.ones((5, 3, 4))
    with pytest.raises(ValueError, match=r"3 channels of 4 steps, so n_features=2 cannot hold"):
        To3D("channels_first", n_features=2).fit(panel)
    with pytest.raises(ValueError, match="dim 4, while To3D reads two or three"):
        To3D("channels_first").fit(panel[None])
    with pytest.raises(ValueError, match=r"no feature or no step"):
        To3D("channels_first").fit(panel[:, :, :0])
    fitted = To3D("channels_first").fit(panel)
    for other in (panel[:, :, :2], panel[:, :, 0]):
        with pytest.raises(ValueError, match=r"fitted on \(n_samples, 3 channels, 4 steps\)"):
            fitted.transform(other)
    with pytest.raises(ValueError, match=r"fitted on \(n_samples, 3\) and reads no other"):
        To3D("channels_first", n_features=3).fit(panel[:, :, 0]).transform(panel)


def test_names_that_contradict_the_order_bring_a_warning():
    lags = pd.DataFrame(np.ones((4, 3)), columns=["lag_1", "lag_2", "lag_3"])
    with pytest.warns(UserWarning, match=r"newest first, but are read oldest first.*Say To3D\(ord"):
        To3D().fit(lags)
    with pytest.warns(UserWarning, match=r"oldest first, but are read newest first"):
        To3D(order="newest_first").fit(lags[["lag_3", "lag_2", "lag_1"]])
    with pytest.warns(UserWarning, match="'holiday', whose name tells no lag"):
        To3D(order="newest_first").fit(lags.assign(holiday=0))
    # What agrees, or has no order, brings none.
    To3D(order="newest_first").fit(lags)
    To3D().fit(lags[["lag_3", "lag_2", "lag_1"]])
    To3D("features").fit(lags)
    To3D().fit(lags.rename(columns=str.upper))
    hours = pd.date_range("2026-01-01", periods=9, freq="h")
    table = pd.DataFrame({"temp": np.arange(9.0), "wind": 1.0}, index=hours)
    windower = SequenceWindower(window=3, flatten=True).set_output(transform="pandas")
    To3D(n_features=2).fit(windower.fit_transform(table))


def test_output_is_a_view_where_memory_allows():
    X = np.arange(12.0).reshape(2, 6)
    to_3d = To3D(n_features=2).fit(X)
    out = to_3d.transform(X)
    assert np.shares_memory(out, X)
    assert np.shares_memory(to_3d.inverse_transform(out), X)
    strided = np.asfortranarray(X)
    copied = to_3d.transform(strided)
    assert copied.flags.c_contiguous
    np.testing.assert_array_equal(copied, out)


@pytest.mark.parametrize(
    ("given_dtype", "expected"),
    [("float64", "float64"), ("float32", "float32"), ("float16", "float16"), ("int64", "float64")],
)
def test_dtypes(given_dtype, expected):
    X = np.arange(12).reshape(2, 6).astype(given_dtype)
    to_3d = To3D()
    assert to_3d.fit_transform(X).dtype == expected
    assert to_3d.inverse_transform(to_3d.transform(X)).dtype == expected


def test_columns_that_make_no_steps_are_refused():
    with pytest.raises(ValueError, match=r"the 7 feature\(s\) of X into steps of n_features=2"):
        To3D(n_features=2).fit(np.ones((3, 7)))


def test_features_layout_takes_its_own_width_and_no_other():
    X = np.ones((3, 6))
    assert To3D("features", n_features=6).fit_transform(X).shape == (3, 1, 6)
    with pytest.raises(ValueError, match=r"all its 6 columns, so n_features=2 cannot hold"):
        To3D("features", n_features=2).fit(X)


@pytest.mark.parametrize(
    "params", [{"layout": "columns"}, {"n_features": 0}, {"n_features": 1.5}, {"order": "newest"}]
)
def test_invalid_parameters(params):
    with pytest.raises(ValueError, match="parameter of To3D must be"):
        To3D(**params).fit(np.ones((3, 6)))


@pytest.mark.parametrize("shape", [(2, 6), (2, 2, 3), (2, 3, 2, 1)])
def test_inverse_names_both_shapes(shape):
    to_3d = To3D(n_features=2).fit(np.ones((2, 6)))
    message = re.escape(f"(n_samples, 3, 2) and cannot undo an array of shape {shape}")
    with pytest.raises(ValueError, match=message):
        to_3d.inverse_transform(np.ones(shape))


def test_inverse_reads_lists_and_refuses_infinity():
    to_3d = To3D(n_features=2).fit(np.ones((2, 4)))
    np.testing.assert_array_equal(to_3d.inverse_transform([[[1, 2], [3, 4]]]), [[1, 2, 3, 4]])
    with pytest.raises(ValueError, match="infinity"):
        to_3d.inverse_transform(np.full((1, 2, 2), np.inf))


def test_unfitted_and_wrong_width():
    with pytest.raises(NotFittedError):
        To3D().transform(np.ones((2, 4)))
    with pytest.raises(NotFittedError):
        To3D().inverse_transform(np.ones((2, 4, 1)))
    with pytest.raises(ValueError, match="X has 3 features, but To3D is expecting 4"):
        To3D().fit(np.ones((2, 4))).transform(np.ones((2, 3)))


def test_set_output_has_no_effect_here_and_works_for_other_steps():
    X = pd.DataFrame(np.arange(12.0).reshape(3, 4), columns=list("abcd"))
    pipe = make_pipeline(StandardScaler(), To3D(n_features=2)).set_output(transform="pandas")
    out = pipe.fit_transform(X)
    assert type(out) is np.ndarray
    assert out.shape == (3, 2, 2)
    assert isinstance(pipe[:-1].transform(X), pd.DataFrame)
    assert list(pipe[-1].feature_names_in_) == list("abcd")
    assert not hasattr(pipe[-1], "get_feature_names_out")
    with config_context(transform_output="pandas"):
        assert type(To3D().fit_transform(X)) is np.ndarray
    to_3d = To3D()
    assert to_3d.set_output() is to_3d


def test_clone_and_pickle():
    X = np.arange(12.0).reshape(2, 6)
    to_3d = clone(To3D("steps", n_features=3)).fit(X)
    again = pickle.loads(pickle.dumps(to_3d))
    np.testing.assert_array_equal(again.transform(X), to_3d.transform(X))


@pytest.mark.parametrize(
    "estimator",
    [To3D(), To3D("features"), To3D("channels_first"), To3D(order="newest_first")],
    ids=str,
)
def test_check_estimator(estimator):
    results = check_estimator(estimator)
    assert {result["status"] for result in results} == {"passed"}


@pytest.mark.parametrize("n_features", [2, 3])
def test_check_estimator_where_the_width_allows(n_features):
    # The widths of the tables in the checks are fixed; every check on a width that can be cut
    # has to pass, and the others may only fail for the width.
    results = check_estimator(To3D(n_features=n_features), on_fail=None)
    failed = [result for result in results if result["status"] != "passed"]
    assert len(failed) < len(results) / 2
    for result in failed:
        # Some checks raise an error of their own from ours.
        texts = [str(result["exception"]), str(result["exception"].__cause__)]
        assert any(f"into steps of n_features={n_features}, because" in text for text in texts)


def test_the_shapes_of_the_tutorials():
    # One sequence of ten values: reshape((1, 10, 1)).
    ten = np.arange(10.0)
    np.testing.assert_array_equal(To3D().fit_transform(ten[None]), ten.reshape(1, 10, 1))
    # Two series of ten values side by side, a step a row: reshape((1, 10, 2)).
    table = np.column_stack([ten, 10 * ten])
    np.testing.assert_array_equal(
        To3D(n_features=2).fit_transform(table.reshape(1, -1)), table[None]
    )
    # A table of three lags: as three steps, reshape((n, 3, 1)), or three features of one step.
    lags = np.column_stack([ten[:-2], ten[1:-1], ten[2:]])
    np.testing.assert_array_equal(To3D(layout="steps").fit_transform(lags), lags.reshape(8, 3, 1))
    np.testing.assert_array_equal(
        To3D(layout="features").fit_transform(lags), lags.reshape(8, 1, 3)
    )
