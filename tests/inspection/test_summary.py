"""A summary says what the network is, in about ten lines and without TensorFlow."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import pickle
import re
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import TransformedTargetRegressor
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklstm import (
    KMeansLabeler,
    LSTMClassifier,
    LSTMForecaster,
    SequenceWindower,
    TransformedTargetClassifier,
    summary,
)

SMALL = {"epochs": 2, "random_state": 0}
HOURS = pd.date_range("2026-01-01", periods=90, freq="h")
TABLE = pd.DataFrame({"v": np.sin(np.arange(90.0)), "w": np.arange(90.0)}, index=HOURS)
X = np.random.default_rng(0).normal(size=(40, 6, 2))


def lines_of(model):
    title, *lines = summary(model).splitlines()
    return title, dict(re.match(r"  (\w+(?: \d)?) +(.+)", line).groups() for line in lines)


def numbers_of(text):
    return [int(number.replace(",", "")) for number in re.findall(r"\d[\d,]*", text)]


@pytest.mark.parametrize(
    "params",
    [
        {"units": (5, 3), "plain": True},
        {"units": 4, "plain": True, "bidirectional": True, "decoder": "lstm"},
        {"units": 4, "patch_size": 6},
        {"units": 4, "plain": True, "quantiles": (0.1, 0.5, 0.9), "n_members": 2},
    ],
)
def test_layers_and_weights_add_up(params):
    model = make_pipeline(
        SequenceWindower(window=14, lead=1), LSTMForecaster(horizon=3, **SMALL, **params)
    ).fit(TABLE, TABLE["v"])
    network = model[-1].network_
    title, lines = lines_of(model)
    assert title == "LSTMForecaster, 3 steps ahead"
    layers = [text for name, text in lines.items() if name.split()[0] in ("LSTM", "decoder")]
    of_layers = sum(numbers_of(text)[-1] for text in [*layers, lines["output"]])
    assert of_layers == sum(own.size for own in network.weights[0])
    networks = [own for of in (network, *network.companions) for own in of.weights]
    in_all = sum(own.size for each in networks for own in each)
    assert numbers_of(lines["networks"])[:2] == [len(networks), in_all]
    assert len(lines) <= 9
    assert lines["training"].startswith("2 epochs, last loss")


def test_the_rows_that_are_read():
    def window(lead, **params):
        model = make_pipeline(
            SequenceWindower(window=14, lead=lead), LSTMForecaster(units=2, **SMALL, **params)
        )
        target = TABLE["v"] if lead else TABLE["v"] ** 2 + TABLE["w"] % 3
        return lines_of(model.fit(TABLE, target))[1]["window"]

    assert window(2, plain=True).endswith("the rows 2 to 15 steps before the one predicted")
    assert window(0, plain=True).endswith("the row itself and the 13 before it")
    # Patches of 6 steps leave the oldest two out.
    assert window(1, patch_size=6).endswith("the rows 1 to 12 steps before the one predicted")


def test_other_kinds_of_networks():
    stateful = LSTMClassifier(units=2, stateful=True, **SMALL).fit(X[:, 0], X[:, 0, 0] > 0)
    title, lines = lines_of(stateful)
    assert title == "LSTMClassifier, 2 classes"
    assert "the state carries what came before" in lines["window"]
    sequences = LSTMClassifier(units=2, plain=True, **SMALL).fit(X, X[:, 0, 0] > 0)
    assert lines_of(sequences)[1]["window"] == "6 time steps of 2 features"


def test_models_around_a_network():
    pipeline = make_pipeline(
        StandardScaler(), SequenceWindower(window=5, lead=1), LSTMForecaster(units=2, plain=True)
    )
    for model in (
        GridSearchCV(pipeline, {"lstmforecaster__epochs": [1]}, cv=2),
        TransformedTargetRegressor(pipeline, transformer=StandardScaler()),
    ):
        assert lines_of(model.fit(TABLE, TABLE["v"]))[1]["LSTM 1"] == "2 units: 40 weights"
    labels = TransformedTargetClassifier(
        make_pipeline(SequenceWindower(window=5, lead=1), LSTMClassifier(units=2, plain=True)),
        transformer=KMeansLabeler(n_clusters=3),
    ).fit(TABLE, TABLE["v"])
    assert lines_of(labels)[0] == "LSTMClassifier, 3 classes"


def test_it_shows_itself_without_quotes():
    text = summary(LSTMClassifier(units=2, plain=True, **SMALL).fit(X, X[:, 0, 0] > 0))
    assert repr(text) == str(text)
    assert isinstance(text, str)


def test_tensorflow_is_not_loaded(tmp_path):
    model = LSTMForecaster(units=2, plain=True, **SMALL).fit(X, X[:, 0, 0])
    path = tmp_path / "model.pickle"
    path.write_bytes(pickle.dumps(model))
    code = f"""
import pickle, sys
import sklstm
with open({str(path)!r}, "rb") as file:
    model = pickle.load(file)
print(sklstm.summary(model))
sklstm.show_versions()
dir(model), repr(model), model._repr_html_()
print({{"tensorflow", "keras"}} & set(sys.modules))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stdout.splitlines()[-1] == "set()"
    assert "LSTM 1" in done.stdout


@pytest.mark.parametrize("model", [LSTMForecaster(), make_pipeline(LSTMForecaster())])
def test_models_that_are_not_fitted(model):
    with pytest.raises(NotFittedError):
        summary(model)
