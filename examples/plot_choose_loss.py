"""
======================================================
The loss says which number is forecast
======================================================

Demand has a long tail: most hours are alike, and some bring a large order. You learn what a network
forecasts under each loss, the mean, the median or a quantile, and how to choose the loss by what a
mistake costs.
"""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.dates import ConciseDateFormatter
from sklearn.metrics import mean_absolute_error, root_mean_squared_error
from sklearn.pipeline import make_pipeline

from sklstm import LSTMForecaster, SequenceWindower

# %%
# The data
# --------
# Orders in each hour of 300 days. They follow the time of the day, and busy and quiet spells of
# some hours. One hour in eight, at random, brings a large order.

rng = np.random.default_rng(0)
hours = pd.date_range("2026-01-01", periods=300 * 24, freq="h", name="hour")
spell = np.zeros(len(hours))
for k in range(1, len(hours)):
    spell[k] = 0.9 * spell[k - 1] + 0.15 * rng.normal()
day = 0.8 * np.sin(2 * np.pi * (hours.hour - 8) / 24)
orders = rng.poisson(20 * np.exp(day + spell)).astype(float)
large = rng.random(len(hours)) < 1 / 8
orders += large * rng.exponential(40, size=len(hours)) * np.exp(day)
table = pd.DataFrame({"orders": orders}, index=hours)
train, test = table[: -60 * 24], table[-60 * 24 :]

# %%
# Four losses
# -----------
# The squared error is least at the mean, the absolute error at the median. ``loss="huber"`` is a
# compromise between the two. With ``quantiles`` the network has an output for each quantile, and
# learns them by the pinball loss. The quantile 0.9 is the best stock if an item that is missing
# costs nine times as much as one too many. The baseline is the same hour of the day before.

losses = {
    "squared error": {"loss": "mse"},
    "huber": {"loss": "huber"},
    "absolute error": {"loss": "mae"},
    "quantile 0.9": {"quantiles": (0.5, 0.9)},
}
forecasts = {}
for name, parameters in losses.items():
    model = make_pipeline(
        SequenceWindower(window=24, lead=1),
        LSTMForecaster(anchor=None, random_state=0, **parameters),
    ).fit(train, train["orders"])
    if "quantiles" in parameters:
        windows = model[:-1].transform(test)
        forecasts[name] = model[-1].predict_quantiles(windows)[:, -1]
    else:
        forecasts[name] = model.predict(test)
forecasts["a day before"] = table["orders"].shift(24)[test.index].to_numpy()

# %%
# Three measures of error
# -----------------------
# The squared error, the absolute error and the quantile are each best by their own measure, and by
# no other.


def cost(actual, stock):
    """Return the mean cost: 9 for an item that is missing, 1 for one too many."""
    missing = actual - stock
    return np.maximum(9 * missing, -missing).mean()


actual = test["orders"]
scores = pd.DataFrame(
    {
        name: {
            "RMSE": root_mean_squared_error(actual, forecast),
            "MAE": mean_absolute_error(actual, forecast),
            "cost of the stock": cost(actual, forecast),
            "orders above it": np.mean(actual > forecast),
        }
        for name, forecast in forecasts.items()
    }
).T
print(scores.round(2).to_string())

# %%
# The picture
# -----------
# Left: five days, and the forecasts under three losses; an hour of over 300 orders is above the
# picture. Right: how much worse each loss is than the best one, by each measure.

figure, (left, right) = plt.subplots(
    1, 2, figsize=(11, 4.5), width_ratios=[1.6, 1], layout="constrained"
)
shown = slice(0, 5 * 24)
left.plot(
    test.index[shown],
    actual[shown],
    ".",
    color="gray",
    markersize=4,
    label="orders",
)
colors = {"squared error": "tab:blue", "absolute error": "tab:orange"}
colors["quantile 0.9"] = "tab:green"
for name, color in colors.items():
    left.plot(test.index[shown], forecasts[name][shown], color=color, label=name)
left.set(ylabel="orders in an hour", ylim=(0, 170))
left.xaxis.set_major_formatter(ConciseDateFormatter(left.xaxis.get_major_locator()))
figure.legend(loc="outside lower left", ncols=4, frameon=False)
counted = scores.columns[:3]
loss = (scores[counted] / scores[counted].min() - 1).loc[list(losses)]
right.imshow(loss, cmap="Blues", vmax=2, aspect="auto")
for row, name in enumerate(loss.index):
    for column, how in enumerate(counted):
        value = loss.loc[name, how]
        text = "best" if value == 0 else f"+{value:.0%}"
        right.text(column, row, text, ha="center", va="center")
right.set_xticks(range(3), ["squared", "absolute", "cost"])
right.set_yticks(range(len(loss)), loss.index)
right.set(xlabel="measured by", ylabel="trained by")
if len(sys.argv) > 1:
    # The directory to save the figure in.
    figure.savefig(Path(sys.argv[1]) / "plot_choose_loss.png", dpi=100)
plt.show()

# %%
# What to try next
# ----------------
# - A loss of your own, and classes: :doc:`Tutorials </tutorials>`.
# - Intervals made of quantiles: :doc:`plot_calibrated_intervals`.
# - Forecasts that stay positive: :doc:`Forecasting </user_guide/forecasting>`.
