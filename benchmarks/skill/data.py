"""Reads the data of the tasks: what ships with sklstm, sktime's files, and a folder of files."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd

from sklstm.datasets import load_airport_weather, load_australian_temperatures


class DataMissingError(Exception):
    """The data of a task are not on this machine."""


def airports() -> pd.DataFrame:
    """Load three airports hour by hour, with the hour of the day as a point on a circle."""
    return _with_hour(load_airport_weather(), "time")


def one_airport() -> pd.DataFrame:
    """Load Kennedy airport alone, the eight columns of weather."""
    return load_airport_weather().xs("JFK", level="airport")


def stations() -> pd.DataFrame:
    """Load 44 stations month by month."""
    return load_australian_temperatures()


def jena(folder: Path | None, n_rows: int, with_hour: bool = True) -> pd.DataFrame:
    """Load the last hours of the weather at Jena, with or without the hour of the day.

    The minutes of the record change after each of its gaps; labels are rounded down to the hour.
    """
    with np.load(_file(folder, "jena_hourly_2009_2016_6col.npz")) as arrays:
        index = pd.DatetimeIndex(arrays["dates"]).floor("h")
        table = pd.DataFrame(arrays["X"], index=index, columns=[str(c) for c in arrays["cols"]])
    table = table[-n_rows:]
    return _with_hour(table) if with_hour else table


def etth2(folder: Path | None) -> pd.DataFrame:
    """Load the transformer ETTh2, hour by hour: seven columns, the first 14,400 rows."""
    return _table(folder, "ETTh2.csv.gz")[:14_400]


def minimum_temperatures(folder: Path | None) -> pd.DataFrame:
    """Load the daily minimum temperatures of Melbourne; two missing days are interpolated."""
    return _table(folder, "daily-min-temperatures.csv").asfreq("D").interpolate()


def airline(folder: Path | None) -> pd.DataFrame:
    """Load the monthly airline passengers."""
    return _table(folder, "airline-passengers.csv").asfreq("MS").astype("float64")


def car_sales(folder: Path | None) -> pd.DataFrame:
    """Load the monthly car sales."""
    return _table(folder, "monthly-car-sales.csv").asfreq("MS").astype("float64")


def sequences(name: str, folder: Path | None) -> tuple[np.ndarray, ...]:
    """Load a set of sequences with its own split.

    Parameters
    ----------
    name : str
        Name in the UCR archive.
    folder : Path or None
        Where the folder ``ucr`` is, for machines without sktime.

    Returns
    -------
    X_train, y_train, X_test, y_test : ndarray of shape (n, n_steps, n_features), or (n,)
        Shorter sequences have NaN before their first step.
    """
    places = [] if folder is None else [folder / "ucr" / name]
    spec = find_spec("sktime")
    if spec is not None and spec.submodule_search_locations:
        places.append(Path(spec.submodule_search_locations[0], "datasets", "data", name))
    for place in places:
        if (place / f"{name}_TRAIN.ts").exists():
            parts = [read_ts(place / f"{name}_{part}.ts") for part in ("TRAIN", "TEST")]
            longest = max(len(steps) for sequences, _ in parts for steps in sequences)
            return tuple(a for s, y in parts for a in (_padded(s, longest), y))
    raise DataMissingError(f"no {name}_TRAIN.ts: install sktime, or put ucr/{name} into --data")


def read_ts(path: Path) -> tuple[list[np.ndarray], np.ndarray]:
    """Read a ``.ts`` file.

    Parameters
    ----------
    path : Path
        The file: one sequence a line, channels between colons, the label last.

    Returns
    -------
    sequences : list of ndarray of shape (n_steps, n_features)
        The sequences.
    labels : ndarray of shape (n,), str
        Their labels.
    """
    found, labels = [], []
    _, _, body = path.read_text(encoding="utf-8").partition("@data")
    for line in body.split():
        *channels, label = line.split(":")
        found.append(np.array([np.fromstring(c, sep=",") for c in channels]).T)
        labels.append(label)
    return found, np.array(labels)


def random_walks() -> list[pd.DataFrame]:
    """Draw three random walks of 4,000 hours."""
    rng = np.random.default_rng(0)
    hours = pd.date_range("2020-01-01", periods=4_000, freq="h")
    return [pd.DataFrame({"walk": rng.normal(size=4_000).cumsum()}, index=hours) for _ in range(3)]


def line_and_sine() -> pd.DataFrame:
    """Make 24 years of months: a line of slope 1, and a sine of amplitude 20 and a year."""
    months = np.arange(24 * 12)
    values = months + 20 * np.sin(2 * np.pi * months / 12)
    index = pd.date_range("2000-01-01", periods=len(months), freq="MS")
    return pd.DataFrame({"value": values}, index=index)


def _file(folder, name):
    if folder is None:
        raise DataMissingError(f"no {name}: name the folder that holds it with --data")
    path = Path(folder) / name
    if not path.exists():
        raise DataMissingError(f"no {name} in --data")
    return path


def _table(folder, name):
    return pd.read_csv(_file(folder, f"skill/{name}"), index_col=0, parse_dates=True)


def _with_hour(table, level=None):
    times = table.index if level is None else table.index.get_level_values(level)
    angle = 2 * np.pi * times.hour / 24
    return table.assign(hour_sin=np.sin(angle), hour_cos=np.cos(angle))


def _padded(found, longest):
    X = np.full((len(found), longest, found[0].shape[1]), np.nan)
    for row, steps in zip(X, found, strict=True):
        row[longest - len(steps) :] = steps
    return X
