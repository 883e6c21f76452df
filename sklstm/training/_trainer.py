"""Train networks through scikeras: one for each member of an ensemble."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import sys
import time
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from copy import deepcopy
from dataclasses import dataclass, replace
from numbers import Real
from typing import Any

import keras
import numpy as np
import sklearn
from scikeras.wrappers import BaseWrapper
from sklearn.exceptions import ConvergenceWarning

from sklstm.networks import (
    Examples,
    NetworkSpec,
    TrainingTask,
    acquire_network,
    claim_process,
    threads_of_tensorflow,
)
from sklstm.training._checkpoint_folder import CheckpointFolder
from sklstm.training._checkpointing import Checkpointing
from sklstm.training._epoch_report import EpochReport
from sklstm.training._keras_parts import (
    check_callbacks,
    check_loss_and_metrics,
    copy_optimizer,
    optimizer_class,
    takes_name,
)
from sklstm.training._length import FORECASTER, Length
from sklstm.training._schedule import EarlyStopping, FallingRate, StopAtDivergence
from sklstm.training._trained import Trained

# Updates that early stopping waits for: fewer teach a network next to nothing.
FEWEST_UPDATES = 200


@dataclass(frozen=True, eq=False)
class Trainer:
    """How networks are trained.

    Parameters
    ----------
    optimizer : str, type or keras.optimizers.Optimizer
        A name or a class, made with `learning_rate`; an instance brings its own and is copied.
    learning_rate : float or "auto"
        See `optimizer`.
    schedule : {"cosine", "linear", "exponential"} or None
        How the learning rate falls from epoch to epoch, where `learning_rate` sets it.
    loss, metrics : see keras.Model.compile
        What to minimise and what to report.
    callbacks : list of keras.callbacks.Callback or None
        Copied, the originals are not touched.
    patience : int or None
        Epochs without a better validation loss before training stops, after which the best
        weights are restored.
    epochs : int or "auto"
        How many to train.
    batch_size : int
        Windows in one update.
    shuffle : bool
        Whether each epoch takes the windows in a new order.
    verbose : int
        0 prints nothing, 1 a line for each network, more is as in Keras.
    length : Length, default=FORECASTER
        What "auto" stands for.
    weight_decay : float, default=0.0
        Decoupled weight decay of an optimizer that is a name or a class.
    """

    optimizer: str | type | keras.optimizers.Optimizer
    learning_rate: float | str
    schedule: str | None
    loss: str | Callable | keras.losses.Loss
    metrics: list | None
    callbacks: list | None
    patience: int | None
    epochs: int | str
    batch_size: int
    shuffle: bool
    verbose: int
    length: Length = FORECASTER
    weight_decay: float = 0.0

    def silent(self) -> "Trainer":
        """Return a trainer that does the same, unseen: without callbacks, metrics and progress."""
        return replace(self, callbacks=None, metrics=None, verbose=0)

    def train(
        self,
        spec: NetworkSpec,
        training: Examples,
        validation: Examples | None,
        rng: np.random.Generator,
        *,
        n_members: int = 1,
        previous: list[Trained] | None = None,
        keep_optimizer: bool = False,
        report: Callable[[int], EpochReport] | None = None,
        checkpoint: CheckpointFolder | None = None,
    ) -> list[Trained]:
        """Train the members of an ensemble, as many at a time as TensorFlow may use threads.

        An epoch keeps one core busy, and hardly more. With callbacks or progress the members are
        trained one after the other.

        Parameters
        ----------
        spec : NetworkSpec
            The sizes.
        training, validation : Examples
            What is learned from, and what `val_*` logs are computed on; None computes none.
        rng : numpy.random.Generator
            Source of all randomness. Each member but the first has one of its own, so that it makes
            no difference which are trained at the same time.
        n_members : int, default=1
            Networks to train, unless there are previous ones.
        previous : list of Trained, default=None
            Trainings to resume, one for each member; None draws new weights.
        keep_optimizer : bool, default=False
            Whether the optimizers resume, too.
        report : callable, default=None
            Called with the number of epochs of each network before it trains; what it returns takes
            the epochs.
        checkpoint : CheckpointFolder, default=None
            Where the state of each network is kept after every epoch, and read at the start.

        Returns
        -------
        list of Trained
            One for each member.

        Raises
        ------
        ValueError
            If something is asked for that Keras does not know, or if the training diverged.
        RuntimeError
            In a process that was forked from one that has trained.
        """
        claim_process()
        check_callbacks(self.callbacks)
        check_loss_and_metrics(self.loss, self.metrics)
        order, at_once = training.in_batches(self.batch_size, None)
        epochs, rate = self.length.choose(
            self.epochs, self.learning_rate, -(-len(order) // at_once)
        )
        starts: list[Trained | None] = list(previous) if previous else [None] * n_members
        # A copy draws the seeds: the first member is what it is without the others.
        seeds = deepcopy(rng).integers(2**63, size=len(starts) - 1)
        rngs = [rng, *(np.random.default_rng(seed) for seed in seeds)]
        tasks = [
            TrainingTask(training, validation, self.batch_size, self.shuffle, own) for own in rngs
        ]

        files = [None] * len(starts) if checkpoint is None else checkpoint.files(len(starts))

        def train_member(start, task, file):
            return self._train_one(spec, task, start, epochs, rate, keep_optimizer, report, file)

        one_by_one = self.callbacks or self.verbose or report is not None
        n_threads = 1 if one_by_one else min(len(starts), threads_of_tensorflow())
        if n_threads == 1:
            return list(map(train_member, starts, tasks, files))
        with ThreadPoolExecutor(n_threads) as executor:
            return list(executor.map(train_member, starts, tasks, files))

    def _train_one(self, spec, task, start, epochs, rate, keep_optimizer, report, file) -> Trained:
        """Train one network, from new weights or from where another training ended.

        scikeras turns names and classes of optimizers, losses and metrics into objects and hands
        the callbacks on. The network it gets is compiled already and holds its data, so what
        scikeras passes to ``fit`` are row numbers, and its seeding, which sets global state, stays
        off.
        """
        weights = spec.initial_weights(task.rng) if start is None else start.weights
        initial_epoch = 0 if start is None else start.n_epochs
        own_callbacks = deepcopy(self.callbacks) if self.callbacks else []
        all_callbacks = list(own_callbacks)
        if self.patience is not None:
            n_batches = -(-len(task.training.windows) // task.batch_size)
            all_callbacks.append(EarlyStopping(self.patience, -(-FEWEST_UPDATES // n_batches)))
        watch = StopAtDivergence()
        all_callbacks.append(watch)
        learning = list(all_callbacks)
        if report is not None:
            all_callbacks.append(Reporting(report(epochs)))
        if self.verbose == 1:
            all_callbacks.append(ProgressLine(spec.units))
        optimizer, settings = self.optimizer, {}
        if isinstance(optimizer, keras.optimizers.Optimizer):
            optimizer = copy_optimizer(optimizer)
        else:
            if self.schedule is not None and epochs > 1:
                # Callbacks of the user have the last word.
                falling = FallingRate(self.schedule, initial_epoch, epochs)
                all_callbacks.insert(0, falling)
                learning.append(falling)
            optimizer = optimizer_class(optimizer)
            settings = {"optimizer__learning_rate": rate}
            if takes_name(optimizer):
                # Numbered names would stay in TensorFlow, one for each fit.
                settings["optimizer__name"] = optimizer.__name__.lower()
            if self.weight_decay:
                settings["optimizer__weight_decay"] = self.weight_decay

        if file is not None:
            all_callbacks.append(Checkpointing(file, task.rng, learning))

        with ExitStack() as stack:

            def build(compile_kwargs):
                parts = {part: compile_kwargs[part] for part in ("optimizer", "loss")}
                # Past scikeras, which renames them: "mae" is to be "mae" in the logs, as in Keras.
                network = stack.enter_context(
                    acquire_network(spec, task, **parts, metrics=self.metrics)
                )
                network.set_ordered_weights(weights)
                if start is not None and keep_optimizer:
                    network.reset_optimizer(start.optimizer_state, None)
                return network

            wrapper = BaseWrapper(
                model=build,
                optimizer=optimizer,
                loss=self.loss,
                callbacks=all_callbacks,
                epochs=epochs,
                # Keras would draw a bar for each epoch, which has one step to it.
                verbose=0 if self.verbose == 1 else self.verbose,
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
            weights, history = network.get_ordered_weights(), dict(network.history.history)
            _check_finite(weights, history, rate, watch.diverged_in)
            return Trained(
                weights=weights,
                optimizer_state=network.get_optimizer_state(),
                history=history if start is None else _appended(start.history, history),
                callbacks=own_callbacks,
                n_iter=len(history["loss"]),
            )


class ProgressLine(keras.callbacks.Callback):
    """Print one line for a network: on a terminal after every epoch in its place, else at the end.

    Parameters
    ----------
    units : tuple of int
        Units of its layers, which tell networks of a search apart.
    """

    def __init__(self, units):
        super().__init__()
        self.name = f"LSTM({', '.join(map(str, units))})"
        self.line = ""

    def on_train_begin(self, logs=None):
        """Take the time."""
        self.start = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        """Write the line of an epoch."""
        seconds = time.perf_counter() - self.start
        parts = [f"{self.name}: epoch {epoch + 1}/{self.params['epochs']}, {seconds:.1f} s"]
        for name, value in (logs or {}).items():
            # Callbacks of users may log anything.
            parts.append(f"{name}: {value:.4g}" if isinstance(value, Real) else f"{name}: {value}")
        # Blanks hide the end of a longer line before.
        self.line = " - ".join(parts).ljust(len(self.line))
        if sys.stdout.isatty():
            print(f"\r{self.line}", end="", flush=True)

    def on_train_end(self, logs=None):
        """Finish the line."""
        # In one piece: worker processes share a terminal.
        text = "\n" if sys.stdout.isatty() else f"{self.line.rstrip()}\n"
        print(text, end="", flush=True)


class Reporting(keras.callbacks.Callback):
    """Report the epochs of a network.

    Parameters
    ----------
    report : EpochReport
        Takes them.
    """

    def __init__(self, report: EpochReport):
        super().__init__()
        self.report = report

    def on_epoch_begin(self, epoch, logs=None):
        """Begin an epoch."""
        self.report.begin()

    def on_epoch_end(self, epoch, logs=None):
        """End it, and stop if that is asked for."""
        if self.report.end(self.model.get_ordered_weights):
            self.model.stop_training = True

    def on_train_end(self, logs=None):
        """End the training."""
        self.report.close()


def _appended(history: dict[str, list], more: dict[str, list]) -> dict[str, list]:
    """Append logs to logs, NaN where the one or the other has none."""
    n_old, n_new = len(history["loss"]), len(more["loss"])
    missing: list[Any] = [np.nan]
    return {
        name: history.get(name, missing * n_old) + more.get(name, missing * n_new)
        for name in history | more
    }


def _check_finite(weights, history, learning_rate: float, diverged_in: int | None) -> None:
    """Refuse what a training that diverged has left; warn if its best weights were restored."""
    is_finite = all(np.isfinite(part).all() for part in weights)
    if is_finite and diverged_in is None:
        return
    n_epochs = len(history["loss"])
    epoch = n_epochs if diverged_in is None else diverged_in + 1
    what = f"Training diverged in epoch {epoch}"
    advice = f"A smaller learning_rate than {learning_rate}, or normalize_X=True, usually helps."
    if is_finite:
        warnings.warn(
            f"{what} (loss {history['loss'][-1]}) and stopped there; early stopping restored the "
            f"best weights before it. {advice}",
            ConvergenceWarning,
            stacklevel=2,
        )
        return
    raise ValueError(
        f"{what}: the weights are no longer finite (last loss {history['loss'][-1]}). {advice}"
    )
