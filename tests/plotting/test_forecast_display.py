"""The display draws the values that it is given."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import itertools
from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.dates import date2num
from numpy.testing import assert_allclose
from sklearn.pipeline import make_pipeline

from sklstm import ConformalForecaster, LSTMForecaster, SequenceWindower, forecast
from sklstm.plotting import ForecastDisplay

DAYS = pd.date_range("2024-01-01", periods=30, freq="D", name="day")
VALUES = pd.Series(np.arange(30.0), index=DAYS, name="sales")
FORECAST = VALUES[24:] + 0.5


def panel(places):
    return pd.concat({place: VALUES + k for k, place in enumerate(places)}, names=["place"])


def test_actual_values_of_other_times_are_not_drawn():
    one = ForecastDisplay.from_predictions(FORECAST, actual=VALUES)
    (line,) = [line for line in one.ax_.lines if line.get_label() == "actual"]
    assert_allclose(line.get_ydata(), VALUES[24:])
    plt.close(one.figure_)


def test_one_series():
    display = ForecastDisplay.from_predictions(
        FORECAST,
        history=VALUES,
        actual=VALUES[24:],
        interval=np.stack([FORECAST - 1, FORECAST + 2], axis=1),
        others={"naive": FORECAST * 0},
    )
    (ax,) = display.axes_
    drawn = {line.get_label(): line for line in ax.lines}
    assert list(drawn) == ["history", "actual", "forecast", "naive"]
    assert_allclose(drawn["forecast"].get_ydata(), FORECAST)
    assert_allclose(date2num(drawn["forecast"].get_xdata()), date2num(FORECAST.index))
    # The end of the history, before the forecast.
    assert_allclose(drawn["history"].get_ydata(), VALUES[6:24])
    assert_allclose(drawn["naive"].get_ydata(), 0)
    (band,) = ax.collections
    corners = band.get_paths()[0].vertices[:, 1]
    assert (corners.min(), corners.max()) == (FORECAST.min() - 1, FORECAST.max() + 2)
    assert ax.get_ylabel() == "sales"
    assert [text.get_text() for text in ax.get_legend().get_texts()][:2] == ["history", "actual"]


def test_several_series_are_small_multiples():
    places = list("abcde")
    forecast = panel(places).drop(index=DAYS[:24], level="day")
    history = panel(places).swaplevel()
    display = ForecastDisplay.from_predictions(forecast, history=history, n_history=4)
    assert display.axes_.shape == (5,)
    assert [ax.get_title() for ax in display.axes_] == places
    assert_allclose(display.axes_[3].lines[1].get_ydata(), VALUES[24:] + 3)
    assert_allclose(display.axes_[3].lines[0].get_ydata(), VALUES[20:24] + 3)
    assert sum(ax.get_visible() for ax in display.figure_.axes) == 5


def test_it_draws_in_given_axes():
    _, axes = plt.subplots(1, 2)
    display = ForecastDisplay(forecast=FORECAST).plot(ax=axes[1])
    assert display.figure_ is axes[1].figure
    assert len(axes[0].lines) == 0
    periods = FORECAST.set_axis(pd.period_range("2024-01", periods=6, freq="M"))
    assert len(ForecastDisplay.from_predictions(periods).axes_) == 1


def test_refusals():
    with pytest.raises(ValueError, match=r"interval has shape \(3, 2\); \(6, 2\) is expected"):
        ForecastDisplay.from_predictions(FORECAST, interval=np.zeros((3, 2)))
    with pytest.raises(ValueError, match=r"lack the levels \['place'\]"):
        ForecastDisplay.from_predictions(panel("ab"), history=VALUES)
    with pytest.raises(ValueError, match="The forecast is of one series"):
        ForecastDisplay.from_predictions(FORECAST, history=panel("ab"))
    with pytest.raises(ValueError, match="2 series need as many axes; got 1"):
        ForecastDisplay.from_predictions(panel("ab"), ax=[plt.subplots()[1]])


@pytest.mark.parametrize(
    "given",
    [
        {"forecast": np.ones(3)},
        {"forecast": [1.0, 2.0]},
        {"forecast": FORECAST, "history": np.ones(3)},
        {"forecast": FORECAST, "actual": [1.0]},
        {"forecast": FORECAST, "others": {"naive": np.ones(6)}},
        {"forecast": pd.DataFrame({"a": [1.0], "b": [2.0]})},
    ],
)
def test_values_without_an_index_are_refused(given):
    with pytest.raises(TypeError, match="must be a pandas Series whose index holds the time"):
        ForecastDisplay(**given).plot()


def test_a_table_of_a_forecast_and_its_interval_is_drawn():
    table = pd.DataFrame({"forecast": FORECAST, "lower": FORECAST - 1, "upper": FORECAST + 1})
    display = ForecastDisplay.from_predictions(table, history=VALUES)
    bounds = np.stack([FORECAST - 1, FORECAST + 1], axis=1)
    given = ForecastDisplay.from_predictions(FORECAST, history=VALUES, interval=bounds)
    own, other = (
        [patch.get_paths()[0].vertices for patch in shown.axes_[0].collections]
        for shown in (display, given)
    )
    assert_allclose(own, other)


def corners(ax):
    return [band.get_paths()[0].vertices[:, 1] for band in ax.collections]


def labels(display):
    return [text.get_text() for text in display.ax_.get_legend().get_texts()]


def test_quantiles_are_a_fan():
    table = pd.DataFrame({0.1: FORECAST - 2, 0.3: FORECAST - 1, 0.5: FORECAST, 0.7: FORECAST + 1})
    table[0.9] = FORECAST + 3
    display = ForecastDisplay.from_predictions(
        table, actual=FORECAST + np.array([0, 0, 0, 2, 2, 9])
    )
    outer, inner = corners(display.ax_)
    assert (outer.min(), outer.max()) == (FORECAST.min() - 2, FORECAST.max() + 3)
    assert (inner.min(), inner.max()) == (FORECAST.min() - 1, FORECAST.max() + 1)
    assert labels(display)[1:3] == ["80% interval (83% inside)", "40% interval (50% inside)"]
    assert_allclose(display.ax_.lines[-1].get_ydata(), FORECAST)


def test_the_coverage_is_in_the_legend():
    bounds = np.stack([FORECAST - 1, FORECAST + 1], axis=1)
    display = ForecastDisplay.from_predictions(FORECAST, interval=bounds, coverage=0.95)
    assert labels(display) == ["95% interval", "forecast"]


def model(horizon=3, **params):
    return make_pipeline(
        SequenceWindower(
            window=5, lead=1, by=params.pop("by", None), time=params.pop("time", None)
        ),
        LSTMForecaster(horizon=horizon, units=2, epochs=1, plain=True, random_state=0, **params),
    )


def test_a_model_forecasts():
    table = VALUES.to_frame()
    fitted = model().fit(table, VALUES)
    display = ForecastDisplay.from_estimator(fitted, table, n_history=4)
    drawn = {line.get_label(): line for line in display.ax_.lines}
    assert_allclose(drawn["forecast"].get_ydata(), forecast(fitted, table))
    assert_allclose(drawn["history"].get_ydata(), VALUES[-4:])
    assert list(drawn["forecast"].get_xdata()) == list(forecast(fitted, table).index)


def test_a_conformal_model_draws_its_interval():
    table = VALUES.to_frame()
    fitted = ConformalForecaster(model(), calibration_size=12).fit(table, VALUES)
    ahead = forecast(fitted, table, coverage=0.8)
    display = ForecastDisplay.from_estimator(fitted, table, y=VALUES, coverage=0.8)
    (band,) = corners(display.ax_)
    assert_allclose((band.min(), band.max()), (ahead["lower"].min(), ahead["upper"].max()))
    assert "80% interval" in labels(display)
    assert display.ax_.get_ylabel() == "sales"


@pytest.mark.parametrize("in_columns", [False, True])
def test_a_panel_of_a_model(in_columns):
    table = panel("ab").rename("sales").to_frame().swaplevel().sort_index()
    where = {"by": "place"}
    if in_columns:
        table, where = table.reset_index(), {"by": "place", "time": "day"}
    fitted = model(**where).fit(table, table["sales"])
    display = ForecastDisplay.from_estimator(fitted, table, n_history=6)
    assert len(display.axes_) == 2
    for k, ax in enumerate(display.axes_):
        before, ahead = ax.lines
        assert_allclose(before.get_ydata(), VALUES[-6:] + k)
        assert len(ahead.get_ydata()) == 3


def test_panels_below_each_other_have_dates():
    display = ForecastDisplay.from_predictions(panel("abcde").drop(index=DAYS[:24], level="day"))
    display.figure_.draw_without_rendering()
    below = [ax for ax in display.axes_ if any(t.get_visible() for t in ax.get_xticklabels())]
    assert len(below) >= 3
    for ax in below:
        boxes = [tick.get_window_extent() for tick in ax.get_xticklabels() if tick.get_text()]
        assert all(a.x1 <= b.x0 for a, b in pairwise(boxes))


@pytest.mark.medium
@pytest.mark.parametrize("width", [3, 7])
@pytest.mark.parametrize("freq", ["min", "h", "D", "B", "W", "MS", "QS", "YS"])
def test_dates_of_any_step_do_not_collide(freq, width):
    for start, n in itertools.product(["2024-01-01", "2024-01-20"], [5, 24, 70]):
        index = pd.date_range(start, periods=n, freq=freq)
        values = pd.Series(np.arange(float(n)), index=index)
        figure, ax = plt.subplots(figsize=(width, 2.6), layout="constrained")
        ForecastDisplay(forecast=values[-3:], history=values[:-3]).plot(ax=ax, n_history=n)
        figure.draw_without_rendering()
        first, last = ax.get_xlim()
        ticks = [tick for tick in ax.xaxis.get_major_ticks() if first <= tick.get_loc() <= last]
        assert 2 <= len(ticks) <= 9, (start, n)
        boxes = [tick.label1.get_window_extent() for tick in ticks]
        assert all(a.x1 < b.x0 for a, b in pairwise(boxes)), (start, n)
        plt.close(figure)


def test_quantiles_without_a_median_are_refused():
    with pytest.raises(ValueError, match=r"the median, 0\.5, is expected"):
        ForecastDisplay.from_predictions(pd.DataFrame({0.1: FORECAST, 0.9: FORECAST}))


def test_a_forecast_of_one_step_is_seen():
    display = ForecastDisplay.from_predictions(VALUES[-1:], history=VALUES[:-1])
    assert [line.get_marker() for line in display.ax_.lines] == ["", "o"]


def test_durations_are_hours():
    hours = VALUES.set_axis(pd.timedelta_range("0h", periods=30, freq="h"))
    display = ForecastDisplay.from_predictions(hours[20:], history=hours[:20])
    assert_allclose(display.ax_.lines[1].get_xdata(), np.arange(20, 30))
    assert display.ax_.get_xlabel() == "hours"
