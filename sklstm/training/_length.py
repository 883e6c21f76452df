"""How long a training lasts, where that is left to the size of the data."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass

import numpy as np

_HIGHEST_RATE = 0.01


@dataclass(frozen=True)
class Length:
    """What epochs="auto" and learning_rate="auto" stand for.

    Parameters
    ----------
    updates : int
        Updates to make, in whole epochs.
    fewest_epochs, most_epochs : int
        Limits of the epochs.
    rate : float
        The learning rate is this divided by the square root of the number of updates, and at most
        0.01.
    """

    updates: int
    fewest_epochs: int
    most_epochs: int
    rate: float

    def choose(
        self, epochs: int | str, learning_rate: float | str, n_batches: int
    ) -> tuple[int, float]:
        """Choose the epochs and the learning rate that are left to the size of the data.

        Parameters
        ----------
        epochs : int or "auto"
            As given.
        learning_rate : float or "auto"
            As given.
        n_batches : int
            Updates of an epoch.

        Returns
        -------
        epochs : int
            How many to train.
        learning_rate : float
            The rate.
        """
        n_epochs = -(-self.updates // n_batches)
        n_epochs = min(max(n_epochs, self.fewest_epochs), self.most_epochs)
        n_epochs = n_epochs if epochs == "auto" else int(epochs)
        rate = min(_HIGHEST_RATE, self.rate / np.sqrt(n_epochs * n_batches))
        return n_epochs, rate if learning_rate == "auto" else float(learning_rate)


# The plain network of the tutorials.
PLAIN = Length(updates=1, fewest_epochs=30, most_epochs=30, rate=np.inf)
FORECASTER = Length(updates=1_500, fewest_epochs=2, most_epochs=100, rate=0.1)
CLASSIFIER = Length(updates=500, fewest_epochs=2, most_epochs=500, rate=0.2)
