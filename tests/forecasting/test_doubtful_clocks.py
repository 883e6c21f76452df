"""Tests of forecasts, predictions and streams on clocks that real labels leave in doubt."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import warnings

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from sklearn.pipeline import make_pipeline

from sklstm import SequenceWindower, forecast, stream
from tests.estimators.helpers import forecaster
from tests.preprocessing.test_doubtful_clocks import (
    HOURS,
    TEN_MINUTES,
    moved,
    on_day,
    random_minutes,
)


def wave(index, period=12):
    values = np.sin(2 * np.pi * np.arange(len(index)) / period)
    return pd.DataFrame({"v": values}, index=index)


def fitted(X, horizon=3, **windower):
    model = make_pipeline(SequenceWindower(6, lead=1, **windower), forecaster(horizon=horizon))
    return model.fit(X, X["v"])


def test_months_on_the_fifteenth_are_forecast():
    X = wave(on_day(15, n=60))
    assert list(forecast(fitted(X), X).index) == list(on_day(15, n=63)[60:])


def test_a_slipped_index_is_forecast_and_predicted():
    X = wave(moved(HOURS, 300, TEN_MINUTES, only=False))
    with pytest.warns(UserWarning, match="taken for the step"):
        model = fitted(X)
    ahead = forecast(model, X)
    assert list(ahead.index) == [X.index[-1] + pd.Timedelta(hours=k) for k in (1, 2, 3)]
    straight = wave(HOURS)
    assert_allclose(ahead, forecast(fitted(straight), straight), rtol=1e-5)


@pytest.mark.parametrize("kind", ["minutes", "integers", "floats", "periods", "array"])
def test_rows_in_their_order_are_predicted_forecast_and_streamed(kind):
    minutes = random_minutes()
    step, index = {
        "minutes": (pd.Timedelta(minutes=7), minutes),
        "integers": (7, pd.Index((minutes - minutes[0]) // pd.Timedelta(minutes=1))),
        "floats": (7.0, pd.Index((minutes - minutes[0]) / pd.Timedelta(minutes=1))),
        "periods": (pd.offsets.Minute(7), minutes.to_period("min")),
        "array": (1, pd.RangeIndex(400)),
    }[kind]
    X = wave(index)
    table = X.to_numpy() if kind == "array" else X
    model = make_pipeline(SequenceWindower(6, lead=1, freq="rows"), forecaster(horizon=3))
    model.fit(table, X["v"].to_numpy())
    by_position = fitted(wave(pd.RangeIndex(400)))
    assert_allclose(model.predict(table), by_position.predict(wave(pd.RangeIndex(400))), rtol=1e-5)
    ahead = forecast(model, table)
    assert_allclose(ahead, forecast(by_position, wave(pd.RangeIndex(400))), rtol=1e-5)
    assert list(ahead.index) == [index[-1] + k * step for k in (1, 2, 3)]
    live = stream(model)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "X has no index")
        pushed = live.push_many(table[:50])
        assert_allclose(pushed[:-1], model.predict(table)[1:50], rtol=1e-5)


def test_text_in_its_order_cannot_be_continued():
    X = wave(pd.Index([f"n{k:03d}" for k in range(60)]))
    model = fitted(X, freq="rows")
    with pytest.raises(ValueError, match="without a regular step, so the labels after n059"):
        forecast(model, X)


def test_weekends_are_not_forecast_in_silence():
    days = pd.bdate_range("2025-01-01", periods=90)
    X = wave(pd.DatetimeIndex(list(days)))
    model = fitted(X, horizon=5)
    with pytest.warns(UserWarning, match="holds Saturday and Sunday, but no row .*freq='B'"):
        forecast(model, X)
    for freq in ("B", "D"):
        forecast(fitted(X, horizon=5, freq=freq), X)
    forecast(fitted(wave(days), horizon=5), wave(days))
    every = wave(pd.date_range("2025-01-01", periods=90))
    forecast(fitted(every, horizon=5), every)


def test_other_days_off_are_not_forecast_in_silence():
    week = pd.offsets.CustomBusinessDay(weekmask="Sun Mon Tue Wed Thu")
    X = wave(pd.DatetimeIndex(list(pd.date_range("2025-01-01", periods=90, freq=week))))
    with pytest.warns(UserWarning, match="Friday and Saturday, .*CustomBusinessDay"):
        forecast(fitted(X, horizon=7), X)
    hours = pd.date_range("2025-01-01", periods=24 * 60, freq="h")
    X = wave(hours[hours.day_of_week < 5])
    X = X[:"2025-02-21 22:00"]
    with pytest.warns(UserWarning, match="holds Saturday, but no row"):
        forecast(fitted(X, horizon=3), X)
