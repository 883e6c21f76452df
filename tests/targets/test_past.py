"""Tests of the search for the past of a target: plain trends, constants and short series, too."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

from sklstm import LSTMForecaster, SequenceWindower
from sklstm.preprocessing._window_index import window_index_of
from sklstm.targets._past import find_past
from tests.estimators.helpers import forecaster


def days(values, **columns):
    index = pd.date_range("2025", periods=len(values))
    return pd.DataFrame({"v": np.asarray(values, dtype=float), **columns}, index=index)


def past_of(X, y, names=None, window=3):
    index = window_index_of(SequenceWindower(window, lead=1).fit_transform(X))
    return find_past(index, np.asarray(y, dtype=float).reshape(len(X), -1), None, names)


# ---------------------------------------------------------------------------------- the anchor

PLAIN = {
    "a trend": np.arange(50.0),
    "a trend down": 7 - 3 * np.arange(50.0),
    "a constant": np.full(50, 5.0),
    "nothing but zeros": np.zeros(50),
    "two values": np.arange(50) % 2,
    "nine values": np.arange(10.0, 100, 10),
    "four values": np.array([1.0, 5.0, 2.0, 2.0]),
}


@pytest.mark.parametrize("name", sorted(PLAIN))
def test_an_exact_copy_is_found(name):
    X = days(PLAIN[name])
    past = past_of(X.assign(noise=np.random.default_rng(0).normal(size=len(X))), X["v"])
    assert list(past.columns) == [0]
    assert (past.slope[0], past.intercept[0]) == (1, 0)
    forecaster(anchor="last").fit(SequenceWindower(3, lead=1).fit_transform(X), X["v"])


def test_what_agrees_by_chance_is_told_by_its_name_or_not_at_all():
    zeros = days(np.zeros(50), flag=0.0)
    assert past_of(zeros, zeros["v"]) is None
    assert list(past_of(zeros[["flag", "v"]], zeros["v"], ["v"]).columns) == [1]
    trend = days(np.arange(50.0), counter=np.arange(50.0) + 9, other=2.0)
    assert list(past_of(trend[["counter", "v"]], trend["v"]).columns) == [1]
    scaled = trend.assign(v=trend["v"] / 10)
    assert past_of(scaled, trend["v"]) is None
    assert list(past_of(scaled[["counter", "v"]], trend["v"], ["v"]).columns) == [1]
    assert list(past_of(scaled[["other", "v"]], trend["v"]).columns) == [1]
    assert past_of(trend[["other"]], trend["v"], ["v"]) is None
    assert past_of(trend[:3], trend["v"][:3]) is None


def test_two_targets_that_are_alike_have_columns_of_their_own():
    X = days(np.arange(50.0), w=np.arange(50.0))
    assert list(past_of(X, X).columns) == [0, 1]
    assert list(past_of(X, X[["w", "v"]], ["w", "v"]).columns) == [1, 0]


def test_missing_targets_do_not_hide_the_past():
    X = days(np.random.default_rng(0).normal(size=50))
    assert list(past_of(X, X["v"].where(np.arange(50) % 3 > 0)).columns) == [0]


@pytest.mark.parametrize("name", ["a trend", "a trend down", "a constant", "nine values"])
def test_plain_series_are_followed(name):
    values = PLAIN[name]
    X = days(values)
    n = len(X) if len(X) < 20 else 40
    model = make_pipeline(SequenceWindower(3, lead=1), LSTMForecaster(epochs=5, random_state=0))
    error = np.abs(model.fit(X[:n], X["v"][:n]).predict(X) - values)[3:].max()
    assert error < 0.1 * max(np.abs(np.diff(values)).max(), 0.1)


def test_a_scaled_trend_is_followed():
    X = days(np.arange(60.0))
    model = make_pipeline(
        MinMaxScaler().set_output(transform="pandas"),
        SequenceWindower(3, lead=1),
        LSTMForecaster(epochs=5, random_state=0),
    )
    assert np.abs(model.fit(X[:40], X["v"][:40]).predict(X)[3:] - X["v"][3:]).max() < 0.2


@pytest.mark.parametrize("n_rows", [900, 5_000, 40_000])
def test_the_past_is_found_in_short_windows_of_a_long_series(n_rows):
    """More rows than a thousand windows reach."""
    walk = np.random.default_rng(0).normal(size=n_rows).cumsum()[:, None]
    index = SequenceWindower(window=3, lead=1).fit_transform(walk).window_index
    past = find_past(index, walk, None)
    assert past.columns.tolist() == [0]


def test_the_past_is_found_in_many_short_series():
    table = pd.DataFrame(
        {"v": np.random.default_rng(0).normal(size=6_000), "g": np.repeat(np.arange(2_000), 3)}
    )
    index = SequenceWindower(window=2, lead=1, by="g").fit_transform(table).window_index
    assert find_past(index, table[["v"]].to_numpy(), None).columns.tolist() == [0]
