"""The display draws the values that it is given."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.dates import date2num
from numpy.testing import assert_allclose

from sklstm.plotting import ForecastDisplay

DAYS = pd.date_range("2024-01-01", periods=30, freq="D", name="day")
VALUES = pd.Series(np.arange(30.0), index=DAYS, name="sales")
FORECAST = VALUES[24:] + 0.5


@pytest.fixture(autouse=True)
def close_all():
    yield
    plt.close("all")


def panel(places):
    return pd.concat({place: VALUES + k for k, place in enumerate(places)}, names=["place"])


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
    display = ForecastDisplay(forecast=FORECAST).plot(axes=axes[1])
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
        ForecastDisplay.from_predictions(panel("ab"), axes=plt.subplots()[1])


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
