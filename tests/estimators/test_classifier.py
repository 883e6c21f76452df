"""The classifier: labels, probabilities, class weights."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import keras
import numpy as np
import pytest
from sklearn.base import is_classifier
from sklearn.model_selection import TimeSeriesSplit, cross_val_score

from tests.estimators.helpers import classifier, sequences
from tests.networks.helpers import keras_model

X, _, LABEL = sequences()


@pytest.mark.parametrize(
    "names",
    [
        np.array(["cold", "mild", "warm"]),
        np.array(["cold", "mild", "warm"], dtype=object),
        np.array([10.0, 20.0, 30.0]),
        np.array([-1, 0, 1], dtype=np.int8),
        np.array([False, True, True]),
    ],
    ids=lambda names: str(names.dtype),
)
def test_labels_come_back_as_they_were(names):
    y = names[LABEL]
    model = classifier(epochs=15, learning_rate=0.05).fit(X, y)
    predicted = model.predict(X)
    assert predicted.dtype == y.dtype
    np.testing.assert_array_equal(model.classes_, np.unique(y))
    assert model.score(X, y) > 0.8
    # The same network whatever the names are.
    codes = np.searchsorted(model.classes_, y)
    plain = classifier(epochs=15, learning_rate=0.05).fit(X, codes)
    np.testing.assert_array_equal(model.predict_proba(X), plain.predict_proba(X))


@pytest.mark.parametrize("labels", [LABEL, LABEL > 0], ids=["multiclass", "binary"])
def test_probabilities(labels):
    model = classifier().fit(X, labels)
    probabilities = model.predict_proba(X)
    assert probabilities.shape == (60, len(model.classes_))
    assert probabilities.dtype == np.float64
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-12)
    np.testing.assert_array_equal(model.predict(X), model.classes_[probabilities.argmax(axis=1)])
    assert model.predict_proba(X[:1]).shape == (1, len(model.classes_))
    assert is_classifier(model)


def test_one_class_alone():
    model = classifier(metrics=["accuracy"]).fit(X, np.full(60, "only"))
    assert set(model.predict(X)) == {"only"}
    np.testing.assert_array_equal(model.predict_proba(X), 1.0)


@pytest.mark.parametrize("labels", [LABEL, (LABEL > 0) * 1], ids=["multiclass", "binary"])
@pytest.mark.parametrize("class_weight", [{0: 3.0, 1: 0.5}, "balanced"])
def test_class_weights_are_those_of_keras(labels, class_weight):
    rare = np.r_[np.flatnonzero(labels == 0)[:6], np.flatnonzero(labels != 0)]
    inputs, labels = X[rare], labels[rare]
    if class_weight != "balanced":
        class_weight = class_weight | {2: 2.0} if labels.max() == 2 else class_weight
    n_classes = labels.max() + 1
    weights = class_weight
    if weights == "balanced":
        weights = dict(enumerate(len(labels) / (n_classes * np.bincount(labels))))
    settings = {"normalize_X": False, "shuffle": False, "epochs": 3, "class_weight": class_weight}
    model = classifier(metrics=["accuracy"], **settings).fit(inputs, labels)
    start = model.network_.spec.initial_weights(np.random.default_rng(model.random_state))
    reference = keras_model(model.network_.spec, start)
    reference.compile(
        keras.optimizers.Adam(0.01),
        "binary_crossentropy" if n_classes == 2 else "categorical_crossentropy",
        metrics=["accuracy"],
    )
    targets = labels[:, None] if n_classes == 2 else np.eye(n_classes)[labels]
    history = reference.fit(
        inputs,
        targets.astype(np.float32),
        epochs=3,
        batch_size=32,
        shuffle=False,
        verbose=0,
        class_weight=weights,
    ).history
    for name in ("loss", "accuracy"):
        np.testing.assert_allclose(model.history_[name], history[name], rtol=1e-4, atol=1e-6)


def test_a_weight_for_a_class_that_a_part_lacks():
    weights = {"a": 2.0, "b": 3.0}
    y = np.array(["a", "b", "c"])[LABEL]
    model = classifier(class_weight=weights)
    model.partial_fit(X, y)
    model.partial_fit(X[y == "c"], y[y == "c"])
    assert len(model.history_) == 2
    with pytest.raises(ValueError, match=r"no weight for \['b', 'c'\], and \['nobody'\] are not"):
        classifier(class_weight={"a": 1.0, "nobody": 2.0}).fit(X, y)


@pytest.mark.parametrize("class_weight", ["balanced", {0: 1.0, 1: 5.0}, {0: 2.0}])
@pytest.mark.parametrize("early_stopping", [False, True])
def test_a_fold_may_hold_one_class(class_weight, early_stopping):
    params = {"class_weight": class_weight, "early_stopping": early_stopping}
    model = classifier(**params).fit(X, np.zeros(60, int))
    np.testing.assert_array_equal(model.predict(X), np.zeros(60))
    assert np.isfinite(model.history_["loss"]).all()


def test_folds_in_time_may_lack_classes():
    y = np.repeat(["calm", "storm", "gale"], [30, 20, 10])
    for weight in ("balanced", {"calm": 1, "storm": 2, "gale": 9}):
        scores = cross_val_score(
            classifier(class_weight=weight), X, y, cv=TimeSeriesSplit(5), error_score="raise"
        )
        assert np.isfinite(scores).all()


@pytest.mark.parametrize(
    ("class_weight", "message"),
    [
        ({0: -1.0, 1: 1.0, 2: 1.0}, r"weight of 0 or more; got -1.0 for class 0"),
        ({0: np.nan, 1: 1.0, 2: 1.0}, "got nan for class 0"),
        ({0: np.inf, 1: 1.0, 2: 1.0}, "got inf for class 0"),
        ({0: "high", 1: 1.0, 2: 1.0}, "got 'high' for class 0"),
        ({0: None}, "got None for class 0"),
        ({0: 0, 1: 0.0, 2: 0}, r"every class of y a weight of 0"),
        ({}, r"names \[\], which are not the classes of y, \[0, 1, 2\]"),
        ({"0": 1.0, "1": 1.0, "2": 1.0}, r"\['0', '1', '2'\] are not in y"),
        ({0: 1.0, 7: 5.0}, r"no weight for \[1, 2\], and \[7\] are not in y"),
    ],
)
def test_weights_that_weigh_nothing(class_weight, message):
    with pytest.raises(ValueError, match=message):
        classifier(class_weight=class_weight).fit(X, LABEL)


def test_partial_fit_by_classes():
    model = classifier()
    model.partial_fit(X[LABEL == 1], LABEL[LABEL == 1], classes=[2, 0, 1])
    np.testing.assert_array_equal(model.classes_, [0, 1, 2])
    model.partial_fit(X, LABEL)
    assert model.predict_proba(X).shape == (60, 3)
    with pytest.raises(ValueError, match=r"\[7\] not in \[0, 1, 2\]"):
        model.partial_fit(X[:2], [0, 7])
    with pytest.raises(ValueError, match=r"classes=\[0, 1\] is not what the first call had"):
        model.partial_fit(X, LABEL, classes=[0, 1])
    with pytest.raises(ValueError, match=r"class_weight='balanced' needs all of y"):
        classifier(class_weight="balanced").partial_fit(X, LABEL)


def test_warm_start_with_new_classes():
    model = classifier(warm_start=True).fit(X, LABEL)
    with pytest.raises(ValueError, match=r"\[9\] not in \[0, 1, 2\].*warm_start=False"):
        model.fit(X, np.where(LABEL == 2, 9, LABEL))
    np.testing.assert_array_equal(model.classes_, [0, 1, 2])
    # Fewer are fine.
    assert len(model.fit(X[LABEL > 0], LABEL[LABEL > 0]).history_) == 4


def test_numbers_are_no_labels():
    with pytest.raises(ValueError, match="Unknown label type: continuous"):
        classifier().fit(X, X[:, 0, 0])
    with pytest.raises(ValueError, match="requires y to be passed"):
        classifier().fit(X, None)
