"""The network that trains: a Keras model whose epochs run whole inside one TensorFlow graph."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable
from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf

from sklstm.networks._block_lstm import gather_steps
from sklstm.networks._forward import apply_head, apply_layers
from sklstm.networks._layers import choose_engine, steps_of_windows
from sklstm.networks._spec import NetworkSpec
from sklstm.networks._tensors import as_tensor
from sklstm.networks._windows import WindowSet

_EVALUATION_BLOCK = 1024


@dataclass(frozen=True, eq=False)
class Examples:
    """Windows with what they should give.

    Parameters
    ----------
    windows : WindowSet
        The inputs, already scaled.
    targets : ndarray of shape (n_windows, n_outputs), float32
        What the network should answer.
    weights : ndarray of shape (n_windows,), float32
        Weight of each window in the loss.
    """

    windows: WindowSet
    targets: np.ndarray
    weights: np.ndarray


@dataclass(frozen=True, eq=False)
class TrainingTask:
    """All that one fit brings to a network, and takes away again.

    Parameters
    ----------
    training : Examples
        What is learned from.
    validation : Examples or None
        What the ``val_*`` logs are computed on after each epoch.
    batch_size : int
        Windows in one update.
    shuffle : bool
        Whether the windows of an epoch come in a new order.
    rng : numpy.random.Generator
        Source of the order of the windows and of the dropout masks.
    """

    training: Examples
    validation: Examples | None
    batch_size: int
    shuffle: bool
    rng: np.random.Generator


class LSTMNetwork(keras.Model):
    """An LSTM network that trains on rows and positions, one graph call an epoch.

    Python runs once an epoch: it draws the order of the windows, calls the graph, and hands the
    logs to the Keras callbacks. Batches are gathered from the rows inside the graph, so windows are
    never materialised. Numbers of rows, windows, steps and the batch size are unknown dimensions
    of one signature: nothing is traced twice.

    Parameters
    ----------
    spec : NetworkSpec
        The sizes.

    Attributes
    ----------
    task : TrainingTask or None
        What :meth:`fit` trains on.
    """

    def __init__(self, spec: NetworkSpec):
        super().__init__(dtype="float32")
        self.spec = spec
        self.task: TrainingTask | None = None
        self.engine = choose_engine(spec, training=True)
        self._keras_layers = _keras_layers(spec) if self.engine == "keras" else []
        theirs = [v for layer in self._keras_layers for v in layer.trainable_weights]
        # Whoever borrows the network sets its weights; drawing some here would move the global
        # generator that Keras takes its seeds from.
        ours = [
            self.add_weight(shape=shape, initializer="zeros", name=f"weight_{number}")
            for number, shape in enumerate(spec.weight_shapes()[len(theirs) :])
        ]
        self._ordered = theirs + ours
        self._seed_states = [
            v
            for layer in self._keras_layers
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
        # The fused op has no XLA kernel.
        super().compile(**kwargs, jit_compile=False)
        self.optimizer.build(self._ordered)
        # Metrics make their variables at the first update: let that not happen inside a graph.
        zeros = tf.zeros([2, self.spec.n_outputs])
        ones = tf.ones([2])
        self.compute_loss(y=zeros, y_pred=zeros + 0.5, sample_weight=ones)
        self.compute_metrics(None, zeros, zeros + 0.5, sample_weight=ones)
        self.reset_metrics()
        self._optimizer_start = _as_arrays(self.optimizer.variables)
        self._train_epoch = self._make_train_epoch()
        self._evaluate_all: Callable | None = None

    def get_config(self):
        """Refuse: this network is lent for one fit and means nothing outside this library."""
        raise NotImplementedError(
            "The network in training cannot be saved as a whole. Let callbacks save its weights "
            "(save_weights_only=True), and save keras_model_ of the fitted estimator."
        )

    def get_ordered_weights(self) -> list[np.ndarray]:
        """Return the weights in the order of ``spec.weight_shapes()``, as copies."""
        return _as_arrays(self._ordered)

    def set_ordered_weights(self, weights: list[np.ndarray]) -> None:
        """Set the weights, in the order of ``spec.weight_shapes()``."""
        for variable, value in zip(self._ordered, weights, strict=True):
            variable.assign(value)

    def get_optimizer_state(self) -> list[np.ndarray]:
        """Return all variables of the optimizer (slots, iterations, rate) as copies."""
        return _as_arrays(self.optimizer.variables)

    def reset_optimizer(self, state: list[np.ndarray] | None, learning_rate: float | None) -> None:
        """Put the optimizer where a fit starts.

        Parameters
        ----------
        state : list of ndarray or None
            What :meth:`get_optimizer_state` gave, or None for a fresh optimizer.
        learning_rate : float or None
            The learning rate to set; None keeps what ``state`` holds.
        """
        values = self._optimizer_start if state is None else state
        if [v.shape for v in self.optimizer.variables] != [np.shape(v) for v in values]:
            raise ValueError(
                f"The optimizer cannot go on: the state it was left in is not one of "
                f"{type(self.optimizer).__name__}. Go on with the optimizer that training began "
                "with, or fit anew."
            )
        for variable, value in zip(self.optimizer.variables, values, strict=True):
            variable.assign(value)
        if learning_rate is not None:
            self.optimizer.learning_rate = learning_rate

    def fit(self, x=None, y=None, *, epochs=1, initial_epoch=0, callbacks=None, verbose=0, **_):
        """Train on ``self.task`` with Keras's callbacks.

        The signature is that of :meth:`keras.Model.fit`, so that whatever drives Keras models can
        drive this one; ``x`` and ``y`` are ignored.

        Parameters
        ----------
        x, y : object
            Ignored.
        epochs : int, default=1
            Number of the epoch to stop before.
        initial_epoch : int, default=0
            Number of the epoch to start at.
        callbacks : list of keras.callbacks.Callback, default=None
            They see each epoch, and each epoch as one batch.
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
            raise RuntimeError("The network has no task: borrow it from the pool to train it.")
        training, validation = _as_tensors(task.training), None
        if task.validation is not None:
            validation = _as_tensors(task.validation)
        n_windows = len(task.training.windows)
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
        # BackupAndRestore says here how far an interrupted fit had got.
        for epoch in range(self._initial_epoch or initial_epoch, epochs):
            all_callbacks.on_epoch_begin(epoch)
            all_callbacks.on_train_batch_begin(0)
            order = task.rng.permutation(n_windows) if task.shuffle else np.arange(n_windows)
            seed = task.rng.integers(2**31, size=2, dtype=np.int32)
            self.reset_metrics()
            logs = _as_floats(
                self._train_epoch(
                    *training,
                    tf.constant(order.astype(np.int32)),
                    tf.constant(task.batch_size),
                    tf.constant(seed),
                )
            )
            all_callbacks.on_train_batch_end(0, logs)
            if validation is not None:
                if self._evaluate_all is None:
                    self._evaluate_all = self._make_evaluate_all()
                self.reset_metrics()
                results = _as_floats(self._evaluate_all(*validation))
                logs |= {f"val_{name}": value for name, value in results.items()}
            all_callbacks.on_epoch_end(epoch, logs)
            if self.stop_training:
                break
        # Optimizers that average the weights write the averages back here.
        self.optimizer.finalize_variable_values(self._ordered)
        all_callbacks.on_train_end(logs)
        return self.history

    def _make_train_epoch(self):
        spec, optimizer, variables = self.spec, self.optimizer, self._ordered
        signature = [
            *_example_signature(spec),
            _vector(tf.int32),
            _scalar(tf.int32),
            _vector(tf.int32),
        ]

        @tf.function(autograph=False, jit_compile=False, input_signature=signature)
        def train_epoch(rows, start, count, targets, weights, order, batch_size, seed):
            def one_batch(batch):
                chosen = order[batch * batch_size : (batch + 1) * batch_size]
                steps = steps_of_windows(rows, tf.gather(start, chosen), tf.gather(count, chosen))
                y, weight = tf.gather(targets, chosen), tf.gather(weights, chosen)
                with tf.GradientTape() as tape:
                    y_pred = self._forward_in_training(steps, seed, batch)
                    loss = self.compute_loss(y=y, y_pred=y_pred, sample_weight=weight)
                gradients = tape.gradient(loss, [v.value for v in variables])
                optimizer.apply(gradients, variables)
                self._track(loss, y, y_pred, weight)
                return (batch + 1,)

            n_batches = (tf.size(order) + batch_size - 1) // batch_size
            tf.while_loop(
                lambda b: b < n_batches, one_batch, (tf.constant(0),), parallel_iterations=1
            )
            return self.get_metrics_result()

        # The graph itself: looking it up costs time, and TensorFlow warns of one graph a network.
        return train_epoch.get_concrete_function()

    def _make_evaluate_all(self):
        spec, variables = self.spec, self._ordered
        engine = choose_engine(spec, training=False)

        @tf.function(autograph=False, jit_compile=False, input_signature=_example_signature(spec))
        def evaluate_all(rows, start, count, targets, weights):
            def one_block(block):
                chosen = slice(block * _EVALUATION_BLOCK, (block + 1) * _EVALUATION_BLOCK)
                steps = steps_of_windows(rows, start[chosen], count[chosen])
                weights_now = [tf.convert_to_tensor(v.value) for v in variables]
                y_pred = apply_layers(spec, weights_now, steps, engine=engine)
                y, weight = targets[chosen], weights[chosen]
                loss = self.compute_loss(y=y, y_pred=y_pred, sample_weight=weight, training=False)
                self._track(loss, y, y_pred, weight)
                return (block + 1,)

            n_blocks = (tf.size(start) + _EVALUATION_BLOCK - 1) // _EVALUATION_BLOCK
            tf.while_loop(
                lambda b: b < n_blocks, one_block, (tf.constant(0),), parallel_iterations=1
            )
            return self.get_metrics_result()

        return evaluate_all.get_concrete_function()

    def _track(self, loss, y, y_pred, weight):
        for metric in self.metrics:
            if metric.name == "loss":
                metric.update_state(loss, sample_weight=tf.size(weight))
        self.compute_metrics(None, y, y_pred, sample_weight=weight)

    def _forward_in_training(self, steps, seed, batch):
        rate = self.spec.dropout
        n_layers = len(self.spec.units)

        def drop(outputs, layer):
            mask_seed = seed + tf.stack([0, batch * n_layers + layer])
            return tf.nn.experimental.stateless_dropout(outputs, rate, seed=mask_seed)

        after_layer = drop if rate > 0 else None
        weights = [tf.convert_to_tensor(v.value) for v in self._ordered]
        if self.engine != "keras":
            return apply_layers(
                self.spec,
                weights,
                steps,
                engine=self.engine,
                training=True,
                after_layer=after_layer,
            )
        x = tf.transpose(gather_steps(steps), [1, 0, 2])
        mask = tf.sequence_mask(steps.count, steps.n_steps)
        for number, layer in enumerate(self._keras_layers):
            x = layer(x, mask=mask, training=True)
            if after_layer is not None:
                x = after_layer(x, number)
        return apply_head(self.spec, weights, x)


