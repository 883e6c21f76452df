"""The course of the training of one network, and where to resume it."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Trained:
    """What the training of one network leaves behind: NumPy arrays and numbers.

    Parameters
    ----------
    weights : list of ndarray
        In the order of ``spec.weight_shapes()``.
    optimizer_state : list of ndarray
        All variables of the optimizer.
    history : dict of str to list of float
        The logs of every epoch, those of the fits that this one resumed first.
    callbacks : list of keras.callbacks.Callback
        Copies of the user's callbacks that saw this training, detached from the network.
    n_iter : int
        Epochs of this training alone.
    """

    weights: list[np.ndarray]
    optimizer_state: list[np.ndarray]
    history: dict[str, list]
    callbacks: list
    n_iter: int

    @property
    def n_epochs(self) -> int:
        """Epochs that the history tells of."""
        return len(self.history["loss"])
