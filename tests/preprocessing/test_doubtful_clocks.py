"""Tests of clocks that real labels leave in doubt: slips, sparse rows, dates as text."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import re
from datetime import date, datetime, timedelta, timezone

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from sklearn.pipeline import make_pipeline

from sklstm import LSTMForecaster, SequenceWindower


def numbered(index, **columns):
    return pd.DataFrame({"v": np.arange(float(len(index))), **columns}, index=index)


def moved(index, row, by, *, only=True):
    """Move one label, or all from it on."""
    values = index.to_numpy().copy()
    values[row : row + 1 if only else None] += np.asarray(
        by, dtype=values.dtype.str.replace("M", "m")
    )
    return type(index)(values) if not isinstance(index, pd.RangeIndex) else pd.Index(values)


HOURS = pd.date_range("2026-01-01", periods=400, freq="h")
TEN_MINUTES = np.timedelta64(10, "m")
SLIPS = {
    # Name -> labels, the step, the first label off it.
    "all later rows": (moved(HOURS, 300, TEN_MINUTES, only=False), "h", "2026-01-13 12:10:00"),
    "one late row": (moved(HOURS, 300, TEN_MINUTES), "h", "2026-01-13 12:10:00"),
    "one early row": (moved(HOURS, 300, -TEN_MINUTES), "h", "2026-01-13 11:50:00"),
    "one second": (moved(HOURS, 7, np.timedelta64(1, "s")), "h", "2026-01-01 07:00:01"),
    "a week moved by a holiday": (
        moved(pd.date_range("2025-01-06", periods=60, freq="7D"), 16, np.timedelta64(1, "D")),
        "7D", "2025-04-29 00:00:00",
    ),
    "integers": (moved(pd.RangeIndex(0, 2000, 20), 50, 3), 20, "1003"),
    "time since the start": (
        moved(pd.timedelta_range("0s", periods=100, freq="10s"), 40, np.timedelta64(1, "s")),
        "10s", "0 days 00:06:41",
    ),
    "days of Berlin": (
        moved(pd.date_range("2025-01-01", periods=365), 200, np.timedelta64(1, "h"))
        .tz_localize("Europe/Berlin"),
        "D", "2025-07-20 01:00:00+02:00",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(SLIPS))
def test_a_slipped_label_does_not_turn_the_clock(name):
    labels, step, first_off = SLIPS[name]
    X = numbered(labels)
    windower = SequenceWindower(window=24, lead=1, history="all")
    with pytest.warns(
        UserWarning, match="labels of X are .* apart.*is the first label off it"
    ) as seen:
        windows = np.asarray(windower.fit_transform(X))
    assert f"; {first_off} is the first" in str(seen[0].message)
    assert "freq=" in str(seen[0].message)
    assert step == (windower.freq_ if isinstance(step, int) else windower.freq_.freqstr)
    # As if no label had slipped.
    assert_array_equal(windows, SequenceWindower(24, lead=1).fit_transform(X.to_numpy()))
    assert windower.fill_ == 1
    # Labels of later calls slip as well.
    assert_array_equal(windower.transform(X[-5:]), windows[-5:])


def test_a_slip_in_one_series_of_two():
    slipped = moved(HOURS, 300, TEN_MINUTES, only=False)
    X = pd.concat([numbered(HOURS, site="a"), numbered(slipped, site="b")]).sort_index(
        kind="stable"
    )
    windower = SequenceWindower(window=5, lead=1, by="site")
    with pytest.warns(UserWarning, match="2026-01-13 12:10:00 is the first label off"):
        windows = np.asarray(windower.fit_transform(X))
    assert windower.freq_ == pd.offsets.Hour()
    assert_array_equal(windows[-1].ravel(), np.arange(394.0, 399))


def test_labels_that_round_to_the_same_step_are_no_slips():
    index = HOURS.insert(301, HOURS[300] + TEN_MINUTES)
    windower = SequenceWindower(window=24)
    with pytest.warns(
        UserWarning, match="mostly empty.*2026-01-13 12:10:00 is the first label off"
    ):
        windower.fit(numbered(index))
    assert windower.freq_ == pd.offsets.Minute(10)
    assert windower.fill_ < 0.3


def test_utc_days_in_another_zone_do_not_slip():
    index = pd.date_range("2025-01-01", periods=400, tz="UTC").tz_convert("Europe/Berlin")
    windows = SequenceWindower(window=3).fit_transform(numbered(index))
    assert np.isfinite(np.asarray(windows)[2:]).all()


def random_minutes(n=400, of=4000, seed=0):
    minute = np.sort(np.random.default_rng(seed).choice(of, n, replace=False))
    return pd.Timestamp("2025") + pd.to_timedelta(minute, "min")


SPARSE = {
    "minutes": (random_minutes(), "'min'"),
    "periods": (random_minutes().to_period("min"), "'min'"),
    "drawn rows": (
        pd.Index(np.sort(np.random.default_rng(0).choice(1000, 200, replace=False))),
        "1",
    ),
    "half months": (pd.date_range("2020-01-01", periods=60, freq="SMS")._with_freq(None), "'D'"),
}


@pytest.mark.parametrize("name", sorted(SPARSE))
def test_mostly_empty_windows_are_reported(name):
    labels, step = SPARSE[name]
    X = numbered(labels)
    windower = SequenceWindower(window=10, lead=1)
    message = f"mostly empty: .*taken to be {step}.*freq='rows'.*confirm it with freq={step}"
    with pytest.warns(UserWarning, match=message):
        windower.fit(X)
    assert windower.fill_ < 0.5
    confirmed = SequenceWindower(window=10, freq=eval(step)).fit(X)
    assert confirmed.fill_ == windower.fill_
    by_rows = SequenceWindower(window=10, freq="rows", history="all")
    assert_array_equal(by_rows.fit_transform(X), SequenceWindower(10).fit_transform(X.to_numpy()))
    assert by_rows.freq_ is None
    assert by_rows.fill_ == 1
    # The past is looked up by label.
    assert_array_equal(by_rows.transform(X[-1:])[0].ravel(), X["v"][-10:])


def test_the_fill_is_the_share_of_steps_before_rows():
    assert SequenceWindower(4).fit(numbered(HOURS)).fill_ == 1
    assert SequenceWindower(4).fit(np.eye(3)).fill_ == 1
    # Before the rows 0, 1, 3, 4 stand 0, 1, 2, 3 of 0, 1, 3, 4 steps.
    assert SequenceWindower(4).fit(numbered(HOURS[[0, 1, 3, 4]])).fill_ == 6 / 8
    gap = HOURS[:40].append(HOURS[-40:])
    assert SequenceWindower(4).fit(numbered(gap)).fill_ > 0.9
    two = pd.concat([numbered(HOURS[:40], site="a"), numbered(HOURS[200:240:2], site="b")])
    fill = SequenceWindower(1, by="site").fit(two.sort_index()).fill_
    assert fill == 39 / (39 + 19)


@pytest.mark.parametrize(
    "freq", ["-1h", pd.offsets.Hour(-1), timedelta(hours=-1), timedelta(0), "-1D", "-1MS"]
)
def test_a_freq_that_goes_back_is_refused(freq):
    with pytest.raises(ValueError, match="is no step forward in time"):
        SequenceWindower(freq=freq).fit(numbered(HOURS))


def test_no_order_of_the_index_lets_windows_look_ahead():
    for index in (
        pd.timedelta_range("0h", periods=6, freq="h"), HOURS[:6], pd.RangeIndex(6),
        HOURS[:6].to_period(), pd.date_range("2025", periods=6, freq="MS"),
    ):  # fmt: skip
        X = numbered(index)
        windower = SequenceWindower(window=2, lead=1)
        expected = np.asarray(windower.fit_transform(X))
        assert_array_equal(np.asarray(windower.fit_transform(X[::-1]))[::-1], expected)


# ------------------------------------------------------------------------------- dates as text

DAYS = pd.date_range("2025-01-01", periods=60).delete(range(20, 50))
TEXTS = {
    "ISO": DAYS.strftime("%Y-%m-%d"),
    "with a time": DAYS.strftime("%Y-%m-%dT%H:%M:%S"),
    "with an offset": DAYS.strftime("%Y-%m-%d 00:00:00+01:00"),
    "American": DAYS.strftime("%m/%d/%Y"),
    "German": DAYS.strftime("%d.%m.%Y"),
    "names of months": DAYS.strftime("%d %b %Y"),
    "no separators": DAYS.strftime("%Y%m%d"),
    "objects": pd.Index(DAYS.strftime("%Y-%m-%d"), dtype=object),
}


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_dates_as_text_are_refused(name):
    texts = TEXTS[name]
    for X, time in ((numbered(texts), None), (numbered(None or range(30), date=texts), "date")):
        with pytest.raises(ValueError, match=r"text that reads as dates, first .*to_datetime"):
            SequenceWindower(3, time=time).fit(X)
    by_rows = SequenceWindower(3, time="date", freq="rows")
    if name in ("ISO", "no separators"):
        assert by_rows.fit_transform(numbered(range(30), date=texts)).shape == (30, 3, 1)


def test_other_text_is_an_order():
    for texts in (
        ["a1", "a2", "b1"],
        ["step-001", "step-002", "step-010"],
        ["10-11", "10-12", "10-13"],
    ):
        assert SequenceWindower(2).fit(numbered(texts)).freq_ is None


def test_objects_that_are_dates_are_dates():
    berlin = pd.date_range("2025-03-29", periods=80, freq="h", tz="Europe/Berlin")
    for column, step in (
        ([date(2025, 1, 1), date(2025, 1, 2), date(2025, 1, 5)], pd.offsets.Day()),
        ([datetime(2025, 1, 1), datetime(2025, 1, 2)], pd.offsets.Day()),
        ([pd.Period("2025-01"), pd.Period("2025-02")], pd.offsets.MonthEnd()),
        (
            [label.replace(tzinfo=timezone(label.utcoffset())) for label in berlin],
            pd.offsets.Hour(),
        ),
    ):
        X = pd.DataFrame({"v": 1.0, "at": pd.Series(column, dtype=object)})
        assert SequenceWindower(2, time="at").fit(X).freq_ == step


@pytest.mark.parametrize("form", ["%Y%m%d", "%Y%m"])
def test_dates_as_numbers_are_reported(form):
    dates = pd.date_range("2025-01-01", periods=60, freq="D" if "d" in form else "MS")
    numbers = dates.strftime(form).astype(int)
    with pytest.warns(UserWarning, match="whole numbers that read as dates, first 20250"):
        SequenceWindower(3).fit(numbered(numbers))
    SequenceWindower(3, freq=1).fit(numbered(numbers))
    SequenceWindower(3).fit(numbered(numbers[:12]))
    SequenceWindower(3).fit(numbered(range(20_250_101, 20_250_201)))


# -------------------------------------------------------------------------------- calendars


def on_day(day, freq="MS", n=36, time="00:00"):
    starts = pd.date_range("2023-01-01", periods=n, freq=freq)
    ends = starts + pd.offsets.MonthEnd()
    days = np.minimum(starts + pd.Timedelta(days=day - 1), ends)
    return pd.DatetimeIndex(days) + pd.Timedelta(f"{time}:00")


MONTHS = {
    "the 15th": (on_day(15), "pandas.DateOffset(months=1, day=15)"),
    "the 30th": (on_day(30), "pandas.DateOffset(months=1, day=30)"),
    "the 29th": (on_day(29), "pandas.DateOffset(months=1, day=29)"),
    "the 15th of Berlin": (on_day(15).tz_localize("Europe/Berlin"), None),
    "quarters": (on_day(15, "QS-FEB"), "pandas.DateOffset(months=3, day=15)"),
    "years": (on_day(4, "YS-JUL"), "pandas.DateOffset(months=12, day=4)"),
    "noon of the first": (on_day(1, time="12:00"), "'MS'"),
    "noon of the last": (on_day(31, time="12:00"), "'ME'"),
}


@pytest.mark.parametrize("name", sorted(MONTHS))
@pytest.mark.parametrize("given", [False, True])
def test_months_go_on(name, given):
    labels, text = MONTHS[name]
    n_months = 3 if name == "quarters" else 12 if name == "years" else 1
    freq = pd.DateOffset(months=n_months) if given else None
    X = numbered(labels)
    windower = SequenceWindower(3, lead=1, freq=freq).fit(X[:20])
    assert list(windower.clock_.continue_labels(labels[19], 16)) == list(labels[20:])
    windows = np.asarray(windower.fit_transform(X.drop(labels[[4]])))
    assert_array_equal(windows[5].ravel(), [3, np.nan, 5])
    if text is not None and not given:
        with pytest.raises(ValueError, match=re.escape(f"whose step is {text}, counted")):
            windower.transform(X.set_axis(labels + pd.Timedelta(days=2)))


def test_two_equal_days_of_months_may_be_weeks():
    index = pd.DatetimeIndex(["2025-02-15", "2025-03-15"])
    assert SequenceWindower(2).fit(numbered(index)).freq_ == pd.offsets.Day(28)


def test_the_order_of_random_rows_is_reported_in_a_pipeline():
    X = numbered(pd.RangeIndex(400)).sample(60, random_state=0)
    model = make_pipeline(SequenceWindower(10), LSTMForecaster(units=2, epochs=1))
    with pytest.warns(UserWarning, match="windows are mostly empty: .* taken to be 1"):
        model.fit(X, X["v"].shift(-1).fillna(0))


# Rows that a jump of the clock has stamped far away.

FAR = {
    # Where the clock jumps to, at which row.
    "1970, at the start": ("1970-01-01 00:00", 0),
    "1970, in the middle": ("1970-01-01 00:00", 200),
    "2099, at the end": ("2099-12-31 20:00", 390),
    "2099, in the middle": ("2099-12-31 20:00", 200),
    "a year on": ("2027-03-01 05:00", 390),
}


def jumped(to, row, n=10, index=HOURS):
    values = index.to_numpy().copy()
    step = values[1] - values[0]
    values[row : row + n] = np.datetime64(pd.Timestamp(to).as_unit("us")) + np.arange(n) * step
    return pd.DatetimeIndex(values).tz_localize(index.tz)


@pytest.mark.parametrize("zone", [None, "Europe/Berlin"])
@pytest.mark.parametrize("kind", sorted(FAR))
def test_rows_far_away_are_told_of_and_leave_the_clock_as_it_is(kind, zone):
    to, row = FAR[kind]
    X = numbered(jumped(to, row).tz_localize(zone))
    windower = SequenceWindower(window=24)
    with pytest.warns(UserWarning, match=f"10 of the 400 rows .* first {to[:10]}.*freq='h'"):
        windower.fit(X)
    assert windower.freq_ == pd.offsets.Hour()
    # Gaps are still seen, and the far rows are in windows of their own.
    holes = X.drop(X.index[[100, 101]])
    with pytest.warns(UserWarning, match="stamped far away"):
        windows = SequenceWindower(window=24, history=None).fit_transform(holes)
    confirmed = SequenceWindower(window=24, freq="h", history=None).fit_transform(holes)
    assert_array_equal(np.asarray(windows), np.asarray(confirmed))


def test_two_jumps_and_a_single_row_are_told_of():
    labels = jumped("1970-01-01", 30, 3).to_series()
    labels.iloc[50] = pd.Timestamp("2099-01-01")
    with pytest.warns(UserWarning, match="4 of the 400 rows .* first 1970-01-01"):
        assert SequenceWindower(3).fit(numbered(pd.DatetimeIndex(labels))).freq_.freqstr == "h"
    days = pd.date_range("2020-01-01", periods=300)
    with pytest.warns(UserWarning, match="1 of the 300 rows .* freq='D'"):
        assert SequenceWindower(3).fit(numbered(jumped("1970-01-01", 7, 1, days))).fill_ > 0.9


def test_a_jump_of_one_series_of_a_panel_is_told_of():
    frames = {"a": numbered(HOURS), "b": numbered(jumped("1970-01-01", 100)), "c": numbered(HOURS)}
    X = pd.concat(frames, names=["shop", "time"]).sort_index(level="time", kind="stable")
    with pytest.warns(UserWarning, match="10 of the 1200 rows"):
        SequenceWindower(3, by="shop").fit(X)


def test_what_is_not_far_away_brings_no_warning():
    old = pd.date_range("1990-01-01", periods=15, freq="h")
    gap = HOURS[:200].append(HOURS[200:] + pd.Timedelta(days=8000))
    shops = pd.concat({"old": numbered(old), "new": numbered(HOURS)}, names=["shop", "time"])
    # A long pause between two halves, a series that is older as a whole, a pause before the end.
    SequenceWindower(3).fit(numbered(gap))
    SequenceWindower(3, by="shop").fit(shops)
    SequenceWindower(3).fit(numbered(HOURS[:390].append(HOURS[390:] + pd.Timedelta(days=9))))
    SequenceWindower(3, freq="h").fit(numbered(jumped("1970-01-01", 0)))