def _keras_layers(spec: NetworkSpec) -> list[keras.layers.Layer]:
    layers: list[keras.layers.Layer] = []
    n_inputs = spec.n_features
    for number, units in enumerate(spec.units):
        layer = keras.layers.LSTM(
            units,
            recurrent_dropout=spec.recurrent_dropout,
            return_sequences=number < len(spec.units) - 1,
            kernel_initializer="zeros",
            recurrent_initializer="zeros",
            use_cudnn=False,
            seed=0,
            dtype="float32",
        )
        if spec.bidirectional:
            layer = keras.layers.Bidirectional(layer, dtype="float32")
        layer.build((None, None, n_inputs))
        n_inputs = units * spec.n_directions
        layers.append(layer)
    return layers


def _example_signature(spec: NetworkSpec) -> list[tf.TensorSpec]:
    rows = tf.TensorSpec([None, spec.n_features], tf.float32)
    targets = tf.TensorSpec([None, spec.n_outputs], tf.float32)
    return [rows, _vector(tf.int32), _vector(tf.int32), targets, _vector(tf.float32)]


def _vector(dtype):
    return tf.TensorSpec([None], dtype)


def _scalar(dtype):
    return tf.TensorSpec([], dtype)


def _as_tensors(examples: Examples) -> tuple[tf.Tensor, ...]:
    windows = examples.windows
    arrays = (windows.rows, windows.start, windows.count, examples.targets, examples.weights)
    return tuple(as_tensor(a) for a in arrays)


def _as_arrays(variables) -> list[np.ndarray]:
    return [np.array(v.numpy()) for v in variables]


def _as_floats(logs) -> dict:
    # A metric of each class or target is an array, and stays one.
    return {
        name: np.array(value).item() if np.size(value) == 1 else np.array(value)
        for name, value in logs.items()
    }
