"""LSTM networks for scikit-learn: one row in, one row out.

`SequenceWindower` cuts tables into windows, one for each row, so that `Pipeline`, the searches,
`TimeSeriesSplit` and the scorers of scikit-learn work untouched; `LSTMClassifier` and
`LSTMForecaster` learn from them. Importing this package loads neither TensorFlow nor Keras.
"""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from sklstm._version import __version__
from sklstm.compose import TransformedTargetClassifier
from sklstm.estimators import LSTMClassifier, LSTMForecaster
from sklstm.forecasting import ConformalForecaster, backtest, forecast, generate, stream
from sklstm.inspection import show_versions, summary
from sklstm.metrics import horizon_scorer, label_scorer
from sklstm.model_selection import PanelTimeSeriesSplit
from sklstm.persistence import load, model_card, save
from sklstm.preprocessing import KMeansLabeler, Padder, SequenceWindower, To3D

__all__ = [
    "ConformalForecaster",
    "KMeansLabeler",
    "LSTMClassifier",
    "LSTMForecaster",
    "Padder",
    "PanelTimeSeriesSplit",
    "SequenceWindower",
    "To3D",
    "TransformedTargetClassifier",
    "__version__",
    "backtest",
    "forecast",
    "generate",
    "horizon_scorer",
    "label_scorer",
    "load",
    "model_card",
    "save",
    "show_versions",
    "stream",
    "summary",
]
