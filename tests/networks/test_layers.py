"""LSTM layers of every engine against Keras's: outputs and gradients."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from sklstm.networks import NetworkSpec, choose_engine
from sklstm.networks._forward import apply_head, apply_lstm_layers
from sklstm.networks._layers import input_of_outputs, input_of_windows, lstm_layer
from sklstm.networks._native_operations import load_operations
from tests.networks.helpers import (
    ENGINES,
    keras_model,
    layer_arguments,
    naive_lstm,
    random_windows,
)

MASKS = ("full", "left", "right", "middle", "random", "none")


def run(engine, spec, weights, windows):
    rows = windows.rows if len(windows.rows) else np.zeros((1, spec.n_features), np.float32)
    steps = input_of_windows(
        tf.constant(rows), tf.constant(windows.start), tf.constant(windows.count)
    )
    x, _ = apply_lstm_layers(spec, weights, steps, engine=engine, training=True)
    return apply_head(spec, weights, x)


def assert_gradients_agree(ours, theirs):
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-5 * max(np.abs(b).max(), 1e-3))


any_layers = given(
    seed=st.integers(0, 2**32 - 1),
    units=st.lists(st.integers(1, 40), min_size=1, max_size=3).map(tuple),
    n_features=st.integers(1, 5),
    n_steps=st.integers(1, 7),
    n_windows=st.sampled_from([1, 2, 5, 12, 33, 70]),
    bidirectional=st.booleans(),
    mask=st.sampled_from(MASKS),
)


@pytest.mark.medium
@pytest.mark.parametrize("engine", ENGINES)
@settings(max_examples=15)
@any_layers
def test_outputs_and_gradients_are_those_of_keras(engine, **layers):
    assert_equals_keras(engine, **layers)


@pytest.mark.slow
@pytest.mark.parametrize("engine", ENGINES)
@settings(max_examples=30)
@any_layers
def test_outputs_and_gradients_of_many_layers_are_those_of_keras(engine, **layers):
    assert_equals_keras(engine, **layers)


@pytest.mark.medium
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("mask", MASKS)
def test_wide_layers_and_many_windows_are_those_of_keras(engine, mask):
    # More samples and steps than the native code computes in one part.
    assert_equals_keras(engine, 0, (130, 8), 3, 6, 150, True, mask)


def assert_equals_keras(engine, seed, units, n_features, n_steps, n_windows, bidirectional, mask):
    rng = np.random.default_rng(seed)
    spec = NetworkSpec(n_features, units, 2, "linear", bidirectional)
    weights = spec.initial_weights(rng)
    windows, X = random_windows(rng, n_windows, n_steps, n_features, how=mask)
    model = keras_model(spec, weights)
    seen = tf.constant(rng.normal(size=(n_windows, 2)), tf.float32)
    with tf.GradientTape() as tape:
        expected = model(X)
        loss = tf.reduce_sum(expected * seen)
    expected_gradients = tape.gradient(loss, [v.value for v in model.trainable_variables])
    tensors = [tf.constant(w) for w in weights]
    with tf.GradientTape() as tape:
        tape.watch(tensors)
        outputs = run(engine, spec, tensors, windows)
        loss = tf.reduce_sum(outputs * seen)
    gradients = tape.gradient(loss, tensors)
    np.testing.assert_allclose(outputs, expected, rtol=0, atol=2e-6)
    assert_gradients_agree(gradients, [tf.convert_to_tensor(g) for g in expected_gradients])


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("n_directions", [1, 2])
def test_sequences_are_in_the_order_of_the_steps(engine, n_directions):
    spec = NetworkSpec(2, (3, 3), 1, "linear", bidirectional=n_directions == 2)
    rng = np.random.default_rng(0)
    own = [tf.constant(w) for w in spec.initial_weights(rng)[: 3 * n_directions]]
    x = tf.constant(rng.normal(size=(4, 5, 2)), tf.float32)
    counts = tf.constant([4, 1, 2, 3, 4])
    outputs, _ = lstm_layer(
        input_of_outputs(x, counts), own, engine=engine, training=False, only_last=False
    )
    zeros = tf.zeros([1, 3])
    for sample, count in enumerate(counts.numpy()):
        alone = x[:count, sample : sample + 1]
        naive = [naive_lstm(alone, zeros, zeros, *own[:3])[0]]
        if n_directions == 2:
            naive.append(naive_lstm(alone[::-1], zeros, zeros, *own[3:])[0][::-1])
        np.testing.assert_allclose(
            outputs[:count, sample], tf.concat(naive, axis=-1)[:, 0], rtol=0, atol=2e-6
        )


@pytest.mark.parametrize("engine", ENGINES)
def test_a_layer_starts_from_a_state_and_returns_the_last(engine):
    x, h, c, *weights = layer_arguments(0, n_steps=5, n_samples=4)
    counts = tf.constant([5, 1, 0, 3])
    outputs, (h_last, c_last) = lstm_layer(
        input_of_outputs(x, counts),
        weights,
        (h, c),
        engine=engine,
        training=False,
        only_last=False,
    )
    for sample, count in enumerate(counts.numpy()):
        one = slice(sample, sample + 1)
        # A window without steps leaves the state as it was.
        expected_h, expected_c = h[one], c[one]
        if count:
            hs, cs = naive_lstm(x[:count, one], h[one], c[one], *weights)
            np.testing.assert_allclose(outputs[:count, one], hs, rtol=0, atol=2e-6)
            expected_h, expected_c = hs[-1], cs[-1]
        np.testing.assert_allclose(h_last[one], expected_h, rtol=0, atol=2e-6)
        np.testing.assert_allclose(c_last[one], expected_c, rtol=0, atol=2e-6)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("bidirectional", [False, True])
def test_a_window_without_steps_is_the_dense_layer_of_a_zero_state(engine, bidirectional):
    rng = np.random.default_rng(0)
    spec = NetworkSpec(2, (4, 3), 2, "softmax", bidirectional)
    weights = spec.initial_weights(rng)
    weights[-1] = rng.normal(size=2).astype(np.float32)
    windows, _ = random_windows(rng, 3, 4, 2, how="none")
    outputs = run(engine, spec, [tf.constant(w) for w in weights], windows)
    np.testing.assert_allclose(outputs, np.tile(tf.nn.softmax(weights[-1]), (3, 1)), atol=1e-7)


def test_the_engine_depends_on_the_layers_and_on_the_machine(monkeypatch):
    plain = NetworkSpec(2, (3,), 1, "linear")
    dropping = NetworkSpec(2, (3,), 1, "linear", recurrent_dropout=0.2)
    fast = "block_lstm" if load_operations() is None else "native"
    assert choose_engine(plain, training=True) == fast
    assert choose_engine(dropping, training=True) == "keras"
    assert choose_engine(dropping, training=False) == fast
    monkeypatch.setattr("sklstm.networks._layers.load_operations", lambda: None)
    assert choose_engine(plain, training=True) == "block_lstm"
