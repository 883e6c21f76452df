"""Predictions in NumPy and native code: no TensorFlow, nothing compiled, no state kept."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass

import numpy as np

from sklstm.networks import _native, _numpy_forward
from sklstm.networks._network_input import NetworkInput
from sklstm.networks._spec import NetworkSpec

# Numbers that one call has in memory: outputs of all steps between layers, or patches.
_NUMBERS_IN_A_CALL = 1 << 21
# Steps of a window that one call computes with all outputs.
_STEPS_IN_A_CALL = 8192

# h and c of each layer.
State = list[tuple[np.ndarray, np.ndarray]]
Weights = list[np.ndarray]


@dataclass(frozen=True, eq=False)
class _LayerInput:
    """Samples whose step *j* is row ``start[i] + j * stride``, for ``j < count[i]``."""

    rows: np.ndarray
    start: np.ndarray
    count: np.ndarray
    n_steps: int
    stride: int = 1


def predict(spec: NetworkSpec, weights: Weights, windows: NetworkInput) -> np.ndarray:
    """Compute the outputs of a network for any number of windows, in bounded memory.

    It is a pure function: threads may predict at the same time. An output does not depend on the
    other windows of the call, to the bit.

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
    n_at_once = _windows_in_a_call(spec, windows)
    if len(windows) <= n_at_once:
        return _predict_together(spec, weights, windows)
    outputs = np.empty((len(windows), spec.output_size), dtype=np.float32)
    for first in range(0, len(windows), n_at_once):
        some = slice(first, first + n_at_once)
        outputs[some] = _predict_together(spec, weights, windows.take(some))
    return outputs


