"""Where forecasts are relative, a feature that stands still in the windows is not lost."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline

from sklstm import LSTMForecaster, SequenceWindower
from sklstm.preprocessing._array_index import index_array
from sklstm.training._some_windows import some_windows, still_features

N_LAGS = 8


def lags_and_covariates(*covariates):
    """Lags of a series that each covariate moves by as much, and the covariates, repeated."""
    rng = np.random.default_rng(0)
    y = rng.normal(size=len(covariates[0]))
    for row in range(1, len(y)):
        y[row] = 0.9 * y[row - 1] + sum(of[row] for of in covariates) + 0.1 * rng.normal()
    X = [
        np.stack([y[row - N_LAGS : row], *(np.full(N_LAGS, of[row]) for of in covariates)], axis=1)
        for row in range(N_LAGS, len(y))
    ]
    return np.array(X), y[N_LAGS:]


def noise(seed=1):
    return np.random.default_rng(seed).normal(size=1_500)


def flag(seed=1):
    return (np.random.default_rng(seed).random(1_500) < 0.3).astype(float)


def error_beside_ridge(X, y, **parameters):
    model = LSTMForecaster(random_state=0, **parameters).fit(X[:1_000], y[:1_000])
    flat = X.reshape(len(X), -1)
    ridge = Ridge().fit(flat[:1_000], y[:1_000])
    errors = [model.predict(X[1_000:]), ridge.predict(flat[1_000:])]
    return [np.abs(predicted - y[1_000:]).mean() for predicted in errors]


@pytest.mark.parametrize("anchor", ["auto", "last", "mean"])
@pytest.mark.parametrize("covariates", [[noise()], [flag()], [noise(), flag(2)]])
def test_values_repeated_in_each_step_are_read(covariates, anchor):
    own, ridge = error_beside_ridge(*lags_and_covariates(*covariates), target=0, anchor=anchor)
    # Without them the error is that of the covariates, six times as large.
    assert own < 1.6 * ridge


def test_what_belongs_to_a_series_is_read():
    rng = np.random.default_rng(0)
    tables = []
    for shop in range(150):
        slope, noisy = rng.normal(), rng.normal(scale=0.3, size=10)
        rows = {"sales": np.cumsum(slope + noisy) + 5 * rng.normal(), "slope": slope}
        time = pd.date_range("2024-01-01", periods=10, freq="D", name="date")
        tables.append(pd.DataFrame(rows, index=time).assign(shop=shop))
    table = pd.concat(tables).sort_index(kind="stable")
    model = make_pipeline(
        SequenceWindower(window=2, lead=1, by="shop"), LSTMForecaster(random_state=0)
    )
    known = (table.index < "2024-01-09").astype(bool)
    train = table[known]
    predicted = model.fit(train, train["sales"]).predict(table)[~known]
    error = np.abs(predicted - table["sales"][~known]).mean()
    # The noise alone, around a random walk with the known slope, is 0.24.
    assert error < 0.28


def test_a_window_of_one_step_tells_its_covariates():
    covariate = noise()
    X, y = lags_and_covariates(covariate)
    own, ridge = error_beside_ridge(X[:, -1:], y, target=0)
    assert own < 1.6 * ridge


def test_several_targets_read_what_stands_still_once():
    X, y = lags_and_covariates(noise())
    X = np.concatenate([X, 2 * X[..., :1]], axis=2)
    targets = np.stack([y, 2 * y], axis=1)
    model = LSTMForecaster(target=[0, 2], random_state=0).fit(X[:1_000], targets[:1_000])
    assert model.network_.spec.patches.level_of == (1,)
    error = np.abs(model.predict(X[1_000:]) - targets[1_000:]).mean()
    # Without it 1.2.
    assert error < 0.4


def test_features_that_move_are_read_as_they_were():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, N_LAGS, 3))
    X[..., 2] = 4.0
    model = LSTMForecaster(target=0, random_state=0, epochs=1).fit(X, X[:, -1, 0] + X[:, 0, 1])
    # Of the past of the target the level is read anyway; a constant feature tells nothing.
    assert model.network_.spec.patches.level_of == (0,)


def test_a_fit_that_goes_on_keeps_what_it_reads():
    X, y = lags_and_covariates(flag())
    model = LSTMForecaster(target=0, random_state=0, epochs=1)
    model.partial_fit(X[:500], y[:500])
    moving = X[500:].copy()
    moving[..., 1] = np.random.default_rng(0).normal(size=moving.shape[:2])
    model.partial_fit(moving, y[500:])
    assert model.network_.spec.patches.level_of == (0, 1)


def test_still_features_are_those_of_a_loop():
    rng = np.random.default_rng(0)
    X = rng.integers(0, 2, size=(400, 3, 6)).astype(float)
    X[:, :, 1] = X[:, :1, 1]
    X[:, :, 2] = 7.0
    X[:, :, 3] = rng.normal(size=(400, 3))
    X[:, :, 4] = rng.random((400, 3)) < 0.2
    X[:, 1] = np.where(rng.random((400, 1)) < 0.3, np.nan, X[:, 1])

    def is_still(feature):
        windows = [window[~np.isnan(window[:, feature]), feature] for window in X]
        constant = sum(len(set(window)) == 1 for window in windows)
        return constant >= 200 and len({value for window in windows for value in window}) > 1

    expected = tuple(feature for feature in range(6) if is_still(feature))
    assert expected == (1, 4)
    assert still_features(some_windows(index_array(X))[1]) == expected


def test_some_windows_are_few_and_spread():
    X = np.arange(30_000.0).reshape(10_000, 3, 1)
    _, some = some_windows(index_array(X))
    assert len(some) == 2_000
    assert some[0, 0, 0] == 0
    assert some[-1, -1, 0] == 29_999
