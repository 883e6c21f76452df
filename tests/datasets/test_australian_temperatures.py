# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from sklearn.utils._param_validation import InvalidParameterError

from sklstm.datasets import load_australian_temperatures

FILLED = ["2011-04-01", "2012-12-01", "2013-02-01"]


@pytest.fixture(scope="module")
def wide():
    return load_australian_temperatures(wide=True)


def test_wide_dataframe_has_every_month_of_every_station(wide):
    months = pd.date_range("2009-01-01", periods=96, freq="MS", tz="UTC")
    assert wide.shape == (96, 44)
    assert wide.index.tolist() == months.tolist()
    assert wide.index.name == "month"
    assert wide.columns.name == "station"
    assert wide.columns.is_unique
    assert wide.columns[[0, -1]].tolist() == ["Adelaide", "Woomera"]
    assert set(wide.dtypes) == {np.dtype("float64")}
    assert not wide.isna().any(axis=None)


def test_known_values(wide):
    assert wide.iloc[0, 0] == 24.967742
    assert wide.loc["2009-02-01", "Canberra"].item() == 21.523214
    assert wide.to_numpy().min() == -1.044231
    assert wide.to_numpy().max() == 30.919355
    # The southern hemisphere: January is warm and July is cold, everywhere.
    by_month = wide.groupby(wide.index.month).mean()
    assert (by_month.loc[1] > by_month.loc[7]).all()


def test_long_dataframe_is_the_wide_one_by_time_then_station(wide):
    long = load_australian_temperatures()
    assert long.shape == (4224, 1)
    assert long.columns.tolist() == ["temperature"]
    assert long.index.names == ["month", "station"]
    assert long["temperature"].tolist() == wide.to_numpy().ravel().tolist()
    assert long.index.tolist() == [(month, name) for month in wide.index for name in wide.columns]
    assert long.index.get_level_values("month").is_monotonic_increasing


def test_filled_months_are_the_means_of_their_neighbours(wide):
    values = wide.to_numpy()
    for label in FILLED:
        i = wide.index.get_loc(pd.Timestamp(label, tz="UTC"))
        np.testing.assert_allclose(values[i], (values[i - 1] + values[i + 1]) / 2, atol=1e-6)


@pytest.mark.parametrize("as_wide", [True, False])
def test_without_imputation_the_filled_months_are_missing(as_wide):
    imputed = load_australian_temperatures(wide=as_wide)
    raw = load_australian_temperatures(wide=as_wide, impute=False)
    months = pd.DatetimeIndex(FILLED, tz="UTC")
    kept = ~imputed.index.get_level_values("month").isin(months)
    pd.testing.assert_frame_equal(raw, imputed[kept])
    assert len(raw) == (93 if as_wide else 93 * 44)
    assert months.intersection(raw.index.get_level_values("month")).empty


def test_each_call_returns_a_new_dataframe():
    frame = load_australian_temperatures(wide=True)
    frame.iloc[:, :] = 0.0
    assert load_australian_temperatures(wide=True).iloc[0, 0] == 24.967742


def test_docstring_names_the_owner_of_the_data():
    doc = load_australian_temperatures.__doc__
    assert "Commonwealth of Australia, Bureau of Meteorology" in doc


def test_parameters_must_be_bools():
    with pytest.raises(InvalidParameterError, match="The 'wide' parameter"):
        load_australian_temperatures(wide="yes")
