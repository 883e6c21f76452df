"""How long a training lasts, when it stops, and how the learning rate falls."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import keras
import numpy as np

# Updates of a training whose length is left to the data, and the epochs that it may take.
_UPDATES = 1_500
_EPOCHS = (2, 100)
# What a schedule lowers the learning rate to, as a part of it.
_LOWEST = 0.01


def choose_length(
    epochs: int | str, learning_rate: float | str, n_batches: int
) -> tuple[int, float]:
    """Choose the epochs and the learning rate that are left to the size of the data.

    Parameters
    ----------
    epochs : int or "auto"
        "auto" is as many as make 1,500 updates, from 2 to 100.
    learning_rate : float or "auto"
        "auto" is 0.1 divided by the square root of the number of updates, and at most 0.01.
    n_batches : int
        Updates of an epoch.

    Returns
    -------
    epochs : int
        How many to train.
    learning_rate : float
        The rate.
    """
    fewest, most = _EPOCHS
    n_epochs = min(max(-(-_UPDATES // n_batches), fewest), most)
    n_epochs = n_epochs if epochs == "auto" else int(epochs)
    rate = min(0.01, 0.1 / np.sqrt(n_epochs * n_batches))
    return n_epochs, rate if learning_rate == "auto" else float(learning_rate)


class EarlyStopping(keras.callbacks.EarlyStopping):
    """Stop when the validation loss gets no better, but let few data be learned first.

    Parameters
    ----------
    patience : int
        Epochs without improvement.
    fewest_epochs : int
        It does not stop before so many.
    """

    def __init__(self, patience, fewest_epochs):
        super().__init__(
            monitor="val_loss", mode="min", patience=patience, restore_best_weights=True
        )
        self.fewest_epochs = fewest_epochs

    def on_epoch_end(self, epoch, logs=None):
        """Decide after an epoch."""
        others_stop = self.model.stop_training
        super().on_epoch_end(epoch, logs)
        if epoch + 1 < self.fewest_epochs:
            self.model.stop_training = others_stop


def rate_scheduler(schedule, first, n_epochs) -> keras.callbacks.Callback:
    """Make the callback that lets the learning rate fall, from its full height to a hundredth."""
    heights = {
        "cosine": lambda part: _LOWEST + (1 - _LOWEST) * (1 + np.cos(np.pi * part)) / 2,
        "linear": lambda part: 1 - (1 - _LOWEST) * part,
        "exponential": lambda part: _LOWEST**part,
    }
    height = heights[schedule]
    full: list[float] = []

    def rate(epoch, now):
        full.append(now)
        return float(full[0] * height((epoch - first) / max(n_epochs - 1, 1)))

    return keras.callbacks.LearningRateScheduler(rate)
