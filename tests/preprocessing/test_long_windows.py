"""Windows far longer than the rows: they cost what the rows cost."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import tracemalloc

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.pipeline import make_pipeline

from sklstm import LSTMClassifier, LSTMForecaster, SequenceWindower, forecast, stream
from sklstm.preprocessing._long_windows import (
    LONG_WINDOW,
    n_reached_steps,
    without_unreached_steps,
)

N = 60
VALUES = np.random.default_rng(0).normal(size=(N, 2)).cumsum(axis=0)
HOURS = pd.date_range("2026-01-01", periods=N + 2, freq="h").delete([20, 41])
X = pd.DataFrame(VALUES, columns=["v", "w"], index=HOURS)
LONGEST = 10**8

MODES = {
    "plain": {"plain": True},
    "patches": {"patch_size": 4, "n_members": 1},
    "season": {"season": 6, "n_members": 1},
    "stateful": {"stateful": True},
    "steps": {"return_sequences": True},
    "horizon": {"horizon": 3, "plain": True},
}


def model(window, kind=LSTMForecaster, **params):
    how = {"units": 3, "epochs": 1, "random_state": 0} | params
    return make_pipeline(SequenceWindower(window=window, lead=1), kind(**how))


@pytest.mark.parametrize("by", [None, "series"])
def test_windows_hold_the_same_rows(by):
    table = X if by is None else X.assign(series=np.arange(N) % 2)
    cut = [
        SequenceWindower(window=window, lead=1, by=by, freq="h").fit_transform(table)
        for window in (LONGEST, 2 * N)
    ]
    longest, enough = (windows.window_index for windows in cut)
    assert cut[0].shape == (N, LONGEST, 2)
    assert_array_equal(longest.start, enough.start)
    assert_array_equal(longest.count, enough.count)
    short = without_unreached_steps(longest).materialize()
    assert_array_equal(short, np.asarray(cut[1])[:, -short.shape[1] :])
    assert n_reached_steps(enough) == 2 * N
    assert 60 <= n_reached_steps(longest) <= 62


def test_windows_of_usual_lengths_are_left_alone():
    index = SequenceWindower(window=LONG_WINDOW).fit_transform(X).window_index
    assert without_unreached_steps(index) is index


@pytest.mark.parametrize("mode", MODES)
def test_a_fit_reads_the_same_of_longer_windows(mode):
    how = {"shrink": False} | MODES[mode]
    window = LONG_WINDOW if mode in ("plain", "stateful", "steps", "horizon") else 100
    # The same number of steps modulo the stride of patches.
    longest, enough = (model(length, **how).fit(X, X["v"]) for length in (LONGEST, window))
    assert_allclose(longest.predict(X), enough.predict(X), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("kind", [LSTMForecaster, LSTMClassifier])
@pytest.mark.parametrize("params", [{}, {"plain": True}])
def test_the_memory_is_that_of_the_rows(kind, params):
    y = X["v"] if kind is LSTMForecaster else X["v"] > X["v"].median()
    made = model(LONGEST, kind, **params)
    # What TensorFlow and its graphs take does not count.
    model(20, kind, **params).fit(X, y).predict(X)
    tracemalloc.start()
    made.fit(X, y).predict(X)
    made.predict(X[-1:])
    if kind is LSTMForecaster:
        forecast(made, X, steps=1)
        if params:
            stream(made).push(X[-1:])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20e6
