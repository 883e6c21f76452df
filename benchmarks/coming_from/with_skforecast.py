"""Forecast the next 24 hours at each midnight with skforecast's ForecasterRnn."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import keras
from skforecast.deep_learning import ForecasterRnn, create_and_compile_model
from skforecast.model_selection import (
    TimeSeriesFold,
    backtesting_forecaster_multiseries,
)
from sklearn.preprocessing import StandardScaler


def fit(train, seed):
    keras.utils.set_random_seed(seed)
    series = train.to_frame()
    model = create_and_compile_model(
        series=series,
        levels="temp",
        lags=48,
        steps=24,
        recurrent_layer="LSTM",
        recurrent_units=32,
        dense_units=None,
        compile_kwargs={"optimizer": keras.optimizers.Adam(0.001), "loss": "mse"},
    )
    forecaster = ForecasterRnn(
        levels="temp",
        lags=48,
        estimator=model,
        transformer_series=StandardScaler(),
        fit_kwargs={"epochs": 20, "batch_size": 32, "verbose": 0},
    )
    forecaster.fit(series)
    return forecaster


def predict(forecaster, series, start):
    folds = TimeSeriesFold(
        steps=24,
        initial_train_size=start,
        refit=False,
        allow_incomplete_fold=False,
    )
    _, table = backtesting_forecaster_multiseries(
        forecaster,
        series.to_frame(),
        cv=folds,
        metric="mean_absolute_error",
        show_progress=False,
    )
    return table["pred"].to_numpy().reshape(-1, 24)
