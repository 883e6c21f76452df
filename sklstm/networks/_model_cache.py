"""A cache of compiled networks: building and tracing one takes longer than most fits."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import gc
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
from sklstm.networks._check_losses import check_loss, check_metric
from sklstm.networks._keras_private import function_of, learning_rate_of, without_all_reduce
from sklstm.networks._layers import choose_engine, device_of
from sklstm.networks._network import LSTMNetwork
from sklstm.networks._spec import NetworkSpec
from sklstm.networks._task import TrainingTask
from sklstm.networks._tensorflow_private import clear_kernel_cache

MAX_IDLE_NETWORKS = 16

# Networks after whose compilation TensorFlow's kernels are freed: some 1 MB for each new shape.
_MANY_COMPILED = 32

_idle: OrderedDict[tuple, list[LSTMNetwork]] = OrderedDict()
_n_in_use = 0
_n_compiled = 0
_lock = threading.Lock()


@contextmanager
def acquire_network(
    spec: NetworkSpec, task: TrainingTask, *, optimizer, loss, metrics
) -> Iterator[LSTMNetwork]:
    """Acquire a compiled network with a fresh optimizer, and release it on exit.

    An acquired network is used by one fit only. A second fit with the same settings gets a network
    of its own, so no fit waits, and a callback may fit a model itself. On release, the network
    drops its data, its history and the request to stop. The cache keeps at most
    ``MAX_IDLE_NETWORKS`` idle networks and drops the least recently used first.

    Parameters
    ----------
    spec : NetworkSpec
        The sizes.
    task : TrainingTask
        The data that the network will train on.
    optimizer : keras.optimizers.Optimizer
        Its class and settings select the network; its fixed learning rate is set on the network.
    loss : str, callable or keras.losses.Loss
        The loss.
    metrics : list or None
        Metrics as ``keras.Model.compile`` takes them.

    Yields
    ------
    LSTMNetwork
        Compiled. Its weights are undefined and have to be set.
    """
    key = _key(spec, optimizer, loss, metrics)
    with _counted(), device_of(choose_engine(spec, training=True)):
        network = None if key is None else _take(key)
        if network is None:
            network = _compiled_network(spec, optimizer, loss, metrics)
        network.task = task
        network.reset_optimizer(None, _fixed_rate(optimizer))
        try:
            yield network
        except BaseException:
            # An error may leave the network in any state, so it is not reused.
            _detach(network)
            raise
        else:
            _detach(network)
            if key is not None:
                _release(key, network)


@contextmanager
def _counted():
    """Count the networks in use, and free what those have left that were dropped."""
    global _n_in_use
    with _lock:
        _n_in_use += 1
    try:
        yield
    finally:
        with _lock:
            _n_in_use -= 1
            # In no other thread may TensorFlow be computing.
            if _n_compiled >= _MANY_COMPILED and not _n_in_use and threading.active_count() == 1:
                _free()


def _free() -> None:
    """Free graphs, which refer to themselves, and kernels; the lock is held."""
    global _n_compiled
    _n_compiled = 0
    gc.collect()
    clear_kernel_cache()


def clear_model_cache() -> None:
    """Drop all idle networks and free their memory, and that of TensorFlow's kernels.

    Networks that are training stay. No other thread may compute with TensorFlow meanwhile.
    """
    with _lock:
        _idle.clear()
        _free()


def _compiled_network(spec: NetworkSpec, optimizer, loss, metrics) -> LSTMNetwork:
    global _n_compiled
    with _lock:
        _n_compiled += 1
    network = LSTMNetwork(spec)
    own_metrics = None if metrics is None else [_own_metric(metric) for metric in metrics]
    own_optimizer = without_all_reduce(with_fused_update(optimizer))
    network.loss_is_mean = check_loss(loss, spec)
    for metric in own_metrics or ():
        check_metric(metric, spec)
    try:
        network.compile(optimizer=own_optimizer, loss=loss, metrics=own_metrics)
    except (ValueError, TypeError, tf.errors.InvalidArgumentError) as error:
        raise ValueError(
            f"loss={loss!r} with metrics={metrics!r} cannot be computed on targets and outputs of "
            f"shape (n_samples, {spec.n_outputs}): {error}"
        ) from error
    return network


def _own_metric(metric):
    """Copy a metric for the network, which updates it and keeps it."""
    if isinstance(metric, keras.metrics.Metric):
        # Keras copies by name, and the user need not have registered a class or function.
        parts = (type(metric), function_of(metric))
        named = {p.__name__: p for p in parts if hasattr(p, "__name__")}
        with keras.saving.CustomObjectScope(named):
            return deepcopy(metric)
    if not isinstance(metric, type):
        return metric
    made = metric()
    if metric().name != made.name:
        # Keras numbers the metrics of a process; the log keeps the same name in every fit.
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


def _release(key: tuple, network: LSTMNetwork) -> None:
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
    """Return what fits must have in common to reuse a network; None if that is unknown."""
    metrics = [] if metrics is None else metrics
    try:
        parts = [_settings(part) for part in (optimizer, loss, *metrics)]
    except (TypeError, ValueError, NotImplementedError):
        return None
    return (spec, choose_engine(spec, training=True), *parts)


def _settings(part) -> tuple:
    if isinstance(part, keras.optimizers.Optimizer):
        if not _is_of_keras(part):
            raise TypeError("The configuration of a user's optimizer may be incomplete.")
        config = part.get_config()
        # Keras numbers the optimizers of a process: equal ones have different names.
        del config["name"]
        # A schedule is part of the graph; a fixed rate is a variable.
        schedule = None if _fixed_rate(part) is not None else type(learning_rate_of(part))
        if schedule is None:
            del config["learning_rate"]
        return type(part), schedule, json.dumps(config, sort_keys=True)
    if hasattr(part, "get_config") and not isinstance(part, type) and _is_of_keras(part):
        return type(part), function_of(part), json.dumps(part.get_config(), sort_keys=True)
    # Names, functions, classes, and objects of classes outside Keras are compared by equality,
    # which for most of them is identity.
    hash(part)
    return (part,)


def _is_of_keras(part) -> bool:
    return type(part).__module__.startswith("keras.")


def _fixed_rate(optimizer) -> float | None:
    rate = optimizer.get_config()["learning_rate"]
    return float(rate) if isinstance(rate, float | int) else None
