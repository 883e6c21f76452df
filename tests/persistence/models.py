"""Fitted pipelines of every kind, and the data to ask them with."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklstm import (
    ConformalForecaster,
    KMeansLabeler,
    LSTMClassifier,
    LSTMForecaster,
    Padder,
    SequenceWindower,
    To3D,
    TransformedTargetClassifier,
)

SMALL = {"units": 2, "epochs": 1, "random_state": 0}
THREE_DAYS = pd.offsets.CustomBusinessDay(weekmask="Mon Tue Wed")
N = 60
INDEXES = {
    "hours": (pd.date_range("2026-03-27", periods=N, freq="h"), None),
    "summer time": (pd.date_range("2026-03-28", periods=N, freq="h", tz="Europe/Berlin"), None),
    "months": (pd.date_range("2010", periods=N, freq="MS"), None),
    "15th of the month": (
        pd.date_range("2010", periods=N, freq="MS") + pd.Timedelta(14, unit="D"),
        None,
    ),
    "business days": (pd.bdate_range("2010", periods=N), "B"),
    "a calendar": (pd.bdate_range("2010", periods=N, freq=THREE_DAYS), THREE_DAYS),
    "periods": (pd.period_range("2010", periods=N, freq="M"), None),
    "timedeltas": (pd.timedelta_range("0h", periods=N, freq="h"), None),
    "integers": (pd.RangeIndex(N), None),
    "irregular": (
        pd.DatetimeIndex(pd.to_datetime(np.arange(N) ** 3 * 7919 + 10**9, unit="s")),
        None,
    ),
}
SEQUENCES = np.random.default_rng(0).normal(size=(30, 5, 2))
VALUES = SEQUENCES[:, 0, 0]
MODES = {
    "plain": {"plain": True},
    "auto": {},
    "bidirectional": {"bidirectional": True},
    "stacked": {"units": (3, 2)},
    "patches": {"patch_size": 2},
    "early stopping": {"early_stopping": True},
    "members": {"n_members": 2},
    "steps": {"return_sequences": True},
    "stateful": {"stateful": True},
    "dropout": {"recurrent_dropout": 0.2},
    "warm start": {"warm_start": True},
}


def table(index):
    """Make a wave and noise on an index."""
    rng = np.random.default_rng(0)
    wave = np.sin(np.arange(len(index)) / 4) + rng.normal(0, 0.1, len(index))
    return pd.DataFrame({"v": wave, "w": rng.normal(size=len(index))}, index=index)


def panel():
    """Make three series, one row after the other of the same hour."""
    hours = INDEXES["hours"][0]
    return pd.concat([table(hours).assign(shop=shop) for shop in "abc"]).sort_index(kind="stable")


def windowed(X, *, windower=None, y=None, network=LSTMForecaster, **params):
    """Fit a network behind a scaler and a windower."""
    windower = {"window": 5, "lead": 1, **(windower or {})}
    steps = [SequenceWindower(**windower), network(**SMALL | params)]
    if "by" not in windower:
        steps.insert(0, StandardScaler().set_output(transform="pandas"))
    return make_pipeline(*steps).fit(X, X["v"] if y is None else y)


def on_index(name, **params):
    """Fit a forecaster on a kind of index."""
    index, freq = INDEXES[name]
    X = table(index)
    return windowed(X, windower={"freq": freq}, **params), X


def by_shop(by="shop", **params):
    """Fit a forecaster of several series."""
    X = panel().assign(day=lambda rows: rows.index.normalize())
    X = X.drop(columns="day") if by == "shop" else X
    return windowed(X, windower={"by": by}, **params), X


def with_known_future():
    """Fit a forecaster that knows a column in advance."""
    X = table(INDEXES["hours"][0])
    y, known = X["v"], {"decoder": "lstm", "known_future": ["w"]}
    windower = SequenceWindower(window=5, lead=1)
    return make_pipeline(windower, LSTMForecaster(horizon=3, **SMALL, **known)).fit(X, y), X


def conformal():
    """Calibrate a forecaster."""
    X = table(INDEXES["hours"][0])
    inner = make_pipeline(SequenceWindower(5, lead=1), LSTMForecaster(horizon=2, **SMALL))
    return ConformalForecaster(inner).fit(X, X["v"]), X


def text_labels():
    """Fit a classifier of words."""
    X = table(INDEXES["hours"][0])
    y = np.where(X["v"] > 0, "up", "down")
    return windowed(X, y=y, network=LSTMClassifier), X


def learned_labels():
    """Fit a classifier of labels that are learned in the fold."""
    X = table(INDEXES["hours"][0])
    labeler = TransformedTargetClassifier(
        classifier=LSTMClassifier(**SMALL), transformer=KMeansLabeler(n_clusters=2)
    )
    return make_pipeline(SequenceWindower(5, lead=1), labeler).fit(X, X["v"]), X


def ragged():
    """Fit a classifier of sequences of different lengths."""
    X = [SEQUENCES[0][:k] for k in (3, 5, 4) * 5]
    return make_pipeline(Padder(), LSTMClassifier(**SMALL)).fit(X, np.arange(15) % 2), X


def reshaped():
    """Fit a forecaster of sequences that stand in rows."""
    X = SEQUENCES.reshape(len(SEQUENCES), -1)
    return make_pipeline(To3D(n_features=2), LSTMForecaster(**SMALL)).fit(X, VALUES), X


def of_sequences(network, mode):
    """Fit an estimator in a mode."""
    steps = mode == "steps"
    y = SEQUENCES[..., 0] if steps else VALUES
    y = (y > 0).astype(int) if network is LSTMClassifier else y
    return network(**SMALL | MODES[mode]).fit(SEQUENCES, y), SEQUENCES
