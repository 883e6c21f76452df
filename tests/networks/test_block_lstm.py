"""TensorFlow's fused LSTM operation, with the right gradient, against a naive loop."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import gc
import weakref

import numpy as np
import pytest
import tensorflow as tf

from sklstm.networks._block_lstm import lstm_steps
from tests.networks.helpers import layer_arguments, naive_lstm


def gradients_of(function, arguments):
    """Differentiate a sum in which every output and every state has its own weight."""
    with tf.GradientTape() as tape:
        tape.watch(arguments)
        h, c = function(*arguments)
        weight = tf.reshape(tf.sin(tf.range(tf.size(h), dtype=tf.float32)), tf.shape(h))
        loss = tf.reduce_sum(h * weight) + tf.reduce_sum(c * weight[::-1])
    return tape.gradient(loss, arguments)


@pytest.mark.parametrize("seed", range(5))
def test_inputs_and_given_states_have_the_right_gradient(seed):
    arguments = layer_arguments(seed)
    for ours, naive in zip(lstm_steps(*arguments), naive_lstm(*arguments), strict=True):
        np.testing.assert_allclose(ours, naive, rtol=0, atol=2e-6)
    ours, naive = gradients_of(lstm_steps, arguments), gradients_of(naive_lstm, arguments)
    for a, b in zip(ours, naive, strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-5 * float(tf.reduce_max(tf.abs(b))))


def test_the_gradient_that_tensorflow_registers_is_wrong():
    # The reason for the first version of the operation. When this test fails, TensorFlow has
    # repaired the second one, which needs no other order of the gates.
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

    arguments = layer_arguments(0)
    right = gradients_of(naive_lstm, arguments)
    wrong = gradients_of(registered, arguments)
    apart = [
        float(tf.reduce_max(tf.abs(w - r)) / tf.reduce_max(tf.abs(r)))
        for w, r in zip(wrong, right, strict=True)
    ]
    assert max(apart) > 0.05


def test_a_graph_that_is_gone_leaves_nothing_behind():
    """A custom gradient would be kept, with the graph that it was traced in."""
    arguments = layer_arguments(0)

    def trace():
        graph = tf.function(lambda *given: gradients_of(lstm_steps, given), autograph=False)
        return weakref.ref(graph.get_concrete_function(*arguments).graph)

    gone = trace()
    gc.collect()
    assert gone() is None
