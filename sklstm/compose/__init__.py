"""Estimators that put others together."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from sklstm.compose._conformal import ConformalForecaster
from sklstm.compose._target import TransformedTargetClassifier

__all__ = ["ConformalForecaster", "TransformedTargetClassifier"]
