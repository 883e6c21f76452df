"""The data of one fit: examples, and the order in which an epoch reads them."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import heapq
from dataclasses import dataclass

import numpy as np

from sklstm.networks._network_input import NetworkInput


@dataclass(frozen=True, eq=False)
class Examples:
    """Windows with their targets.

    Parameters
    ----------
    windows : NetworkInput
        The inputs, already scaled.
    targets : ndarray of shape (n_windows, n_targets) or (n_rows, n_targets), float32
        The targets of each window or, for a network with step outputs, of each row of
        ``windows.rows``. NaN is a missing target: a row of NaN has no label, and a step ahead of
        NaN has a weight of 0.
    weights : ndarray of shape (n_windows,) or (n_rows,), float32
        Weight of each window or row in the loss.
    series : ndarray of shape (n_windows,), default=None
        For a stateful network: number of the series that each window is a chunk of. The windows of
        a series are consecutive and in the order of time.
    """

    windows: NetworkInput
    targets: np.ndarray
    weights: np.ndarray
    series: np.ndarray | None = None

    def in_batches(
        self, batch_size: int, rng: np.random.Generator | None
    ) -> tuple[np.ndarray, int]:
        """Put the windows in the order in which an epoch reads them.

        Windows of independent samples may have any order. With series, a batch has a slot for each
        of several series and holds one window of each, and the next batch holds their next
        windows. When a series ends, its slot takes the next series or stays empty.

        Parameters
        ----------
        batch_size : int
            Windows in a batch, at most.
        rng : numpy.random.Generator or None
            Draws the order of the windows or of the series; None keeps the given order.

        Returns
        -------
        order : ndarray of shape (n_taken,), int32
            Positions of the windows, batch by batch; ``n_windows`` is an empty slot.
        batch_size : int
            Windows in a batch.
        """
        n_windows = len(self.windows)
        if self.series is None:
            order = np.arange(n_windows) if rng is None else rng.permutation(n_windows)
            return order.astype(np.int32), batch_size
        starts = np.r_[0, np.flatnonzero(np.diff(self.series)) + 1]
        lengths = np.diff(np.r_[starts, n_windows])
        all_series = np.arange(len(starts)) if rng is None else rng.permutation(len(starts))
        n_slots = min(batch_size, len(starts))
        slot, first_batch = np.empty_like(starts), np.empty_like(starts)
        # A heap of (number of windows, slot): the next series gets the slot with the fewest.
        filled = [(0, number) for number in range(n_slots)]
        for series, length in zip(all_series, lengths[all_series], strict=True):
            first_batch[series], slot[series] = n_before, number = filled[0]
            heapq.heapreplace(filled, (n_before + length, number))
        order = np.full((max(filled)[0], n_slots), n_windows, dtype=np.int32)
        batch = np.arange(n_windows) + np.repeat(first_batch - starts, lengths)
        order[batch, np.repeat(slot, lengths)] = np.arange(n_windows)
        return order.ravel(), n_slots

    def are_labelled(self) -> bool:
        """Tell whether every window has a label at one of its steps or more.

        Returns
        -------
        bool
            False if a chunk of a series has no label. Other windows always have one.
        """
        if self.series is None:
            return True
        labelled = ~np.isnan(self.targets).all(axis=1)
        before = np.r_[0, np.cumsum(labelled)]
        start, count = self.windows.start, self.windows.count
        return bool((before[start + count] > before[start]).all())

    def starts_series(self) -> np.ndarray:
        """Tell which windows start a series.

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
    """The data and settings of one fit.

    Parameters
    ----------
    training : Examples
        Examples to train on.
    validation : Examples or None
        Examples for the ``val_*`` logs after each epoch.
    batch_size : int
        Windows in one update.
    shuffle : bool
        Whether each epoch draws a new order of the windows.
    rng : numpy.random.Generator
        Source of the order of the windows and of the dropout masks.
    """

    training: Examples
    validation: Examples | None
    batch_size: int
    shuffle: bool
    rng: np.random.Generator
