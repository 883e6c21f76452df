"""Which windows to train on, and which to hold out for early stopping."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
from sklearn.model_selection import train_test_split

from sklstm.preprocessing._sequences import Sequences, as_slice


def hold_out(sequences, positions, fraction, *, stratify, rng, in_time=False, reach=0):
    """Split positions into training and validation.

    Windows that know where they come from are split in time: the last part validates, and so
    many moments before it are left out that no training window and no target of one lies in a
    validation window. Independent sequences are split at random.

    Parameters
    ----------
    sequences : Sequences
        All sequences.
    positions : ndarray of shape (n_candidates,)
        Those that may be used.
    fraction : float
        Part to validate on, between 0 and 1.
    stratify : ndarray of shape (n_samples,) or None
        Classes to keep in proportion when the split is at random.
    rng : numpy.random.Generator
        Source of randomness.
    in_time : bool, default=False
        Whether sequences that do not know where they come from follow each other in time.
    reach : int, default=0
        How many moments a target reaches on, beyond its own.

    Returns
    -------
    training, validation : ndarray
        Positions.

    Raises
    ------
    ValueError
        If one of the parts would be empty.
    """
    origin = sequences.origin
    if origin is None and not in_time:
        return train_test_split(
            positions,
            test_size=fraction,
            stratify=None if stratify is None else stratify[positions],
            random_state=int(rng.integers(2**31)),
        )
    time = positions if origin is None else origin.time[positions]
    n_validation = max(1, int(np.ceil(fraction * len(positions))))
    first = np.partition(time, len(time) - n_validation)[len(time) - n_validation]
    gap = 0 if origin is None else origin.window + origin.lead - 1 + reach
    training, validation = positions[time < first - gap], positions[time >= first]
    if len(training) == 0:
        raise ValueError(
            f"early_stopping=True leaves nothing to train on: of {len(positions)} windows the last "
            f"{len(validation)} validate (validation_fraction={fraction}), and the {gap} moments "
            f"before them (window + lead - 1{' + horizon - 1' if reach else ''}) keep the two "
            "apart. Give fit more rows, a shorter window or early_stopping=False."
        )
    return training, validation


def every_nth(sequences: Sequences, positions: np.ndarray, stride: int) -> np.ndarray:
    """Keep every n-th of the positions, counted in time within each series.

    Parameters
    ----------
    sequences : Sequences
        All sequences.
    positions : ndarray of shape (n_candidates,)
        Those to choose from.
    stride : int
        1 keeps all.

    Returns
    -------
    ndarray
        Positions, in the order they came.
    """
    if stride == 1 or len(positions) == 0:
        return positions
    # Copies: a view would keep all positions in memory for the length of the fit.
    if sequences.origin is None:
        return positions[::stride].copy()
    origin = sequences.origin.take(as_slice(positions))
    series, time = origin.series, origin.time
    if len(origin.series_keys) == 1 and (time[1:] > time[:-1]).all():
        return positions[::stride].copy()
    order = np.lexsort((time, series))
    begins = np.r_[True, np.diff(series[order]) != 0]
    rank = np.arange(len(order)) - np.flatnonzero(begins)[np.cumsum(begins) - 1]
    return positions[np.sort(order[rank % stride == 0])]
