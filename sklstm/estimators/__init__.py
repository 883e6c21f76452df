"""LSTM networks as scikit-learn estimators."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from sklstm.estimators._classifier import LSTMClassifier
from sklstm.estimators._forecast import forecast
from sklstm.estimators._forecaster import LSTMForecaster
from sklstm.estimators._generate import generate
from sklstm.estimators._stream import Stream, stream

__all__ = ["LSTMClassifier", "LSTMForecaster", "Stream", "forecast", "generate", "stream"]
