"""Scales of features: windows and arrays are one thing, and statistics count every step."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from sklearn.preprocessing import StandardScaler

from sklstm.preprocessing._array_index import index_array
from sklstm.preprocessing._window_index import window_index_of
from sklstm.training._input_transform import InputTransform, fit_mean_and_scale
from tests.estimators.helpers import classifier, forecaster, sequences, series, windows

UNSCALED = InputTransform(np.zeros(2), np.ones(2), np.empty(0, dtype=int), horizon=1)


def with_gaps(seed=0):
    table, y = series(seed=seed)
    keep = np.random.default_rng(seed).random(len(table)) < 0.8
    return table[keep], y[keep]


def test_windows_and_their_copy_give_the_same_predictions():
    table, y = with_gaps()
    for labels, make in ((y, forecaster), ((y > y.median()).to_numpy(), classifier)):
        lazy = windows(table, window=5)
        on_windows = make().fit(lazy, labels)
        on_array = make().fit(np.asarray(lazy), labels)
        np.testing.assert_allclose(
            on_windows.predict(lazy).astype(float), on_array.predict(np.asarray(lazy)), rtol=1e-6
        )
        np.testing.assert_allclose(
            on_windows.network_.input_transform.scale,
            on_array.network_.input_transform.scale,
            rtol=1e-12,
        )


@pytest.mark.parametrize("some", [slice(None), slice(10, 30), np.array([40, 3, 3, 17])])
@pytest.mark.parametrize("kind", ["windows", "array"])
def test_statistics_are_those_of_the_steps_laid_flat(kind, some):
    table, _ = with_gaps()
    lazy = windows(table * 3 + 100, window=5)
    dense = np.asarray(lazy)[some]
    found = window_index_of(lazy) if kind == "windows" else index_array(np.asarray(lazy))
    positions = np.arange(len(table))[some]
    mean, scale = fit_mean_and_scale(found.take(positions))
    scaler = StandardScaler().fit(dense.reshape(-1, 2))
    np.testing.assert_allclose(mean, scaler.mean_, rtol=1e-12)
    np.testing.assert_allclose(scale, scaler.scale_, rtol=1e-12)


def test_only_rows_inside_the_windows_are_scaled():
    table, _ = series()
    found = window_index_of(windows(table, window=3, lead=0))
    read = UNSCALED.transform(found.take(np.arange(20, 30)))
    rows, start, count = read.rows, read.start, read.count
    np.testing.assert_array_equal(rows, table.to_numpy(np.float32)[18:30])
    np.testing.assert_array_equal(start, np.arange(10))
    np.testing.assert_array_equal(count, 3)


def test_windows_without_steps_leave_no_rows():
    read = UNSCALED.transform(index_array(np.full((3, 4, 2), np.nan)))
    assert read.rows.shape == (0, 2)
    assert read.start.tolist() == read.count.tolist() == [0, 0, 0]


def test_constant_features_have_scale_one():
    X = np.full((20, 3, 2), 1e6 + 0.1)
    X[..., 1] = np.random.default_rng(0).normal(1e6, 0.01, size=(20, 3))
    mean, scale = fit_mean_and_scale(index_array(X))
    assert scale[0] == 1.0
    np.testing.assert_allclose(scale[1], X[..., 1].std(), rtol=1e-6)
    np.testing.assert_allclose(mean, X.mean(axis=(0, 1)))


def test_float32_stays_and_predicts_like_float64():
    X, y, _ = sequences()
    assert index_array(X.astype(np.float32)).rows.dtype == np.float32
    small, large = (forecaster().fit(X.astype(t), y).predict(X.astype(t)) for t in "fd")
    np.testing.assert_allclose(small, large, rtol=1e-3, atol=1e-4)
    assert small.dtype == np.float64


def test_a_step_with_some_features_missing_is_an_error():
    X, y, _ = sequences()
    X[7, 2, 1] = np.nan
    X[9, 0, 1] = np.nan
    message = r"2 steps .* first at X\[7, 2\], in features \[1\].*set these steps to NaN as a whole"
    with pytest.raises(ValueError, match=message):
        forecaster().fit(X, y)


@pytest.mark.parametrize("where", [np.s_[:, :2], np.s_[:, 3:], np.s_[:, 1:3], np.s_[::2, 2]])
def test_steps_that_are_missing_are_skipped(where):
    # The same steps with and without holes between them are the same sequences.
    X, y, _ = sequences()
    X[where] = np.nan
    padded = np.full((len(X), 8, 2), np.nan)
    for sample, target in zip(X, padded, strict=True):
        steps = sample[~np.isnan(sample).all(axis=1)]
        target[1 : 1 + len(steps)] = steps
    np.testing.assert_allclose(
        forecaster().fit(X, y).predict(X), forecaster().fit(padded, y).predict(padded), rtol=1e-6
    )


def test_a_sequence_without_steps_is_predicted_and_not_trained_on():
    X, y, _ = sequences()
    X[5] = np.nan
    strange = y.copy()
    strange[5] = 1e9
    model = forecaster().fit(X, strange)
    rest = np.arange(len(X)) != 5
    alone = forecaster().fit(X[rest], y[rest])
    np.testing.assert_allclose(model.predict(X)[rest], alone.predict(X[rest]), rtol=1e-6)
    assert np.isfinite(model.predict(X)[5])
    with pytest.raises(ValueError, match="all steps of all 60 windows are"):
        forecaster().fit(np.full_like(X, np.nan), y)
