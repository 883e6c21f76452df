"""
==============================================
Prediction intervals that reach their coverage
==============================================

A 90 % interval should contain nine of ten actual values, a day ahead as well as three hours ahead.
You learn how far the quantiles of a network miss this, how ``ConformalForecaster`` calibrates them,
and how to check the coverage of each step ahead.
"""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.pipeline import make_pipeline

from sklstm import ConformalForecaster, LSTMForecaster, SequenceWindower
from sklstm.datasets import load_airport_weather
from sklstm.plotting import ForecastDisplay

# %%
# The data
# --------
# Eight months of hourly weather at Kennedy airport. January to June are for training, and the last
# 45 days of them for calibration. July and August are for testing.

HORIZON, COVERAGE, CALIBRATION = 24, 0.9, 45 * 24
weather = load_airport_weather().xs("JFK", level="airport")
train, test = weather[:"2013-06"], weather["2013-07":"2013-08"]
temp = weather["temp"]

# %%
# Three kinds of intervals
# ------------------------
# The network forecasts the quantiles 0.05, 0.5 and 0.95; the outer two make an interval.
# `ConformalForecaster` fits it without the last 45 days, and learns from these days how much wider
# or narrower the interval of each hour ahead must be. The baseline is the temperature of a day
# before, with a margin that covers 90 % of its errors on the same 45 days.

model = make_pipeline(
    SequenceWindower(window=48, lead=1),
    LSTMForecaster(horizon=HORIZON, quantiles=(0.05, 0.5, 0.95), random_state=0),
)
conformal = ConformalForecaster(model, calibration_size=CALIBRATION, refit=False)
conformal.fit(train, train["temp"])

network = conformal.forecaster_  # not calibrated, its quantiles as trained
windows = network[:-1].transform(test)
actual = network[-1].actuals(windows, test["temp"])
quantiles = network[-1].predict_quantiles(windows)

missed = (temp - temp.shift(24)).abs().loc[train.index[-CALIBRATION:]]
margin = missed.quantile(COVERAGE)
naive = np.stack(
    [temp.shift(24 - step).loc[test.index] for step in range(HORIZON)], axis=1
)
intervals = {
    "quantiles of the network": quantiles[..., [0, -1]],
    "the same, calibrated": conformal.predict_interval(test, coverage=COVERAGE),
    "a day before": naive[..., None] + np.array([-margin, margin]),
}

# %%
# Coverage alone is not enough: an interval from -100 to 200 °F covers everything. The interval
# score is the width plus a penalty for each miss, 20 times the distance at a coverage of 0.9. Lower
# is better.

rows, by_lead = {}, {}
for name, interval in intervals.items():
    lower, upper = interval[..., 0], interval[..., 1]
    known = ~np.isnan(actual)
    inside = np.where(known, (lower <= actual) & (actual <= upper), np.nan)
    beyond = np.maximum(lower - actual, 0) + np.maximum(actual - upper, 0)
    score = upper - lower + 2 / (1 - COVERAGE) * beyond
    rows[name] = {
        "coverage": np.nanmean(inside),
        "width, °F": np.mean(upper - lower),
        "interval score": np.nanmean(score),
    }
    by_lead[name] = np.nanmean(inside, axis=0), np.mean(upper - lower, axis=0)
table = pd.DataFrame(rows).T
print(table.round(2).to_string())

# %%
# A network that is trained on half a year is overconfident. Calibration corrects that, and even
# widens a little too much: July is calmer than the calibration days. No method knows the weather of
# the next months in advance. The coverage holds if the new weather resembles the calibration days.
#
# Outside a ``ConformalForecaster``, the trial of ``shrink`` spreads the quantiles of the network.
# On these data this comes to about the same: a coverage of 0.93. It needs no calibration days, but
# it treats all hours ahead alike.

# %%
# The picture
# -----------
# Above, coverage and width of each hour ahead. Below, one forecast with its calibrated interval.

figure = plt.figure(figsize=(10, 7), layout="constrained")
above, below = figure.subfigures(2, 1)
axes = above.subplots(1, 2)
hours_ahead = np.arange(1, HORIZON + 1)
for name, (coverage, width) in by_lead.items():
    for ax, values in zip(axes, (coverage, width), strict=True):
        ax.plot(hours_ahead, values, label=name)
axes[0].axhline(COVERAGE, color="black", linestyle=":", zorder=3, label="nominal")
axes[0].set(xlabel="hours ahead", ylabel="coverage", ylim=(0.4, 1))
axes[1].set(xlabel="hours ahead", ylabel="mean width, °F", ylim=(0, None))
handles, labels = axes[0].get_legend_handles_labels()
above.legend(handles, labels, loc="outside upper center", ncols=4, frameon=False)

until = weather[:"2013-07-11 11:00"]
ax = below.subplots()
ForecastDisplay.from_estimator(
    conformal,
    until,
    until["temp"],
    coverage=COVERAGE,
    actual=temp,
    n_history=72,
    ax=ax,
)
ax.set(title="One forecast, calibrated", ylabel="°F")
if len(sys.argv) > 1:
    # The directory to save the figure in.
    figure.savefig(Path(sys.argv[1]) / "plot_calibrated_intervals.png", dpi=100)
plt.show()

# %%
# What to try next
# ----------------
# - Intervals in ``forecast``, ``backtest`` and ``stream``:
#   :doc:`Forecasting </user_guide/forecasting>`.
# - The same network without intervals, on four folds: :doc:`plot_day_ahead`.
# - A calibration of each fold, on 44 stations: :doc:`plot_forecast_temperatures`.
