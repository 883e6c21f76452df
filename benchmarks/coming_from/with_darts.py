"""Forecast the next 24 hours at each midnight with Darts's BlockRNNModel."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
from darts import TimeSeries
from darts.dataprocessing.transformers import Scaler
from darts.models import BlockRNNModel
from sklearn.preprocessing import StandardScaler


def fit(train, seed):
    scaler = Scaler(StandardScaler())
    scaled = scaler.fit_transform(TimeSeries.from_series(train).astype(np.float32))
    model = BlockRNNModel(
        model="LSTM",
        input_chunk_length=48,
        output_chunk_length=24,
        hidden_dim=32,
        n_rnn_layers=1,
        n_epochs=20,
        batch_size=32,
        optimizer_kwargs={"lr": 0.001},
        random_state=seed,
        pl_trainer_kwargs={"accelerator": "cpu", "enable_progress_bar": False},
    )
    model.fit(scaled)
    return scaler, model


def predict(fitted, series, start):
    scaler, model = fitted
    scaled = scaler.transform(TimeSeries.from_series(series).astype(np.float32))
    forecasts = model.historical_forecasts(
        scaled,
        start=series.index[start],
        forecast_horizon=24,
        stride=24,
        retrain=False,
        last_points_only=False,
    )
    days = [scaler.inverse_transform(day) for day in forecasts]
    return np.stack([day.values()[:, 0] for day in days])
