"""Forecast the next 24 hours at each midnight with Keras, as its tutorials do."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import keras
import numpy as np
from keras import layers
from numpy.lib.stride_tricks import sliding_window_view


def fit(train, seed):
    keras.utils.set_random_seed(seed)
    mean, std = train.mean(), train.std()
    scaled = ((train - mean) / std).to_numpy("float32")
    windows = sliding_window_view(scaled, 48 + 24)
    X, y = windows[:, :48, np.newaxis], windows[:, 48:]

    model = keras.Sequential(
        [keras.Input((48, 1)), layers.LSTM(32), layers.Dense(24)]
    )
    model.compile(optimizer=keras.optimizers.Adam(0.001), loss="mse")
    model.fit(X, y, epochs=20, batch_size=32, verbose=0)
    return model, mean, std


def predict(fitted, series, start):
    model, mean, std = fitted
    scaled = ((series - mean) / std).to_numpy("float32")
    # The windows that end before each midnight.
    X = sliding_window_view(scaled[start - 48 : -24], 48)[::24, :, np.newaxis]
    return model.predict(X, verbose=0) * std + mean
