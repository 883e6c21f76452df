"""Real sequences: speakers by their vowels, movements by a sensor on the wrist."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline

from sklstm import LSTMClassifier, Padder

# The data lie in the wheel of sktime (BSD-3), which is not imported: what it needs may be older
# than what we test with. `make install` puts it there.
SKTIME = find_spec("sktime")
pytestmark = pytest.mark.skipif(SKTIME is None, reason="the data are in the wheel of sktime")


def load(name, split):
    """Load sequences as a list of arrays (n_steps, n_features), and their classes."""
    path = Path(SKTIME.submodule_search_locations[0], "datasets/data", name, f"{name}_{split}.ts")
    sequences, labels = [], []
    for line in path.read_text(encoding="utf-8").split("@data\n")[1].splitlines():
        *channels, label = line.split(":")
        sequences.append(np.array([c.split(",") for c in channels], dtype=float).T)
        labels.append(label)
    return sequences, np.array(labels)


@pytest.fixture(scope="module")
def vowels():
    return load("JapaneseVowels", "TRAIN"), load("JapaneseVowels", "TEST")


def speakers(value, seed):
    # The settings of the reference: 32 units, 60 epochs, Keras's rate, padding at the end. Zeros at
    # the start do no harm here: their number tells how long the vowel is, and that differs
    # between speakers.
    network = LSTMClassifier(
        plain=True, units=32, epochs=60, learning_rate=0.001, random_state=seed
    )
    return make_pipeline(Padder(padding="post", value=value), network)


def test_padding_that_is_skipped_beats_padding_that_is_read(vowels):
    (X, y), (X_test, y_test) = vowels
    assert len(X), len(X_test) == (270, 370)
    assert {x.shape[1] for x in X} == {12}
    assert min(map(len, X + X_test)) == 7
    assert max(map(len, X + X_test)) == 29
    skipped = [speakers(np.nan, seed).fit(X, y).score(X_test, y_test) for seed in range(3)]
    read = [speakers(0.0, seed).fit(X, y).score(X_test, y_test) for seed in range(3)]
    assert min(skipped) >= 0.95, skipped
    assert all(a >= b for a, b in zip(skipped, read, strict=True)), (skipped, read)


def test_sequences_together_are_predicted_as_each_alone(vowels):
    (X, y), (X_test, _) = vowels
    model = speakers(np.nan, 0).set_params(lstmclassifier__epochs=2).fit(X, y)
    together = model.predict_proba(X_test[:40])
    alone = np.vstack([model.predict_proba([x]) for x in X_test[:40]])
    np.testing.assert_array_equal(together, alone)


def test_movements_are_told_apart():
    (X, y), (X_more, y_more) = load("BasicMotions", "TRAIN"), load("BasicMotions", "TEST")
    X, y = np.stack(X + X_more), np.concatenate([y, y_more])
    assert X.shape == (80, 100, 6)
    model = LSTMClassifier(plain=True, bidirectional=True, epochs=60, batch_size=16, random_state=0)
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    assert cross_val_score(model, X, y, cv=folds).mean() >= 0.95
