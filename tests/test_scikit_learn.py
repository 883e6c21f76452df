"""scikit-learn's tools work on whole pipelines, untouched."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import pickle
from copy import deepcopy

import joblib
import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import StackingRegressor, VotingClassifier, VotingRegressor
from sklearn.experimental import enable_halving_search_cv  # noqa: F401 (makes the import below work)
from sklearn.impute import SimpleImputer
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import accuracy_score
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    KFold,
    RandomizedSearchCV,
    TimeSeriesSplit,
    cross_val_predict,
    cross_val_score,
    cross_validate,
)
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler, StandardScaler

from sklstm import (
    KMeansLabeler,
    LSTMClassifier,
    LSTMForecaster,
    SequenceWindower,
    TransformedTargetClassifier,
    label_scorer,
)
from sklstm.preprocessing._window_index import window_index_of

N_ROWS = 90
LEAD = 1


@pytest.fixture(scope="module")
def weather():
    """Two noisy daily cycles on an hourly clock; the second column follows the first."""
    rng = np.random.default_rng(0)
    hours = np.arange(N_ROWS)
    warm = 10 + 5 * np.sin(hours / 24 * 2 * np.pi) + rng.normal(scale=0.3, size=N_ROWS)
    index = pd.date_range("2024-03-01", periods=N_ROWS, freq="h", tz="UTC")
    return pd.DataFrame({"temp": warm, "dewp": np.roll(warm, 2) - 3}, index=index)


@pytest.fixture(scope="module")
def warm(weather):
    return (weather["temp"] > 10).map({True: "warm", False: "cold"})


def classifier(**params):
    params = {"units": 4, "epochs": 2, "random_state": 0} | params
    return make_pipeline(
        SequenceWindower(window=4, lead=LEAD), LSTMClassifier(plain=True, **params)
    )


def forecaster(**params):
    params = {"units": 4, "epochs": 2, "random_state": 0} | params
    return make_pipeline(
        SequenceWindower(window=4, lead=LEAD), LSTMForecaster(plain=True, **params)
    )


def by_hand(model, X, y, cv, method="predict"):
    """Cross-validate with a loop."""
    predictions = []
    for train, test in cv.split(X, y):
        fitted = clone(model).fit(X.iloc[train], y.iloc[train])
        predictions.append((test, getattr(fitted, method)(X.iloc[test])))
    return predictions


def test_pipelines_have_the_type_of_their_last_step():
    assert is_classifier(classifier())
    assert is_regressor(forecaster())


def test_grid_search_tunes_window_units_and_epochs(weather, warm):
    search = GridSearchCV(
        classifier(),
        {
            "sequencewindower__window": [3, 6],
            "lstmclassifier__units": [2, (3, 2)],
            "lstmclassifier__epochs": [1, 2],
        },
        cv=TimeSeriesSplit(2),
    ).fit(weather, warm)
    results = pd.DataFrame(search.cv_results_)
    assert len(results) == 8
    assert results["mean_test_score"].notna().all()
    best = clone(classifier()).set_params(**search.best_params_)
    expected = cross_val_score(best, weather, warm, cv=TimeSeriesSplit(2)).mean()
    assert search.best_score_ == expected
    assert search.predict(weather).shape == (N_ROWS,)


def test_randomized_search(weather):
    search = RandomizedSearchCV(
        forecaster(),
        {"lstmforecaster__learning_rate": [0.001, 0.01, 0.1], "sequencewindower__window": [2, 3]},
        n_iter=3,
        cv=TimeSeriesSplit(2),
        random_state=0,
    ).fit(weather, weather["temp"])
    assert len(search.cv_results_["params"]) == 3
    assert np.isfinite(search.best_score_)


# With n_samples it draws rows at random, which leaves windows mostly empty.
@pytest.mark.filterwarnings("ignore:The windows are mostly empty")
@pytest.mark.parametrize("resource", ["n_samples", "lstmforecaster__epochs"])
def test_halving_search(weather, resource):
    search = HalvingGridSearchCV(
        forecaster(),
        {"lstmforecaster__units": [2, 4, 6]},
        resource=resource,
        min_resources=30 if resource == "n_samples" else 1,
        max_resources=N_ROWS if resource == "n_samples" else 3,
        factor=3,
        cv=TimeSeriesSplit(2),
        random_state=0,
        error_score="raise",
    ).fit(weather, weather["temp"])
    assert search.n_iterations_ == 2
    assert search.n_candidates_ == [3, 1]


@pytest.mark.parametrize("shuffle", [False, True])
def test_cross_val_predict_returns_every_row(weather, shuffle):
    cv = KFold(3, shuffle=shuffle, random_state=0 if shuffle else None)
    target = weather["temp"]
    predicted = cross_val_predict(forecaster(), weather, target, cv=cv)
    expected = np.full(N_ROWS, np.nan)
    for test, values in by_hand(forecaster(), weather, target, cv):
        expected[test] = values
    assert np.isfinite(predicted).all()
    np.testing.assert_array_equal(predicted, expected)


def test_cross_val_predict_of_probabilities(weather, warm):
    probabilities = cross_val_predict(
        classifier(), weather, warm, cv=KFold(3), method="predict_proba"
    )
    assert probabilities.shape == (N_ROWS, 2)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)


@pytest.mark.parametrize("gap", [0, 3])
def test_time_series_split_with_history_and_gap(weather, gap):
    """The first test windows start in the training fold; a gap is as many missing steps."""
    cv = TimeSeriesSplit(2, gap=gap)
    for train, test in cv.split(weather):
        windower = SequenceWindower(window=6, lead=LEAD).fit(weather.iloc[train])
        windows = np.asarray(windower.transform(weather.iloc[test]))
        values = weather.to_numpy().copy()
        values[train[-1] + 1 : test[0]] = np.nan
        first = test[0]
        np.testing.assert_array_equal(windows[0], values[first - 6 : first])
        np.testing.assert_array_equal(windows[4], values[first - 2 : first + 4])
    scores = cross_val_score(forecaster(), weather, weather["temp"], cv=cv, error_score="raise")
    assert np.isfinite(scores).all()


def test_cross_validate_with_several_scorers(weather, warm):
    results = cross_validate(
        classifier(),
        weather,
        warm,
        cv=TimeSeriesSplit(2),
        scoring=["accuracy", "f1_macro", "roc_auc", "neg_log_loss"],
        return_estimator=True,
        return_train_score=True,
    )
    for estimator, score, (_, test) in zip(
        results["estimator"],
        results["test_accuracy"],
        TimeSeriesSplit(2).split(weather),
        strict=True,
    ):
        predicted = estimator.predict(weather.iloc[test])
        assert score == accuracy_score(warm.iloc[test], predicted)
    assert all(np.isfinite(results[f"test_{s}"]).all() for s in ("roc_auc", "neg_log_loss"))


def test_labels_learned_in_the_fold(weather):
    model = TransformedTargetClassifier(classifier(), transformer=KMeansLabeler(n_clusters=2))
    search = GridSearchCV(
        model,
        {"transformer__n_clusters": [2, 3], "classifier__sequencewindower__window": [2, 4]},
        cv=TimeSeriesSplit(2),
        scoring={"f1": label_scorer("f1_macro"), "auc": label_scorer("roc_auc_ovr")},
        refit="f1",
        error_score="raise",
    ).fit(weather, weather["temp"])
    assert len(search.cv_results_["mean_test_auc"]) == 4
    assert set(search.predict(weather)) <= {0, 1, 2}


def test_calibration(weather, warm):
    model = CalibratedClassifierCV(classifier(), cv=KFold(3)).fit(weather, warm)
    probabilities = model.predict_proba(weather)
    assert probabilities.shape == (N_ROWS, 2)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)


def test_voting(weather, warm):
    lags = SequenceWindower(window=3, lead=LEAD, flatten=True)
    logistic = make_pipeline(lags, SimpleImputer(keep_empty_features=True), LogisticRegression())
    voting = VotingClassifier([("lstm", classifier()), ("lags", logistic)], voting="soft")
    voting.fit(weather, warm)
    parts = [m.predict_proba(weather) for m in voting.named_estimators_.values()]
    np.testing.assert_allclose(voting.predict_proba(weather), np.mean(parts, axis=0))

    seeds = VotingRegressor([(f"seed{i}", forecaster(random_state=i)) for i in range(2)])
    seeds.fit(weather, weather["temp"])
    parts = [m.predict(weather) for m in seeds.estimators_]
    assert not np.array_equal(*parts)
    np.testing.assert_allclose(seeds.predict(weather), np.mean(parts, axis=0))


def test_stacking(weather):
    lags = make_pipeline(
        SequenceWindower(window=3, lead=LEAD, flatten=True),
        SimpleImputer(keep_empty_features=True),
        Ridge(),
    )
    stack = StackingRegressor([("lstm", forecaster()), ("lags", lags)], cv=KFold(3))
    predicted = stack.fit(weather, weather["temp"]).predict(weather)
    assert predicted.shape == (N_ROWS,)
    assert stack.final_estimator_.coef_.shape == (2,)


def test_permutation_importance_finds_the_column_that_matters():
    """The targets look one step back, so permuting the used column within X destroys them."""
    rng = np.random.default_rng(0)
    index = pd.RangeIndex(300)
    X = pd.DataFrame(rng.normal(size=(300, 2)), columns=["used", "unused"], index=index)
    y = X["used"].shift(1, fill_value=0.0)
    model = make_pipeline(
        SequenceWindower(window=2, lead=1),
        LSTMForecaster(plain=True, units=8, epochs=10, learning_rate=0.03, random_state=0),
    ).fit(X, y)
    importance = permutation_importance(model, X, y, n_repeats=2, random_state=0)
    assert importance.importances_mean[0] > 0.5
    assert abs(importance.importances_mean[1]) < 0.1


def test_column_transformer_and_feature_union_before_the_windower(weather):
    scaled = ColumnTransformer(
        [("scaled", StandardScaler(), ["temp"]), ("kept", "passthrough", ["dewp"])]
    )
    union = FeatureUnion([("raw", FunctionTransformer()), ("unit", MinMaxScaler())])
    model = make_pipeline(scaled, union, *(step for _, step in forecaster().steps))
    model.set_output(transform="pandas")
    model.fit(weather.iloc[:60], weather["temp"].iloc[:60])
    assert model[-1].n_features_in_ == 4
    assert model[-1].feature_names_in_[0] == "raw__scaled__temp"
    # The DataFrame that they return passes its index on to the windows.
    windows = model[:-1].transform(weather.iloc[60:])
    assert not np.isnan(np.asarray(windows[0])).any()
    np.testing.assert_array_equal(window_index_of(windows).labels, weather.index[60:])


def test_clone_is_unfitted(weather):
    model = forecaster().fit(weather, weather["temp"])
    fresh = clone(model)
    assert not hasattr(fresh[-1], "n_iter_")
    assert repr(fresh) == repr(model)
    np.testing.assert_array_equal(
        fresh.fit(weather, weather["temp"]).predict(weather), model.predict(weather)
    )


def test_copies_predict_the_same(weather, warm, tmp_path):
    model = classifier().fit(weather, warm)
    expected = model.predict_proba(weather)
    joblib.dump(model, tmp_path / "model.joblib")
    copies = [
        pickle.loads(pickle.dumps(model)),
        deepcopy(model),
        joblib.load(tmp_path / "model.joblib"),
    ]
    for copied in copies:
        np.testing.assert_array_equal(copied.predict_proba(weather), expected)


def test_pipeline_memory(weather, tmp_path):
    plain = forecaster().fit(weather, weather["temp"])
    cached = Pipeline(forecaster().steps, memory=str(tmp_path))
    for _ in range(2):
        cached.fit(weather, weather["temp"])
        np.testing.assert_array_equal(cached.predict(weather), plain.predict(weather))


@pytest.mark.slow
def test_worker_processes_give_the_same_numbers(weather):
    grid = {"lstmforecaster__units": [2, 4], "sequencewindower__window": [2, 4]}
    one_process, two_processes = (
        GridSearchCV(
            forecaster(dropout=0.2), grid, cv=TimeSeriesSplit(2), n_jobs=n_jobs, refit=False
        )
        .fit(weather, weather["temp"])
        .cv_results_
        for n_jobs in (1, 2)
    )
    for split in ("split0_test_score", "split1_test_score"):
        np.testing.assert_array_equal(one_process[split], two_processes[split])


@pytest.mark.parametrize("container", ["pandas", "polars"])
def test_transform_output_everywhere(weather, container):
    expected = forecaster().fit(weather, weather["temp"]).predict(weather)
    with sklearn.config_context(transform_output=container):
        predicted = forecaster().fit(weather, weather["temp"]).predict(weather)
        lags = SequenceWindower(window=2, flatten=True).fit_transform(weather)
    np.testing.assert_array_equal(predicted, expected)
    assert list(lags.columns) == ["temp_lag1", "dewp_lag1", "temp_lag0", "dewp_lag0"]
    assert type(lags).__module__.startswith(container)


def test_metadata_routing(weather, warm):
    with sklearn.config_context(enable_metadata_routing=True):
        search = GridSearchCV(
            classifier(), {"lstmclassifier__units": [2, 4]}, cv=TimeSeriesSplit(2)
        ).fit(weather, warm)
        labelled = TransformedTargetClassifier(classifier(), transformer=KMeansLabeler())
        scores = cross_val_score(labelled, weather, weather["temp"], cv=TimeSeriesSplit(2))
    assert np.isfinite(search.best_score_)
    assert np.isfinite(scores).all()


def test_windows_cut_once_and_cross_validated(weather):
    """Windows may be cut before the split: every fold uses only the rows that its windows hold."""
    windows = SequenceWindower(window=4, lead=LEAD).fit_transform(weather)
    model = forecaster()[-1]
    for cv in (TimeSeriesSplit(2), KFold(3, shuffle=True, random_state=0)):
        scores = cross_val_score(model, windows, weather["temp"], cv=cv, error_score="raise")
        assert np.isfinite(scores).all()
