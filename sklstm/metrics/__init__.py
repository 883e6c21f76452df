"""Scores for targets that the estimator labels, and for multi-step forecasts."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from sklstm.metrics._horizon_scorer import horizon_scorer
from sklstm.metrics._label_scorer import label_scorer

__all__ = ["horizon_scorer", "label_scorer"]
