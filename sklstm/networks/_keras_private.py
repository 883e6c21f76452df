"""The one door to what Keras keeps private but this library needs.

- ``optimizer._learning_rate``: to tell a schedule from a fixed rate, and two schedules apart. The
  public ``optimizer.learning_rate`` evaluates a schedule; a public name for the schedule itself
  would let this go.
- ``metric._fn``: to tell two metrics apart that wrap different functions of one name, and to copy
  a metric whose function is not registered. A loss has a public ``fn``; the same name on a metric
  would let this go.
- ``adam._momentums``, ``adam._velocities`` and ``adam._get_variable_index``: to update a variable
  with one operation of TensorFlow. Public access to the slots of a variable would let this go.
- ``optimizer._all_reduce_sum_gradients``: to leave out a sum over one replica. TensorFlow registers
  its gradient for the life of the process, and with it the whole graph of an epoch, 3 to 5 MB for
  each network. A public switch would let this go.
"""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause


def learning_rate_of(optimizer):
    """Return the learning rate or the schedule that an optimizer was made with.

    Parameters
    ----------
    optimizer : keras.optimizers.Optimizer
        The optimizer.

    Returns
    -------
    keras.Variable or keras.optimizers.schedules.LearningRateSchedule
        A variable, or the schedule.
    """
    return optimizer._learning_rate


def function_of(loss_or_metric):
    """Return the function that a loss or a metric wraps.

    Parameters
    ----------
    loss_or_metric : keras.losses.Loss or keras.metrics.Metric
        The loss or metric.

    Returns
    -------
    callable or None
        The function; None for one that computes itself.
    """
    return getattr(loss_or_metric, "fn", getattr(loss_or_metric, "_fn", None))


def slots_of(adam, variable):
    """Return the running averages that Adam keeps for a variable.

    Parameters
    ----------
    adam : keras.optimizers.Adam
        The optimizer, built.
    variable : keras.Variable or tf.Variable
        One of its variables.

    Returns
    -------
    momentum, velocity : keras.Variable
        The averages of the gradient and of its square.
    """
    index = adam._get_variable_index(variable)
    return adam._momentums[index], adam._velocities[index]


def without_all_reduce(optimizer):
    """Let an optimizer take its gradients as they are: there is one replica only.

    Parameters
    ----------
    optimizer : keras.optimizers.Optimizer
        Of one network alone; it is changed.

    Returns
    -------
    keras.optimizers.Optimizer
        The same.
    """
    optimizer._all_reduce_sum_gradients = list
    inner = getattr(optimizer, "inner_optimizer", None)
    if inner is not None:
        without_all_reduce(inner)
    return optimizer
