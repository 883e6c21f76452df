"""Find the estimators of this package."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import inspect
import pkgutil
from importlib import import_module
from operator import itemgetter
from types import ModuleType

from sklearn.base import (
    BaseEstimator,
    ClassifierMixin,
    ClusterMixin,
    RegressorMixin,
    TransformerMixin,
)

import sklstm

_MIXINS: dict[str, type] = {
    "classifier": ClassifierMixin,
    "cluster": ClusterMixin,
    "regressor": RegressorMixin,
    "transformer": TransformerMixin,
}

# Importing them would load TensorFlow, and they hold no estimator.
_WITHOUT_ESTIMATORS = {"sklstm.networks"}


def public_modules() -> list[ModuleType]:
    """Import the public modules of this package that may hold estimators.

    Returns
    -------
    modules : list of module
        `sklstm` and its modules and packages without a leading underscore, by name.

    Examples
    --------
    >>> from sklstm.utils.discovery import public_modules
    >>> "sklstm.preprocessing" in [module.__name__ for module in public_modules()]
    True
    """
    modules = [sklstm]
    packages = [sklstm]
    while packages:
        package = packages.pop()
        for info in pkgutil.iter_modules(package.__path__, prefix=f"{package.__name__}."):
            is_private = info.name.rpartition(".")[2].startswith("_")
            if is_private or info.name in _WITHOUT_ESTIMATORS:
                continue
            module = import_module(info.name)
            modules.append(module)
            if info.ispkg:
                packages.append(module)
    return sorted(modules, key=lambda module: module.__name__)


def all_estimators(type_filter=None):
    """List the public estimators of this package.

    The twin of :func:`sklearn.utils.discovery.all_estimators`. An estimator is public if a
    public module exports it through ``__all__``.

    Parameters
    ----------
    type_filter : {"classifier", "cluster", "regressor", "transformer"} or list of them, \
            default=None
        Kinds of estimators to list; an estimator of any of them is listed. None lists all.

    Returns
    -------
    estimators : list of tuple
        Pairs of the name of the class and the class, sorted by name.

    Raises
    ------
    ValueError
        If `type_filter` names something else.

    See Also
    --------
    sklstm.utils.estimator_checks.check_estimator_3d : Check one of them.

    Examples
    --------
    >>> from sklstm.utils.discovery import all_estimators
    >>> [name for name, _ in all_estimators(type_filter="classifier")]
    ['LSTMClassifier', 'TransformedTargetClassifier']
    """
    wanted = [type_filter] if isinstance(type_filter, str) else type_filter
    unknown = [kind for kind in wanted or [] if kind not in _MIXINS]
    if unknown:
        raise ValueError(
            f"type_filter must be one of {sorted(_MIXINS)}, a list of them or None, got "
            f"{type_filter!r}."
        )
    found = set()
    for module in public_modules():
        for name in getattr(module, "__all__", ()):
            exported = getattr(module, name)
            if (
                inspect.isclass(exported)
                and issubclass(exported, BaseEstimator)
                and not inspect.isabstract(exported)
                and exported.__module__.startswith("sklstm.")
            ):
                found.add((name, exported))
    if wanted is not None:
        mixins = tuple(_MIXINS[kind] for kind in wanted)
        found = {pair for pair in found if issubclass(pair[1], mixins)}
    return sorted(found, key=itemgetter(0))
