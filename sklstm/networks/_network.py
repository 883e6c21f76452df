"""The network that trains: a Keras model whose epochs run whole inside one TensorFlow graph."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import math
from collections.abc import Callable, Iterator
from functools import partial
from itertools import zip_longest

import keras
import numpy as np
import tensorflow as tf

from sklstm.networks._epochs import begin_metrics, evaluation_of, keras_layers, train_epochs_of
from sklstm.networks._layers import choose_engine
from sklstm.networks._quantiles import point_prediction
from sklstm.networks._spec import NetworkSpec
from sklstm.networks._task import Examples, TrainingTask
from sklstm.networks._tensors import as_tensor, read_variables, write_variables

# Windows evaluated at a time.
_EVALUATION_BATCH = 1024
# Steps times weights that run in one call: some 0.1 s, so that Python can be interrupted.
_WORK_AT_ONCE = 1 << 30
# The learning rates of no epoch.
_AS_IT_IS = np.empty(0, dtype=np.float32)


class LSTMNetwork(keras.Model):
    """An LSTM network that trains on rows and positions, one graph call an epoch or less.

    Python draws the order of the windows, calls the graph, and passes the logs to the Keras
    callbacks: once an epoch, or, where no callback looks on, once for several short epochs. The
    graph gathers batches from the rows, so windows are never
    materialised. The numbers of rows, windows and steps and the batch size are unknown dimensions
    of one signature, so the graph is traced once.

    Parameters
    ----------
    spec : NetworkSpec
        The sizes.

    Attributes
    ----------
    task : TrainingTask or None
        The data that :meth:`fit` trains on.
    loss_is_mean : bool
        Whether the loss gives the mean of a batch, which no weights can enter.
    """

    def __init__(self, spec: NetworkSpec):
        # Keras numbers names, and TensorFlow keeps 30 kB for each name of a variable for ever.
        super().__init__(dtype="float32", name="lstm_network")
        self.spec = spec
        self.task: TrainingTask | None = None
        self._initial_epoch: int | None = None
        self.loss_is_mean = False
        self.engine = choose_engine(spec, training=True)
        self.keras_layers = keras_layers(spec) if self.engine == "keras" else []
        of_keras = [v for layer in self.keras_layers for v in layer.trainable_weights]
        # Each fit sets the weights. Drawing some here would advance the global generator that
        # Keras takes its seeds from.
        own = [
            self.add_weight(shape=shape, initializer="zeros", name=f"weight_{number}")
            for number, shape in enumerate(spec.weight_shapes()[len(of_keras) :])
        ]
        self.ordered_variables = of_keras + own
        self._seed_states = [
            v
            for layer in self.keras_layers
            for v in layer.variables
            if all(v is not w for w in layer.weights)
        ]
        self.built = True

    def compile(self, **kwargs):
        """Configure the training, as Keras does, and build everything that has variables.

        Parameters
        ----------
        **kwargs
            ``optimizer``, ``loss`` and ``metrics``, as :meth:`keras.Model.compile` takes them.
        """
        super().compile(**kwargs, jit_compile=False)
        self.optimizer.build(self.ordered_variables)
        # Metrics create their variables at the first update, which must not be inside a graph.
        spec = self.spec
        shape = [2] if spec.horizon == 1 else [2, spec.horizon]
        y = tf.zeros([*shape, spec.n_targets // spec.horizon])
        y_pred, ones = tf.fill([*shape, spec.n_outputs], 0.5), tf.ones(shape)
        self.compute_loss(y=y, y_pred=y_pred, sample_weight=ones)
        if spec.horizon > 1:
            # Metrics read each step ahead as a sample.
            y, y_pred, ones = y[:, 0], y_pred[:, 0], ones[:, 0]
        self.compute_metrics(None, y, point_prediction(y_pred, spec.quantiles), sample_weight=ones)
        self.reset_metrics()
        self._optimizer_start = read_variables(self.optimizer.variables)
        # By whether all is labelled and whether they run several epochs.
        self._graphs_of_epochs: dict[tuple[bool, bool], Callable] = {}
        self._evaluate_all: Callable | None = None

    def _graph_of_epochs(self, always_labelled: bool, several: bool) -> Callable:
        graphs = self._graphs_of_epochs
        # One that runs several epochs runs a single one, too.
        for key in ((always_labelled, True), (always_labelled, several)):
            if key in graphs:
                return graphs[key]
        graph = train_epochs_of(self, always_labelled=always_labelled, several=several)
        graphs[always_labelled, several] = graph
        return graph

    def _epochs_at_once(self, task, callbacks, verbose) -> int:
        """Return how many epochs may run in one call; 0 if something looks on at each of them."""
        is_watched = verbose != 0 or not all(isinstance(own, LogReader) for own in callbacks)
        if is_watched or task.validation or len(self.metrics) > 1 or self.spec.stateful:
            return 0
        n_weights = sum(math.prod(shape) for shape in self.spec.weight_shapes())
        n_steps = int(task.training.windows.count.sum())
        return max(_WORK_AT_ONCE // (n_steps * n_weights), 1)

    def get_config(self):
        """Raise: this network belongs to the model cache and cannot be saved."""
        raise NotImplementedError(
            "The network in training cannot be saved as a whole. Let callbacks save its weights "
            "(save_weights_only=True), and save keras_model_ of the fitted estimator."
        )

    def get_ordered_weights(self) -> list[np.ndarray]:
        """Return the weights in the order of ``spec.weight_shapes()``, as copies."""
        return read_variables(self.ordered_variables)

    def weights_now(self) -> list[tf.Tensor]:
        """Return the weights as tensors of the graph that is being built."""
        return [tf.convert_to_tensor(v.value) for v in self.ordered_variables]

    def set_ordered_weights(self, weights: list[np.ndarray]) -> None:
        """Set the weights, in the order of ``spec.weight_shapes()``."""
        write_variables(self.ordered_variables, weights)

    def get_optimizer_state(self) -> list[np.ndarray]:
        """Return all variables of the optimizer (slots, iterations, rate) as copies."""
        return read_variables(self.optimizer.variables)

    def reset_optimizer(self, state: list[np.ndarray] | None, learning_rate: float | None) -> None:
        """Set the state of the optimizer for the start of a fit.

        Parameters
        ----------
        state : list of ndarray or None
            As :meth:`get_optimizer_state` returns it, or None for a fresh optimizer.
        learning_rate : float or None
            The learning rate to set; None keeps that of ``state``.
        """
        values = self._optimizer_start if state is None else state
        if [v.shape for v in self.optimizer.variables] != [np.shape(v) for v in values]:
            raise ValueError(
                f"The optimizer cannot go on: its saved state is not one of "
                f"{type(self.optimizer).__name__}. Go on with the optimizer that training started "
                "with, or fit anew."
            )
        write_variables(self.optimizer.variables, values)
        if learning_rate is not None:
            self.optimizer.learning_rate = learning_rate

    def training_state(self) -> dict[str, list[np.ndarray]]:
        """Return all that training changes, as copies."""
        return {
            "weights": self.get_ordered_weights(),
            "optimizer": self.get_optimizer_state(),
            "seeds": read_variables(self._seed_states),
        }

    def resume(self, state: dict[str, list], epoch: int, history: dict[str, list]) -> None:
        """Go on with a training that was interrupted; for callbacks, at the start of :meth:`fit`.

        Parameters
        ----------
        state : dict
            As :meth:`training_state` returned it.
        epoch : int
            Number of the epoch at which it goes on.
        history : dict of str to list
            The logs of the epochs before.
        """
        self.set_ordered_weights(state["weights"])
        self.reset_optimizer(state["optimizer"], None)
        write_variables(self._seed_states, state["seeds"])
        self._initial_epoch = epoch
        self.history.history = {name: list(values) for name, values in history.items()}

    def fit(self, x=None, y=None, *, epochs=1, initial_epoch=0, callbacks=None, verbose=0, **_):
        """Train on ``self.task`` with Keras's callbacks.

        The signature is that of :meth:`keras.Model.fit`, so that code written for Keras models
        works with this one; ``x`` and ``y`` are ignored.

        Parameters
        ----------
        x, y : object
            Ignored.
        epochs : int, default=1
            Number of the epoch to stop before.
        initial_epoch : int, default=0
            Number of the epoch to start at.
        callbacks : list of keras.callbacks.Callback, default=None
            They are called for each epoch, and once an epoch for a batch.
        verbose : int, default=0
            As in Keras.
        **_
            Other arguments of Keras's ``fit``, which the task already holds.

        Returns
        -------
        keras.callbacks.History
            The logs of every epoch.
        """
        task = self.task
        if task is None:
            raise RuntimeError("The network has no task: acquire it from the model cache to train.")
        if self.loss_is_mean:
            _check_weighs_all_alike(task)
        training, validation = _as_tensors(task.training), None
        callbacks = callbacks or []
        at_once = self._epochs_at_once(task, callbacks, verbose)
        several = at_once > 1 and epochs > initial_epoch + 1
        graph = self._graph_of_epochs(task.training.are_labelled(), several)
        train_epochs = partial(graph, *training)
        if task.validation is not None:
            size = task.batch_size if self.spec.stateful else _EVALUATION_BATCH
            in_order = map(tf.constant, task.validation.in_batches(size, None))
            validation = *_as_tensors(task.validation), *in_order
        for state in self._seed_states:
            state.assign([task.rng.integers(2**31), 0])
        all_callbacks = keras.callbacks.CallbackList(
            callbacks,
            add_history=True,
            add_progbar=verbose != 0,
            model=self,
            verbose=verbose,
            epochs=epochs,
            steps=1,
        )
        self.stop_training = False
        self._initial_epoch = None
        logs: dict = {}
        all_callbacks.on_train_begin()
        # BackupAndRestore sets this to the epoch at which an interrupted fit goes on.
        first = self._initial_epoch or initial_epoch
        draw = partial(_draw, task)
        if at_once == 0:
            run = partial(self._run_epoch, train_epochs, draw, validation, all_callbacks)
            runs: Iterator[tuple[int, dict]] = (
                (epoch, run(epoch)) for epoch in range(first, epochs)
            )
        else:
            planned = next((own.rate_of for own in callbacks if own.rate_of is not None), None)
            runs = _run_unwatched(train_epochs, draw, planned, first, epochs, at_once)
        for epoch, logs in runs:
            all_callbacks.on_epoch_end(epoch, logs)
            if self.stop_training:
                break
        # Optimizers that average the weights write the averages back here.
        self.optimizer.finalize_variable_values(self.ordered_variables)
        all_callbacks.on_train_end(logs)
        return self.history

    def _run_epoch(self, train_epochs, draw, validation, all_callbacks, epoch) -> dict:
        """Train for one epoch, evaluate, and return the logs."""
        all_callbacks.on_epoch_begin(epoch)
        all_callbacks.on_train_batch_begin(0)
        order, batch_size, seed = draw()
        begin_metrics(self)
        found = train_epochs(*map(tf.constant, (order[None], batch_size, seed[None], _AS_IT_IS)))
        logs = _as_floats(found[1])
        all_callbacks.on_train_batch_end(0, logs)
        if validation is not None:
            if self._evaluate_all is None:
                self._evaluate_all = evaluation_of(self)
            begin_metrics(self)
            results = _as_floats(self._evaluate_all(*validation))
            logs |= {f"val_{name}": value for name, value in results.items()}
        return logs


class LogReader(keras.callbacks.Callback):
    """A callback that looks at the logs of epochs and at nothing else.

    Where all callbacks are such, several epochs run in one call, and only then
    :meth:`on_epoch_end` is called for each. Other methods may not be called.

    Attributes
    ----------
    rate_of : callable or None
        From the number of an epoch to its learning rate, if the callback sets it. The logs then
        hold it.
    """

    rate_of: Callable[[int], float] | None = None


def _run_unwatched(
    train_epochs, draw, rate_of, first: int, last: int, at_once: int
) -> Iterator[tuple[int, dict]]:
    """Train for all epochs, at most `at_once` in a call; yield the number and the logs of each."""
    drawn: list[tuple] = []
    epoch = first
    while epoch < last:
        n_epochs = min(at_once, last - epoch)
        # A call ends early after a loss that is not finite: what is drawn is used in the next.
        drawn += [draw() for _ in range(n_epochs - len(drawn))]
        orders, batch_sizes, seeds = zip(*drawn[:n_epochs], strict=True)
        rates = _AS_IT_IS
        if rate_of is not None:
            rates = np.array([rate_of(epoch + k) for k in range(n_epochs)], np.float32)
        arguments = np.stack(orders), batch_sizes[0], np.stack(seeds), rates
        losses = train_epochs(*map(tf.constant, arguments))[0].numpy()
        del drawn[: len(losses)]
        for loss, rate in zip_longest(losses, rates[: len(losses)]):
            logs = {"loss": float(loss)}
            yield epoch, logs if rate is None else logs | {"learning_rate": float(rate)}
            epoch += 1


def _draw(task: TrainingTask) -> tuple[np.ndarray, int, np.ndarray]:
    """Draw the order of the windows, in batches of a size, and the seed of an epoch."""
    taken = task.training.in_batches(task.batch_size, task.rng if task.shuffle else None)
    return *taken, task.rng.integers(2**31, size=2, dtype=np.int32)


def _check_weighs_all_alike(task: TrainingTask) -> None:
    for examples in (task.training, task.validation):
        weights = np.empty(0) if examples is None else examples.weights[examples.weights > 0]
        if len(weights) and not np.allclose(weights, weights[0]):
            raise ValueError(
                "The loss returns one number for a whole batch, of shape (), which weights of "
                "samples or classes cannot enter: expected one for each sample, of shape "
                "(n_samples,). Average over the last axis alone, as in keras.ops.mean(..., "
                "axis=-1)."
            )


def _as_tensors(examples: Examples) -> tuple[tf.Tensor, ...]:
    own = examples.windows.own_arrays()
    # Factor of the state before a window: 1, or 0 at the start of a series.
    carries = ~examples.starts_series()
    if examples.series is not None:
        # The last window fills empty slots.
        own = [
            np.concatenate([array, np.zeros_like(array, shape=(1, *array.shape[1:]))])
            for array in own
        ]
        carries = np.r_[carries, True]
    # In one array: one lookup of targets and weights takes less time than two.
    labels = np.column_stack([examples.targets, examples.weights])
    carries = carries[:, None].astype(np.float32)
    arrays = [*examples.windows.shared_arrays(), *own, carries, labels]
    return tuple(as_tensor(a) for a in arrays)


def _as_floats(logs) -> dict:
    arrays = {name: np.array(value) for name, value in logs.items()}
    # A metric with a value for each class or target stays an array.
    return {name: of.item() if of.size == 1 else of for name, of in arrays.items()}
