"""What a fit brings to a network: examples, and the order in which an epoch takes them."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import heapq
from dataclasses import dataclass

import numpy as np

from sklstm.networks._network_input import NetworkInput


@dataclass(frozen=True, eq=False)
class Examples:
    """Windows with what they should give.

    Parameters
    ----------
    windows : NetworkInput
        The inputs, already scaled.
    targets : ndarray of shape (n_windows, n_targets) or (n_rows, n_targets), float32
        What the network should answer: for each window, or, if it answers steps, for each row of
        ``windows.rows``. A row whose targets are NaN is not labelled, nor is a moment of a path.
    weights : ndarray of shape (n_windows,) or (n_rows,), float32
        Weight of each window or row in the loss.
    series : ndarray of shape (n_windows,), default=None
        For a stateful network: number of the series that each window is a part of. The windows of a
        series follow each other, and its parts are in the order of time.
    """

    windows: NetworkInput
    targets: np.ndarray
    weights: np.ndarray
    series: np.ndarray | None = None

    def in_batches(
        self, batch_size: int, rng: np.random.Generator | None
    ) -> tuple[np.ndarray, int]:
        """Put the windows in the order in which an epoch takes them.

        Windows of independent samples come in any order. Those of series come side by side: a
        batch holds one window each of so many series, and the next batch their next ones. A place
        whose series has ended takes the next series, or stays empty.

        Parameters
        ----------
        batch_size : int
            Windows in a batch, at most.
        rng : numpy.random.Generator or None
            Draws the order, of the windows or of the series; None leaves it as it is.

        Returns
        -------
        order : ndarray of shape (n_taken,), int32
            Positions of the windows, one batch after the other; ``n_windows`` is an empty place.
        batch_size : int
            Windows in a batch.
        """
        n_windows = len(self.windows)
        if self.series is None:
            order = np.arange(n_windows) if rng is None else rng.permutation(n_windows)
            return order.astype(np.int32), batch_size
        starts = np.r_[0, np.flatnonzero(np.diff(self.series)) + 1]
        lengths = np.diff(np.r_[starts, n_windows])
        turns = np.arange(len(starts)) if rng is None else rng.permutation(len(starts))
        n_places = min(batch_size, len(starts))
        place, after = np.empty_like(starts), np.empty_like(starts)
        # How many windows each place has, the one with the fewest first.
        filled = [(0, number) for number in range(n_places)]
        for turn, length in zip(turns, lengths[turns], strict=True):
            after[turn], place[turn] = n_before, number = filled[0]
            heapq.heapreplace(filled, (n_before + length, number))
        order = np.full((max(filled)[0], n_places), n_windows, dtype=np.int32)
        batch = np.arange(n_windows) + np.repeat(after - starts, lengths)
        order[batch, np.repeat(place, lengths)] = np.arange(n_windows)
        return order.ravel(), n_places

    def are_labelled(self) -> bool:
        """Tell whether all windows have a label, each at one of its steps at least.

        Returns
        -------
        bool
            Parts of series may have none; other windows without are not trained on.
        """
        if self.series is None:
            return True
        labelled = ~np.isnan(self.targets).all(axis=1)
        before = np.r_[0, np.cumsum(labelled)]
        start, count = self.windows.start, self.windows.count
        return bool((before[start + count] > before[start]).all())

    def begins(self) -> np.ndarray:
        """Tell which windows begin a series.

        Returns
        -------
        ndarray of shape (n_windows,), bool
            Whether the state is 0 before each window.
        """
        if self.series is None:
            return np.ones(len(self.windows), dtype=bool)
        return np.r_[True, self.series[1:] != self.series[:-1]]


@dataclass(frozen=True, eq=False)
class TrainingTask:
    """All that one fit brings to a network, and takes away again.

    Parameters
    ----------
    training : Examples
        What is learned from.
    validation : Examples or None
        What the ``val_*`` logs are computed on after each epoch.
    batch_size : int
        Windows in one update.
    shuffle : bool
        Whether the windows of an epoch come in a new order.
    rng : numpy.random.Generator
        Source of the order of the windows and of the dropout masks.
    """

    training: Examples
    validation: Examples | None
    batch_size: int
    shuffle: bool
    rng: np.random.Generator
