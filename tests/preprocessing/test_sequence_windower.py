"""Tests of SequenceWindower: against naive loops, in pipelines and folds, and its messages."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import copy
import pickle
import warnings
from datetime import date

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import Ridge
from sklearn.model_selection import KFold, TimeSeriesSplit, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

from sklstm.preprocessing import SequenceWindower
from sklstm.preprocessing._window_arrays import LazyWindows, WindowView
from sklstm.preprocessing._window_index import window_index_of
from tests.expected_failures import expected_failed_checks
from tests.reference import kept_rows, windows_by_label, windows_by_position, windows_by_rank

HOLIDAYS = ["2024-12-25", "2024-12-26", "2025-01-01"]
CUSTOM_DAY = pd.offsets.CustomBusinessDay(holidays=HOLIDAYS)


def _minus(step):
    return lambda label, k: label - k * step


def _minus_on_the_wall(step):
    return lambda label, k: (label.tz_localize(None) - k * step).tz_localize(label.tz)


def _dates(start, freq, **kwargs):
    return pd.date_range(start, periods=36, freq=freq, **kwargs)


def _earlier_business_hour(label, k):
    """Count forward from weeks before: backwards, pandas 3.0 comes to the ends of days."""
    start = label.normalize() - pd.Timedelta(weeks=8) + pd.Timedelta(hours=9)
    return pd.date_range(start, label, freq="bh")[-1 - k]


# Name -> labels in time order, the parameter freq, the label k steps earlier.
CALENDARS = {
    "integers": (pd.Index(np.arange(7, 7 + 3 * 36, 3)), None, _minus(3)),
    "integers with freq": (pd.Index(np.arange(-40, 32, 2)), 2, _minus(2)),
    "hours": (_dates("2026-01-01", "h"), None, _minus(pd.Timedelta(hours=1))),
    "20 minutes": (_dates("2026-01-01 00:07", "20min"), "20min", _minus(pd.Timedelta("20min"))),
    "hours, clock forward": (
        _dates("2026-03-28 18:00", "h", tz="Europe/Berlin"), None, _minus(pd.Timedelta(hours=1)),
    ),
    "half hours, clock back": (
        _dates("2026-10-24 20:00", "30min", tz="Europe/Berlin"), None,
        _minus(pd.Timedelta(minutes=30)),
    ),
    "6 hours, clock back": (
        _dates("2026-10-24", "6h", tz="Europe/Berlin"), "6h", _minus(pd.Timedelta(hours=6)),
    ),
    "days, clock forward": (
        _dates("2026-03-10", "D", tz="Europe/Berlin"), None,
        _minus_on_the_wall(pd.Timedelta(days=1)),
    ),
    "noons, clock back": (
        _dates("2026-10-10 12:00", "D", tz="Europe/Berlin"), "D",
        _minus_on_the_wall(pd.Timedelta(days=1)),
    ),
    "days": (_dates("2024-02-10", "D"), None, _minus(pd.Timedelta(days=1))),
    "weeks": (_dates("2026-01-06", "7D"), None, _minus(pd.Timedelta(days=7))),
    "Mondays": (_dates("2026-01-05", "W-MON"), "W-MON", _minus(pd.offsets.Week(weekday=0))),
    "months": (_dates("2024-01-01", "MS"), None, _minus(pd.offsets.MonthBegin())),
    "months of Berlin": (
        _dates("2024-01-01", "MS", tz="Europe/Berlin"), None,
        _minus_on_the_wall(pd.offsets.MonthBegin()),
    ),
    "month ends": (_dates("2024-01-31", "ME"), None, _minus(pd.offsets.MonthEnd())),
    "quarters": (
        _dates("2001-02-01", "QS-FEB"), None, _minus(pd.offsets.QuarterBegin(startingMonth=2)),
    ),
    "quarter ends": (
        _dates("2001-03-31", "QE"), "QE", _minus(pd.offsets.QuarterEnd(startingMonth=12)),
    ),
    "half years": (_dates("2001-01-01", "6MS"), None, _minus(pd.offsets.MonthBegin(6))),
    "years": (_dates("1980-01-01", "YS"), None, _minus(pd.offsets.YearBegin())),
    "year ends": (_dates("1980-06-30", "YE-JUN"), "YE-JUN", _minus(pd.offsets.YearEnd(month=6))),
    "business days": (_dates("2026-01-01", "B"), "B", _minus(pd.offsets.BDay())),
    "business days at 5": (_dates("2026-01-01 17:00", "B"), "B", _minus(pd.offsets.BDay())),
    "second business days": (_dates("2026-01-01", "2B"), "2B", _minus(pd.offsets.BDay(2))),
    "trading days": (_dates("2024-12-09", CUSTOM_DAY), CUSTOM_DAY, _minus(CUSTOM_DAY)),
    "business month ends": (_dates("2024-01-31", "BME"), "BME", _minus(pd.offsets.BMonthEnd())),
    "business hours": (_dates("2026-01-01 09:00", "bh"), "bh", _earlier_business_hour),
    "semi-months": (_dates("2024-01-01", "SMS"), "SMS", _minus(pd.offsets.SemiMonthBegin())),
    "timedeltas": (
        pd.timedelta_range("3min", periods=36, freq="7min"), None, _minus(pd.Timedelta("7min")),
    ),
    "timedeltas with freq": (
        pd.timedelta_range("1D", periods=36, freq="1D"), "1D", _minus(pd.Timedelta("1D")),
    ),
    "monthly periods": (pd.period_range("2024-01", periods=36, freq="M"), None, _minus(1)),
    "hourly periods": (pd.period_range("2024-01-01", periods=36, freq="h"), "h", _minus(1)),
    "two-monthly periods": (pd.period_range("2024-01", periods=36, freq="2M"), None, _minus(1)),
}  # fmt: skip
# The business of the others shows in no common divisor.
NEED_FREQ = {
    "business days", "business days at 5", "second business days", "trading days",
    "business month ends", "business hours", "semi-months",
}  # fmt: skip


def _rows(data, n, n_features=None):
    """Few distinct values, so that recordings agree or not by chance, and rows that are missing."""
    n_features = n_features or data.draw(st.integers(1, 2), label="n_features")
    seed = data.draw(st.integers(0, 2**16), label="seed")
    rng = np.random.default_rng(seed)
    rows = rng.integers(0, data.draw(st.sampled_from([2, 50])), (n, n_features)).astype(float)
    rows[rng.random(n) < data.draw(st.sampled_from([0.0, 0.2]))] = np.nan
    return rows


def _sizes(data):
    return {
        "window": data.draw(st.integers(1, 6), label="window"),
        "lead": data.draw(st.integers(0, 3), label="lead"),
    }


def _subset(data, n, label, min_size=0):
    return np.array(
        sorted(data.draw(st.sets(st.integers(0, n - 1), min_size=min_size), label=label)), dtype=int
    )


def _check_windows(data, windows, expected):
    """Compare windows, and what they become when rows are selected, pickled and copied."""
    assert windows.shape == expected.shape
    assert_array_equal(np.asarray(windows), expected)
    rows = np.array(
        data.draw(st.lists(st.integers(-len(expected), len(expected) - 1)), label="rows"), dtype=int
    )
    assert_array_equal(np.asarray(windows[rows]), expected[rows])
    first = data.draw(st.integers(0, len(expected)), label="first")
    part = pickle.loads(pickle.dumps(windows[first:]))
    assert type(part) is type(windows)
    assert_array_equal(np.asarray(part), expected[first:])
    assert_array_equal(np.asarray(copy.deepcopy(windows[rows])), expected[rows])
    index = window_index_of(windows)
    assert_array_equal(index.materialize(), expected)
    assert (np.diff(index.keys) > 0).all()


# Each property is checked twice: on a sample of examples while you work, and on many more at night.


@pytest.mark.filterwarnings("ignore:X has no index")
@settings(max_examples=100)
@given(data=st.data())
def test_arrays_equal_a_naive_loop(data):
    check_arrays(data)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:X has no index")
@settings(max_examples=500)
@given(data=st.data())
def test_many_arrays_equal_a_naive_loop(data):
    check_arrays(data)


def check_arrays(data):
    sizes = _sizes(data)
    rows = _rows(data, data.draw(st.integers(1, 25), label="n"))
    n_series = data.draw(st.integers(1, 4), label="n_series")
    series = np.array(
        data.draw(st.lists(st.integers(1, n_series), min_size=len(rows), max_size=len(rows)))
    )
    X, by = (rows, None) if n_series == 1 else (np.column_stack([rows, series]), -1)
    windower = SequenceWindower(by=by, **sizes)
    expected = windows_by_position(rows, series, **sizes)
    _check_windows(data, windower.fit_transform(X), expected)
    flat = windower.set_params(flatten=True).fit(X).transform(X)
    assert_array_equal(flat, expected.reshape(len(rows), -1))
    assert isinstance(flat, np.ndarray)
    assert not isinstance(flat, WindowView)


@pytest.mark.filterwarnings("ignore:.* rows of X have no past")
@settings(max_examples=150)
@given(data=st.data())
def test_labelled_rows_equal_a_naive_loop(data):
    check_labelled_rows(data)


@pytest.mark.filterwarnings("ignore:.* rows of X have no past")
@pytest.mark.slow
@settings(max_examples=1000)
@given(data=st.data())
def test_many_labelled_rows_equal_a_naive_loop(data):
    check_labelled_rows(data)


def check_labelled_rows(data):
    name = data.draw(st.sampled_from(sorted(CALENDARS)), label="calendar")
    calendar, freq, step_back = CALENDARS[name]
    if name not in NEED_FREQ and data.draw(st.booleans(), label="learn"):
        freq = None
    sizes = _sizes(data)
    history = data.draw(st.sampled_from(["tail", "all", None]), label="history")
    n_series = data.draw(st.integers(1, 3), label="n_series")
    labels = calendar.repeat(n_series)
    series = np.tile([f"s{k}" for k in range(n_series)], len(calendar))
    rows = _rows(data, len(labels))

    # The step is told by two neighbours; the rest of the fit is any part, in any order.
    in_fit = np.union1d([0, n_series], _subset(data, len(labels), "fit"))
    in_fit = data.draw(st.permutations(in_fit.tolist()), label="order of fit")
    cut = data.draw(st.integers(0, len(labels) - 1), label="cut")
    in_call = np.union1d([cut], cut + _subset(data, len(labels) - cut, "call"))
    if data.draw(st.booleans(), label="shuffle"):
        in_call = np.array(data.draw(st.permutations(in_call.tolist()), label="order of call"))
    rows_of_call = rows
    if data.draw(st.booleans(), label="other recording"):
        rows_of_call = _rows(data, len(labels), rows.shape[1])

    def frame(rows, part):
        names = [f"x{k}" for k in range(rows.shape[1])]
        X = pd.DataFrame(rows[part], columns=names, index=labels[part])
        if by == "column":
            return X.assign(site=series[part])
        if by == "level":
            return X.set_index(pd.Index(series[part], name="site"), append=True)
        if by == "time column":
            return X.reset_index(names="when").assign(site=series[part])
        return X

    by = data.draw(st.sampled_from(["column", "level", "time column"])) if n_series > 1 else None
    windower = SequenceWindower(
        history=history, freq=freq, by=by and "site",
        time="when" if by == "time column" else None, **sizes,
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "X is sorted series by series|The windows are mostly")
        windower.fit(frame(rows, in_fit))
    assert windower.freq_ is not None
    kept = kept_rows(labels[in_fit], series[in_fit], rows[in_fit], history=history, **sizes)
    expected = windows_by_label(
        labels[in_call], series[in_call], rows_of_call[in_call], kept=kept, step_back=step_back,
        **sizes,
    )  # fmt: skip
    X = frame(rows_of_call, in_call)
    if isinstance(X.index, pd.DatetimeIndex) and data.draw(st.booleans(), label="change unit"):
        X.index = X.index.as_unit(data.draw(st.sampled_from(["s", "ms", "us", "ns"])))
    _check_windows(data, windower.transform(X), expected)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "X is sorted series by series|The windows are mostly")
        X = frame(rows, in_fit)
        assert_array_equal(np.asarray(windower.fit_transform(X)), windower.fit(X).transform(X))


@pytest.mark.parametrize("name", sorted(CALENDARS))
def test_each_calendar_equals_a_naive_loop(name):
    labels, freq, step_back = CALENDARS[name]
    rows = np.arange(2.0 * len(labels)).reshape(-1, 2)
    series = np.zeros(len(labels))
    X = pd.DataFrame(rows, index=labels).drop(labels[[4, 5, 20, 27]])
    windower = SequenceWindower(4, lead=1, freq=freq).fit(X[:20])
    part = np.delete(np.arange(len(labels)), [4, 5, 20, 27])
    expected = windows_by_label(
        labels[part], series, rows[part], window=4, lead=1, kept={}, step_back=step_back
    )
    assert_array_equal(np.asarray(windower.transform(X[20:])), expected[20:])
    assert_array_equal(np.asarray(windower.transform(X[::-1])), expected[::-1])


@settings(max_examples=60)
@given(data=st.data())
def test_irregular_rows_equal_a_naive_loop(data):
    check_irregular_rows(data)


@pytest.mark.slow
@settings(max_examples=300)
@given(data=st.data())
def test_many_irregular_rows_equal_a_naive_loop(data):
    check_irregular_rows(data)


def check_irregular_rows(data):
    kind = data.draw(st.sampled_from(["floats", "texts", "dates", "Berlin", "sparse integers"]))
    numbers = np.cumsum(10.0 ** (np.arange(24) % 4)) + 0.5
    labels = {
        "floats": pd.Index(numbers),
        "texts": pd.Index([f"{k:02d}" for k in range(24)]),
        "dates": pd.DatetimeIndex((numbers * 1e9).astype("M8[ns]")),
        "Berlin": pd.DatetimeIndex((numbers * 1e9).astype("M8[ns]")).tz_localize("Europe/Berlin"),
        "sparse integers": pd.Index(np.cumsum(50 + np.arange(24) % 7)),
    }[kind]
    n_series = data.draw(st.integers(1, 3), label="n_series")
    labels = labels.repeat(n_series)
    series = np.tile(np.arange(n_series), 24)
    sizes = _sizes(data)
    rows = _rows(data, len(labels))
    history = data.draw(st.sampled_from(["tail", "all", None]), label="history")
    in_fit, in_call = (_subset(data, len(labels), name, min_size=12) for name in ("fit", "call"))
    X = pd.DataFrame(rows, index=labels).rename(columns=str).assign(site=series)
    windower = SequenceWindower(by="site", history=history, **sizes).fit(X.iloc[in_fit])
    if windower.freq_ is not None:
        return
    kept = kept_rows(labels[in_fit], series[in_fit], rows[in_fit], history=history, **sizes)
    expected = windows_by_rank(labels[in_call], series[in_call], rows[in_call], kept=kept, **sizes)
    _check_windows(data, windower.transform(X.iloc[in_call]), expected)


@pytest.mark.filterwarnings("ignore:.* rows of X have no past")
@pytest.mark.filterwarnings("ignore:X has no index")
@settings(max_examples=60)
@given(data=st.data())
def test_no_later_row_changes_a_window(data):
    check_causality(data)


@pytest.mark.filterwarnings("ignore:.* rows of X have no past")
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:X has no index")
@settings(max_examples=300)
@given(data=st.data())
def test_no_later_row_changes_a_window_in_many_tables(data):
    check_causality(data)


def check_causality(data):
    sizes = _sizes(data)
    n = data.draw(st.integers(2, 25), label="n")
    rows = _rows(data, n)
    series = np.array(data.draw(st.lists(st.integers(0, 2), min_size=n, max_size=n)))
    i = data.draw(st.integers(0, n - 2), label="i")
    later = rows.copy()
    later[i + 1 :] = _rows(data, n - i - 1, rows.shape[1])
    form = data.draw(st.sampled_from(["array", "hours", "irregular", "shuffled hours"]))
    order = np.arange(n)
    if form == "shuffled hours":
        order = np.array(data.draw(st.permutations(range(n)), label="order"))

    def table(rows):
        if form == "array":
            return np.column_stack([rows, series])
        hours = np.arange(n) if "hours" in form else np.cumsum(7 ** (np.arange(n) % 9))
        index = pd.DatetimeIndex(hours.astype("M8[h]").astype("M8[s]"))
        return pd.DataFrame(np.column_stack([rows, series]), index=index).iloc[order]

    windower = SequenceWindower(by=-1, **sizes)
    windower.set_params(freq="h" if "hours" in form else None)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "X is sorted series by series")
        before = np.asarray(windower.fit_transform(table(rows)))
        after = np.asarray(windower.fit_transform(table(later)))
        assert before[order <= i].tobytes() == after[order <= i].tobytes()
        # The same holds with a history that includes later rows.
        if form != "array":
            windower.set_params(history="all").fit(table(rows))
            assert_array_equal(
                np.asarray(windower.transform(table(rows)))[order <= i], before[order <= i]
            )


@pytest.mark.filterwarnings("ignore:X has no index")
@pytest.mark.parametrize(
    "windower",
    [
        SequenceWindower(),
        SequenceWindower(flatten=True),
        SequenceWindower(1),
        SequenceWindower(1, flatten=True),
        SequenceWindower(3, lead=1),
        SequenceWindower(1, lead=1, history=None),
    ],
    ids=str,
)
def test_scikit_learn_s_own_checks(windower):
    expected = expected_failed_checks(windower)
    results = check_estimator(windower, on_skip=None, on_fail=None, expected_failed_checks=expected)
    failed = {r["check_name"] for r in results if r["status"] in ("failed", "xfail")}
    assert failed == set(expected)
    assert len(results) > 40


def _hours(n=12, **kwargs):
    index = pd.date_range("2026-01-01", periods=n, freq="h", **kwargs)
    return pd.DataFrame({"temp": np.arange(n, dtype=float), "wind": np.arange(n) % 3}, index=index)


def test_consecutive_rows_share_one_buffer():
    X = np.random.default_rng(0).normal(size=(2000, 8))
    windows = SequenceWindower(500, lead=2).fit_transform(X)
    assert isinstance(windows, WindowView)
    assert windows.nbytes > 100 * X.nbytes
    assert window_index_of(windows).rows.nbytes == X.nbytes
    assert np.shares_memory(np.asarray(windows), window_index_of(windows).rows)
    assert len(pickle.dumps(windows)) < 3 * X.nbytes
    with pytest.raises(ValueError, match="read-only"):
        windows[0, 0, 0] = 1


def test_other_rows_share_the_rows():
    X = _hours(2000).drop(pd.Timestamp("2026-01-03"))
    windows = SequenceWindower(500).fit_transform(X)
    assert isinstance(windows, LazyWindows)
    assert window_index_of(windows).rows.nbytes == 16 * len(X)
    assert window_index_of(windows[::7]).rows is not None
    assert np.shares_memory(window_index_of(windows[::7]).rows, window_index_of(windows).rows)


@pytest.mark.parametrize("drop", [[], [3]])
def test_windows_do_not_change_with_the_data_behind_them(drop):
    X = np.arange(24.0).reshape(12, 2)
    frame = pd.DataFrame(X, copy=False)
    frame.index = np.delete(np.arange(13), 3) if drop else np.arange(12)
    windows = SequenceWindower(3).fit_transform(frame)
    before = np.array(windows)
    X[:] = -1
    assert_array_equal(np.asarray(windows), before)


def test_a_single_series_of_many_is_a_view():
    X = _hours().assign(site="a")
    windower = SequenceWindower(3, by="site").fit(pd.concat([X, X.assign(site="b")]).sort_index())
    windows = windower.transform(X)
    assert isinstance(windows, WindowView)
    assert window_index_of(windows).series_keys.tolist() == ["a", "b"]
    assert window_index_of(windows).feature_names == ("temp", "wind")


def test_the_index_tells_time_across_series():
    X = _hours(6)
    X = pd.concat([X.assign(site="a"), X[2:].assign(site="b")]).sort_index()
    windower = SequenceWindower(2, by="site").fit(X)
    index = window_index_of(windower.transform(X))
    hours = (X.index - X.index[0]) // pd.Timedelta(hours=1)
    assert_array_equal(index.time, hours)
    assert_array_equal(index.series_keys[index.series], X["site"])
    assert index.labels.equals(X.index)
    # A series that fit has not seen keeps the same clock.
    new = X[X["site"] == "b"].assign(site="c").shift(1, freq="h")
    index = window_index_of(windower.transform(new))
    assert_array_equal(index.time, hours[X["site"] == "b"] + 1)
    assert index.series_keys.tolist() == ["a", "b", "c"]
    assert_array_equal(index.count, [1, 2, 2, 2])


def test_several_columns_and_levels_tell_series_apart():
    X = _hours(4)
    parts = [
        X.assign(city=c, site=s, temp=X["temp"] + k) for k, (c, s) in enumerate(["aa", "ab", "ba"])
    ]
    X = pd.concat(parts).sort_index(kind="stable")
    windows = SequenceWindower(2, by=["city", "site"]).fit_transform(X)
    expected = windows_by_position(
        X[["temp", "wind"]].to_numpy(), (X["city"] + X["site"]).to_numpy(), window=2, lead=0
    )
    assert_array_equal(np.asarray(windows), expected)
    assert window_index_of(windows).series_keys.names == ["city", "site"]
    X = X.set_index("site", append=True)
    windower = SequenceWindower(2, by=["city", "site"]).fit(X)
    assert_array_equal(np.asarray(windower.transform(X)), expected)
    assert window_index_of(windower.transform(X)).labels.nlevels == 1


def test_categories_tell_series_apart():
    X = _hours(3).assign(site=pd.Categorical(["b", "a", "b"], categories=["a", "b", "c"]))
    windower = SequenceWindower(2, by="site", freq="h").fit(X)
    assert windower.series_keys_.tolist() == ["b", "a"]
    assert_array_equal(np.asarray(windower.transform(X))[2, :, 0], [np.nan, 2])


def test_an_index_that_only_names_series_leaves_positions():
    X = pd.DataFrame({"x": [1.0, 2.0, 3.0]}, index=pd.Index(["a", "b", "a"], name="site"))
    windows = SequenceWindower(2, by="site").fit_transform(X)
    assert_array_equal(np.asarray(windows)[:, :, 0], [[np.nan, 1], [np.nan, 2], [1, 3]])


def test_time_series_split_sees_the_gap_as_missing_steps():
    X = _hours(20)
    for gap in (0, 2):
        for train, test in TimeSeriesSplit(3, gap=gap).split(X):
            windower = SequenceWindower(4).fit(X.iloc[train])
            first = np.asarray(windower.transform(X.iloc[test]))[0, :, 0]
            expected = test[0] - np.arange(3, -1, -1.0)
            expected[3 - gap : 3] = np.nan
            assert_array_equal(first, expected)


def test_shuffled_folds_stay_causal():
    X = _hours(40)
    full = np.asarray(SequenceWindower(5).fit_transform(X))
    for train, test in KFold(4, shuffle=True, random_state=0).split(X):
        windower = SequenceWindower(5, history="all").fit(X.iloc[train])
        # Training and test rows together are all rows, so every window is whole.
        assert_array_equal(np.asarray(windower.transform(X.iloc[test]))[:, -1], full[test, -1])
        together = np.asarray(windower.transform(X.iloc[np.r_[test, train]]))
        assert_array_equal(together, full[np.r_[test, train]])


def test_arrays_know_no_history_and_say_so():
    X = np.arange(60.0).reshape(60, 1)
    windower = SequenceWindower(4).fit(X)
    with pytest.warns(UserWarning, match="no index to look the past up by"):
        windows = windower.transform(X[:19])
    assert_array_equal(windows[0, :, 0], [np.nan, np.nan, np.nan, 0])
    for quiet in (windower, SequenceWindower(1).fit(X), SequenceWindower(4, history=None).fit(X)):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            quiet.fit_transform(X[:3])
            quiet.transform(X if quiet is windower else X[:3])


def test_frames_sorted_by_series_are_reported():
    X = _hours(4)
    X = pd.concat([X.assign(site="a"), X.assign(site="b")])
    with pytest.warns(UserWarning, match="sorted series by series"):
        SequenceWindower(2, by="site").fit(X)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        SequenceWindower(2, by="site").fit(X.sort_index(kind="stable"))


def test_another_recording_gets_no_history():
    X = _hours(12)
    windower = SequenceWindower(4, history="all").fit(X)
    other = X[-2:] + 100
    assert_array_equal(np.asarray(windower.transform(other))[0, :, 0], [np.nan] * 3 + [110])
    # One column that agrees is enough: permutation importance changes one at a time.
    changed = X[-2:].assign(wind=7.0)
    assert_array_equal(np.asarray(windower.transform(changed))[0, :, 0], [7, 8, 9, 10])
    assert_array_equal(np.asarray(windower.transform(changed))[0, :, 1], [1, 2, 0, 7])


def test_float32_meets_a_history_of_float64():
    X = _hours(12) + 0.1
    windower = SequenceWindower(4, history="all").fit(X)
    windows = windower.transform(X[-2:].astype(np.float32))
    assert windows.dtype == np.float32
    assert_array_equal(np.asarray(windows)[0, :, 0], np.float32([7.1, 8.1, 9.1, 10.1]))


def test_integer_index_then_array():
    X = pd.DataFrame(np.arange(30.0))
    windower = SequenceWindower(2).fit(X)
    assert_array_equal(windower.transform(X[30:25:-1] + 0.0)[0, :, 0], [28, 29])
    windows = windower.transform(X.to_numpy())
    assert_array_equal(windows[0, :, 0], [np.nan, 0])
    windower = SequenceWindower(2).fit(X.to_numpy())
    windows = windower.transform(X[::-1])
    assert_array_equal(windows[:2, :, 0], [[np.nan, 29], [29, 28]])
    assert window_index_of(windows).labels.equals(X.index[::-1])


def test_polars_frames():
    X = _hours(30)
    frame = pl.DataFrame(
        {"when": X.index.to_numpy(), "temp": X["temp"].to_numpy(), "site": ["a", "b"] * 15}
    )
    windower = SequenceWindower(3, time="when", by="site", lead=1).fit(frame[:20])
    expected = SequenceWindower(3, by="site", lead=1).fit(
        X[["temp"]].assign(site=["a", "b"] * 15)[:20]
    )
    expected = expected.transform(X[["temp"]].assign(site=["a", "b"] * 15)[20:])
    assert_array_equal(np.asarray(windower.transform(frame[20:])), np.asarray(expected))
    flat = SequenceWindower(2, time="when", by="site", flatten=True).set_output(transform="polars")
    table = flat.fit_transform(frame)
    assert isinstance(table, pl.DataFrame)
    assert table.columns == ["temp_lag1", "temp_lag0"]
    zoned = pl.DataFrame({"when": X.index.to_numpy(), "temp": X["temp"].to_numpy()}).with_columns(
        pl.col("when").dt.replace_time_zone("UTC").dt.convert_time_zone("Europe/Berlin")
    )
    windows = SequenceWindower(3, time="when").fit_transform(zoned)
    assert str(window_index_of(windows).labels.tz) == "Europe/Berlin"
    by_position = SequenceWindower(3).fit_transform(frame[["temp"]])
    assert_array_equal(by_position, SequenceWindower(3).fit_transform(X[["temp"]].to_numpy()))


def test_columns_of_arrays_can_be_labels():
    X = np.column_stack([[4.0, 8.0, 2.0, 6.0], [1.0, 2.0, 3.0, 4.0]])
    windower = SequenceWindower(2, time=0).fit(X)
    assert windower.freq_ == 2
    assert_array_equal(windower.transform(X)[:, :, 0], [[3, 1], [4, 2], [np.nan, 3], [1, 4]])
    dates = pd.date_range("2026", periods=4, freq="D")
    mixed = [
        [date, site, float(k)] for k, (date, site) in enumerate(zip(dates, "abab", strict=True))
    ]
    windows = SequenceWindower(2, time=0, by=1).fit_transform(mixed)
    assert_array_equal(np.asarray(windows)[:, :, 0], [[np.nan, 0], [np.nan, 1], [0, 2], [1, 3]])
    assert window_index_of(windows).labels.equals(pd.DatetimeIndex(list(dates)))


def test_kinds_of_numbers():
    X = pd.DataFrame({
        "bool": [True, False, True], "int": pd.array([1, 2, 3], dtype="Int64"),
        "object": np.array([1, 2.5, 3], dtype=object), "category": pd.Categorical([1, 2, 1]),
    })  # fmt: skip
    windows = SequenceWindower(1).fit_transform(X)
    assert_array_equal(windows[:, 0], X.astype(float).to_numpy())
    assert SequenceWindower(1).fit_transform(X[["bool"]].astype("f4")).dtype == np.float32
    missing = pd.DataFrame({"x": pd.array([1, None, 3], dtype="Float64")})
    assert_array_equal(SequenceWindower(1).fit_transform(missing)[:, 0, 0], [1, np.nan, 3])


def test_more_steps_than_64_bits_count():
    moments = pd.DatetimeIndex(np.array([0, 1, 2, 3] * 3, dtype="M8[ns]"))
    X = pd.DataFrame({"x": np.arange(12.0), "site": list("aaaabbbbcccc")}, index=moments)
    windower = SequenceWindower(2, by="site").fit(X.sort_index())
    far = X.set_axis(pd.DatetimeIndex(["1700-01-01", "2260-01-01"] * 6).as_unit("ns"))
    far = far.iloc[[0, 1, 4, 5, 8, 9]]
    with pytest.raises(ValueError, match="span more steps than 64-bit"):
        windower.transform(far)


def test_names_and_containers():
    X = _hours(6)
    flat = SequenceWindower(2, lead=1, flatten=True).set_output(transform="pandas")
    table = flat.fit_transform(X)
    names = ["temp_lag2", "wind_lag2", "temp_lag1", "wind_lag1"]
    assert table.columns.tolist() == names
    assert flat.get_feature_names_out().tolist() == names
    assert table.index.equals(X.index)
    assert clone(flat).fit_transform(X).equals(table)
    array = SequenceWindower(2, by=0, flatten=True).fit(np.arange(12.0).reshape(4, 3))
    assert array.get_feature_names_out().tolist() == ["x1_lag1", "x2_lag1", "x1_lag0", "x2_lag0"]
    windower = SequenceWindower(2)
    assert not hasattr(windower, "get_feature_names_out")
    assert windower.set_output() is windower
    assert isinstance(windower.set_output(transform="pandas").fit_transform(X), WindowView)
    pipe = make_pipeline(StandardScaler(), SequenceWindower(2)).set_output(transform="pandas")
    assert window_index_of(pipe.fit_transform(X)).labels.equals(X.index)


def test_pipelines_of_scikit_learn():
    X = _hours(60)
    y = np.sin(np.arange(60.0))
    lags = SequenceWindower(4, lead=1, flatten=True)
    linear = make_pipeline(
        ColumnTransformer([("scale", StandardScaler(), ["temp", "wind"])]).set_output(
            transform="pandas"
        ),
        lags, SimpleImputer(keep_empty_features=True), Ridge(),
    )  # fmt: skip
    assert cross_val_predict(linear, X, y, cv=KFold(3)).shape == (60,)
    boosted = make_pipeline(lags, HistGradientBoostingRegressor(max_iter=5))
    shuffled = KFold(3, shuffle=True, random_state=0)
    assert np.isfinite(cross_val_predict(boosted, X, y, cv=shuffled)).all()


@pytest.mark.parametrize("history", ["tail", "all", None])
def test_pickles_and_copies_transform_alike(history):
    X = _hours(30, tz="Europe/Berlin").assign(site=["a", "b"] * 15)
    windower = SequenceWindower(3, by="site", history=history).fit(X[:20])
    expected = np.asarray(windower.transform(X[20:]))
    for other in (pickle.loads(pickle.dumps(windower)), copy.deepcopy(windower)):
        assert_array_equal(np.asarray(other.transform(X[20:])), expected)


def test_a_failed_fit_leaves_the_transformer_as_it_was():
    X = _hours(12)
    windower = SequenceWindower(3).fit(X)
    with pytest.raises(ValueError, match="occurs more than once"):
        windower.fit(pd.concat([X[["temp"]], X[["temp"]]]))
    assert windower.n_features_in_ == 2
    assert windower.transform(X[6:]).shape == (6, 3, 2)
    fresh = SequenceWindower(3)
    with pytest.raises(ValueError, match="missing"):
        fresh.fit(X.set_axis([pd.NaT, *X.index[1:]]))
    assert not vars(fresh).keys() - set(fresh.get_params())


HOURS = _hours(12)
TWICE = pd.concat([HOURS, HOURS])
SITES = TWICE.assign(site=["a"] * 12 + ["b"] * 12)
LEVELS = SITES.set_index("site", append=True)
JUMPS = HOURS.set_axis(HOURS.index[0] + pd.to_timedelta(5.0 ** np.arange(12) + np.pi, unit="s"))
PARTLY = HOURS.copy()
PARTLY.iloc[4:6, 0] = np.nan


@pytest.mark.parametrize(
    ("params", "X", "message"),
    [
        ({}, TWICE, r"The label 2026-01-01 00:00:00 occurs more than once; .* by="),
        ({"by": "wind"}, TWICE, r"occurs more than once in series 0; each row"),
        ({}, LEVELS, r"has 2 levels, \[None, 'site'\].* by='site'"),
        ({}, LEVELS.swaplevel(), r"has 2 levels, \['site', None\].* by='site'"),
        ({"by": "town"}, SITES, r"by='town' names no column.*\['temp', 'wind', 'site'\]"),
        ({"by": "site"}, HOURS, r"names no column or index level.*\['temp', 'wind'\]"),
        ({"by": 7}, HOURS.to_numpy(), r"by=7 names no column of X.* 0 to 1"),
        ({"by": "site"}, HOURS.to_numpy(), r"by='site' names no column of X, which is an array"),
        ({"by": 9}, HOURS, r"by=9 names no column or index level"),
        ({"by": "a"}, pd.DataFrame(np.eye(3), columns=list("aab")), r"Expected unique"),
        ({"by": "site"}, SITES.assign(site=[None] + ["a"] * 23), r"by='site' is missing in row 0"),
        ({"by": "temp", "time": "temp"}, HOURS, r"time='temp' is also named in by="),
        ({"by": ["temp"], "time": "wind"}, HOURS, r"n_features = 2, and by= and time= name all"),
        ({}, PARTLY, r"NaN in features 'temp', first in the row at 2026-01-01 04:00:00.*imputer"),
        ({}, SITES, r"The column 'site' of X holds text.*encode it"),
        ({}, HOURS.assign(temp=[1.0, "mild"] * 6), r"The column 'temp' of X holds text"),
        ({}, HOURS.reset_index(), r"The column 'index' of X holds dates.*time="),
        ({}, JUMPS[::-1], r"no regular step and is not sorted"),
        ({}, HOURS.set_axis([1, date(2026, 1, 1)] * 6), r"cannot be put in order"),
        ({}, HOURS.set_axis([pd.NaT, *HOURS.index[1:]]), r"label of row 0 is missing"),
        ({"freq": "2h"}, HOURS, r"01:00:00 does not stand on the clock.*'2h'"),
        ({"freq": "h"}, HOURS.to_numpy(), r"freq='h' says how far apart labels are"),
        ({"freq": "h"}, HOURS.reset_index(drop=True), r"freq='h' does not fit an integer index"),
        ({"freq": 3}, HOURS, r"freq=3 does not fit a DatetimeIndex"),
        ({"freq": "nonsense"}, HOURS, r"freq='nonsense' is no step"),
        ({"freq": "MS"}, HOURS.set_axis(pd.timedelta_range("1h", periods=12)), r"freq='MS' is no"),
        ({"freq": "h"}, HOURS.set_axis(list("abcdefghijkl")), r"freq='h' is no step for an index"),
        ({"freq": "D"}, HOURS.set_axis(pd.period_range("2026", periods=12, freq="M")), r"'M'"),
        ({"window": 0}, HOURS, r"'window' parameter"),
        ({"history": "some"}, HOURS, r"'history' parameter"),
        ({}, HOURS["temp"].to_numpy(), r"Expected 2D array"),
        ({"by": 0}, HOURS["temp"].to_numpy(), r"Expected 2D array"),
        ({}, HOURS[:0], r"Found array with 0 sample"),
        ({"by": 0}, HOURS.to_numpy()[:0], r"Found array with 0 sample"),
        ({}, HOURS + np.inf, r"contains infinity"),
        ({"by": 0}, HOURS.to_numpy() + np.inf, r"contains infinity"),
        ({}, HOURS.to_numpy() * 1j, r"Complex data not supported"),
    ],
)  # fmt: skip
def test_messages_of_fit(params, X, message):
    with pytest.raises(ValueError, match=message):
        SequenceWindower(**params).fit(X)


@pytest.mark.parametrize("by", [None, 0])
def test_sparse_input_is_refused(by):
    with pytest.raises(TypeError, match="Sparse data was passed"):
        SequenceWindower(by=by).fit(csr_array(HOURS.to_numpy()))


def test_values_that_name_no_series_are_refused():
    X = np.array([[{}, 1.0], [{}, 2.0]], dtype=object)
    with pytest.raises(TypeError, match="must be a string or a number"):
        SequenceWindower(by=0).fit(X)


AWARE = HOURS.tz_localize("Europe/Berlin")


@pytest.mark.parametrize(
    ("fitted", "X", "message"),
    [
        (HOURS, AWARE, r"has a DatetimeIndex with time zone, but .* without time zone"),
        (AWARE, HOURS, r"has a DatetimeIndex without time zone, but .* with time zone"),
        (HOURS, HOURS.to_numpy(), r"has no index \(positions\), but .* a DatetimeIndex"),
        (HOURS.to_numpy(), HOURS, r"has a DatetimeIndex without time zone, but .* no index"),
        (HOURS, HOURS.reset_index(drop=True), r"an integer index, but"),
        (HOURS.reset_index(drop=True), HOURS.set_axis(np.arange(12) + 0.5), r"a float index, but"),
        (HOURS, HOURS.set_axis(list("abcdefghijkl")), r"other labels"),
        (HOURS.to_period("h"), HOURS.to_period("D"), r"freq 'D', but .* freq 'h'"),
        (HOURS, HOURS.set_axis(pd.timedelta_range("1h", periods=12)), r"a TimedeltaIndex, but"),
        (HOURS, HOURS.shift(90, freq="s"), r"00:01:30 does not stand on the clock.*'h'"),
        (HOURS.set_axis(HOURS.index.as_unit("s")), HOURS.shift(1, freq="ms"), r"does not stand"),
        (HOURS, HOURS[["temp"]], r"feature names should match"),
        (HOURS.to_numpy(), HOURS.to_numpy()[:, :1], r"X has 1 features, but SequenceWindower is"),
        (HOURS, HOURS.rename(columns={"temp": "t"}), r"feature names should match"),
        (HOURS, PARTLY, r"NaN in features 'temp'"),
        (HOURS, TWICE, r"occurs more than once"),
    ],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore:X (has|does not have valid) feature names")
def test_messages_of_transform(fitted, X, message):
    windower = SequenceWindower(3).fit(fitted)
    with pytest.raises(ValueError, match=message):
        windower.transform(X)


def test_partly_missing_rows_of_arrays_are_refused_by_who_reads_steps():
    X = np.arange(24.0).reshape(12, 2)
    X[3, 1] = np.nan
    windows = SequenceWindower(2).fit_transform(X)
    assert_array_equal(windows[3], [[4, 5], [6, np.nan]])
    with pytest.raises(ValueError, match="X is NaN in features 1, but"):
        window_index_of(windows)
    assert window_index_of(windows[5:]) is not None
