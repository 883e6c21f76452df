"""Fit with a checkpoint: which fit is the same fit, and where it goes on."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import inspect

import joblib
import numpy as np

from sklstm._version import __version__
from sklstm.training._checkpoint_folder import checkpoint_folder
from sklstm.training._fit import Fit, fit_network

# They do not change what is learned.
_OF_NO_EFFECT = {"checkpoint", "verbose"}
# Of a splitter the split counts.
_TOLD_OTHERWISE = {"validation"}


def fit_with_checkpoint(
    estimator, plan, index, rng, *, folder=None, previous=None, **how
) -> tuple[Fit, np.random.Generator]:
    """Fit, or with a checkpoint go on with a fit of the same that was interrupted.

    Parameters
    ----------
    estimator : BaseLSTM
        What is fitted.
    plan : FitPlan
        What is asked for.
    index : WindowIndex
        The samples.
    rng : numpy.random.Generator
        The source of randomness of a fit that starts now.
    folder : str, path-like or None, default=None
        Holds the folders of all fits; None fits without a checkpoint.
    previous : Fit or None
        A fit to resume.
    **how
        Passed to :func:`sklstm.training._fit.fit_network`.

    Returns
    -------
    fit : Fit
        The fitted network.
    rng : numpy.random.Generator
        The source of randomness, after the fit.
    """
    if folder is None:
        return fit_network(plan, index, rng, previous=previous, **how), rng
    name = fingerprint(estimator, plan, index, previous)
    with checkpoint_folder(folder, name) as own:
        rng = own.start_from(rng)
        plan = plan.of_samples(checkpoint=own)
        return fit_network(plan, index, rng, previous=previous, **how), rng


def fingerprint(estimator, plan, index, previous) -> str:
    """Name a fit: by parameters, data, what it resumes, and what computes it.

    Parameters
    ----------
    estimator : BaseLSTM
        What is fitted.
    plan : FitPlan
        With the values of the samples.
    index : WindowIndex
        The samples.
    previous : Fit or None
        A fit to resume.

    Returns
    -------
    str
        The name of the class, and 16 digits of a hash.
    """
    from sklstm.networks import computed_by

    params = estimator.get_params(deep=False)
    settings = {
        name: _described(value)
        for name, value in sorted(params.items())
        if name not in _OF_NO_EFFECT | _TOLD_OTHERWISE
    }
    if isinstance(settings["random_state"], np.random.RandomState):
        # It has moved since; what the fit started with is in its folder.
        settings["random_state"] = "instance"
    others = plan.validation
    data = [index, plan.y, plan.sample_weight, plan.split]
    if others is not None:
        data += [others.index, others.y, others.sample_weight]
    before = None
    if previous is not None:
        before = [
            (member.weights, member.n_epochs, member.optimizer_state)
            for member in previous.all_members()
        ]
    told = joblib.hash(
        [settings, data, before, __version__, computed_by(plan.spec)], hash_name="sha1"
    )
    return f"{type(estimator).__name__}-{told[:16]}"


def _described(value):
    """Turn a parameter into what is the same in another process."""
    if isinstance(value, list | tuple):
        return [_described(part) for part in value]
    if isinstance(value, dict):
        return [[_described(part) for part in pair] for pair in value.items()]
    if hasattr(value, "get_config") and not isinstance(value, type):
        return _described(type(value)), _described(value.get_config())
    if callable(value):
        try:
            source = inspect.getsource(value)
        except (OSError, TypeError):
            source = ""
        return value.__module__, getattr(value, "__qualname__", type(value).__qualname__), source
    if hasattr(value, "on_epoch_end"):
        return _described(type(value)), _described(
            {k: v for k, v in vars(value).items() if not callable(v)}
        )
    return value
