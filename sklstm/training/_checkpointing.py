"""Keep the state of a training after every epoch, and start from what was kept."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import keras
import numpy as np

from sklstm.training._checkpoint_file import CheckpointFile

# What a callback is told, and does not learn.
_TOLD = {"_model", "params"}


class Checkpointing(keras.callbacks.Callback):
    """Write the state of a training after every epoch; at its start, read what was written.

    Parameters
    ----------
    file : CheckpointFile
        Where the state is kept.
    rng : numpy.random.Generator
        The source of randomness of the training.
    others : list of keras.callbacks.Callback
        The callbacks whose state belongs to that of the training. This one stands after them.
    """

    def __init__(self, file: CheckpointFile, rng: np.random.Generator, others: list):
        super().__init__()
        self.file, self.rng, self.others = file, rng, others

    def on_train_begin(self, logs=None):
        """Go on where a training was interrupted, if one was."""
        # What cannot be kept is refused before it has cost an epoch.
        kept_of = [_learned(callback) for callback in self.others]
        self._history: dict[str, list] = {}
        kept = self.file.read()
        if kept is None or len(kept["callbacks"]) != len(kept_of):
            return
        self._history = kept["history"]
        self.rng.bit_generator.state = kept["rng"]
        for callback, learned in zip(self.others, kept["callbacks"], strict=True):
            vars(callback).update(learned)
        next_epoch = self.params["epochs"] if kept["has_stopped"] else kept["next_epoch"]
        self.model.resume(kept["network"], next_epoch, self._history)

    def on_epoch_end(self, epoch, logs=None):
        """Write the state."""
        for name, value in (logs or {}).items():
            self._history.setdefault(name, []).append(value)
        self.file.write(
            {
                "next_epoch": epoch + 1,
                "has_stopped": bool(self.model.stop_training),
                "network": self.model.training_state(),
                "rng": self.rng.bit_generator.state,
                "history": self._history,
                "callbacks": [_learned(callback) for callback in self.others],
            }
        )


def _learned(callback) -> dict[str, Any]:
    """Return what a callback has learned; what it can call, it makes again itself."""
    learned = {
        name: value
        for name, value in vars(callback).items()
        if name not in _TOLD and not callable(value)
    }
    for name, value in learned.items():
        if not _is_plain(value):
            raise TypeError(
                f"checkpoint= keeps the state of callbacks that is made of numbers, strings and "
                f"arrays, but {type(callback).__name__} has {name!r}, a {type(value).__name__}. "
                "Leave this callback out, or fit with checkpoint=None."
            )
    return learned


def _is_plain(value) -> bool:
    if isinstance(value, list | tuple):
        return all(map(_is_plain, value))
    if isinstance(value, dict):
        return all(_is_plain(key) and _is_plain(part) for key, part in value.items())
    if isinstance(value, np.ndarray):
        return value.dtype.kind in "biuf"
    return value is None or isinstance(value, str | bool | int | float | np.generic)
