"""Several epochs in one call are the same epochs as one by one."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import keras
import numpy as np
import pandas as pd
import pytest

from sklstm import LSTMClassifier, LSTMForecaster
from sklstm.networks import _network

rng = np.random.default_rng(0)
X, Y = rng.normal(size=(90, 6, 2)), rng.normal(size=(90, 2))


class Watching(keras.callbacks.Callback):
    """Does nothing, but would see each epoch."""


def both_ways(estimator, y, monkeypatch, *, at_once=10**12):
    """Fit it watched and unwatched, with so much work at once; return both."""
    monkeypatch.setattr(_network, "_WORK_AT_ONCE", at_once)
    watched = type(estimator)(**estimator.get_params()).set_params(callbacks=[Watching()])
    return watched.fit(X, y), estimator.fit(X, y)


def assert_equal_fits(watched, unwatched, y):
    pd.testing.assert_frame_equal(watched.history_, unwatched.history_, check_exact=True)
    np.testing.assert_array_equal(watched.predict(X), unwatched.predict(X))
    # The states of the optimizers, too.
    for model in (watched, unwatched):
        model.partial_fit(X, y)
    np.testing.assert_array_equal(watched.predict(X), unwatched.predict(X))


@pytest.mark.parametrize("at_once", [0, 500_000, 10**12])
@pytest.mark.parametrize(
    "parameters",
    [
        {"plain": True},
        {"learning_rate_schedule": "linear", "dropout": 0.3},
        {"n_members": 2, "weight_decay": 0.1},
        {
            "optimizer": keras.optimizers.SGD(
                keras.optimizers.schedules.ExponentialDecay(0.1, 2, 0.5)
            )
        },
        {"shuffle": False, "horizon": 2},
    ],
)
def test_forecasts_are_the_same(parameters, at_once, monkeypatch):
    model = LSTMForecaster(units=4, epochs=7, random_state=0).set_params(**parameters)
    assert_equal_fits(*both_ways(model, Y, monkeypatch, at_once=at_once), Y)


@pytest.mark.parametrize("metrics", [None, ["accuracy"]])
def test_classes_are_the_same(metrics, monkeypatch):
    model = LSTMClassifier(units=4, epochs=4, metrics=metrics, random_state=0)
    y = np.arange(90) % 3
    assert_equal_fits(*both_ways(model, y, monkeypatch), y)


def test_calls_are_as_few_as_the_work_allows(monkeypatch):
    calls = []
    train_epochs_of = _network.train_epochs_of

    def counting(network, **how):
        graph = train_epochs_of(network, **how)
        return lambda *tensors: calls.append(len(tensors[-1])) or graph(*tensors)

    monkeypatch.setattr(_network, "train_epochs_of", counting)
    # No other test has this network.
    model = LSTMForecaster(units=7, epochs=10, learning_rate_schedule="cosine", plain=True)
    n_steps, n_weights = 90 * 6, 4 * 7 * (2 + 7 + 1) + 8
    monkeypatch.setattr(_network, "_WORK_AT_ONCE", 4 * n_steps * n_weights)
    model.fit(X, Y[:, 0])
    assert calls == [4, 4, 2]


def test_a_loss_that_is_not_finite_stops_nothing(monkeypatch):
    def infinite(y, y_pred):
        return keras.ops.mean(keras.ops.square(y - y_pred), axis=-1) + np.inf

    model = LSTMForecaster(units=4, epochs=5, loss=infinite, plain=True, random_state=0)
    watched, unwatched = both_ways(model, Y[:, 0], monkeypatch)
    assert unwatched.history_["loss"].tolist() == [np.inf] * 5
    assert_equal_fits(watched, unwatched, Y[:, 0])


def test_both_report_the_epoch_that_diverged(monkeypatch):
    model = LSTMForecaster(
        units=4, epochs=9, learning_rate=1e30, optimizer="sgd", plain=True, random_state=0
    )
    messages = []
    for callbacks in (None, [Watching()]):
        with pytest.raises(ValueError, match="diverged in epoch") as error:
            model.set_params(callbacks=callbacks).fit(X, Y[:, 0])
        messages.append(str(error.value))
    assert messages[0] == messages[1]
