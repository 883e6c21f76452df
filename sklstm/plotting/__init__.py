"""Displays of forecasts, in the manner of scikit-learn."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from sklstm.plotting._forecast_display import ForecastDisplay

__all__ = ["ForecastDisplay"]
