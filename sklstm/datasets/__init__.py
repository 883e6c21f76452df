"""Real series that ship with the package: offline, complete and sorted by time."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from sklstm.datasets._airport_weather import load_airport_weather
from sklstm.datasets._australian_temperatures import load_australian_temperatures

__all__ = ["load_airport_weather", "load_australian_temperatures"]
