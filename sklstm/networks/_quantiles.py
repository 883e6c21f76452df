"""Quantile predictions: the loss that trains them, and their reduction to a point prediction."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import keras
import tensorflow as tf


class PinballLoss(keras.losses.Loss):
    """The quantile loss, averaged over quantiles and targets.

    For the quantile of level q, a prediction that is too low costs q for each unit of its error,
    and one that is too high costs 1 - q [1]_.

    Parameters
    ----------
    quantiles : tuple of float
        The levels; the outputs for a target are side by side in their order.

    References
    ----------
    .. [1] Koenker, R. and Bassett, G. (1978). Regression quantiles. Econometrica, 46(1), 33-50.
    """

    def __init__(self, quantiles, name="pinball"):
        super().__init__(name=name)
        self.quantiles = tuple(quantiles)

    def call(self, y_true, y_pred):
        """Compute the loss of each sample or step ahead.

        Parameters
        ----------
        y_true : tensor of shape (..., n_targets)
            Actual values.
        y_pred : tensor of shape (..., n_targets * n_quantiles)
            Predicted quantiles.

        Returns
        -------
        tensor of shape (...)
            The losses.
        """
        levels = tf.constant(self.quantiles, y_pred.dtype)
        too_low = tf.repeat(y_true, len(self.quantiles), axis=-1) - y_pred
        levels = tf.tile(levels, [y_pred.shape[-1] // len(self.quantiles)])
        return tf.reduce_mean(tf.maximum(levels * too_low, (levels - 1.0) * too_low), axis=-1)

    def get_config(self):
        """Return the arguments that create an equal loss."""
        return {"quantiles": self.quantiles, "name": self.name}

    def __eq__(self, other):
        """Compare the levels: fits with equal losses may reuse a network."""
        return type(other) is type(self) and other.quantiles == self.quantiles

    def __hash__(self):
        """Hash the levels."""
        return hash(self.quantiles)


def point_prediction(y_pred, quantiles):
    """Reduce the quantiles of each target to the one nearest to the median, for metrics.

    Parameters
    ----------
    y_pred : tensor of shape (..., n_targets * n_quantiles)
        Predictions.
    quantiles : tuple of float
        The levels, in increasing order; empty for point predictions.

    Returns
    -------
    tensor of shape (..., n_targets)
        One number for each target.
    """
    if not quantiles:
        return y_pred
    nearest = min(range(len(quantiles)), key=lambda k: abs(quantiles[k] - 0.5))
    return y_pred[..., nearest :: len(quantiles)]
