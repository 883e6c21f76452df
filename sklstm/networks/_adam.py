"""Adam with one operation for each variable."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import keras
import tensorflow as tf

from sklstm.networks._keras_private import slots_of


class FusedAdam(keras.optimizers.Adam):
    """Keras's Adam, with its arithmetic in one TensorFlow operation.

    Keras writes the update of a variable as a dozen small operations, which take a good part of
    the training time of a small network. One operation computes the same formula.
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
    """Return the resource handle of a variable."""
    return (variable.value if isinstance(variable, keras.Variable) else variable).handle


def with_fused_update(optimizer: keras.optimizers.Optimizer) -> keras.optimizers.Optimizer:
    """Replace an optimizer by its fused version, if it has one.

    Parameters
    ----------
    optimizer : keras.optimizers.Optimizer
        Any optimizer, not used yet.

    Returns
    -------
    keras.optimizers.Optimizer
        :class:`FusedAdam` with the same settings for Adam itself, with a fixed learning rate and
        without ``amsgrad``; otherwise the optimizer given.
    """
    if type(optimizer) is not keras.optimizers.Adam or optimizer.amsgrad:
        return optimizer
    config = optimizer.get_config()
    if not isinstance(config["learning_rate"], float | int):
        return optimizer
    return FusedAdam.from_config(config)
