"""Prediction intervals and their coverage."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.pipeline import make_pipeline

from sklstm import (
    ConformalForecaster,
    LSTMForecaster,
    PanelTimeSeriesSplit,
    SequenceWindower,
)
from sklstm.datasets import load_airport_weather
from tests.estimators.test_horizon import of_panel, panel


def linear(n, seed=0, n_targets=1):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 2))
    noise = rng.standard_t(5, size=(n, n_targets)) * np.arange(1, n_targets + 1)
    y = X[:, :1] + noise
    return X, y[:, 0] if n_targets == 1 else y


@pytest.mark.parametrize("coverage", [0.5, 0.8, 0.95])
def test_any_regressor_has_the_coverage_asked_for(coverage):
    X, y = linear(4000, n_targets=3)
    model = ConformalForecaster(Ridge(), calibration_size=1500, refit=False).fit(X, y)
    X, y = linear(20_000, seed=1, n_targets=3)
    low, high = np.moveaxis(model.predict_interval(X, coverage), -1, 0)
    inside = ((low <= y) & (y <= high)).mean(axis=0)
    # The standard deviation of the coverage over calibrations of 1,500 is at most 0.013.
    assert_allclose(inside, coverage, atol=0.04)


def test_the_margin_is_the_quantile_of_the_errors_of_the_last_part():
    X, y = linear(100)
    model = ConformalForecaster(LinearRegression(), calibration_size=0.2).fit(X, y)
    first = LinearRegression().fit(X[:80], y[:80])
    errors = np.sort(np.abs(y[80:] - first.predict(X[80:])))
    assert_allclose(np.sort(model.scores_[:, 0, 0]), errors)
    interval = model.predict_interval(X, coverage=0.8)
    # ceil(21 * 0.8) = 17
    assert_allclose(interval[:, 1] - model.predict(X), errors[16])
    assert_allclose(model.predict(X), LinearRegression().fit(X, y).predict(X))


def test_multi_step_forecasts_have_a_margin_for_each_step():
    frame = panel(n=120)
    model = ConformalForecaster(of_panel(season=24), calibration_size=40)
    model.fit(frame, frame["temp"])
    assert model.scores_.shape == (120, 4, 1)
    # The last three rows lack steps ahead.
    assert np.isnan(model.scores_[..., 0]).sum(axis=0).tolist() == [0, 3, 6, 9]
    interval = model.predict_interval(frame)
    predictions = model.predict(frame)
    assert interval.shape == (*predictions.shape, 2)
    widths = interval[..., 1] - interval[..., 0]
    assert_allclose(widths, np.broadcast_to(widths[:1], widths.shape))
    assert_allclose(interval.mean(axis=-1), predictions)
    fitted = clone(of_panel(season=24)).fit(frame[: 80 * 3 - 2], frame["temp"][: 80 * 3 - 2])
    later = frame[80 * 3 - 2 :]
    windows = fitted[:-1].transform(later)
    errors = np.abs(fitted[-1].actuals(windows, later["temp"]) - fitted[-1].predict(windows))
    assert_allclose(model.scores_[..., 0], errors)


def test_quantiles_are_widened_by_the_same_at_each_row():
    frame = panel(n=120)
    forecaster = of_panel(quantiles=(0.1, 0.5, 0.9))
    model = ConformalForecaster(forecaster, calibration_size=40, refit=False)
    interval = model.fit(frame, frame["temp"]).predict_interval(frame, coverage=0.8)
    fitted = model.forecaster_
    quantiles = fitted[-1].predict_quantiles(fitted[:-1].transform(frame))
    wider = quantiles[..., 0] - interval[..., 0]
    assert_allclose(wider, np.broadcast_to(wider[:1], wider.shape), atol=1e-9)
    assert_allclose(interval[..., 1] - quantiles[..., -1], wider, atol=1e-9)


def test_the_last_part_is_the_last_in_time():
    frame = panel(n=60)
    shuffled = frame.sample(frac=1, random_state=0)
    one = ConformalForecaster(of_panel(season=24, shuffle=False, epochs=1)).fit(
        frame, frame["temp"]
    )
    two = ConformalForecaster(of_panel(season=24, shuffle=False, epochs=1)).fit(
        shuffled, shuffled["temp"]
    )
    assert np.isnan(two.scores_).sum() == np.isnan(one.scores_).sum()


def test_several_targets():
    index = pd.date_range("2024-01-01", periods=90, freq="h")
    values = np.random.default_rng(0).normal(size=(90, 2)).cumsum(axis=0)
    frame = pd.DataFrame(values, columns=["a", "b"], index=index)
    forecaster = LSTMForecaster(plain=True, horizon=3, units=2, epochs=1, random_state=0)
    model = ConformalForecaster(make_pipeline(SequenceWindower(3, lead=1), forecaster))
    assert model.fit(frame, frame).predict_interval(frame).shape == (90, 3, 2, 2)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"calibration_size": 100}, "leaves nothing to fit on: X has n_samples = 100"),
        ({"calibration_size": 1.5}, "'calibration_size' parameter of ConformalForecaster"),
    ],
)
def test_what_it_refuses(params, message):
    X, y = linear(100)
    with pytest.raises(ValueError, match=message):
        ConformalForecaster(Ridge(), **params).fit(X, y)


def test_too_few_calibrations_for_the_coverage():
    X, y = linear(100)
    model = ConformalForecaster(Ridge(), calibration_size=10).fit(X, y)
    with pytest.raises(ValueError, match=r"coverage=0.95 needs at least 19 rows .* there are 10"):
        model.predict_interval(X, coverage=0.95)
    with pytest.raises(ValueError, match="coverage must lie between 0 and 1; got 90"):
        model.predict_interval(X, coverage=90)
    before = model.predict(X)
    with pytest.raises(ValueError, match="leaves nothing"):
        model.set_params(calibration_size=100).fit(X, y)
    assert_array_equal(model.predict(X), before)


@pytest.mark.slow
def test_nine_hours_of_ten_lie_inside_at_three_airports():
    weather = load_airport_weather()
    hour = 2 * np.pi * weather.index.get_level_values("time").hour / 24
    weather = weather.assign(hour_sin=np.sin(hour), hour_cos=np.cos(hour))
    temp = weather["temp"]
    forecaster = LSTMForecaster(plain=True, horizon=24, quantiles=(0.05, 0.5, 0.95), random_state=0)
    pipeline = make_pipeline(SequenceWindower(48, lead=1, by="airport"), forecaster)
    model, inside = ConformalForecaster(pipeline), []
    for train, test in PanelTimeSeriesSplit(n_splits=4, test_size=720).split(weather):
        model.fit(weather.iloc[train], temp.iloc[train])
        rows = weather.iloc[test]
        low, high = np.moveaxis(model.predict_interval(rows, coverage=0.9), -1, 0)
        fitted = model.forecaster_
        y_true = fitted[-1].actuals(fitted[:-1].transform(rows), temp.iloc[test])
        inside.append(np.where(np.isnan(y_true), np.nan, (low <= y_true) & (y_true <= high)))
    covered = np.nanmean(np.concatenate(inside), axis=0)
    for leads in (slice(0, 6), slice(6, 12), slice(12, 24)):
        assert 0.87 <= covered[leads].mean() <= 0.93


@pytest.mark.parametrize("refit", [False, True])
def test_the_quantiles_inside_are_as_trained(refit):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"y": rng.normal(size=300)}, pd.date_range("2024", periods=300, freq="h"))
    model = make_pipeline(
        SequenceWindower(window=6, lead=1),
        LSTMForecaster(quantiles=(0.1, 0.5, 0.9), units=2, epochs=3, random_state=0),
    )
    alone = clone(model).fit(frame, frame["y"])
    inside = ConformalForecaster(model, calibration_size=100, refit=refit).fit(frame, frame["y"])
    network = inside.forecaster_[-1].network_
    assert alone[-1].network_.target_transform.spread is not None
    assert all(of.target_transform.spread is None for of in (network, *network.companions))
    # A model that was fitted before is the user's own.
    ConformalForecaster(FrozenEstimator(alone), calibration_size=100).fit(frame, frame["y"])
    assert alone[-1].network_.target_transform.spread is not None
