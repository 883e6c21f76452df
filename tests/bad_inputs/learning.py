"""Bad weights, targets, parameters and sizes."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import pickle
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline

from sklstm import LSTMClassifier, LSTMForecaster, SequenceWindower, load, model_card, save

SMALL = {"units": 2, "epochs": 1, "plain": True, "random_state": 0}
X = np.random.default_rng(0).normal(size=(30, 5, 2))
Y = X[:, 0, 0]
LABELS = (Y > 0).astype(int)
HOURS = pd.date_range("2026-01-01", periods=60, freq="h")
TABLE = pd.DataFrame({"v": np.random.default_rng(0).normal(size=60).cumsum()}, index=HOURS)


def forecaster(y=Y, sample_weight=None, **params):
    """Fit a forecaster on independent sequences."""
    return lambda: LSTMForecaster(**(SMALL | params)).fit(X, y, sample_weight=sample_weight)


def classifier(y=LABELS, sample_weight=None, **params):
    """Fit a classifier on independent sequences."""
    return lambda: LSTMClassifier(**(SMALL | params)).fit(X, y, sample_weight=sample_weight)


def on_windows(y=None, weight=None, **params):
    """Fit a forecaster behind a windower."""
    model = make_pipeline(SequenceWindower(4, lead=1), LSTMForecaster(**(SMALL | params)))
    y = TABLE["v"] if y is None else y
    return lambda: model.fit(TABLE, y, lstmforecaster__sample_weight=weight)


def steps(weight):
    """Fit labels of steps with weights."""
    model = LSTMClassifier(return_sequences=True, **SMALL)
    return lambda: model.fit(X, (X[..., 0] > 0).astype(int), sample_weight=weight)


WEIGHTS = [
    ("weights, short", forecaster(sample_weight=np.ones(29)), ValueError, "expected (30,)"),
    ("weights, 2D", classifier(sample_weight=np.ones((30, 5))), ValueError, "shape (30, 5)"),
    ("weights, scalar", forecaster(sample_weight=-2.0), ValueError, "negative weights"),
    ("weights, negative", forecaster(sample_weight=-np.ones(30)), ValueError, "negative weights"),
    ("weights, zero", classifier(sample_weight=np.zeros(30)), ValueError, "is zero for all"),
    ("weights, NaN", forecaster(sample_weight=np.full(30, np.nan)), ValueError, "contains NaN"),
    ("weights, infinite", forecaster(sample_weight=[np.inf] * 30), ValueError, "infinity"),
    ("weights, text", forecaster(sample_weight=["big"] * 30), ValueError, "big"),
    ("weights of windows", on_windows(weight=np.ones(50)), ValueError, "expected (60,)"),
    ("weights of steps", steps(np.ones((30, 4))), ValueError, "(30,) or (30, 5)"),
]

TARGETS = [
    ("y, NaN", forecaster(y=np.where(np.arange(30) == 3, np.nan, Y)), ValueError, "contains NaN"),
    (
        "y, infinite",
        on_windows(y=TABLE["v"].mask(TABLE["v"] > 0, np.inf)),
        ValueError,
        "inf",
    ),
    ("y, none at all", on_windows(y=TABLE["v"] * np.nan), ValueError, "y holds no value"),
    (
        "y, late only",
        on_windows(y=TABLE["v"].where(np.arange(60) > 57), early_stopping=True),
        ValueError,
        "y is missing",
    ),
    ("y, short", forecaster(y=Y[:20]), ValueError, "inconsistent"),
    ("y, None", forecaster(y=None), ValueError, "requires y to be passed"),
    ("y, text", forecaster(y=["warm"] * 30), ValueError, "warm"),
    ("y, numbers to classify", classifier(y=Y), ValueError, "Unknown label type"),
    ("y, 3D", forecaster(y=np.ones((30, 2, 2))), ValueError, "y"),
]

PARAMETERS = [
    ("units", forecaster(units=()), ValueError, "units must be"),
    ("units, text", forecaster(units="32"), ValueError, "'units' parameter"),
    ("epochs", forecaster(epochs=0), ValueError, "'epochs' parameter"),
    ("rate", forecaster(learning_rate=-1.0), ValueError, "'learning_rate' parameter"),
    ("dropout", classifier(dropout=1.0), ValueError, "'dropout' parameter"),
    ("members", classifier(n_members=0), ValueError, "'n_members' parameter"),
    ("patches", classifier(patch_size=9, plain=False), ValueError, "patch_size=9 is longer"),
    ("views", classifier(views=("vals",), plain=False), ValueError, "views must be"),
    ("optimizer", forecaster(optimizer="newton"), ValueError, "newton"),
    ("horizon", on_windows(horizon=500), ValueError, "horizon=500 is longer"),
    ("quantiles", on_windows(quantiles=(0.9, 0.1)), ValueError, "increasing order"),
    ("anchor", on_windows(anchor="first"), ValueError, "'anchor' parameter"),
    ("anchor without a season", on_windows(anchor="season"), ValueError, "set season="),
    ("season, text", on_windows(season="moon"), ValueError, "no alias of pandas"),
    ("calendar", on_windows(calendar=("moon",)), ValueError, "calendar must be"),
    ("decoder", on_windows(known_future=["v"]), ValueError, 'needs decoder="lstm"'),
    ("held out", classifier(validation_fraction=0.0), ValueError, "'validation_fraction'"),
    ("no features", lambda: LSTMForecaster().fit(np.empty((30, 5, 0)), Y), ValueError, "0 feature"),
]


def load_bytes(data):
    """Load a file that holds some bytes."""

    def call():
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "model"
            path.write_bytes(data)
            load(path)

    return call


FILES = [
    ("save, a class", lambda: save(LSTMForecaster, "x"), TypeError, "writes an estimator"),
    ("save, a number", lambda: save(3, "x"), TypeError, "writes an estimator"),
    ("save, a function", lambda: save(LSTMForecaster(loss=len), "x"), TypeError, "builtins.len"),
    ("save, trusted", lambda: save(SequenceWindower(), "x", trusted="a.B"), TypeError, "list of"),
    ("load, no file", lambda: load("no such file"), OSError, "no such file"),
    ("load, empty", load_bytes(b""), ValueError, "cut off"),
    ("load, a pickle", load_bytes(pickle.dumps(Y)), ValueError, "no file of sklstm.save"),
    ("card, unfitted", lambda: model_card(LSTMForecaster()), NotFittedError, "not fitted"),
]

ROWS = [*WEIGHTS, *TARGETS, *PARAMETERS, *FILES]
