"""From rows and positions to outputs: the whole network as one pure function of its weights."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import tensorflow as tf

from sklstm.networks._fused_lstm import lstm_layer

_ACTIVATIONS = {"linear": tf.identity, "sigmoid": tf.sigmoid, "softmax": tf.nn.softmax}


def gather_windows(rows, start, count):
    """Cut windows out of the rows, for one batch.

    Parameters
    ----------
    rows : tensor of shape (n_rows, n_features)
        All rows, at least one.
    start, count : tensor of shape (n_samples,), int32
        Where each window starts and how many steps it has.

    Returns
    -------
    tensor of shape (n_steps, n_samples, n_features)
        Time-major windows as long as the longest; shorter ones repeat their last step.
    """
    n_steps = tf.maximum(tf.reduce_max(count), 1)
    steps = tf.minimum(tf.range(n_steps)[:, None], tf.maximum(count - 1, 0)[None, :])
    positions = tf.minimum(start[None, :] + steps, tf.shape(rows)[0] - 1)
    return tf.gather(rows, positions)


def apply_layers(spec, weights, x, counts, *, after_layer=None):
    """Run windows through the LSTM layers and the dense layer.

    Parameters
    ----------
    spec : NetworkSpec
        The sizes.
    weights : list of tensors
        In the order of ``spec.weight_shapes()``.
    x : tensor of shape (n_steps, n_samples, n_features)
        Time-major windows.
    counts : tensor of shape (n_samples,), int32
        Steps that exist in each window.
    after_layer : callable, default=None
        Called as ``after_layer(outputs, layer_number)`` on the outputs of each LSTM layer, for
        dropout in training.

    Returns
    -------
    tensor of shape (n_samples, n_outputs)
        The activated outputs.
    """
    per_layer = spec.weights_per_layer
    for layer in range(len(spec.units)):
        own = weights[layer * per_layer : (layer + 1) * per_layer]
        x = lstm_layer(x, counts, own, only_last=layer == len(spec.units) - 1)
        if after_layer is not None:
            x = after_layer(x, layer)
    return apply_head(spec, weights, x)


def apply_head(spec, weights, x):
    """Run the outputs of the last LSTM layer through the dense layer.

    Parameters
    ----------
    spec : NetworkSpec
        The sizes.
    weights : list of tensors
        All weights of the network; the last two are used.
    x : tensor of shape (n_samples, n_inputs)
        Outputs of the last LSTM layer.

    Returns
    -------
    tensor of shape (n_samples, n_outputs)
        The activated outputs.
    """
    return _ACTIVATIONS[spec.activation](tf.matmul(x, weights[-2]) + weights[-1])
