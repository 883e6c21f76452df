"""A covariate that acts at an exact lag is read step by step, others by the means of patches."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline

from sklstm import LSTMForecaster, SequenceWindower
from sklstm.datasets import load_airport_weather

N_TRAIN, N_TEST, WINDOW = 700, 700, 24


def noise(rng, n):
    return rng.normal(size=n)


def smooth(rng, n):
    return pd.Series(rng.normal(size=n)).rolling(6, min_periods=1).mean().to_numpy() * 2.4


def pulses(rng, n):
    return 3.0 * (rng.random(n) < 0.05)


def driven_by(make, lag, n=N_TRAIN + N_TEST, seed=0):
    """A table of y, what drives it so many hours later, and another column of that kind."""
    rng = np.random.default_rng(seed)
    driver, other = make(rng, n), make(rng, n)
    y = np.append(np.zeros(lag), driver[:-lag]) + 0.4 * rng.normal(size=n)
    index = pd.date_range("2024", periods=n, freq="h")
    return pd.DataFrame({"y": y, "driver": driver, "other": other}, index=index)


def fitted(table, target="y", window=WINDOW, **parameters):
    model = make_pipeline(
        SequenceWindower(window=window, lead=1),
        LSTMForecaster(random_state=0, **{"epochs": 1, **parameters}),
    )
    return model.fit(table, table[target])


def averaged(model):
    """Name the features of which a patch holds the mean."""
    return [model.feature_names_in_[k] for k in model[-1].network_.spec.patches.averaged]


def mean_absolute_errors(table):
    train, y = table[:N_TRAIN], table["y"].to_numpy()
    lags = SequenceWindower(window=WINDOW, lead=1, flatten=True).fit_transform(table)
    own = fitted(train, epochs="auto").predict(table)
    ridge = Ridge().fit(lags[WINDOW:N_TRAIN], y[WINDOW:N_TRAIN]).predict(lags[N_TRAIN:])
    return [np.abs(of - y[N_TRAIN:]).mean() for of in (own[N_TRAIN:], ridge)]


@pytest.mark.slow
@pytest.mark.parametrize(("make", "lag"), [(noise, 3), (noise, 11), (smooth, 5), (pulses, 5)])
def test_an_exact_lag_is_learned(make, lag):
    own, ridge = mean_absolute_errors(driven_by(make, lag))
    # From the means of patches it is twice that of Ridge, or more.
    assert own < 1.25 * ridge


@pytest.mark.parametrize("make", [noise, smooth, pulses])
@pytest.mark.parametrize("horizon", [1, 6])
def test_only_what_drives_is_read_step_by_step(make, horizon):
    assert averaged(fitted(driven_by(make, 5), horizon=horizon)) == ["other"]


def test_it_is_found_in_windows_with_gaps():
    table = driven_by(noise, 3)
    kept = np.random.default_rng(1).random(len(table)) < 0.95
    assert averaged(fitted(table[kept])) == ["other"]


def test_it_is_found_in_a_part_of_the_series():
    tables = [driven_by(noise, 3, n=60, seed=seed) for seed in range(20)]
    table = pd.concat(dict(enumerate(tables)), names=["shop", "time"])
    table = table.swaplevel().sort_index()
    model = make_pipeline(
        SequenceWindower(window=12, lead=1, by="shop"), LSTMForecaster(epochs=1, random_state=0)
    )
    assert averaged(model.fit(table, table["y"])) == ["other"]


def test_it_is_found_for_several_targets():
    table = driven_by(noise, 3)
    table["second"] = table["y"].shift(1, fill_value=0.0) + table["other"]
    model = make_pipeline(
        SequenceWindower(window=WINDOW, lead=1), LSTMForecaster(epochs=1, random_state=0)
    ).fit(table, table[["y", "second"]])
    # Each target is read by itself, as the first feature: the driver and the other come after it.
    assert model[-1].network_.spec.patches.averaged == (2,)


def test_windows_and_their_array_find_the_same():
    table = driven_by(noise, 3)
    windows = SequenceWindower(window=WINDOW, lead=1).fit_transform(table)[WINDOW:]
    y = table["y"].to_numpy()[WINDOW:]
    found = [
        LSTMForecaster(epochs=1, target=0, patch_size=6, random_state=0)
        .fit(of, y)
        .network_.spec.patches.averaged
        for of in (windows, np.asarray(windows))
    ]
    assert found == [(2,), (2,)]


def test_a_fit_that_goes_on_keeps_what_was_found():
    model = fitted(driven_by(noise, 3), warm_start=True)
    table = driven_by(noise, 3, seed=1)
    # Here nothing drives.
    table["driver"] = table["other"]
    assert averaged(model.fit(table, table["y"])) == ["other"]


def test_weather_is_read_by_the_means():
    weather = load_airport_weather().xs("JFK", level="airport")
    weather = weather[["temp", "dewp", "humid", "pressure", "wind_speed"]].dropna()
    model = fitted(weather, target="temp", window=48, horizon=24)
    assert averaged(model) == ["dewp", "humid", "pressure", "wind_speed"]


def test_few_windows_tell_nothing():
    table = driven_by(noise, 3, n=8)
    assert averaged(fitted(table, window=4)) == ["driver", "other"]
