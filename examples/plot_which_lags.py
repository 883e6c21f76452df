"""
======================================================
Which hours matter to the forecast?
======================================================

A network is no black box: shuffle one hour among its windows, and see how much the error grows. You
learn how to measure that for single steps and for blocks of steps, and how to test the method on a
series whose true lags are known.
"""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import sys
from copy import copy
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.linear_model import RidgeCV
from sklearn.metrics import mean_absolute_error
from sklearn.pipeline import make_pipeline

from sklstm import LSTMForecaster, SequenceWindower
from sklstm.datasets import load_airport_weather

# %%
# The measure
# -----------
# Shuffle one step, or a block of them, among the windows of the test part: each window gets the
# hours of another one there, and keeps its own everywhere else. The more the error grows, the more
# the network uses these steps.


def importance(predict, windows, y, blocks, n_repeats=5):
    """Return the growth of the mean absolute error by blocks that are shuffled."""
    rng = np.random.default_rng(0)
    error = mean_absolute_error(y, predict(windows))
    growth = []
    for block in blocks:
        errors = []
        for _ in range(n_repeats):
            shuffled = windows.copy()
            shuffled[:, block] = windows[rng.permutation(len(windows))][:, block]
            errors.append(mean_absolute_error(y, predict(shuffled)))
        growth.append(np.mean(errors) - error)
    return np.array(growth)


def fit(X, y, n_test, window, lead=1, **parameters):
    """Fit the network and Ridge on the same windows."""
    train, test = X[:-n_test], X[-n_test:]
    model = make_pipeline(
        SequenceWindower(window=window, lead=lead),
        # calendar=None: the predictions depend on nothing but the window.
        LSTMForecaster(calendar=None, random_state=0, **parameters),
    ).fit(train, y[:-n_test])
    network = copy(model[-1])
    # An array of windows has no names, and none are asked for.
    del network.feature_names_in_
    first = window + lead  # the first windows are not full
    past = np.asarray(model[:-1].fit_transform(train))[first:]
    ridge = RidgeCV(np.logspace(-2, 4, 7))
    ridge.fit(past.reshape(len(past), -1), y[first:-n_test])
    methods = {
        "LSTM": network.predict,
        "Ridge": lambda windows: ridge.predict(windows.reshape(len(windows), -1)),
    }
    windows = np.asarray(model[:-1].transform(test))
    errors = {
        name: mean_absolute_error(y[-n_test:], predict(windows))
        for name, predict in methods.items()
    }
    return methods, windows, y[-n_test:], errors


# %%
# A series with known lags
# ------------------------
# The sales of a day follow the visits of 3 days before, but only if the advertising of 8 days
# before was above its mean. All other days are noise. Ridge can find the visits. It cannot find the
# advertising, which has no effect by itself.

rng = np.random.default_rng(1)
visits, advertising = rng.normal(size=(2, 6000))
sales = np.roll(visits, 3) * (np.roll(advertising, 8) > 0)
sales = (sales + 0.1 * rng.normal(size=6000))[10:]
table = pd.DataFrame({"visits": visits, "advertising": advertising})[10:]
methods, windows, y, errors = fit(
    table, sales, n_test=1000, window=12, units=32, epochs=30
)
errors["mean of the training part"] = np.abs(y - sales[:-1000].mean()).mean()
print(pd.Series(errors).round(3).to_string())
days = np.arange(12, 0, -1)
steps = [[step] for step in range(12)]
known_lags = {
    name: importance(predict, windows, y, steps)
    for name, predict in methods.items()
}
for name, growth in known_lags.items():
    print(f"{name}: most important {days[growth.argsort()[::-1][:2]]} days before")

# %%
# The temperature in three hours
# ------------------------------
# Now the weather, whose true lags nobody knows: the temperature three hours ahead from the last two
# days. Neighbouring hours are nearly the same, and a network can use one in place of the other, so
# single hours seem to matter little. Blocks of six hours show more.

weather = load_airport_weather().xs("JFK", level="airport")
weather = weather[["temp", "dewp", "pressure", "wind_speed"]]
temp = weather["temp"].to_numpy()
methods, windows, y, errors = fit(weather, temp, n_test=2000, window=48, lead=3)
errors["the last value"] = np.abs(y - windows[:, -1, 0]).mean()
print(pd.Series(errors).round(2).to_string())
blocks = [list(range(first, first + 6)) for first in range(0, 48, 6)]
of_weather = {
    name: importance(predict, windows, y, blocks)
    for name, predict in methods.items()
}

# %%
# The picture
# -----------
# Left: only the network finds both true lags. Right: the last six hours matter most by far, so the
# scale is logarithmic. Next come the hours around the same hour of the day before: they tell the
# time of the day, which is in no column.

figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.2), layout="constrained")
for number, (name, growth) in enumerate(known_lags.items()):
    left.bar(days + 0.4 * (0.5 - number), growth, width=0.4, label=name)
left.set(
    xlabel="days before",
    ylabel="growth of the mean absolute error",
    title="Sales: the true lags are 3 and 8 days",
    xticks=days,
)
left.invert_xaxis()
left.legend(loc="upper left")
hours_before = [f"{50 - block[0]} to {50 - block[-1]}" for block in blocks]
for number, (name, growth) in enumerate(of_weather.items()):
    right.bar(
        np.arange(len(blocks)) + 0.4 * (number - 0.5),
        np.maximum(growth, 0.01),
        width=0.4,
        label=name,
    )
right.set(
    xlabel="hours before the hour that is forecast",
    ylabel="growth of the mean absolute error, °F",
    title="Temperature: blocks of six hours",
    yscale="log",
)
right.set_xticks(range(len(blocks)), hours_before, rotation=30)
right.legend(loc="upper left")
if len(sys.argv) > 1:
    # The directory to save the figure in.
    figure.savefig(Path(sys.argv[1]) / "plot_which_lags.png", dpi=100)
plt.show()

# %%
# What to try next
# ----------------
# - A column in place of a step: `permutation_importance` of scikit-learn takes the whole pipeline.
# - Single predictions, by SHAP: :doc:`With other libraries </user_guide/interoperability>`.
# - Which window is long enough, by a search: :doc:`plot_tune_window`.
