"""Methods of packages that may not be installed."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

FORECASTING: list = []
CLASSIFICATION: list = []
