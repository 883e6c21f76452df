"""LSTM networks as scikit-learn estimators."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from sklstm.estimators._classifier import LSTMClassifier
from sklstm.estimators._forecaster import LSTMForecaster

__all__ = ["LSTMClassifier", "LSTMForecaster"]
