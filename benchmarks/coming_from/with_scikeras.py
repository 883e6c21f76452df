"""Forecast the next 24 hours at each midnight with SciKeras, on a table of lags."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import keras
from keras import layers
from numpy.lib.stride_tricks import sliding_window_view
from scikeras.wrappers import KerasRegressor
from sklearn.compose import TransformedTargetRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


def build(meta, units=32):
    n_steps, n_outputs = meta["n_features_in_"], meta["n_outputs_"]
    return keras.Sequential(
        [
            keras.Input((n_steps,)),
            layers.Reshape((n_steps, 1)),
            layers.LSTM(units),
            layers.Dense(n_outputs),
        ]
    )


def fit(train, seed):
    windows = sliding_window_view(train.to_numpy(), 48 + 24)
    X, y = windows[:, :48], windows[:, 48:]
    regressor = KerasRegressor(
        build,
        units=32,
        loss="mse",
        optimizer="adam",
        optimizer__learning_rate=0.001,
        epochs=20,
        batch_size=32,
        random_state=seed,
        verbose=0,
    )
    model = TransformedTargetRegressor(
        make_pipeline(StandardScaler(), regressor), transformer=StandardScaler()
    )
    return model.fit(X, y)


def predict(model, series, start):
    # The windows that end before each midnight.
    X = sliding_window_view(series.to_numpy()[start - 48 : -24], 48)[::24]
    return model.predict(X)
