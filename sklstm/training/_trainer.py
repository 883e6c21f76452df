"""One fit of a network through scikeras."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import cache
from inspect import signature
from typing import Any

import keras
import numpy as np
import sklearn
from scikeras.wrappers import BaseWrapper

from sklstm.networks import (
    NetworkSpec,
    TrainingTask,
    acquire_network,
    threads_of_tensorflow,
)

# Updates that early stopping waits for: fewer teach a network next to nothing.
FEWEST_UPDATES = 200
# What a schedule lets the learning rate fall to, as a part of it.
_LOWEST = 0.01


@dataclass(frozen=True, eq=False)
class Trained:
    """What a fit leaves behind: NumPy arrays and numbers.

    Parameters
    ----------
    weights : list of ndarray
        In the order of ``spec.weight_shapes()``.
    optimizer_state : list of ndarray
        All variables of the optimizer.
    history : dict of str to list of float
        The logs of every epoch.
    callbacks : list of keras.callbacks.Callback
        Copies of the user's callbacks that saw this fit, detached from the network.
    """

    weights: list[np.ndarray]
    optimizer_state: list[np.ndarray]
    history: dict[str, list[float]]
    callbacks: list


@dataclass(frozen=True, eq=False)
class Start:
    """Where the training of a member begins.

    Parameters
    ----------
    weights : list of ndarray or None
        Weights to go on from; None draws new ones.
    optimizer_state : list of ndarray or None
        Where the optimizer goes on; None starts afresh.
    initial_epoch : int
        Number of the first epoch.
    """

    weights: list[np.ndarray] | None
    optimizer_state: list[np.ndarray] | None
    initial_epoch: int


def train_members(
    spec: NetworkSpec, task: TrainingTask, starts: list[Start], **how: Any
) -> list[Trained]:
    """Train networks on the same examples, as many at a time as TensorFlow may use threads.

    An epoch keeps one core busy, and hardly more. Callbacks and progress come one after the other.

    Parameters
    ----------
    spec : NetworkSpec
        The sizes.
    task : TrainingTask
        The examples, the batch size and the randomness.
    starts : list of Start
        One for each member. With several each has a source of randomness of its own, so that it
        makes no difference which are trained at the same time.
    **how : object
        As in :func:`train`.

    Returns
    -------
    list of Trained
        One for each member.
    """
    # A copy draws the seeds: the first member is what it is without the others.
    seeds = deepcopy(task.rng).integers(2**63, size=len(starts) - 1)
    rngs = [task.rng, *(np.random.default_rng(seed) for seed in seeds)]

    def train_one(start, rng):
        weights = spec.initial_weights(rng) if start.weights is None else start.weights
        rest = start.optimizer_state, start.initial_epoch
        return train(spec, replace(task, rng=rng), weights, *rest, **how)

    one_by_one = how["callbacks"] or how["verbose"]
    n_threads = 1 if one_by_one else min(len(starts), threads_of_tensorflow())
    if n_threads == 1:
        return list(map(train_one, starts, rngs))
    with ThreadPoolExecutor(n_threads) as pool:
        return list(pool.map(train_one, starts, rngs))


def optimizer_class(optimizer: str | type) -> type:
    """Find the class of an optimizer.

    Parameters
    ----------
    optimizer : str or type
        A name, in any case, or a class.

    Returns
    -------
    type
        A subclass of ``keras.optimizers.Optimizer``.

    Raises
    ------
    ValueError
        If there is none of that name, or if the class is of something else.
    """
    known = _optimizers_by_name()
    found = known.get(optimizer.lower()) if isinstance(optimizer, str) else optimizer
    if found is None:
        # Classes registered with keras.saving.register_keras_serializable have names, too.
        found = keras.saving.get_registered_object(optimizer)
    if not _is_optimizer_class(found):
        raise ValueError(
            f"optimizer={optimizer!r} is not an optimizer of Keras. Give a class or an instance of "
            f"keras.optimizers.Optimizer, or one of the names {', '.join(sorted(known))}."
        )
    return found


@cache
def _optimizers_by_name() -> dict[str, type]:
    return {
        name.lower(): part
        for name, part in vars(keras.optimizers).items()
        if _is_optimizer_class(part)
        and part is not keras.optimizers.Optimizer
        # Wrappers of other optimizers have none, and no name can tell what they wrap.
        and "learning_rate" in signature(part).parameters
    }


def _is_optimizer_class(part) -> bool:
    return isinstance(part, type) and issubclass(part, keras.optimizers.Optimizer)


def _copy_of_optimizer(optimizer):
    """Copy what was configured and leave what was learned; a schedule need not be registered."""
    schedule = type(optimizer._learning_rate)
    with keras.saving.CustomObjectScope({schedule.__name__: schedule}):
        return type(optimizer).from_config(optimizer.get_config())


def _check_callbacks(callbacks) -> None:
    for callback in callbacks or []:
        if not isinstance(callback, keras.callbacks.Callback):
            raise ValueError(
                f"callbacks must be instances of keras.callbacks.Callback; got {callback!r}."
            )


def _check_loss_and_metrics(loss, metrics) -> None:
    if isinstance(loss, str):
        _check_name("loss", loss, keras.losses.get)
    for metric in metrics or []:
        if isinstance(metric, str):
            if metric not in ("acc", "accuracy"):
                _check_name("metrics", metric, keras.metrics.get)
        elif not callable(metric):
            raise ValueError(
                f"metrics must be names, functions, classes or instances of Keras; got {metric!r}."
            )
    for parameter, part in [("loss", loss), *(("metrics", metric) for metric in metrics or [])]:
        name = part if isinstance(part, str) else getattr(part, "name", None)
        if str(name).lower().startswith("sparse"):
            raise ValueError(
                f"{parameter}: {name!r} wants class numbers, but the targets here are one column "
                "for each class (one for two classes). Take its categorical or binary form."
            )


def _check_name(parameter, name, get) -> None:
    try:
        get(name)
    except ValueError as error:
        raise ValueError(f"{parameter}: Keras knows no {name!r} ({error}).") from error


class _EarlyStopping(keras.callbacks.EarlyStopping):
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


def _scheduler(schedule, first, n_epochs) -> keras.callbacks.Callback:
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


def train(
    spec: NetworkSpec,
    task: TrainingTask,
    weights: list[np.ndarray],
    optimizer_state: list[np.ndarray] | None,
    initial_epoch: int,
    *,
    optimizer: str | type | keras.optimizers.Optimizer,
    learning_rate: float,
    schedule: str | None,
    loss: str | Callable | keras.losses.Loss,
    metrics: list | None,
    callbacks: list | None,
    patience: int | None,
    epochs: int,
    verbose: int,
) -> Trained:
    """Train a network from given weights.

    scikeras turns names and classes of optimizers, losses and metrics into objects and hands the
    callbacks on. The network it gets is compiled already and holds its data, so what scikeras
    passes to ``fit`` are row numbers, and its seeding, which sets global state, stays off.

    Parameters
    ----------
    spec : NetworkSpec
        The sizes.
    task : TrainingTask
        The examples, the batch size and the randomness.
    weights : list of ndarray
        Weights to start from.
    optimizer_state : list of ndarray or None
        Where the optimizer goes on; None starts afresh.
    initial_epoch : int
        Number of the first epoch.
    optimizer : str, type or keras.optimizers.Optimizer
        A name or a class, made with ``learning_rate``; an instance brings its own and is copied.
    learning_rate : float
        See ``optimizer``.
    schedule : {"cosine", "linear", "exponential"} or None
        How the learning rate falls from epoch to epoch, where ``learning_rate`` sets it.
    loss, metrics : see keras.Model.compile
        What to minimise and what to report.
    callbacks : list of keras.callbacks.Callback or None
        Copied, the originals are not touched.
    patience : int or None
        Epochs without a better validation loss before training stops, after which the best
        weights are restored; None trains to the end.
    epochs : int
        How many to train.
    verbose : int
        As in Keras.

    Returns
    -------
    Trained
        The result.
    """
    _check_callbacks(callbacks)
    _check_loss_and_metrics(loss, metrics)
    own_callbacks = deepcopy(callbacks) if callbacks else []
    all_callbacks = list(own_callbacks)
    if patience is not None:
        n_batches = -(-len(task.training.windows) // task.batch_size)
        all_callbacks.append(_EarlyStopping(patience, -(-FEWEST_UPDATES // n_batches)))
    if isinstance(optimizer, keras.optimizers.Optimizer):
        optimizer, settings = _copy_of_optimizer(optimizer), {}
    else:
        if schedule is not None and epochs > 1:
            # Callbacks of the user have the last word.
            all_callbacks.insert(0, _scheduler(schedule, initial_epoch, epochs))
        optimizer, settings = (
            optimizer_class(optimizer),
            {"optimizer__learning_rate": learning_rate},
        )

    with ExitStack() as stack:

        def build(compile_kwargs):
            parts = {part: compile_kwargs[part] for part in ("optimizer", "loss")}
            # Past scikeras, which renames them: "mae" is to be "mae" in the logs, as in Keras.
            network = stack.enter_context(acquire_network(spec, task, **parts, metrics=metrics))
            network.set_ordered_weights(weights)
            if optimizer_state is not None:
                network.reset_optimizer(optimizer_state, None)
            return network

        wrapper = BaseWrapper(
            model=build,
            optimizer=optimizer,
            loss=loss,
            callbacks=all_callbacks,
            epochs=epochs,
            verbose=verbose,
            random_state=None,
            **settings,
        )
        row_numbers = np.arange(len(task.training.windows)).reshape(-1, 1)
        try:
            # Inside the wrapper a transformer of scikit-learn passes the row numbers on.
            with sklearn.config_context(transform_output="default"):
                wrapper.fit(row_numbers, row_numbers[:, 0], initial_epoch=initial_epoch)
        finally:
            for callback in all_callbacks:
                # The one of the base class: an override may want to look at the model.
                keras.callbacks.Callback.set_model(callback, None)
        network = wrapper.model_
        return Trained(
            weights=network.get_ordered_weights(),
            optimizer_state=network.get_optimizer_state(),
            history=dict(network.history.history),
            callbacks=own_callbacks,
        )
