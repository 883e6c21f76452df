"""Training on an output for every step, and of stateful networks, against plain Keras."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from functools import cache

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from sklstm.networks import (
    Examples,
    NetworkInput,
    NetworkSpec,
    TrainingTask,
    acquire_network,
    predict_steps,
)
from tests.networks.helpers import keras_model, random_windows

pytestmark = pytest.mark.usefixtures("fast_engine")

RATE = 0.3


def trained(spec, task, start, *, epochs, **parts):
    parts = {"optimizer": keras.optimizers.SGD(RATE), "loss": "mse", "metrics": ["mae"]} | parts
    with acquire_network(spec, task, **parts) as network:
        network.set_ordered_weights(start)
        history = network.fit(epochs=epochs).history
        return dict(history), network.get_ordered_weights()


def assert_close(ours, theirs, *, atol=2e-5):
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=atol)


def labelled_windows(bidirectional, mask):
    """Draw a network, its initial weights, windows as examples and as an array, and a generator."""
    rng = np.random.default_rng(0)
    spec = NetworkSpec(2, (5, 3), 2, "linear", bidirectional, returns_sequences=True)
    start = spec.initial_weights(rng)
    windows, X = random_windows(rng, 11, 6, 2, how=mask)
    targets = rng.normal(size=(len(windows.rows), 2)).astype(np.float32)
    weights = rng.uniform(0.5, 2, size=len(targets)).astype(np.float32)
    targets[rng.random(len(targets)) < 0.3] = np.nan
    # The first step of every window is labelled, so that no batch is without a label.
    targets[windows.start[windows.count > 0]] = 1
    return spec, start, Examples(windows, targets, weights), X, rng


@cache
def trained_by_hand(bidirectional, mask):
    """Train a Keras model on the labelled steps: losses, weights, and the error afterwards."""
    spec, start, examples, X, _ = labelled_windows(bidirectional, mask)
    model = keras_model(spec, start, all_steps=True)
    observed = ~np.isnan(X[:, :, 0])
    y = np.full((*observed.shape, 2), np.nan, np.float32)
    y[observed] = examples.targets
    weight = np.zeros(observed.shape, np.float32)
    weight[observed] = examples.weights
    losses = []
    for _ in range(3):
        total, n_steps = 0.0, 0
        for batch in np.split(np.arange(11), [4, 8]):
            labelled = ~np.isnan(y[batch, :, 0])
            with tf.GradientTape() as tape:
                error = tf.square(model(X[batch])[labelled] - y[batch][labelled])
                loss = tf.reduce_mean(tf.reduce_mean(error, axis=1) * weight[batch][labelled])
            for variable, gradient in zip(
                model.trainable_variables,
                tape.gradient(loss, [v.value for v in model.trainable_variables]),
                strict=True,
            ):
                variable.assign_sub(RATE * gradient)
            total, n_steps = total + float(loss) * labelled.sum(), n_steps + labelled.sum()
        losses.append(total / n_steps)
    labelled = ~np.isnan(y[:, :, 0])
    return losses, model.get_weights(), np.abs(model(X).numpy()[labelled] - y[labelled]).mean()


@pytest.mark.medium
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("mask", ["full", "random", "left"])
def test_the_loss_is_that_of_the_labelled_steps(bidirectional, mask):
    spec, start, examples, _, rng = labelled_windows(bidirectional, mask)
    task = TrainingTask(examples, examples, 4, False, rng)
    ours, weights = trained(spec, task, start, epochs=3)
    losses, expected_weights, error = trained_by_hand(bidirectional, mask)
    np.testing.assert_allclose(ours["loss"], losses, rtol=1e-4)
    assert_close(weights, expected_weights)
    # Validation uses the network after the epoch; metrics are not weighted, as in Keras.
    np.testing.assert_allclose(ours["val_mae"][-1], error, rtol=1e-4)


def series_of(rng, lengths, n_features, bptt_steps):
    """Cut series into chunks, and label some of their rows."""
    rows = rng.normal(size=(sum(lengths), n_features)).astype(np.float32)
    start, count, series = [], [], []
    for number, (first, length) in enumerate(zip(np.cumsum(lengths), lengths, strict=True)):
        for step in range(0, length, bptt_steps):
            start.append(first - length + step)
            count.append(min(bptt_steps, length - step))
            series.append(number)
    windows = NetworkInput(rows, np.array(start, np.int32), np.array(count, np.int32))
    targets = rng.normal(size=(len(rows), 1)).astype(np.float32)
    targets[rng.random(len(rows)) < 0.4] = np.nan
    return Examples(windows, targets, np.ones(len(rows), np.float32), np.array(series))


@pytest.mark.medium
@pytest.mark.parametrize("bptt_steps", [1, 3, 50])
@pytest.mark.parametrize("units", [(6,), (5, 3)])
def test_a_stateful_epoch_is_that_of_keras_reset_by_hand(bptt_steps, units):
    rng = np.random.default_rng(0)
    spec = NetworkSpec(2, units, 1, "linear", stateful=True)
    start = spec.initial_weights(rng)
    # Keras needs series of equal length.
    examples = series_of(rng, [20, 20, 20], 2, bptt_steps)
    # Chunks without a label only carry the state.
    examples.targets[3:6] = examples.targets[23:26] = examples.targets[43:46] = np.nan
    task = TrainingTask(examples, examples, 8, False, rng)
    adam = keras.optimizers.Adam(0.05)
    ours, ours_weights = trained(spec, task, start, epochs=3, optimizer=adam)

    inputs = keras.Input(batch_shape=(3, None, 2))
    x = inputs
    for width in units:
        x = keras.layers.LSTM(width, return_sequences=True, stateful=True)(x)
    model = keras.Model(inputs, keras.layers.Dense(1)(x))
    model.set_weights(start)
    optimizer = keras.optimizers.Adam(0.05)
    X, y = examples.windows.rows.reshape(3, 20, 2), examples.targets.reshape(3, 20)
    losses = []

    def reset():
        for layer in model.layers:
            if isinstance(layer, keras.layers.LSTM):
                layer.reset_states()

    for _ in range(3):
        reset()
        total, n_steps = 0.0, 0
        for step in range(0, 20, bptt_steps):
            chunk = slice(step, step + bptt_steps)
            labelled = ~np.isnan(y[:, chunk])
            with tf.GradientTape() as tape:
                y_pred = model(X[:, chunk])
                if not labelled.any():
                    continue
                loss = tf.reduce_mean(tf.square(y_pred[labelled][:, 0] - y[:, chunk][labelled]))
            variables = model.trainable_variables
            optimizer.apply(tape.gradient(loss, [v.value for v in variables]), variables)
            total, n_steps = total + float(loss) * labelled.sum(), n_steps + labelled.sum()
        losses.append(total / n_steps)
    np.testing.assert_allclose(ours["loss"], losses, rtol=1e-4)
    # Adam divides small gradients by their size, and so enlarges rounding errors.
    assert_close(ours_weights, model.get_weights(), atol=2e-4)
    model.set_weights(ours_weights)
    # To predict, each series starts with a state of 0 and is read in one pass.
    reset()
    whole = NetworkInput(examples.windows.rows, np.int32([0, 20, 40]), np.int32([20, 20, 20]))
    outputs, _ = predict_steps(spec, ours_weights, whole)
    np.testing.assert_allclose(outputs.reshape(3, 20), model(X)[:, :, 0], rtol=0, atol=2e-5)
    # Validation also reads the chunks in order.
    labelled = ~np.isnan(y)
    expected = np.abs(outputs.reshape(3, 20) - y)[labelled].mean()
    np.testing.assert_allclose(ours["val_mae"][-1], expected, rtol=1e-4)


def test_series_of_different_lengths_train_as_one_after_the_other():
    # There is one slot: each series must start with a state of 0, whatever series was before it.
    rng = np.random.default_rng(0)
    spec = NetworkSpec(1, (4,), 1, "linear", stateful=True)
    start = spec.initial_weights(rng)
    examples = series_of(rng, [7, 1, 12], 1, 4)
    _, together = trained(spec, TrainingTask(examples, None, 1, False, rng), start, epochs=1)
    weights = start
    for number in range(3):
        own = np.flatnonzero(examples.series == number)
        one = Examples(
            examples.windows.take(own), examples.targets, examples.weights, examples.series[own]
        )
        _, weights = trained(spec, TrainingTask(one, None, 1, False, rng), weights, epochs=1)
    assert_close(together, weights)


@pytest.mark.medium
@pytest.mark.parametrize("stateful", [False, True])
def test_keras_layers_train_on_steps_as_the_fast_engines_do(monkeypatch, stateful):
    rng = np.random.default_rng(0)
    how = {"stateful": True} if stateful else {"returns_sequences": True}
    spec = NetworkSpec(2, (5, 3), 1, "linear", **how)
    start = spec.initial_weights(rng)
    examples = series_of(rng, [9, 4, 20], 2, 4)
    if not stateful:
        examples = Examples(examples.windows, examples.targets, examples.weights)
    task = TrainingTask(examples, None, 3, False, rng)
    fast, fast_weights = trained(spec, task, start, epochs=2)
    for module in ("_network", "_model_cache"):
        monkeypatch.setattr(f"sklstm.networks.{module}.choose_engine", lambda *_, **__: "keras")
    slow, slow_weights = trained(spec, task, start, epochs=2)
    np.testing.assert_allclose(slow["loss"], fast["loss"], rtol=1e-5)
    assert_close(slow_weights, fast_weights)


@given(
    lengths=st.lists(st.integers(1, 6), min_size=1, max_size=12),
    batch_size=st.integers(1, 15),
    shuffle=st.booleans(),
)
def test_batches_hold_the_next_chunk_of_each_series(lengths, batch_size, shuffle):
    series = np.repeat(np.arange(len(lengths)), lengths)
    n = len(series)
    windows = NetworkInput(np.zeros((1, 1)), np.zeros(n, np.int32), np.zeros(n, np.int32))
    examples = Examples(windows, np.zeros((1, 1)), np.zeros(1), series)
    rng = np.random.default_rng(0) if shuffle else None
    order, n_slots = examples.in_batches(batch_size, rng)
    assert n_slots == min(batch_size, len(lengths))
    # Every chunk once ...
    np.testing.assert_array_equal(np.sort(order[order < n]), np.arange(n))
    for slot in order.reshape(-1, n_slots).T:
        # ... in a slot without gaps, and each series whole, from its start to its end.
        taken = slot[slot < n]
        assert (slot[: len(taken)] < n).all()
        begins = np.r_[True, np.diff(series[taken]) != 0]
        np.testing.assert_array_equal(examples.starts_series()[taken], begins)
        assert (np.diff(taken)[~begins[1:]] == 1).all()
    # No slot has many more windows than another.
    ends = [(slot < n).sum() for slot in order.reshape(-1, n_slots).T]
    assert max(ends) - min(ends) <= max(lengths)
