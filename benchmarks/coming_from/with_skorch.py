"""Forecast the next 24 hours at each midnight with skorch and PyTorch."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import torch
from numpy.lib.stride_tricks import sliding_window_view
from sklearn.compose import TransformedTargetRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from skorch import NeuralNetRegressor


class LSTM(torch.nn.Module):
    def __init__(self, units=32, horizon=24):
        super().__init__()
        self.lstm = torch.nn.LSTM(1, units, batch_first=True)
        self.dense = torch.nn.Linear(units, horizon)

    def forward(self, X):
        outputs, _ = self.lstm(X[:, :, None])
        return self.dense(outputs[:, -1])


def to_float32(X):
    return X.astype("float32")


def fit(train, seed):
    torch.manual_seed(seed)
    windows = sliding_window_view(train.to_numpy(), 48 + 24)
    X, y = windows[:, :48], windows[:, 48:]
    net = NeuralNetRegressor(
        LSTM,
        module__units=32,
        optimizer=torch.optim.Adam,
        lr=0.001,
        max_epochs=20,
        batch_size=32,
        iterator_train__shuffle=True,
        train_split=None,
        verbose=0,
    )
    to_net = FunctionTransformer(to_float32)
    model = TransformedTargetRegressor(
        make_pipeline(StandardScaler(), to_net, net),
        transformer=make_pipeline(StandardScaler(), to_net),
        check_inverse=False,
    )
    return model.fit(X, y)


def predict(model, series, start):
    # The windows that end before each midnight.
    X = sliding_window_view(series.to_numpy()[start - 48 : -24], 48)[::24]
    return model.predict(X)
