"""Series over which a state is carried: whole to predict, in chunks to train."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass, replace

import numpy as np

from sklstm.preprocessing._window_index import WindowIndex
from sklstm.utils._ragged import cut_runs, packed_starts


@dataclass(frozen=True, eq=False)
class StatefulSeries:
    """Consecutive rows of one or more series, and the time at which each sample ends.

    Parameters
    ----------
    samples : WindowIndex
        The samples; their rows are those that they reach, in series and time order.
    start, count : ndarray of shape (n_series,)
        First row and number of rows of each series.
    code : ndarray of shape (n_samples,)
        The series of each sample, by position in ``start``.
    keys : ndarray of shape (n_rows,)
        Time step of each row, strictly increasing over all series.
    end : ndarray of shape (n_samples,)
        Time step at which each sample ends.
    """

    samples: WindowIndex
    start: np.ndarray
    count: np.ndarray
    code: np.ndarray
    keys: np.ndarray
    end: np.ndarray

    def row_at(self, age: int = 0) -> np.ndarray:
        """Find the newest observed row at a step of each sample.

        Parameters
        ----------
        age : int, default=0
            Steps before the last one.

        Returns
        -------
        ndarray of shape (n_samples,)
            Row numbers; -1 before the start of the series.
        """
        row = np.searchsorted(self.keys, self.end - age, side="right") - 1
        return np.where(row >= self.start[self.code], row, -1) if len(self.start) else row

    def whole(self) -> WindowIndex:
        """Return each series as one sequence."""
        return self._sequences(self.start, self.count)

    def chunks(self, n_steps: int) -> tuple[WindowIndex, np.ndarray]:
        """Cut each series into chunks that follow each other.

        Parameters
        ----------
        n_steps : int
            Rows of a chunk; the last one of a series may have fewer.

        Returns
        -------
        chunks : WindowIndex
            The chunks of the first series, then those of the second ...
        series : ndarray of shape (n_chunks,)
            The series of each chunk.
        """
        start, count, series = cut_runs(self.start, self.count, n_steps)
        return self._sequences(start, count), series

    def _sequences(self, start, count):
        return WindowIndex(self.samples.rows, start, count, window=int(count.max(initial=1)))


def stateful_series(index: WindowIndex) -> StatefulSeries:
    """Read samples as time steps of series.

    Parameters
    ----------
    index : WindowIndex
        Windows, each of which ends at a time step of its series; or independent sequences, which
        are taken to follow each other, each starting where the one before ended.

    Returns
    -------
    StatefulSeries
        The series over the rows that the samples reach, and no others.

    Raises
    ------
    ValueError
        If windows are not in the order of time within each series.
    """
    if not index.knows_time:
        samples = index if index.count.sum() == len(index.rows) else _packed(index)
        n, n_steps = len(samples), samples.window
        return StatefulSeries(
            samples,
            start=np.zeros(1, dtype=int),
            count=np.array([len(samples.rows)]),
            code=np.zeros(n, dtype=int),
            keys=_keys_of_sequences(samples),
            end=(np.arange(n) + 1) * n_steps - 1,
        )
    _check_order(index)
    index = index.trim()
    codes, code = np.unique(index.series, return_inverse=True)
    some = index.count > 0
    start = np.full(len(codes), len(index.rows))
    stop = np.zeros(len(codes), dtype=int)
    np.minimum.at(start, code[some], index.start[some])
    np.maximum.at(stop, code[some], (index.start + index.count)[some])
    return StatefulSeries(index, start, np.maximum(stop - start, 0), code, index.keys, index.end)


def _packed(index: WindowIndex) -> WindowIndex:
    """Leave out the rows of sequences that were not selected; each row is in one at most."""
    return replace(index.trim(), start=packed_starts(index.count))


def _keys_of_sequences(index: WindowIndex) -> np.ndarray:
    observed = index.observed_steps()
    return np.arange(len(index.rows)) if observed is None else np.flatnonzero(observed)


def _check_order(index: WindowIndex) -> None:
    order = np.argsort(index.series, kind="stable")
    series, time = index.series[order], index.time[order]
    late = np.flatnonzero((series[1:] == series[:-1]) & (time[1:] <= time[:-1]))
    if len(late):
        before, after = order[late[0]], order[late[0] + 1]
        raise ValueError(
            f"stateful=True needs the rows in the order of time within each series, because the "
            f"state is carried from each to the next; row {after} ({index.labels[after]}) comes "
            f"after row {before} ({index.labels[before]}). Sort X and y, and split without "
            "shuffling."
        )
