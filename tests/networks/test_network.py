"""Training, epoch by epoch, against the `fit` of plain Keras."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from functools import cache

import keras
import numpy as np
import pytest

from sklstm.networks import Examples, NetworkSpec, TrainingTask, acquire_network
from tests.networks.helpers import keras_model, random_windows

pytestmark = pytest.mark.usefixtures("fast_engine")

N_WINDOWS = 50


def a_task(spec, *, how="random", weights=None, validation=False, rng=None, seed=0, n=N_WINDOWS):
    draw = np.random.default_rng(seed)
    parts = []
    for size in (n, 23):
        windows, X = random_windows(draw, size, 6, spec.n_features, how=how)
        if spec.activation == "softmax":
            y = np.eye(spec.n_outputs)[draw.integers(spec.n_outputs, size=size)]
        elif spec.activation == "sigmoid":
            y = draw.integers(2, size=(size, spec.n_outputs))
        else:
            y = draw.normal(size=(size, spec.n_outputs))
        ones = np.ones(size, np.float32)
        parts.append((Examples(windows, y.astype(np.float32), ones), X))
    (training, X), (held_out, X_val) = parts
    if weights is not None:
        training = Examples(training.windows, training.targets, weights)
    shuffle, rng = rng is not None, np.random.default_rng(0) if rng is None else rng
    task = TrainingTask(training, held_out if validation else None, 16, shuffle, rng)
    return task, X, X_val


def trained(spec, task, weights, *, epochs=4, callbacks=None, **parts):
    with acquire_network(spec, task, **parts) as network:
        network.set_ordered_weights(weights)
        history = network.fit(epochs=epochs, callbacks=callbacks).history
        return dict(history), network.get_ordered_weights()


CASES = {
    "single": (NetworkSpec(2, (6,), 1, "linear"), "mean_squared_error", "Adam"),
    "stacked": (NetworkSpec(2, (5, 3), 2, "linear"), "mean_absolute_error", "RMSprop"),
    "bidirectional": (NetworkSpec(2, (4,), 1, "sigmoid", True), "binary_crossentropy", "SGD"),
    "both": (NetworkSpec(3, (4, 3), 3, "softmax", True), "categorical_crossentropy", "Nadam"),
}


def metrics_of(spec):
    return ["accuracy", "mae"] if spec.activation != "linear" else ["mse"]


def sample_weight():
    return np.random.default_rng(9).uniform(0.5, 2, N_WINDOWS).astype(np.float32)


@cache
def trained_by_keras(case, validation):
    """Train with plain Keras; return its logs and weights.

    Eager execution gives the numbers of a graph, without the seconds that tracing one takes.
    """
    spec, loss, optimizer = CASES[case]
    task, X, X_val = a_task(spec, validation=validation)
    model = keras_model(spec, spec.initial_weights(np.random.default_rng(1)))
    model.compile(
        getattr(keras.optimizers, optimizer)(0.01), loss, metrics=metrics_of(spec), run_eagerly=True
    )
    history = model.fit(
        X,
        task.training.targets,
        sample_weight=sample_weight(),
        validation_data=(X_val, task.validation.targets) if validation else None,
        batch_size=16,
        epochs=4,
        shuffle=False,
        verbose=0,
    ).history
    return history, model.get_weights()


@pytest.mark.parametrize(
    ("case", "validation"),
    [("single", False), *(pytest.param(c, True, marks=pytest.mark.slow) for c in CASES)],
)
def test_the_loss_curve_is_that_of_keras(case, validation):
    spec, loss, optimizer = CASES[case]
    task, _, _ = a_task(spec, weights=sample_weight(), validation=validation)
    ours, weights = trained(
        spec,
        task,
        spec.initial_weights(np.random.default_rng(1)),
        optimizer=getattr(keras.optimizers, optimizer)(0.01),
        loss=loss,
        metrics=metrics_of(spec),
    )
    curves, expected_weights = trained_by_keras(case, validation)
    assert set(ours) == set(curves)
    for name, curve in curves.items():
        np.testing.assert_allclose(ours[name], curve, rtol=1e-4, atol=1e-6, err_msg=name)
    for a, b in zip(weights, expected_weights, strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=2e-4)


@pytest.mark.medium
def test_averaged_weights_are_written_back_as_in_keras():
    spec = NetworkSpec(2, (4,), 1, "linear")
    task, X, _ = a_task(spec)
    start = spec.initial_weights(np.random.default_rng(1))

    def optimizer():
        return keras.optimizers.SGD(0.1, use_ema=True, ema_momentum=0.5)

    _, weights = trained(spec, task, start, optimizer=optimizer(), loss="mse", metrics=None)
    model = keras_model(spec, start)
    model.compile(optimizer(), "mse", run_eagerly=True)
    model.fit(X, task.training.targets, batch_size=16, epochs=4, shuffle=False, verbose=0)
    for a, b in zip(weights, model.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-5)


@pytest.mark.medium
@pytest.mark.parametrize("recurrent_dropout", [0.0, pytest.param(0.4, marks=pytest.mark.slow)])
def test_dropout_drops_in_training_and_nowhere_else(recurrent_dropout):
    plain = NetworkSpec(2, (8, 4), 1, "linear", bidirectional=True)
    dropping = NetworkSpec(2, (8, 4), 1, "linear", True, 0.5, recurrent_dropout)
    start = plain.initial_weights(np.random.default_rng(1))
    # With a learning rate of almost 0, the validation loss is that of the initial network.
    parts = {"loss": "mse", "metrics": None}
    logs = {}
    for spec in (plain, dropping):
        for seed in (3, 3, 4):
            task, _, _ = a_task(spec, validation=True, rng=np.random.default_rng(seed))
            history, _ = trained(
                spec, task, start, optimizer=keras.optimizers.SGD(1e-12), epochs=2, **parts
            )
            logs.setdefault(spec, []).append(history)
    for history in logs[dropping]:
        np.testing.assert_allclose(history["val_loss"], logs[plain][0]["val_loss"], rtol=1e-5)
        assert abs(history["loss"][0] / logs[plain][0]["loss"][0] - 1) > 1e-4
        assert history["loss"][0] != history["loss"][1]
    first, again, other = (history["loss"] for history in logs[dropping])
    assert first == again
    assert first != other


@pytest.mark.medium
def test_keras_layers_train_as_the_fast_engines_do(monkeypatch):
    spec = NetworkSpec(2, (5, 3), 1, "linear", bidirectional=True)
    task, _, _ = a_task(spec)
    start = spec.initial_weights(np.random.default_rng(1))
    parts = {"loss": "mse", "metrics": None}
    fused, _ = trained(spec, task, start, optimizer=keras.optimizers.Adam(0.01), **parts)
    for module in ("_network", "_model_cache"):
        monkeypatch.setattr(f"sklstm.networks.{module}.choose_engine", lambda *_, **__: "keras")
    slow, _ = trained(spec, task, start, optimizer=keras.optimizers.Adam(0.01), **parts)
    np.testing.assert_allclose(slow["loss"], fused["loss"], rtol=1e-5)


def test_a_network_without_a_task_does_not_train():
    spec = NetworkSpec(2, (5,), 1, "linear")
    task, _, _ = a_task(spec)
    parts = {"optimizer": keras.optimizers.SGD(0.1), "loss": "mse", "metrics": None}
    with acquire_network(spec, task, **parts) as network:
        pass
    with pytest.raises(RuntimeError, match="no task"):
        network.fit()


def test_metrics_with_a_value_for_each_output_stay_arrays():
    spec = NetworkSpec(2, (4,), 3, "softmax")
    task, _, _ = a_task(spec)
    start = spec.initial_weights(np.random.default_rng(1))
    history, _ = trained(
        spec,
        task,
        start,
        optimizer=keras.optimizers.SGD(0.1),
        loss="categorical_crossentropy",
        metrics=[keras.metrics.F1Score()],
    )
    assert [value.shape for value in history["f1_score"]] == [(3,)] * 4
