"""Keras networks and naive loops as references for the fast networks."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from sklstm.networks import NetworkInput, NetworkSpec
from sklstm.networks._native import load_native

# The native code is missing on a machine without a compiler. test_native.py checks once that it is
# not missing elsewhere.
needs_native = pytest.mark.skipif(load_native() is None, reason="native code is not compiled")
# The engines that compute LSTM layers on this machine.
ENGINES = [pytest.param("native", marks=needs_native), "block_lstm"]


def keras_model(spec: NetworkSpec, weights=None, *, all_steps=False) -> keras.Model:
    """Build the network from plain Keras layers, with steps of NaN masked."""
    inputs = keras.Input((None, spec.n_features))
    known = keras.Input((spec.horizon, spec.n_known)) if spec.n_known else None
    missing = ops.isnan(inputs)
    mask = ops.logical_not(ops.all(missing, axis=-1))
    x = ops.where(missing, 0.0, inputs)
    for number, units in enumerate(spec.units):
        last = number == len(spec.units) - 1
        layer = keras.layers.LSTM(units, return_sequences=all_steps or not last)
        if spec.bidirectional:
            layer = keras.layers.Bidirectional(layer)
        x = layer(x, mask=mask)
    if spec.decoder_units:
        # The encoder-decoder of the tutorials.
        x = keras.layers.RepeatVector(spec.horizon)(x)
        if known is not None:
            x = keras.layers.Concatenate()([x, known])
        for units in spec.decoder_units:
            layer = keras.layers.LSTM(units, return_sequences=True)
            x = (keras.layers.Bidirectional(layer) if spec.bidirectional else layer)(x)
        x = keras.layers.TimeDistributed(keras.layers.Dense(spec.n_outputs))(x)
        x = keras.layers.Flatten()(x)
    else:
        x = keras.layers.Dense(spec.output_size, activation=spec.activation)(x)
    model = keras.Model(inputs if known is None else [inputs, known], x)
    if weights is not None:
        model.set_weights(weights)
    return model


def random_windows(rng, n_windows, n_steps, n_features, *, how="random"):
    """Draw windows with missing steps; return them as rows and as an array with NaN."""
    observed = {
        "full": lambda: np.ones((n_windows, n_steps), dtype=bool),
        "left": lambda: np.arange(n_steps) >= rng.integers(n_steps, size=(n_windows, 1)),
        "right": lambda: np.arange(n_steps) <= rng.integers(n_steps, size=(n_windows, 1)),
        "middle": lambda: (
            np.abs(np.arange(n_steps) - n_steps / 2)
            >= rng.integers(max(n_steps // 2, 1), size=(n_windows, 1))
        ),
        "random": lambda: rng.random((n_windows, n_steps)) < 0.6,
        "none": lambda: np.zeros((n_windows, n_steps), dtype=bool),
    }[how]()
    X = rng.normal(size=(n_windows, n_steps, n_features)).astype(np.float32)
    X[~observed] = np.nan
    return windows_of(X), X


def windows_of(X) -> NetworkInput:
    """Convert an array with NaN to rows and positions, by a loop."""
    rows, start, count = [], [], []
    for window in X:
        steps = [step for step in window if not np.isnan(step).all()]
        start.append(len(rows))
        count.append(len(steps))
        rows += steps
    table = np.array(rows, dtype=np.float32).reshape(-1, X.shape[2])
    return NetworkInput(table, np.array(start, dtype=np.int32), np.array(count, dtype=np.int32))


def naive_lstm(x, h, c, kernel, recurrent, bias):
    """Compute an LSTM step by step, from TensorFlow's elementary operations."""
    outputs, states = [], []
    for step in tf.unstack(x):
        i, f, g, o = tf.split(step @ kernel + h @ recurrent + bias, 4, axis=1)
        c = tf.sigmoid(f) * c + tf.sigmoid(i) * tf.tanh(g)
        h = tf.sigmoid(o) * tf.tanh(c)
        outputs.append(h)
        states.append(c)
    return tf.stack(outputs), tf.stack(states)


def layer_arguments(seed, n_steps=5, n_samples=3, n_inputs=2, n_units=4):
    """Draw the inputs, a state and the weights of one direction of a layer."""
    rng = np.random.default_rng(seed)
    shapes = [
        (n_steps, n_samples, n_inputs),
        (n_samples, n_units),
        (n_samples, n_units),
        (n_inputs, 4 * n_units),
        (n_units, 4 * n_units),
        (4 * n_units,),
    ]
    return [tf.constant(rng.normal(scale=0.4, size=shape), tf.float32) for shape in shapes]
