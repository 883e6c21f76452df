"""A meta-estimator that learns the labels of a classifier from a target in numbers."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from sklstm.compose._transformed_target import TransformedTargetClassifier

__all__ = ["TransformedTargetClassifier"]
