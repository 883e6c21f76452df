"""Adam with one operation for each variable."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import keras
import tensorflow as tf

from sklstm.networks._keras_private import slots_of


class FusedAdam(keras.optimizers.Adam):
    """Keras's Adam, its arithmetic in TensorFlow's own op.

    Keras writes the update of a variable as a dozen small ops. For small networks these take as
    long as a good part of the layers; the op computes the same formula in one.
    """

    def update_step(self, gradient, variable, learning_rate):
        """Update a variable.

        Parameters
        ----------
        gradient : tensor
            Its gradient.
        variable : keras.Variable or tf.Variable
            The variable.
        learning_rate : tensor
            The learning rate of this step.
        """
        momentum, velocity = slots_of(self, variable)
        step = tf.cast(tf.convert_to_tensor(self.iterations) + 1, tf.float32)
        tf.raw_ops.ResourceApplyAdam(
            var=_handle(variable),
            m=_handle(momentum),
            v=_handle(velocity),
            beta1_power=tf.pow(self.beta_1, step),
            beta2_power=tf.pow(self.beta_2, step),
            lr=tf.cast(learning_rate, tf.float32),
            beta1=self.beta_1,
            beta2=self.beta_2,
            epsilon=self.epsilon,
            grad=gradient,
        )


def _handle(variable):
    """Return what TensorFlow's ops know a variable by."""
    return (variable.value if isinstance(variable, keras.Variable) else variable).handle


def with_fused_update(optimizer: keras.optimizers.Optimizer) -> keras.optimizers.Optimizer:
    """Take the fused update where there is one.

    Parameters
    ----------
    optimizer : keras.optimizers.Optimizer
        Any optimizer, not used yet.

    Returns
    -------
    keras.optimizers.Optimizer
        An equal optimizer: the fused one for Adam itself, with a rate that is a number and without
        ``amsgrad``; else the one given.
    """
    if type(optimizer) is not keras.optimizers.Adam or optimizer.amsgrad:
        return optimizer
    config = optimizer.get_config()
    if not isinstance(config["learning_rate"], float | int):
        return optimizer
    return FusedAdam.from_config(config)
