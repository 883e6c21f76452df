"""Predictions as compiled functions that take the weights as arguments."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import replace
from functools import lru_cache

import numpy as np
import tensorflow as tf

from sklstm.networks._forward import apply_decoder, apply_head, apply_lstm_layers
from sklstm.networks._input_layer import input_signature, read_input
from sklstm.networks._layers import Engine, choose_engine, device_of, input_of_windows
from sklstm.networks._network_input import NetworkInput
from sklstm.networks._spec import NetworkSpec
from sklstm.networks._tensors import as_tensor

# The rounding of a matrix product depends on its shape (vector registers, cache blocks, threads).
# So that an output does not depend on the other windows, every product of the dense layer has this
# number of rows. It is a multiple of 48, because products compute 6, 8 or 16 rows at a time. The
# native code of the LSTM layers needs no fixed number.
BLOCK = 1152
# Blocks in one call of the native code: a call costs as much as some hundred windows. A stacked
# network gets one block, because the outputs of all steps are in memory between its layers.
_BLOCKS_IN_A_CALL = 16
# Windows in one call of TensorFlow's operation.
_GROUP = 96
# The width of a layer is rounded up to whole vector registers: TensorFlow computes the rest of a
# row with different code, which rounds differently.
_LANES = 8
# Limits of one call that computes all steps: steps of a window, and steps of all its windows.
_STEPS_IN_A_CALL = 8192
_ALL_STEPS_IN_A_CALL = 1 << 17

# Numbers of the windows whose patches are copied in one call.
_PATCHED_IN_A_CALL = 1 << 21

# h and c of each layer.
State = list[tuple[np.ndarray, np.ndarray]]


def predict(spec: NetworkSpec, weights: list[np.ndarray], windows: NetworkInput) -> np.ndarray:
    """Compute the outputs of a network for any number of windows, in bounded memory.

    Calls share only the compiled function, which holds no weights, so threads may predict at the
    same time. An output does not depend on the other windows of the call, to the bit.

    Parameters
    ----------
    spec : NetworkSpec
        The sizes.
    weights : list of ndarray, float32
        In the order of ``spec.weight_shapes()``.
    windows : NetworkInput
        The inputs, already scaled.

    Returns
    -------
    ndarray of shape (n_windows, output_size), float32
        The activated outputs after the last step.
    """
    outputs = np.empty((len(windows), spec.output_size), dtype=np.float32)
    if len(windows) == 0:
        return outputs
    engine, wide = _engine_and_widths(spec)
    is_flat = len(spec.units) == 1 and not spec.decoder_units
    n_blocks = _BLOCKS_IN_A_CALL if engine == "native" and is_flat else 1
    if spec.patches is not None:
        # The patches of a call are copied.
        n_blocks = int(
            np.clip(_PATCHED_IN_A_CALL // (BLOCK * _size_of_window(windows)), 1, n_blocks)
        )
    n_at_once = BLOCK * n_blocks
    with device_of(engine):
        forward = _compiled_forward(wide, engine)
        weight_tensors = [tf.constant(w) for w in _widened(spec, wide, weights)]
        shared = [as_tensor(array) for array in windows.shared_arrays()]
        own = windows.own_arrays()
        for first in range(0, len(windows), n_at_once):
            some = slice(first, first + n_at_once)
            groups = [_whole_groups(array[some], engine) for array in own]
            result = forward(*weight_tensors, *shared, *groups).numpy()
            outputs[some] = result[: len(windows.start[some])]
    return outputs


def predict_steps(
    spec: NetworkSpec,
    weights: list[np.ndarray],
    windows: NetworkInput,
    states: State | None = None,
) -> tuple[np.ndarray, State]:
    """Compute the outputs of a network at every step of any number of windows.

    Long windows are read in chunks, and the state is carried from each chunk to the next, unless
    the network is bidirectional. As with :func:`predict`, threads may share the function, and an
    output does not depend on the other windows. In a network of one direction the last output of a
    window is that of :func:`predict`, to the bit. In a bidirectional network it differs: the
    backward direction has read only the last step.

    Parameters
    ----------
    spec : NetworkSpec
        The sizes.
    weights : list of ndarray, float32
        In the order of ``spec.weight_shapes()``.
    windows : NetworkInput
        The inputs, already scaled.
    states : list of pairs of ndarray of shape (n_windows, n_units), float32, default=None
        h and c of each layer before the first step, for a network of one direction; None is 0.

    Returns
    -------
    outputs : ndarray of shape (sum of the counts, output_size), float32
        The activated outputs of the steps of the first window, then those of the second ...
    states : list of pairs of ndarray of shape (n_windows, n_units), float32
        h and c of each layer after the last step; undefined in a bidirectional network.
    """
    start, count = windows.start.astype(np.int64), windows.count.astype(np.int64)
    first_output = np.cumsum(count) - count
    outputs = np.empty((int(count.sum()), spec.output_size), dtype=np.float32)
    if states is None:
        shapes = [(len(windows), units) for units in spec.units]
        states = [(np.zeros(s, np.float32), np.zeros(s, np.float32)) for s in shapes]
    else:
        states = [(h.copy(), c.copy()) for h, c in states]
    if len(windows) == 0:
        return outputs, states
    engine, wide = _engine_and_widths(spec)
    longest = int(count.max(initial=1))
    chunk = longest if spec.bidirectional else min(longest, _STEPS_IN_A_CALL)
    n_at_once = BLOCK if engine == "native" else _GROUP
    n_at_once = int(np.clip(_ALL_STEPS_IN_A_CALL // max(chunk, 1), 1, n_at_once))
    with device_of(engine):
        forward = _compiled_steps(wide, engine)
        weight_tensors = [tf.constant(w) for w in _widened(spec, wide, weights)]
        (rows,) = map(as_tensor, windows.shared_arrays())
        for first in range(0, len(windows), n_at_once):
            some = slice(first, first + n_at_once)
            n_windows = len(start[some])
            for done in range(0, max(int(count[some].max()), 1), max(chunk, 1)):
                n_steps = np.clip(count[some] - done, 0, chunk)
                first_step = np.where(n_steps > 0, start[some] + done, 0)
                where = [_whole_groups(of.astype(np.int32), engine) for of in (first_step, n_steps)]
                before = _wide_states(wide, [(h[some], c[some]) for h, c in states], len(where[0]))
                result, *after = forward(*weight_tensors, rows, *where, *before)
                step = np.arange(int(n_steps.sum())) - np.repeat(
                    np.cumsum(n_steps) - n_steps, n_steps
                )
                outputs[np.repeat(first_output[some] + done, n_steps) + step] = result.numpy()
                for (h, c), new_h, new_c in zip(states, after[0::2], after[1::2], strict=True):
                    h[some] = new_h.numpy()[:n_windows, : h.shape[1]]
                    c[some] = new_c.numpy()[:n_windows, : c.shape[1]]
    return outputs, states


@lru_cache(maxsize=64)
def _compiled_forward(spec: NetworkSpec, engine: Engine):
    @tf.function(autograph=False, jit_compile=False, input_signature=_signature(spec))
    def forward(*tensors):
        n_weights, n_shared = len(spec.weight_shapes()), len(input_signature(spec)[0])
        weights, tensors = tensors[:n_weights], tensors[n_weights:]
        shared, samples = tensors[:n_shared], tensors[n_shared:]

        def lstm_layers(group):
            steps, known = read_input(spec, shared, group)
            x, _ = apply_lstm_layers(spec, weights, steps, engine=engine)
            return apply_decoder(spec, weights, x, *known, engine=engine) if _decodes(spec) else x

        if engine == "native":
            x = lstm_layers(samples)
        else:
            groups = tuple(tf.reshape(t, [-1, _GROUP, *t.shape[1:]]) for t in samples)
            x = tf.map_fn(lstm_layers, groups, fn_output_signature=tf.float32)
        x = tf.reshape(x, [-1, x.shape[-1]])
        return tf.reshape(_head_in_blocks(spec, weights, x), [-1, spec.output_size])

    return forward.get_concrete_function()


@lru_cache(maxsize=64)
def _compiled_steps(spec: NetworkSpec, engine: Engine):
    states = [tf.TensorSpec([None, units], tf.float32) for units in spec.units for _ in "hc"]

    @tf.function(autograph=False, jit_compile=False, input_signature=_signature(spec) + states)
    def forward(*tensors):
        tensors, before = tensors[: -len(states)], tensors[-len(states) :]
        *weights, rows, start, count = tensors
        x, after = apply_lstm_layers(
            spec,
            weights,
            input_of_windows(rows, start, count),
            None if spec.bidirectional else list(zip(before[0::2], before[1::2], strict=True)),
            engine=engine,
            only_last=False,
        )
        observed = tf.sequence_mask(count, tf.shape(x)[0])
        x = tf.boolean_mask(tf.transpose(x, [1, 0, 2]), observed)
        return _head_in_blocks(spec, weights, x), *(part for state in after for part in state)

    return forward.get_concrete_function()


def _signature(spec: NetworkSpec) -> list[tf.TensorSpec]:
    shared, own = input_signature(spec)
    weights = [tf.TensorSpec(shape, tf.float32) for shape in spec.weight_shapes()]
    return [*weights, *shared, *own]


def _head_in_blocks(spec, weights, x):
    n = tf.shape(x)[0]
    groups = tf.reshape(tf.pad(x, [[0, -n % BLOCK], [0, 0]]), [-1, BLOCK, x.shape[-1]])
    outputs = tf.map_fn(
        lambda group: apply_head(spec, weights, group), groups, fn_output_signature=tf.float32
    )
    return tf.reshape(outputs, [-1, outputs.shape[-1]])[:n]


def _decodes(spec: NetworkSpec) -> bool:
    return bool(spec.decoder_units)


def _engine_and_widths(spec: NetworkSpec) -> tuple[Engine, NetworkSpec]:
    engine = choose_engine(spec, training=False)
    if engine == "native":
        return engine, spec
    wide = [tuple(_rounded_up(u, _LANES) for u in of) for of in (spec.units, spec.decoder_units)]
    return engine, replace(spec, units=wide[0], decoder_units=wide[1])


def _widened(spec: NetworkSpec, wide: NetworkSpec, weights: list[np.ndarray]) -> list[np.ndarray]:
    """Add units with weights of 0; their state stays 0, so the outputs do not change."""
    if wide == spec:
        return weights
    widened: list[np.ndarray] = []
    # Parts of an axis, each of which is padded on its own: [(old size, new size), ...].
    inputs = [(spec.n_inputs, spec.n_inputs)]
    old = iter(weights)
    all_units = [(*sizes.units, *sizes.decoder_units) for sizes in (spec, wide)]
    for number, units in enumerate(zip(*all_units, strict=True)):
        if number == len(spec.units) and spec.n_known:
            inputs = [*inputs, (spec.n_known, spec.n_known)]
        for _ in range(spec.n_directions):
            gates = [units] * 4
            widened.append(_padded(_padded(next(old), 0, inputs), 1, gates))
            widened.append(_padded(_padded(next(old), 0, [units]), 1, gates))
            widened.append(_padded(next(old), 0, gates))
        inputs = [units] * spec.n_directions
    return [*widened, _padded(next(old), 0, inputs), next(old)]


def _wide_states(wide: NetworkSpec, states: State, n_windows: int) -> list[tf.Tensor]:
    """Add the units of `_widened` and the windows of `_whole_groups`, all at 0."""
    tensors = []
    for units, state in zip(wide.units, states, strict=True):
        for part in state:
            missing = [(0, n_windows - part.shape[0]), (0, units - part.shape[1])]
            tensors.append(tf.constant(np.pad(part, missing)))
    return tensors


def _padded(array: np.ndarray, axis: int, parts: list[tuple[int, int]]) -> np.ndarray:
    """Pad each part of an axis with zeros to its new size."""
    shape = list(array.shape)
    shape[axis] = sum(new for _, new in parts)
    padded = np.zeros(shape, dtype=array.dtype)
    old, new = np.moveaxis(array, axis, 0), np.moveaxis(padded, axis, 0)
    for old_size, new_size in parts:
        new[:old_size] = old[:old_size]
        old, new = old[old_size:], new[new_size:]
    return padded


def _whole_groups(own: np.ndarray, engine: Engine) -> tf.Tensor:
    """Pad what windows have of their own with zeros, which make empty windows, to whole groups."""
    n_windows = len(own) if engine == "native" else _rounded_up(len(own), _GROUP)
    return tf.constant(np.pad(own, [(0, n_windows - len(own))] + [(0, 0)] * (own.ndim - 1)))


def _rounded_up(n: int, multiple: int) -> int:
    return -(-n // multiple) * multiple


def _size_of_window(windows: NetworkInput) -> int:
    """Count the numbers of a window that is cut into patches."""
    assert windows.slots is not None
    return windows.slots.window * windows.rows.shape[1]
