"""Tests of label_scorer."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import copy
import pickle

import numpy as np
import pytest
from sklearn import config_context
from sklearn.base import clone
from sklearn.cluster import KMeans
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import VotingClassifier
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score, make_scorer, roc_auc_score
from sklearn.model_selection import (
    GridSearchCV,
    KFold,
    TimeSeriesSplit,
    cross_val_score,
    cross_validate,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklstm.compose import TransformedTargetClassifier
from sklstm.metrics import label_scorer
from sklstm.preprocessing import KMeansLabeler


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(150, 2))
    return X, 15 + 8 * X[:, 0] + 3 * rng.normal(size=150)


@pytest.fixture
def model():
    return TransformedTargetClassifier(transformer=KMeansLabeler())


def by_hand(X, y, train, test):
    """Return the fitted classifier and the test rows of one fold with nothing of ours."""
    k_means = KMeans(3, init="random", n_init=100, random_state=0, tol=0).fit(y[train, None])
    rank = np.argsort(np.argsort(k_means.cluster_centers_[:, 0]))
    classifier = LogisticRegression().fit(X[train], rank[k_means.labels_])
    return classifier, X[test], rank[k_means.predict(y[test, None])]


def f1_by_hand(classifier, X, y):
    return f1_score(y, classifier.predict(X), average="macro")


def auc_by_hand(classifier, X, y):
    return roc_auc_score(y, classifier.predict_proba(X), multi_class="ovr")


def accuracy_by_hand(classifier, X, y):
    return accuracy_score(y, classifier.predict(X))


def test_every_fold_equals_labels_by_hand(data, model):
    X, y = data
    cv = TimeSeriesSplit(3)
    metrics = {
        "accuracy": accuracy_by_hand,
        "f1_macro": f1_by_hand,
        "roc_auc_ovr": auc_by_hand,
    }
    scores = cross_validate(model, X, y, cv=cv, scoring={n: label_scorer(n) for n in metrics})
    folds = [by_hand(X, y, train, test) for train, test in cv.split(X)]
    for name, metric in metrics.items():
        expected = [metric(*fold) for fold in folds]
        np.testing.assert_allclose(scores[f"test_{name}"], expected, rtol=1e-10)


def test_default_is_the_score(data, model):
    X, y = data
    assert label_scorer()(model.fit(X, y), X, y) == model.score(X, y)


def test_binary_scores(data):
    X, y = data
    model = TransformedTargetClassifier(transformer=KMeansLabeler(2)).fit(X, y)
    labels = model.label_target(y)
    assert label_scorer("f1")(model, X, y) == f1_score(labels, model.predict(X))
    expected = roc_auc_score(labels, model.predict_proba(X)[:, 1])
    assert label_scorer("roc_auc")(model, X, y) == pytest.approx(expected, abs=1e-12)


def test_own_scorers(data, model):
    X, y = data
    model.fit(X, y)
    expected = f1_score(model.label_target(y), model.predict(X), average="weighted")
    assert label_scorer(make_scorer(f1_score, average="weighted"))(model, X, y) == expected
    assert label_scorer(f1_by_hand)(model, X, y) == f1_by_hand(model, X, model.label_target(y))


@pytest.mark.parametrize(
    "wrap",
    [
        lambda model: make_pipeline(StandardScaler(), model),
        lambda model: make_pipeline(make_pipeline(StandardScaler(), model)),
        lambda model: GridSearchCV(model, {"classifier__C": [1.0]}, cv=KFold(2)),
        lambda model: make_pipeline(
            StandardScaler(),
            GridSearchCV(make_pipeline(model), {"memory": [None]}, cv=KFold(2)),
        ),
    ],
    ids=["pipeline", "nested", "search", "search in a pipeline"],
)
def test_finds_the_labels_inside(data, model, wrap):
    X, y = data
    model.set_params(classifier=LogisticRegression())
    wrapped = wrap(model).fit(X, y)
    labels = KMeansLabeler().fit_predict(y[:, None])
    expected = f1_score(labels, wrapped.predict(X), average="macro")
    assert label_scorer("f1_macro")(wrapped, X, y) == expected
    assert label_scorer("f1_macro")(FrozenEstimator(wrapped), X, y) == expected


@pytest.mark.parametrize(
    ("estimator", "end"),
    [
        (LogisticRegression(), "LogisticRegression"),
        (make_pipeline(StandardScaler(), LogisticRegression()), "LogisticRegression"),
        (VotingClassifier([("a", LogisticRegression())]), "VotingClassifier"),
    ],
    ids=["bare", "pipeline", "voting"],
)
def test_message_names_what_is_missing(data, estimator, end):
    X, y = data
    estimator.fit(X, y > 15)
    with pytest.raises(ValueError, match=rf"needs a TransformedTargetClassifier.* ends in {end}\."):
        label_scorer("f1_macro")(estimator, X, y)


def test_unfitted(data, model):
    with pytest.raises(NotFittedError):
        label_scorer()(model, *data)
    search = GridSearchCV(model, {"transformer__n_clusters": [2]}, cv=KFold(2), refit=False)
    with pytest.raises(NotFittedError):
        label_scorer()(search.fit(*data), *data)


@pytest.mark.parametrize("scoring", [None, 3, ["accuracy", "f1_macro"]])
def test_scoring_of_another_kind(scoring):
    with pytest.raises(ValueError, match="must be the name of a scorer or a scorer callable, got"):
        label_scorer(scoring)


def test_scoring_that_scikit_learn_rejects():
    with pytest.raises(ValueError, match="'f1_macros' is not a valid scoring value"):
        label_scorer("f1_macros")
    with pytest.raises(ValueError, match="looks like it is a metric function"):
        label_scorer(accuracy_score)


def test_labelling_twice_is_labelling_once(data, model):
    scorer = label_scorer("f1_macro")
    assert label_scorer(scorer)(model.fit(*data), *data) == scorer(model, *data)


def test_repr_pickle_copy_clone(data, model):
    scorer = label_scorer("f1_macro")
    assert repr(scorer) == "label_scorer('f1_macro')"
    assert "f1_score" in repr(label_scorer(make_scorer(f1_score)))
    model.fit(*data)
    for again in (pickle.loads(pickle.dumps(scorer)), copy.deepcopy(scorer)):
        assert again(model, *data) == scorer(model, *data)
        assert repr(again) == repr(scorer)
    search = GridSearchCV(model, {"transformer__n_clusters": [2, 3]}, scoring=scorer, cv=KFold(2))
    assert "label_scorer('f1_macro')" in repr(search)
    copied = clone(search).fit(*data)
    assert not np.isnan(copied.cv_results_["mean_test_score"]).any()
    assert copied.score(*data) == scorer(copied.best_estimator_, *data)


def test_search_with_several_scores_in_workers(data, model):
    X, y = data
    grid = {"transformer__n_clusters": [2, 3], "classifier__C": [0.01, 1.0]}
    model.set_params(classifier=LogisticRegression())
    scoring = {"acc": label_scorer("accuracy"), "auc": label_scorer("roc_auc_ovr")}
    searches = [
        GridSearchCV(model, grid, scoring=scoring, refit="auc", cv=KFold(3), n_jobs=n_jobs)
        for n_jobs in (1, 2)
    ]
    one, two = (search.fit(X, y).cv_results_ for search in searches)
    for name in ("mean_test_acc", "mean_test_auc"):
        assert not np.isnan(one[name]).any()
        np.testing.assert_array_equal(one[name], two[name])


def test_a_fold_that_lacks_a_label_is_not_scored_as_if_it_had(data):
    X, y = data
    order = np.argsort(y)
    X, y = X[order], y[order]
    model = TransformedTargetClassifier(DummyClassifier(), transformer=KMeansLabeler()).fit(X, y)
    assert label_scorer("accuracy")(model, X[:20], y[:20]) == accuracy_score(
        model.label_target(y[:20]), model.predict(X[:20])
    )
    with pytest.raises(ValueError, match="Number of classes in y_true not equal"):
        label_scorer("roc_auc_ovr")(model, X[:90], y[:90])


def test_sample_weight_is_passed_to_scorers_that_take_it(data, model):
    X, y = data
    weight = np.where(y > 15, 1.0, 0.01)
    cv = KFold(2)
    scoring = {"weighted": label_scorer("accuracy"), "plain": label_scorer(f1_by_hand)}
    search = GridSearchCV(
        model, {"transformer__n_clusters": [3]}, scoring=scoring, refit=False, cv=cv
    )
    with pytest.warns(UserWarning, match="The scoring plain=.* does not support sample_weight"):
        search.fit(X, y, sample_weight=weight)
    weighted, plain = [], []
    for train, test in cv.split(X):
        fitted = clone(model).fit(X[train], y[train], sample_weight=weight[train])
        labels, predicted = fitted.label_target(y[test]), fitted.predict(X[test])
        weighted.append(accuracy_score(labels, predicted, sample_weight=weight[test]))
        plain.append(f1_score(labels, predicted, average="macro"))
    assert search.cv_results_["mean_test_weighted"][0] == pytest.approx(np.mean(weighted))
    assert search.cv_results_["mean_test_plain"][0] == pytest.approx(np.mean(plain))


def test_metadata_routing(data, model):
    X, y = data
    weight = np.where(y > 15, 1.0, 0.01)
    cv = KFold(2)
    with config_context(enable_metadata_routing=True):
        asking = make_scorer(accuracy_score).set_score_request(sample_weight=True)
        silent = make_scorer(accuracy_score).set_score_request(sample_weight=False)
        scoring = {
            "asking": label_scorer(asking),
            "silent": label_scorer(silent),
            "function": label_scorer(accuracy_by_hand),
        }
        scores = cross_validate(
            model, X, y, cv=cv, scoring=scoring, params={"sample_weight": weight}
        )
        weighted, plain = [], []
        for train, test in cv.split(X):
            fitted = clone(model).fit(X[train], y[train], sample_weight=weight[train])
            labels, predicted = fitted.label_target(y[test]), fitted.predict(X[test])
            weighted.append(accuracy_score(labels, predicted, sample_weight=weight[test]))
            plain.append(accuracy_score(labels, predicted))
        np.testing.assert_allclose(scores["test_asking"], weighted)
        np.testing.assert_allclose(scores["test_silent"], plain)
        np.testing.assert_allclose(scores["test_function"], plain)
        assert not np.allclose(weighted, plain)
        alone = cross_val_score(model, X, y, cv=cv, scoring=label_scorer("f1_macro"))
        assert not np.isnan(alone).any()
        with pytest.raises(ValueError, match=r"not explicitly set .* make_scorer\(accuracy_score"):
            cross_val_score(
                model,
                X,
                y,
                cv=cv,
                scoring=label_scorer("accuracy"),
                params={"sample_weight": weight},
            )
