"""Tests of fitted pipelines in files of skops: equal predictions, and no types but ours."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import skops.io
from numpy.testing import assert_array_equal

import sklstm
from sklstm import LSTMClassifier, LSTMForecaster, forecast, stream
from sklstm.persistence._types import OWN_TYPES
from tests.persistence import models

PAGE = Path(sklstm.__file__).parents[1] / "docs" / "user_guide" / "saving.md"
PANDAS = {"pandas", "datetime", "zoneinfo"}


def round_trip(model):
    """Write and read a model; whatever is not trusted by itself must be ours."""
    data = skops.io.dumps(model)
    types = skops.io.get_untrusted_types(data=data)
    assert set(types) <= set(OWN_TYPES)
    return skops.io.loads(data, trusted=types)


def assert_same(again, model, X):
    assert_array_equal(again.predict(X), model.predict(X))
    for method in ("predict_proba", "predict_interval"):
        if hasattr(model, method):
            assert_array_equal(getattr(again, method)(X), getattr(model, method)(X))


@pytest.mark.slow
@pytest.mark.parametrize("name", models.INDEXES)
def test_every_index(name):
    model, X = models.on_index(name, horizon=2, plain=True)
    again = round_trip(model)
    assert_same(again, model, X[-5:])
    old, new = model[1], again[1]
    pd.testing.assert_index_equal(new.series_keys_, old.series_keys_)
    assert new.freq_ == old.freq_
    assert new.get_params() == old.get_params()
    if name != "irregular":
        expected = forecast(model, X, steps=2)
        pd.testing.assert_series_equal(forecast(again, X, steps=2), expected)
    assert_array_equal(stream(again).push(X[-1:]), stream(model).push(X[-1:]))


@pytest.mark.slow
@pytest.mark.parametrize(
    "params",
    [
        {"season": "D"},
        {"season": 12, "normalize_y": "series"},
        {"calendar": ("day", "week")},
        {"quantiles": (0.1, 0.5, 0.9)},
        {"horizon": 3, "n_members": 2},
    ],
    ids=repr,
)
def test_forecasters_in_a_time_zone(params):
    model, X = models.on_index("summer time", **params)
    again = round_trip(model)
    assert_same(again, model, X[-30:])
    pd.testing.assert_frame_equal(
        pd.DataFrame(forecast(again, X)), pd.DataFrame(forecast(model, X))
    )


@pytest.mark.parametrize("by", ["shop", ["shop", "day"]], ids=str)
def test_panels(by):
    model, X = models.by_shop(by, plain=True)
    again = round_trip(model)
    pd.testing.assert_index_equal(again[0].series_keys_, model[0].series_keys_)
    assert_same(again, model, X[-9:])


@pytest.mark.parametrize(
    "params",
    [
        {"season": "D", "horizon": 2},
        pytest.param({"season": 24}, marks=pytest.mark.slow),
        pytest.param({"normalize_y": "series"}, marks=pytest.mark.slow),
    ],
    ids=repr,
)
def test_panels_with_a_level_of_each_series(params):
    model, X = models.by_shop(**params)
    again = round_trip(model)
    assert_same(again, model, X[-9:])
    pd.testing.assert_frame_equal(
        pd.DataFrame(forecast(again, X)), pd.DataFrame(forecast(model, X))
    )


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*known_future:UserWarning")
@pytest.mark.parametrize(
    "make",
    [
        models.with_known_future, models.conformal, models.text_labels, models.learned_labels,
        models.ragged, models.reshaped,
    ],
)  # fmt: skip
def test_everything_else(make):
    model, X = make()
    assert_same(round_trip(model), model, X)


@pytest.mark.parametrize(
    "mode",
    [
        pytest.param(mode, marks=() if mode in ("auto", "stateful") else pytest.mark.slow)
        for mode in models.MODES
    ],
)
@pytest.mark.parametrize("network", [LSTMClassifier, LSTMForecaster])
def test_every_mode(network, mode):
    model, X = models.of_sequences(network, mode)
    again = round_trip(model)
    assert_same(again, model, X)
    pd.testing.assert_frame_equal(again.history_, model.history_)


@pytest.mark.slow
@pytest.mark.parametrize("network", [LSTMClassifier, LSTMForecaster])
def test_training_goes_on(network):
    model, X = models.of_sequences(network, "warm start")
    again = round_trip(model)
    y = model.predict(X)
    assert_array_equal(again.fit(X, y).predict(X), model.fit(X, y).predict(X))
    again = round_trip(model.partial_fit(X, y))
    assert_array_equal(again.partial_fit(X, y).predict(X), model.partial_fit(X, y).predict(X))


def test_the_state_holds_nothing_of_pandas():
    def search(value, path):
        module = type(value).__module__.partition(".")[0]
        assert module not in PANDAS, f"{path} is {value!r}"
        if hasattr(value, "__getstate__") and not isinstance(value, np.ndarray | list | tuple):
            value = value if isinstance(value, dict) else value.__getstate__()
        if isinstance(value, dict):
            for key, part in value.items():
                search(part, f"{path}.{key}")
        elif isinstance(value, list | tuple):
            for number, part in enumerate(value):
                search(part, f"{path}[{number}]")

    model, _ = models.on_index("summer time", season="D")
    search(model[1], "windower")
    search(model[2], "forecaster")


def test_the_page_lists_the_types_that_load_trusts():
    listed = re.findall(r"`(sklstm\.\w+\._\w+\.\w+)`", PAGE.read_text(encoding="utf-8"))
    assert sorted(listed) == sorted(OWN_TYPES)
