"""The fused LSTM against Keras's layers: outputs and gradients."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from unittest import mock

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from sklstm.networks import NetworkSpec, _fused_lstm
from sklstm.networks._forward import apply_layers, gather_windows
from sklstm.networks._fused_lstm import STEPWISE_FROM_UNITS, lstm_layer, lstm_steps
from tests.networks.helpers import keras_model, random_windows

MASKS = ("full", "left", "right", "middle", "random", "none")


def fused(spec, weights, windows):
    count = tf.constant(windows.count)
    rows = windows.rows if len(windows.rows) else np.zeros((1, spec.n_features), np.float32)
    x = gather_windows(tf.constant(rows), tf.constant(windows.start), count)
    return apply_layers(spec, weights, x, count)


def gradient(stepwise):
    """Choose the way back, whatever the width of the layer."""
    from_units = 1 if stepwise else 10**6
    return mock.patch.object(_fused_lstm, "STEPWISE_FROM_UNITS", from_units)


def assert_gradients_agree(ours, theirs):
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-5 * max(np.abs(b).max(), 1e-3))


@settings(deadline=None, max_examples=40)
@given(
    seed=st.integers(0, 2**32 - 1),
    units=st.lists(st.integers(1, 9), min_size=1, max_size=3).map(tuple),
    n_features=st.integers(1, 5),
    n_steps=st.integers(1, 7),
    n_windows=st.integers(1, 6),
    bidirectional=st.booleans(),
    mask=st.sampled_from(MASKS),
    stepwise=st.booleans(),
)
def test_outputs_and_gradients_are_those_of_keras(
    seed, units, n_features, n_steps, n_windows, bidirectional, mask, stepwise
):
    with gradient(stepwise):
        assert_equals_keras(seed, units, n_features, n_steps, n_windows, bidirectional, mask)


@pytest.mark.parametrize("mask", MASKS)
def test_wide_layers_are_those_of_keras(mask):
    assert_equals_keras(0, (STEPWISE_FROM_UNITS, 8), 3, 6, 5, True, mask)


def assert_equals_keras(seed, units, n_features, n_steps, n_windows, bidirectional, mask):
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
        outputs = fused(spec, tensors, windows)
        loss = tf.reduce_sum(outputs * seen)
    gradients = tape.gradient(loss, tensors)
    np.testing.assert_allclose(outputs, expected, rtol=0, atol=2e-6)
    assert_gradients_agree(gradients, [tf.convert_to_tensor(g) for g in expected_gradients])


def naive_lstm(x, h, c, kernel, recurrent, bias):
    """One step after the other, from TensorFlow's elementary operations."""
    outputs, states = [], []
    for step in tf.unstack(x):
        i, f, g, o = tf.split(step @ kernel + h @ recurrent + bias, 4, axis=1)
        c = tf.sigmoid(f) * c + tf.sigmoid(i) * tf.tanh(g)
        h = tf.sigmoid(o) * tf.tanh(c)
        outputs.append(h)
        states.append(c)
    return tf.stack(outputs), tf.stack(states)


def op_arguments(seed, n_steps=5, n_samples=3, n_inputs=2, n_units=4):
    rng = np.random.default_rng(seed)
    shapes = [
        (n_steps, n_samples, n_inputs),
        (n_samples, n_units),
        (n_samples, n_units),
        (n_inputs, 4 * n_units),
        (n_units, 4 * n_units),
        (4 * n_units,),
    ]
    return [tf.constant(rng.normal(size=shape), tf.float32) for shape in shapes]


def gradients_of(function, arguments):
    """Differentiate a sum in which every output and every state has its own weight."""
    with tf.GradientTape() as tape:
        tape.watch(arguments)
        h, c = function(*arguments)
        weight = tf.reshape(tf.sin(tf.range(tf.size(h), dtype=tf.float32)), tf.shape(h))
        loss = tf.reduce_sum(h * weight) + tf.reduce_sum(c * weight[::-1])
    return tape.gradient(loss, arguments)


@pytest.mark.parametrize("stepwise", [False, True])
@pytest.mark.parametrize("seed", range(5))
def test_inputs_and_given_states_have_the_right_gradient(seed, stepwise):
    arguments = op_arguments(seed)
    for ours, naive in zip(lstm_steps(*arguments), naive_lstm(*arguments), strict=True):
        np.testing.assert_allclose(ours, naive, rtol=0, atol=2e-6)
    with gradient(stepwise):
        ours = gradients_of(lstm_steps, arguments)
    assert_gradients_agree(
        [g.numpy() for g in ours],
        [g.numpy() for g in gradients_of(naive_lstm, arguments)],
    )


def test_the_gradient_that_tensorflow_registers_is_wrong():
    # The reason for our own. When this fails, TensorFlow has repaired it and ours can go.
    def registered(x, h0, c0, kernel, recurrent, bias):
        zeros = tf.zeros([recurrent.shape[0]])
        outputs = tf.raw_ops.BlockLSTMV2(
            seq_len_max=tf.shape(x, out_type=tf.int64)[0],
            x=x,
            cs_prev=c0,
            h_prev=h0,
            w=tf.concat([kernel, recurrent], axis=0),
            wci=zeros,
            wcf=zeros,
            wco=zeros,
            b=bias,
            cell_clip=0.0,
            use_peephole=False,
        )
        return outputs.h, outputs.cs

    arguments = op_arguments(0)
    right = gradients_of(naive_lstm, arguments)
    wrong = gradients_of(registered, arguments)
    apart = [
        float(tf.reduce_max(tf.abs(w - r)) / tf.reduce_max(tf.abs(r)))
        for w, r in zip(wrong, right, strict=True)
    ]
    assert max(apart) > 0.05


@pytest.mark.parametrize("n_directions", [1, 2])
def test_sequences_are_in_the_order_of_the_steps(n_directions):
    spec = NetworkSpec(2, (3, 3), 1, "linear", bidirectional=n_directions == 2)
    rng = np.random.default_rng(0)
    own = [tf.constant(w) for w in spec.initial_weights(rng)[: 3 * n_directions]]
    x = tf.constant(rng.normal(size=(4, 5, 2)), tf.float32)
    counts = tf.constant([4, 1, 2, 3, 4])
    steps = lstm_layer(x, counts, own, only_last=False).numpy()
    zeros = tf.zeros([1, 3])
    for sample, count in enumerate(counts.numpy()):
        alone = x[:count, sample : sample + 1]
        naive = [naive_lstm(alone, zeros, zeros, *own[:3])[0]]
        if n_directions == 2:
            naive.append(naive_lstm(alone[::-1], zeros, zeros, *own[3:])[0][::-1])
        np.testing.assert_allclose(
            steps[:count, sample], tf.concat(naive, axis=-1)[:, 0], rtol=0, atol=2e-6
        )


@pytest.mark.parametrize("bidirectional", [False, True])
def test_a_window_without_steps_is_the_dense_layer_of_a_zero_state(bidirectional):
    rng = np.random.default_rng(0)
    spec = NetworkSpec(2, (4, 3), 2, "softmax", bidirectional)
    weights = spec.initial_weights(rng)
    weights[-1] = rng.normal(size=2).astype(np.float32)
    windows, _ = random_windows(rng, 3, 4, 2, how="none")
    outputs = fused(spec, [tf.constant(w) for w in weights], windows)
    np.testing.assert_allclose(outputs, np.tile(tf.nn.softmax(weights[-1]), (3, 1)), atol=1e-7)
