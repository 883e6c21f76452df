"""Tests of the carriers of windows: both must behave like the array they stand for."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import copy
import pickle

import joblib
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from sklearn import config_context
from sklearn.model_selection import KFold, TimeSeriesSplit, train_test_split
from sklearn.utils import check_array, resample, shuffle

from sklstm.preprocessing import SequenceWindower
from sklstm.preprocessing._window_arrays import LazyWindows, WindowView, selected_rows
from sklstm.preprocessing._window_index import window_index_of
from sklstm.utils._sklearn_private import num_samples, safe_indexing
from tests.reference import windows_by_position

N, WINDOW = 11, 4
ROWS = np.random.default_rng(0).normal(size=(N, 2))
PLAIN = windows_by_position(ROWS, np.zeros(N), window=WINDOW, lead=1)


def _view():
    return SequenceWindower(WINDOW, lead=1).fit_transform(ROWS)


def _lazy():
    order = np.r_[5:N, 0:5]
    frame = pd.DataFrame(ROWS[order], index=order)
    return SequenceWindower(WINDOW, lead=1).fit_transform(frame)[np.argsort(order)]


CARRIERS = pytest.mark.parametrize("make", [_view, _lazy])


def _is_plain(result):
    return type(result) is np.ndarray or np.isscalar(result)


@CARRIERS
def test_carriers_stand_for_the_array(make):
    windows = make()
    assert type(windows) is (WindowView if make is _view else LazyWindows)
    assert (windows.shape, windows.ndim, windows.size) == (PLAIN.shape, 3, PLAIN.size)
    assert (windows.dtype, len(windows)) == (PLAIN.dtype, N)
    assert_array_equal(np.asarray(windows), PLAIN)
    assert type(np.asarray(windows)) is np.ndarray
    assert np.asarray(windows, dtype=np.float32).dtype == np.float32
    assert_array_equal(list(windows), PLAIN)
    assert window_index_of(np.asarray(windows)) is None


SELECTIONS = st.one_of(
    st.slices(N),
    st.lists(st.integers(-N, N - 1)),
    st.lists(st.integers(-N, N - 1)).map(lambda rows: np.array(rows, dtype=np.int32)),
    st.lists(st.booleans(), min_size=N, max_size=N).map(np.array),
    st.lists(st.booleans(), min_size=N, max_size=N),
)
FORMS = {
    "rows": lambda key: key,
    "rows, ...": lambda key: (key, ...),
    "rows, :": lambda key: (key, slice(None)),
    "rows, :, :": lambda key: (key, slice(None), slice(None)),
    "rows, ..., :": lambda key: (key, ..., slice(None)),
}


@settings(max_examples=400)
@given(
    st.sampled_from([_view, _lazy]),
    st.lists(SELECTIONS, min_size=1, max_size=3),
    st.sampled_from(sorted(FORMS)),
)
def test_selecting_rows_keeps_the_index(make, keys, form):
    windows, plain, rows = make(), PLAIN, window_index_of(make()).rows
    for key in keys:
        if isinstance(key, slice):
            pass
        elif np.asarray(key).dtype == bool and len(key) != len(plain):
            key = slice(1, None)
        elif np.asarray(key).dtype != bool:
            key = [k for k in key if abs(k) < len(plain)]
        step = key.step if isinstance(key, slice) else 0
        expected_type = (
            WindowView if type(windows) is WindowView and step in (None, 1) else LazyWindows
        )
        windows, plain = (
            windows[FORMS[form](key)],
            plain[np.array(key, dtype=int) if isinstance(key, list) and not key else key],
        )
        assert type(windows) is expected_type
        assert_array_equal(np.asarray(windows), plain)
        assert_array_equal(window_index_of(windows).materialize(), plain)
        assert_array_equal(window_index_of(windows).rows, rows)
    for other in (pickle.loads(pickle.dumps(windows)), copy.deepcopy(windows)):
        assert type(other) is type(windows)
        assert_array_equal(np.asarray(other), plain)
        assert len(window_index_of(other).rows) <= np.isfinite(plain[..., 0]).sum()


@CARRIERS
@pytest.mark.parametrize(
    "key",
    [
        3, -1, np.int64(2), (2, 1), (2, slice(1, 3)), (slice(None), 1), (slice(None), slice(1, 3)),
        (slice(None), slice(None), 0), (..., 0), np.s_[2:5, -1], (None, 2), None, (), ...,
        (slice(None), [0, 1]), ([1, 2], [0, 3]), ([1, 2], ..., 0), np.array([[1, 2], [3, 4]]),
        [[1, 2], [3, 4]], (3, ...), (..., slice(None)), PLAIN > 0,
    ],
    ids=repr,
)  # fmt: skip
def test_other_indices_give_what_arrays_give(make, key):
    result = make()[key]
    assert_array_equal(np.asarray(result), PLAIN[key])
    if not (window_index_of(result) is not None and result.shape == PLAIN.shape):
        assert _is_plain(result)


@CARRIERS
@pytest.mark.parametrize("key", [N, -N - 1, (N, 0), [N], [True], (0, 0, 0, 0), (slice(None),) * 4])
def test_wrong_indices_raise(make, key):
    with pytest.raises(IndexError):
        make()[key]


@CARRIERS
@pytest.mark.parametrize(
    "operation",
    [
        lambda w: w + 1, lambda w: 1 - w, lambda w: -w, lambda w: w * w, lambda w: w == w,
        lambda w: np.exp(w), lambda w: np.isnan(w), lambda w: np.add(w, w),
        lambda w: w.reshape(N, -1), lambda w: np.reshape(w, (N, -1)), lambda w: w.astype("f4"),
        lambda w: w.T, lambda w: w.transpose(1, 0, 2), lambda w: np.swapaxes(w, 0, 1),
        lambda w: w.copy(), lambda w: np.copy(w), lambda w: w.ravel(), lambda w: w.flatten(),
        lambda w: w.sum(axis=1), lambda w: np.nansum(w), lambda w: np.nanmean(w, axis=0),
        lambda w: np.concatenate([w, w]), lambda w: np.stack([w, w]),
        lambda w: np.where(w > 0, w, 0),
        lambda w: w.take([1, 2], axis=1), lambda w: np.take(w, [1, 0], axis=2), lambda w: w.take(3),
        lambda w: w.view(np.ndarray), lambda w: np.squeeze(w[:1]), lambda w: np.nan_to_num(x=w),
        lambda w: w.real, lambda w: np.array(w), lambda w: w.mean(), lambda w: np.add.reduce(w),
        lambda w: np.expand_dims(w, 0), lambda w: np.ascontiguousarray(w), lambda w: w @ np.eye(2),
    ],
)  # fmt: skip
def test_computing_gives_plain_arrays(make, operation):
    result = operation(make())
    assert _is_plain(result)
    assert_array_equal(result, operation(PLAIN))


@CARRIERS
def test_taking_rows_keeps_the_index(make):
    for taken in (make().take([3, 1], axis=0), np.take(make(), np.array([3, 1]), axis=0)):
        assert_array_equal(np.asarray(taken), PLAIN[[3, 1]])
    assert window_index_of(make().take([3, 1], axis=0)) is not None


@CARRIERS
def test_shapes_are_told_without_writing_windows_out(make, monkeypatch):
    windows = make()
    monkeypatch.setattr(type(windows.window_index), "materialize", None)
    assert np.shape(windows) == PLAIN.shape
    assert np.ndim(windows) == 3
    assert np.size(windows) == PLAIN.size
    assert num_samples(windows) == N
    assert windows.device == "cpu"


@CARRIERS
def test_scikit_learn_s_helpers(make):
    windows = make()
    assert_array_equal(check_array(windows, allow_nd=True, ensure_all_finite="allow-nan"), PLAIN)
    for key in ([2, 0], np.arange(N) > 4, slice(2, 5), np.array([1, 1])):
        part = safe_indexing(windows, key)
        assert_array_equal(np.asarray(part), PLAIN[key])
        assert window_index_of(part) is not None
    train, test = train_test_split(windows, shuffle=False)
    assert window_index_of(train) is not None
    assert_array_equal(np.r_[train, test], PLAIN)
    for split in (KFold(3), TimeSeriesSplit(3)):
        assert len(list(split.split(windows))) == 3
    assert len(shuffle(windows, random_state=0)) == N
    assert window_index_of(resample(windows, random_state=0)) is not None


@CARRIERS
def test_array_api_dispatch(make):
    with config_context(array_api_dispatch=True):
        part = safe_indexing(make(), np.array([3, 1]))
    assert_array_equal(np.asarray(part), PLAIN[[3, 1]])


@CARRIERS
def test_joblib(make, tmp_path):
    windows = make()
    assert joblib.hash(windows) == joblib.hash(copy.deepcopy(windows))
    assert joblib.hash(windows) != joblib.hash(windows[1:])
    joblib.dump(windows, tmp_path / "windows")
    again = joblib.load(tmp_path / "windows")
    assert type(again) is type(windows)
    assert_array_equal(np.asarray(again), PLAIN)
    assert window_index_of(again).labels.equals(window_index_of(windows).labels)


@CARRIERS
def test_pickles_are_small(make):
    windows = SequenceWindower(200).fit_transform(np.random.default_rng(0).normal(size=(1000, 4)))
    if make is _lazy:
        windows = windows[np.random.default_rng(0).permutation(1000)]
    assert len(pickle.dumps(windows)) < 100 * 1000
    # Three neighbours reach 202 rows at most, any three rows 600.
    assert len(pickle.dumps(windows[-3:])) < (10_000 if make is _view else 27_000)
    assert pickle.loads(pickle.dumps(windows[:0])).shape == (0, 200, 4)


@CARRIERS
def test_copies(make):
    windows = make()
    assert_array_equal(np.asarray(copy.copy(windows)), PLAIN)
    assert window_index_of(copy.copy(windows)) is not None
    assert not np.shares_memory(
        window_index_of(copy.deepcopy(windows)).rows, window_index_of(windows).rows
    )


@CARRIERS
def test_windows_are_written_to_by_nobody(make):
    windows = make()
    with pytest.raises((ValueError, TypeError)):
        windows[0] = 0
    assert_array_equal(np.asarray(windows), PLAIN)


def test_views_refuse_in_place_arithmetic():
    windows = _view()
    with pytest.raises(ValueError, match="read-only"):
        windows += 1
    with pytest.raises(ValueError, match=r"cannot set WRITEABLE"):
        np.asarray(windows).flags.writeable = True


def test_views_that_lost_their_index_are_plain_in_all_but_name():
    lost = np.ndarray.copy(_view())
    assert window_index_of(lost) is None
    assert _is_plain(lost[1:])
    assert_array_equal(pickle.loads(pickle.dumps(lost)), PLAIN)
    assert_array_equal(copy.deepcopy(lost), PLAIN)
    assert copy.copy(lost) is lost
    assert_array_equal(lost.take([1], axis=0), PLAIN[[1]])


def test_lazy_windows_say_what_they_are():
    windows = _lazy()
    assert repr(windows) == "LazyWindows(shape=(11, 4, 2), dtype=float64)"
    assert "WindowView" in repr(_view()) or "array" in repr(_view())
    for name in ("iloc", "columns", "toarray", "__dataframe__", "_missing"):
        assert not hasattr(windows, name)
    with pytest.raises(ValueError, match="without a copy"):
        np.asarray(windows, copy=False)
    assert windows.max(initial=0, where=PLAIN > 0) == PLAIN.max(initial=0, where=PLAIN > 0)
    with pytest.raises(TypeError, match="unhashable"):
        hash(windows)


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (slice(2), slice(2)),
        (..., slice(None)),
        ([1, 2], [1, 2]),
        (range(3), [0, 1, 2]),
        (pd.Index([1]), [1]),
        (pd.Series([True] * 3), [True] * 3),
        ([], []),
        (([0], ...), [0]),
        (([0], slice(None), slice(None)), [0]),
        (([0], slice(None), slice(None), slice(None)), None),
        (([0], slice(None), 1), None),
        ((..., ...), None),
        ([True], None),
        ([[1]], None),
        (["a"], None),
        (np.array([1.5]), None),
        (2, None),
        (None, None),
        ((), None),
    ],
    ids=repr,
)
def test_selected_rows(key, expected):
    rows = selected_rows(key, 3)
    if expected is None or isinstance(expected, slice):
        assert rows == expected
    else:
        assert_array_equal(rows, expected)
