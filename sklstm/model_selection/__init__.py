"""Cross-validators for panels of time series."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from sklstm.model_selection._panel_split import PanelTimeSeriesSplit

__all__ = ["PanelTimeSeriesSplit"]
