"""Forecast the next 24 hours at each midnight with sklstm."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from sklearn.pipeline import make_pipeline

from sklstm import LSTMForecaster, SequenceWindower


def fit(train, seed):
    model = make_pipeline(
        SequenceWindower(window=48, lead=1),
        LSTMForecaster(horizon=24, random_state=seed),
    )
    return model.fit(train.to_frame(), train)


def predict(model, series, start):
    # The first of the 24 values of a row is the row itself.
    rows = series.to_frame()[start : len(series) - 23]
    return model.predict(rows)[::24]
