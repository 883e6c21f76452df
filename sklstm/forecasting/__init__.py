"""Forecast with fitted models: multi-step, live, backtested, with intervals."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from sklstm.forecasting._backtest import backtest
from sklstm.forecasting._baselines import Climatology, Drift, Persistence, SeasonalNaive
from sklstm.forecasting._conformal import ConformalForecaster
from sklstm.forecasting._forecast import forecast
from sklstm.forecasting._generate import generate
from sklstm.forecasting._stream import Stream, stream

__all__ = [
    "Climatology",
    "ConformalForecaster",
    "Drift",
    "Persistence",
    "SeasonalNaive",
    "Stream",
    "backtest",
    "forecast",
    "generate",
    "stream",
]
