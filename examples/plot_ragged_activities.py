"""
======================================================
Name the activity of a recording of any length
======================================================

Recordings of a sensor differ in length, and two people do the same thing at different speeds. You
learn how ``Padder`` and a network read such recordings as they are, and how to score them on people
whom the model has never seen.
"""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import ConfusionMatrixDisplay, accuracy_score
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline

from sklstm import LSTMClassifier, Padder

# %%
# The data
# --------
# A sensor at the wrist measures three accelerations, 20 times a second, for two to six seconds.
# Each of 20 people makes five gestures, six times each. "Raise" and "lower" are the same motion
# backwards in time, and so are the two circles: what differs is only the order of the steps. Every
# person has a speed, a strength and a way of wearing the sensor.

GESTURES = ["circle left", "circle right", "lower", "raise", "shake"]
rng = np.random.default_rng(0)


def record(gesture, speed, strength, turn):
    """Generate one recording, an array of shape (steps, 3)."""
    n_steps = int(rng.uniform(40, 80) / speed)
    time = np.linspace(0, 1, n_steps)
    pause = rng.uniform(0, 0.5)
    moving = np.clip((time - pause) / rng.uniform(0.3, 0.5), 0, 1)
    motion = np.zeros((n_steps, 3))
    if gesture.startswith("circle"):
        sign = 1 if gesture == "circle left" else -1
        start = rng.uniform(0, 2 * np.pi)
        angle = start + sign * 2 * np.pi * moving
        active = np.sin(np.pi * moving) > 0
        motion[:, 0] = np.cos(angle) * active
        motion[:, 1] = np.sin(angle) * active
    elif gesture == "shake":
        motion[:, 0] = np.sin(8 * np.pi * moving + rng.uniform(0, 6))
        motion[:, 0] *= np.sin(np.pi * moving)
    else:
        sign = 1 if gesture == "raise" else -1
        motion[:, 2] = sign * np.sin(2 * np.pi * moving)
    return strength * motion @ turn + rng.normal(0, 0.6, size=(n_steps, 3))


recordings, gestures, people = [], [], []
for person in range(20):
    speed, strength = rng.uniform(0.7, 1.3), rng.uniform(0.7, 1.3)
    turn, _ = np.linalg.qr(np.eye(3) + rng.normal(0, 0.15, size=(3, 3)))
    turn = turn * np.sign(np.diag(turn))
    for gesture in np.repeat(GESTURES, 6):
        recordings.append(record(gesture, speed, strength, turn))
        gestures.append(gesture)
        people.append(person)
gestures = np.array(gestures)
lengths = [len(recording) for recording in recordings]
print(f"{len(recordings)} recordings of {min(lengths)} to {max(lengths)} steps")

# %%
# The comparison
# --------------
# ``Padder`` pads each recording with NaN to the length of the longest, and the network skips what
# is padded. The baseline is a common choice: a random forest on the mean, the spread and the
# extremes of each axis. A stronger one cuts each recording into eight equal parts, so that it can
# see an order. All are tested on people who are not in their training set.


def summary(n_parts):
    """Describe each recording by mean, spread and extremes of each part of it."""
    return np.array(
        [
            np.hstack(
                [
                    np.r_[part.mean(0), part.std(0), part.min(0), part.max(0)]
                    for part in np.array_split(recording, n_parts)
                ]
            )
            for recording in recordings
        ]
    )


forest = RandomForestClassifier(n_estimators=200, random_state=0)
network = make_pipeline(
    Padder(),
    LSTMClassifier(units=32, epochs=40, bidirectional=True, random_state=0),
)
methods = {
    "forest on the whole": (forest, summary(1)),
    "forest on eight parts": (forest, summary(8)),
    "LSTM": (network, recordings),
}
predicted = {
    name: cross_val_predict(
        method, inputs, gestures, groups=people, cv=GroupKFold(4)
    )
    for name, (method, inputs) in methods.items()
}
accuracy = pd.Series(
    {name: accuracy_score(gestures, labels) for name, labels in predicted.items()}
)
print(accuracy.round(3).to_string())

# %%
# The picture
# -----------
# Above, one recording of each gesture. Below, which gestures are taken for which.

figure = plt.figure(figsize=(11, 7.5), layout="constrained")
above, below = figure.subfigures(2, 1, height_ratios=[1, 1.8])
examples = above.subplots(1, len(GESTURES), sharey=True)
for ax, gesture in zip(examples, GESTURES, strict=True):
    recording = recordings[np.flatnonzero(gestures == gesture)[0]]
    lines = ax.plot(np.arange(len(recording)) / 20, recording, linewidth=1)
    ax.set(title=gesture, xlabel="seconds")
examples[0].set_ylabel("acceleration")
above.legend(lines, ["x", "y", "z"], loc="outside right upper", frameon=False)
for ax, name in zip(below.subplots(1, 3, sharey=True), methods, strict=True):
    ConfusionMatrixDisplay.from_predictions(
        gestures,
        predicted[name],
        ax=ax,
        cmap="Blues",
        im_kw={"vmin": 0, "vmax": 200},
        text_kw={"color": "black"},
        colorbar=False,
        xticks_rotation=45,
    )
    ax.set_title(f"{name}: {accuracy[name]:.1%}")
    ax.set(
        xlabel="predicted",
        ylabel="actual" if ax.get_subplotspec().is_first_col() else "",
    )
if len(sys.argv) > 1:
    # The directory to save the figure in.
    figure.savefig(Path(sys.argv[1]) / "plot_ragged_activities.png", dpi=100)
plt.show()

# %%
# What to try next
# ----------------
# - A label for each step of a recording, in place of one for the whole:
#   :doc:`Sequences </user_guide/sequences>`.
# - Your own CSV file of recordings, as a program of thirty lines:
#   :doc:`Templates </user_guide/templates>`.
# - Rows that belong to one long series: :doc:`plot_label_every_hour`.
