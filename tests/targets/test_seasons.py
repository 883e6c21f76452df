"""The seasonal profile that forecasts are relative to."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.pipeline import make_pipeline

from sklstm import LSTMForecaster, SequenceWindower
from sklstm.datasets import load_australian_temperatures
from sklstm.forecasting import Climatology, backtest
from sklstm.model_selection import PanelTimeSeriesSplit
from sklstm.targets._harmonics import fit_profiles
from tests import reference
from tests.estimators.helpers import zero_weights


def waves(n_cycles, length, *, noise, n_harmonics=2, seed=0):
    """A season of some harmonics, under noise."""
    rng = np.random.default_rng(seed)
    time = np.arange(n_cycles * length)
    angle = 2 * np.pi * np.outer(time, np.arange(1, n_harmonics + 1)) / length
    season = np.sin(angle) @ rng.normal(size=n_harmonics) + np.cos(angle[:, 0])
    return time, season, season + noise * rng.normal(size=len(time))


@pytest.mark.parametrize("length", [2, 5, 12, 24])
@pytest.mark.parametrize("noise", [0.01, 1.0])
@pytest.mark.parametrize("n_cycles", [2, 4, 10])
def test_harmonics_are_chosen_by_leaving_cycles_out(length, noise, n_cycles):
    time, _, values = waves(n_cycles, length, noise=noise)
    # The order of the rows does not matter.
    order = np.random.default_rng(1).permutation(len(time))
    series = np.zeros(len(time), dtype=int)
    profiles = fit_profiles(values[order, None], series, time[order], length, 1)
    expected = reference.seasonal_profile(values, time, length, min(5, n_cycles))
    assert profiles.shape == (2, length, 1)
    assert_allclose(profiles[0, :, 0], expected, atol=1e-9)
    assert_allclose(profiles[1], profiles[0])


def test_every_series_has_a_profile_and_all_have_the_same_harmonics():
    time, season, one = waves(6, 12, noise=0.5)
    _, _, two = waves(6, 12, noise=0.5, seed=3)
    both = np.r_[one, two][:, None]
    series = np.repeat([0, 1], len(time))
    profiles = fit_profiles(both, series, np.r_[time, time], 12, 2)
    spectrum = np.abs(np.fft.rfft(profiles[:2, :, 0], axis=1)) > 1e-9
    assert_array_equal(spectrum[0], spectrum[1])
    assert_allclose(profiles[2], profiles[:2].mean(axis=0), atol=1e-9)
    # Smoothed, a profile is nearer to the season than the means of its steps are.
    rough = one.reshape(6, 12).mean(axis=0)
    assert spectrum[0].sum() < 7
    assert np.abs(profiles[0, :, 0] - season[:12]).mean() < np.abs(rough - season[:12]).mean()


def test_steps_that_a_series_has_not_seen_are_those_of_the_others():
    time, _, values = waves(1, 12, noise=0.5)
    half = slice(0, 6)
    series = np.repeat([0, 1], [12, 6])
    profiles = fit_profiles(
        np.r_[values, values[half] + 1][:, None], series, np.r_[time, time[half]], 12, 2
    )
    # One cycle: nothing to leave out, and nothing smoothed.
    assert_allclose(profiles[0, :, 0], values)
    assert_allclose(profiles[1, :6, 0], values[half] + 1)
    assert_allclose(profiles[1, 6:, 0], values[6:])
    assert_allclose(profiles[2, :6, 0], values[half] + 0.5)
    nobody = fit_profiles(values[half, None], series[:6], time[half], 12, 1)
    assert_array_equal(nobody[0, 6:, 0], 0)


def test_a_long_season_is_smoothed_to_few_waves():
    time, season, values = waves(3, 8760, noise=1.0, n_harmonics=3)
    profile = fit_profiles(values[:, None], np.zeros(len(time), dtype=int), time, 8760, 1)[0, :, 0]
    assert np.abs(profile - season[:8760]).mean() < 0.1


def forecast_with_zero_weights(frame, **params):
    """Forecast with a network that adds nothing to the season."""
    model = make_pipeline(
        SequenceWindower(window=6, lead=1),
        LSTMForecaster(
            plain=True, horizon=3, units=4, epochs=1, shrink=False, random_state=0, **params
        ),
    ).fit(frame, frame["value"])
    zero_weights(model[-1])
    return model.predict(frame), model[-1]


def test_forecasts_are_relative_to_the_season():
    time, _, values = waves(8, 24, noise=0.3)
    index = pd.date_range("2024-01-01", periods=len(time), freq="h")
    frame = pd.DataFrame({"value": 10 + values}, index=index)
    level = frame["value"].mean()
    phase = index.hour.to_numpy()
    profile = reference.seasonal_profile(frame["value"].to_numpy() - level, time, 24, 5)
    predictions, _ = forecast_with_zero_weights(frame, season=24)
    for lead in range(3):
        assert_allclose(predictions[:, lead], level + profile[(phase + lead) % 24], atol=1e-6)
    by_alias, forecaster = forecast_with_zero_weights(frame, season="D")
    assert forecaster.network_.target_transform.seasons.lengths == (24,)
    assert_allclose(by_alias, predictions)


def test_two_seasons_are_learned_one_after_the_other():
    hours = np.arange(4 * 168)
    index = pd.date_range("2024-01-01", periods=len(hours), freq="h")
    day, week = np.sin(2 * np.pi * hours / 24), np.cos(2 * np.pi * hours / 168)
    frame = pd.DataFrame({"value": day + week}, index=index)
    predictions, _ = forecast_with_zero_weights(frame, season=("D", 168))
    assert_allclose(predictions[:-3, 1], frame["value"].to_numpy()[1:-2], atol=1e-6)


@pytest.mark.slow
def test_the_defaults_beat_the_climatology_of_real_stations():
    stations = load_australian_temperatures()
    model = make_pipeline(
        SequenceWindower(window=18, lead=1, by="station"),
        LSTMForecaster(plain=True, horizon=18, season=12, random_state=0),
    )
    errors = backtest(
        model,
        stations,
        stations["temperature"],
        PanelTimeSeriesSplit(n_splits=4, test_size=18, step=6),
        baselines={"climatology": Climatology(12)},
        origins="first",
    )
    mean = errors.groupby("model")["mean_absolute_error"].mean()
    simple = mean.pop("climatology")
    assert mean.item() < 0.87
    assert_allclose(simple, 0.891, atol=0.001)
