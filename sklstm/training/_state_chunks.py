"""Series through which a state flows: what a stateful network reads, and where it answers."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass, replace

import numpy as np

from sklstm.preprocessing._sequences import Sequences, sequences_of_origin
from sklstm.preprocessing._window_index import multiplicity


@dataclass(frozen=True, eq=False)
class Series:
    """Consecutive rows of one or more series, and the moments at which samples want an answer.

    Parameters
    ----------
    samples : Sequences
        The samples; their rows are those that they reach, in series and time order.
    start, count : ndarray of shape (n_series,)
        First row and number of rows of each series.
    code : ndarray of shape (n_samples,)
        The series of each sample, by position in ``start``.
    keys : ndarray of shape (n_rows,)
        Moment of each row, strictly increasing over all series.
    end : ndarray of shape (n_samples,)
        Moment of the last step of each sample.
    """

    samples: Sequences
    start: np.ndarray
    count: np.ndarray
    code: np.ndarray
    keys: np.ndarray
    end: np.ndarray

    def row_at(self, age: int = 0) -> np.ndarray:
        """Find the newest row that is there at a step of each sample.

        Parameters
        ----------
        age : int, default=0
            Steps before the last one.

        Returns
        -------
        ndarray of shape (n_samples,)
            Row numbers; -1 where the series has not begun.
        """
        row = np.searchsorted(self.keys, self.end - age, side="right") - 1
        return np.where(row >= self.start[self.code], row, -1) if len(self.start) else row

    def whole(self) -> Sequences:
        """Return each series as one sequence."""
        return self._parts(self.start, self.count)

    def in_parts(self, n_steps: int) -> tuple[Sequences, np.ndarray]:
        """Cut each series into parts that follow each other.

        Parameters
        ----------
        n_steps : int
            Rows of a part; the last one of a series may have fewer.

        Returns
        -------
        parts : Sequences
            The parts of the first series, then those of the second ...
        series : ndarray of shape (n_parts,)
            The series of each part.
        """
        n_parts = -(-self.count // n_steps)
        series = np.repeat(np.arange(len(self.start)), n_parts)
        number = np.arange(len(series)) - np.repeat(np.cumsum(n_parts) - n_parts, n_parts)
        done = number * n_steps
        count = np.minimum(self.count[series] - done, n_steps)
        return self._parts(self.start[series] + done, count), series

    def _parts(self, start, count):
        return Sequences(
            rows=self.samples.rows,
            start=start,
            count=count,
            n_steps=int(count.max(initial=1)),
            univariate=False,
            origin=None,
        )


def series_of(sequences: Sequences) -> Series:
    """Read samples as moments of series.

    Parameters
    ----------
    sequences : Sequences
        Windows, each of which ends at a moment of its series; or independent sequences, which
        are taken to follow each other, each going on where the one before ended.

    Returns
    -------
    Series
        The series over the rows that the samples reach, and no others.

    Raises
    ------
    ValueError
        If windows are not in the order of time within each series.
    """
    origin = sequences.origin
    if origin is None:
        samples = _trimmed(sequences)
        n, n_steps = len(samples), samples.n_steps
        exists = samples.exists
        keys = np.arange(n * n_steps) if exists is None else np.flatnonzero(exists)
        return Series(
            samples,
            start=np.zeros(1, dtype=int),
            count=np.array([len(samples.rows)]),
            code=np.zeros(n, dtype=int),
            keys=keys,
            end=(np.arange(n) + 1) * n_steps - 1,
        )
    _check_order(origin)
    origin = origin.trim()
    codes, code = np.unique(origin.series, return_inverse=True)
    some = origin.count > 0
    start = np.full(len(codes), len(origin.rows))
    stop = np.zeros(len(codes), dtype=int)
    np.minimum.at(start, code[some], origin.start[some])
    np.maximum.at(stop, code[some], (origin.start + origin.count)[some])
    return Series(
        sequences_of_origin(origin),
        start=start,
        count=np.maximum(stop - start, 0),
        code=code,
        keys=origin.keys,
        end=origin.end,
    )


def _trimmed(sequences: Sequences) -> Sequences:
    """Leave out the rows of sequences that were not chosen; each row is in one sequence at most."""
    if sequences.count.sum() == len(sequences.rows):
        return sequences
    reached = multiplicity(sequences.start, sequences.count, len(sequences.rows)) > 0
    start = np.cumsum(sequences.count) - sequences.count
    return replace(sequences, rows=sequences.rows[reached], start=start)


def _check_order(origin) -> None:
    order = np.argsort(origin.series, kind="stable")
    series, time = origin.series[order], origin.time[order]
    late = np.flatnonzero((series[1:] == series[:-1]) & (time[1:] <= time[:-1]))
    if len(late):
        before, after = order[late[0]], order[late[0] + 1]
        raise ValueError(
            f"stateful=True wants the rows in the order of time within each series, so that the "
            f"state flows from each to the next; row {after} ({origin.labels[after]}) comes after "
            f"row {before} ({origin.labels[before]}). Sort X and y, and split without shuffling."
        )
