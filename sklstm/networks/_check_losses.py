"""Losses and metrics of users: tried out on a small batch, before they train a network."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from inspect import isclass

import keras
import tensorflow as tf

from sklstm.networks._quantiles import PinballLoss
from sklstm.networks._spec import NetworkSpec


def check_loss(loss, spec: NetworkSpec) -> bool:
    """Refuse a loss that does not give one value for each sample, or for each of its steps ahead.

    Parameters
    ----------
    loss : str, callable or keras.losses.Loss
        As in :meth:`keras.Model.compile`.
    spec : NetworkSpec
        The sizes.

    Returns
    -------
    bool
        Whether it gives the mean of a batch, which no weights can enter.

    Raises
    ------
    ValueError
        If it raises, or returns values of another shape.
    """
    ahead = (spec.horizon,) if spec.horizon > 1 else ()
    n_targets = spec.n_targets // spec.horizon
    shape = _try_out("loss", loss, (*ahead, n_targets), (*ahead, spec.n_outputs))
    # Keras takes an axis of one target away.
    if shape is None or shape in (("n_samples", *ahead), ("n_samples", *ahead, 1)):
        return False
    if shape == () and not ahead:
        return True
    expected = _written(("n_samples", *ahead))
    raise ValueError(
        f"loss={loss!r} returns values of shape {_written(shape)} for y_true of shape "
        f"{_written(('n_samples', *ahead, n_targets))}; expected {expected}, one for each sample"
        f"{' and step ahead' if ahead else ''}: average over the last axis alone, as in "
        "keras.ops.mean(..., axis=-1)."
    )


def check_metric(metric, spec: NetworkSpec) -> None:
    """Refuse a function that is no metric of samples.

    Parameters
    ----------
    metric : str, callable, type or keras.metrics.Metric
        As in :meth:`keras.Model.compile`.
    spec : NetworkSpec
        The sizes.

    Raises
    ------
    ValueError
        If it raises, or returns values of another shape than one for each sample, or one in all.
    """
    if isclass(metric) or hasattr(metric, "update_state"):
        return
    n_targets = spec.n_targets // spec.horizon
    shape = _try_out("metrics", metric, (n_targets,), (n_targets,))
    if shape in (None, (), ("n_samples",), ("n_samples", n_targets)):
        return
    raise ValueError(
        f"metrics: {metric!r} returns values of shape {_written(shape)} for y_true of shape "
        f"{_written(('n_samples', n_targets))}; expected {_written(('n_samples',))}, one for each "
        "sample. With a horizon, each step ahead is a sample."
    )


def _try_out(parameter, part, shape, shape_of_outputs):
    """Return the shape of what a user's function returns, its first axis by name."""
    if isinstance(part, (str, PinballLoss)):
        return None
    if isclass(part):
        part = part()
    function = part.call if isinstance(part, keras.losses.Loss) else part
    if getattr(function, "__func__", None) is keras.losses.Loss.call:
        # One that overrides __call__ weighs its samples itself.
        return None
    # A number of samples that no other axis has.
    n_samples = min({2, 3, 4, 5, 6} - {*shape, *shape_of_outputs})
    try:
        # In a graph, as in training; it goes with the last reference to it.
        with tf.Graph().as_default():
            y_true = tf.zeros([n_samples, *shape])
            y_pred = tf.fill([n_samples, *shape_of_outputs], 0.5)
            found = tf.convert_to_tensor(function(y_true, y_pred)).shape
    except Exception as error:  # a user's function may raise anything
        raise ValueError(
            f"{parameter}={part!r} cannot be computed on y_true of shape "
            f"{_written(('n_samples', *shape))} and y_pred of shape "
            f"{_written(('n_samples', *shape_of_outputs))}: {type(error).__name__}: {error}"
        ) from error
    if not found.is_fully_defined():
        # It shows when the function is computed.
        return None
    return tuple("n_samples" if size == n_samples else size for size in found)


def _written(shape) -> str:
    """Write a shape out, with the names of axes as they are."""
    inner = ", ".join(str(size) for size in shape)
    return f"({inner},)" if len(shape) == 1 else f"({inner})"
