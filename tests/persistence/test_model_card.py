"""Tests of model cards."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

from sklstm import LSTMClassifier, LSTMForecaster, model_card
from tests.persistence import models


def rows(card):
    lines = [line.strip("| ").split(" | ") for line in card.splitlines() if line.startswith("| ")]
    return {line[0]: line[1] for line in lines if len(line) == 2}


def test_a_card_of_a_pipeline():
    model, X = models.by_shop(horizon=2, plain=True)
    card = model_card(model, scores={"MAE, June": 1.25, "a|b": np.float32(2)})
    told = rows(card)
    assert card.startswith("# Model card: LSTMForecaster\n")
    assert told["first and last label"] == f"{X.index.min()} to {X.index.max()}"
    assert told["step"] == "h"
    assert told["series"] == "3"
    assert told["features"] == "v, w, shop"
    assert told["`SequenceWindower`"] == "by='shop', lead=1, window=5"
    assert told["`LSTMForecaster`"] == "epochs=1, horizon=2, plain=True, random_state=0, units=2"
    assert told["networks"] == "1"
    assert told["steps ahead"] == "2"
    assert told["MAE, June"] == "1.25"
    assert "| a\\|b | 2 |" in card


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (models.conformal, ["`ConformalForecaster`", "`SequenceWindower`", "steps ahead"]),
        (models.learned_labels, ["`TransformedTargetClassifier`", "| classes | 0, 1 |"]),
        (lambda: models.of_sequences(LSTMClassifier, "members"), ["| networks | 2 |"]),
    ],
)
def test_cards_of_other_models(make, words):
    card = model_card(make()[0])
    for word in words:
        assert word in card
    assert "Scores" not in card


def test_what_has_no_card():
    with pytest.raises(NotFittedError):
        model_card(LSTMForecaster())
    model, _ = models.of_sequences(LSTMClassifier, "plain")
    for scores in (1.0, {"MAE": "good"}):
        with pytest.raises(TypeError, match="scores must be a dict of numbers"):
            model_card(model, scores=scores)
