"""The labels and probabilities that are drawn are those of the predictions."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from matplotlib.dates import date2num
from numpy.testing import assert_allclose
from sklearn.pipeline import make_pipeline

from sklstm import LSTMClassifier, Padder, SequenceWindower
from sklstm.plotting import SequenceLabelDisplay
from tests.plotting.helpers import VALUES

TRUE = np.array(list("aabbbc"))
PRED = np.array(list("aaabcc"))
PROBA = np.array([[8, 1, 1], [7, 2, 1], [5, 4, 1], [2, 6, 2], [1, 4, 5], [0, 1, 9]]) / 10


def spans(bars):
    vertices = [path.vertices[:, 0] for path in bars.get_paths()]
    return [(own.min(), own.max()) for own in vertices]


def test_labels_probabilities_and_mistakes():
    display = SequenceLabelDisplay.from_predictions(TRUE, PRED, proba=PROBA)
    assert spans(display.predicted_["a"]) == [(0, 3)]
    assert spans(display.predicted_["b"]) == [(3, 4)]
    assert spans(display.actual_["b"]) == [(2, 5)]
    assert spans(display.wrong_) == [(2, 3), (4, 5)]
    corners = {tuple(corner) for corner in display.areas_["b"].get_paths()[0].vertices.round(6)}
    assert {(3.0, 0.2), (3.0, 0.8)} <= corners
    assert repr(display).endswith("accuracy=0.6666666666666666)")
    labels = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert labels == ["a", "b", "c"]


def test_time_stands_below():
    index = pd.date_range("2024-01-01", periods=6, freq="h")
    display = SequenceLabelDisplay.from_predictions(pd.Series(TRUE, index=index), PRED)
    first = date2num(index[0])
    assert_allclose(spans(display.actual_["a"]), [(first, first + 2 / 24)])
    assert display.areas_ == {}
    places = pd.MultiIndex.from_product([["Oslo"], index], names=["place", "time"])
    display = SequenceLabelDisplay.from_predictions(TRUE, PRED, index=places)
    assert_allclose(spans(display.actual_["a"]), [(first, first + 2 / 24)])
    display = SequenceLabelDisplay.from_predictions(TRUE, PRED, index=index - index[0])
    assert_allclose(spans(display.actual_["a"]), [(0, 2)])


def test_steps_without_a_label_are_no_mistakes():
    true = np.array(["a", None, "b"], dtype=object)
    display = SequenceLabelDisplay.from_predictions(true, np.array(["a", "b", "a"]))
    assert spans(display.wrong_) == [(2, 3)]
    alone = SequenceLabelDisplay.from_predictions(None, PRED)
    assert alone.wrong_ is None
    assert alone.actual_ == {}


def test_rows_behind_a_windower():
    table, y = VALUES.to_frame(), np.where(VALUES % 6 < 3, "low", "high")
    model = make_pipeline(SequenceWindower(window=3), LSTMClassifier(units=2, epochs=1, plain=True))
    model.fit(table, y)
    rows = slice(10, 20)
    display = SequenceLabelDisplay.from_estimator(model, table, y, rows=rows)
    assert list(display.y_pred) == list(model.predict(table)[rows])
    assert list(display.classes) == ["high", "low"]
    assert_allclose(display.proba, model.predict_proba(table)[rows])
    assert_allclose(sum(b - a for a, b in spans(display.actual_["low"])), (y[rows] == "low").sum())


def test_sequences_with_a_label_for_each_step():
    rng = np.random.default_rng(0)
    X = [rng.normal(size=(n, 2)) for n in (4, 6, 5)]
    y = [(own[:, 0] > 0).astype(int) for own in X]
    model = make_pipeline(
        Padder(), LSTMClassifier(units=2, epochs=1, plain=True, return_sequences=True)
    )
    model.fit(X, y)
    for place in (0, 1):
        display = SequenceLabelDisplay.from_estimator(model, X, y, rows=place)
        assert list(display.y_true) == list(y[place])
        assert repr(display).startswith(f"SequenceLabelDisplay(n_steps={len(y[place])}")
    with pytest.raises(ValueError, match="rows must be the position of one sequence"):
        SequenceLabelDisplay.from_estimator(model, X, y, rows=slice(0, 2))
