"""The LSTM on TensorFlow's fused operation, for machines without the native code."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import tensorflow as tf

# Every array here is time-major, (steps, samples, features): the operation reads memory in that
# order. In a window the observed steps come first and the padding last, so the number of steps
# replaces a mask.


def lstm_steps(x, h0, c0, kernel, recurrent_kernel, bias):
    """Run an LSTM layer over all steps.

    The first version of the operation orders the gates i, c, f, o. The second one has Keras's
    order, but TensorFlow registers the gradient of the first for it, so that training would use a
    wrong gradient without a warning
    (https://github.com/tensorflow/tensorflow/blob/v2.21.0/tensorflow/python/ops/rnn_grad.py). A
    gradient of our own, by `tf.custom_gradient`, would be kept for ever with each graph.

    Parameters
    ----------
    x : tensor of shape (n_steps, n_samples, n_inputs), float32
        Inputs, finite.
    h0, c0 : tensor of shape (n_samples, n_units)
        The state before the first step.
    kernel : tensor of shape (n_inputs, 4 * n_units)
        Input weights, gates in Keras's order i, f, c, o.
    recurrent_kernel : tensor of shape (n_units, 4 * n_units)
        Recurrent weights.
    bias : tensor of shape (4 * n_units,)
        Biases.

    Returns
    -------
    h, c : tensor of shape (n_steps, n_samples, n_units)
        Outputs and cell states after every step.
    """
    n_units = recurrent_kernel.shape[0]
    i, f, c, o = tf.split(tf.concat([kernel, recurrent_kernel, bias[None]], axis=0), 4, axis=1)
    weights = tf.concat([i, c, f, o], axis=1)
    none = tf.zeros([n_units])
    outputs = tf.raw_ops.BlockLSTM(
        seq_len_max=tf.shape(x, out_type=tf.int64)[0],
        x=x,
        cs_prev=c0,
        h_prev=h0,
        w=weights[:-1],
        wci=none,
        wcf=none,
        wco=none,
        b=weights[-1],
        forget_bias=0.0,
        cell_clip=0.0,
        use_peephole=False,
    )
    return outputs.h, outputs.cs


def gather_steps(steps):
    """Gather the steps of a batch, the observed ones first.

    Parameters
    ----------
    steps : LayerInput
        The positions of the steps.

    Returns
    -------
    tensor of shape (n_steps, n_samples, n_inputs)
        Time-major windows as long as the longest; shorter ones repeat their last step.
    """
    if steps.are_outputs:
        # Outputs are gathered already.
        return tf.reshape(steps.rows, [steps.n_steps, -1, steps.rows.shape[-1]])
    number = tf.minimum(tf.range(steps.n_steps)[:, None], tf.maximum(steps.count - 1, 0)[None, :])
    positions = steps.start[None, :] + number * steps.stride
    return tf.gather(steps.rows, tf.minimum(positions, tf.shape(steps.rows)[0] - 1))


def one_direction(x, counts, weights, state, *, reverse):
    """Run an LSTM over windows of different lengths, in one direction.

    Parameters
    ----------
    x : tensor of shape (n_steps, n_samples, n_inputs)
        Windows; the first ``counts[i]`` steps of sample *i* are observed, the rest is finite
        padding.
    counts : tensor of shape (n_samples,), int32
        Number of observed steps.
    weights : list of 3 tensors
        Kernel, recurrent kernel and bias.
    state : pair of tensors of shape (n_samples, n_units), or None
        h and c before the step that is read first; None is 0.
    reverse : bool
        Whether to read every window from its end.

    Returns
    -------
    h : tensor of shape (n_steps, n_samples, n_units)
        The outputs, each at the position of its step; undefined beyond the end of a window.
    state : pair of tensors of shape (n_samples, n_units)
        h and c after the step that was read last; the given state for a window without steps.
    """
    n_units = weights[1].shape[0]
    if state is None:
        zeros = tf.zeros([tf.shape(x)[1], n_units], x.dtype)
        state = zeros, zeros
    h, c = lstm_steps(_reversed(x, counts) if reverse else x, *state, *weights)
    h.set_shape([None, None, n_units])
    last = tuple(
        _at_last_step(part, counts, before) for part, before in zip((h, c), state, strict=True)
    )
    return _reversed(h, counts) if reverse else h, last


def _reversed(x, counts):
    return tf.reverse_sequence(x, counts, seq_axis=0, batch_axis=1)


def _at_last_step(h, counts, before):
    samples = tf.range(tf.shape(counts)[0])
    last = tf.gather_nd(h, tf.stack([tf.maximum(counts - 1, 0), samples], axis=1))
    return tf.where((counts > 0)[:, None], last, before)
