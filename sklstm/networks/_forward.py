"""From rows and positions to outputs: the whole network as one pure function of its weights."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import tensorflow as tf

from sklstm.networks._layers import Engine, Steps, lstm_layer, steps_of_outputs
from sklstm.networks._spec import NetworkSpec

_ACTIVATIONS = {"linear": tf.identity, "sigmoid": tf.sigmoid, "softmax": tf.nn.softmax}


def apply_lstm_layers(
    spec: NetworkSpec,
    weights,
    steps: Steps,
    states=None,
    *,
    engine: Engine,
    training: bool = False,
    only_last: bool = True,
    after_layer=None,
):
    """Run windows through the LSTM layers.

    Parameters
    ----------
    spec : NetworkSpec
        The sizes.
    weights : list of tensors
        In the order of ``spec.weight_shapes()``.
    steps : Steps
        The windows.
    states : list of pairs of tensors of shape (n_samples, n_units), default=None
        h and c of each layer before the first step, in a network of one direction; None is 0.
    engine : {"kernels", "block_lstm"}
        What computes the LSTM layers.
    training : bool, default=False
        Whether somebody will ask for gradients.
    only_last : bool, default=True
        Whether only the outputs after the last step are wanted.
    after_layer : callable, default=None
        Called as ``after_layer(outputs, layer_number)`` on the outputs of each LSTM layer, for
        dropout in training.

    Returns
    -------
    x : tensor of shape (n_samples, n_last_units) or (n_steps, n_samples, n_last_units)
        The outputs of the last layer. Beyond the end of a window they mean nothing.
    states : list of pairs of tensors of shape (n_samples, n_units)
        h and c of each layer after the last step.
    """
    per_layer = spec.weights_per_layer
    last = len(spec.units) - 1
    states = [None] * (last + 1) if states is None else states
    ends = []
    for layer in range(last + 1):
        x, state = lstm_layer(
            steps,
            weights[layer * per_layer : (layer + 1) * per_layer],
            states[layer],
            engine=engine,
            training=training,
            only_last=only_last and layer == last,
        )
        ends.append(state)
        if after_layer is not None:
            x = after_layer(x, layer)
        if layer < last:
            steps = steps_of_outputs(x, steps.count)
    return x, ends


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
