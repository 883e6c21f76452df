"""The steps of windows that have a label, and the dense layer that answers there."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import tensorflow as tf

from sklstm.networks._layers import LayerInput
from sklstm.networks._native import load_native


def labelled_steps(table, steps: LayerInput, *, with_native: bool):
    """Look the labels of steps up, and leave out the steps that have none.

    Parameters
    ----------
    table : tensor of shape (n_rows, n_targets + 1)
        Targets of each row, all NaN without a label, and its weight.
    steps : LayerInput
        The windows, consecutive rows each.
    with_native : bool
        Whether the compiled kernels do it.

    Returns
    -------
    where : tensor of shape (n_labels,), int32
        Which of all steps, (n_steps, n_samples) in one row, exist and have a label; ascending.
    targets : tensor of shape (n_labels, n_targets)
        What should be answered there.
    weights : tensor of shape (n_labels,)
        What they weigh.
    """
    if with_native:
        where, targets, weights = load_native().sklstm_labels(
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
        Which of them, as :func:`labelled_steps` counts them, in ascending order.
    kernel : tensor of shape (n_units, output_size)
        The weights of the layer.
    bias : tensor of shape (output_size,)
        What it adds.
    with_native : bool
        Whether the compiled kernels do it.

    Returns
    -------
    tensor of shape (n_labels, output_size)
        The sums, not activated.
    """
    if not with_native:
        # All of them, and then some: answers are narrower than what they are computed from.
        return tf.gather(tf.matmul(tf.reshape(x, [-1, x.shape[-1]]), kernel) + bias, where)
    answers = load_native().sklstm_dense(
        x, where, kernel, bias, n_threads=tf.config.threading.get_intra_op_parallelism_threads()
    )
    answers.set_shape([None, kernel.shape[1]])
    return answers


@tf.RegisterGradient("SklstmDense")
def _gradient_of_dense(op, d_answers):
    x, _where, kernel, bias = op.inputs
    found = load_native().sklstm_dense_grad(
        *op.inputs, d_answers, n_threads=op.get_attr("n_threads")
    )
    for gradient, like in zip(found, (x, kernel, bias), strict=True):
        gradient.set_shape(like.shape)
    d_x, d_kernel, d_bias = found
    return d_x, None, d_kernel, d_bias
