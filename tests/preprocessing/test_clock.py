"""Tests of the clock: which step it learns, where it places labels, how it goes on."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import pickle

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal

from sklstm.preprocessing._clock import Clock
from sklstm.preprocessing._labels import index_kind, rank_labels, sort_by_series
from tests.preprocessing.test_sequence_windower import CALENDARS


def _learn(labels, freq=None, series=None):
    series = np.zeros(len(labels), dtype=np.int64) if series is None else np.asarray(series)
    return Clock.learn(labels, series, int(series.max()) + 1, freq)


def _slots(clock, labels, series=None):
    series = np.zeros(len(labels), dtype=np.int64) if series is None else np.asarray(series)
    return clock.slots(labels, series, int(series.max()) + 1)[0]


@pytest.mark.parametrize("name", sorted(CALENDARS))
def test_slots_count_the_steps(name):
    labels, freq, _ = CALENDARS[name]
    clock = _learn(labels[[20, 10, 11, 30]], freq)
    assert_array_equal(_slots(clock, labels), np.arange(36) - 10)
    again = pickle.loads(pickle.dumps(clock))
    assert_array_equal(_slots(again, labels[::-1]), np.arange(36)[::-1] - 10)


@pytest.mark.parametrize("name", sorted(CALENDARS))
@pytest.mark.parametrize("n", [0, 1, 7])
def test_labels_continue(name, n):
    labels, freq, _ = CALENDARS[name]
    clock = _learn(labels[:20], freq)
    onwards = clock.continue_labels(labels[19], n)
    assert len(onwards) == n
    assert list(onwards) == list(labels[20 : 20 + n])
    assert index_kind(onwards) == index_kind(labels)


@pytest.mark.parametrize("freq", ["20min", "36h", "D", "W-SUN", "B", "MS", "QE-DEC", "2BME"])
def test_an_index_with_a_freq(freq):
    labels = pd.date_range("2026", periods=9, freq=freq)
    assert _learn(labels).freq.freqstr == freq
    assert_array_equal(_slots(_learn(labels), labels), np.arange(9))


@pytest.mark.parametrize(
    ("freq", "learned"),
    [
        ("20min", "20min"), ("36h", "36h"), ("D", "D"), ("W-SUN", "7D"), ("B", "D"), ("MS", "MS"),
        ("QE-DEC", "3ME"), ("QS-FEB", "3MS"), ("YS", "12MS"),
    ],
)  # fmt: skip
def test_an_index_without_a_freq(freq, learned):
    labels = pd.DatetimeIndex(list(pd.date_range("2026", periods=9, freq=freq)))
    assert labels.freq is None
    assert _learn(labels).freq.freqstr == learned
    assert _learn(labels.tz_localize("Europe/Berlin")).freq.freqstr == learned


def test_step_of_periods_and_timedeltas():
    assert _learn(pd.period_range("2026", periods=9, freq="3M")).freq.n == 3
    assert _learn(pd.timedelta_range("1h", periods=9, freq="2h")).freq == pd.offsets.Hour(2)
    assert _learn(pd.TimedeltaIndex(["1h", "5h", "3h"])).freq == pd.offsets.Hour(2)
    assert _learn(pd.TimedeltaIndex(["1D", "3D", "2D"]), "D").rule.step == 86_400 * 10**6


def test_step_of_integers():
    assert _learn(pd.RangeIndex(0, 50, 5)).freq == 5
    assert _learn(pd.RangeIndex(50, 0, -5)).freq == 5
    assert _learn(pd.Index([12, 4, 8, 28])).freq == 4
    assert _learn(pd.Index([12, 4, 8, 28], dtype="uint8")).freq == 4
    assert _learn(pd.RangeIndex(7, 8)).freq == 1


def test_no_step_from_fewer_than_1_in_20_filled_slots():
    assert _learn(pd.Index([0, 1, 59])).freq == 1
    assert _learn(pd.Index([0, 1, 60])).freq is None
    # Two series are counted together.
    assert _learn(pd.Index([0, 1, 59, 0, 1, 59]), series=[0, 0, 0, 1, 1, 1]).freq == 1


@pytest.mark.parametrize(
    "labels",
    [
        pd.Index([5]),
        pd.DatetimeIndex(["2026-01-01"]),
        pd.Index([0.0, 1.0, 2.0]),
        pd.Index(["a", "b"]),
        pd.DatetimeIndex(["2026-01-01 00:00:00", "2026-01-01 00:00:01", "2026-02-01 00:00:07"]),
        pd.DatetimeIndex(["1900-01-01", "1900-02-01", "1999-01-01"]),
        pd.TimedeltaIndex(["1s", "2s", "1D"]),
    ],
)
def test_no_regular_step(labels):
    clock = _learn(labels)
    assert clock.freq is None
    assert not clock.by_position
    with pytest.raises(ValueError, match="without a regular step, so the labels after"):
        clock.continue_labels(labels[-1], 2)


def test_positions_continue():
    clock = _learn_positions()
    assert clock.by_position
    assert clock.continue_labels(6, 3).equals(pd.RangeIndex(7, 10))


def _learn_positions():
    return Clock.learn(None, np.zeros(7, dtype=np.int64), 1)


def test_the_freq_of_an_index_is_not_that_of_each_series():
    labels = pd.date_range("2026", periods=8, freq="h")
    clock = _learn(labels, series=[0, 1] * 4)
    assert clock.freq == pd.offsets.Hour(2)
    slots, time = clock.slots(labels, np.array([0, 1] * 4), 2)
    assert_array_equal(slots, [0, 0, 1, 1, 2, 2, 3, 3])
    assert_array_equal(time, [0, 0, 1, 1, 2, 2, 3, 3])


def test_times_of_series_that_start_later():
    labels = pd.Index([0, 10, 20, 20, 30, 27, 37])
    series = np.array([0, 0, 0, 1, 1, 2, 2])
    slots, time = _learn(labels, series=series).slots(labels, series, 3)
    assert_array_equal(slots, [0, 1, 2, 0, 1, 0, 1])
    assert_array_equal(time, [0, 1, 2, 2, 3, 2, 3])


def test_new_series_have_their_own_phase():
    clock = _learn(pd.Index([0, 10, 20]))
    slots, time = clock.slots(pd.Index([33, 13, 20]), np.array([1, 1, 0]), 2)
    assert_array_equal(slots, [2, 0, 2])
    assert_array_equal(time, [3, 1, 2])


def test_days_of_berlin_and_24_hours_of_utc():
    days = pd.date_range("2026-03-20", periods=20, freq="D", tz="Europe/Berlin").take(np.arange(20))
    assert _learn(days).rule.local
    assert_array_equal(_slots(_learn(days), days), np.arange(20))
    # The same timestamps in another time zone are still the days of Berlin.
    assert_array_equal(_slots(_learn(days), days.tz_convert("UTC")), np.arange(20))
    hours = pd.date_range("2026-03-20", periods=20, freq="24h", tz="Europe/Berlin")
    for labels in (hours, hours.take(np.arange(20))):
        clock = _learn(labels)
        assert not clock.rule.local
        assert_array_equal(_slots(clock, labels), np.arange(20))
        assert list(clock.continue_labels(labels[4], 15)) == list(labels[5:])


def test_hours_that_daylight_saving_time_repeats():
    hours = pd.date_range("2026-10-24 22:00", periods=9, freq="h", tz="Europe/Berlin")
    assert len(set(hours.tz_localize(None))) < 9
    clock = _learn(hours.take(np.arange(9)))
    assert_array_equal(_slots(clock, hours), np.arange(9))


def test_days_continue_over_an_hour_that_does_not_exist():
    nights = pd.DatetimeIndex(["2026-03-26 02:30", "2026-03-27 02:30"], tz="Europe/Berlin")
    onwards = _learn(nights).continue_labels(nights[-1], 3)
    assert [str(label) for label in onwards.tz_localize(None)] == [
        "2026-03-28 02:30:00", "2026-03-29 03:00:00", "2026-03-30 02:30:00",
    ]  # fmt: skip


@pytest.mark.parametrize("fitted", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("given", ["s", "ms", "us", "ns"])
def test_units(fitted, given):
    for labels in (
        pd.date_range("2026", periods=9, freq="h"),
        pd.timedelta_range("0s", periods=9, freq="h"),
    ):
        clock = _learn(labels.as_unit(fitted))
        assert_array_equal(_slots(clock, labels.as_unit(given)), np.arange(9))


def test_a_finer_step_than_the_unit():
    labels = pd.date_range("2026", periods=5, freq="s").as_unit("s")
    clock = _learn(labels, "250ms")
    assert_array_equal(_slots(clock, labels), 4 * np.arange(5))
    clock = _learn(pd.timedelta_range("0s", periods=5, freq="s").as_unit("s"), "250us")
    assert clock.rule.step == 250


@pytest.mark.parametrize(
    ("labels", "freq", "label"),
    [
        (pd.date_range("2026", periods=9, freq="h"), None, "2026-01-01 00:30"),
        (pd.date_range("2026", periods=9, freq="D").as_unit("s"), None, "2026-01-01 00:00:00.5"),
        (pd.date_range("2026", periods=9, freq="MS"), None, "2026-01-02"),
        (pd.date_range("2026", periods=9, freq="MS"), None, "2026-01-01 01:00"),
        (pd.date_range("2026", periods=9, freq="ME"), None, "2026-02-27"),
        (pd.date_range("2026", periods=9, freq="QS-FEB"), None, "2026-03-01"),
        (pd.date_range("2026", periods=9, freq="QS-FEB"), "QS-FEB", "2026-03-01"),
        (pd.date_range("2026", periods=9, freq="B"), "B", "2026-01-03"),
        (pd.date_range("2026", periods=9, freq="B"), "B", "2026-01-02 09:00"),
        (pd.date_range("2026", periods=9, freq="W-MON"), "W-MON", "2026-01-06"),
        (pd.date_range("2026", periods=9, freq="BME"), "BME", "2026-01-31"),
        (pd.date_range("2026", periods=9, freq="BME"), "BME", "2025-01-30"),
    ],
)
def test_labels_between_two_slots(labels, freq, label):
    clock = _learn(labels, freq)
    with pytest.raises(ValueError, match=f"{pd.Timestamp(label)} does not stand on the clock"):
        _slots(clock, pd.DatetimeIndex([labels[3], label]))


@pytest.mark.parametrize(
    ("labels", "freq"),
    [
        (pd.date_range("2026-01-06", periods=4, freq="7D"), "W-MON"),
        (pd.date_range("2026-01-01", periods=4, freq="QS-JAN"), "QS-FEB"),
        (pd.date_range("2026-01-01", periods=4, freq="D"), "B"),
        (pd.date_range("2026-01-01", periods=4, freq="D"), "BME"),
        (pd.date_range("2026-01-01", periods=4, freq="h"), "D"),
    ],
)
def test_labels_that_contradict_freq(labels, freq):
    with pytest.raises(ValueError, match="does not stand on the clock"):
        _learn(labels, freq)


def test_offsets_before_their_anchor():
    labels = pd.date_range("2020-01-31", periods=40, freq="BME")
    clock = _learn(labels[20:], "BME")
    assert_array_equal(_slots(clock, labels), np.arange(40) - 20)
    assert_array_equal(_slots(clock, labels[:3]), [-20, -19, -18])


def test_periods_of_a_longer_freq():
    labels = pd.period_range("2026-01", periods=9, freq="M")
    clock = _learn(labels[::3], "3M")
    assert_array_equal(_slots(clock, labels[::3]), [0, 1, 2])
    assert list(clock.continue_labels(labels[0], 2)) == [labels[3], labels[6]]


def test_rank_labels():
    labels = pd.DatetimeIndex(["2026-01-03", "2026-01-01"], tz="Europe/Berlin")
    others = pd.DatetimeIndex(["2026-01-02", "2026-01-01"], tz="Europe/Berlin").as_unit("ns")
    ranks, other_ranks = rank_labels(labels, others)
    assert_array_equal(ranks, [2, 0])
    assert_array_equal(other_ranks, [1, 0])


@pytest.mark.parametrize("n_series", [1, 5, 40_000])
@pytest.mark.parametrize("shuffle", [False, True])
def test_sort_by_series(n_series, shuffle):
    rng = np.random.default_rng(0)
    series = rng.integers(0, n_series, 50_000)
    ticks = rng.integers(0, 100, 50_000) if shuffle else np.arange(50_000)
    order = np.arange(50_000)[sort_by_series(series, ticks, n_series)]
    assert_array_equal(order, np.lexsort((ticks, series)))
