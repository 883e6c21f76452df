"""What a fit reports while its networks train."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable
from typing import Protocol

import numpy as np

from sklstm.training._fitted_network import FittedNetwork


class EpochReport(Protocol):
    """Takes the epochs of one network."""

    def begin(self) -> None:
        """Begin an epoch."""

    def end(self, weights: Callable[[], list[np.ndarray]]) -> bool:
        """End an epoch; return whether training shall stop."""

    def close(self) -> None:
        """End the training of the network."""


class FitReport(Protocol):
    """Takes the networks of a fit."""

    def begin(self, n_networks: int) -> None:
        """Begin the fit; it trains so many networks at most, those of trials among them."""

    def network(
        self, n_epochs: int, as_fitted: Callable[[list[np.ndarray]], FittedNetwork] | None
    ) -> EpochReport:
        """Begin the training of a network.

        Parameters
        ----------
        n_epochs : int
            Epochs that it trains at most.
        as_fitted : callable or None
            Turns its weights into what predicts; None in a trial on a part of the samples.

        Returns
        -------
        EpochReport
            Takes its epochs.
        """
