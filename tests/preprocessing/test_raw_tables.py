"""Tests of tables as they come: masks, dates, text, Series, odd indexes, tables of pyarrow."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal

from sklstm import KMeansLabeler, Padder, SequenceWindower, To3D

RNG = np.random.default_rng(0)
HOURS = pd.date_range("2026-01-01", periods=400, freq="h")
X = pd.DataFrame({"a": RNG.normal(size=400), "b": RNG.normal(size=400)}, index=HOURS)
DAYS = np.arange("2025-01-01", "2025-02-10", dtype="datetime64[D]")


def test_masked_values_are_missing():
    masked = np.ma.masked_greater(X.to_numpy(), 1.0)
    filled = masked.filled(np.nan)
    windows = SequenceWindower(2).fit_transform(masked)
    assert_array_equal(np.asarray(windows), SequenceWindower(2).fit_transform(filled))
    assert_array_equal(To3D(n_features=2).fit_transform(masked)[:, 0], filled)
    counts = np.ma.masked_equal(np.arange(12).reshape(6, 2), 5)
    assert np.isnan(np.asarray(SequenceWindower(1).fit_transform(counts))[2, 0, 1])
    assert np.isnan(Padder().fit_transform([counts, counts[:3]])[0, 2, 1])
    assert np.isnan(Padder().fit_transform(np.ma.masked_equal(np.ones((2, 3, 1)) * 2, 2))).all()
    with pytest.raises(ValueError, match="contains NaN"):
        KMeansLabeler(2).fit(counts)
    assert_array_equal(SequenceWindower(1).fit_transform(np.ma.array(np.eye(3)))[:, 0], np.eye(3))


@pytest.mark.parametrize(
    "dates",
    [
        DAYS[:, None], DAYS.astype("M8[ns]")[:, None], (DAYS - DAYS[0])[:, None],
        np.array([[pd.Timestamp(day)] for day in DAYS], dtype=object), DAYS.astype(object)[:, None],
    ],
    ids=["days", "nanoseconds", "timedeltas", "Timestamps", "dates"],
)  # fmt: skip
def test_arrays_of_dates_are_refused(dates):
    for transformer in (SequenceWindower(2), To3D(), KMeansLabeler(2)):
        with pytest.raises(ValueError, match="X holds dates or times and no numbers"):
            transformer.fit(dates)


def test_dates_may_be_the_time_of_an_array():
    table = np.column_stack([DAYS.astype(object), np.arange(float(len(DAYS)))])
    windower = SequenceWindower(2, time=0).fit(table)
    assert windower.freq_ == pd.offsets.Day()


def test_a_column_of_text_dates_names_what_to_do():
    table = X.reset_index(names="date").assign(date=HOURS.strftime("%Y-%m-%d %H:%M"))
    with pytest.raises(
        ValueError, match=r"'date' .*to_datetime.*time='date'.*index_col="
    ) as refused:
        SequenceWindower(2).fit(table)
    assert "Encoder" not in str(refused.value)
    with pytest.raises(ValueError, match="encode it"):
        SequenceWindower(2).fit(table.assign(date="warm"))


@pytest.mark.parametrize("series", [X["a"], X["a"].reset_index(drop=True)])
def test_a_series_is_told_to_become_a_frame(series):
    with pytest.raises(ValueError, match=r"X is a Series.*X\.to_frame\(\)"):
        SequenceWindower(2).fit(series)


@pytest.mark.parametrize("swap", [False, True])
def test_levels_without_names_get_names(swap):
    two = pd.concat({"x": X, "y": X})
    two = two.swaplevel() if swap else two
    with pytest.raises(ValueError, match=r"2 levels without names.*set_names\(.*by='series'"):
        SequenceWindower(2).fit(two)


def test_an_index_that_holds_a_column_by_accident():
    unsorted = X.round(1).drop_duplicates("a").set_index("a")
    with pytest.raises(ValueError, match=r"not sorted.*'a' is a column .*by accident.*reset_index"):
        SequenceWindower(2).fit(unsorted)
    twice = X.assign(a=np.arange(400) // 3).set_index("a")
    with pytest.raises(ValueError, match=r"more than once.*'a' is a column .*by accident"):
        SequenceWindower(2).fit(twice)
    with pytest.raises(ValueError, match="more than once") as refused:
        SequenceWindower(2).fit(pd.concat([X, X]))
    assert "accident" not in str(refused.value)


def test_rows_far_from_all_others_are_reported():
    windower = SequenceWindower(12, lead=1).fit(X[:300])
    message = "rows of X have no past, first 2026-01-15 14:00:00.* window,.* history"
    with pytest.warns(UserWarning, match="1 of the 1 " + message):
        windower.transform(X[350 - 12 :][12:13])
    with pytest.warns(UserWarning, match="rows of X have no past"):
        windower.transform(X[330:390:13])
    # Near, far with a past of their own, before the first row of fit, and the rows of fit.
    windower.transform(X[300:301])
    windower.transform(X[330:])
    windower.transform(X[:300])
    SequenceWindower(12, lead=1).fit(X[100:300]).transform(X[:50])
    SequenceWindower(12, history=None).fit(X[:300]).transform(X[350:351])
    SequenceWindower(1).fit(X[:300]).transform(X[350:351])


def test_new_series_without_a_past_are_reported():
    old = X.assign(site="a")
    windower = SequenceWindower(12, lead=1, by="site").fit(old)
    with pytest.warns(UserWarning, match="1 of the 1 rows of X have no past"):
        windower.transform(old.assign(site="b")[:1])
    windower.transform(old.assign(site="b"))


def arrow():
    return pytest.importorskip("pyarrow")


def test_tables_of_pyarrow():
    pa = arrow()
    values = X.to_numpy()
    table = pa.table({"a": values[:, 0], "b": values[:, 1]})
    windower = SequenceWindower(3)
    windows = np.asarray(windower.fit_transform(table))
    assert_array_equal(windows, SequenceWindower(3).fit_transform(values))
    assert windower.feature_names_in_.tolist() == ["a", "b"]
    assert_array_equal(np.asarray(windower.transform(table)), windows)
    assert_array_equal(SequenceWindower(3).fit_transform(table.to_batches()[0]), windows)


def test_tables_of_pyarrow_with_time_and_series():
    pa = arrow()
    frame = pd.concat([X.assign(site=s, at=HOURS) for s in "xy"]).sort_values("at", kind="stable")
    table = pa.Table.from_pandas(frame, preserve_index=False)
    windower = SequenceWindower(3, by="site", time="at").fit(table)
    assert windower.freq_ == pd.offsets.Hour()
    expected = SequenceWindower(3, by="site", time="at").fit_transform(frame)
    assert_array_equal(windower.transform(table), expected)
    # The index of a frame comes back with it.
    again = SequenceWindower(3).fit(pa.Table.from_pandas(X))
    assert again.freq_ == pd.offsets.Hour()


def test_what_looks_like_a_table_of_pyarrow():
    table = type("Table", (), {"__module__": "pyarrow.lib", "to_pandas": lambda self: X})()
    table.schema = type("Schema", (), {"metadata": None})()
    windower = SequenceWindower(3).fit(table)
    assert windower.freq_ is None
    assert windower.feature_names_in_.tolist() == ["a", "b"]
