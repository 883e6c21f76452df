"""Monthly temperatures at 44 Australian weather stations, 2009 to 2016."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import pandas as pd

from sklstm.datasets._data import read_data
from sklstm.utils._sklearn_private import validate_params

# The source has no observations of these months, at any station.
_FILLED_MONTHS = pd.DatetimeIndex(["2011-04-01", "2012-12-01", "2013-02-01"], tz="UTC")


@validate_params({"wide": ["boolean"], "impute": ["boolean"]}, prefer_skip_nested_validation=True)
def load_australian_temperatures(*, wide=False, impute=True):
    """Load the monthly mean temperatures of 44 Australian weather stations over eight years.

    Many short series on a monthly clock: January 2009 to December 2016. A value is the mean,
    over the days of the month, of the midpoint between the day's lowest and highest temperature.
    The rows are sorted by time and then by station.

    Data: © Commonwealth of Australia, Bureau of Meteorology.

    Parameters
    ----------
    wide : bool, default=False
        Whether to return one column for each station instead of one row for each month and
        station.
    impute : bool, default=True
        Whether to return a complete DataFrame. The source has no observations of April 2011,
        December 2012 and February 2013. They are filled, for each station, with the mean of the
        month before and the month after. This looks one month ahead: for a strict evaluation
        across these months, use `impute=False`. The rows of the three months are then missing,
        and `SequenceWindower` makes them missing steps.

    Returns
    -------
    DataFrame of shape (4224, 1), or (96, 44) if `wide=True`
        Temperatures in °C, float64. The long DataFrame has the column `temperature` and is indexed
        by `month` (the first day, UTC) and `station`; the wide one is indexed by `month`, and
        its columns are the stations. With `impute=False` there are 93 months: (4092, 1) or
        (93, 44).

    See Also
    --------
    load_airport_weather : Hourly weather of three series.

    Notes
    -----
    Derived from the daily weather observations that the Australian Bureau of Meteorology
    publishes [1]_, of which it is the owner and which may be used with this attribution. The
    stations are named as in the source, without spaces.

    References
    ----------
    .. [1] Commonwealth of Australia, Bureau of Meteorology. "Daily Weather Observations",
       http://www.bom.gov.au/climate/dwo/

    Examples
    --------
    >>> from sklstm.datasets import load_australian_temperatures
    >>> temperatures = load_australian_temperatures()
    >>> temperatures.shape
    (4224, 1)
    >>> temperatures.xs("Canberra", level="station").head(2).round(2)
                               temperature
    month
    2009-01-01 00:00:00+00:00        22.51
    2009-02-01 00:00:00+00:00        21.52
    >>> load_australian_temperatures(wide=True).shape
    (96, 44)
    """
    stations = read_data("australian_temperatures.csv.gz", time="month").set_index("month")
    stations = stations.astype("float64").rename_axis(columns="station")
    if not impute:
        stations = stations.drop(index=_FILLED_MONTHS)
    if wide:
        return stations
    return pd.DataFrame({"temperature": stations.stack()})
