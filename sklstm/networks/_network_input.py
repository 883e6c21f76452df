"""Windows as the networks read them: the observed rows, and the position of each window."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class NetworkInput:
    """Windows over a table of rows, without copies of the rows.

    Window *i* is ``rows[start[i] : start[i] + count[i]]``: its observed steps, oldest first. An
    LSTM that masks missing steps gives the same output as one that reads only the observed steps,
    so no mask is needed, and memory is proportional to the rows, however long the windows are.

    Parameters
    ----------
    rows : ndarray of shape (n_rows, n_features), float32
        The steps of all windows, finite.
    start, count : ndarray of shape (n_windows,), int32
        Position of the first step of each window, and its number of steps (0 is allowed).
    known : ndarray of shape (n_windows, horizon, n_known), float32, default=None
        Known future covariates of each step ahead, finite.
    """

    rows: np.ndarray
    start: np.ndarray
    count: np.ndarray
    known: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.start)

    def take(self, positions: np.ndarray) -> "NetworkInput":
        """Select windows; the rows are shared.

        Parameters
        ----------
        positions : ndarray of shape (n_selected,)
            Positions of the windows to keep.

        Returns
        -------
        NetworkInput
            The selected windows.
        """
        known = None if self.known is None else self.known[positions]
        return NetworkInput(self.rows, self.start[positions], self.count[positions], known)
