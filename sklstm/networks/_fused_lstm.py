"""The fast LSTM: all steps of a layer in one TensorFlow op, with the gradient it should have."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import tensorflow as tf

# Every array here is time-major, (steps, samples, features): that is the order in which the op
# walks through memory. Windows are laid with the steps that exist first and the padding last, so
# a mask is nothing but a count of steps, and costs nothing.

# The fused gradient adds the weights' gradient up step by step, in products too thin for the
# processor. From so many units on, one product over all steps at the end wins back more than
# leaving the fused op costs.
STEPWISE_FROM_UNITS = 128


@tf.custom_gradient
def lstm_steps(x, h0, c0, kernel, recurrent_kernel, bias):
    """Run an LSTM layer over all steps.

    TensorFlow registers the gradient of its first version of this op for the second one, which
    orders the gates differently: training would go on with a wrong gradient and no complaint
    (https://github.com/tensorflow/tensorflow/blob/v2.21.0/tensorflow/python/ops/rnn_grad.py). The
    right gradient op exists and is wired up here.

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
        if n_units is not None and n_units >= STEPWISE_FROM_UNITS:
            gates = {"i": i, "f": f, "o": o, "candidate": ci}
            before = x, h0, c0, kernel, recurrent_kernel
            return _gradient_by_steps(*before, gates, cs, co, h, dh, dc)
        dx, dc0, dh0, dw, _, _, _, db = tf.raw_ops.BlockLSTMGradV2(
            **common, i=i, cs=cs, f=f, o=o, ci=ci, co=co, h=h, cs_grad=dc, h_grad=dh
        )
        return dx, dh0, dc0, dw[:n_inputs], dw[n_inputs:], db

    return (h, cs), grad


def _gradient_by_steps(x, h0, c0, kernel, recurrent_kernel, gates, c, tanh_c, h, dh, dc):
    """Go back step by step, and multiply for all steps at once what need not wait."""
    i, f, o, candidate = gates["i"], gates["f"], gates["o"], gates["candidate"]
    c_before = tf.concat([c0[None], c[:-1]], axis=0)
    h_before = tf.concat([h0[None], h[:-1]], axis=0)
    # What the gradients of c (i, f, candidate) and of h (o) are multiplied by on their way to
    # the gates before their activation, in Keras's order.
    slopes = tf.concat(
        [
            candidate * i * (1 - i),
            c_before * f * (1 - f),
            i * (1 - candidate * candidate),
            tanh_c * o * (1 - o),
        ],
        axis=-1,
    )
    h_to_c = o * (1 - tanh_c * tanh_c)
    backwards = tf.transpose(recurrent_kernel)

    def one_step(step, dh_after, dc_after, d_gates):
        dh_step = dh_after + dh[step]
        dc_step = dc_after + dc[step] + dh_step * h_to_c[step]
        d_gate = tf.concat([dc_step, dc_step, dc_step, dh_step], axis=-1) * slopes[step]
        d_gates = d_gates.write(step, d_gate)
        return step - 1, tf.matmul(d_gate, backwards), dc_step * f[step], d_gates

    n_steps = tf.shape(x)[0]
    all_gates = tf.TensorArray(tf.float32, size=n_steps, element_shape=[None, slopes.shape[-1]])
    _, dh0, dc0, all_gates = tf.while_loop(
        lambda step, *_: step >= 0,
        one_step,
        (n_steps - 1, tf.zeros_like(h0), tf.zeros_like(c0), all_gates),
        parallel_iterations=1,
    )
    d_gates = all_gates.stack()
    flat = tf.reshape(d_gates, [-1, slopes.shape[-1]])
    d_kernel = tf.matmul(_flat(x), flat, transpose_a=True)
    d_recurrent = tf.matmul(_flat(h_before), flat, transpose_a=True)
    dx = tf.reshape(tf.matmul(flat, kernel, transpose_b=True), tf.shape(x))
    return dx, dh0, dc0, d_kernel, d_recurrent, tf.reduce_sum(flat, axis=0)


def _flat(steps):
    """Lay the steps of all samples in one column."""
    return tf.reshape(steps, [-1, tf.shape(steps)[-1]])


def lstm_layer(x, counts, weights, *, only_last):
    """Run one LSTM layer, in one or both directions, over windows of different lengths.

    Parameters
    ----------
    x : tensor of shape (n_steps, n_samples, n_inputs)
        Windows; the first ``counts[i]`` steps of sample *i* exist, the rest is finite padding.
    counts : tensor of shape (n_samples,), int32
        Number of steps that exist.
    weights : list of 3 or 6 tensors
        Kernel, recurrent kernel and bias; a second three make the layer bidirectional.
    only_last : bool
        Whether only the state after the last step is wanted.

    Returns
    -------
    tensor of shape (n_samples, n_outputs) or (n_steps, n_samples, n_outputs)
        The outputs, the directions concatenated; 0 after a window without steps.
    """
    forwards = _one_direction(x, weights[:3])
    if len(weights) == 3:
        return _at_last_step(forwards, counts) if only_last else forwards
    backwards = _one_direction(_reversed(x, counts), weights[3:])
    if only_last:
        ends = _at_last_step(forwards, counts), _at_last_step(backwards, counts)
        return tf.concat(ends, axis=-1)
    return tf.concat([forwards, _reversed(backwards, counts)], axis=-1)


def _one_direction(x, weights):
    n_units = weights[1].shape[0]
    zeros = tf.zeros([tf.shape(x)[1], n_units], x.dtype)
    h, _ = lstm_steps(x, zeros, zeros, *weights)
    h.set_shape([None, None, n_units])
    return h


def _reversed(x, counts):
    return tf.reverse_sequence(x, counts, seq_axis=0, batch_axis=1)


def _at_last_step(h, counts):
    samples = tf.range(tf.shape(counts)[0])
    last = tf.gather_nd(h, tf.stack([tf.maximum(counts - 1, 0), samples], axis=1))
    return tf.where((counts > 0)[:, None], last, tf.zeros_like(last))
