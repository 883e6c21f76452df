"""Split panels in time, and backtest forecasters beside simple methods."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from sklstm.model_selection._backtest import backtest
from sklstm.model_selection._baselines import Climatology, Drift, Persistence, SeasonalNaive
from sklstm.model_selection._split import PanelTimeSeriesSplit

__all__ = [
    "Climatology",
    "Drift",
    "PanelTimeSeriesSplit",
    "Persistence",
    "SeasonalNaive",
    "backtest",
]
