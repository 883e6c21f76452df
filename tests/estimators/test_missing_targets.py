"""Rows without a value of y: other windows read them, and nothing is learned from them."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.model_selection import TimeSeriesSplit, cross_val_score
from sklearn.pipeline import make_pipeline

from sklstm import (
    KMeansLabeler,
    LSTMClassifier,
    LSTMForecaster,
    SequenceWindower,
    TransformedTargetClassifier,
    forecast,
)

N, WINDOW = 120, 6
SMALL = {"units": 4, "epochs": 2, "random_state": 0}
MODES = {
    "values": {},
    "plain": {"plain": True},
    "horizon": {"horizon": 3},
    "season": {"horizon": 3, "season": 4},
    "no shuffling": {"shuffle": False},
    "stopped early": {"early_stopping": True},
    "steps": {"return_sequences": True},
    "stateful": {"stateful": True},
    "quantiles": {"horizon": 2, "quantiles": (0.1, 0.5, 0.9)},
    "stride": {"train_stride": 2},
}


def table(seed=0):
    rng = np.random.default_rng(seed)
    hours = pd.date_range("2024-01-01", periods=N, freq="h")
    return pd.DataFrame(rng.normal(size=(N, 2)).cumsum(axis=0), hours, columns=["v", "w"])


def with_gaps(y, part=0.3):
    missing = np.random.default_rng(1).random(len(y)) < part
    return y.mask(missing)


def model(lead=1, **params):
    return make_pipeline(
        SequenceWindower(window=WINDOW, lead=lead), LSTMForecaster(**(SMALL | params))
    )


@pytest.mark.parametrize("mode", MODES)
def test_what_is_missing_does_not_change_a_fit(mode):
    """Whatever would stand there, the fit is the same, and its windows read the rows."""
    X = table()
    y = with_gaps(X["v"] * 2 + 1)
    fitted = model(shrink=False, **MODES[mode]).fit(X[["w"]], y)
    other = X[["w"]].copy()
    predicted = fitted.predict(other)
    assert np.isfinite(predicted).all()
    assert np.isfinite(fitted.score(X[["w"]], y))
    # The row is still read: it moves the predictions of later windows.
    gap = int(np.flatnonzero(y.isna())[20])
    other.iloc[gap] += 5
    assert not np.allclose(fitted.predict(other)[gap + 1], predicted[gap + 1])


def test_rows_without_a_value_are_left_out_of_the_training_set():
    X = table()
    y = with_gaps(X["v"])
    windows = SequenceWindower(window=WINDOW, lead=1).fit_transform(X[["w"]])
    given = y.notna().to_numpy()
    one, two = (LSTMForecaster(**SMALL, anchor=None) for _ in range(2))
    one.fit(windows, y)
    two.fit(windows[given], y[given])
    assert_array_equal(one.predict(windows), two.predict(windows))


def test_leads_without_a_value_are_left_out_of_horizons():
    X = table()
    y = with_gaps(X["v"])
    fitted = model(horizon=3, epochs=1).fit(X, y)
    network = fitted[-1].network_
    index = fitted[:-1].transform(X).window_index
    values = y.to_numpy()[:, None]
    actuals = network.target_transform.actuals(index, values, np.arange(N), slice(None))
    for i in range(N):
        expected = [y.iloc[i + h] if i + h < N else np.nan for h in range(3)]
        assert_array_equal(actuals[i, :, 0], expected)
    # R² over the steps that have a value, by hand.
    predicted = fitted.predict(X)
    seen = ~np.isnan(actuals[..., 0])
    left = ((actuals[..., 0] - predicted)[seen] ** 2).sum()
    spread = ((actuals[..., 0][seen] - actuals[..., 0][seen].mean()) ** 2).sum()
    assert_allclose(fitted.score(X, y), 1 - left / spread)


def test_steps_ahead_may_be_missing():
    X = table()
    ahead = np.stack([X["v"].shift(-h) for h in range(3)], axis=1)
    fitted = model(horizon=3, anchor=None, shrink=False).fit(X, ahead)
    cut = model(horizon=3, anchor=None, shrink=False).fit(X, X["v"])
    assert_allclose(fitted.predict(X[:-3]), cut.predict(X[:-3]), rtol=1e-5)


def test_some_targets_of_several_may_be_missing():
    X = table()
    Y = X.copy()
    Y.iloc[10:40, 0] = np.nan
    Y.iloc[60:70] = np.nan
    fitted = model(horizon=3).fit(X, Y)
    assert fitted.predict(X).shape == (N, 3, 2)
    assert np.isfinite(fitted.score(X, Y))


@pytest.mark.parametrize("missing", [None, np.nan, pd.NA], ids=str)
@pytest.mark.parametrize("classes", [["calm", "windy"], ["calm", "fresh", "windy"]], ids=len)
@pytest.mark.parametrize("mode", [{}, {"class_weight": "balanced"}, {"early_stopping": True}])
def test_labels_may_be_missing(missing, classes, mode):
    X = table()
    labels = pd.Series(pd.qcut(X["w"], len(classes), labels=classes).astype(object), index=X.index)
    labels[np.random.default_rng(2).random(N) < 0.3] = missing
    pipeline = make_pipeline(SequenceWindower(window=WINDOW), LSTMClassifier(**SMALL, **mode))
    pipeline.fit(X[["v"]], labels)
    assert pipeline[-1].classes_.tolist() == classes
    given = labels.notna().to_numpy()
    accuracy = (pipeline.predict(X[["v"]])[given] == labels[given]).mean()
    assert pipeline.score(X[["v"]], labels) == accuracy


def test_values_to_be_labelled_may_be_missing():
    X = table()
    y = with_gaps(X["v"])
    given = y.notna().to_numpy()
    pipeline = make_pipeline(SequenceWindower(window=WINDOW, lead=1), LSTMClassifier(**SMALL))
    model = TransformedTargetClassifier(pipeline, transformer=KMeansLabeler(3)).fit(X, y)
    centers = KMeansLabeler(3).fit(y[given].to_frame()).cluster_centers_
    assert_array_equal(model.transformer_.cluster_centers_, centers)
    labels = model.label_target(y)
    assert [label is None for label in labels] == list(~given)
    assert model.score(X, y) == (model.predict(X)[given] == labels[given]).mean()


def test_searches_score_what_there_is():
    X = table()
    y = with_gaps(X["v"])
    scores = cross_val_score(model(), X, y, cv=TimeSeriesSplit(3))
    assert np.isfinite(scores).all()


def test_forecasts_go_on_from_a_target_with_gaps():
    X = table()
    fitted = model(horizon=4).fit(X, with_gaps(X["v"]))
    assert fitted[-1].network_.target_transform.anchor == "last"
    assert np.isfinite(forecast(fitted, X)).all().all()


def test_a_target_that_is_missing_throughout_is_refused():
    X = table()
    nothing = pd.Series(np.nan, X.index)
    with pytest.raises(ValueError, match="y holds no value: all 120 are missing"):
        model().fit(X, nothing)
    # The first rows have windows, and no value; the last ones are held out.
    late = X["v"].where(np.arange(N) >= N - 3)
    with pytest.raises(ValueError, match=r"y is missing .* for each of the .* windows to train on"):
        model(early_stopping=True).fit(X, late)


def test_independent_sequences_need_a_value_each():
    X = np.random.default_rng(0).normal(size=(20, 4, 2))
    y = X[:, 0, 0].copy()
    y[3] = np.nan
    with pytest.raises(ValueError, match="Input y contains NaN"):
        LSTMForecaster(**SMALL).fit(X, y)
    with pytest.raises(ValueError, match="inf"):
        model().fit(table(), table()["v"].mask(table()["v"] > 1, np.inf))
