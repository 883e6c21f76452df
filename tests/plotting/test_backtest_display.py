"""The errors that are drawn are means of the table."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
from numpy.testing import assert_allclose
from sklearn.pipeline import make_pipeline

from sklstm import ConformalForecaster, LSTMForecaster, SequenceWindower
from sklstm.forecasting import Persistence
from sklstm.plotting import BacktestDisplay
from tests.plotting.helpers import DAYS, TABLE, VALUES


def test_errors_by_lead_and_fold():
    display = BacktestDisplay.from_backtest(TABLE)
    assert list(display.lines_) == ["lead", "fold"]
    assert_allclose(display.lines_["lead"]["a"].get_ydata(), [2, 3])
    assert_allclose(display.lines_["lead"]["b"].get_ydata(), [2.5, 3])
    assert_allclose(display.lines_["fold"]["a"].get_ydata(), [1.5, 3.5])
    assert_allclose(display.lines_["fold"]["b"].get_xdata(), [0, 1])
    assert display.axes_[0].get_ylabel() == "mae"


def test_coverage_and_width_of_the_models_that_have_them():
    table = TABLE.assign(coverage=0.8, width=TABLE["lead"] * 2.0)
    table.loc[table["model"] == "b", ["coverage", "width"]] = np.nan
    display = BacktestDisplay.from_backtest(table, coverage=0.9)
    assert list(display.lines_) == ["lead", "fold", "coverage", "width"]
    assert list(display.lines_["coverage"]) == ["a"]
    assert_allclose(display.lines_["coverage"]["a"].get_ydata(), 0.8)
    assert_allclose(display.lines_["width"]["a"].get_ydata(), [2, 4])
    assert any(np.allclose(line.get_ydata(), 0.9) for line in display.axes_[2].lines)
    one = BacktestDisplay.from_backtest(table, panels=["width"])
    assert list(one.lines_) == ["width"]


def test_a_backtest_is_run():
    model = make_pipeline(
        SequenceWindower(window=3, lead=1), LSTMForecaster(units=2, epochs=1, plain=True)
    )
    y = pd.concat([VALUES, VALUES.set_axis(DAYS + pd.Timedelta(days=30))])
    display = BacktestDisplay.from_estimator(
        ConformalForecaster(model, calibration_size=10),
        y.to_frame(),
        y,
        cv=2,
        metric="mean_squared_error",
        baselines={"persistence": Persistence()},
    )
    assert display.coverage == 0.9
    assert list(display.lines_) == ["fold", "coverage", "width"]
    own = display.table.query("model == 'persistence'").groupby("fold")["mean_squared_error"].mean()
    assert_allclose(display.lines_["fold"]["persistence"].get_ydata(), own)
