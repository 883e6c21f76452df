"""Losses and metrics of users: the shapes that they are given, and have to return."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import keras
import numpy as np
import pytest
from keras import ops
from numpy.testing import assert_allclose, assert_array_equal

from tests.estimators.helpers import classifier, forecaster, sequences, series, windows


def squared(y_true, y_pred):
    return ops.mean(ops.square(y_true - y_pred), axis=-1)


def of_each_target(y_true, y_pred):
    return ops.square(y_true - y_pred)


def of_the_batch(y_true, y_pred):
    return ops.mean(ops.square(y_true - y_pred))


def of_forecasts(y_true, y_pred):
    return ops.mean(ops.square(y_true - y_pred), axis=(1, 2))


def of_targets(y_true, y_pred):
    return ops.mean(ops.square(y_true - y_pred), axis=0)


def of_two_columns(y_true, y_pred):
    return y_pred[:, 2] - y_true[:, 2]


def in_numpy(y_true, y_pred):
    return np.square(y_true.numpy() - y_pred.numpy()).mean(axis=-1)


def without_result(y_true, y_pred):
    ops.square(y_true - y_pred)


class Squared(keras.losses.Loss):
    def call(self, y_true, y_pred):
        return squared(y_true, y_pred)


def fit(horizon=1, **params):
    table, _ = series(60)
    X, y = windows(table), table.to_numpy()[:, :2]
    return forecaster(**({"horizon": horizon, "epochs": 3} | params)).fit(X, y)


@pytest.mark.slow
@pytest.mark.parametrize("horizon", [1, 3])
@pytest.mark.parametrize("loss", [squared, Squared(), Squared])
def test_right_shapes_learn_what_keras_learns(horizon, loss):
    own, named = fit(horizon, loss=loss), fit(horizon, loss="mse")
    assert_allclose(own.history_["loss"], named.history_["loss"], rtol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("horizon", [1, 3])
def test_one_target_may_keep_its_axis(horizon):
    table, y = series(60)
    own, named = (
        forecaster(horizon=horizon, loss=loss).fit(windows(table), y)
        for loss in (of_each_target, "mse")
    )
    assert_allclose(own.history_["loss"], named.history_["loss"], rtol=1e-5)


@pytest.mark.parametrize("of", ["horizon", "steps", "stateful", "classes", "two classes"])
def test_the_shapes_are_the_documented_ones(of):
    seen = set()

    def loss(y_true, y_pred):
        seen.add((tuple(y_true.shape[1:]), tuple(y_pred.shape[1:])))
        return squared(y_true, y_pred)

    def metric(y_true, y_pred):
        seen.add((tuple(y_true.shape[1:]), tuple(y_pred.shape[1:])))
        return squared(y_true, y_pred)

    if of == "horizon":
        fit(3, loss=loss)
        assert seen == {((3, 2), (3, 2))}
        seen.clear()
        fit(3, metrics=[metric])
        assert seen == {((2,), (2,))}
    elif of in ("steps", "stateful"):
        fit(
            loss=loss, metrics=[metric], **{"steps": {"return_sequences": True}}.get(of, {of: True})
        )
        assert seen == {((2,), (2,))}
    else:
        X, _, label = sequences(30)
        label = label if of == "classes" else label > 0
        classifier(loss=loss, metrics=[metric]).fit(X, label)
        n = 3 if of == "classes" else 1
        assert seen == {((n,), (n,))}


@pytest.mark.parametrize(
    ("loss", "horizon", "message"),
    [
        (
            of_the_batch,
            3,
            r"shape \(\) for y_true of shape \(n_samples, 3, 2\); .*\(n_samples, 3\)",
        ),
        (of_forecasts, 3, r"shape \(n_samples,\) for y_true of shape \(n_samples, 3, 2\)"),
        (of_each_target, 3, r"shape \(n_samples, 3, 2\) for y_true of shape \(n_samples, 3, 2\)"),
        (of_each_target, 1, r"shape \(n_samples, 2\) for y_true of shape \(n_samples, 2\)"),
        (of_targets, 3, r"shape \(3, 2\) for y_true of shape \(n_samples, 3, 2\)"),
        (of_targets, 1, r"shape \(2,\) for y_true of shape \(n_samples, 2\); .*\(n_samples,\)"),
        (of_two_columns, 1, r"y_true of shape \(n_samples, 2\) and y_pred of shape .*: .*slice"),
        (of_forecasts, 1, r"y_true of shape \(n_samples, 2\) and y_pred"),
        (in_numpy, 3, r"\(n_samples, 3, 2\).*AttributeError: .*numpy"),
        (without_result, 1, r"\(n_samples, 2\).*ValueError"),
    ],
)
def test_a_wrong_loss_is_refused_with_its_shape(loss, horizon, message):
    with pytest.raises(ValueError, match=rf"(?s)loss=.*{loss.__name__}.*{message}"):
        fit(horizon, loss=loss)


@pytest.mark.parametrize(
    ("metric", "message"),
    [
        (of_forecasts, r"cannot be computed on y_true of shape \(n_samples, 2\)"),
        (of_targets, r"shape \(2,\) for y_true of shape \(n_samples, 2\).*step ahead is a sample"),
        (in_numpy, r"AttributeError"),
    ],
)
def test_a_wrong_metric_is_refused_with_its_shape(metric, message):
    with pytest.raises(ValueError, match=rf"(?s)metrics.*{metric.__name__}.*{message}"):
        fit(3, metrics=[metric])


def test_a_mean_of_the_batch_will_do_where_nothing_is_weighted():
    X, y, label = sequences(60)
    one, two = (forecaster(loss=loss).fit(X, y) for loss in (of_the_batch, "mse"))
    assert_allclose(one.predict(X), two.predict(X), rtol=1e-4)
    with pytest.raises(ValueError, match=r"of shape \(\), which weights of samples or classes"):
        forecaster(loss=of_the_batch).fit(X, y, sample_weight=np.linspace(0.1, 1, 60))
    with pytest.raises(ValueError, match=r"of shape \(\), which weights of samples or classes"):
        classifier(loss=of_the_batch, class_weight={0: 3.0}).fit(X, label)


def test_a_refused_loss_leaves_the_estimator_as_it_was():
    X, y, _ = sequences(30)
    model = forecaster().fit(X, y)
    before = model.predict(X)
    with pytest.raises(ValueError, match="of_targets"):
        model.set_params(loss=of_targets).fit(X, y)
    assert_array_equal(model.predict(X), before)
