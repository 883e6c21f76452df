"""Whole epochs of training, and an evaluation, as one graph each."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from functools import partial
from typing import Any

import keras
import tensorflow as tf

from sklstm.networks._block_lstm import gather_steps
from sklstm.networks._forward import apply_decoder, apply_head, apply_lstm_layers
from sklstm.networks._input_layer import input_signature, read_input
from sklstm.networks._labelled_steps import labelled_steps
from sklstm.networks._layers import choose_engine
from sklstm.networks._quantiles import point_prediction
from sklstm.networks._spec import NetworkSpec


def train_epochs_of(network, *, always_labelled: bool, several: bool):
    """Compile training epochs of a network.

    Parameters
    ----------
    network : LSTMNetwork
        Compiled. The graph changes its variables, its optimizer and its metrics.
    always_labelled : bool
        Whether every batch has a label; False checks each one, which takes time.
    several : bool
        Whether a call runs several epochs. One that runs a single epoch is compiled faster, by
        some 60 ms, and a short epoch then takes 0.4 ms more.

    Returns
    -------
    callable
        Takes the examples (the arrays of their NetworkInput, carries, and targets with weights in
        the last column); for each epoch the order of the windows, (n_epochs, n_taken); the batch
        size; for each epoch two numbers as a seed, (n_epochs, 2), and the learning rate,
        (n_epochs,), or (0,) to leave it as it is. Returns the loss of each epoch, up to the first
        that is not finite, and all metrics of the last one.
    """
    spec, optimizer, variables = network.spec, network.optimizer, network.ordered_variables
    goes_on = _has_not_diverged(network)
    of_epochs = [
        tf.TensorSpec([None, None], tf.int32),
        tf.TensorSpec([], tf.int32),
        tf.TensorSpec([None, 2], tf.int32),
        tf.TensorSpec([None], tf.float32),
    ]

    # XLA cannot compile the fused operation.
    @tf.function(autograph=False, jit_compile=False, input_signature=_of_examples(spec) + of_epochs)
    def train_epochs(*tensors):
        *examples, orders, batch_size, seeds, rates = tensors
        n_epochs = tf.shape(orders)[0]

        def one_batch(order, seed, batch, *states):
            chosen = order[batch * batch_size : (batch + 1) * batch_size]
            with tf.GradientTape() as tape:
                y_pred, y, weight, states = _run_batch(
                    network, examples, chosen, states, dropout_seed=seed + tf.stack([0, batch])
                )
                loss = network.compute_loss(y=y, y_pred=y_pred, sample_weight=weight)

            def update_weights():
                gradients = tape.gradient(loss, [v.value for v in variables])
                optimizer.apply(gradients, variables)
                _track(network, loss, y, y_pred, weight)
                return True

            update_weights() if always_labelled else _if_labelled(weight, update_weights)
            return states

        def one_epoch(epoch, losses, _):
            _set_rate(optimizer, rates, epoch)
            _begin_metrics_in_graph(network)
            order = orders[epoch]
            act = partial(one_batch, order, seeds[epoch])
            _loop_over_batches(spec, act, order, batch_size, goes_on)
            loss = _loss_metric(network).result()
            return epoch + 1, losses.write(epoch, loss), loss

        losses = tf.TensorArray(tf.float32, size=n_epochs)
        if not several:
            _, losses, _ = one_epoch(0, losses, None)
            return losses.stack(), network.get_metrics_result()
        n_done, losses, _ = tf.while_loop(
            lambda epoch, _, loss: (epoch < n_epochs) & tf.math.is_finite(loss),
            one_epoch,
            (tf.constant(0), losses, tf.constant(0.0)),
            parallel_iterations=1,
        )
        return losses.stack()[:n_done], network.get_metrics_result()

    # Return the graph itself: looking it up takes time, and TensorFlow warns about a new graph
    # for each network.
    return train_epochs.get_concrete_function()


def evaluation_of(network):
    """Compile the evaluation of a network.

    Parameters
    ----------
    network : LSTMNetwork
        Compiled.

    Returns
    -------
    callable
        Takes the examples (the arrays of their NetworkInput, carries, and targets with weights in
        the last column), the order of the windows and the batch size; returns the logs.
    """
    spec = network.spec

    of_order = [tf.TensorSpec([None], tf.int32), tf.TensorSpec([], tf.int32)]

    @tf.function(autograph=False, jit_compile=False, input_signature=_of_examples(spec) + of_order)
    def evaluate_all(*tensors):
        *examples, order, batch_size = tensors
        _begin_metrics_in_graph(network)

        def one_batch(batch, *states):
            chosen = order[batch * batch_size : (batch + 1) * batch_size]
            y_pred, y, weight, states = _run_batch(network, examples, chosen, states)

            def update_logs():
                loss = network.compute_loss(
                    y=y, y_pred=y_pred, sample_weight=weight, training=False
                )
                _track(network, loss, y, y_pred, weight)
                return True

            _if_labelled(weight, update_logs) if spec.stateful else update_logs()
            return states

        _loop_over_batches(spec, one_batch, order, batch_size)
        return network.get_metrics_result()

    return evaluate_all.get_concrete_function()


def keras_layers(spec: NetworkSpec) -> list[keras.layers.Layer]:
    """Build Keras's own layers, for training that the fast engines do not support.

    Parameters
    ----------
    spec : NetworkSpec
        The sizes.

    Returns
    -------
    list of keras.layers.Layer
        One for each LSTM layer, with weights of 0.
    """
    layers: list[keras.layers.Layer] = []
    all_units = (*spec.units, *spec.decoder_units)
    for number, (n_inputs, units) in enumerate(
        zip(spec.inputs_of_layers(), all_units, strict=True)
    ):
        layer = keras.layers.LSTM(
            units,
            recurrent_dropout=spec.recurrent_dropout,
            return_sequences=spec.outputs_steps or number != len(spec.units) - 1,
            return_state=spec.stateful,
            kernel_initializer="zeros",
            recurrent_initializer="zeros",
            use_cudnn=False,
            seed=0,
            dtype="float32",
        )
        if spec.bidirectional:
            layer = keras.layers.Bidirectional(layer, dtype="float32")
        layer.build((None, None, n_inputs))
        layers.append(layer)
    return layers


def begin_metrics(network) -> None:
    """Reset the metrics before an epoch, unless the graph does.

    Metrics of users may reset what is not in the graph.

    Parameters
    ----------
    network : LSTMNetwork
        Compiled.
    """
    if len(network.metrics) > 1:
        network.reset_metrics()


def _begin_metrics_in_graph(network) -> None:
    """Reset the mean of the loss, if it is the only metric.

    Parameters
    ----------
    network : LSTMNetwork
        Compiled; a graph is being built.
    """
    if len(network.metrics) == 1:
        for variable in _loss_metric(network).variables:
            variable.assign(tf.zeros(variable.shape, variable.dtype))


def _loss_metric(network):
    return next(metric for metric in network.metrics if metric.name == "loss")


def _set_rate(optimizer, rates, epoch) -> None:
    rate = optimizer.learning_rate
    # What a schedule of Keras gives is no variable, and nothing sets it.
    if isinstance(rate, keras.Variable):
        variable = rate.value
        tf.cond(
            tf.size(rates) > 0,
            lambda: variable.assign(rates[epoch]),
            lambda: variable.read_value(),
        )


def _has_not_diverged(network):
    """Return what asks between two batches whether training is worth going on.

    It is not once the loss and the weights are no longer finite. The bias of the dense layer stands
    for all weights, because it is in every output: whatever is not finite reaches it with the next
    gradient.
    """
    total = _loss_metric(network).total.value
    bias = network.ordered_variables[-1].value

    def goes_on():
        weights_are_finite = tf.reduce_all(tf.math.is_finite(bias))
        return tf.math.is_finite(total) | weights_are_finite

    return goes_on


def _loop_over_batches(spec, one_batch, order, batch_size, goes_on=None):
    n_batches = (tf.size(order) + batch_size - 1) // batch_size
    n_states = sum(_sizes_of_states(spec))
    # One tensor for all states: each loop variable costs TensorFlow several operations.
    states = [tf.zeros([batch_size, n_states])] if spec.stateful else []
    tf.while_loop(
        lambda batch, *_: (batch < n_batches) & goes_on() if goes_on else batch < n_batches,
        lambda batch, *states: (batch + 1, *one_batch(batch, *states)),
        (tf.constant(0), *states),
        shape_invariants=(
            tf.TensorShape([]),
            *(tf.TensorShape([None, n_states]) for _ in states),
        ),
        parallel_iterations=1,
    )


def _sizes_of_states(spec) -> list[int]:
    return [units for units in spec.units for _ in "hc"]


def _if_labelled(weight, act):
    """Call `act` if a batch has a label: chunks of a series without one only carry the state."""
    tf.cond(tf.size(weight) > 0, act, lambda: False)


def _run_batch(network, examples, chosen, states, *, dropout_seed=None):
    """Run a batch; return outputs, targets, weights and states."""
    spec = network.spec
    n_shared = len(input_signature(spec)[0])
    shared, (*own, carries, targets) = examples[:n_shared], examples[n_shared:]
    # Another first number than the seeds of dropout have.
    noise_seed = None if dropout_seed is None else ~dropout_seed
    steps, known = read_input(spec, shared, [tf.gather(part, chosen) for part in own], noise_seed)
    if spec.stateful:
        (state,) = states
        states = tf.split(state * tf.gather(carries, chosen), _sizes_of_states(spec), axis=1)
    x, states = _lstm_layers(network, steps, states, known, dropout_seed)
    states = [tf.concat(states, axis=1)] if spec.stateful else []
    if spec.outputs_steps:
        with_native = network.engine == "native"
        where, y, weight = labelled_steps(targets, steps, with_native=with_native)
        how = {"where": where, "with_native": with_native}
        y_pred = apply_head(spec, network.weights_now(), x, **how)
    else:
        y_pred = apply_head(spec, network.weights_now(), x)
        own = tf.gather(targets, chosen)
        y, weight = own[:, :-1], own[:, -1]
    if spec.horizon == 1:
        return y_pred, y, weight, states
    return *_by_step_ahead(spec, y_pred, y, weight), states


def _by_step_ahead(spec, y_pred, y, weight):
    """Reshape forecasts to one axis of steps ahead; a missing target gets a weight of 0."""
    y_pred = tf.reshape(y_pred, [-1, spec.horizon, spec.n_outputs])
    y = tf.reshape(y, [-1, spec.horizon, spec.n_targets // spec.horizon])
    observed = ~tf.math.is_nan(y)
    weight = weight[:, None] * tf.cast(observed[..., 0], tf.float32)
    return y_pred, tf.where(observed, y, 0.0), weight


def _lstm_layers(network, steps, states, known, dropout_seed):
    """Run the LSTM layers and the decoder; return the input of the dense layer, and the states."""
    spec, training = network.spec, dropout_seed is not None
    n_layers = len(spec.units) + len(spec.decoder_units)

    def drop(outputs, layer):
        # Each layer of each batch has its own seed.
        seed = dropout_seed * [1, n_layers] + [0, layer]
        return tf.nn.experimental.stateless_dropout(outputs, spec.dropout, seed=seed)

    after_layer = drop if training and spec.dropout > 0 else None
    pairs = list(zip(states[0::2], states[1::2], strict=True)) if spec.stateful else None
    engine = network.engine if training else choose_engine(spec, training=False)
    if engine == "keras":
        return _through_keras(network, steps, pairs, known, after_layer)
    weights = network.weights_now()
    how: dict[str, Any] = {"engine": engine, "training": training, "after_layer": after_layer}
    only_last = not spec.outputs_steps
    x, ends = apply_lstm_layers(spec, weights, steps, pairs, only_last=only_last, **how)
    if spec.decoder_units:
        x = apply_decoder(spec, weights, x, *known, **how)
        x = tf.reshape(x, [-1, x.shape[-1]])
    return x, [part for pair in ends for part in pair]


def _through_keras(network, steps, pairs, known, after_layer):
    spec = network.spec
    x = tf.transpose(gather_steps(steps), [1, 0, 2])
    mask = tf.sequence_mask(steps.count, steps.n_steps)
    states = []
    for number, layer in enumerate(network.keras_layers):
        if number == len(spec.units):
            x = tf.concat([tf.repeat(x[:, None], spec.horizon, axis=1), *known], axis=-1)
            mask = None
        before = None if pairs is None else list(pairs[number])
        x = layer(x, mask=mask, initial_state=before, training=True)
        if pairs is not None:
            x, *after = x
            states += after
        if after_layer is not None:
            x = after_layer(x, number)
    if spec.decoder_units:
        return tf.reshape(x, [-1, x.shape[-1]]), states
    return tf.transpose(x, [1, 0, 2]) if spec.outputs_steps else x, states


def _track(network, loss, y, y_pred, weight):
    spec = network.spec
    for metric in network.metrics:
        if metric.name == "loss":
            metric.update_state(loss, sample_weight=tf.size(weight))
    if len(network.metrics) == 1:
        return
    if spec.horizon > 1:
        # Keras does not weight metrics: leave out the steps ahead with a weight of 0.
        weighted = tf.where(weight > 0)
        y, y_pred = tf.gather_nd(y, weighted), tf.gather_nd(y_pred, weighted)
        weight = tf.gather_nd(weight, weighted)
    network.compute_metrics(None, y, point_prediction(y_pred, spec.quantiles), sample_weight=weight)


def _of_examples(spec: NetworkSpec) -> list[tf.TensorSpec]:
    """Return the signature of the examples."""
    shared, own = input_signature(spec)
    return [
        *shared,
        *own,
        tf.TensorSpec([None, 1], tf.float32),
        tf.TensorSpec([None, spec.n_targets + 1], tf.float32),
    ]
