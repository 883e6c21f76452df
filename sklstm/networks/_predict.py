"""Predictions as a compiled function that takes the weights as arguments."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import replace
from functools import lru_cache

import numpy as np
import tensorflow as tf

from sklstm.networks._forward import apply_head, apply_layers, apply_lstm_layers
from sklstm.networks._layers import Engine, choose_engine, device_of, steps_of_windows
from sklstm.networks._spec import NetworkSpec
from sklstm.networks._tensors import as_tensor
from sklstm.networks._windows import WindowSet

# How a matrix product rounds depends on its shape (vector registers, cache blocks, threads), so
# every product has the same one, however many windows are asked for. On the kernels, which see to
# it themselves, that of the dense layer is for so many windows ...
BLOCK = 1024
# ... in a call of so many blocks: a call costs as much as some hundred windows. Between stacked
# layers lie the outputs of all steps, and for flat memory these get one.
_BLOCKS_IN_A_CALL = 16
# TensorFlow's operation gets so many windows at a time ...
_GROUP = 128
# ... and layers as wide as a whole number of registers, or the last element of a group would be
# computed by other code than the one before.
_LANES = 8


def predict(spec: NetworkSpec, weights: list[np.ndarray], windows: WindowSet) -> np.ndarray:
    """Compute the outputs of a network for any number of windows, in bounded memory.

    Nothing is shared between calls but the compiled function, which holds no weights: any number of
    threads may predict with any estimators. An output does not depend on what it is
    computed beside, to the bit.

    Parameters
    ----------
    spec : NetworkSpec
        The sizes.
    weights : list of ndarray, float32
        In the order of ``spec.weight_shapes()``.
    windows : WindowSet
        The inputs, already scaled.

    Returns
    -------
    ndarray of shape (n_windows, n_outputs), float32
        The activated outputs.
    """
    outputs = np.empty((len(windows), spec.n_outputs), dtype=np.float32)
    if len(windows) == 0:
        return outputs
    engine = choose_engine(spec, training=False)
    wide = spec
    if engine == "block_lstm":
        wide = replace(spec, units=tuple(_rounded_up(units, _LANES) for units in spec.units))
    with device_of(engine):
        forward = _compiled_forward(wide, engine)
        weight_tensors = [tf.constant(w) for w in _widened(spec, wide, weights)]
        rows = as_tensor(_at_least_one_row(windows.rows))
        n_at_once = BLOCK * (
            1 if engine == "block_lstm" or len(spec.units) > 1 else _BLOCKS_IN_A_CALL
        )
        for first in range(0, len(windows), n_at_once):
            some = slice(first, first + n_at_once)
            start, count = windows.start[some], windows.count[some]
            n_windows = len(start)
            if engine == "block_lstm":
                start, count = _whole_groups(start), _whole_groups(count)
            result = forward(*weight_tensors, rows, tf.constant(start), tf.constant(count)).numpy()
            outputs[some] = result[:n_windows]
    return outputs


@lru_cache(maxsize=64)
def _compiled_forward(spec: NetworkSpec, engine: Engine):
    vector = tf.TensorSpec([None], tf.int32)
    signature = [
        *(tf.TensorSpec(shape, tf.float32) for shape in spec.weight_shapes()),
        tf.TensorSpec([None, spec.n_features], tf.float32),
        vector,
        vector,
    ]

    @tf.function(autograph=False, jit_compile=False, input_signature=signature)
    def forward(*tensors):
        *weights, rows, start, count = tensors

        if engine == "kernels":
            steps = steps_of_windows(rows, start, count)
            x = apply_lstm_layers(spec, weights, steps, engine=engine)
            x = tf.pad(x, [[0, -tf.shape(x)[0] % BLOCK], [0, 0]])
            groups = tf.reshape(x, [-1, BLOCK, x.shape[-1]])

            def one_group(x):
                return apply_head(spec, weights, x)

        else:
            groups = tf.reshape(start, [-1, _GROUP]), tf.reshape(count, [-1, _GROUP])

            def one_group(group):
                steps = steps_of_windows(rows, *group)
                return apply_layers(spec, weights, steps, engine=engine)

        outputs = tf.map_fn(one_group, groups, fn_output_signature=tf.float32)
        return tf.reshape(outputs, [-1, spec.n_outputs])

    return forward.get_concrete_function()


def _widened(spec: NetworkSpec, wide: NetworkSpec, weights: list[np.ndarray]) -> list[np.ndarray]:
    """Add units whose weights are 0: their state stays 0, so they change nothing."""
    if wide == spec:
        return weights
    widened: list[np.ndarray] = []
    # Parts of an input, an output or a gate that grow each on their own: [(old, new), ...].
    inputs = [(spec.n_features, spec.n_features)]
    theirs = iter(weights)
    for units in zip(spec.units, wide.units, strict=True):
        for _ in range(spec.n_directions):
            gates = [units] * 4
            widened.append(_grown(_grown(next(theirs), 0, inputs), 1, gates))
            widened.append(_grown(_grown(next(theirs), 0, [units]), 1, gates))
            widened.append(_grown(next(theirs), 0, gates))
        inputs = [units] * spec.n_directions
    return [*widened, _grown(next(theirs), 0, inputs), next(theirs)]


def _grown(array: np.ndarray, axis: int, parts: list[tuple[int, int]]) -> np.ndarray:
    shape = list(array.shape)
    shape[axis] = sum(new for _, new in parts)
    grown = np.zeros(shape, dtype=array.dtype)
    old, new = np.moveaxis(array, axis, 0), np.moveaxis(grown, axis, 0)
    for old_size, new_size in parts:
        new[:old_size] = old[:old_size]
        old, new = old[old_size:], new[new_size:]
    return grown


def _whole_groups(positions: np.ndarray) -> np.ndarray:
    """Fill up with windows without steps."""
    filled = np.zeros(_rounded_up(len(positions), _GROUP), dtype=np.int32)
    filled[: len(positions)] = positions
    return filled


def _rounded_up(n: int, multiple: int) -> int:
    return -(-n // multiple) * multiple


def _at_least_one_row(rows: np.ndarray) -> np.ndarray:
    return rows if len(rows) else np.zeros((1, rows.shape[1]), dtype=rows.dtype)
