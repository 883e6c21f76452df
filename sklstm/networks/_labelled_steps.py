"""The labelled steps of windows, and the dense layer that computes their outputs."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import tensorflow as tf

from sklstm.networks._layers import LayerInput
from sklstm.networks._native_operations import load_operations


def labelled_steps(table, steps: LayerInput, *, with_native: bool):
    """Look up the labels of steps, and leave out the steps without one.

    Parameters
    ----------
    table : tensor of shape (n_rows, n_targets + 1)
        Targets of each row, all NaN without a label, and its weight in the last column.
    steps : LayerInput
        The windows, each of consecutive rows.
    with_native : bool
        Whether the native code does it.

    Returns
    -------
    where : tensor of shape (n_labels,), int32
        Observed steps with a label, as ascending positions in the flattened
        ``(n_steps, n_samples)``.
    targets : tensor of shape (n_labels, n_targets)
        Their targets.
    weights : tensor of shape (n_labels,)
        Their weights.
    """
    if with_native:
        where, targets, weights = load_operations().sklstm_labels(
            table, steps.start, steps.count, steps.n_steps
        )
        targets.set_shape([None, table.shape[1] - 1])
        weights.set_shape([None])
        return where, targets, weights
    step = tf.range(steps.n_steps)[:, None]
    row = tf.minimum(steps.start + step, tf.shape(table)[0] - 1)
    own = tf.gather(table, tf.reshape(row, [-1]))
    missing = tf.reduce_all(tf.math.is_nan(own[:, :-1]), axis=1)
    where = tf.where(tf.reshape(step < steps.count, [-1]) & ~missing)[:, 0]
    own = tf.gather(own, where)
    return tf.cast(where, tf.int32), own[:, :-1], own[:, -1]


def dense_at(x, where, kernel, bias, *, with_native: bool):
    """Run the outputs of some steps through a dense layer.

    Parameters
    ----------
    x : tensor of shape (n_steps, n_samples, n_units)
        The outputs of all steps.
    where : tensor of shape (n_labels,), int32
        Selected steps, as positions like those of :func:`labelled_steps`.
    kernel : tensor of shape (n_units, output_size)
        The kernel of the layer.
    bias : tensor of shape (output_size,)
        The bias of the layer.
    with_native : bool
        Whether the native code does it.

    Returns
    -------
    tensor of shape (n_labels, output_size)
        The sums before the activation.
    """
    if not with_native:
        # Compute all and gather some: outputs are narrower than the inputs of the layer.
        return tf.gather(tf.matmul(tf.reshape(x, [-1, x.shape[-1]]), kernel) + bias, where)
    outputs = load_operations().sklstm_dense(
        x, where, kernel, bias, n_threads=tf.config.threading.get_intra_op_parallelism_threads()
    )
    outputs.set_shape([None, kernel.shape[1]])
    return outputs


@tf.RegisterGradient("SklstmDense")
def _gradient_of_dense(op, d_outputs):
    x, _where, kernel, bias = op.inputs
    gradients = load_operations().sklstm_dense_grad(
        *op.inputs, d_outputs, n_threads=op.get_attr("n_threads")
    )
    for gradient, like in zip(gradients, (x, kernel, bias), strict=True):
        gradient.set_shape(like.shape)
    d_x, d_kernel, d_bias = gradients
    return d_x, None, d_kernel, d_bias
