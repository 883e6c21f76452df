"""The trial of a fit: the same fit on the first two thirds of the time forecasts the last third."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from sklstm.preprocessing._window_index import WindowIndex
from sklstm.targets._shrinkage import shrinkage_factor, split_for_trial, spread_of_quantiles

if TYPE_CHECKING:
    from sklstm.training._fit import Fit, FitPlan


@dataclass(frozen=True, eq=False)
class Trial:
    """What a trial says; None where it could not be held.

    Parameters
    ----------
    shrinkage : ndarray of shape (n_targets,) or None
        The shrinkage factors.
    spread : ndarray of shape (n_targets, n_quantiles) or None
        What the distances of quantiles from the median are multiplied by.
    mean_squared_error : ndarray of shape (n_targets,) or None
        Of the shrunk forecasts, in units of y.
    """

    shrinkage: np.ndarray | None = None
    spread: np.ndarray | None = None
    mean_squared_error: np.ndarray | None = None


def try_out(
    fit: "Callable[..., Fit]", plan: "FitPlan", index: WindowIndex, rng: np.random.Generator
) -> Trial:
    """Let the same fit on the first two thirds of the time forecast the last third.

    Parameters
    ----------
    fit : callable
        ``fit(plan, index, rng)``.
    plan : FitPlan
        What is asked of the fit of all samples.
    index : WindowIndex
        The samples.
    rng : numpy.random.Generator
        Source of all randomness.

    Returns
    -------
    Trial
        What it says.
    """
    layout = plan.transform.layout
    fewest = 2 if layout.is_multi_step else max(2, layout.horizon)
    parts = split_for_trial(index, fewest, look_ahead=layout.look_ahead)
    if parts is None:
        return Trial()
    earlier, later = parts
    if plan.sample_weight is not None and not plan.sample_weight[earlier].any():
        return Trial()
    trial = replace(
        plan,
        transform=plan.transform.unfitted(),
        trainer=plan.trainer.silent(),
        y=plan.y[earlier],
        sample_weight=None if plan.sample_weight is None else plan.sample_weight[earlier],
        # It holds out the last part of what it has.
        split=None,
        validation=None,
        n_members=1,
        shrink=False,
        companions=(),
        is_trial=True,
    )
    network = fit(trial, index.take(earlier), rng).network
    transform = network.target_transform
    samples = index.take(later)
    prepared = transform.transform_past(samples)
    observed = np.flatnonzero(prepared.count > 0)
    y_true = transform.transform(samples, plan.y[later], observed, slice(None))
    outputs = network.outputs(prepared.take(observed))
    outputs = outputs.reshape(-1, layout.n_targets, layout.n_quantiles)
    actual = transform.standardise(y_true).reshape(len(outputs), layout.n_targets)
    y_true, y_pred, weights = actual, outputs[..., layout.median], None
    if plan.sample_weight is not None:
        weights = np.repeat(plan.sample_weight[later][observed], layout.horizon)
        if not weights.any():
            return Trial()
        # Errors are weighed by weighing both.
        root = np.sqrt(weights / weights.mean())[:, None]
        y_true, y_pred = root * y_true, root * y_pred
    factor = shrinkage_factor(y_true, y_pred)
    if plan.shrink == "useless":
        error, without = (np.nanmean(np.square(y_true - own), axis=0) for own in (y_pred, 0.0))
        factor = np.where(error > without, factor, 1.0)
    errors = (y_true - factor * y_pred) * transform.scale[: layout.n_targets]
    spread = spread_of_quantiles(actual, outputs, factor, layout, weights)
    return Trial(factor, spread, np.nanmean(np.square(errors), axis=0))
