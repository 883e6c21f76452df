"""Draw the pictures of the page on concepts: ``python docs/make_concepts.py``."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.model_selection import TimeSeriesSplit

from sklstm import SequenceWindower
from sklstm.plotting import WindowDisplay

HERE = Path(__file__).parent / "_static"
HOURS = pd.date_range("2026-01-01", periods=12, freq="h")


def table(hours):
    """Make a table with a row for each hour."""
    return pd.DataFrame({"temp": np.arange(float(len(hours)))}, index=hours)


def draw_contract():
    """Draw the windows of four rows."""
    return WindowDisplay.from_estimator(
        SequenceWindower(window=4), table(HOURS), rows=[4, 5, 6, 7]
    )


def draw_lead():
    """Draw windows with three pairs of lead and horizon, over the same hours."""
    choices = [(1, 1, [7, 8, 9]), (1, 3, [7]), (3, 1, [9])]
    _, axes = plt.subplots(
        3, 1, figsize=(8, 7), layout="constrained", height_ratios=[5, 3.4, 3.4]
    )
    for ax, (lead, horizon, rows) in zip(axes, choices, strict=True):
        windower = SequenceWindower(window=4, lead=lead)
        display = WindowDisplay.from_estimator(
            windower, table(HOURS), horizon=horizon, rows=rows, ax=ax
        )
        ax.set_title(f"lead={lead}, horizon={horizon}", loc="left", weight="bold")
        if ax is not axes[-1]:
            ax.set_xlabel("")
        if ax is not axes[0]:
            ax.get_legend().remove()
            ax.set_title(
                f"lead={lead}, horizon={horizon}",
                loc="left",
                weight="bold",
                y=1,
                pad=6,
            )
    return display


def draw_history():
    """Draw the windows of rows that came after fit."""
    windower = SequenceWindower(window=4, lead=1).fit(table(HOURS[:8]))
    return WindowDisplay.from_estimator(
        windower, table(HOURS[8:]), rows=[0, 1, 2, 3]
    )


def draw_gaps():
    """Draw windows over a gap of two hours."""
    windower = SequenceWindower(window=4, lead=1)
    return WindowDisplay.from_estimator(windower, table(HOURS.delete([5, 6])))


def draw_panel():
    """Draw windows of two series in one table."""
    index = pd.MultiIndex.from_product(
        [HOURS[:8], ["north", "south"]], names=["time", "station"]
    )
    panel = table(index).drop([(HOURS[hour], "south") for hour in (0, 1)])
    windower = SequenceWindower(window=3, lead=1, by="station")
    return WindowDisplay.from_estimator(windower, panel, rows=[4, 6, 5, 7])


def draw_folds():
    """Draw the folds of a splitter in time, with a window of the first test row."""
    rows = table(pd.date_range("2026-01-01", periods=16, freq="h"))
    windower = SequenceWindower(window=4, lead=1)
    cv = TimeSeriesSplit(n_splits=3, test_size=3)
    return WindowDisplay.from_estimator(windower, rows, rows=[7], cv=cv)


PICTURES = {
    "concept_contract": draw_contract,
    "concept_lead": draw_lead,
    "concept_history": draw_history,
    "concept_gaps": draw_gaps,
    "concept_panel": draw_panel,
    "concept_folds": draw_folds,
}

if __name__ == "__main__":
    for name, draw in PICTURES.items():
        figure = draw().figure_
        figure.savefig(HERE / f"{name}.png", dpi=110, metadata={"Software": None})
        plt.close(figure)
