"""Forecasts after the last row: their values, their index, the covariates they need."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklstm import LSTMForecaster, SequenceWindower, forecast
from tests.estimators.helpers import forecaster, series
from tests.estimators.test_horizon import of_panel, panel

TABLE, _ = series(120)
Y = TABLE["temp"]


def one_series(index, **params):
    values = np.sin(np.arange(len(index)) / 3)
    frame = pd.DataFrame({"load": values}, index=index)
    model = make_pipeline(SequenceWindower(5, lead=1), forecaster(**({"horizon": 3} | params)))
    return model.fit(frame, frame["load"]), frame


INDICES = {
    "hours": (
        pd.date_range("2024-03-30", periods=40, freq="h", tz="Europe/Berlin"),
        pd.date_range("2024-03-31 17:00", periods=3, freq="h", tz="Europe/Berlin"),
    ),
    "month ends": (
        pd.date_range("2020-01-31", periods=40, freq="ME"),
        pd.date_range("2023-05-31", periods=3, freq="ME"),
    ),
    "business days": (
        pd.date_range("2024-01-01", periods=40, freq="B"),
        pd.DatetimeIndex(["2024-02-26", "2024-02-27", "2024-02-28"]),
    ),
    "periods": (
        pd.period_range("2020-01", periods=40, freq="M"),
        pd.period_range("2023-05", periods=3, freq="M"),
    ),
    "range": (pd.RangeIndex(100, 140), pd.RangeIndex(140, 143)),
    "gaps": (
        pd.date_range("2024-01-01", periods=42, freq="h").delete([7, 20]),
        pd.date_range("2024-01-02 18:00", periods=3, freq="h"),
    ),
}


@pytest.mark.parametrize("kind", INDICES)
def test_the_index_continues(kind):
    index, expected = INDICES[kind]
    model, frame = one_series(index)
    forecasts = forecast(model, frame)
    assert forecasts.name == "load"
    assert_array_equal(forecasts.index, expected)
    assert forecasts.dtype == np.float64


def test_the_row_numbers_of_an_array_continue():
    values = np.sin(np.arange(60) / 3)[:, None]
    model = make_pipeline(SequenceWindower(5, lead=1), forecaster(horizon=3))
    model.fit(values, values[:, 0])
    forecasts = forecast(model, values)
    assert forecasts.index.tolist() == [60, 61, 62]
    assert forecasts.name == 0


def test_an_index_without_a_step_is_not_continued():
    index = pd.DatetimeIndex(
        np.sort(np.random.default_rng(0).choice(10**6, 40, replace=False)).astype("M8[s]")
    )
    model, frame = one_series(index)
    with pytest.raises(ValueError, match="without a regular step, so the labels after"):
        forecast(model, frame)


def test_a_forecast_is_what_predict_gives_for_the_next_row():
    """Predict is given the next row as well, but reads nothing in it."""
    model = make_pipeline(
        StandardScaler().set_output(transform="pandas"),
        SequenceWindower(6, lead=1),
        forecaster(horizon=4, season=24),
    ).fit(TABLE[:100], Y[:100])
    forecasts = forecast(model, TABLE[:100])
    assert_allclose(forecasts, model.predict(TABLE[:101])[-1], rtol=1e-12)
    assert_array_equal(forecasts.index, TABLE.index[100:104])


def test_the_state_comes_from_all_rows():
    model = make_pipeline(SequenceWindower(6, lead=1), forecaster(horizon=3, stateful=True))
    model.fit(TABLE[:100], Y[:100])
    forecasts = forecast(model, TABLE[:100])
    assert_allclose(forecasts, model.predict(TABLE[:101])[-1], rtol=1e-6)
    assert not np.allclose(forecasts, forecast(model, TABLE[90:100]))


def test_every_series_has_a_forecast_of_its_own():
    frame = panel()
    model = of_panel(season=24).fit(frame, frame["temp"])
    forecasts = forecast(model, frame)
    assert forecasts.index.names == ["place", "time"]
    assert len(forecasts) == 3 * 4
    for place in "abc":
        own = frame[frame.index.get_level_values("place") == place]
        assert_allclose(forecast(model, own), forecasts.loc[[place]], rtol=1e-12)
    # A series that ends earlier continues from its own end.
    shorter = frame.drop(index=[(time, "b") for time in frame.xs("b", level="place").index[-5:]])
    starts = forecast(model, shorter).groupby(level="place").apply(lambda p: p.index[0][1])
    assert starts["a"] - starts["b"] == pd.Timedelta("5h")


def test_columns_that_name_the_series_and_the_time():
    frame = panel().reset_index()
    model = make_pipeline(
        SequenceWindower(6, lead=1, by="place", time="time"), forecaster(horizon=3)
    ).fit(frame, frame["temp"])
    forecasts = forecast(model, frame)
    assert forecasts.index.names == ["place", "time"]
    assert forecasts.loc["a"].index[0] == frame["time"].max() + pd.Timedelta("1h")


def test_beyond_the_horizon_forecasts_are_fed_back():
    frame = TABLE[["temp"]]
    for scaler in (None, StandardScaler()):
        steps = [SequenceWindower(6, lead=1), forecaster(horizon=3)]
        model = make_pipeline(*([scaler] if scaler else []), *steps).fit(frame, Y)
        forecasts = forecast(model, frame, steps=8)
        rows = frame.copy()
        by_hand = []
        while len(by_hand) < 8:
            next_steps = forecast(model, rows)
            by_hand += next_steps.tolist()
            rows = pd.concat([rows, next_steps.to_frame("temp")])
        assert_allclose(forecasts, by_hand[:8], rtol=1e-6)
    assert len(forecast(model, frame, steps=2)) == 2


def test_forecasts_are_fed_back_into_a_column_of_whole_numbers():
    counted = pd.DataFrame({"sold": np.arange(60) % 7}, index=pd.RangeIndex(60))
    model = make_pipeline(SequenceWindower(6, lead=1), forecaster(horizon=3))
    forecasts = forecast(model.fit(counted, counted["sold"]), counted, steps=7)
    assert_allclose(forecasts, forecast(model, counted.astype(float), steps=7))


def test_what_cannot_be_fed_back():
    model = make_pipeline(SequenceWindower(6, lead=1), forecaster(horizon=3)).fit(TABLE, Y)
    with pytest.raises(ValueError, match=r"X holds more than the target .*: \['wind'\]"):
        forecast(model, TABLE, steps=4)
    frame = TABLE[["temp"]]
    noise = np.random.default_rng(0).normal(size=len(frame))
    model = make_pipeline(SequenceWindower(6, lead=1), forecaster(horizon=3)).fit(frame, noise)
    with pytest.raises(ValueError, match="no feature of X is known to carry the past of y"):
        forecast(model, frame, steps=4)
    model = make_pipeline(SequenceWindower(6, lead=1), forecaster(horizon=3)).fit(frame, 2 * Y)
    with pytest.raises(ValueError, match=r"\['temp'\] of X is not y in its own units"):
        forecast(model, frame, steps=4)
    with pytest.raises(ValueError, match="steps must be at least 1; got 0"):
        forecast(model, frame, steps=0)


def with_known_hours(frame, **params):
    return of_panel(decoder="lstm", known_future=["hour"], **params).fit(frame, frame["temp"])


def future_hours(frame, n):
    last = frame.index.get_level_values("time").max()
    index = pd.MultiIndex.from_product(
        [pd.date_range(last, periods=n + 1, freq="h")[1:], ["a", "b", "c"]],
        names=["time", "place"],
    )
    hours = np.asarray(index.get_level_values("time").hour, float)
    return pd.DataFrame({"hour": hours}, index=index)


def test_known_future_covariates_are_read():
    frame = panel()
    model = with_known_hours(frame)
    future = future_hours(frame, 4)
    forecasts = forecast(model, frame, future=future)
    rows = pd.concat([frame, future.assign(temp=0.0)[["temp", "hour"]]])
    windows = model[:-1].transform(rows)
    expected = model[-1].predict(windows[len(frame) : len(frame) + 3])
    assert_allclose(forecasts.to_numpy().reshape(3, 4), expected, rtol=1e-12)
    other = forecast(model, frame, future=future + 6)
    assert not np.allclose(forecasts, other)
    # In any order, with more rows and columns, and for twice the horizon.
    more = future_hours(frame, 10).assign(rain=1.0).sample(frac=1, random_state=0)
    assert_allclose(forecast(model, frame, future=more), forecasts)
    assert len(forecast(model, frame, steps=8, future=more)) == 24


def test_a_future_that_is_missing():
    frame = panel()
    model = with_known_hours(frame)
    future = future_hours(frame, 4)
    with pytest.raises(ValueError, match=r"reads \['hour'\] at the steps ahead"):
        forecast(model, frame)
    with pytest.raises(ValueError, match=r"future lacks the columns \['hour'\]"):
        forecast(model, frame, future=future.rename(columns={"hour": "stunde"}))
    message = "lacks 1 of the 4 timestamps ahead of series 'b', first .* a row for each step ahead"
    with pytest.raises(ValueError, match=message):
        forecast(model, frame, future=future.drop(index=[future.index[4]]))
    # A series that ends before the others needs the steps after its own last row.
    shorter = frame.drop(index=frame[frame.index.get_level_values(1) == "b"].index[-1])
    message = "lacks 1 of the 4 .* of series 'b', first (.*); the first after its last row is \\1"
    with pytest.raises(ValueError, match=message):
        forecast(model, shorter, future=future)
    hole = future.copy()
    hole.iloc[3] = np.nan
    with pytest.raises(ValueError, match=r"missing or infinite values in \['hour'\]"):
        forecast(model, frame, future=hole)
    plain = of_panel().fit(frame, frame["temp"])
    with pytest.raises(ValueError, match="the forecaster was fitted without any"):
        forecast(plain, frame, future=future)


def test_models_that_cannot_forecast():
    X = np.random.default_rng(0).normal(size=(30, 4, 1))
    with pytest.raises(ValueError, match="needs SequenceWindower right before"):
        forecast(forecaster().fit(X, X[:, :, 0].sum(axis=1)), X)
    with pytest.raises(ValueError, match="ends in an LSTMForecaster; got StandardScaler"):
        forecast(make_pipeline(StandardScaler()), TABLE)
    now = make_pipeline(SequenceWindower(5), forecaster()).fit(TABLE[["wind"]], Y)
    with pytest.raises(ValueError, match="needs windows with lead=1 or more"):
        forecast(now, TABLE[["wind"]])


def test_several_targets_are_columns():
    model = make_pipeline(
        SequenceWindower(5, lead=1), LSTMForecaster(plain=True, horizon=3, epochs=1)
    )
    forecasts = forecast(model.fit(TABLE, TABLE), TABLE, steps=5)
    assert list(forecasts.columns) == ["temp", "wind"]
    assert forecasts.shape == (5, 2)


def test_given_horizon_targets_without_a_gap_are_noticed():
    frame = TABLE[["temp"]]
    targets = np.stack([Y.shift(-lead) for lead in range(3)], axis=1)[:-2]
    model = make_pipeline(SequenceWindower(5, lead=1), forecaster(horizon=3))
    model.fit(frame[:80], targets[:80])
    with pytest.warns(UserWarning, match="holds the y of 2 of the rows"):
        model.predict(frame[80:])
    # With a gap, or with targets cut inside fit, there is nothing to warn of.
    model.predict(frame[82:])
    model.fit(frame[:80], Y[:80]).predict(frame[80:])


def promotions(n_series=1):
    days = pd.date_range("2024", periods=120)
    index = pd.MultiIndex.from_product([days, list("ab")[:n_series]], names=["day", "shop"])
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"promo": rng.integers(0, 2, len(index)) * 1.0}, index=index)
    frame["sales"] = 10 + 20 * frame["promo"] + rng.normal(size=len(index))
    last = forecaster(horizon=4, decoder="lstm", known_future=["promo"])
    windower = SequenceWindower(5, lead=1, by="shop")
    return make_pipeline(windower, last).fit(frame, frame["sales"]), frame


def after(frame, n, promo=np.nan):
    """Rows of the next days, without sales."""
    days = pd.date_range(frame.index[-1][0], periods=n + 1)[1:]
    shops = frame.index.get_level_values("shop").unique()
    index = pd.MultiIndex.from_product([days, shops], names=["day", "shop"])
    sales = np.nan if np.isnan(promo) else 0.0
    return pd.DataFrame({"promo": promo, "sales": sales}, index=index)


@pytest.mark.parametrize("n_series", [1, 2])
def test_a_missing_future_is_said(n_series):
    model, frame = promotions(n_series)
    for rows, message in (
        (after(frame, 1), rf"known_future=\['promo'\] .* of {n_series} of the {n_series} rows"),
        (after(frame, 1, promo=1.0), "first of 2024-04-30 .*3 of 4 steps"),
        (after(frame, 3, promo=1.0), "is missing at steps ahead of"),
        (pd.concat([frame, after(frame, 1)]), f"of {n_series} of the {121 * n_series} rows"),
        (frame[-n_series:], "is missing at steps ahead of"),
    ):
        with pytest.warns(UserWarning, match=message):
            model.predict(rows)


def test_nothing_is_said_of_a_future_that_ends_with_the_data():
    model, frame = promotions(2)
    model.predict(frame[-20:])
    model.predict(after(frame, 4, promo=1.0))
    model.predict(frame.drop(index=frame.index[[50, 51, 52]])[20:])
    forecast(model, frame, future=after(frame, 4, promo=1.0)[["promo"]])
