"""When a training stops, and how the learning rate falls."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import keras
import numpy as np

# What a schedule lowers the learning rate to, as a part of it.
_LOWEST = 0.01


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
