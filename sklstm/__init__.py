"""LSTM networks for scikit-learn: one row in, one row out.

`SequenceWindower` cuts tables into windows, one for each row, so that `Pipeline`, the searches,
`TimeSeriesSplit` and the scorers of scikit-learn work untouched; `LSTMClassifier` and
`LSTMForecaster` learn from them. Importing this package loads neither TensorFlow nor Keras.
"""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from sklstm.compose import TransformedTargetClassifier
from sklstm.estimators import LSTMClassifier, LSTMForecaster, generate, stream
from sklstm.metrics import label_scorer
from sklstm.preprocessing import KMeansLabeler, Padder, SequenceWindower, To3D

__version__ = "0.1.0"

__all__ = [
    "KMeansLabeler",
    "LSTMClassifier",
    "LSTMForecaster",
    "Padder",
    "SequenceWindower",
    "To3D",
    "TransformedTargetClassifier",
    "__version__",
    "generate",
    "label_scorer",
    "stream",
]
