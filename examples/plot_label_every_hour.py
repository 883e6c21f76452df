"""
======================================================
A label for every hour, and how not to get one
======================================================

Cold, mild or warm: which of the three will it be six hours from now? Every hour of a year of
weather gets a label, and the network learns from every step of its windows
(``return_sequences=True``).
Then comes a lesson: a well-known recipe that shuffles the rows before it cuts them reaches scores
that mean nothing.
"""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

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
# Kennedy airport, hour by hour. The first four fifths of the year are for training, the rest is for
# testing, and everything is fitted on the training part: the classes, by k-means on its
# temperatures, and the scales, inside the network. ``lead=6`` ends the window of each hour six
# hours before it: a forecast. The test part is autumn and early winter, when hardly an hour is
# warm.

LEAD = 6
weather = load_airport_weather().xs("JFK", level="airport")
angle = 2 * np.pi * weather.index.hour / 24
weather = weather.assign(hour_sin=np.sin(angle), hour_cos=np.cos(angle))
n_train = int(0.8 * len(weather))
labeler = KMeansLabeler(n_clusters=3).fit(weather[["temp"]][:n_train])
label = np.array(["cold", "mild", "warm"])[labeler.predict(weather[["temp"]])]
train, test = slice(None, n_train), slice(n_train, None)

# %%
# Every step learns
# -----------------
# A window of a day holds 24 steps, and each learns the label of the hour six hours after it. ``y``
# stays one label an hour; nothing is copied. The same network without ``return_sequences`` learns
# from the last step alone.

settings = {"units": 32, "epochs": 5, "learning_rate": 0.001, "random_state": 0}
every_hour = make_pipeline(
    SequenceWindower(window=24, lead=LEAD), LSTMClassifier(return_sequences=True, **settings)
).fit(weather[train], label[train])
last_hour = make_pipeline(SequenceWindower(window=24, lead=LEAD), LSTMClassifier(**settings)).fit(
    weather[train], label[train]
)
logistic = make_pipeline(
    SequenceWindower(window=24, lead=LEAD, flatten=True),
    SimpleImputer(keep_empty_features=True),
    StandardScaler(),
    LogisticRegression(C=0.01),
).fit(weather[train], label[train])

# %%
# The answer of each step of the test windows, against the label that it was to give. The first step
# of a window has seen one hour, the last one a day.

windows = every_hour[0].transform(weather[test])
answers = every_hour[-1].predict_sequences(windows)
wanted = np.full(answers.shape, None, dtype=object)
for step in range(24):
    hours_back = 23 - step
    rows = np.arange(len(answers)) - hours_back
    wanted[:, step] = np.where(rows >= 0, label[test][np.maximum(rows, 0)], None)
known = pd.notna(wanted)
print("Every step of the test windows:")
print(classification_report(wanted[known].astype(str), answers[known], digits=3))
by_step = [np.mean(answers[known[:, k], k] == wanted[known[:, k], k]) for k in range(24)]

as_now = np.mean(label[n_train - LEAD : -LEAD] == label[test])
day_before = np.mean(label[n_train - 24 : -24] == label[test])
scores = pd.Series(
    {
        "LSTM, every step": np.mean(answers[known] == wanted[known]),
        "LSTM, last of them": every_hour.score(weather[test], label[test]),
        "LSTM, one label a window": last_hour.score(weather[test], label[test]),
        "logistic regression": logistic.score(weather[test], label[test]),
        "as it is now": as_now,
        "as the same hour yesterday": day_before,
        "always the most frequent": np.mean(pd.Series(label[train]).mode()[0] == label[test]),
    }
)
print(f"Accuracy, {LEAD} hours ahead, on the last fifth of the year:")
print(scores.round(3).to_string())

# %%
# The lesson
# ----------
# The recipe: label each hour by k-means on its temperature, shuffle the *rows*, split them, cut
# what is left into windows, and give every step of them its own label. Three things are wrong, and
# each flatters.
#
# 1. The label is a function of the input of the same row. A tree of depth two finds the two
#    thresholds of k-means: there is nothing to forecast, and nothing for a recurrence to do.
# 2. The rows next to a test row are training rows, and the weather hardly changes in an hour.
# 3. The windows are not contiguous any more; what looks like a sequence is a draw of hours from the
#    whole year.

rng = np.random.default_rng(0)
shuffled = rng.permutation(len(weather))
X, y = weather.to_numpy()[shuffled], label[shuffled]
n = n_train // 24 * 24
n_test = (len(X) - n) // 24 * 24
X_train, y_train = X[:n].reshape(-1, 24, X.shape[1]), y[:n].reshape(-1, 24)
X_test = X[n : n + n_test].reshape(-1, 24, X.shape[1])
y_test = y[n : n + n_test].reshape(-1, 24)

flattered = LSTMClassifier(
    return_sequences=True, **(settings | {"epochs": 100, "learning_rate": 0.003})
).fit(X_train, y_train)
tree = DecisionTreeClassifier(max_depth=2, random_state=0).fit(X[:n, :1], y[:n])
lesson = pd.Series(
    {
        "LSTM on shuffled rows": flattered.score(X_test, y_test),
        "a tree of depth 2 on the temperature": tree.score(X[n:, :1], y[n:]),
    }
)
print("\nThe recipe, by its own measure:")
print(lesson.round(3).to_string())

# %%
# The plots
# ---------
# Left: how much of a day the network needs to have seen. Right: the honest comparison, and the
# scores of the recipe, which measure another task.

figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4), layout="constrained")
left.plot(np.arange(1, 25), by_step, marker="o", color="tab:blue")
left.axhline(as_now, color="gray", linestyle="--", label="as it is now")
left.set(xlabel="hours seen", ylabel="accuracy", title=f"Answers of each step, {LEAD} hours ahead")
left.legend()

everything = pd.concat([scores, lesson])[::-1]
colours = ["tab:red"] * len(lesson) + ["tab:blue"] * len(scores)
bars = right.barh(everything.index, everything, color=colours)
right.bar_label(bars, [f"{score:.3f}" for score in everything], padding=3)
right.set(xlim=(0, 1.15), xlabel="accuracy", title="Honest (blue), and the recipe (red)")
right.spines[["top", "right"]].set_visible(False)
figure.savefig("plot_label_every_hour.png", dpi=120)
print("The plot is in plot_label_every_hour.png.")
plt.show()