def predict_steps(
    spec: NetworkSpec, weights: Weights, windows: NetworkInput, states: State | None = None
) -> tuple[np.ndarray, State]:
    """Compute the outputs of a network at every step of any number of windows.

    Long windows are read in chunks, and the state is carried from each chunk to the next, unless
    the network is bidirectional. As with :func:`predict`, an output does not depend on the other
    windows. In a network of one direction the last output of a window is that of :func:`predict`,
    to the bit. In a bidirectional network it differs: the backward direction has read only the last
    step.

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
    count = windows.count.astype(np.int64)
    first_output = np.cumsum(count) - count
    outputs = np.empty((int(count.sum()), spec.output_size), dtype=np.float32)
    if states is None:
        states = [_no_state(len(windows), units) for units in spec.units]
    states = [(h.copy(), c.copy()) for h, c in states]
    chunk = max(int(count.max(initial=1)), 1)
    if not spec.bidirectional:
        chunk = min(chunk, _STEPS_IN_A_CALL)
    n_at_once = max(_NUMBERS_IN_A_CALL // (chunk * _widest(spec)), 1)
    for first in range(0, len(windows), n_at_once):
        some = slice(first, first + n_at_once)
        for done in range(0, max(int(count[some].max()), 1), chunk):
            n_steps = np.clip(count[some] - done, 0, chunk).astype(np.int32)
            first_step = np.where(n_steps > 0, windows.start[some] + done, 0).astype(np.int32)
            steps = _input_of_windows(windows.rows, first_step, n_steps)
            before = [(h[some], c[some]) for h, c in states]
            x, after = _run_layers(
                weights, _layers_of_encoder(spec), steps, before, only_last=False
            )
            for (h, c), (new_h, new_c) in zip(states, after, strict=True):
                h[some], c[some] = new_h, new_c
            observed = np.arange(len(x)) < n_steps[:, None]
            x = np.ascontiguousarray(x.transpose(1, 0, 2)[observed])
            step = np.nonzero(observed)[1]
            at = np.repeat(first_output[some] + done, n_steps) + step
            outputs[at] = _head(spec, weights, x)
    return outputs, states


def _predict_together(spec, weights, windows):
    steps = _input_of_network(spec, windows)
    encoder = _layers_of_encoder(spec)
    before = [_no_state(len(windows), units) for units in spec.units]
    x, _ = _run_layers(weights, encoder, steps, before, only_last=True)
    if spec.decoder_units:
        x = _decode(spec, weights, x, windows.known)
    return _head(spec, weights, x).reshape(len(windows), spec.output_size)


def _input_of_network(spec, windows) -> _LayerInput:
    if spec.patches is None:
        return _input_of_windows(windows.rows, windows.start, windows.count)
    slots = windows.slots
    inputs, count = _engine().patches(
        spec.patches,
        _some_rows(windows.rows),
        slots,
        windows.start,
        windows.count,
        slots.first,
        windows.view_scale,
        windows.constants,
    )
    n_samples, n_patches, n_inputs = inputs.shape
    start = np.arange(n_samples, dtype=np.int32) * np.int32(n_patches)
    return _LayerInput(inputs.reshape(-1, n_inputs), start, count, n_patches)


def _input_of_windows(rows, start, count) -> _LayerInput:
    start, count = (np.ascontiguousarray(of, dtype=np.int32) for of in (start, count))
    return _LayerInput(_some_rows(rows), start, count, max(int(count.max(initial=1)), 1))


def _some_rows(rows):
    """Give windows without steps a row to point to."""
    rows = np.ascontiguousarray(rows, dtype=np.float32)
    return rows if len(rows) else np.zeros((1, rows.shape[1]), np.float32)


def _layers_of_encoder(spec):
    return [spec.n_directions] * len(spec.units)


def _run_layers(weights, n_directions, steps, states, *, only_last):
    """Run LSTM layers in order; return the outputs of the last and the final states of all."""
    weights, ends = iter(weights), []
    for number, of_layer in enumerate(n_directions):
        sequences = not only_last or number < len(n_directions) - 1
        halves = []
        for direction in range(of_layer):
            own = [next(weights) for _ in range(3)]
            before = states[number] if direction == 0 else _no_state(len(steps.start), len(own[1]))
            h, after = _engine().lstm(
                steps.rows,
                steps.start,
                steps.count,
                steps.n_steps,
                own,
                before,
                stride=steps.stride,
                reverse=direction > 0,
                sequences=sequences,
            )
            halves.append(h)
        ends.append(after)
        x = halves[0] if of_layer == 1 else np.concatenate(halves, axis=-1)
        if number < len(n_directions) - 1:
            steps = _input_of_outputs(x, steps.count)
    return x, ends


def _input_of_outputs(x, count) -> _LayerInput:
    """Describe time-major outputs (n_steps, n_samples, n_units) to the layer above."""
    n_steps, n_samples, n_units = x.shape
    start = np.arange(n_samples, dtype=np.int32)
    return _LayerInput(x.reshape(-1, n_units), start, count, n_steps, stride=n_samples)


def _decode(spec, weights, encoding, known):
    """Decode encodings into the steps ahead: (n_samples * horizon, n_units)."""
    n_samples = len(encoding)
    x = np.broadcast_to(encoding, (spec.horizon, *encoding.shape))
    if known is not None:
        x = np.concatenate([x, known.transpose(1, 0, 2)], axis=-1, dtype=np.float32)
    count = np.full(n_samples, spec.horizon, dtype=np.int32)
    steps = _input_of_outputs(np.ascontiguousarray(x), count)
    before = [_no_state(n_samples, units) for units in spec.decoder_units]
    own = weights[spec.weights_per_layer * len(spec.units) :]
    n_directions = [spec.n_directions] * len(spec.decoder_units)
    x, _ = _run_layers(own, n_directions, steps, before, only_last=False)
    return np.ascontiguousarray(x.transpose(1, 0, 2)).reshape(n_samples * spec.horizon, -1)


def _head(spec, weights, x):
    """Run rows through the dense layer and its activation."""
    sums = _engine().dense(x, *weights[-2:])
    if spec.activation == "linear":
        return sums
    with np.errstate(over="ignore"):
        if spec.activation == "sigmoid":
            return 1 / (1 + np.exp(-sums))
        powers = np.exp(sums - sums.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def _engine():
    """Return the module that computes: native code if there is any."""
    return _numpy_forward if _native.load_native() is None else _native


def _no_state(n_samples, n_units):
    zeros = np.zeros((n_samples, n_units), np.float32)
    return zeros, zeros


def _windows_in_a_call(spec, windows) -> int:
    """Count the windows whose intermediate numbers are in memory at the same time."""
    numbers = 1
    if len(spec.units) > 1:
        numbers = _longest(spec, windows) * _widest(spec)
    if spec.decoder_units:
        numbers = max(numbers, spec.horizon * (_widest(spec) + spec.n_known))
    if spec.patches is not None:
        numbers = max(numbers, _longest(spec, windows) * spec.n_inputs)
    return max(_NUMBERS_IN_A_CALL // numbers, 1)


def _longest(spec, windows) -> int:
    if spec.patches is not None:
        return len(spec.patches.first_steps(windows.slots.window))
    return max(int(windows.count.max(initial=1)), 1)


def _widest(spec) -> int:
    return max(*spec.units, *spec.decoder_units, 1) * spec.n_directions
