"""The LSTM on TensorFlow's fused operation, for machines without the native code."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import tensorflow as tf

# Every array here is time-major, (steps, samples, features): the operation reads memory in that
# order. In a window the observed steps come first and the padding last, so the number of steps
# replaces a mask.


@tf.custom_gradient
def lstm_steps(x, h0, c0, kernel, recurrent_kernel, bias):
    """Run an LSTM layer over all steps.

    TensorFlow registers the gradient of its first version of this op for the second one, which
    orders the gates differently: training would use a wrong gradient without a warning
    (https://github.com/tensorflow/tensorflow/blob/v2.21.0/tensorflow/python/ops/rnn_grad.py). The
    right gradient operation exists and is registered here.

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
    n_inputs = tf.shape(kernel)[0]
    common = {
        "seq_len_max": tf.shape(x, out_type=tf.int64)[0],
        "x": x,
        "cs_prev": c0,
        "h_prev": h0,
        "w": tf.concat([kernel, recurrent_kernel], axis=0),
        "b": bias,
        "use_peephole": False,
    }
    common |= dict.fromkeys(("wci", "wcf", "wco"), tf.zeros_like(bias[:n_units]))
    i, cs, f, o, ci, co, h = tf.raw_ops.BlockLSTMV2(**common, cell_clip=0.0)

    def grad(dh, dc):
        dx, dc0, dh0, dw, _, _, _, db = tf.raw_ops.BlockLSTMGradV2(
            **common, i=i, cs=cs, f=f, o=o, ci=ci, co=co, h=h, cs_grad=dc, h_grad=dh
        )
        return dx, dh0, dc0, dw[:n_inputs], dw[n_inputs:], db

    return (h, cs), grad


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
