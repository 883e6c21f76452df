"""A fitted network as a plain Keras model, for everything outside this library."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import keras
import numpy as np
from keras import ops
from keras.initializers import GlorotUniform, Orthogonal

from sklstm.networks._spec import NetworkSpec


def export_model(
    spec: NetworkSpec,
    weights: list[np.ndarray],
    *,
    n_steps: int | None,
    univariate: bool,
    X_mean: np.ndarray,
    X_scale: np.ndarray,
    y_mean: np.ndarray | None = None,
    y_scale: np.ndarray | None = None,
) -> keras.Model:
    """Build a functional Keras model from built-in layers: raw windows in, own units out.

    Parameters
    ----------
    spec : NetworkSpec
        The sizes.
    weights : list of ndarray
        In the order of ``spec.weight_shapes()``.
    n_steps : int or None
        Steps of a window; None is any number.
    univariate : bool
        Whether the input is ``(n_samples, n_steps)`` rather than
        ``(n_samples, n_steps, n_features)``.
    X_mean, X_scale : ndarray of shape (n_features,)
        What the inputs are standardised by.
    y_mean, y_scale : ndarray of shape (n_outputs,), default=None
        What the outputs are scaled back by; None leaves them as they are.

    Returns
    -------
    keras.Model
        Steps whose features are all NaN are masked. It loads without custom objects. A network
        that answers steps answers each one, from a state of 0 before the first.
    """
    policy = "float32"
    # The weights are set below. Keras would draw the seeds that are not given from Python's global
    # generator, which is not ours to move.
    seed = 0
    shape = (n_steps,) if univariate else (n_steps, spec.n_features)
    inputs = keras.Input(shape, dtype=policy, name="windows")
    x = keras.layers.Reshape((-1, 1), dtype=policy)(inputs) if univariate else inputs
    missing = ops.isnan(x)
    # keras.layers.Masking compares with a value, and NaN equals nothing.
    mask = ops.logical_not(ops.all(missing, axis=-1))
    x = ops.where(missing, 0.0, x)
    x = (x - X_mean.astype(policy)) / X_scale.astype(policy)
    for number, units in enumerate(spec.units):
        lstm = keras.layers.LSTM(
            units,
            return_sequences=spec.answers_steps or number < len(spec.units) - 1,
            recurrent_dropout=spec.recurrent_dropout,
            kernel_initializer=GlorotUniform(seed),
            recurrent_initializer=Orthogonal(seed=seed),
            seed=seed,
            use_cudnn=False,
            dtype=policy,
        )
        if spec.bidirectional:
            lstm = keras.layers.Bidirectional(lstm, dtype=policy)
        x = lstm(x, mask=mask)
        if spec.dropout:
            x = keras.layers.Dropout(spec.dropout, seed=seed, dtype=policy)(x)
    x = keras.layers.Dense(
        spec.n_outputs,
        activation=spec.activation,
        kernel_initializer=GlorotUniform(seed),
        dtype=policy,
    )(x)
    if y_mean is not None and y_scale is not None:
        x = keras.layers.Rescaling(y_scale.tolist(), y_mean.tolist(), dtype=policy)(x)
    model = keras.Model(inputs, x)
    trainable = iter(weights)
    for variable in model.trainable_variables:
        variable.assign(next(trainable))
    return model
