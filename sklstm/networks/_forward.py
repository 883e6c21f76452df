"""From rows and positions to outputs: the whole network as one pure function of its weights."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import tensorflow as tf

from sklstm.networks._labelled_steps import dense_at
from sklstm.networks._layers import Engine, LayerInput, input_of_outputs, lstm_layer
from sklstm.networks._spec import NetworkSpec

_ACTIVATIONS = {"linear": tf.identity, "sigmoid": tf.sigmoid, "softmax": tf.nn.softmax}


def apply_lstm_layers(
    spec: NetworkSpec,
    weights,
    steps: LayerInput,
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
    steps : LayerInput
        The windows.
    states : list of pairs of tensors of shape (n_samples, n_units), default=None
        h and c of each layer before the first step, in a network of one direction; None is 0.
    engine : {"native", "block_lstm"}
        What computes the LSTM layers.
    training : bool, default=False
        Whether gradients will be computed.
    only_last : bool, default=True
        Whether to return only the outputs after the last step.
    after_layer : callable, default=None
        Called as ``after_layer(outputs, layer_number)`` on the outputs of each LSTM layer, for
        dropout in training.

    Returns
    -------
    x : tensor of shape (n_samples, n_last_units) or (n_steps, n_samples, n_last_units)
        The outputs of the last layer; undefined beyond the end of a window.
    states : list of pairs of tensors of shape (n_samples, n_units)
        h and c of each layer after the last step.
    """
    layers = range(len(spec.units))
    how = {"engine": engine, "training": training, "after_layer": after_layer}
    return _stack(spec, weights, layers, steps, states, only_last=only_last, **how)


def apply_decoder(
    spec: NetworkSpec,
    weights,
    encoding,
    known=None,
    *,
    engine: Engine,
    training: bool = False,
    after_layer=None,
):
    """Decode the encoding of a window into the steps ahead of the horizon.

    Parameters
    ----------
    spec : NetworkSpec
        The sizes, with a decoder.
    weights : list of tensors
        In the order of ``spec.weight_shapes()``.
    encoding : tensor of shape (n_samples, n_last_units)
        Outputs of the last layer over the window; the decoder reads them at each step ahead.
    known : tensor of shape (n_samples, horizon, n_known), default=None
        Known future covariates, which it reads as well.
    engine, training, after_layer : object
        As in :func:`apply_lstm_layers`; layer numbers continue those of the encoder.

    Returns
    -------
    tensor of shape (n_samples, horizon, n_last_decoder_units)
        The outputs of the last layer of the decoder.
    """
    n_samples, horizon = tf.shape(encoding)[0], spec.horizon
    x = tf.tile(encoding[None], [horizon, 1, 1])
    if known is not None:
        x = tf.concat([x, tf.transpose(known, [1, 0, 2])], axis=-1)
    steps = input_of_outputs(x, tf.fill([n_samples], horizon))
    layers = range(len(spec.units), len(spec.units) + len(spec.decoder_units))
    how = {"engine": engine, "training": training, "after_layer": after_layer}
    x, _ = _stack(spec, weights, layers, steps, None, only_last=False, **how)
    return tf.transpose(x, [1, 0, 2])


def _stack(spec, weights, layers, steps, states, *, only_last, after_layer, **how):
    """Run LSTM layers in order; return the outputs of the last and the final states of all."""
    per_layer = spec.weights_per_layer
    states = [None] * len(layers) if states is None else states
    ends = []
    for layer, before in zip(layers, states, strict=True):
        own = weights[layer * per_layer : (layer + 1) * per_layer]
        is_last = layer == layers[-1]
        x, state = lstm_layer(steps, own, before, only_last=only_last and is_last, **how)
        ends.append(state)
        if after_layer is not None:
            x = after_layer(x, layer)
        if not is_last:
            steps = input_of_outputs(x, steps.count)
    return x, ends


def apply_head(spec, weights, x, *, where=None, with_native: bool = False):
    """Run the outputs of the last LSTM layer through the dense layer.

    Parameters
    ----------
    spec : NetworkSpec
        The sizes.
    weights : list of tensors
        All weights of the network; the last two are used.
    x : tensor of shape (n_rows, n_inputs) or (n_steps, n_samples, n_inputs)
        Outputs of the last LSTM layer: of each sample, or of each step ahead of each sample; with
        `where` of each step.
    where : tensor of shape (n_selected,), int32, default=None
        Steps to compute outputs for, as ascending positions in the flattened
        ``(n_steps, n_samples)``; None computes all rows.
    with_native : bool, default=False
        Whether the native code computes them; it needs ``where``.

    Returns
    -------
    tensor of shape (n_rows, n_dense) or (n_selected, n_dense)
        The activated outputs.
    """
    kernel, bias = weights[-2:]
    if where is None:
        sums = tf.matmul(x, kernel) + bias
    else:
        sums = dense_at(x, where, kernel, bias, with_native=with_native)
    return _ACTIVATIONS[spec.activation](sums)
