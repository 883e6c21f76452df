"""Standardise the features of windows, counting each row as often as a window holds it."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass

import numpy as np

from sklstm.networks import NetworkInput
from sklstm.preprocessing._window_index import WindowIndex
from sklstm.utils._aligned import aligned_empty

# Numbers converted at a time: no float64 copy of a long series is ever held, and each block stays
# in the processor's cache.
_BLOCK = 16_384


@dataclass(frozen=True, eq=False)
class FeatureScaler:
    """What turns a window index into what a network reads.

    Parameters
    ----------
    mean, scale : ndarray of shape (n_features,)
        What is subtracted from each feature, and what it is divided by.
    known_future : ndarray of shape (n_known,)
        Positions of the known future covariates.
    horizon : int
        Steps ahead for which they are known.
    """

    mean: np.ndarray
    scale: np.ndarray
    known_future: np.ndarray
    horizon: int

    def transform(self, index: WindowIndex) -> NetworkInput:
        """Standardise in float64 and cast to float32; only the rows that the windows span.

        Parameters
        ----------
        index : WindowIndex
            The windows.

        Returns
        -------
        NetworkInput
            Rows of shape (n_spanned, n_features), and the windows in them.
        """
        span = index.span
        own_rows = index.rows[span]
        rows = aligned_empty(own_rows.shape)
        # Of the shape of a block: NumPy goes through equal shapes at once, and not row by row.
        size = min(_block_size(own_rows), len(own_rows))
        means, scales = np.tile(self.mean, (size, 1)), np.tile(self.scale, (size, 1))
        centred = np.empty((size, index.n_features))
        for block in _blocks(own_rows):
            n = len(rows[block])
            np.subtract(own_rows[block], means[:n], out=centred[:n])
            np.divide(centred[:n], scales[:n], out=rows[block], casting="same_kind")
        start = np.where(index.count > 0, index.start - span.start, 0).astype(np.int32)
        known = self._known_future(index) if len(self.known_future) else None
        return NetworkInput(rows, start, index.count.astype(np.int32), known)

    def _known_future(self, index):
        columns = self.known_future
        known = index.look_ahead(columns, self.horizon)
        # What is not known is replaced by the mean.
        return np.nan_to_num((known - self.mean[columns]) / self.scale[columns]).astype(np.float32)


def fit_mean_and_scale(index: WindowIndex) -> tuple[np.ndarray, np.ndarray]:
    """Compute the mean and the standard deviation of each feature over all steps.

    A row counts as often as it is a step of a window, so windows and their materialised copy give
    the same numbers, and a row that no window reaches counts for nothing.

    Parameters
    ----------
    index : WindowIndex
        The windows.

    Returns
    -------
    mean, scale : ndarray of shape (n_features,), float64
        The scale of a constant feature is 1.
    """
    times = index.multiplicity()
    total = times.sum()

    def weighted_mean(of):
        parts = (
            times[block].astype(np.float64) @ of(index.rows[block].astype(np.float64, copy=False))
            for block in _blocks(index.rows)
        )
        return sum(parts) / total

    mean = weighted_mean(lambda rows: rows)
    variance = weighted_mean(lambda rows: np.square(rows - mean))
    # The bound that scikit-learn's StandardScaler uses to tell constant from noisy.
    eps = np.finfo(np.float64).eps
    constant = variance <= total * eps * variance + (total * mean * eps) ** 2
    return mean, np.where(constant, 1.0, np.sqrt(variance))


def _blocks(rows: np.ndarray) -> list[slice]:
    """Cut rows into runs of about ``_BLOCK`` numbers."""
    size = _block_size(rows)
    return [slice(low, low + size) for low in range(0, len(rows), size)]


def _block_size(rows: np.ndarray) -> int:
    return max(_BLOCK // rows.shape[1], 1)
