"""The forward pass in NumPy, where there is no native code."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np

from sklstm.networks._patches import SMALLEST_SPREAD, PatchSpec

# The rounding of a matrix product depends on its shape. So that an output does not depend on the
# other windows, all products have the same: rows of weights times windows. It is small enough for
# one thread, and windows fill whole vector registers.
_WINDOWS, _ROWS = 16, 32
# Windows that are computed together.
_AT_ONCE = 128 * _WINDOWS


def lstm(
    rows, start, count, n_steps, weights, state, *, stride=1, reverse=False, sequences=False
) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray]]:
    """Run one direction of an LSTM layer, as :func:`sklstm.networks._native.lstm` does.

    Parameters
    ----------
    rows, start, count, n_steps, weights, state, stride, reverse, sequences : object
        As there.

    Returns
    -------
    h, state : ndarray and pair of ndarray
        As there.
    """
    kernel, recurrent_kernel, bias = weights
    n_samples, n_units = state[0].shape
    both = _in_pieces(np.concatenate([kernel, recurrent_kernel]))
    h_last, c_last = (np.array(of) for of in state)
    outputs = np.zeros((n_steps, n_samples, n_units), np.float32) if sequences else None
    for first in range(0, n_samples, _AT_ONCE):
        some = np.arange(first, min(first + _AT_ONCE, n_samples))
        h, c, bounds = h_last[some], c_last[some], count[some]
        for step in range(int(bounds.max(initial=0))):
            going = np.flatnonzero(bounds > step)
            place = bounds[going] - 1 - step if reverse else np.full(len(going), step)
            x = rows[start[some[going]] + place * stride]
            gates = _times(np.concatenate([x, h[going]], axis=1), both) + bias
            i, f, g, o = np.split(gates, 4, axis=1)
            new_c = _sigmoid(f) * c[going] + _sigmoid(i) * np.tanh(g)
            c[going] = new_c
            h[going] = new_h = _sigmoid(o) * np.tanh(new_c)
            if outputs is not None:
                outputs[place, some[going]] = new_h
        h_last[some], c_last[some] = h, c
    return (h_last if outputs is None else outputs), (h_last, c_last)


def dense(x: np.ndarray, kernel: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """Run rows through a dense layer, as :func:`sklstm.networks._native.dense` does.

    Parameters
    ----------
    x, kernel, bias : ndarray
        As there.

    Returns
    -------
    ndarray of shape (n_rows, n_outputs), float32
        The sums, without activation.
    """
    return _times(x, _in_pieces(kernel)) + bias


def patches(spec: PatchSpec, rows, slots, start, count, first_slot, scales, constants):
    """Cut windows into patches, as :func:`sklstm.networks._native.patches` does.

    Parameters
    ----------
    spec, rows, slots, start, count, first_slot, scales, constants : object
        As there.

    Returns
    -------
    inputs, n_observed : ndarray
        As there.
    """
    window, n_samples = slots.window, len(start)
    at = np.clip(first_slot[:, None] + np.arange(-1, window), 0, len(slots.row_at) - 1)
    before = start[:, None] - 1
    # The newest row up to each step, and up to the step before the window.
    newest = np.clip(slots.row_at[at], before, before + count[:, None])
    observed = newest[:, 1:] > newest[:, :-1]
    values = rows[np.minimum(np.maximum(newest[:, 1:], start[:, None]), len(rows) - 1)]
    steps = np.array(spec.first_steps(window))[:, None] + np.arange(spec.size)
    has_step = observed[:, steps].any(axis=2)
    stepwise, averaged = list(spec.stepwise(rows.shape[1])), list(spec.averaged)
    parts = []
    for view, scale in zip(spec.views, scales, strict=True):
        cut = (_view(view, values, observed) / scale)[:, steps]
        parts.append(cut[..., stepwise].reshape(n_samples, len(steps), -1))
        parts.append(cut[..., averaged].mean(axis=2))
    fixed = [values[:, -1][:, list(spec.level_of)]]
    fixed += [] if constants is None else [constants]
    parts += [np.repeat(of[:, None], len(steps), axis=1) for of in fixed]
    inputs = np.concatenate(parts, axis=2, dtype=np.float32)
    # Those without an observed step go to the end.
    order = np.argsort(~has_step, axis=1, kind="stable")
    inputs = np.where(has_step[..., None], inputs, 0)
    inputs = np.take_along_axis(inputs, order[..., None], axis=1)
    n_observed = has_step.sum(axis=1, dtype=np.int32)
    n_kept = max(int(n_observed.max(initial=0)), 1)
    return np.ascontiguousarray(inputs[:, :n_kept]), n_observed


def _view(view: str, values: np.ndarray, observed: np.ndarray) -> np.ndarray:
    """Compute one view of windows (n_samples, window, n_features)."""
    if view == "values":
        return values
    if view == "minus_last":
        return values - values[:, -1:]
    if view == "differences":
        return np.diff(values, axis=1, prepend=values[:, :1])
    weight = observed[..., None]
    number = np.maximum(weight.sum(axis=1, keepdims=True), 1).astype(np.float32)
    centred = values - (values * weight).sum(axis=1, keepdims=True) / number
    if view == "minus_mean":
        return centred
    spread = np.sqrt((centred**2 * weight).sum(axis=1, keepdims=True) / number)
    return centred / np.where(spread > SMALLEST_SPREAD, spread, np.float32(1))


def _sigmoid(x: np.ndarray) -> np.ndarray:
    # exp of a large number is beyond float32, where 1 / (1 + inf) = 0 is what is wanted.
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(-x))


def _in_pieces(weights: np.ndarray) -> tuple[np.ndarray, int]:
    """Cut a matrix (n_inputs, n_outputs) into (n_pieces, rows, n_inputs) for :func:`_times`."""
    n_inputs, n_outputs = weights.shape
    rows = np.zeros((n_outputs + -n_outputs % _ROWS, n_inputs), np.float32)
    rows[:n_outputs] = weights.T
    return rows.reshape(-1, _ROWS, n_inputs), n_outputs


def _times(x: np.ndarray, pieces: tuple[np.ndarray, int]) -> np.ndarray:
    """Multiply rows (n, n_inputs) by a matrix that is cut into pieces, by products of one shape."""
    weights, n_outputs = pieces
    n, n_inputs = x.shape
    filled = np.zeros((n + -n % _WINDOWS, n_inputs), np.float32)
    filled[:n] = x
    groups = np.ascontiguousarray(filled.reshape(-1, _WINDOWS, n_inputs).transpose(0, 2, 1))
    products = (weights @ groups[:, None]).reshape(len(groups), len(weights) * _ROWS, _WINDOWS)
    rows = products.transpose(0, 2, 1).reshape(-1, products.shape[1])
    return rows[:n, :n_outputs]
