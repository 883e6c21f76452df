"""Small data that all tests of the estimators share."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import replace

import numpy as np
import pandas as pd

from sklstm import LSTMClassifier, LSTMForecaster, SequenceWindower


def sequences(n=60, n_steps=5, n_features=2, seed=0):
    """Independent sequences with a value and a label that follow from them."""
    X = np.random.default_rng(seed).normal(size=(n, n_steps, n_features))
    value = X[:, -1, 0] + 0.5 * X[:, 0, -1]
    label = np.digitize(value, np.quantile(value, [1 / 3, 2 / 3]))
    return X, value, label


def series(n=80, seed=0):
    """A table on an hourly clock, and what is to be forecast."""
    index = pd.date_range("2024-01-01", periods=n, freq="h", tz="UTC")
    values = np.random.default_rng(seed).normal(size=(n, 2)).cumsum(axis=0)
    table = pd.DataFrame(values, columns=["temp", "wind"], index=index)
    return table, table["temp"] ** 2


def windows(table, window=4, lead=1, **params):
    return SequenceWindower(window=window, lead=lead, **params).fit_transform(table)


def forecaster(**params):
    # As plain as Keras.
    plain = {"plain": True, "learning_rate": 0.01, "learning_rate_schedule": None, "loss": "mse"}
    if params.get("quantiles"):
        del plain["loss"]
    return LSTMForecaster(**({"units": 4, "epochs": 2, "random_state": 0} | plain | params))


def classifier(**params):
    return LSTMClassifier(**({"plain": True, "units": 4, "epochs": 2, "random_state": 0} | params))


def set_weights(model, weights):
    """Put other weights into a fitted estimator: a list of arrays for each ensemble member."""
    model.network_ = replace(model.network_, weights=weights)


def zero_weights(model):
    """Silence a fitted estimator: its networks add nothing."""
    set_weights(model, [[np.zeros_like(w) for w in own] for own in model.network_.weights])
