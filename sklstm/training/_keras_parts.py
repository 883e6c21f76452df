"""Optimizers, callbacks, losses and metrics that users give: found, copied and checked."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from functools import cache
from inspect import signature

import keras

from sklstm.networks._keras_private import learning_rate_of


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


def takes_name(optimizer: type) -> bool:
    """Tell whether a class of optimizers takes a name, as those of Keras do."""
    return "name" in signature(optimizer).parameters


def copy_optimizer(optimizer):
    """Copy what was configured and leave what was learned; a schedule need not be registered."""
    schedule = type(learning_rate_of(optimizer))
    with keras.saving.CustomObjectScope({schedule.__name__: schedule}):
        return type(optimizer).from_config(optimizer.get_config())


def check_callbacks(callbacks) -> None:
    for callback in callbacks or []:
        if not isinstance(callback, keras.callbacks.Callback):
            raise ValueError(
                f"callbacks must be instances of keras.callbacks.Callback; got {callback!r}."
            )


def check_loss_and_metrics(loss, metrics) -> None:
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
