"""The steps of windows that have a label, and what the network answers there."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import tensorflow as tf

from sklstm.networks._kernels import load_kernels
from sklstm.networks._layers import Steps


def labelled_steps(table, steps: Steps, answers, *, with_kernels: bool):
    """Look the labels of steps up, and leave out the steps that have none.

    Parameters
    ----------
    table : tensor of shape (n_rows, n_targets + 1)
        Targets of each row, all NaN without a label, and its weight.
    steps : Steps
        The windows, consecutive rows each.
    answers : tensor of shape (n_steps * n_samples, n_answers)
        What the network answers at each step of each window.
    with_kernels : bool
        Whether the compiled kernels do it.

    Returns
    -------
    answers : tensor of shape (n_labels, n_answers)
        Those at the steps that exist and have a label.
    targets : tensor of shape (n_labels, n_targets)
        What it should answer.
    weights : tensor of shape (n_labels,)
        What they weigh.
    """
    if with_kernels:
        kernels = load_kernels()
        where, targets, weights = kernels.sklstm_labels(
            table, steps.start, steps.count, steps.n_steps
        )
        targets.set_shape([None, table.shape[1] - 1])
        weights.set_shape([None])
        return _taken(answers, where, kernels), targets, weights
    step = tf.range(steps.n_steps)[:, None]
    row = tf.minimum(steps.start + step, tf.shape(table)[0] - 1)
    own = tf.gather(table, tf.reshape(row, [-1]))
    missing = tf.reduce_all(tf.math.is_nan(own[:, :-1]), axis=1)
    where = tf.where(tf.reshape(step < steps.count, [-1]) & ~missing)
    own = tf.gather_nd(own, where)
    return tf.gather_nd(answers, where), own[:, :-1], own[:, -1]


def _taken(answers, where, kernels):
    @tf.custom_gradient
    def take(answers):
        n_rows = tf.shape(answers)[0]
        taken = kernels.sklstm_take(answers, where, n_rows)
        taken.set_shape([None, answers.shape[1]])

        def gradient(d_taken):
            placed = kernels.sklstm_place(d_taken, where, n_rows)
            placed.set_shape([None, answers.shape[1]])
            return placed

        return taken, gradient

    return take(answers)
