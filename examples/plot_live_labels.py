"""
========================================================
Which mode is the heater in? A label for each row, live
========================================================

A button takes a heater from off to low to high and back to off, and a press may lie hours back. You
learn how a stateful network remembers what no window holds, and how ``stream`` labels each new row
in constant time.
"""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import sys
import time
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.pipeline import make_pipeline

from sklstm import LSTMClassifier, SequenceWindower, stream
from sklstm.plotting import SequenceLabelDisplay

# %%
# The data
# --------
# Forty heaters, minute by minute. Two things are measured: presses of the button, of which one in
# twenty is not registered, and the temperature of the room, which is noisy and depends a little on
# the mode. The mode itself was written down by hand, and is what the model predicts.

N_HEATERS, N_MINUTES = 40, 1000
PRESSED, REGISTERED, WARMER, NOISE = 0.02, 0.95, 0.6, 2.0
MODES = np.array(["off", "low", "high"])
minutes = pd.date_range("2026-01-05", periods=N_MINUTES, freq="min", name="minute")
rng = np.random.default_rng(0)


def run_heater():
    """Generate the presses and temperatures of one heater, and its modes."""
    press = rng.random(N_MINUTES) < PRESSED
    mode = press.cumsum() % 3
    registered = press & (rng.random(N_MINUTES) < REGISTERED)
    warm = 18 + WARMER * mode + rng.normal(0, NOISE, size=N_MINUTES)
    return pd.DataFrame(
        {"press": 1.0 * registered, "temperature": warm, "mode": MODES[mode]},
        minutes,
    )


heaters = pd.concat(
    {f"heater {number + 1:02d}": run_heater() for number in range(N_HEATERS)},
    names=["heater"],
)
heaters = heaters.swaplevel().sort_index()
measured, mode = heaters[["press", "temperature"]], heaters["mode"]
is_new = heaters.index.get_level_values("heater") > "heater 30"
print(measured.head(2))

# %%
# The comparison
# --------------
# Thirty heaters are for training, and ten are new. The stateful network reads every heater from its
# first minute on. ``bptt_steps`` says how far back gradients go, not how far the network remembers.
# Two other models see a window of an hour: the same network without a state, and gradient boosting.
# A rule counts the presses, and goes wrong with the first that is not registered.

stateful = make_pipeline(
    SequenceWindower(window=60, by="heater"),
    LSTMClassifier(
        units=32,
        stateful=True,
        bptt_steps=100,
        batch_size=5,
        epochs=400,
        learning_rate=0.005,
        random_state=0,
    ),
)
windowed = make_pipeline(
    SequenceWindower(window=60, by="heater"),
    LSTMClassifier(units=32, epochs=4, random_state=0),
)
boosting = make_pipeline(
    SequenceWindower(window=60, by="heater", flatten=True),
    HistGradientBoostingClassifier(max_iter=50, random_state=0),
)
methods = {
    "LSTM, stateful": stateful,
    "LSTM, window of an hour": windowed,
    "boosting, window of an hour": boosting,
}
predicted = {
    name: method.fit(measured[~is_new], mode[~is_new]).predict(measured[is_new])
    for name, method in methods.items()
}

# %%
# How good can a model be? The data are simulated, so a Bayes filter with the true parameters gives
# the best accuracy that is possible.


def count(rows):
    """Count the presses that were registered."""
    return MODES[rows["press"].groupby("heater").cumsum().astype(int) % 3]


def best(rows):
    """Run the Bayes filter with the true parameters."""
    labels = pd.Series("", index=rows.index)
    missed = PRESSED * (1 - REGISTERED) / (1 - PRESSED * REGISTERED)
    for _, of_heater in rows.groupby("heater"):
        belief, chosen = np.array([1.0, 0, 0]), []
        for press, warm in of_heater.to_numpy():
            on = np.roll(belief, 1)
            belief = on if press else (1 - missed) * belief + missed * on
            distance = (warm - 18 - WARMER * np.arange(3)) / NOISE
            belief = belief * np.exp(-(distance**2) / 2)
            belief = belief / belief.sum()
            chosen.append(MODES[belief.argmax()])
        labels[of_heater.index] = chosen
    return labels


predicted["count the presses"] = count(measured[is_new])
predicted["the best possible"] = best(measured[is_new])
right = pd.DataFrame(
    {name: labels == mode[is_new] for name, labels in predicted.items()}
)
accuracy = right.mean()
print(accuracy.round(3).to_string())

# %%
# Live
# ----
# A stream keeps the state of each heater. A row costs the same after a minute as after a year, and
# the labels are those of ``predict`` on the whole series.

one = measured[measured.index.get_level_values("heater") == "heater 35"]
live, seconds, probabilities = stream(stateful, method="predict_proba"), [], []
for minute in range(N_MINUTES):
    started = time.perf_counter()
    probabilities.append(live.push(one.iloc[minute : minute + 1]))
    seconds.append(time.perf_counter() - started)
probabilities = np.array(probabilities).reshape(N_MINUTES, 3)
same = np.allclose(probabilities, stateful.predict_proba(one), atol=1e-5)
print(f"the same as predict on the whole: {same}")
for part in (slice(100), slice(-100, None)):
    print(f"median time of a row: {np.median(seconds[part]) * 1000:.1f} ms")

# %%
# The picture
# -----------
# Above, hours of a heater that the network has not seen, and its presses. Below, the accuracy on
# all new heaters: a method that only counts is lost after a few hours, and a window forgets.

figure = plt.figure(figsize=(10, 7), layout="constrained")
above, below = figure.subfigures(2, 1, height_ratios=[1.1, 1])
ax = above.subplots()
classes = stateful.classes_
shown = slice(300, 700)
SequenceLabelDisplay.from_predictions(
    mode[one.index][shown],
    classes[probabilities.argmax(axis=1)][shown],
    proba=probabilities[shown],
    classes=classes,
    index=minutes[shown],
    ax=ax,
)
for minute in minutes[shown][one["press"][shown] == 1]:
    ax.axvline(minute, ymax=0.9, color="black", linewidth=1, linestyle=":")
ax.set_title("heater 35; dotted: presses that were registered")
bars_ax, time_ax = below.subplots(1, 2)
bars = bars_ax.barh(accuracy.index[::-1], accuracy[::-1], color="tab:blue")
bars_ax.bar_label(bars, fmt="%.2f", padding=3)
bars_ax.set(xlim=(0, 1.15), xlabel="accuracy")
bars_ax.spines[["top", "right"]].set_visible(False)
part = right.index.get_level_values("minute").hour
by_hour = right.groupby(part).mean()
for name in by_hour:
    time_ax.plot(by_hour.index - by_hour.index[0] + 1, by_hour[name], label=name)
time_ax.set(
    xlabel="hour", ylabel="accuracy", ylim=(0, 1.02), xticks=range(1, 18, 2)
)
time_ax.legend(fontsize="small", loc="lower left")
if len(sys.argv) > 1:
    # The directory to save the figure in.
    figure.savefig(Path(sys.argv[1]) / "plot_live_labels.png", dpi=100)
plt.show()

# %%
# What to try next
# ----------------
# - When a state helps, and when a window is the simpler choice:
#   :doc:`Sequences </user_guide/sequences>`.
# - The smallest task that needs a state: :doc:`plot_alphabet`.
# - A stream behind a web service: :doc:`Serve a model </user_guide/serving>`.
