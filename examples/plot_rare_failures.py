"""
======================================================
Which machine fails within a day?
======================================================

Only three hours in a hundred are followed by a failure within a day, so accuracy says nothing here.
You learn how to warn of rare events in many machines, and how to compare methods by precision and
recall on weeks that they have not seen.
"""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.dates import ConciseDateFormatter
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import PrecisionRecallDisplay, average_precision_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklstm import LSTMClassifier, SequenceWindower

# %%
# The data
# --------
# Forty machines run for 60 days, and are measured each hour. Temperature and vibration rise with
# the load, and each machine has its own level. Before a bearing fails, its vibration starts to
# flutter: it swings to and fro, faster than the load does, for about a day. Its mean hardly
# changes. Shocks, which mean nothing, are far larger.

N_MACHINES, N_HOURS, AHEAD = 40, 60 * 24, 24
hours = pd.date_range("2026-01-01", periods=N_HOURS, freq="h", name="hour")
rng = np.random.default_rng(0)


def run_machine():
    """Generate what is measured of one machine, and the hours of its failures."""
    hour = np.arange(N_HOURS)
    load = 0.6 + 0.2 * np.sin(2 * np.pi * (hour - rng.integers(24)) / 24)
    load += 0.1 * np.convolve(
        rng.normal(size=N_HOURS + 11), np.ones(12) / 3.5, "valid"
    )
    failures = np.flatnonzero(rng.random(N_HOURS) < 1 / 900)
    flutter = np.zeros(N_HOURS)
    for failure in failures:
        onset = max(failure - rng.integers(18, 36), 0)
        grown = np.linspace(0.3, 1, failure - onset)
        flutter[onset:failure] = grown * (-1) ** np.arange(failure - onset)
    shocks = (rng.random(N_HOURS) < 0.01) * rng.exponential(4, size=N_HOURS)
    vibration = rng.normal(0, 1) + 3 * load + 0.9 * flutter + shocks
    return pd.DataFrame(
        {
            "load": load,
            "temperature": 40 + 30 * load + rng.normal(0, 2, size=N_HOURS),
            "vibration": vibration + rng.normal(0, 0.5, size=N_HOURS),
            "failure": np.isin(hour, failures),
        },
        index=hours,
    )


machines = pd.concat(
    {f"machine {number + 1}": run_machine() for number in range(N_MACHINES)},
    names=["machine"],
)
machines = machines.swaplevel().sort_index()
by_machine = machines.groupby("machine")["failure"]
soon = sum(
    by_machine.shift(-step, fill_value=False).astype(int)
    for step in range(1, AHEAD + 1)
).gt(0)
sensors = machines[["load", "temperature", "vibration"]]
print(f"{machines['failure'].sum()} failures; followed by one: {soon.mean():.1%}")

# %%
# The comparison
# --------------
# The first 40 days are for training, the last 20 for testing. ``y`` says for each hour whether a
# failure follows within a day. The last day before the split is left out, since its labels depend
# on the test part. With ``lead=0``, the default, a window ends at its own hour. Logistic regression
# and gradient boosting read the same windows as a table of lags. One more method gets features made
# by hand: the mean, the spread and the mean change from hour to hour, over several hours.

time = sensors.index.get_level_values("hour")
split = hours[40 * 24]
train, test = time < split - pd.Timedelta(hours=AHEAD), time >= split


def windows(**parameters):
    """Cut the windows: the last day of each machine."""
    return SequenceWindower(window=24, by="machine", **parameters)


def statistics(table):
    """Return rolling statistics of each sensor, machine by machine."""
    changes = table.groupby("machine").diff().abs()
    columns = []
    for n_hours in (6, 12, 24):
        for values, name in (
            (table, "mean"),
            (table, "std"),
            (changes, "mean"),
        ):
            rolled = values.groupby("machine").rolling(n_hours, min_periods=2)
            columns.append(getattr(rolled, name)().droplevel(0))
    return pd.concat(columns, axis=1).loc[table.index].to_numpy()


methods = {
    "LSTM": make_pipeline(
        windows(), LSTMClassifier(units=32, epochs=8, random_state=0)
    ),
    "gradient boosting": make_pipeline(
        windows(flatten=True), HistGradientBoostingClassifier(random_state=0)
    ),
    "logistic regression": make_pipeline(
        windows(flatten=True),
        SimpleImputer(),
        StandardScaler(),
        LogisticRegression(C=0.01),
    ),
}
by_hand = HistGradientBoostingClassifier(random_state=0)
by_hand.fit(statistics(sensors)[train], soon[train])
probability = {
    "boosting on statistics": by_hand.predict_proba(statistics(sensors)[test])[:, 1]
}
for name, method in methods.items():
    method.fit(sensors[train], soon[train])
    probability[name] = method.predict_proba(sensors[test])[:, 1]
precision = pd.Series(
    {
        name: average_precision_score(soon[test], of_method)
        for name, of_method in probability.items()
    }
)
precision["at random"] = soon[test].mean()
print("average precision:")
print(precision.round(2).to_string())

# %%
# Precision, recall and one failure
# ---------------------------------
# Left: precision and recall at every threshold. Right: the days before one failure of the test
# part.

figure, (left, right) = plt.subplots(
    1, 2, figsize=(11, 4.8), width_ratios=[1, 1.2], layout="constrained"
)
blue, *others = plt.rcParams["axes.prop_cycle"].by_key()["color"]
for name in precision.index[:-1]:
    PrecisionRecallDisplay.from_predictions(
        soon[test],
        probability[name],
        name=name,
        drop_intermediate=True,
        ax=left,
        curve_kwargs={"color": blue if name == "LSTM" else others.pop(0)},
    )
left.set(
    xlabel="recall: failures that were seen",
    ylabel="precision: alarms that were right",
    ylim=(0, 1.02),
)
handles, labels = left.get_legend_handles_labels()
left.legend().remove()
figure.legend(handles, labels, loc="outside lower left", ncols=2, frameon=False)

of_lstm = pd.Series(probability["LSTM"], index=sensors.index[test])
failed = machines["failure"][test]
failed = failed[failed & (time[test] > split + pd.Timedelta(days=5))]
when, machine = failed.index[0]
around = slice(when - pd.Timedelta(days=4), when + pd.Timedelta(days=1))
vibration = sensors["vibration"].xs(machine, level="machine")[around]
right.plot(
    vibration.index, vibration, color="gray", linewidth=0.8, label="vibration"
)
right.axvline(when, color="black", linestyle="--", label="failure")
right.set(ylabel="vibration", title=machine)
right.xaxis.set_major_formatter(
    ConciseDateFormatter(right.xaxis.get_major_locator())
)
chance = right.twinx()
chance.plot(of_lstm.xs(machine, level="machine")[around], color=blue, label="LSTM")
chance.set(ylabel="probability of a failure within a day", ylim=(0, 1))
handles = right.get_legend_handles_labels()[0] + chance.get_lines()
figure.legend(handles=handles, loc="outside lower right", ncols=3, frameon=False)
if len(sys.argv) > 1:
    # The directory to save the figure in.
    figure.savefig(Path(sys.argv[1]) / "plot_rare_failures.png", dpi=100)
plt.show()

# %%
# What to try next
# ----------------
# - Where to put the threshold, and how folds can lack a class:
#   :doc:`Rare classes </user_guide/classes>`.
# - An alarm row by row, in production: :doc:`plot_live_labels`.
# - ``class_weight="balanced"`` in `LSTMClassifier`, if a missed failure costs far more than a false
#   alarm.
