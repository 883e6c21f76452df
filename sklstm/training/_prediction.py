"""From a fitted network to an answer for each sample, or for each of its steps."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable

import numpy as np

from sklstm.estimators._parameters import mean_of_members

# This module loads TensorFlow: estimators import it when they first predict.
from sklstm.networks import NetworkInput, NetworkSpec, predict, predict_steps
from sklstm.preprocessing._sequences import Sequences
from sklstm.targets._step_labels import fill_in_steps
from sklstm.training._state_chunks import series_of

# Standardises sequences, as a network takes them.
Scaling = Callable[[Sequences], NetworkInput]

# Sequences that are standardised and answered at a time.
_AT_ONCE = 16_384


def answer_samples(
    spec: NetworkSpec,
    members: list[list[np.ndarray]],
    sequences: Sequences,
    scaled: Scaling,
) -> np.ndarray:
    """Answer each sample at its last step.

    Parameters
    ----------
    spec : NetworkSpec
        The sizes.
    members : list of list of ndarray
        The weights of each network; their answers are averaged.
    sequences : Sequences
        The samples. In a stateful network they are moments of series, and the state before the
        first row that they reach of a series is 0.
    scaled : callable
        Standardises sequences, as a network takes them.

    Returns
    -------
    ndarray of shape (n_samples, output_size), float64
        Outputs of the network.
    """
    if spec.stateful:
        series = series_of(sequences)
        return _by_row(spec, members, series.whole(), scaled)[series.row_at()]
    if spec.returns_sequences and spec.bidirectional:
        # The answer of the last step, as it was trained; not that of both ends.
        last = np.where(sequences.count > 0, np.cumsum(sequences.count) - 1, -1)
        return _by_row(spec, members, sequences, scaled)[last]
    parts = [sequences]
    if sequences.origin is None:
        # Independent sequences share no rows. Part by part the standardised ones stay in the cache.
        positions = np.arange(len(sequences))
        parts = [
            sequences.take(positions[first : first + _AT_ONCE])
            for first in range(0, max(len(sequences), 1), _AT_ONCE)
        ]
    return np.concatenate([_mean(predict, spec, members, scaled(part)) for part in parts])


def answer_steps(
    spec: NetworkSpec,
    members: list[list[np.ndarray]],
    sequences: Sequences,
    scaled: Scaling,
) -> np.ndarray:
    """Answer each step of each sample.

    Parameters
    ----------
    spec, members, sequences, scaled : object
        As in :func:`answer_samples`.

    Returns
    -------
    ndarray of shape (n_samples, n_steps, output_size), float64
        Outputs of the network; for a skipped step that of the last one before it that exists.
    """
    if spec.stateful:
        series = series_of(sequences)
        ages = range(sequences.n_steps - 1, -1, -1)
        rows = np.stack([series.row_at(age) for age in ages], axis=1)
        return _by_row(spec, members, series.whole(), scaled)[rows]
    outputs = _by_row(spec, members, sequences, scaled)
    return fill_in_steps(outputs[:-1], sequences, outputs[-1])


def _by_row(spec, members, sequences, scaled):
    """Answer all steps, one sequence after the other, and last of all a state of 0."""
    outputs = _mean(lambda *how: predict_steps(*how)[0], spec, members, scaled(sequences))
    nothing = NetworkInput(np.zeros((1, spec.n_features), np.float32), *np.zeros((2, 1), np.int32))
    return np.vstack([outputs, _mean(predict, spec, members, nothing)])


def _mean(answer, spec, members, windows):
    return mean_of_members([answer(spec, weights, windows) for weights in members])
