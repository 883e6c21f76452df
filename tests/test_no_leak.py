"""No later row changes what a fit learns or what is predicted for earlier rows."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.model_selection import KFold, TimeSeriesSplit
from sklearn.pipeline import make_pipeline

from sklstm import (
    KMeansLabeler,
    LSTMClassifier,
    LSTMForecaster,
    SequenceWindower,
    TransformedTargetClassifier,
)

N_ROWS = 80
WINDOW = 5


def series(seed=0):
    rng = np.random.default_rng(seed)
    index = pd.date_range("2024-01-01", periods=N_ROWS, freq="h", name="time")
    values = rng.normal(size=(N_ROWS, 2)).cumsum(axis=0)
    return pd.DataFrame(values, columns=["temp", "wind"], index=index)


def models():
    sizes = {"units": 4, "epochs": 2, "random_state": 0}
    windower = SequenceWindower(window=WINDOW, lead=1)
    labelled = make_pipeline(windower, LSTMClassifier(plain=True, **sizes))
    return {
        "forecaster": make_pipeline(windower, LSTMForecaster(plain=True, **sizes)),
        "early stopping": make_pipeline(
            windower, LSTMForecaster(plain=True, **sizes, early_stopping=True)
        ),
        "all history": make_pipeline(
            SequenceWindower(window=WINDOW, lead=1, history="all"),
            LSTMForecaster(plain=True, **sizes),
        ),
        "labels in the fold": TransformedTargetClassifier(labelled, transformer=KMeansLabeler(2)),
    }


def learned(model):
    """All numbers that a fitted model holds."""
    if isinstance(model, TransformedTargetClassifier):
        return [model.transformer_.cluster_centers_, *learned(model.classifier_)]
    windower, network = model[0], model[-1].network_
    return [windower._history.values, *scales_of(network), *network.weights[0]]


def scales_of(network):
    scaler, transform = network.input_transform, network.target_transform
    return [scaler.mean, scaler.scale, transform.mean, transform.scale]


def disturbed(table, rows):
    table = table.copy()
    table.iloc[rows] = 1000 * np.random.default_rng(1).normal(size=(len(rows), table.shape[1]))
    return table


def predict_probabilities(model, X):
    return model.predict_proba(X) if hasattr(model, "predict_proba") else model.predict(X)


@pytest.mark.parametrize("name", models())
@pytest.mark.parametrize("gap", [0, 4])
def test_the_test_fold_does_not_change_the_fit(name, gap):
    X, model = series(), models()[name]
    y = X["temp"]
    for train, test in TimeSeriesSplit(3, gap=gap).split(X):
        X_other = disturbed(X, np.arange(train[-1] + 1, N_ROWS))
        y_other = X_other["temp"]
        fitted = clone(model).fit(X.iloc[train], y.iloc[train])
        other = clone(model).fit(X_other.iloc[train], y_other.iloc[train])
        for one, two in zip(learned(fitted), learned(other), strict=True):
            np.testing.assert_array_equal(one, two)
        np.testing.assert_array_equal(
            predict_probabilities(fitted, X.iloc[train]),
            predict_probabilities(other, X_other.iloc[train]),
        )
        # Within the test fold, too, later rows do not change earlier predictions.
        middle = len(test) // 2
        X_late = disturbed(X, test[middle:])
        np.testing.assert_array_equal(
            predict_probabilities(fitted, X.iloc[test])[: middle + 1],
            predict_probabilities(fitted, X_late.iloc[test])[: middle + 1],
        )


@pytest.mark.parametrize(
    "cv", [TimeSeriesSplit(3), KFold(4), KFold(4, shuffle=True, random_state=0)], ids=str
)
def test_windows_cut_before_the_split_do_not_leak(cv):
    """Rows that no training window holds change no scale and no weight."""
    X = series()
    y = X["temp"]
    windower = SequenceWindower(window=WINDOW, lead=1)
    network = LSTMForecaster(plain=True, units=4, epochs=2, random_state=0)
    for train, _ in cv.split(X):
        held = (train[:, None] - 1 - np.arange(WINDOW)).ravel()
        not_held = np.setdiff1d(np.arange(N_ROWS), held)
        assert len(not_held)
        X_other = disturbed(X, not_held)
        fits = [
            clone(network).fit(clone(windower).fit_transform(table)[train], y.iloc[train])
            for table in (X, X_other)
        ]
        for one, two in zip(*(scales_of(fit.network_) for fit in fits), strict=True):
            np.testing.assert_array_equal(one, two)
        for one, two in zip(*(fit.network_.weights[0] for fit in fits), strict=True):
            np.testing.assert_array_equal(one, two)


def test_scales_are_those_of_the_training_windows():
    X = series()
    windows = SequenceWindower(window=WINDOW, lead=1).fit_transform(X)
    train = np.arange(40)
    fitted = LSTMForecaster(plain=True, units=2, epochs=1, anchor=None).fit(
        windows[train], X["temp"].iloc[train]
    )
    steps = np.asarray(windows)[train].reshape(-1, 2)
    np.testing.assert_allclose(fitted.network_.input_transform.mean, np.nanmean(steps, axis=0))
    np.testing.assert_allclose(fitted.network_.input_transform.scale, np.nanstd(steps, axis=0))
    # Row 0 has no past, so it is not trained on.
    np.testing.assert_allclose(
        fitted.network_.target_transform.mean, X["temp"].iloc[train[1:]].mean()
    )


def test_labels_are_learned_from_the_training_fold():
    X = series()
    y = X["temp"]
    train, test = next(iter(TimeSeriesSplit(2).split(X)))
    model = clone(models()["labels in the fold"]).fit(X.iloc[train], y.iloc[train])
    centers = KMeansLabeler(2).fit(y.iloc[train].to_frame()).cluster_centers_
    np.testing.assert_array_equal(model.transformer_.cluster_centers_, centers)
    assert y.iloc[test].max() > y.iloc[train].max() or y.iloc[test].min() < y.iloc[train].min()
