"""The course of the training of one network, and where to resume it."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass

import numpy as np

from sklstm.networks import NetworkSpec


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


def check_same_sizes(before: NetworkSpec, now: NetworkSpec) -> None:
    """Refuse to resume the training of a network of other sizes.

    Parameters
    ----------
    before, now : NetworkSpec
        The sizes of the fit to resume, and those asked for.

    Raises
    ------
    ValueError
        If they differ.
    """
    was, wanted = vars(before), vars(now)
    changed = sorted(name for name in wanted if wanted[name] != was[name])
    if changed:
        raise ValueError(
            f"Cannot resume training: the network was built with "
            f"{ {name: was[name] for name in changed} } and is now asked for "
            f"{ {name: wanted[name] for name in changed} }. Call fit with warm_start=False to "
            "start anew."
        )
