"""One form for all inputs of an LSTM: rows that exist, and where each sequence lies in them."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass, replace

import numpy as np

from sklstm.preprocessing._window_index import Origin, multiplicity
from sklstm.utils._aligned import aligned_empty

# Numbers converted at a time: no float64 copy of a long series is ever held, and each block stays
# in the processor's cache.
_BLOCK = 16_384
# Sequences looked through at a time.
_AT_ONCE = 1 << 18


@dataclass(frozen=True, eq=False)
class Sequences:
    """Sequences over a table of rows.

    Parameters
    ----------
    rows : ndarray of shape (n_rows, n_features)
        The steps that exist, float64 or float32.
    start, count : ndarray of shape (n_samples,), int64
        First row and number of rows of each sequence.
    n_steps : int
        Steps of a sequence, those that do not exist included.
    univariate : bool
        Whether the input had two dimensions, (samples, steps).
    origin : Origin or None
        Where the windows come from, if they know it.
    exists : ndarray of shape (n_samples, n_steps), bool, default=None
        Which steps of independent sequences exist; None if all do, or if the origin knows.
    """

    rows: np.ndarray
    start: np.ndarray
    count: np.ndarray
    n_steps: int
    univariate: bool
    origin: Origin | None
    exists: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.start)

    @property
    def n_features(self) -> int:
        """Number of features of one step."""
        return self.rows.shape[1]

    def take(self, positions: np.ndarray | slice) -> "Sequences":
        """Select sequences; the rows are shared.

        Parameters
        ----------
        positions : ndarray of shape (n_selected,) or slice
            Positions of the sequences to keep.

        Returns
        -------
        Sequences
            The selected ones.
        """
        chosen = as_slice(positions)
        return replace(
            self,
            start=self.start[chosen],
            count=self.count[chosen],
            origin=None if self.origin is None else self.origin.take(chosen),
            exists=None if self.exists is None else self.exists[chosen],
        )

    @property
    def span(self) -> slice:
        """The rows from the first to the last that is a step of a sequence."""
        some = self.count > 0
        first = int(self.start[some].min(initial=len(self.rows)))
        return slice(first, int((self.start + self.count)[some].max(initial=first)))

    def hold(self, row_numbers: np.ndarray) -> np.ndarray:
        """Tell which rows are steps of sequences.

        Parameters
        ----------
        row_numbers : ndarray of shape (n_asked,)
            Some rows.

        Returns
        -------
        ndarray of shape (n_asked,), bool
            Whether a sequence holds each.
        """
        order = np.argsort(row_numbers, kind="stable")
        asked = row_numbers[order]
        change = np.zeros(len(asked) + 1, dtype=np.int64)
        # In parts: of a long series each array of its length is a good part of a fit's memory.
        for first in range(0, len(self), _AT_ONCE):
            start = self.start[first : first + _AT_ONCE]
            stop = start + self.count[first : first + _AT_ONCE]
            change += np.bincount(np.searchsorted(asked, start), minlength=len(change))
            change -= np.bincount(np.searchsorted(asked, stop), minlength=len(change))
        held = np.empty(len(asked), dtype=bool)
        held[order] = np.cumsum(change)[:-1] > 0
        return held

    def steps_exist(self) -> np.ndarray | None:
        """Tell which steps exist.

        Returns
        -------
        ndarray of shape (n_samples, n_steps), bool, or None
            None if all do.
        """
        if self.origin is None or (self.count == self.n_steps).all():
            return self.exists
        exists = np.zeros((len(self), self.n_steps), dtype=bool)
        sample = np.repeat(np.arange(len(self)), self.count)
        ends = np.cumsum(self.count)
        row = np.arange(len(sample)) - np.repeat(ends - self.count - self.start, self.count)
        age = self.origin.end[sample] - self.origin.keys[row]
        exists[sample, self.n_steps - 1 - age] = True
        return exists

    def last_steps(self) -> tuple[np.ndarray, np.ndarray]:
        """Find the newest step of the sequences that have it.

        Returns
        -------
        positions : ndarray of shape (n_present,)
            Positions of the sequences whose last step exists.
        row_numbers : ndarray of shape (n_present,)
            The rows that are these last steps.
        """
        present = self.count > 0
        last = np.maximum(self.start + self.count - 1, 0)
        if self.origin is not None:
            present[present] = self.origin.keys[last[present]] == self.origin.end[present]
        positions = np.flatnonzero(present)
        return positions, last[positions]

    def mean_and_scale(self) -> tuple[np.ndarray, np.ndarray]:
        """Compute the mean and the standard deviation of each feature over all steps.

        A row counts as often as it is a step of a sequence, so windows and their materialised
        copy give the same numbers, and a row that no sequence reaches counts for nothing.

        Returns
        -------
        mean, scale : ndarray of shape (n_features,), float64
            The scale of a constant feature is 1.
        """
        times = multiplicity(self.start, self.count, len(self.rows))
        total = times.sum()
        blocks = _blocks(self.rows)
        mean = sum(times[b].astype(np.float64) @ _as_float64(self.rows[b]) for b in blocks) / total
        variance = (
            sum(
                times[b].astype(np.float64) @ np.square(_as_float64(self.rows[b]) - mean)
                for b in blocks
            )
            / total
        )
        # The bound that scikit-learn's StandardScaler uses to tell constant from noisy.
        eps = np.finfo(np.float64).eps
        constant = variance <= total * eps * variance + (total * mean * eps) ** 2
        return mean, np.where(constant, 1.0, np.sqrt(variance))

    def scaled(
        self, mean: np.ndarray, scale: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Standardise in float64 and cast, only what these sequences reach.

        Parameters
        ----------
        mean, scale : ndarray of shape (n_features,)
            What to subtract from and divide each feature by.

        Returns
        -------
        rows : ndarray of shape (n_reached, n_features), float32
            The rows of the :attr:`span`.
        start, count : ndarray of shape (n_samples,), int32
            The sequences in these rows.
        """
        span = self.span
        own_rows = self.rows[span]
        rows = aligned_empty(own_rows.shape)
        # Of the shape of a block: NumPy goes through equal shapes at once, and not row by row.
        size = min(_block_size(own_rows), len(own_rows))
        means, scales = np.tile(mean, (size, 1)), np.tile(scale, (size, 1))
        centred = np.empty((size, self.n_features))
        for block in _blocks(own_rows):
            n = len(rows[block])
            np.subtract(own_rows[block], means[:n], out=centred[:n])
            np.divide(centred[:n], scales[:n], out=rows[block], casting="same_kind")
        start = np.where(self.count > 0, self.start - span.start, 0).astype(np.int32)
        return rows, start, self.count.astype(np.int32)


