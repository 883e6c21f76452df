"""
======================================================
A label for every hour, and how not to evaluate it
======================================================

Will it be cold, mild or warm in six hours? Every hour of a year of weather gets a label, and the
network learns from every step of its windows (``return_sequences=True``). Then the example shows
why a well-known recipe, which shuffles the rows before it cuts windows, reaches meaningless scores.
"""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import classification_report
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from sklstm import KMeansLabeler, LSTMClassifier, SequenceWindower
from sklstm.datasets import load_airport_weather

# %%
# The data
# --------
# Kennedy airport, hour by hour. The first four fifths of the year are for training, the rest for
# testing. Everything is fitted on the training part: the classes, by k-means on its temperatures,
# and the scales, inside the network. ``lead=6`` ends the window of each hour six hours before it,
# which makes it a forecast. The test part is autumn and early winter, when hardly an hour is warm.

LEAD = 6
weather = load_airport_weather().xs("JFK", level="airport")
angle = 2 * np.pi * weather.index.hour / 24
weather = weather.assign(hour_sin=np.sin(angle), hour_cos=np.cos(angle))
n_train = int(0.8 * len(weather))
labeler = KMeansLabeler(n_clusters=3).fit(weather[["temp"]][:n_train])
label = np.array(["cold", "mild", "warm"])[labeler.predict(weather[["temp"]])]
train, test = slice(None, n_train), slice(n_train, None)

# %%
# Learn from every step
# ---------------------
# A window of a day holds 24 steps, and each learns the label of the hour six hours after it. ``y``
# stays one label for each hour, and no label is copied. The same network without
# ``return_sequences`` learns from the last step alone.

settings = {
    "plain": True,
    "units": 32,
    "epochs": 5,
    "learning_rate": 0.001,
    "random_state": 0,
}
every_hour = make_pipeline(
    SequenceWindower(window=24, lead=LEAD),
    LSTMClassifier(return_sequences=True, **settings),
).fit(weather[train], label[train])
last_hour = make_pipeline(
    SequenceWindower(window=24, lead=LEAD), LSTMClassifier(**settings)
).fit(weather[train], label[train])
logistic = make_pipeline(
    SequenceWindower(window=24, lead=LEAD, flatten=True),
    SimpleImputer(keep_empty_features=True),
    StandardScaler(),
    LogisticRegression(C=0.01),
).fit(weather[train], label[train])

# %%
# Compare the prediction of each step of the test windows with the actual label. The first step of a
# window has seen one hour, the last one a day.

windows = every_hour[0].transform(weather[test])
predicted = every_hour[-1].predict_sequences(windows)
actual = np.full(predicted.shape, None, dtype=object)
for step in range(24):
    hours_back = 23 - step
    rows = np.arange(len(predicted)) - hours_back
    actual[:, step] = np.where(rows >= 0, label[test][np.maximum(rows, 0)], None)
labelled = pd.notna(actual)
print("Every step of the test windows:")
print(
    classification_report(
        actual[labelled].astype(str), predicted[labelled], digits=3
    )
)
by_step = [
    np.mean(predicted[labelled[:, k], k] == actual[labelled[:, k], k])
    for k in range(24)
]

persistence = np.mean(label[n_train - LEAD : -LEAD] == label[test])
seasonal_naive = np.mean(label[n_train - 24 : -24] == label[test])
scores = pd.Series(
    {
        "LSTM, every step": np.mean(predicted[labelled] == actual[labelled]),
        "LSTM, its last step": every_hour.score(weather[test], label[test]),
        "LSTM, one label for each window": last_hour.score(
            weather[test], label[test]
        ),
        "logistic regression": logistic.score(weather[test], label[test]),
        "persistence": persistence,
        "seasonal naive": seasonal_naive,
        "always the most frequent": np.mean(
            pd.Series(label[train]).mode()[0] == label[test]
        ),
    }
)
print(f"Accuracy, {LEAD} hours ahead, on the last fifth of the year:")
print(scores.round(3).to_string())

# %%
# Shuffled rows
# -------------
# The recipe labels each hour by k-means on its temperature, shuffles the *rows*, splits them, cuts
# each part into windows, and gives every step its own label. Three things are wrong, and each makes
# the score too good.
#
# 1. The label is a function of the input of the same row. A tree of depth two finds the two
#    thresholds of k-means: there is no forecast to make, and nothing for a recurrence to learn.
# 2. The rows next to a test row are training rows, and the weather hardly changes in an hour.
# 3. The windows are no longer contiguous: what looks like a sequence is a random draw of hours from
#    the whole year.

rng = np.random.default_rng(0)
shuffled = rng.permutation(len(weather))
X, y = weather.to_numpy()[shuffled], label[shuffled]
n = n_train // 24 * 24
n_test = (len(X) - n) // 24 * 24
X_train, y_train = X[:n].reshape(-1, 24, X.shape[1]), y[:n].reshape(-1, 24)
X_test = X[n : n + n_test].reshape(-1, 24, X.shape[1])
y_test = y[n : n + n_test].reshape(-1, 24)

on_shuffled_rows = LSTMClassifier(
    return_sequences=True, **(settings | {"epochs": 100, "learning_rate": 0.003})
).fit(X_train, y_train)
tree = DecisionTreeClassifier(max_depth=2, random_state=0).fit(X[:n, :1], y[:n])
recipe_scores = pd.Series(
    {
        "LSTM on shuffled rows": on_shuffled_rows.score(X_test, y_test),
        "a tree of depth 2 on the temperature": tree.score(X[n:, :1], y[n:]),
    }
)
print("\nThe scores of the recipe:")
print(recipe_scores.round(3).to_string())

# %%
# The plots
# ---------
# Left: the accuracy by the number of hours seen. A few hours are enough. Right: the comparison on
# rows in the order of time, and the scores of the recipe, which measure another task.

figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4), layout="constrained")
left.plot(np.arange(1, 25), by_step, marker="o", color="tab:blue", label="LSTM")
left.axhline(persistence, color="gray", linestyle="--", label="persistence")
left.set(
    xlabel="hours seen",
    ylabel="accuracy",
    title=f"Predictions of each step, {LEAD} hours ahead",
)
left.legend()

everything = pd.concat([scores, recipe_scores])[::-1]
colours = ["tab:red"] * len(recipe_scores) + ["tab:blue"] * len(scores)
bars = right.barh(everything.index, everything, color=colours)
right.bar_label(bars, [f"{score:.3f}" for score in everything], padding=3)
right.set(
    xlim=(0, 1.15),
    xlabel="accuracy",
    title="In the order of time (blue), shuffled (red)",
)
right.spines[["top", "right"]].set_visible(False)
if len(sys.argv) > 1:
    # The directory to save the figure in.
    figure.savefig(Path(sys.argv[1]) / "plot_label_every_hour.png", dpi=120)
plt.show()

# %%
# What to try next
# ----------------
# - A search over window, units and epochs on the same task: :doc:`plot_tune_window`.
# - Labels for rows as they arrive: :doc:`plot_live_labels`.
