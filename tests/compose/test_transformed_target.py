"""Tests of TransformedTargetClassifier."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn import config_context
from sklearn.base import BaseEstimator, ClassifierMixin, clone, is_classifier
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import VotingClassifier
from sklearn.exceptions import ConvergenceWarning, DataConversionWarning, NotFittedError
from sklearn.linear_model import LinearRegression, LogisticRegression, RidgeClassifier
from sklearn.metrics import accuracy_score
from sklearn.model_selection import (
    GridSearchCV,
    KFold,
    TimeSeriesSplit,
    cross_val_predict,
    cross_val_score,
)
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    KBinsDiscretizer,
    OrdinalEncoder,
    StandardScaler,
)
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils import get_tags
from sklearn.utils.estimator_checks import check_estimator

from sklstm import LSTMClassifier
from sklstm.compose import TransformedTargetClassifier
from sklstm.preprocessing import KMeansLabeler, SequenceWindower, To3D

CONTRADICTED = {
    "check_classifiers_classes": "k-means labels numbers, and the check gives strings",
    "check_classifiers_regression_target": "a continuous target is what is labelled here",
}


class NearestWindow(ClassifierMixin, BaseEstimator):
    """A classifier of windows of shape (samples, steps, features): 1-nearest neighbour."""

    def fit(self, X, y):
        assert isinstance(X, np.ndarray)
        assert X.ndim == 3
        self.X_, self.y_, self.classes_ = X, y, np.unique(y)
        return self

    def predict(self, X):
        # Windows with missing steps are far from all others.
        difference = np.nan_to_num(X[:, None] - self.X_, nan=1e3)
        distance = (difference**2).sum(axis=(2, 3))
        return self.y_[distance.argmin(axis=1)]


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(120, 2))
    return X, 15 + 8 * X[:, 0] + rng.normal(size=120)


def labels_of(y_train, y, n_clusters=3):
    labeler = KMeansLabeler(n_clusters).fit(np.reshape(y_train, (-1, 1)))
    return labeler.predict(np.reshape(y, (-1, 1)))


def test_equals_labelling_by_hand(data):
    X, y = data
    model = TransformedTargetClassifier(transformer=KMeansLabeler()).fit(X[:80], y[:80])
    by_hand = LogisticRegression().fit(X[:80], labels_of(y[:80], y[:80]))
    np.testing.assert_array_equal(model.predict(X), by_hand.predict(X))
    np.testing.assert_array_equal(model.predict_proba(X), by_hand.predict_proba(X))
    np.testing.assert_array_equal(model.predict_log_proba(X), by_hand.predict_log_proba(X))
    np.testing.assert_array_equal(model.decision_function(X), by_hand.decision_function(X))
    np.testing.assert_array_equal(model.classes_, [0, 1, 2])
    expected = labels_of(y[:80], y[80:])
    np.testing.assert_array_equal(model.label_target(y[80:]), expected)
    assert model.score(X[80:], y[80:]) == accuracy_score(expected, by_hand.predict(X[80:]))


def test_without_a_transformer_it_is_the_classifier():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 3))
    y = np.where(X[:, 0] > 0, "warm", "cold")
    model, plain = TransformedTargetClassifier().fit(X, y), LogisticRegression().fit(X, y)
    np.testing.assert_array_equal(model.predict(X), plain.predict(X))
    np.testing.assert_array_equal(model.classes_, ["cold", "warm"])
    assert model.score(X, y) == plain.score(X, y)
    np.testing.assert_array_equal(model.label_target(y), y)
    assert isinstance(model.transformer_, FunctionTransformer)


@pytest.mark.parametrize(
    ("transformer", "classes"),
    [
        (KBinsDiscretizer(3, encode="ordinal", quantile_method="averaged_inverted_cdf"), [0, 1, 2]),
        (FunctionTransformer(lambda y: y > 15), [False, True]),
        (FunctionTransformer(lambda y: np.where(y > 15, "hot", "mild").ravel()), ["hot", "mild"]),
        (KMeansLabeler(2).set_output(transform="pandas"), [0, 1]),
        (make_pipeline(StandardScaler(), KMeansLabeler(2)), [0, 1]),
    ],
    ids=["bins", "threshold", "words", "pandas", "pipeline"],
)
def test_any_transformer_that_gives_labels(data, transformer, classes):
    X, y = data
    model = TransformedTargetClassifier(transformer=transformer).fit(X, y)
    np.testing.assert_array_equal(model.classes_, classes)
    assert model.score(X, y) > 0.8


def test_labels_of_words(data):
    X, y = data
    words = np.where(y > 15, "hot", "mild")
    model = TransformedTargetClassifier(transformer=OrdinalEncoder()).fit(X, words)
    np.testing.assert_array_equal(model.classes_, [0, 1])
    assert model.score(X, words) > 0.8


def test_global_pandas_output(data):
    X, y = data
    expected = TransformedTargetClassifier(transformer=KMeansLabeler()).fit(X, y).predict(X)
    with config_context(transform_output="pandas"):
        model = TransformedTargetClassifier(transformer=KMeansLabeler()).fit(X, y)
        np.testing.assert_array_equal(model.predict(X), expected)
        plain = TransformedTargetClassifier().fit(X, expected)
        np.testing.assert_array_equal(plain.label_target(expected), expected)


def test_x_is_passed_unchanged(data):
    X, y = data
    windows = To3D().fit_transform(X)
    model = TransformedTargetClassifier(NearestWindow(), transformer=KMeansLabeler())
    assert model.fit(windows, y).classifier_.X_ is windows
    assert model.score(windows, y) == 1
    assert not hasattr(model, "predict_proba")
    assert not hasattr(model, "n_features_in_")
    inside = TransformedTargetClassifier(
        make_pipeline(To3D(), NearestWindow()), transformer=KMeansLabeler()
    )
    np.testing.assert_array_equal(inside.fit(X, y).predict(X), model.predict(windows))
    assert inside.n_features_in_ == 2
    outside = make_pipeline(To3D(), model)
    np.testing.assert_array_equal(outside.fit(X, y).predict(X), model.predict(windows))


def test_names_of_features_follow_the_last_fit(data):
    X, y = data
    model = TransformedTargetClassifier(transformer=KMeansLabeler())
    assert not hasattr(model, "feature_names_in_")
    assert not hasattr(model, "classes_")
    frame = pd.DataFrame(X, columns=["wind", "sun"])
    model.fit(frame, pd.Series(y))
    assert list(model.feature_names_in_) == ["wind", "sun"]
    with pytest.raises(ValueError, match="feature names should match"):
        model.predict(frame[["sun", "wind"]])
    assert not hasattr(model.fit(X, y), "feature_names_in_")
    assert model.n_features_in_ == 2


def test_methods_are_those_of_the_classifier(data):
    X, y = data
    ridge = TransformedTargetClassifier(RidgeClassifier(), transformer=KMeansLabeler())
    for model in (ridge, clone(ridge).fit(X, y)):
        assert hasattr(model, "decision_function")
        assert not hasattr(model, "predict_proba")
        assert not hasattr(model, "predict_log_proba")
    with pytest.raises(AttributeError, match="has no attribute 'predict_proba'"):
        ridge.fit(X, y).predict_proba(X)
    for method in ("predict", "predict_proba"):
        with pytest.raises(NotFittedError):
            getattr(TransformedTargetClassifier(), method)(X)
    with pytest.raises(NotFittedError):
        TransformedTargetClassifier().score(X, y)


def test_one_column_of_y_warns_and_more_are_refused(data):
    X, y = data
    model = TransformedTargetClassifier(transformer=KMeansLabeler())
    expected = clone(model).fit(X, y).predict(X)
    with pytest.warns(DataConversionWarning, match="A column-vector y was passed"):
        model.fit(X, y[:, None])
    np.testing.assert_array_equal(model.predict(X), expected)
    with pytest.raises(ValueError, match="y should be a 1d array"):
        model.fit(X, np.c_[y, y])


@pytest.mark.parametrize(
    ("transformer", "message"),
    [
        (StandardScaler(), r"StandardScaler turned y into values of dtype float64.*KMeansLabeler"),
        (
            KBinsDiscretizer(3, quantile_method="averaged_inverted_cdf"),
            r"KBinsDiscretizer turned y into a sparse matrix of shape \(120, 3\)",
        ),
        (
            FunctionTransformer(lambda y: np.c_[y, y] > 15),
            r"into an array of shape \(120, 2\).*one column of labels",
        ),
        (FunctionTransformer(lambda y: y[1:] > 15), r"y of shape \(120,\) .* shape \(119,\)"),
        (FunctionTransformer(lambda y: y * np.nan), "dtype float64 that are no labels"),
        (FunctionTransformer(lambda y: y.astype(complex)), "dtype complex128 that are no labels"),
    ],
    ids=["continuous", "one-hot", "two columns", "rows lost", "nan", "complex"],
)
def test_outputs_that_are_no_labels_are_refused(data, transformer, message):
    model = TransformedTargetClassifier(transformer=transformer)
    with pytest.raises(ValueError, match=message):
        model.fit(*data)
    assert not hasattr(model, "classifier_")
    assert not hasattr(model, "transformer_")


def test_refusals(data):
    X, y = data
    with pytest.raises(ValueError, match="Input y contains NaN"):
        TransformedTargetClassifier(transformer=KMeansLabeler()).fit(X, np.where(y > 15, y, np.nan))
    with pytest.raises(ValueError, match="requires y to be passed, but the target y is None"):
        TransformedTargetClassifier().fit(X, None)
    with pytest.raises(ValueError, match="got the regressor LinearRegression"):
        TransformedTargetClassifier(LinearRegression()).fit(X, y)
    with pytest.raises(ValueError, match=r"'transformer' parameter .* must be"):
        TransformedTargetClassifier(transformer=LogisticRegression()).fit(X, y)
    with pytest.raises(ValueError, match=r"'classifier' parameter .* must be"):
        TransformedTargetClassifier(StandardScaler()).fit(X, y)
    with pytest.raises(ValueError, match="Unknown label type: continuous"):
        TransformedTargetClassifier().fit(X, y)
    with (
        pytest.warns(ConvergenceWarning, match="only 1 label"),
        pytest.raises(ValueError, match=r"gave all 120 values of y the same label.* 2 classes"),
    ):
        TransformedTargetClassifier(GaussianNB(), transformer=KMeansLabeler()).fit(X, np.ones(120))
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        TransformedTargetClassifier(transformer=KMeansLabeler()).fit(X, y[1:])


def test_a_failed_fit_leaves_the_earlier_one(data):
    X, y = data
    model = TransformedTargetClassifier(transformer=KMeansLabeler()).fit(X, y)
    expected = model.predict(X)
    with pytest.raises(ValueError, match="NaN"):
        model.fit(np.full_like(X, np.nan), -y)
    np.testing.assert_array_equal(model.predict(X), expected)
    np.testing.assert_array_equal(model.label_target(y), labels_of(y, y))


def test_parameters_are_not_touched(data):
    labeler, classifier = KMeansLabeler(), LogisticRegression()
    TransformedTargetClassifier(classifier, transformer=labeler).fit(*data)
    assert not hasattr(labeler, "labels_")
    assert not hasattr(classifier, "coef_")


def test_labels_are_learned_in_each_training_fold(data):
    X, y = data
    # The level rises, so labels learned on all rows would differ from those of a fold.
    y = y + np.linspace(0, 40, len(y))
    model = TransformedTargetClassifier(transformer=KMeansLabeler())
    cv = TimeSeriesSplit(3)
    scores = cross_val_score(model, X, y, cv=cv)
    expected = []
    for train, test in cv.split(X):
        by_hand = LogisticRegression().fit(X[train], labels_of(y[train], y[train]))
        expected.append(by_hand.score(X[test], labels_of(y[train], y[test])))
    np.testing.assert_array_equal(scores, expected)


def test_test_folds_do_not_change_the_fit(data):
    X, y = data
    model = TransformedTargetClassifier(transformer=KMeansLabeler())
    changed = y.copy()
    changed[90:] += 1000
    fitted = clone(model).fit(X[:90], y[:90])
    refitted = clone(model).fit(X[:90], changed[:90])
    assert pickle.dumps(fitted) == pickle.dumps(refitted)


def test_search_tunes_transformer_and_classifier(data):
    X, y = data
    pipe = make_pipeline(StandardScaler(), DecisionTreeClassifier(random_state=0))
    search = GridSearchCV(
        TransformedTargetClassifier(pipe, transformer=KMeansLabeler()),
        {
            "transformer__n_clusters": [2, 3],
            "classifier__decisiontreeclassifier__max_depth": [1, 3],
        },
        cv=TimeSeriesSplit(3),
    ).fit(X, y)
    assert not np.isnan(search.cv_results_["mean_test_score"]).any()
    assert len(search.classes_) == search.best_params_["transformer__n_clusters"]
    assert search.score(X, y) == search.best_estimator_.score(X, y)


def test_search_tunes_windows_and_labels(data):
    X, y = data
    # The class of the next hour, from windows cut inside the classifier.
    frame = pd.DataFrame(X, index=pd.date_range("2024-01-01", periods=len(X), freq="h"))
    frame.columns = ["wind", "sun"]
    late = np.roll(y, 1)
    windower = SequenceWindower(window=2, lead=1)
    model = TransformedTargetClassifier(
        make_pipeline(windower, NearestWindow()), transformer=KMeansLabeler(2)
    )
    grid = {
        "classifier__sequencewindower__window": [1, 2],
        "transformer__n_clusters": [2, 3],
    }
    search = GridSearchCV(model, grid, cv=TimeSeriesSplit(3, max_train_size=60), refit=False)
    scores = search.fit(frame[1:], late[1:]).cv_results_["mean_test_score"]
    assert scores[0] > 0.75
    assert scores[0] > scores[1]


def test_search_may_choose_the_parts(data):
    search = GridSearchCV(
        TransformedTargetClassifier(transformer=KMeansLabeler()),
        {"classifier": [None, GaussianNB()], "transformer": [KMeansLabeler(2), KMeansLabeler(4)]},
        cv=TimeSeriesSplit(2),
        n_jobs=2,
    ).fit(*data)
    assert search.best_params_["transformer"].n_clusters == 2


def test_cross_val_predict_returns_every_row(data):
    X, y = data
    model = TransformedTargetClassifier(transformer=KMeansLabeler())
    cv = KFold(4)
    predicted = cross_val_predict(model, X, y, cv=cv)
    for train, test in cv.split(X):
        expected = clone(model).fit(X[train], y[train]).predict(X[test])
        np.testing.assert_array_equal(predicted[test], expected)


@pytest.mark.parametrize(
    "meta",
    [
        CalibratedClassifierCV(GaussianNB(), cv=3),
        VotingClassifier([("a", LogisticRegression()), ("b", GaussianNB())], voting="soft"),
        GridSearchCV(LogisticRegression(), {"C": [0.1, 1.0]}, cv=3),
    ],
    ids=["calibrated", "voting", "search"],
)
def test_meta_classifiers_go_inside(data, meta):
    X, y = data
    model = TransformedTargetClassifier(meta, transformer=KMeansLabeler()).fit(X, y)
    assert model.score(X, y) > 0.8
    assert model.predict_proba(X).shape == (120, 3)


@pytest.mark.parametrize("meta", ["calibrated", "voting"])
def test_meta_classifiers_refuse_numbers_outside(data, meta):
    model = TransformedTargetClassifier(transformer=KMeansLabeler())
    outside = {
        "calibrated": CalibratedClassifierCV(model, cv=TimeSeriesSplit(3)),
        "voting": VotingClassifier([("a", model), ("b", model)]),
    }[meta]
    with pytest.raises(ValueError, match="Unknown label type: continuous"):
        outside.fit(*data)


def test_whole_numbers_need_an_explicit_cv(data):
    X, y = data
    whole = (y * 1000).round().astype(int)
    model = TransformedTargetClassifier(transformer=KMeansLabeler())
    # scikit-learn takes whole numbers for labels and cannot stratify on them.
    with pytest.raises(ValueError, match="n_splits=3 cannot be greater than the number of members"):
        cross_val_score(model, X, whole, cv=3)
    assert cross_val_score(model, X, whole, cv=KFold(3)).min() > 0.7


@pytest.mark.parametrize("scoring", ["accuracy", "balanced_accuracy", "f1_macro", "roc_auc_ovr"])
def test_plain_scorers_refuse_numbers(data, scoring):
    X, y = data
    model = TransformedTargetClassifier(transformer=KMeansLabeler())
    with pytest.raises(ValueError, match="continuous"):
        cross_val_score(model, X, y, cv=TimeSeriesSplit(2), scoring=scoring, error_score="raise")
    with pytest.warns(UserWarning, match="Scoring failed"):
        scores = cross_val_score(model, X, y, cv=TimeSeriesSplit(2), scoring=scoring)
    assert np.isnan(scores).all()


def test_fit_parameters_are_passed_to_the_classifier(data):
    X, y = data
    weight = np.where(y > 15, 1.0, 0.01)
    labels = labels_of(y, y)
    model = TransformedTargetClassifier(transformer=KMeansLabeler())
    by_hand = LogisticRegression().fit(X, labels, sample_weight=weight)
    model.fit(X, y, sample_weight=weight)
    np.testing.assert_array_equal(model.predict_proba(X), by_hand.predict_proba(X))
    expected = by_hand.score(X, labels, sample_weight=weight)
    assert model.score(X, y, sample_weight=weight) == expected
    piped = TransformedTargetClassifier(make_pipeline(GaussianNB()), transformer=KMeansLabeler())
    piped.fit(X, y, gaussiannb__sample_weight=weight)
    expected = GaussianNB().fit(X, labels, sample_weight=weight)
    np.testing.assert_array_equal(piped.predict_proba(X), expected.predict_proba(X))
    with pytest.raises(TypeError, match="unexpected keyword argument 'nonsense'"):
        model.fit(X, y, nonsense=1)


def test_metadata_routing(data):
    X, y = data
    weight = np.where(y > 15, 1.0, 0.01)
    labels = labels_of(y, y)
    by_hand = LogisticRegression().fit(X, labels, sample_weight=weight)
    with config_context(enable_metadata_routing=True):
        classifier = LogisticRegression().set_fit_request(sample_weight=True)
        classifier.set_score_request(sample_weight=True)
        model = TransformedTargetClassifier(classifier, transformer=KMeansLabeler())
        model.fit(X, y, sample_weight=weight)
        np.testing.assert_array_equal(model.predict_proba(X), by_hand.predict_proba(X))
        expected = by_hand.score(X, labels, sample_weight=weight)
        assert model.score(X, y, sample_weight=weight) == expected
        assert model.fit(X, y).score(X, y) > 0.8
        default = TransformedTargetClassifier(transformer=KMeansLabeler())
        default.fit(X, y, sample_weight=weight)
        np.testing.assert_array_equal(default.predict_proba(X), by_hand.predict_proba(X))
        search = GridSearchCV(model, {"transformer__n_clusters": [3]}, cv=KFold(2))
        search.fit(X, y, sample_weight=weight)
        best = search.best_estimator_
        np.testing.assert_array_equal(best.predict_proba(X), by_hand.predict_proba(X))
        silent = TransformedTargetClassifier(LogisticRegression(), transformer=KMeansLabeler())
        with pytest.raises(ValueError, match="not explicitly set as requested or not requested"):
            silent.fit(X, y, sample_weight=weight)


@pytest.mark.parametrize("in_pipeline", [False, True])
def test_targets_that_validate_are_labelled_too(in_pipeline):
    X = np.random.default_rng(0).normal(size=(60, 4, 1))
    y = X[:, -1, 0] * 20 + 300
    y[[3, 50]] = 0, 999
    labeler = KMeansLabeler(3).fit(y[:40, None])
    classifier = LSTMClassifier(units=2, epochs=2, plain=True, early_stopping=True, random_state=0)
    validation = {"X_val": X[40:], "y_val": y[40:]}
    if in_pipeline:
        # A step of the name of a parameter of its own.
        inner = make_pipeline(FunctionTransformer(), classifier)
        validation = {f"lstmclassifier__{name}": of for name, of in validation.items()}
    else:
        inner = classifier
    model = TransformedTargetClassifier(inner, transformer=KMeansLabeler(3))
    model.fit(X[:40], y[:40], **validation)
    by_hand = clone(classifier).fit(
        X[:40], labeler.predict(y[:40, None]), X_val=X[40:], y_val=labeler.predict(y[40:, None])
    )
    fitted = model.classifier_[-1] if in_pipeline else model.classifier_
    np.testing.assert_array_equal(fitted.history_["val_loss"], by_hand.history_["val_loss"])


def test_tags_follow_the_classifier():
    assert is_classifier(TransformedTargetClassifier(make_pipeline(StandardScaler(), GaussianNB())))
    assert get_tags(TransformedTargetClassifier()).input_tags.sparse
    assert not get_tags(TransformedTargetClassifier(GaussianNB())).input_tags.sparse
    tree = DecisionTreeClassifier()
    tags = get_tags(TransformedTargetClassifier(tree))
    assert tags.input_tags.allow_nan
    # A tree takes several columns of labels, this does not.
    assert get_tags(tree).classifier_tags.multi_label
    assert not tags.classifier_tags.multi_label
    # The derived tags are copies.
    assert get_tags(tree).classifier_tags.multi_label


def test_repr_html_shows_both_parts():
    model = TransformedTargetClassifier(GaussianNB(), transformer=KMeansLabeler())
    html = model._repr_html_()
    assert "GaussianNB" in html
    assert "KMeansLabeler" in html


def test_pickle_of_a_fitted_pipeline(data):
    X, y = data
    model = Pipeline(
        [
            ("scale", StandardScaler()),
            ("m", TransformedTargetClassifier(transformer=KMeansLabeler())),
        ]
    ).fit(X, y)
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict(X), model.predict(X))
    assert again.score(X, y) == model.score(X, y)


@pytest.mark.parametrize(
    "classifier", [None, GaussianNB(), DecisionTreeClassifier(random_state=0)], ids=str
)
@pytest.mark.filterwarnings("ignore:divide by zero encountered in log:RuntimeWarning")
def test_check_estimator(classifier):
    results = check_estimator(TransformedTargetClassifier(classifier))
    assert {result["status"] for result in results} == {"passed"}


@pytest.mark.parametrize(
    # scikit-learn's checks of sparse input want probabilities for exactly four classes.
    ("classifier", "n_clusters"),
    [(GaussianNB(), 3), (None, 4)],
    ids=["GaussianNB", "default"],
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_check_estimator_with_labels_inside(classifier, n_clusters):
    model = TransformedTargetClassifier(classifier, transformer=KMeansLabeler(n_clusters))
    results = check_estimator(model, expected_failed_checks=CONTRADICTED, on_fail=None)
    statuses = {result["check_name"]: result["status"] for result in results}
    failed = {name for name, status in statuses.items() if status == "xfail"}
    assert failed == set(CONTRADICTED)
    assert {status for name, status in statuses.items() if name not in failed} == {"passed"}
