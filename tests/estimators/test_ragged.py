"""Sequences of different lengths: longer ones than in fit, labels of steps, searches."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.metrics import accuracy_score
from sklearn.model_selection import GridSearchCV, KFold, cross_val_score
from sklearn.pipeline import make_pipeline

from sklstm import LSTMClassifier, LSTMForecaster, Padder
from tests.estimators.helpers import classifier, forecaster


def ragged(n=40, longest=20, seed=0):
    """Sequences of which the last is the longest, with labels of their steps."""
    rng = np.random.default_rng(seed)
    X = [rng.normal(size=(n, 2)) for n in [*rng.integers(3, 15, size=n - 1), longest]]
    return X, [np.where(x[:, 0] > 0, 1, 0) for x in X]


X, STEPS = ragged()
LABELS = np.array([int(x[:, 0].mean() > 0) for x in X])
VALUES = np.array([x[:, 0].mean() for x in X])
SHORT = slice(0, -1)


def fitted(estimator, y, **padding):
    return make_pipeline(Padder(**padding), estimator).fit(X[SHORT], y[SHORT])


def in_patches(kind, **params):
    return kind(units=4, epochs=2, n_members=1, patch_size=4, random_state=0, **params)


NETWORKS = {
    "classifier": (classifier(), LABELS),
    "both directions": (classifier(bidirectional=True), LABELS),
    "forecaster": (forecaster(), VALUES),
    "patches": (in_patches(LSTMForecaster), VALUES),
    "patches and views": (in_patches(LSTMClassifier), LABELS),
}


def outputs(model, X):
    return model.predict_proba(X) if hasattr(model, "predict_proba") else model.predict(X)


@pytest.mark.filterwarnings("ignore:__array__ implementation")
@pytest.mark.parametrize("padding", ["pre", "post"])
@pytest.mark.parametrize("name", NETWORKS)
def test_a_prediction_does_not_depend_on_how_long_the_others_are(name, padding):
    estimator, y = NETWORKS[name]
    model = fitted(estimator, y, padding=padding)
    rng = np.random.default_rng(1)
    longer = [*X[:5], rng.normal(size=(50, 2)), X[-1], rng.normal(size=(33, 2)), *X[5:9]]
    together = outputs(model, longer)
    alone = np.concatenate([outputs(model, [x]) for x in longer])
    assert_allclose(together, alone, atol=1e-6, rtol=0)
    short = [0, 1, 2, 3, 4, 8, 9, 10, 11]
    assert_allclose(together[short], outputs(model, X[:9]), atol=1e-6, rtol=0)


@pytest.mark.parametrize("name", ["classifier", "both directions", "forecaster"])
def test_longer_sequences_are_read_whole(name):
    """As by the same weights in a pipeline that was fitted on longer padding."""
    estimator, y = NETWORKS[name]
    usual, longer = fitted(estimator, y), fitted(estimator, y, length=20)
    assert_allclose(outputs(usual, X), outputs(longer, X), atol=1e-6, rtol=0)
    changed = X[-1].copy()
    changed[0] += 5
    assert not np.allclose(outputs(usual, [changed]), outputs(usual, X[-1:]), atol=1e-6)


def test_patches_of_longer_sequences_are_read_whole():
    estimator, y = NETWORKS["patches"]
    model = fitted(estimator, y)
    changed = X[-1].copy()
    changed[0] += 5
    assert not np.allclose(model.predict([changed]), model.predict(X[-1:]), atol=1e-6)


@pytest.mark.parametrize("padding", ["pre", "post"])
def test_every_step_of_a_longer_sequence_is_labelled(padding):
    model = fitted(classifier(return_sequences=True), STEPS, padding=padding)
    labels = model.predict(X)
    assert labels.shape == (40, 20)
    assert model.predict([np.zeros((30, 2))]).shape == (1, 30)
    back = model[0].unpad(labels, X)
    assert [len(own) for own in back] == [len(own) for own in STEPS]
    # The pass over a sequence is causal: a longer one starts as it does alone.
    assert_array_equal(back[-1][:12], model[0].unpad(model.predict([X[-1][:12]]), [X[-1][:12]])[0])
    score = accuracy_score(np.concatenate(STEPS), np.concatenate(back))
    assert_allclose(model.score(X, STEPS), score)
    states = model[-1].predict_sequences(model[0].transform(X))
    assert_array_equal(states, labels)


def test_plain_arrays_have_one_length():
    model = fitted(classifier(), LABELS)
    with pytest.raises(ValueError, match=r"expecting \(40, 14, 2\): 14 steps"):
        model[-1].predict(np.asarray(model[0].transform(X)))
    with pytest.raises(ValueError, match="expecting"):
        model[-1].predict(np.zeros((3, 9, 2)))


@pytest.mark.parametrize("y", [STEPS, [own.tolist() for own in STEPS]], ids=["arrays", "lists"])
def test_searches_over_labels_of_steps_score(y):
    tagger = make_pipeline(Padder(), classifier(return_sequences=True, epochs=10))
    scores = cross_val_score(tagger, X, y, cv=KFold(5))
    assert np.isfinite(scores).all()
    grid = {"lstmclassifier__units": [2, 4], "padder__padding": ["pre", "post"]}
    search = GridSearchCV(tagger, grid, cv=KFold(5), error_score="raise").fit(X, y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


def test_searches_over_values_of_steps_score():
    model = make_pipeline(Padder(), forecaster(return_sequences=True))
    values = [x.cumsum(axis=0)[:, 0] for x in X]
    assert np.isfinite(cross_val_score(model, X, values, cv=KFold(4), error_score="raise")).all()


@pytest.mark.parametrize(
    "given",
    [X, tuple(X), pd.Series(X), [x.tolist() for x in X], [pd.DataFrame(x) for x in X]],
    ids=["list", "tuple", "series", "lists", "frames"],
)
@pytest.mark.parametrize("estimator", [classifier(), forecaster(stateful=True)], ids=str)
def test_without_a_padder_the_message_names_it(estimator, given):
    with pytest.raises(ValueError, match=r"of 3 to 20 steps, .* Put a Padder before it"):
        estimator.fit(given, LABELS)
    with pytest.raises(ValueError, match="Put a Padder before it"):
        classifier().fit(np.ones((4, 3, 2)) * np.arange(4)[:, None, None], [0, 1, 0, 1]).predict(
            given
        )


def test_a_stateful_network_reads_ragged_sequences_one_after_the_other():
    """As the rows of one series, whatever the padding."""
    params = {"stateful": True, "bptt_steps": 10}
    rows, labels = np.concatenate(X), np.concatenate(STEPS)
    of_rows = classifier(**params).fit(rows, labels)
    for padding in ("pre", "post"):
        padder = Padder(padding=padding)
        model = make_pipeline(padder, classifier(return_sequences=True, **params)).fit(X, STEPS)
        back = model[0].unpad(model.predict_proba(X), X)
        assert_allclose(np.concatenate(back), of_rows.predict_proba(rows), atol=1e-5, rtol=0)
