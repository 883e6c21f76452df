"""One direction of an LSTM layer on the kernels of this library."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import tensorflow as tf

from sklstm.networks._kernels import load_kernels


def one_direction(steps, weights, state, *, reverse, training, returns_sequences):
    """Run an LSTM over windows of different lengths, in one direction.

    Parameters
    ----------
    steps : Steps
        The inputs.
    weights : list of 3 tensors
        Kernel ``(n_inputs, 4 * n_units)``, recurrent kernel ``(n_units, 4 * n_units)`` and bias
        ``(4 * n_units,)``, gates in Keras's order i, f, c, o.
    state : pair of tensors of shape (n_samples, n_units), or None
        h and c before the step that is read first; None is 0.
    reverse : bool
        Whether to read every window from its end.
    training : bool
        Whether to keep what the way back needs.
    returns_sequences : bool
        Whether the outputs of all steps are wanted.

    Returns
    -------
    h : tensor of shape (n_steps, n_samples, n_units)
        The outputs, each in the place of its step; without a row if they are not wanted.
    state : pair of tensors of shape (n_samples, n_units)
        h and c after the step that was read last; the given state for a window without steps.
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
    steps : Steps
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
    """
    kernels = load_kernels()
    n_units = recurrent_kernel.shape[0]
    how = {
        "reverse": reverse,
        "returns_sequences": returns_sequences,
        # What the user has allowed TensorFlow; OpenMP has limits of its own, the lower one counts.
        "n_threads": tf.config.threading.get_intra_op_parallelism_threads(),
    }
    where = steps.start, steps.count, steps.stride, steps.n_steps

    @tf.custom_gradient
    def run(rows, h0, c0, kernel, recurrent_kernel, bias):
        layer = rows, *where, kernel, recurrent_kernel, bias, h0, c0
        h_last, c_last, h, gates = kernels.sklstm_lstm(*layer, keeps_gates=training, **how)
        h.set_shape([None, None, n_units])
        h_last.set_shape([None, n_units])
        c_last.set_shape([None, n_units])

        def gradient(d_h, d_h_last, d_c_last):
            d_rows, d_kernel, d_recurrent_kernel, d_bias, d_h0, d_c0 = kernels.sklstm_lstm_grad(
                *layer, gates, d_h_last, d_c_last, d_h, needs_rows=steps.are_outputs, **how
            )
            found = d_rows, d_h0, d_c0, d_kernel, d_recurrent_kernel, d_bias
            for tensor, like in zip(
                found[1:], (h0, c0, kernel, recurrent_kernel, bias), strict=True
            ):
                tensor.set_shape(like.shape)
            return found if steps.are_outputs else (None, *found[1:])

        return (h, h_last, c_last), gradient

    return run(steps.rows, h0, c0, kernel, recurrent_kernel, bias)