def as_slice(positions: np.ndarray | slice) -> np.ndarray | slice:
    """Turn a run of consecutive positions into a slice, which selects without a copy.

    Parameters
    ----------
    positions : ndarray of shape (n_selected,) or slice
        Positions.

    Returns
    -------
    slice or ndarray
        The slice that selects the same, else the positions themselves.
    """
    if isinstance(positions, slice):
        return positions
    n = len(positions)
    if n and positions[-1] - positions[0] == n - 1 and (positions[1:] > positions[:-1]).all():
        return slice(int(positions[0]), int(positions[-1]) + 1)
    return positions


def ends_at_every_step(sequences: Sequences) -> Sequences:
    """Read each sequence up to its first step, up to its second, and so on.

    Parameters
    ----------
    sequences : Sequences
        The sequences.

    Returns
    -------
    Sequences
        Of `n_samples` times `n_steps` samples, those of the first sequence first.
    """
    n_samples, n_steps = len(sequences), sequences.n_steps
    exists = sequences.steps_exist()
    count = np.ones((n_samples, n_steps), dtype=int) if exists is None else exists.astype(int)
    count = np.cumsum(count, axis=1).ravel()
    start = np.repeat(sequences.start, n_steps)
    origin = sequences.origin
    if origin is not None:
        age = np.tile(np.arange(n_steps - 1, -1, -1), n_samples)
        origin = origin.take(np.repeat(np.arange(n_samples), n_steps))
        origin = replace(
            origin, start=start, count=count, end=origin.end - age, time=origin.time - age
        )
    return replace(sequences, start=start, count=count, origin=origin, exists=None)


def sequences_of_origin(origin: Origin) -> Sequences:
    """Read windows that know where they come from; nothing is copied.

    Parameters
    ----------
    origin : Origin
        What the windows carry.

    Returns
    -------
    Sequences
        The windows.
    """
    return Sequences(
        rows=origin.rows,
        start=origin.start,
        count=origin.count,
        n_steps=origin.window,
        univariate=False,
        origin=origin,
    )


def sequences_of_array(X: np.ndarray) -> Sequences:
    """Read independent sequences from an array.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_steps, n_features) or (n_samples, n_steps)
        Sequences. A step whose features are all NaN does not exist.

    Returns
    -------
    Sequences
        The steps that exist, one sequence after the other.

    Raises
    ------
    ValueError
        If some features of a step are missing, but not all.
    """
    univariate = X.ndim == 2
    n_samples, n_steps = X.shape[:2]
    rows = X.reshape(n_samples * n_steps, -1)
    # The usual case by one fast pass: the least number is NaN if any is.
    exists = None
    if not np.isnan(rows.min(initial=0.0)):
        count = np.full(n_samples, n_steps)
    else:
        missing = np.isnan(rows)
        exists = ~missing.all(axis=1)
        _refuse_partly_missing_steps(missing, exists, n_steps)
        rows = rows[exists]
        exists = exists.reshape(n_samples, n_steps)
        count = exists.sum(axis=1)
    return Sequences(
        rows=rows,
        start=np.cumsum(count) - count,
        count=count,
        n_steps=n_steps,
        univariate=univariate,
        origin=None,
        exists=exists,
    )


def _refuse_partly_missing_steps(missing, exists, n_steps) -> None:
    partly = missing.any(axis=1) & exists
    if partly.any():
        sample, step = divmod(int(partly.argmax()), n_steps)
        features = np.flatnonzero(missing[partly].any(axis=0)).tolist()
        raise ValueError(
            f"X has {int(partly.sum())} steps in which some features are NaN and others are not, "
            f"first at X[{sample}, {step}], in features {features}. A step is either there or "
            "missing as a whole (all NaN): fill the gaps before, for example with "
            "sklearn.impute.SimpleImputer."
        )


def _blocks(rows: np.ndarray) -> list[slice]:
    """Cut rows into runs of about ``_BLOCK`` numbers."""
    size = _block_size(rows)
    return [slice(low, low + size) for low in range(0, len(rows), size)]


def _block_size(rows: np.ndarray) -> int:
    return max(_BLOCK // rows.shape[1], 1)


def _as_float64(rows: np.ndarray) -> np.ndarray:
    return rows.astype(np.float64, copy=False)
