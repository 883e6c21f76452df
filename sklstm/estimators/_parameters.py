"""What parameters of a fit come to, and what is done with its results."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from numbers import Integral

import numpy as np

# Updates of a training whose length is left to the data, and the epochs that it may take.
_UPDATES = 1_500
_EPOCHS = (2, 100)


def make_generator(random_state) -> np.random.Generator:
    """Make a generator of our own; the global one is neither read nor moved."""
    if random_state is None or isinstance(random_state, Integral):
        return np.random.default_rng(None if random_state is None else int(random_state))
    return np.random.default_rng(random_state.randint(2**31))


def length_of_training(
    epochs: int | str, learning_rate: float | str, n_batches: int
) -> tuple[int, float]:
    """Choose the epochs and the learning rate that are left to the size of the data."""
    fewest, most = _EPOCHS
    n_epochs = min(max(-(-_UPDATES // n_batches), fewest), most)
    n_epochs = n_epochs if epochs == "auto" else int(epochs)
    rate = min(0.01, 0.1 / np.sqrt(n_epochs * n_batches))
    return n_epochs, rate if learning_rate == "auto" else float(learning_rate)


def as_units(units, parameter: str, default=None) -> tuple[int, ...]:
    """Read widths of layers.

    Parameters
    ----------
    units : int, tuple of int or None
        One width, or one for each layer.
    parameter : str
        Whose value it is, for the message.
    default : int or tuple of int, default=None
        Whose last width stands for None.

    Returns
    -------
    tuple of int
        One for each layer.

    Raises
    ------
    ValueError
        If it is neither.
    """
    if units is None:
        return as_units(default, parameter)[-1:]
    each = (units,) if isinstance(units, Integral) else tuple(units)
    if not each or not all(isinstance(u, Integral) and int(u) >= 1 for u in each):
        raise ValueError(
            f"{parameter} must be an int >= 1 or a non-empty tuple of them, one for each layer; "
            f"got {units!r}."
        )
    return tuple(int(u) for u in each)


def mean_of_members(outputs: list[np.ndarray]) -> np.ndarray:
    """Average what the members answer.

    Parameters
    ----------
    outputs : list of ndarray
        The answers of each.

    Returns
    -------
    ndarray, float64
        Their mean.
    """
    return np.asarray(np.mean(outputs, axis=0, dtype=np.float64))


def as_list(callbacks) -> list | None:
    """Read the parameter `callbacks`, which may be one of them."""
    if callbacks is None:
        return None
    return list(callbacks) if isinstance(callbacks, list | tuple) else [callbacks]


def appended(history: dict[str, list], more: dict[str, list]) -> dict[str, list]:
    """Append logs to logs, NaN where the one or the other has none."""
    n_old, n_new = len(history["loss"]), len(more["loss"])
    missing = [np.nan]
    return {
        name: history.get(name, missing * n_old) + more.get(name, missing * n_new)
        for name in history | more
    }


def check_finite(trained, learning_rate: float) -> None:
    """Refuse what a training that diverged has left."""
    if not all(np.isfinite(w).all() for w in trained.weights):
        raise ValueError(
            f"Training diverged: the weights are no longer finite (last loss "
            f"{trained.history['loss'][-1]}). A smaller learning_rate than {learning_rate}, or "
            "normalize_X=True, usually helps."
        )
