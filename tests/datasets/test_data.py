# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import gzip
from importlib.resources import files

import numpy as np
import pandas as pd

from sklstm.datasets._data import read_data

DATA = files("sklstm.datasets") / "data"


def test_data_stay_below_half_a_megabyte():
    sizes = {entry.name: len(entry.read_bytes()) for entry in DATA.iterdir()}
    assert sum(sizes.values()) < 500_000, sizes


def test_every_file_is_named_with_its_licence():
    readme = (DATA / "README.md").read_text(encoding="utf-8")
    names = [entry.name for entry in DATA.iterdir() if entry.name != "README.md"]
    assert len(names) == 2
    assert all(f"`{name}`" in readme for name in names)
    assert "CC0" in readme
    assert "Commonwealth of Australia, Bureau of Meteorology" in readme


def test_read_data_keeps_every_digit():
    name = "airport_weather.csv.gz"
    header, *lines = gzip.decompress((DATA / name).read_bytes()).decode().splitlines()
    frame = read_data(name, time="time")
    assert frame.columns.tolist() == header.split(",")
    assert frame["time"].dtype.tz is not None
    position = header.split(",").index("wind_speed")
    texts = [line.split(",")[position] for line in lines]
    expected = [float(text) if text else np.nan for text in texts]
    # Not every parser of pandas gets the last bit right.
    np.testing.assert_allclose(frame["wind_speed"], expected, rtol=1e-15)


def test_read_data_returns_utc_timestamps():
    months = read_data("australian_temperatures.csv.gz", time="month")["month"]
    assert months.iloc[0] == pd.Timestamp("2009-01-01", tz="UTC")
    assert months.dt.day.eq(1).all()
