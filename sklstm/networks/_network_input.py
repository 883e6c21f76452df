"""Windows as the networks read them: the observed rows, and the position of each window."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass, replace

import numpy as np


@dataclass(frozen=True, eq=False)
class Slots:
    """Where the steps of windows are found: what cutting windows into patches needs.

    The steps of all windows are laid out on one line of slots, missing ones included.

    Parameters
    ----------
    row_at : ndarray of shape (n_slots,), int32
        The newest row up to each slot, -1 before the first.
    first : ndarray of shape (n_windows,), int32
        Slot of the first step of each window, at least 1.
    window : int
        Steps of a window, missing ones included.
    """

    row_at: np.ndarray
    first: np.ndarray
    window: int


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
    slots : Slots, default=None
        For a network that reads patches: where the steps are, missing ones included.
    view_scale : ndarray of shape (n_views, n_features), float32, default=None
        For patches: what each view of each feature is divided by.
    constants : ndarray of shape (n_windows, n_constants), float32, default=None
        For patches: further inputs of each window.
    """

    rows: np.ndarray
    start: np.ndarray
    count: np.ndarray
    known: np.ndarray | None = None
    slots: Slots | None = None
    view_scale: np.ndarray | None = None
    constants: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.start)

    def take(self, positions: np.ndarray | slice) -> "NetworkInput":
        """Select windows; the rows are shared.

        Parameters
        ----------
        positions : ndarray of shape (n_selected,) or slice
            Positions of the windows to keep.

        Returns
        -------
        NetworkInput
            The selected windows.
        """
        slots = self.slots
        return replace(
            self,
            start=self.start[positions],
            count=self.count[positions],
            known=None if self.known is None else self.known[positions],
            slots=None if slots is None else replace(slots, first=slots.first[positions]),
            constants=None if self.constants is None else self.constants[positions],
        )

    def shared_arrays(self) -> list[np.ndarray]:
        """Return what all windows share, in the order in which graphs take it."""
        rows = self.rows if len(self.rows) else np.zeros((1, self.rows.shape[1]), np.float32)
        if self.slots is None:
            return [rows]
        assert self.view_scale is not None
        window = np.array([self.slots.window], dtype=np.int32)
        return [rows, self.slots.row_at, window, self.view_scale]

    def own_arrays(self) -> list[np.ndarray]:
        """Return what each window has of its own, in the order in which graphs take it."""
        first = None if self.slots is None else self.slots.first
        each = [self.start, self.count, first, self.constants, self.known]
        return [array for array in each if array is not None]
