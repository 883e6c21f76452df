"""Forecast the next 24 hours at each midnight with sktime around Keras."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import keras
import numpy as np
from keras import layers
from scikeras.wrappers import KerasRegressor
from sklearn.preprocessing import StandardScaler
from sktime.forecasting.compose import TransformedTargetForecaster, make_reduction
from sktime.transformations.adapt import TabularToSeriesAdaptor


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
    forecaster = TransformedTargetForecaster(
        [
            ("scale", TabularToSeriesAdaptor(StandardScaler())),
            (
                "forecast",
                make_reduction(
                    regressor,
                    strategy="multioutput",
                    window_length=48,
                    scitype="tabular-regressor",
                ),
            ),
        ]
    )
    return forecaster.fit(train, fh=np.arange(1, 25))


def predict(forecaster, series, start):
    days = []
    for midnight in range(start, len(series) - 23, 24):
        if midnight > start:
            day_before = series[midnight - 24 : midnight]
            forecaster.update(day_before, update_params=False)
        days.append(forecaster.predict().to_numpy())
    return np.stack(days)
