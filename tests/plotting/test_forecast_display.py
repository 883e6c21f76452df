"""What is drawn is what was given."""

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
PATH = VALUES[24:] + 0.5


@pytest.fixture(autouse=True)
def close_all():
    yield
    plt.close("all")


def panel(places):
    return pd.concat({place: VALUES + k for k, place in enumerate(places)}, names=["place"])


def test_one_series():
    display = ForecastDisplay.from_predictions(
        PATH,
        history=VALUES,
        truth=VALUES[24:],
        interval=np.stack([PATH - 1, PATH + 2], axis=1),
        others={"naive": PATH * 0},
    )
    (ax,) = display.axes_
    drawn = {line.get_label(): line for line in ax.lines}
    assert list(drawn) == ["history", "truth", "forecast", "naive"]
    assert_allclose(drawn["forecast"].get_ydata(), PATH)
    assert_allclose(date2num(drawn["forecast"].get_xdata()), date2num(PATH.index))
    # The end of the history, before the path.
    assert_allclose(drawn["history"].get_ydata(), VALUES[6:24])
    assert_allclose(drawn["naive"].get_ydata(), 0)
    (band,) = ax.collections
    corners = band.get_paths()[0].vertices[:, 1]
    assert (corners.min(), corners.max()) == (PATH.min() - 1, PATH.max() + 2)
    assert ax.get_ylabel() == "sales"
    assert [text.get_text() for text in ax.get_legend().get_texts()][:2] == ["history", "truth"]


def test_several_series_are_small_multiples():
    places = list("abcde")
    paths = panel(places).drop(index=DAYS[:24], level="day")
    history = panel(places).swaplevel()
    display = ForecastDisplay.from_predictions(paths, history=history, n_history=4)
    assert display.axes_.shape == (5,)
    assert [ax.get_title() for ax in display.axes_] == places
    assert_allclose(display.axes_[3].lines[1].get_ydata(), VALUES[24:] + 3)
    assert_allclose(display.axes_[3].lines[0].get_ydata(), VALUES[20:24] + 3)
    assert sum(ax.get_visible() for ax in display.figure_.axes) == 5


def test_it_draws_where_it_is_told():
    _, axes = plt.subplots(1, 2)
    display = ForecastDisplay(forecast=PATH).plot(axes=axes[1])
    assert display.figure_ is axes[1].figure
    assert len(axes[0].lines) == 0
    periods = PATH.set_axis(pd.period_range("2024-01", periods=6, freq="M"))
    assert len(ForecastDisplay.from_predictions(periods).axes_) == 1


def test_what_does_not_fit():
    with pytest.raises(ValueError, match=r"interval has shape \(3, 2\); \(6, 2\) is expected"):
        ForecastDisplay.from_predictions(PATH, interval=np.zeros((3, 2)))
    with pytest.raises(ValueError, match=r"lack the levels \['place'\]"):
        ForecastDisplay.from_predictions(panel("ab"), history=VALUES)
    with pytest.raises(ValueError, match="The forecast is of one series"):
        ForecastDisplay.from_predictions(PATH, history=panel("ab"))
    with pytest.raises(ValueError, match="2 series need as many axes; got 1"):
        ForecastDisplay.from_predictions(panel("ab"), axes=plt.subplots()[1])
