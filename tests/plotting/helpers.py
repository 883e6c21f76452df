"""A small display of each kind, without a fit."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd

from sklstm import SequenceWindower
from sklstm.plotting import (
    BacktestDisplay,
    ForecastDisplay,
    HistoryDisplay,
    SearchDisplay,
    SequenceLabelDisplay,
    WindowDisplay,
)

DAYS = pd.date_range("2024-01-01", periods=30, freq="D", name="day")
VALUES = pd.Series(np.arange(30.0), index=DAYS, name="sales")
HISTORY = pd.DataFrame({"loss": [3.0, 2.0, 1.0], "val_loss": [3.0, 1.5, 1.7]})
CV_RESULTS = {
    "param_units": [8, 8, 32, 32],
    "param_window": [12, 24, 12, 24],
    "mean_test_score": [0.71, 0.78, 0.74, 0.81],
    "std_test_score": [0.02, 0.01, 0.03, 0.04],
}
TABLE = pd.DataFrame(
    {
        "model": ["a"] * 4 + ["b"] * 4,
        "fold": [0, 0, 1, 1] * 2,
        "series": 0,
        "lead": [1, 2] * 4,
        "n": 5,
        "mae": [1.0, 2.0, 3.0, 4.0, 2.0, 2.5, 3.0, 3.5],
    }
)


def windows(n=12, **params):
    X = np.arange(float(n))[:, None]
    return SequenceWindower(**{"window": 3, "history": None} | params).fit_transform(X)


SMALL = {
    BacktestDisplay: lambda: {"table": TABLE, "panels": "lead"},
    ForecastDisplay: lambda: {"forecast": VALUES[24:], "history": VALUES[:24]},
    HistoryDisplay: lambda: {"histories": {"fit": HISTORY}},
    SearchDisplay: lambda: {"cv_results": CV_RESULTS},
    SequenceLabelDisplay: lambda: {"y_pred": list("aab"), "y_true": list("aba")},
    WindowDisplay: lambda: {"window_index": windows().window_index},
}
