"""One direction of an LSTM layer in native code."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import tensorflow as tf

from sklstm.networks._native_operations import load_operations


def one_direction(steps, weights, state, *, reverse, training, returns_sequences):
    """Run an LSTM over windows of different lengths, in one direction.

    Parameters
    ----------
    steps : LayerInput
        The inputs.
    weights : list of 3 tensors
        Kernel ``(n_inputs, 4 * n_units)``, recurrent kernel ``(n_units, 4 * n_units)`` and bias
        ``(4 * n_units,)``, gates in Keras's order i, f, c, o.
    state : pair of tensors of shape (n_samples, n_units), or None
        h and c before the step that is read first; None is 0.
    reverse : bool
        Whether to read every window from its end.
    training : bool
        Whether to keep what the gradient needs.
    returns_sequences : bool
        Whether to return the outputs of all steps.

    Returns
    -------
    h : tensor of shape (n_steps, n_samples, n_units)
        The outputs, each at the position of its step; empty without ``returns_sequences``.
    state : pair of tensors of shape (n_samples, n_units)
        h and c after the step that was read last; the given state for a window without steps.

    Notes
    -----
    States have no gradient: the given state never has one, and with ``returns_sequences`` the
    final state has none either.
    """
    if state is None:
        zeros = tf.zeros([tf.shape(steps.start)[0], weights[1].shape[0]])
        state = zeros, zeros
    h, *state = lstm_steps(
        steps,
        *state,
        *weights,
        reverse=reverse,
        training=training,
        returns_sequences=returns_sequences,
    )
    return h, tuple(state)


def lstm_steps(
    steps, h0, c0, kernel, recurrent_kernel, bias, *, reverse, training, returns_sequences
):
    """Run an LSTM over windows of different lengths, in one direction, from a given state.

    Parameters
    ----------
    steps : LayerInput
        The inputs.
    h0, c0 : tensor of shape (n_samples, n_units)
        The state before the first step.
    kernel, recurrent_kernel, bias : tensor
        The weights, as in :func:`one_direction`.
    reverse, training, returns_sequences : bool
        As in :func:`one_direction`.

    Returns
    -------
    h : tensor of shape (n_steps, n_samples, n_units)
        As in :func:`one_direction`.
    h_last, c_last : tensor of shape (n_samples, n_units)
        The state after the step that was read last; the given one for a window without steps.
        ``h_last`` has a gradient only without ``returns_sequences``.
    """
    n_units = recurrent_kernel.shape[0]
    h_last, c_last, h, _ = load_operations().sklstm_lstm(
        steps.rows,
        steps.start,
        steps.count,
        steps.stride,
        steps.n_steps,
        kernel,
        recurrent_kernel,
        bias,
        h0,
        c0,
        reverse=reverse,
        returns_sequences=returns_sequences,
        keeps_gates=training,
        needs_rows=steps.are_outputs,
        # The limit set for TensorFlow; OpenMP has its own, and the lower one applies.
        n_threads=tf.config.threading.get_intra_op_parallelism_threads(),
    )
    h.set_shape([None, None, n_units])
    for state in (h_last, c_last):
        state.set_shape([None, n_units])
    if returns_sequences:
        h_last = tf.stop_gradient(h_last)
    return h, h_last, tf.stop_gradient(c_last)


@tf.RegisterGradient("SklstmLstm")
def _gradient_of_lstm(op, d_h_last, _d_c_last, d_h, _d_gates):
    *layer, _h0, _c0 = op.inputs
    attributes = ("reverse", "returns_sequences", "needs_rows", "n_threads")
    how = {name: op.get_attr(name) for name in attributes}
    gates, d_outputs = op.outputs[3], d_h if how["returns_sequences"] else d_h_last
    d_rows, *d_weights = load_operations().sklstm_lstm_grad(*op.inputs, gates, d_outputs, **how)
    for gradient, weight in zip(d_weights, layer[-3:], strict=True):
        gradient.set_shape(weight.shape)
    return d_rows if how["needs_rows"] else None, *[None] * 4, *d_weights, None, None
