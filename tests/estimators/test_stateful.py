"""Stateful networks: against Keras's own stateful layer, and one long pass."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import keras
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklstm import LSTMForecaster, SequenceWindower
from tests.estimators.helpers import classifier, forecaster, series, windows

STATEFUL = {"stateful": True}


def running_sum(n=90, seed=0):
    X = np.random.default_rng(seed).normal(size=(n, 2))
    return X, X[:, 0].cumsum()


def unscaled(**params):
    return forecaster(**STATEFUL, normalize_X=False, normalize_y=False, **params)


# Against Keras.


def stateful_keras(units, weights, n_series=1):
    """Build what Keras makes its users build: a fixed batch shape, and resets by hand."""
    inputs = x = keras.Input(batch_shape=(n_series, None, 2))
    layers = []
    for width in np.atleast_1d(units):
        layers.append(keras.layers.LSTM(int(width), return_sequences=True, stateful=True))
        x = layers[-1](x)
    model = keras.Model(inputs, keras.layers.Dense(1)(x))
    model.set_weights(weights)

    def reset():
        for layer in layers:
            layer.reset_states()

    return model, reset


@pytest.mark.parametrize("bptt_steps", [1, 9, 90])
@pytest.mark.parametrize("units", [4, (5, 3)])
def test_a_fit_is_that_of_keras_with_everything_done_by_hand(units, bptt_steps):
    X, y = running_sum()
    ours = unscaled(units=units, bptt_steps=bptt_steps, epochs=3, optimizer="sgd").fit(X, y)
    start = ours.network_.spec.initial_weights(np.random.default_rng(0))
    model, reset = stateful_keras(units, start)
    model.compile(keras.optimizers.SGD(0.01), "mse")
    parts = X.reshape(-1, bptt_steps, 2), y.reshape(-1, bptt_steps, 1)
    losses = []
    for _ in range(3):
        reset()
        history = model.fit(*parts, batch_size=1, shuffle=False, verbose=0).history
        losses += history["loss"]
    assert_allclose(ours.history_["loss"], losses, rtol=1e-4)
    for a, b in zip(ours.network_.weights[0], model.get_weights(), strict=True):
        assert_allclose(a, b, atol=5e-5)
    model.set_weights(ours.network_.weights[0])
    reset()
    assert_allclose(ours.predict(X), model(X[None]).numpy()[0, :, 0], atol=2e-6)
    assert_allclose(ours.predict(X), ours.keras_model_(X[None]).numpy()[0, :, 0], atol=2e-6)


# One long pass.


def three_ways(y, X):
    """The same fit on rows, on samples of one step, and on windows."""
    frame = pd.DataFrame(X, columns=["a", "b"])
    index = pd.date_range("2024-01-01", periods=len(X), freq="h")
    yield forecaster(**STATEFUL, bptt_steps=10), X
    yield forecaster(**STATEFUL, bptt_steps=10), X[:, None, :]
    yield make_pipeline(SequenceWindower(window=10), forecaster(**STATEFUL)), frame.set_index(index)


def test_rows_samples_and_windows_are_the_same_series():
    X, y = running_sum()
    predictions = [model.fit(rows, y).predict(rows) for model, rows in three_ways(y, X)]
    assert_array_equal(predictions[1], predictions[0])
    assert_array_equal(predictions[2], predictions[0])


def test_a_sample_of_several_steps_starts_where_the_one_before_ended():
    X, y = running_sum()
    rows = forecaster(**STATEFUL, bptt_steps=6)
    labels = np.full(90, np.nan)
    labels[2::3] = y[2::3]
    expected = rows.fit(X, labels).predict(X)
    samples = forecaster(**STATEFUL, bptt_steps=6).fit(X.reshape(30, 3, 2), y[2::3])
    assert_array_equal(samples.predict(X.reshape(30, 3, 2)), expected[2::3])
    assert_array_equal(samples.predict_sequences(X.reshape(30, 3, 2)).ravel(), expected)
    # A label for each of their steps.
    steps = forecaster(**STATEFUL, return_sequences=True, bptt_steps=6)
    steps.fit(X.reshape(30, 3, 2), y.reshape(30, 3))
    every = forecaster(**STATEFUL, bptt_steps=6).fit(X, y)
    assert_array_equal(steps.predict(X.reshape(30, 3, 2)).ravel(), every.predict(X))
    assert steps.score(X.reshape(30, 3, 2), y.reshape(30, 3)) == every.score(X, y)


@pytest.mark.parametrize("lead", [0, 2])
def test_the_label_of_a_row_is_learned_at_the_end_of_its_window(lead):
    # With a lead, the state has read up to `lead` rows before. By hand: labels moved back.
    table, y = series(60)
    cut = windows(table, window=10, lead=lead)
    ours = forecaster(**STATEFUL).fit(cut, y)
    moved = np.full(60, np.nan)
    moved[: 60 - lead] = y.to_numpy()[lead:]
    by_hand = forecaster(**STATEFUL, bptt_steps=10)
    # The last rows are in no window.
    by_hand.fit(table.to_numpy()[: 60 - lead], moved[: 60 - lead])
    assert_array_equal(ours.predict(cut)[lead:], by_hand.predict(table.to_numpy()[: 60 - lead]))


def test_a_missing_row_is_passed_over():
    X, y = running_sum()
    gap = X.copy()
    gap[40:45] = np.nan
    fitted = forecaster(**STATEFUL).fit(X, y)
    predictions = fitted.predict(gap)
    assert_array_equal(predictions[40:45], np.full(5, predictions[39]))
    assert_array_equal(predictions[45:], fitted.predict(np.delete(X, range(40, 45), axis=0))[40:])
    table, values = series(90)
    model = make_pipeline(SequenceWindower(window=10), forecaster(**STATEFUL)).fit(table, values)
    holes = table.drop(table.index[40:45])
    kept = np.delete(np.arange(90), range(40, 45))
    expected = model[-1].predict(_rows_of(table.iloc[kept]))
    assert_array_equal(model.predict(holes), expected)


def _rows_of(table):
    return SequenceWindower(window=10).fit_transform(table.reset_index(drop=True))


@pytest.mark.parametrize("batch_size", [1, 2, 32])
def test_each_series_carries_a_state_of_its_own(batch_size):
    rng = np.random.default_rng(0)
    lengths = {"a": 40, "b": 7, "c": 25}
    names = np.repeat(list(lengths), list(lengths.values()))
    values = rng.normal(size=(len(names), 2))
    hours = np.concatenate([np.arange(n) for n in lengths.values()])
    table = pd.DataFrame(values, columns=["x", "z"]).assign(
        who=names, at=pd.Timestamp("2024-01-01") + pd.to_timedelta(hours, unit="h")
    )
    table["y"] = table.groupby("who")["x"].cumsum()
    # In the order of time the series are interleaved.
    table = table.sort_values(["at", "who"], ignore_index=True)
    X = table[["x", "z", "who", "at"]]
    model = make_pipeline(
        SequenceWindower(window=8, by="who", time="at"),
        forecaster(**STATEFUL, batch_size=batch_size),
    ).fit(X, table["y"])
    together = model.predict(X)
    for name in lengths:
        own = (table["who"] == name).to_numpy()
        fresh = SequenceWindower(window=8, history=None).fit_transform(
            table.loc[own, ["x", "z"]].set_index(table.loc[own, "at"])
        )
        assert_array_equal(model[-1].predict(fresh), together[own])


def test_a_prediction_is_a_cold_start_unless_history_comes_first():
    table, y = series(80)
    model = make_pipeline(SequenceWindower(window=10), forecaster(**STATEFUL))
    model.fit(table[:50], y[:50])
    # The last nine rows of the fit come first: as if they were given again.
    assert_array_equal(model.predict(table[50:]), model.predict(table[41:])[9:])
    cold = model.set_params(sequencewindower__history=None).fit(table[:50], y[:50])
    estimator = cold[-1]
    fresh = SequenceWindower(window=10, history=None).fit_transform(table[50:])
    assert_array_equal(cold.predict(table[50:]), estimator.predict(fresh))
    X, values = running_sum()
    fitted = forecaster(**STATEFUL).fit(X, values)
    assert_array_equal(fitted.predict(X[50:]), fitted.predict(X[50:]))
    assert not np.array_equal(fitted.predict(X[50:]), fitted.predict(X)[50:])


def test_the_future_changes_nothing():
    table, y = series(80)
    model = make_pipeline(SequenceWindower(window=10), forecaster(**STATEFUL))
    weights = model.fit(table[:50], y[:50])[-1].network_.weights[0]
    other = table.copy()
    other.iloc[50:] = 1e3
    again = model.fit(other[:50], y[:50])[-1].network_.weights[0]
    for a, b in zip(weights, again, strict=True):
        assert_array_equal(a, b)
    assert_array_equal(model.predict(other)[:50], model.predict(table)[:50])
    # Windows of the first rows alone, of a series that is longer.
    cut = SequenceWindower(window=10).fit_transform(table)[:50]
    changed = SequenceWindower(window=10).fit_transform(other)[:50]
    for a, b in zip(
        forecaster(**STATEFUL).fit(cut, y[:50]).network_.weights[0],
        forecaster(**STATEFUL).fit(changed, y[:50]).network_.weights[0],
        strict=True,
    ):
        assert_array_equal(a, b)


# With scikit-learn.


def test_pipelines_and_searches_take_it_as_any_other():
    table, y = series(120)
    labels = np.where(y > y.median(), "high", "low")
    model = make_pipeline(
        StandardScaler().set_output(transform="pandas"),
        SequenceWindower(window=12, lead=1),
        classifier(**STATEFUL, early_stopping=True, validation_fraction=0.2, epochs=4),
    )
    search = GridSearchCV(
        model, {"sequencewindower__window": [6, 12]}, cv=TimeSeriesSplit(3), error_score="raise"
    ).fit(table, labels)
    assert search.predict_proba(table).shape == (120, 2)
    assert search.best_estimator_[-1].history_["val_loss"].notna().any()
    X, values = running_sum(120)
    scores = cross_val_score(
        forecaster(**STATEFUL, early_stopping=True), X, values, cv=TimeSeriesSplit(3)
    )
    assert np.isfinite(scores).all()


def test_dropout_within_the_recurrence_and_unlabelled_rows():
    X, y = running_sum()
    y[::2] = np.nan
    fitted = forecaster(**STATEFUL, recurrent_dropout=0.2, dropout=0.1).fit(X, y)
    assert np.isfinite(fitted.predict(X)).all()


# What is refused.


def test_rows_out_of_order_are_refused():
    table, y = series(60)
    model = make_pipeline(SequenceWindower(window=5), forecaster(**STATEFUL))
    order = np.r_[np.arange(30), 31, 30, np.arange(32, 60)]
    with pytest.raises(ValueError, match=r"in the order of time .* row 31 \(2024-01-02 06:00"):
        model.fit(table.iloc[order], y.iloc[order])
    model.fit(table, y)
    with pytest.raises(ValueError, match="Sort X and y, and split without shuffling"):
        model.predict(table.iloc[order])


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"bidirectional": True}, "exclude each other"),
        ({"train_stride": 2}, "train_stride=2 leaves out windows"),
        ({"bptt_steps": 0}, "bptt_steps"),
    ],
)
def test_what_cannot_carry_a_state_is_refused(params, message):
    X, y = running_sum()
    with pytest.raises(ValueError, match=message):
        LSTMForecaster(plain=True, **STATEFUL, **params).fit(X, y)


def test_another_number_of_features_is_refused():
    X, y = running_sum()
    fitted = forecaster(**STATEFUL).fit(X, y)
    with pytest.raises(ValueError, match="X has 1 features, but LSTMForecaster is expecting 2"):
        fitted.predict(X[:, :1])
