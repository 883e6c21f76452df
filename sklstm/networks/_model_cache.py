"""Compiled networks, lent for one fit at a time: building and tracing costs more than most fits."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import json
import re
import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy

import keras
import tensorflow as tf

from sklstm.networks._adam import with_fused_update
from sklstm.networks._keras_private import function_of, learning_rate_of
from sklstm.networks._layers import choose_engine, device_of
from sklstm.networks._network import LSTMNetwork
from sklstm.networks._spec import NetworkSpec
from sklstm.networks._task import TrainingTask

MAX_IDLE_NETWORKS = 16

_idle: OrderedDict[tuple, list[LSTMNetwork]] = OrderedDict()
_lock = threading.Lock()


@contextmanager
def acquire_network(
    spec: NetworkSpec, task: TrainingTask, *, optimizer, loss, metrics
) -> Iterator[LSTMNetwork]:
    """Lend a compiled network with a fresh optimizer.

    A network that is lent belongs to one borrower alone; another who wants the same gets one
    of its own, so nobody waits and a callback may fit a model itself. What a borrower leaves behind
    (data, callbacks, weights) is taken out when the network comes back. At most
    ``MAX_IDLE_NETWORKS`` wait for reuse; the longest unused go first.

    Parameters
    ----------
    spec : NetworkSpec
        The sizes.
    task : TrainingTask
        What the network will train on.
    optimizer : keras.optimizers.Optimizer
        Its class and settings decide which network fits; its learning rate is set on it.
    loss : str, callable or keras.losses.Loss
        The loss.
    metrics : list or None
        Metrics as ``keras.Model.compile`` takes them.

    Yields
    ------
    LSTMNetwork
        Compiled; its weights are whatever they were and have to be set.
    """
    key = _key(spec, optimizer, loss, metrics)
    with device_of(choose_engine(spec, training=True)):
        network = None if key is None else _take(key)
        if network is None:
            network = _compiled_network(spec, optimizer, loss, metrics)
        network.task = task
        network.reset_optimizer(None, _fixed_rate(optimizer))
        try:
            yield network
        except BaseException:
            # Whatever went wrong may have left the network in any state.
            _detach(network)
            raise
        else:
            _detach(network)
            if key is not None:
                _put_back(key, network)


def clear_model_cache() -> None:
    """Forget all idle networks and free their memory."""
    with _lock:
        _idle.clear()


def _compiled_network(spec: NetworkSpec, optimizer, loss, metrics) -> LSTMNetwork:
    network = LSTMNetwork(spec)
    own_metrics = None if metrics is None else [_own_metric(metric) for metric in metrics]
    try:
        network.compile(optimizer=with_fused_update(optimizer), loss=loss, metrics=own_metrics)
    except (ValueError, TypeError, tf.errors.InvalidArgumentError) as error:
        raise ValueError(
            f"loss={loss!r} with metrics={metrics!r} cannot be computed on targets and outputs of "
            f"shape (n_samples, {spec.n_outputs}): {error}"
        ) from error
    return network


def _own_metric(metric):
    """Make a metric that belongs to the network alone: it is updated, and lives as long."""
    if isinstance(metric, keras.metrics.Metric):
        # Keras copies by name; what the user defined need not be registered for it.
        parts = (type(metric), function_of(metric))
        named = {p.__name__: p for p in parts if hasattr(p, "__name__")}
        with keras.saving.CustomObjectScope(named):
            return deepcopy(metric)
    if not isinstance(metric, type):
        return metric
    made = metric()
    if metric().name != made.name:
        # Keras numbers the metrics of a process on; a log is to have the same name in every fit.
        made.name = re.sub(r"_\d+$", "", made.name)
    return made


def _take(key: tuple) -> LSTMNetwork | None:
    with _lock:
        networks = _idle.get(key)
        if not networks:
            return None
        network = networks.pop()
        if not networks:
            del _idle[key]
        return network


def _put_back(key: tuple, network: LSTMNetwork) -> None:
    with _lock:
        _idle.setdefault(key, []).append(network)
        _idle.move_to_end(key)
        while sum(map(len, _idle.values())) > MAX_IDLE_NETWORKS:
            oldest = next(iter(_idle))
            _idle[oldest].pop(0)
            if not _idle[oldest]:
                del _idle[oldest]


def _detach(network: LSTMNetwork) -> None:
    network.task = None
    network.history = None
    network.stop_training = False


def _key(spec: NetworkSpec, optimizer, loss, metrics) -> tuple | None:
    """Tell which borrowers may share a network; None if that cannot be told."""
    metrics = [] if metrics is None else metrics
    try:
        parts = [_settings(part) for part in (optimizer, loss, *metrics)]
    except (TypeError, ValueError, NotImplementedError):
        return None
    return (spec, choose_engine(spec, training=True), *parts)


def _settings(part) -> tuple:
    if isinstance(part, keras.optimizers.Optimizer):
        if not _is_of_keras(part):
            raise TypeError("Its configuration may not tell all that it does.")
        config = part.get_config()
        # Keras numbers the optimizers of a process on: two that are the same have two names.
        del config["name"]
        # A schedule is a part of the graph, a fixed rate is a variable that is set.
        schedule = None if _fixed_rate(part) is not None else type(learning_rate_of(part))
        if schedule is None:
            del config["learning_rate"]
        return type(part), schedule, json.dumps(config, sort_keys=True)
    if hasattr(part, "get_config") and not isinstance(part, type) and _is_of_keras(part):
        return type(part), function_of(part), json.dumps(part.get_config(), sort_keys=True)
    # Names, functions, classes, and objects of classes that Keras does not know: nothing but the
    # very same is the same.
    hash(part)
    return (part,)


def _is_of_keras(part) -> bool:
    return type(part).__module__.startswith("keras.")


def _fixed_rate(optimizer) -> float | None:
    rate = optimizer.get_config()["learning_rate"]
    return float(rate) if isinstance(rate, float | int) else None
