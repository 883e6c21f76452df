"""Outputs of an ensemble for samples, or for each of their steps."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from sklstm.networks import NetworkInput, NetworkSpec, predict, predict_steps
from sklstm.preprocessing._window_index import WindowIndex
from sklstm.targets._step_labels import fill_in_steps
from sklstm.training._input_transform import InputTransform
from sklstm.training._state_chunks import stateful_series

# Independent sequences that are standardised at a time.
_AT_ONCE = 16_384

Weights = list[np.ndarray]


def predict_samples(
    spec: NetworkSpec, ensemble: list[Weights], index: WindowIndex, scaler: InputTransform
) -> np.ndarray:
    """Compute the outputs at the last step of each sample.

    Parameters
    ----------
    spec : NetworkSpec
        The sizes.
    ensemble : list of list of ndarray
        The weights of each network; their outputs are averaged.
    index : WindowIndex
        The samples. In a stateful network they are time steps of series, and the state before the
        first row that they reach of a series is 0.
    scaler : InputTransform
        Standardises the samples.

    Returns
    -------
    ndarray of shape (n_samples, n_outputs), float64
        Outputs of the ensemble.
    """
    if spec.stateful:
        series = stateful_series(index)
        return _by_row(spec, ensemble, series.whole(), scaler)[series.row_at()]
    if spec.returns_sequences and spec.bidirectional:
        # The output at the last step, as it was trained; not that of both ends.
        last = np.where(index.count > 0, np.cumsum(index.count) - 1, -1)
        return _by_row(spec, ensemble, index, scaler)[last]
    parts = [index]
    if not index.knows_time and len(index) > _AT_ONCE:
        # Independent sequences share no rows. Part by part the standardised ones stay in the cache.
        firsts = range(0, len(index), _AT_ONCE)
        parts = [index.take(slice(first, first + _AT_ONCE)) for first in firsts]
    outputs = [
        scaler.join_outputs(_predict_ensemble(spec, ensemble, scaler.transform(part)))
        for part in parts
    ]
    return outputs[0] if len(outputs) == 1 else np.concatenate(outputs)


def predict_every_step(
    spec: NetworkSpec, ensemble: list[Weights], index: WindowIndex, scaler: InputTransform
) -> np.ndarray:
    """Compute the outputs at each step of each sample.

    Parameters
    ----------
    spec, ensemble, index, scaler : object
        As in :func:`predict_samples`.

    Returns
    -------
    ndarray of shape (n_samples, n_steps, n_outputs), float64
        Outputs of the ensemble; for a missing step that of the last observed one before it.
    """
    if spec.stateful:
        series = stateful_series(index)
        ages = range(index.window - 1, -1, -1)
        rows = np.stack([series.row_at(age) for age in ages], axis=1)
        return _by_row(spec, ensemble, series.whole(), scaler)[rows]
    if spec.patches is None:
        outputs = _by_row(spec, ensemble, index, scaler)
    else:
        # Patches are counted back from the step that is predicted at: each is a window of its own.
        observed = index.observed_steps()
        prefixes = index.prefixes() if observed is None else index.prefixes().take(observed.ravel())
        empty = replace(index.take(slice(0, 1)), count=np.zeros(1, dtype=np.intp))
        each = [predict_samples(spec, ensemble, part, scaler) for part in (prefixes, empty)]
        outputs = np.vstack(each)
    return fill_in_steps(outputs[:-1], index, outputs[-1])


def output_of_empty(spec: NetworkSpec, ensemble: list[Weights]) -> np.ndarray:
    """Compute the output of a sample without steps.

    Parameters
    ----------
    spec, ensemble : object
        As in :func:`predict_samples`.

    Returns
    -------
    ndarray of shape (1, n_outputs), float64
        What follows from a state of 0.
    """
    empty = NetworkInput(np.zeros((1, spec.n_features), np.float32), *np.zeros((2, 1), np.int32))
    return _predict_ensemble(spec, ensemble, empty)


def average(outputs: Iterable[np.ndarray]) -> np.ndarray:
    """Average the outputs of the members of an ensemble.

    Parameters
    ----------
    outputs : iterable of ndarray
        The outputs of each.

    Returns
    -------
    ndarray, float64
        Their mean.
    """
    first, *others = outputs
    if not others:
        return first.astype(np.float64)
    return np.asarray(np.mean([first, *others], axis=0, dtype=np.float64))


def _predict_ensemble(spec, ensemble, samples):
    return average(predict(spec, weights, samples) for weights in ensemble)


def _by_row(spec, ensemble, index, scaler):
    """Compute the outputs of all steps in a row, and last of all that of a state of 0."""
    samples = scaler.transform(index)
    outputs = average(predict_steps(spec, weights, samples)[0] for weights in ensemble)
    return np.vstack([outputs, output_of_empty(spec, ensemble)])
