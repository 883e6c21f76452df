"""The leak guard warns when the last step of a window gives y away, and only then."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import warnings

import numpy as np
import pandas as pd
import pytest

from tests.estimators.helpers import forecaster, series, windows

LEAK = r"lead=1 was meant, as in SequenceWindower\(window=4, lead=1\)"


def assert_quiet_fit(X, y):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return forecaster(epochs=1).fit(X, y)


@pytest.mark.parametrize(
    ("target", "column"),
    [
        (lambda t: t["temp"], "temp"),
        (lambda t: t["wind"], "wind"),
        (lambda t: 1.8 * t["wind"] + 32, "wind"),
        (lambda t: -t["temp"] + 1e6, "temp"),
    ],
)
@pytest.mark.parametrize("how", ["plain", "gaps", "shuffled", "float32"])
def test_a_column_that_gives_y_away(target, column, how):
    table, _ = series()
    y = target(table)
    if how == "gaps":
        keep = np.random.default_rng(0).random(len(table)) < 0.7
        table, y = table[keep], y[keep]
    X = windows(table.astype(np.float32) if how == "float32" else table, lead=0)
    if how == "shuffled":
        order = np.random.default_rng(0).permutation(len(y))
        X, y = X[order], y.iloc[order]
    with pytest.warns(UserWarning, match=f"'{column}' equals it.*{LEAK}"):
        forecaster(epochs=1).fit(X, y)


def test_arrays_and_several_targets():
    table, y = series()
    X = np.asarray(windows(table, lead=0))
    with pytest.warns(UserWarning, match=f"feature 1 equals it.*{LEAK}"):
        forecaster(epochs=1).fit(X, table["wind"].to_numpy())
    with pytest.warns(UserWarning, match=LEAK):
        forecaster(epochs=1).fit(X, np.column_stack([y, table["temp"]]))


def test_an_equal_column_is_named_before_a_map_of_it():
    table, _ = series()
    table = pd.DataFrame({"fahrenheit": 1.8 * table["temp"] + 32, "temp": table["temp"]})
    with pytest.warns(UserWarning, match=r"\('temp' equals it"):
        forecaster(epochs=1).fit(windows(table, lead=0), table["temp"])


def test_interleaved_series():
    table, _ = series(40)
    frame = pd.concat({"a": table, "b": table + 1}, names=["place"]).swaplevel().sort_index()
    X = windows(frame, lead=0, by="place")
    with pytest.warns(UserWarning, match=LEAK):
        forecaster(epochs=1).fit(X, frame["temp"])


def test_what_is_no_leak():
    table, y = series()
    noise = np.random.default_rng(0).normal(scale=1e-3, size=len(table))
    assert_quiet_fit(windows(table, lead=1), table["temp"])
    assert_quiet_fit(windows(table, lead=0), y)
    assert_quiet_fit(windows(table, lead=0), table["temp"] + noise)
    assert_quiet_fit(windows(table[:9], lead=0), table["temp"][:9])
    constant = pd.DataFrame({"constant": 1.0}, index=table.index)
    assert_quiet_fit(windows(constant, lead=0), table["temp"])
    steps = pd.DataFrame({"step": np.arange(80) % 2.0}, index=table.index)
    assert_quiet_fit(windows(steps, lead=0), steps["step"])
    # A label that is a function of the columns, but not a linear one.
    assert_quiet_fit(windows(table, lead=0), (table["temp"] > 0) * 1.0 + (table["wind"] > 0))


@pytest.mark.parametrize("how", ["plain", "gaps", "shuffled"])
def test_a_trend_in_time_is_no_leak(how):
    table, _ = series()
    table["clock"] = np.arange(len(table)) * 3.0
    y = table["clock"] * 0.5 + 7
    if how == "gaps":
        keep = np.random.default_rng(0).random(len(table)) < 0.7
        table, y = table[keep], y[keep]
    X = windows(table, lead=0)
    if how == "shuffled":
        order = np.random.default_rng(0).permutation(len(y))
        X, y = X[order], y.iloc[order]
    assert_quiet_fit(X, y)
