# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from sklearn.utils._param_validation import InvalidParameterError

from sklstm.datasets import load_airport_weather

COLUMNS = ["temp", "dewp", "humid", "wind_dir", "wind_speed", "precip", "pressure", "visib"]


@pytest.fixture(scope="module")
def complete():
    return load_airport_weather()


@pytest.fixture(scope="module")
def recorded():
    return load_airport_weather(impute=False)


def test_complete_data_has_every_hour_of_every_airport(complete):
    hours = pd.date_range("2013-01-01 06:00", "2013-12-30 23:00", freq="h", tz="UTC")
    expected = [(hour, airport) for hour in hours for airport in ("EWR", "JFK", "LGA")]
    assert complete.index.tolist() == expected
    assert complete.index.names == ["time", "airport"]
    assert complete.columns.tolist() == COLUMNS
    assert set(complete.dtypes) == {np.dtype("float64")}
    assert not complete.isna().any(axis=None)


def test_time_is_utc_and_sorted(complete, recorded):
    for frame in (complete, recorded):
        time = frame.index.get_level_values("time")
        assert str(time.dtype.tz) == "UTC"
        assert frame.index.is_monotonic_increasing
        assert frame.index.is_unique


def test_recorded_data_holds_the_published_numbers(recorded):
    assert recorded.shape == (26115, 9)
    assert recorded.groupby(level="airport").size().to_dict() == {
        "EWR": 8703,
        "JFK": 8706,
        "LGA": 8706,
    }
    assert recorded.count().to_dict() == {
        "temp": 26114,
        "dewp": 26114,
        "humid": 26114,
        "wind_dir": 25655,
        "wind_speed": 26111,
        "wind_gust": 5337,
        "precip": 26115,
        "pressure": 23386,
        "visib": 26115,
    }
    first = recorded.loc[(pd.Timestamp("2013-01-01 06:00", tz="UTC"), "EWR")]
    expected = [39.02, 26.06, 59.37, 270.0, 10.357019999999999, np.nan, 0.0, 1012.0, 10.0]
    # pandas 3.0 and 3.1 read the last bit of some numbers differently.
    np.testing.assert_allclose(first.to_numpy(), expected, rtol=1e-15)
    assert recorded["temp"].agg(["min", "max"]).tolist() == [10.94, 100.04]


def test_the_hour_that_a_clock_change_repeats_is_two_hours_in_utc(recorded):
    # 01:00 in New York came twice on 2013-11-03; in UTC these are two hours.
    newark = recorded.xs("EWR", level="airport")
    local = newark.index.tz_convert("America/New_York").tz_localize(None)
    assert newark.index[local == pd.Timestamp("2013-11-03 01:00")].tolist() == [
        pd.Timestamp("2013-11-03 05:00", tz="UTC"),
        pd.Timestamp("2013-11-03 06:00", tz="UTC"),
    ]


def test_imputed_values_are_the_last_recorded_ones(complete, recorded):
    # A loop over one airport and two columns, as the docstring describes it.
    for column in ("pressure", "wind_speed"):
        seen = recorded[column].xs("EWR", level="airport").to_dict()
        last, expected = None, []
        for hour in complete.xs("EWR", level="airport").index:
            value = seen.get(hour, np.nan)
            if not np.isnan(value) and not (column == "wind_speed" and value > 1000):
                last = value
            expected.append(last)
        assert complete[column].xs("EWR", level="airport").tolist() == expected


def test_recorded_values_survive_imputation(complete, recorded):
    kept = recorded[COLUMNS].stack().dropna()
    kept = kept[kept != recorded["wind_speed"].max()]
    same = complete.stack().loc[kept.index]
    assert same.tolist() == kept.tolist()


def test_impossible_wind_is_recorded_but_not_imputed(complete, recorded):
    slip = (pd.Timestamp("2013-02-12 08:00", tz="UTC"), "EWR")
    assert recorded.loc[slip, "wind_speed"] == pytest.approx(1048.36, abs=0.01)
    before = (pd.Timestamp("2013-02-12 07:00", tz="UTC"), "EWR")
    assert complete.loc[slip, "wind_speed"] == recorded.loc[before, "wind_speed"]
    assert complete["wind_speed"].max() == pytest.approx(42.58, abs=0.01)


def test_each_call_returns_a_new_dataframe():
    frame = load_airport_weather()
    frame.iloc[:, :] = 0.0
    assert load_airport_weather()["temp"].iloc[0] == 39.02


def test_impute_must_be_a_bool():
    with pytest.raises(InvalidParameterError, match="The 'impute' parameter"):
        load_airport_weather(impute="linear")
