"""Scores for estimators whose target is transformed on the way."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from sklstm.metrics._label_scorer import label_scorer

__all__ = ["label_scorer"]
