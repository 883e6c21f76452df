"""Displays of windows, trainings, searches, labels and forecasts, as scikit-learn has them."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from sklstm.plotting._backtest_display import BacktestDisplay
from sklstm.plotting._forecast_display import ForecastDisplay
from sklstm.plotting._history_display import HistoryDisplay
from sklstm.plotting._search_display import SearchDisplay
from sklstm.plotting._sequence_label_display import SequenceLabelDisplay
from sklstm.plotting._window_display import WindowDisplay

__all__ = [
    "BacktestDisplay",
    "ForecastDisplay",
    "HistoryDisplay",
    "SearchDisplay",
    "SequenceLabelDisplay",
    "WindowDisplay",
]
