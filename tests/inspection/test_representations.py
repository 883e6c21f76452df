"""What fitted objects show of themselves."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import re
from email.message import Message
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import make_pipeline

from sklstm import LSTMClassifier, LSTMForecaster, SequenceWindower, stream
from sklstm.estimators import _learned
from sklstm.utils.discovery import all_estimators

HOURS = pd.date_range("2026-01-01", periods=60, freq="h", name="time")
TABLE = pd.DataFrame({"v": np.sin(np.arange(60.0)), "w": np.arange(60.0)}, index=HOURS)
SMALL = {"units": 2, "epochs": 1, "plain": True, "random_state": 0}


@pytest.fixture(scope="module")
def model():
    return make_pipeline(
        SequenceWindower(window=6, lead=1), LSTMForecaster(horizon=3, **SMALL)
    ).fit(TABLE, TABLE["v"])


@pytest.fixture
def release(monkeypatch):
    """Let the installed package state where its documentation is, as a release does."""
    message = Message()
    message["Project-URL"] = "Source, https://code.example/sklstm"
    message["Project-URL"] = "Documentation, https://docs.example/sklstm/"
    monkeypatch.setattr("importlib.metadata.metadata", {"sklstm": message}.__getitem__)


@pytest.mark.parametrize(("name", "cls"), all_estimators())
def test_every_estimator_of_a_release_links_its_page(name, cls, release):
    link = cls()._get_doc_link()
    page = re.fullmatch(r"https://docs.example/sklstm/generated/(sklstm\.\w+)\.(\w+)\.html", link)
    assert page.group(2) == name
    reference = Path(__file__).parents[2] / "docs" / "api.rst"
    text = reference.read_text(encoding="utf-8")
    section = text.partition(f".. currentmodule:: {page.group(1)}\n")[2].partition("currentmodule")
    assert f"   {name}\n" in section[0]


def test_the_html_of_a_release_shows_links(model, release):
    html = model._repr_html_()
    assert "https://docs.example/sklstm/generated/sklstm.estimators.LSTMForecaster.html" in html
    assert "sklstm.preprocessing.SequenceWindower.html" in html


@pytest.mark.parametrize("stated", [Message(), None], ids=["no address", "not installed"])
def test_without_an_address_nothing_is_linked(model, monkeypatch, stated):
    def metadata(name):
        if stated is None:
            raise PackageNotFoundError(name)
        return stated

    monkeypatch.setattr("importlib.metadata.metadata", metadata)
    assert SequenceWindower()._get_doc_link() == ""
    html = model._repr_html_()
    assert "LSTMForecaster" in html
    assert "LSTMForecaster.html" not in html


def test_the_html_shows_fitted_shapes(model):
    html = model._repr_html_()
    assert "FittedNetwork((6, 2) to 3)" in html
    assert "Clock(h)" in html
    assert "history_" in html


def test_no_representation_builds_a_keras_model(model, monkeypatch):
    def build(self):
        raise AssertionError("the Keras model was built")

    monkeypatch.setattr(_learned.LearnedLSTM, "keras_model_", property(build))
    estimator = model[-1]
    assert "keras_model_" in dir(estimator)
    assert "keras_model_" not in dir(LSTMClassifier())
    repr(estimator)
    model._repr_html_()


def test_windows(model):
    assert repr(model[0].transform(TABLE).window_index) == (
        "WindowIndex(n_samples=60, n_rows=60, n_features=2, window=6, lead=1, missing=5.83%)"
    )
    panel = pd.concat({"a": TABLE, "b": TABLE}, names=["shop"]).swaplevel().sort_index()
    windows = SequenceWindower(window=1, by="shop").fit_transform(panel)
    assert repr(windows.window_index).endswith("window=1, lead=0, n_series=2)")
    assert repr(SequenceWindower().fit(TABLE.to_numpy()).clock_) == "Clock(order of the rows)"


def test_streams(model):
    live = stream(model)
    assert repr(live) == "Stream(LSTMForecaster, method='predict', n_seen=0)"
    live.push_many(TABLE[:10])
    assert repr(live).endswith("n_seen=10, last='2026-01-01 09:00:00')")
    panel = pd.concat({"a": TABLE, "b": TABLE}, names=["shop"]).swaplevel().sort_index()
    several = make_pipeline(SequenceWindower(window=4, lead=1, by="shop"), LSTMForecaster(**SMALL))
    live = stream(several.fit(panel, panel["v"]))
    live.push_many(panel[:6])
    assert "n_seen=6, n_series=2" in repr(live)
