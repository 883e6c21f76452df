"""The shapes of the weights and their initial values, against Keras's own layers."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import keras
import numpy as np
import pytest

from sklstm.networks import NetworkInput, NetworkSpec


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("units", [(3,), (4, 2), (2, 3, 5)])
def test_shapes_are_those_of_keras_layers(units, bidirectional):
    spec = NetworkSpec(6, units, 2, "linear", bidirectional)
    layers = [keras.layers.LSTM(u, return_sequences=True) for u in units]
    if bidirectional:
        layers = [keras.layers.Bidirectional(layer) for layer in layers]
    model = keras.Sequential([keras.Input((None, 6)), *layers, keras.layers.Dense(2)])
    assert spec.weight_shapes() == [tuple(w.shape) for w in model.trainable_weights]


def test_weights_start_as_in_keras():
    spec = NetworkSpec(5, (16,), 3, "softmax")
    kernel, recurrent, bias, dense, dense_bias = spec.initial_weights(np.random.default_rng(0))
    for drawn, shape in ((kernel, (5, 64)), (dense, (16, 3))):
        limit = np.sqrt(6 / sum(shape))
        assert drawn.shape == shape
        assert 0.8 * limit < np.abs(drawn).max() <= limit
    np.testing.assert_allclose(recurrent @ recurrent.T, np.eye(16), atol=1e-6)
    layer = keras.layers.LSTM(16)
    layer.build((None, None, 5))
    np.testing.assert_array_equal(bias, keras.ops.convert_to_numpy(layer.trainable_weights[2]))
    np.testing.assert_array_equal(dense_bias, 0)


def test_weights_come_from_the_generator_alone():
    spec = NetworkSpec(5, (4, 3), 1, "linear", bidirectional=True)
    first, second, third = (spec.initial_weights(np.random.default_rng(s)) for s in (0, 0, 1))
    for a, b in zip(first, second, strict=True):
        np.testing.assert_array_equal(a, b)
    assert not np.array_equal(first[0], third[0])
    assert {w.dtype for w in first} == {np.dtype(np.float32)}


def test_taking_windows_shares_the_rows():
    rows = np.zeros((9, 1), dtype=np.float32)
    windows = NetworkInput(rows, np.arange(4, dtype=np.int32), np.full(4, 2, dtype=np.int32))
    taken = windows.take(np.array([3, 1]))
    assert len(taken) == 2
    assert taken.rows is rows
    np.testing.assert_array_equal(taken.start, [3, 1])
