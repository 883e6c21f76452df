"""What a trial says: how much forecasts are shrunk, and how far quantiles are spread."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import keras
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone

from sklstm import LSTMForecaster
from sklstm.targets._shrinkage import spread_of_quantiles
from sklstm.targets._target_layout import TargetLayout
from tests.estimators.helpers import forecaster, sequences, series, windows, zero_weights

N, HORIZON = 120, 3


def table(noise, seed=0):
    """Monthly values around a season: noise, or a pattern that the past predicts."""
    rng = np.random.default_rng(seed)
    index = pd.date_range("2010-01-31", periods=N, freq="ME")
    season = np.sin(2 * np.pi * np.arange(N) / 12)
    drift = np.sin(np.arange(N) / 4)
    value = 5 * season + (rng.normal(size=N) if noise else drift)
    return pd.DataFrame({"value": value}, index=index)


def fitted(frame, **params):
    params = {"horizon": HORIZON, "season": 12, "epochs": 60, "units": 8} | params
    X, y = windows(frame, window=8), frame["value"]
    return forecaster(**params).fit(X, y), X, y


def relative(model, X, shape=(-1, HORIZON)):
    """What a fit adds to its season, and the season itself."""
    silent = clone(model)
    silent.__dict__.update(vars(model))
    zero_weights(silent)
    return (model.predict(X) - silent.predict(X)).reshape(shape), silent.predict(X).reshape(shape)


@pytest.mark.parametrize("params", [{}, {"decoder": "lstm"}, {"n_members": 2}, {"anchor": "last"}])
def test_the_slope_is_that_of_the_same_fit_on_two_thirds(params):
    frame = table(noise=True)
    model, X, y = fitted(frame, **params)
    first, last = slice(0, 80), slice(80, N)
    trial = fitted(frame, shrink=False, **params)[0].fit(X[first], y[first])
    y_pred, expected = relative(trial, X[last])
    y_true = trial.actuals(X[last], y[last]) - expected
    observed = ~np.isnan(y_true)
    slope = (y_pred[observed] @ y_true[observed]) / (y_pred[observed] @ y_pred[observed])
    assert_allclose(model.shrinkage_, [np.clip(slope, 0, 1)], rtol=1e-4, atol=1e-6)
    # All that the network adds is shrunk, and nothing else has changed.
    free = fitted(frame, shrink=False, **params)[0]
    assert not hasattr(free, "shrinkage_")
    plain, silent = relative(free, X)
    assert_allclose(model.predict(X), silent + model.shrinkage_ * plain, atol=1e-4)


def test_forecasts_of_noise_are_shrunk_and_those_of_a_pattern_are_not():
    noise, pattern = fitted(table(noise=True))[0], fitted(table(noise=False))[0]
    assert noise.shrinkage_[0] < 0.3
    assert pattern.shrinkage_[0] > 0.8


def test_each_target_has_its_own():
    noise, pattern = table(noise=True), table(noise=False)
    frame = pd.concat([noise, pattern], axis=1, keys=["noise", "pattern"]).droplevel(1, axis=1)
    model = forecaster(horizon=HORIZON, season=12, epochs=60, units=8)
    model.fit(windows(frame, window=8), frame)
    assert model.shrinkage_.shape == (2,)
    assert model.shrinkage_[0] < 0.4 < 0.7 < model.shrinkage_[1]


def test_of_quantiles_the_median_is_shrunk_and_the_others_are_spread_around_it():
    quantiles = (0.1, 0.5, 0.9)
    model, X, _ = fitted(table(noise=True), quantiles=quantiles)
    free, _, _ = fitted(table(noise=True), quantiles=quantiles, shrink=False)
    spread = model.network_.target_transform.spread[0]
    assert spread.shape == (3,)
    assert spread.min() >= 1
    assert spread[1] == 1
    assert spread.max() > 1.1
    distances = [
        of.predict_quantiles(X) - of.predict_quantiles(X)[..., [1]] for of in (model, free)
    ]
    assert_allclose(distances[0], spread * distances[1], atol=1e-3)
    plain, silent = relative(free, X)
    assert_allclose(model.predict(X), silent + model.shrinkage_ * plain, atol=1e-4)
    assert model.shrinkage_[0] < 1
    # Training that goes on keeps it.
    resumed = model.set_params(warm_start=True).fit(X, table(noise=True)["value"])
    assert_array_equal(resumed.network_.target_transform.spread[0], spread)


@pytest.mark.parametrize("weighted", [False, True])
def test_quantiles_of_the_trial_are_exceeded_as_often_as_they_say(weighted):
    rng = np.random.default_rng(0)
    quantiles = (0.05, 0.3, 0.5, 0.8)
    layout = TargetLayout(2, quantiles=quantiles)
    y_true = rng.normal(size=(4_000, 2)) * [1.0, 4.0]
    y_true[rng.random(4_000) < 0.1, 1] = np.nan
    # Those of a normal distribution of half the width, around a median that says too much.
    normal = np.array([-1.645, -0.524, 0.0, 0.842])
    y_pred = rng.normal(size=(4_000, 2, 1)) + 0.5 * normal
    weights = rng.integers(0, 4, size=4_000).astype(float) if weighted else np.ones(4_000)
    factor = np.array([0.2, 0.0])
    spread = spread_of_quantiles(y_true, y_pred, factor, layout, weights if weighted else None)
    median = y_pred[..., [2]]
    shrunk = factor[:, None] * median + spread * (y_pred - median)
    for target in range(2):
        observed = ~np.isnan(y_true[:, target])
        for position, level in enumerate(quantiles):
            below = y_true[observed, target] <= shrunk[observed, target, position]
            part = np.average(below, weights=weights[observed])
            if position != 2:
                assert part == pytest.approx(level, abs=0.002)
    assert spread[0, 3] == pytest.approx(2, abs=0.3)


def test_no_quantile_is_drawn_closer_or_spread_without_end():
    layout = TargetLayout(1, quantiles=(0.1, 0.5, 0.9))
    y_true = np.linspace(-1, 1, 101)[:, None]
    wide, narrow = (np.tile([-of, 0.0, of], (101, 1, 1)) for of in (5.0, 0.01))
    one = np.ones(1)
    assert_array_equal(spread_of_quantiles(y_true, wide, one, layout), [[1, 1, 1]])
    assert_array_equal(spread_of_quantiles(y_true, narrow, one, layout), [[10, 1, 10]])
    # Where no quantile is apart from the median, nothing is learned.
    assert_array_equal(spread_of_quantiles(y_true, 0 * wide, one, layout), [[1, 1, 1]])
    assert spread_of_quantiles(y_true, wide[..., :1], one, TargetLayout(1)) is None


@pytest.mark.slow
def test_intervals_of_few_rows_cover_new_ones():
    rng = np.random.default_rng(0)
    inside = {"auto": [], False: []}
    for _ in range(4):
        value = np.zeros(1_500)
        for row in range(1, 1_500):
            value[row] = 0.9 * value[row - 1] + rng.normal()
        frame = pd.DataFrame({"value": value}, pd.date_range("2024", periods=1_500, freq="h"))
        X = windows(frame, window=24)
        for shrink, parts in inside.items():
            model = LSTMForecaster(
                horizon=12, quantiles=(0.05, 0.5, 0.95), shrink=shrink, random_state=0
            ).fit(X[:500], value[:500])
            actual = model.actuals(X[500:], value[500:])[:-12]
            low, _, high = np.moveaxis(model.predict_quantiles(X[500:])[:-12], -1, 0)
            parts.append(np.mean((low <= actual) & (actual <= high)))
    assert 0.86 < np.mean(inside["auto"]) < 0.98
    assert np.mean(inside[False]) < 0.75


def test_without_a_season_forecasts_are_shrunk_only_on_request():
    frame, y = series(N)
    X = windows(frame)
    assert not hasattr(forecaster(horizon=HORIZON).fit(X, y), "shrinkage_")
    model = forecaster(horizon=HORIZON, shrink=True).fit(X, y)
    assert 0 <= model.shrinkage_[0] <= 1
    # The exported network is shrunk, too.
    assert_allclose(
        model.keras_model_.predict(np.asarray(X), verbose=0), model.predict(X), atol=1e-4
    )
    early = forecaster(season=24, early_stopping=True)
    assert not hasattr(early.fit(X, y), "shrinkage_")
    assert hasattr(early.set_params(shrink=True).fit(X, y), "shrinkage_")
    # A fit without shrinkage removes the factor of an earlier fit.
    assert not hasattr(early.set_params(shrink=False).fit(X, y), "shrinkage_")


def test_one_step_ahead_and_given_horizon_targets():
    frame = table(noise=True)
    one = fitted(frame, horizon=1)[0]
    assert one.shrinkage_.shape == (1,)
    X, y = windows(frame, window=8), frame["value"].to_numpy()
    targets = np.lib.stride_tricks.sliding_window_view(y, HORIZON)
    model = forecaster(horizon=HORIZON, shrink=True).fit(X[: len(targets)], targets)
    assert model.shrinkage_.shape == (1,)


def test_the_trial_does_not_change_how_the_network_is_trained():
    frame = table(noise=True)
    seen: list[int] = []

    class Note(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            seen.append(epoch)

    model, _, _ = fitted(frame, epochs=3, callbacks=[Note()])
    free, _, _ = fitted(frame, epochs=3, shrink=False)
    assert len(model.callbacks_) == 1
    assert_array_equal(model.history_, free.history_)
    for ours, plain in zip(model.network_.weights[0], free.network_.weights[0], strict=True):
        assert_array_equal(ours, plain)


def test_a_warm_start_keeps_the_factor_and_resumes_from_unshrunk_weights():
    frame = table(noise=True)
    model, X, y = fitted(frame, warm_start=True)
    free = fitted(frame, warm_start=True, shrink=False)[0].fit(X, y)
    before = model.shrinkage_
    model.fit(X, y)
    assert_array_equal(model.shrinkage_, before)
    for ours, plain in zip(model.network_.weights[0], free.network_.weights[0], strict=True):
        assert_array_equal(ours, plain)
    # Forecasts are multiplied by the factor that is reported.
    plain, silent = relative(free, X)
    assert_allclose(model.predict(X), silent + before * plain, atol=1e-6)
    assert not hasattr(forecaster(season=12).partial_fit(X, y), "shrinkage_")


@pytest.mark.filterwarnings("ignore:season=.* no series of X covers two such cycles")
def test_without_enough_timestamps_for_a_trial_nothing_is_shrunk():
    frame = table(noise=True)[:10]
    model, _, _ = fitted(frame, horizon=7, epochs=2)
    assert not hasattr(model, "shrinkage_")
    assert hasattr(fitted(frame, horizon=6, epochs=2)[0], "shrinkage_")


def test_a_series_that_starts_late_is_left_out_of_the_trial():
    long, short = table(noise=True), table(noise=True, seed=1)[70:]
    frame = pd.concat({"long": long, "short": short}, names=["place", "time"]).sort_index(level=1)
    X = windows(frame, window=8, by="place")
    model = forecaster(horizon=12, season=12).fit(X, frame["value"])
    alone = forecaster(horizon=12, season=12, shrink=False)
    by_hand = frame.index.get_level_values("place") == "long"
    when = frame.index.get_level_values("time")
    first, last = by_hand & (when < long.index[80]), by_hand & (when >= long.index[80])
    alone.fit(X[np.flatnonzero(first)], frame["value"][first])
    y_pred, expected = relative(alone, X[np.flatnonzero(last)], (-1, 12))
    y_true = alone.actuals(X[np.flatnonzero(last)], frame["value"][last]) - expected
    observed = ~np.isnan(y_true)
    slope = (y_pred[observed] @ y_true[observed]) / (y_pred[observed] @ y_pred[observed])
    assert_allclose(model.shrinkage_, [np.clip(slope, 0, 1)], rtol=1e-4, atol=1e-6)


def test_what_has_no_time_is_refused():
    X, value, _ = sequences()
    with pytest.raises(ValueError, match="shrink=True tries the network out on the last third"):
        forecaster(shrink=True).fit(X, value)
    frame, y = series()
    with pytest.raises(ValueError, match="shrink=True and stateful=True exclude each other"):
        forecaster(shrink=True, stateful=True).fit(windows(frame), y)
