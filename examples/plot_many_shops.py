"""
======================================================
Two weeks of sales in sixty shops, promotions known
======================================================

Promotions are planned ahead, and the forecast should know the plan. You learn how one network reads
the past of sixty shops together with the plan of the next fourteen days, and how to compare it with
a regression that gets the same plan.
"""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline

from sklstm import (
    LSTMForecaster,
    PanelTimeSeriesSplit,
    SequenceWindower,
    backtest,
    forecast,
)
from sklstm.forecasting import SeasonalNaive
from sklstm.plotting import BacktestDisplay, ForecastDisplay

# %%
# The data
# --------
# Every shop has its own size and weekly pattern, and its customers respond to promotions more or
# less. A promotion lasts one to six days and has a depth, such as 20 % off. The deeper it is, the
# more people stock up, so sales fall below normal for a week after it ends.

N_SHOPS, N_DAYS, HORIZON = 60, 480, 14
days = pd.date_range("2024-01-01", periods=N_DAYS, freq="D", name="day")
rng = np.random.default_rng(0)


def open_shop():
    """Generate the sales of one shop, and its promotions."""
    discount = np.zeros(N_DAYS)
    day = rng.integers(5, 25)
    while day < N_DAYS:
        length = rng.integers(1, 7)
        discount[day : day + length] = rng.choice([0.1, 0.2, 0.4])
        day += length + rng.integers(9, 26)
    response = rng.uniform(3, 6)
    stock, effect = 0.0, np.zeros(N_DAYS)
    for day, depth in enumerate(discount):
        extra = np.expm1(response * depth) * np.exp(-0.5 * stock)
        effect[day] = np.log1p(extra) - (0.35 * stock if depth == 0 else 0)
        stock = 0.75 * stock + 0.5 * extra
    week = rng.normal(0, 0.15, size=7) + np.array([0, 0, 0, 0, 0.2, 0.4, -0.3])
    level = rng.lognormal(4.5, 0.6)
    slow = 0.01 * rng.normal(size=N_DAYS).cumsum()
    mean = level * np.exp(effect + week[np.arange(N_DAYS) % 7] + slow)
    sales = rng.poisson(mean)
    return pd.DataFrame({"log_sales": np.log1p(sales), "discount": discount}, days)


shops = pd.concat(
    {f"shop {number + 1}": open_shop() for number in range(N_SHOPS)}, names=["shop"]
)
shops = shops.swaplevel().sort_index()
print(shops.head(3))

# %%
# The model
# ---------
# ``by="shop"`` keeps the shops apart, and ``season=7`` gives each its own week. The decoder reads
# the columns of ``known_future`` at each day that it forecasts. Three quantiles give the median and
# an 80 % interval. Everything is in logarithms: an error of 0.1 is about 10 %.


def model(**parameters):
    """Make the forecaster: windows of four weeks, a horizon of two."""
    return make_pipeline(
        SequenceWindower(window=28, lead=1, by="shop"),
        LSTMForecaster(
            horizon=HORIZON,
            season=7,
            normalize_y="series",
            quantiles=(0.1, 0.5, 0.9),
            random_state=0,
            **parameters,
        ),
    )


planned = model(decoder="lstm", known_future=["discount"])

# %%
# The backtest
# ------------
# Two folds of four weeks, forecast from every day. One network is told the plan, and one is not.

folds = PanelTimeSeriesSplit(n_splits=2, test_size=28)
table = backtest(
    {"LSTM, plan known": planned, "LSTM, no plan": model()},
    shops,
    shops["log_sales"],
    folds,
    baselines={"a week before": SeasonalNaive(7)},
)

# %%
# A regression that gets the same plan needs it as columns. It reads the lags of the same windows,
# and the discount of each of the next fourteen days, relative to the level of each shop.

level = shops.groupby("shop")["log_sales"].transform(
    lambda sales: sales[:200].mean()
)
flat = SequenceWindower(window=28, lead=1, by="shop", flatten=True)
lags = flat.fit_transform(shops.assign(log_sales=shops["log_sales"] - level))


def ahead(values):
    """Return the next fourteen values of each row, the row itself first."""
    steps = [values.groupby("shop").shift(-step) for step in range(HORIZON)]
    return pd.concat(steps, axis=1).to_numpy()


inputs = np.nan_to_num(np.hstack([lags, ahead(shops["discount"])]))
actual = ahead(shops["log_sales"] - level)
day = shops.index.get_level_values("day")
rows = []
for fold, (train, test) in enumerate(folds.split(shops)):
    # All fourteen values of a training row lie in the training part.
    learned = day <= day[train].max() - pd.Timedelta(days=HORIZON - 1)
    ridge = Ridge().fit(inputs[learned], actual[learned])
    errors = np.nanmean(np.abs(ridge.predict(inputs[test]) - actual[test]), axis=0)
    rows += [
        ("Ridge, plan known", fold, "all", lead, len(test), error)
        for lead, error in enumerate(errors, start=1)
    ]
names = ["model", "fold", "series", "lead", "n", "mean_absolute_error"]
table = pd.concat([table, pd.DataFrame(rows, columns=names)], ignore_index=True)
errors = table.groupby("model")["mean_absolute_error"].mean().sort_values()
print(errors.round(3).to_string())

# %%
# The plan is worth far more than the choice of the method. With the plan, the network is ahead of
# the regression: how much a discount sells depends on its depth and on what people have at home,
# and neither effect is linear. (Gradient boosting on the same columns, one model for each day
# ahead, has an error of 0.124, and takes as long as both networks.)
#
# The forecast
# ------------
# The model is fitted on all but the last two weeks. ``future`` gives the plan for the days to
# forecast. Days with a discount are yellow.

last = day.max() - pd.Timedelta(days=HORIZON)
known, coming = shops[day <= last], shops[day > last]
planned.fit(known, known["log_sales"])
ahead_of_all = forecast(planned, known, future=coming[["discount"]], coverage=0.8)

some = coming["discount"].groupby("shop").sum().nlargest(3).index
figure = plt.figure(figsize=(10, 7), layout="constrained")
above, below = figure.subfigures(2, 1, height_ratios=[0.8, 1])
BacktestDisplay.from_backtest(table, panels=["lead"], ax=above.subplots())
axes = below.subplots(1, 3)
ForecastDisplay.from_predictions(
    np.exp(ahead_of_all.loc[some]) - 1,
    history=np.exp(known["log_sales"]) - 1,
    actual=np.exp(coming["log_sales"]) - 1,
    coverage=0.8,
    n_history=28,
    ax=axes,
)
for ax, shop in zip(axes, some, strict=True):
    discount = coming["discount"].xs(shop, level="shop")
    for start in discount.index[discount > 0]:
        half_a_day = pd.Timedelta(hours=12)
        ax.axvspan(
            start - half_a_day,
            start + half_a_day,
            color="gold",
            alpha=0.3,
            lw=0,
            ymax=0.7,  # below the legend
            zorder=0,
        )
axes[0].set_ylabel("sales a day")
if len(sys.argv) > 1:
    # The directory to save the figure in.
    figure.savefig(Path(sys.argv[1]) / "plot_many_shops.png", dpi=100)
plt.show()

# %%
# What to try next
# ----------------
# - What ``known_future`` accepts, and what ``forecast`` needs of the future:
#   :doc:`Forecasting </user_guide/forecasting>`.
# - Whether a network pays on your data: :doc:`When does an LSTM pay? </user_guide/when_it_pays>`
# - Intervals that are calibrated: :doc:`plot_calibrated_intervals`.
