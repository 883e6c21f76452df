"""When a training stops, and how the learning rate falls."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import keras
import numpy as np

from sklstm.networks._network import LogReader
from sklstm.networks._tensors import read_variables, write_variables

# What a schedule lowers the learning rate to, as a part of it.
_LOWEST = 0.01
_HEIGHTS = {
    "cosine": lambda part: _LOWEST + (1 - _LOWEST) * (1 + np.cos(np.pi * part)) / 2,
    "linear": lambda part: 1 - (1 - _LOWEST) * part,
    "exponential": lambda part: _LOWEST**part,
}


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


class StopAtDivergence(LogReader):
    """Stop after the first epoch whose loss is no longer finite, if the weights are not either.

    Attributes
    ----------
    diverged_in : int or None
        That epoch, from 0; None if there was none.
    """

    def __init__(self):
        super().__init__()
        self.diverged_in = None

    def on_epoch_end(self, epoch, logs=None):
        """Look at the loss of an epoch."""
        if np.isfinite((logs or {}).get("loss", 0.0)):
            return
        if not all(np.isfinite(part).all() for part in self.model.get_ordered_weights()):
            self.diverged_in = epoch
            self.model.stop_training = True


class FallingRate(LogReader):
    """Let the learning rate fall, from its full height to a hundredth.

    Keras's LearningRateScheduler reads the rate in a way that NumPy deprecates.

    Parameters
    ----------
    schedule : {"cosine", "linear", "exponential"}
        How it falls.
    first : int
        The first epoch.
    n_epochs : int
        Epochs in all.
    """

    def __init__(self, schedule, first, n_epochs):
        super().__init__()
        self.height = _HEIGHTS[schedule]
        self.first = first
        self.n_epochs = n_epochs
        self.full = None

    @property
    def _rate(self):
        return float(*read_variables([self.model.optimizer.learning_rate]))

    def rate_of(self, epoch):
        """Return the rate of an epoch."""
        if self.full is None:
            self.full = self._rate
        part = (epoch - self.first) / max(self.n_epochs - 1, 1)
        return float(self.full * self.height(part))

    def on_epoch_begin(self, epoch, logs=None):
        """Set the rate of an epoch."""
        write_variables([self.model.optimizer.learning_rate], [self.rate_of(epoch)])

    def on_epoch_end(self, epoch, logs=None):
        """Log the rate, behind the losses."""
        if logs is not None:
            logs["learning_rate"] = logs.pop("learning_rate", None) or self._rate
