"""One fit, from samples and values to a fitted network."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from sklstm.networks import NetworkSpec
from sklstm.preprocessing._window_index import WindowIndex, as_slice
from sklstm.targets._shrinkage import shrinkage_factor, split_for_trial
from sklstm.targets._target_transform import TargetTransform
from sklstm.training._feature_scaler import FeatureScaler, fit_mean_and_scale
from sklstm.training._fitted_network import FittedNetwork
from sklstm.training._trained import Trained
from sklstm.training._training_set import make_training_set
from sklstm.training._validation_split import every_nth, hold_out

if TYPE_CHECKING:
    # It loads Keras.
    from sklstm.training._trainer import Trainer


@dataclass(frozen=True, eq=False)
class FitPlan:
    """What an estimator asks of a fit.

    Parameters
    ----------
    spec : NetworkSpec
        The sizes.
    transform : TargetTransform
        From values of y to targets; not fitted.
    trainer : Trainer
        How networks are trained.
    y : ndarray of shape (n_samples, n_values) or (n_rows, n_values)
        Values of the samples or, of independent sequences labelled step by step, of their rows; NaN
        without a label.
    labels_rows : bool
        Whether `y` holds values of rows.
    known_future : ndarray of shape (n_known,)
        Positions of the known future covariates.
    sample_weights : callable or None
        From targets to their weights in the loss.
    strata : ndarray of shape (n_samples,) or None
        Classes to keep in proportion where a random part is held out.
    n_members : int
        Networks to train.
    normalize_X : bool
        Whether to standardise the features.
    validation_fraction : float or None
        Part to hold out for early stopping; None holds nothing out.
    train_stride : int
        Train on every so many-th window.
    bptt_steps : int or None
        Rows of a chunk of a stateful network.
    shrink : bool
        Whether to learn the shrinkage factor.
    """

    spec: NetworkSpec
    transform: TargetTransform
    trainer: "Trainer"
    y: np.ndarray
    labels_rows: bool = False
    known_future: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=np.intp))
    sample_weights: Callable[[np.ndarray], np.ndarray] | None = None
    strata: np.ndarray | None = None
    n_members: int = 1
    normalize_X: bool = True
    validation_fraction: float | None = None
    train_stride: int = 1
    bptt_steps: int | None = None
    shrink: bool = False


@dataclass(frozen=True, eq=False)
class Fit:
    """What a fit leaves behind.

    Parameters
    ----------
    network : FittedNetwork
        What predicts.
    members : list of Trained
        The course of the training of each ensemble member, and where to resume it.
    """

    network: FittedNetwork
    members: list[Trained]


def fit_network(
    plan: FitPlan,
    index: WindowIndex,
    rng: np.random.Generator,
    *,
    is_univariate: bool = False,
    previous: Fit | None = None,
    keep_optimizer: bool = False,
) -> Fit:
    """Fit the target transform and the scales, and train the networks.

    Parameters
    ----------
    plan : FitPlan
        What is asked for.
    index : WindowIndex
        The samples.
    rng : numpy.random.Generator
        Source of all randomness.
    is_univariate : bool, default=False
        Whether samples have two dimensions.
    previous : Fit, default=None
        A fit to resume; its target transform and scales are kept.
    keep_optimizer : bool, default=False
        Whether to resume the optimizer, too.

    Returns
    -------
    Fit
        The fitted network, and the course of its training.

    Raises
    ------
    ValueError
        If there is nothing to train on, or if the training diverged.
    """
    trial_rng = deepcopy(rng) if plan.shrink else None
    training, validation = _split(plan, index, rng)
    # A row without a window is not trained on, but its value is a horizon target of others.
    among = slice(None) if validation is None else as_slice(training)
    if previous is None:
        transform = plan.transform.fit(index.take(among), plan.y[among])
    else:
        transform = previous.network.target_transform
    prepared = transform.transform_past(index)

    def training_set(positions, among):
        return make_training_set(
            plan.spec,
            transform,
            prepared,
            plan.y,
            positions,
            among,
            per_row=plan.labels_rows,
            bptt_steps=plan.bptt_steps,
        )

    data = training_set(training, among)
    if previous is None:
        scaler = _fit_scaler(plan, data.index)
        transform.fit_scale(data.targets[data.labelled])
    else:
        scaler = previous.network.feature_scaler
    if plan.train_stride > 1:
        data = training_set(every_nth(index, training, plan.train_stride), among)
    examples = data.examples(scaler, transform, plan.sample_weights)
    validation_examples = None
    if validation is not None:
        held_out = training_set(validation, validation)
        validation_examples = held_out.examples(scaler, transform)
    # Of a long series nothing is kept that is not needed while the networks train.
    del data, training, validation
    members = plan.trainer.train(
        plan.spec,
        examples,
        validation_examples,
        rng,
        n_members=plan.n_members,
        previous=None if previous is None else previous.members,
        keep_optimizer=keep_optimizer,
    )
    if trial_rng is not None:
        transform.shrinkage = _shrinkage_by_trial(plan, index, trial_rng)
    network = FittedNetwork(
        spec=plan.spec,
        weights=[trained.weights for trained in members],
        feature_scaler=scaler,
        target_transform=transform,
        n_steps=index.window,
        is_univariate=is_univariate,
        labels_rows=plan.labels_rows,
    )
    return Fit(network, members)


def _split(plan, index, rng):
    usable = np.flatnonzero(index.count > 0)
    if len(usable) == 0:
        raise ValueError(
            f"X holds no step to train on: all steps of all {len(index)} windows are missing (NaN)."
        )
    if plan.validation_fraction is None:
        return usable, None
    return hold_out(
        index,
        usable,
        plan.validation_fraction,
        stratify=plan.strata,
        rng=rng,
        in_time=plan.spec.stateful,
        look_ahead=plan.transform.layout.look_ahead,
    )


def _fit_scaler(plan, index):
    if plan.normalize_X:
        mean, scale = fit_mean_and_scale(index)
    else:
        mean, scale = np.zeros(index.n_features), np.ones(index.n_features)
    return FeatureScaler(mean, scale, plan.known_future, plan.spec.horizon)


def _shrinkage_by_trial(plan, index, rng):
    """Let the same fit on the first two thirds of the time forecast the last third."""
    layout = plan.transform.layout
    fewest = 2 if layout.is_multi_step else max(2, layout.horizon)
    parts = split_for_trial(index, fewest, look_ahead=layout.look_ahead)
    if parts is None:
        return None
    earlier, later = parts
    trial = replace(
        plan,
        transform=plan.transform.unfitted(),
        trainer=plan.trainer.silent(),
        y=plan.y[earlier],
        strata=None if plan.strata is None else plan.strata[earlier],
        shrink=False,
    )
    network = fit_network(trial, index.take(earlier), rng).network
    transform = network.target_transform
    prepared = transform.transform_past(index.take(later))
    observed = np.flatnonzero(prepared.count > 0)
    y_true = transform.transform(prepared, plan.y[later], observed, slice(None))
    y_pred = network.outputs(prepared.take(observed))
    y_pred = y_pred.reshape(-1, layout.n_targets, layout.n_quantiles)[..., layout.median]
    return shrinkage_factor(transform.standardise(y_true).reshape(y_pred.shape), y_pred)
