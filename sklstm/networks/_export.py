"""A fitted network as a plain Keras model, for everything outside this library."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass

import keras
import numpy as np
from keras import ops
from keras.initializers import GlorotUniform, Orthogonal

from sklstm.networks._patch_views import inputs_of_patches, views_of_windows
from sklstm.networks._spec import NetworkSpec

_POLICY = "float32"
# The initial weights are overwritten, but without a seed Keras would draw one from Python's global
# generator and so change it.
_SEED = 0


@dataclass(frozen=True)
class Anchor:
    """A value of the window that the outputs are relative to: ``slope * x + intercept``.

    Parameters
    ----------
    kind : {"last", "mean"}
        Whether x is the last observed step, or the mean of all observed steps.
    column : int
        The feature that x is read from.
    slope, intercept : float
        Convert its units to those of the target.
    of_empty : float
        Value for a window without observed steps, in units of the target.
    """

    kind: str
    column: int
    slope: float
    intercept: float
    of_empty: float


def export_model(
    spec: NetworkSpec,
    members: list[list[np.ndarray]],
    *,
    n_steps: int | None,
    univariate: bool,
    X_mean: np.ndarray,
    X_scale: np.ndarray,
    y_mean: np.ndarray | None = None,
    y_scale: np.ndarray | None = None,
    anchors: list[Anchor] | None = None,
    known_columns: np.ndarray | None = None,
    view_scale: np.ndarray | None = None,
    channels: np.ndarray | None = None,
) -> keras.Model:
    """Build a functional Keras model from built-in layers, from raw windows to target units.

    Parameters
    ----------
    spec : NetworkSpec
        The sizes.
    members : list of list of ndarray
        For each network of the ensemble, the weights in the order of ``spec.weight_shapes()``.
        The outputs of the networks are averaged.
    n_steps : int or None
        Steps of a window; None accepts any number.
    univariate : bool
        Whether the input is ``(n_samples, n_steps)`` rather than
        ``(n_samples, n_steps, n_features)``.
    X_mean, X_scale : ndarray of shape (n_features,)
        Mean and scale that standardise the inputs.
    y_mean, y_scale : ndarray of shape (output_size,), default=None
        Mean and scale that convert the outputs to target units; None leaves them as they are.
    anchors : list of Anchor, default=None
        For each target, the value of the window that is added to the outputs.
    known_columns : ndarray of shape (n_known,), default=None
        Positions of the known future covariates among the features.
    view_scale : ndarray of shape (n_views, n_inputs), default=None
        For patches: what each view of each feature is divided by.
    channels : ndarray of shape (n_channels,), default=None
        Features that are read one by one.

    Returns
    -------
    keras.Model
        The model, which loads without custom objects. Steps whose features are all NaN are masked.
        A network with step outputs has one output for each step, from a state of 0 before the
        first. A multi-step forecast has shape ``(n_samples, horizon)``, with a further axis for
        several targets and one for several quantiles. Known future covariates are a further input
        of shape ``(n_samples, horizon, n_known)``, and so are the calendar features of a network
        that reads some, ``(n_samples, n_constants)``.
    """
    shape = (n_steps,) if univariate else (n_steps, len(X_mean))
    windows = keras.Input(shape, dtype=_POLICY, name="windows")
    steps = keras.layers.Reshape((-1, 1), dtype=_POLICY)(windows) if univariate else windows
    missing = ops.isnan(steps)
    # keras.layers.Masking compares with a value, and NaN equals nothing.
    mask = ops.logical_not(ops.all(missing, axis=-1))
    steps = ops.where(missing, 0.0, steps)
    scaled = (steps - X_mean.astype(_POLICY)) / X_scale.astype(_POLICY)
    ahead = known = None
    if spec.n_known:
        ahead = keras.Input((spec.horizon, spec.n_known), dtype=_POLICY, name="known")
        columns = np.arange(spec.n_known) if known_columns is None else known_columns
        known = (ahead - X_mean[columns].astype(_POLICY)) / X_scale[columns].astype(_POLICY)
        # A missing covariate gets its mean.
        known = ops.where(ops.isnan(known), 0.0, known)
    calendar = None
    if spec.patches is not None and spec.patches.n_constants:
        calendar = keras.Input((spec.patches.n_constants,), dtype=_POLICY, name="calendar")
    sequences = [(scaled, mask)]
    if channels is not None:
        others = np.delete(np.arange(len(X_mean)), channels).tolist()
        sequences = [
            (ops.take(scaled, [int(channel), *others], axis=-1), mask) for channel in channels
        ]
    if spec.patches is not None:
        sequences = [
            _patches(spec.patches, *sequence, view_scale, calendar) for sequence in sequences
        ]
    outputs = [_network(spec, sequences, known, weights) for weights in members]
    x = outputs[0] if len(outputs) == 1 else keras.layers.Average(dtype=_POLICY)(outputs)
    if y_mean is not None and y_scale is not None:
        x = keras.layers.Rescaling(y_scale.tolist(), y_mean.tolist(), dtype=_POLICY)(x)
    if anchors is not None:
        n_quantiles = max(len(spec.quantiles), 1)
        each = [_value_of_window(anchor, steps, mask) for anchor in anchors]
        each = [part for part in each for _ in range(n_quantiles)]
        x = x + ops.tile(ops.stack(each, axis=-1), (1, spec.horizon))
    if spec.horizon > 1 or spec.quantiles:
        n_targets = spec.n_targets // spec.horizon * len(sequences)
        parts = [spec.horizon, n_targets, max(len(spec.quantiles), 1)]
        wide = tuple(n for n in parts if n > 1)
        x = keras.layers.Reshape(wide or (1,), dtype=_POLICY)(x)
    if len(spec.quantiles) > 1:
        x = ops.sort(x, axis=-1)
    inputs = [part for part in (windows, ahead, calendar) if part is not None]
    return _called(keras.Model(windows if len(inputs) == 1 else inputs, x))


def average_models(models: list[keras.Model], shares: np.ndarray) -> keras.Model:
    """Average the outputs of models that read the same inputs.

    Parameters
    ----------
    models : list of keras.Model
        As :func:`export_model` gives them.
    shares : ndarray of shape (n_models, n_targets)
        Weight of each model for each target.

    Returns
    -------
    keras.Model
        A model of the same inputs.
    """
    inputs = models[0].inputs
    inputs = inputs[0] if len(inputs) == 1 else inputs
    parts = []
    for model, own in zip(models, shares, strict=True):
        outputs = model(inputs)
        # Of one target a share is a number; else targets stand before the quantiles, if there are.
        parts.append(outputs * (float(own[0]) if len(own) == 1 else own.astype(_POLICY)))
    return _called(keras.Model(inputs, keras.layers.Add(dtype=_POLICY)(parts)))


def _called(model: keras.Model) -> keras.Model:
    """Call a model on its own inputs: Keras exports models to ONNX that were called once."""
    model(model.inputs if len(model.inputs) > 1 else model.inputs[0])
    return model


def _patches(patches, steps, mask, view_scale, calendar):
    """Cut windows into patches; return them with their mask."""
    window = steps.shape[1]
    position = np.arange(window)
    # The newest observed step up to each: -1 before the first.
    newest = ops.max(
        ops.where(ops.logical_and(mask[:, None, :], position[:, None] >= position), position, -1),
        axis=-1,
    )
    observed = ops.concatenate([newest[:, :1] >= 0, newest[:, 1:] > newest[:, :-1]], axis=1)
    first = ops.argmax(ops.cast(mask, "int32"), axis=1)[:, None]
    number = ops.where(newest >= 0, newest, ops.cast(first, newest.dtype))
    values = ops.take_along_axis(steps, number[..., None], axis=1)
    views = views_of_windows(patches, values, ops.cast(observed, _POLICY), view_scale)
    cut = np.array(patches.first_steps(window))[:, None] + np.arange(patches.size)
    x = inputs_of_patches(patches, views, values, cut, calendar)
    return x, ops.any(ops.take(observed, cut, axis=1), axis=-1)


def _network(spec, sequences, known, weights):
    """Build the layers of one network and set their weights; return its flat outputs.

    The outputs of several sequences stand side by side, by step ahead, then sequence.
    """
    layers = _layers(spec)
    outputs = [_through(spec, layers, x, mask, known) for x, mask in sequences]
    trainable = iter(weights)
    for layer in layers:
        for variable in layer.trainable_variables:
            variable.assign(next(trainable))
    if len(outputs) == 1:
        return outputs[0]
    each = (spec.horizon, spec.output_size // spec.horizon)
    parts = [keras.layers.Reshape(each, dtype=_POLICY)(x) for x in outputs]
    joined = keras.layers.Concatenate(dtype=_POLICY)(parts)
    return keras.layers.Reshape((spec.output_size * len(outputs),), dtype=_POLICY)(joined)


def _layers(spec):
    """Make the layers that have weights."""
    layers: list[keras.layers.Layer] = []
    for number, units in enumerate((*spec.units, *spec.decoder_units)):
        lstm = keras.layers.LSTM(
            units,
            return_sequences=spec.outputs_steps or number != len(spec.units) - 1,
            recurrent_dropout=spec.recurrent_dropout,
            kernel_initializer=GlorotUniform(_SEED),
            recurrent_initializer=Orthogonal(seed=_SEED),
            seed=_SEED,
            use_cudnn=False,
            dtype=_POLICY,
        )
        layers.append(
            keras.layers.Bidirectional(lstm, dtype=_POLICY) if spec.bidirectional else lstm
        )
    dense = keras.layers.Dense(
        spec.weight_shapes()[-1][0],
        activation=spec.activation,
        kernel_initializer=GlorotUniform(_SEED),
        dtype=_POLICY,
    )
    return [*layers, dense]


def _through(spec, layers, x, mask, known):
    """Run a sequence through the layers."""
    *lstms, dense = layers
    for number, layer in enumerate(lstms):
        if number == len(spec.units):
            x = keras.layers.RepeatVector(spec.horizon, dtype=_POLICY)(x)
            x = x if known is None else keras.layers.Concatenate(dtype=_POLICY)([x, known])
            mask = None
        x = layer(x, mask=mask)
        if spec.dropout:
            x = keras.layers.Dropout(spec.dropout, seed=_SEED, dtype=_POLICY)(x)
    x = dense(x)
    return keras.layers.Reshape((spec.output_size,), dtype=_POLICY)(x) if spec.decoder_units else x


def _value_of_window(anchor: Anchor, steps, mask):
    column = steps[..., anchor.column]
    observed = ops.cast(mask, _POLICY)
    number = ops.cumsum(observed, axis=1)
    total = ops.sum(observed, axis=1, keepdims=True)
    if anchor.kind == "last":
        chosen = observed * ops.cast(ops.equal(number, total), _POLICY)
    else:
        chosen = observed / ops.maximum(total, 1.0)
    value = anchor.slope * ops.sum(column * chosen, axis=1) + anchor.intercept
    return ops.where(total[:, 0] > 0, value, anchor.of_empty)
