"""Tests of plain states: whatever of pandas is taken apart is equal when it is built again."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import datetime as dt
import pickle
from pathlib import Path
from zoneinfo import ZoneInfo

import dateutil.tz
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from pandas import offsets
from pandas.tseries.holiday import USFederalHolidayCalendar
from sklearn.exceptions import InconsistentVersionWarning

from sklstm import LSTMForecaster, To3D, __version__
from sklstm.utils._plain_state import Plain, pack, unpack

TWO_HOURS = dt.timedelta(hours=2)
VALUES = [
    pd.Timestamp("2026-01-01 03:00", tz="Europe/Berlin"),
    pd.Timestamp("2026-01-01").as_unit("s"),
    pd.Timestamp("2026-10-25 00:30", tz="UTC").tz_convert("Europe/Berlin"),
    pd.Timestamp("2026-10-25 01:30", tz="UTC").tz_convert("Europe/Berlin"),
    pd.Timedelta("1h"),
    pd.Period("2026-01", "M"),
    pd.Period("2026Q1", "Q-NOV"),
    pd.Period("2026-01-01 05:00", "2h"),
    pd.Interval(0, 1, closed="left"),
    offsets.Hour(3),
    offsets.Nano(5),
    offsets.Day(),
    offsets.MonthBegin(2),
    offsets.Week(weekday=3),
    offsets.QuarterEnd(startingMonth=2),
    offsets.HalfYearBegin(),
    offsets.YearEnd(month=6),
    offsets.BMonthEnd(),
    offsets.BusinessDay(2),
    offsets.BusinessDay(offset=TWO_HOURS),
    offsets.BusinessDay(normalize=True),
    offsets.CustomBusinessDay(holidays=["2026-01-05"], weekmask="Mon Tue Wed"),
    offsets.CustomBusinessDay(calendar=np.busdaycalendar("1110000", ["2026-01-05"])),
    offsets.CustomBusinessDay(calendar=USFederalHolidayCalendar()),
    offsets.CBMonthEnd(holidays=["2026-01-30"]),
    offsets.BusinessHour(start="08:30", end="15:00"),
    offsets.CustomBusinessHour(start="09:00", end="11:00", holidays=["2026-01-01"]),
    offsets.DateOffset(months=1, day=15),
    offsets.DateOffset(days=1, hours=2),
    offsets.WeekOfMonth(week=1, weekday=2),
    offsets.SemiMonthBegin(day_of_month=10),
    offsets.FY5253Quarter(
        weekday=5, startingMonth=8, qtr_with_extra_week=1, variation="last"
    ),
    offsets.Easter(),
    dt.timedelta(hours=1),
    dt.date(2026, 1, 1),
    dt.datetime(2026, 1, 1, 3),
    dt.datetime(2026, 10, 25, 2, 30, fold=1, tzinfo=ZoneInfo("Europe/Paris")),
    Path("a") / "folder",
    dt.time(3, 4),
    ZoneInfo("UTC"),
    dt.UTC,
    dt.timezone(TWO_HOURS),
    dt.timezone(TWO_HOURS, "there"),
    [1, ("a", {"b": pd.Timestamp(0)})],
]  # fmt: skip
INDEXES = [
    pd.RangeIndex(1, 9, 2, name="a"),
    pd.Index([1, 2], dtype="int8"),
    pd.Index([1.5, np.nan]),
    pd.Index([True, False]),
    pd.Index(["a", "bc"], name="key"),
    pd.Index(["a", "b\0"]),
    pd.Index(["a", None]),
    pd.Index(["a"], dtype="string"),
    pd.Index(["a", 1, pd.Timestamp(0), dt.date(2026, 1, 1)], dtype=object),
    pd.Index([("a", 1)], tupleize_cols=False),
    pd.Index([1, None], dtype="Int64"),
    pd.CategoricalIndex(["a", "b"]),
    pd.date_range("2026", periods=3, freq="h"),
    pd.date_range("2026", periods=3, freq="h", tz="Europe/Berlin", unit="s", name="time"),
    pd.date_range("2026-10-25", periods=9, freq="30min", tz="Europe/Berlin"),
    pd.date_range("2026", periods=2, tz=dt.timezone(TWO_HOURS)),
    pd.DatetimeIndex(["2026-01-01", None]),
    pd.timedelta_range("0h", periods=3, freq="h"),
    pd.period_range("2026", periods=3, freq="W"),
    pd.interval_range(0, 3),
    pd.MultiIndex.from_tuples([("a", 1), ("b", 2)], names=["shop", None]),
    pd.MultiIndex.from_product([["a"], pd.date_range("2026", periods=2)]),
]
PLAIN = (type(None), bool, int, float, str, np.ndarray, np.generic)


def assert_plain(value):
    """Assert that a value holds nothing but arrays, numbers, strings and containers."""
    if isinstance(value, Plain):
        assert type(value.kind) is str
        assert_plain(value.parts)
    elif isinstance(value, list | tuple):
        for part in value:
            assert_plain(part)
    elif isinstance(value, dict):
        for key, part in value.items():
            assert type(key) is str
            assert_plain(part)
    else:
        assert isinstance(value, PLAIN), repr(value)
        assert not isinstance(value, np.ndarray) or not value.dtype.hasobject


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_a_value_comes_back_equal(value):
    packed = pack(value)
    assert_plain(packed)
    again = unpack(packed)
    assert type(again) is type(value)
    assert again == value
    assert repr(again) == repr(value)


@pytest.mark.parametrize("value", [pd.NaT, pd.NA], ids=repr)
def test_what_is_missing_comes_back_as_itself(value):
    assert_plain(pack(value))
    assert unpack(pack(value)) is value


@pytest.mark.parametrize(
    "index", INDEXES, ids=lambda index: f"{type(index).__name__} {index.dtype}"
)
def test_an_index_comes_back_equal(index):
    packed = pack(index)
    assert_plain(packed)
    again = unpack(packed)
    assert type(again) is type(index)
    assert again.equals(index)
    assert again.dtype == index.dtype
    assert list(again.names) == list(index.names)


def test_an_array_of_objects_comes_back_equal():
    array = np.array([["a", pd.Timestamp(0)], [dt.date(2026, 1, 1), None]], dtype=object)
    assert_plain(pack(array))
    assert_array_equal(unpack(pack(array)), array)


def test_what_needs_nothing_stays_the_same_object():
    array, names = np.arange(3.0), np.array(["a", "b"], dtype=object)
    assert pack(array) is array
    assert pack(names) is names
    assert pack(print) is print


def test_a_calendar_goes_on_with_the_same_days():
    offset = offsets.CustomBusinessDay(calendar=np.busdaycalendar("1110000", ["2026-01-05"]))
    again = unpack(pack(offset))
    start = pd.Timestamp("2026-01-01")
    assert [start + again * k for k in range(9)] == [start + offset * k for k in range(9)]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (Plain("code", "print()"), "unknown kind 'code'"),
        (Plain("offset", ("to_offset", 1, False, {})), "the offset 'to_offset'"),
        (Plain("zone", "../../etc/passwd"), "refer"),
    ],
)
def test_what_is_not_a_value_is_refused(value, message):
    with pytest.raises((ValueError, KeyError), match=message):
        unpack(value)


def test_a_pickle_of_another_version_warns():
    state = To3D(n_features=2).__getstate__()
    assert state["_sklstm_version"] == __version__
    again = To3D()
    with pytest.warns(InconsistentVersionWarning, match=r"To3D was written by version 0\.0\.9"):
        again.__setstate__({**state, "_sklstm_version": "0.0.9"})
    assert again.n_features == 2
    assert not hasattr(again, "_sklstm_version")


def test_a_pickle_without_a_version_warns():
    with pytest.warns(InconsistentVersionWarning, match=r"version before 0\.1\.0"):
        LSTMForecaster().__setstate__({"units": 3})


def test_a_pickle_of_this_version_does_not_warn():
    assert pickle.loads(pickle.dumps(To3D(n_features=3))).n_features == 3


class tzfile(dt.tzinfo):
    """A time zone as dateutil 2 makes it, which tells its file and not its name."""

    def __init__(self, path):
        self.path = path

    def __repr__(self):
        return f"tzfile('{self.path}')"


tzfile.__module__ = "dateutil.tz.tz"


@pytest.mark.parametrize(
    "path", ["/usr/share/zoneinfo/Europe/Berlin", "Europe/Berlin", "/opt/zones/Europe/Berlin"]
)
def test_a_time_zone_of_dateutil_is_kept_by_its_name(path):
    assert unpack(pack(tzfile(path))) == ZoneInfo("Europe/Berlin")


def test_time_zones_of_dateutil():
    berlin = dateutil.tz.gettz("Europe/Berlin")
    index = pd.date_range("2026-10-25", periods=9, freq="30min", tz=berlin)
    assert_plain(pack(index))
    again = unpack(pack(index))
    assert again.tz == ZoneInfo("Europe/Berlin")
    np.testing.assert_array_equal(again.asi8, index.asi8)
    assert unpack(pack(dateutil.tz.tzutc())) == dt.UTC
    assert unpack(pack(dateutil.tz.tzoffset("CET", 3600))).tzname(None) == "CET"
    # What is not the same on another machine, or in no file, stays what it is.
    for zone in (dateutil.tz.tzlocal(), tzfile("/home/me/my zone"), tzfile("")):
        assert pack(zone) is zone
