"""One fit, from samples and values to a fitted network."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable
from copy import copy, deepcopy
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from sklstm.networks import NetworkSpec
from sklstm.preprocessing._window_index import WindowIndex
from sklstm.targets._step_labels import only_with_values
from sklstm.targets._target_transform import TargetTransform
from sklstm.training._epoch_report import FitReport
from sklstm.training._fitted_network import FittedNetwork
from sklstm.training._input_plan import InputPlan
from sklstm.training._input_transform import fit_input_transform
from sklstm.training._repeats import first_of_repeats
from sklstm.training._trained import Trained, check_same_sizes
from sklstm.training._training_set import make_training_set
from sklstm.training._trial import try_out
from sklstm.training._validation_split import every_nth, hold_out, split_by_hand
from sklstm.utils._ragged import as_slice

if TYPE_CHECKING:
    # It loads Keras.
    from sklstm.training._checkpoint_folder import CheckpointFolder
    from sklstm.training._trainer import Trainer


@dataclass(frozen=True, eq=False)
class Samples:
    """Samples with what belongs to them.

    Parameters
    ----------
    index : WindowIndex
        The samples.
    y : ndarray of shape (n_samples, n_values) or (n_rows, n_values)
        Values of the samples, or of their rows, as in FitPlan.
    sample_weight : ndarray of shape (n_samples,) or (n_rows,), or None
        Weight of each value of y; None weighs all alike.
    """

    index: WindowIndex
    y: np.ndarray
    sample_weight: np.ndarray | None = None


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
    inputs : InputPlan
        How windows are read.
    labels_rows : bool
        Whether `y` holds values of rows.
    known_future : ndarray of shape (n_known,)
        Positions of the known future covariates.
    class_weights : callable or None
        From targets, and the weights of their samples, to the weights of their classes.
    sample_weight : ndarray of shape (n_samples,) or (n_rows,), or None
        Weight of each value of y; None weighs all alike.
    strata : ndarray of shape (n_samples,) or None
        Classes to keep in proportion where a random part is held out.
    n_members : int
        Networks to train.
    normalize_X : bool
        Whether to standardise the features.
    validation_fraction : float or None
        Part to hold out for early stopping; None holds nothing out.
    split : pair of ndarray of shape (n_samples,), bool, or None
        Which samples train and which validate, in place of such a part.
    validation : Samples or None
        Other samples to validate on, in place of such a part.
    train_stride : int
        Train on every so many-th window.
    bptt_steps : int or None
        Rows of a chunk of a stateful network.
    shrink : bool or "useless"
        Whether to learn the shrinkage factor, by a trial on the last third of the time; "useless"
        applies it only where the network makes forecasts of the trial worse.
    report : FitReport or None
        Takes the networks and their epochs while they train.
    checkpoint : CheckpointFolder or None
        Where the states of the networks are kept while they train.
    is_trial : bool
        Whether this is such a trial.
    companions : tuple of FitPlan
        Fits of the same samples in other forms, whose predictions are averaged with those of this
        one, each weighed by its errors in the trial. They are left out where X does not carry the
        past of the targets, which they are relative to.
    """

    spec: NetworkSpec
    transform: TargetTransform
    trainer: "Trainer"
    y: np.ndarray
    inputs: InputPlan = field(default_factory=InputPlan)
    labels_rows: bool = False
    known_future: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=np.intp))
    class_weights: Callable[..., np.ndarray] | None = None
    sample_weight: np.ndarray | None = None
    strata: np.ndarray | None = None
    n_members: int = 1
    normalize_X: bool = True
    validation_fraction: float | None = None
    split: tuple[np.ndarray, np.ndarray] | None = None
    validation: Samples | None = None
    train_stride: int = 1
    bptt_steps: int | None = None
    shrink: bool | str = False
    report: FitReport | None = None
    checkpoint: "CheckpointFolder | None" = None
    is_trial: bool = False
    companions: "tuple[FitPlan, ...]" = ()

    def of_samples(self, **fields) -> "FitPlan":
        """Return this plan, and its companions, with other fields that tell of the samples."""
        companions = tuple(of.of_samples(**fields) for of in self.companions)
        return replace(self, companions=companions, **fields)


@dataclass(frozen=True, eq=False)
class Fit:
    """What a fit leaves behind.

    Parameters
    ----------
    network : FittedNetwork
        What predicts.
    members : list of Trained
        The course of the training of each ensemble member, and where to resume it.
    companions : list of Fit
        Of the companions of the plan.
    mean_squared_error : ndarray of shape (n_targets,) or None
        Of the trial, in units of y.
    """

    network: FittedNetwork
    members: list[Trained]
    companions: "list[Fit]" = field(default_factory=list)
    mean_squared_error: np.ndarray | None = None

    def all_members(self) -> list[Trained]:
        """List the trainings of all networks, those of the companions last."""
        return [*self.members, *(one for fit in self.companions for one in fit.all_members())]

    def without_callbacks(self) -> "Fit":
        """Copy without the callbacks that saw the trainings."""
        return replace(
            self,
            members=[replace(trained, callbacks=[]) for trained in self.members],
            companions=[fit.without_callbacks() for fit in self.companions],
        )


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
    how = {"is_univariate": is_univariate, "keep_optimizer": keep_optimizer}
    if plan.report is not None:
        plan.report.begin(_n_networks(plan, previous))
    # Children: the first fit is what it is without companions.
    rngs = rng.spawn(len(plan.companions)) if plan.companions else []
    fit = _fit_one(plan, index, rng, previous=previous, **how)
    if fit.network.target_transform.past is None:
        return fit
    before = [None] * len(rngs) if previous is None else previous.companions
    companions = [
        _fit_one(of, index, own_rng, previous=resumed, **how)
        for of, own_rng, resumed in zip(plan.companions, rngs, before, strict=True)
    ]
    if not companions:
        return fit
    if previous is None:
        shares = _shares([fit, *companions], plan.transform.layout.n_targets)
    else:
        shares = previous.network.shares
    networks = tuple(companion.network for companion in companions)
    network = replace(fit.network, companions=networks, shares=shares)
    return Fit(network, fit.members, companions)


def _n_networks(plan, previous) -> int:
    """Count the networks that are trained at most, those of trials among them."""
    plans = (plan, *plan.companions)
    n_trials = sum(bool(of.shrink) for of in plans)
    if previous is None:
        return n_trials + sum(of.n_members for of in plans)
    return n_trials + len(previous.all_members())


def _shares(fits, n_targets):
    """Weigh forecasts by the square of the inverse of their mean squared errors.

    The inverse itself [1]_ lets a form that does not suit the series weigh too much.

    References
    ----------
    .. [1] Bates, J. M. and Granger, C. W. J. (1969). The combination of forecasts. Operational
       Research Quarterly, 20(4), 451-468.
    """
    given = [fit.mean_squared_error for fit in fits]
    if any(error is None for error in given):
        return np.full((len(fits), n_targets), 1 / len(fits))
    # A plain trend is forecast without any error.
    errors = np.maximum(given, np.finfo(np.float64).tiny)
    inverse = (errors.min(axis=0) / errors) ** 2
    return inverse / inverse.sum(axis=0)


def _fit_one(plan, index, rng, *, is_univariate=False, previous=None, keep_optimizer=False) -> Fit:
    """Fit without companions."""
    trial_rng = deepcopy(rng) if plan.shrink else None
    training, among, held_out = _split(plan, index, rng)
    if previous is None:
        given = index.take(among), plan.y[among]
        if not plan.labels_rows:
            weights = None if plan.sample_weight is None else plan.sample_weight[among]
            given = only_with_values(*given, weights)
        transform = plan.transform.fit(*given)
    else:
        # It is told anew which y it has seen.
        transform = copy(previous.network.target_transform)
        transform.last_times = plan.transform.last_times
    prepared = transform.transform_past(index)
    # Where windows lose a season, the first of a series have nothing left.
    training = training[prepared.count[training] > 0]

    def training_set(samples, prepared, positions, among=slice(None)):
        return make_training_set(
            plan.spec,
            transform,
            samples.index,
            prepared,
            samples.y,
            positions,
            among,
            weights=samples.sample_weight,
            labels_rows=plan.labels_rows,
            bptt_steps=plan.bptt_steps,
        )

    own = Samples(index, plan.y, plan.sample_weight)
    data = training_set(own, prepared, training, among)
    before = None if previous is None else previous.network.spec
    spec = plan.inputs.complete(plan.spec, transform, data, before)
    if before is not None:
        check_same_sizes(before, spec)
    if previous is None:
        transform.fit_scale(*data.given())
        channels = plan.inputs.channels(transform)
        scaler = fit_input_transform(
            data.index,
            spec.patches,
            times=data.times(),
            standardise=plan.normalize_X,
            known_future=plan.known_future,
            horizon=spec.horizon,
            cycles=plan.inputs.cycles,
            channels=channels,
            channel_scale=None if channels is None else transform.scale_of_past(),
        )
    else:
        scaler = previous.network.input_transform
    if plan.train_stride > 1:
        data = training_set(own, prepared, every_nth(index, training, plan.train_stride), among)
    examples = data.examples(scaler, transform, plan.class_weights)
    validation = None
    if held_out is not None:
        validation = training_set(own, prepared, *held_out)
    elif plan.validation is not None:
        others = transform.transform_past(plan.validation.index)
        validation = training_set(plan.validation, others, np.flatnonzero(others.count > 0))
    validation_examples = None if validation is None else validation.examples(scaler, transform)
    # Of a long series nothing is kept that is not needed while the networks train.
    del data, training, validation, held_out

    def as_fitted(weights):
        return FittedNetwork(
            spec=spec,
            weights=weights,
            input_transform=scaler,
            target_transform=transform,
            n_steps=index.window,
            is_univariate=is_univariate,
            labels_rows=plan.labels_rows,
        )

    def alone(own):
        # A copy: the transform is told the shrinkage factor later.
        return replace(as_fitted([own]), target_transform=copy(transform))

    def report(n_epochs):
        return plan.report.network(n_epochs, None if plan.is_trial else alone)

    members = plan.trainer.train(
        spec,
        examples,
        validation_examples,
        rng,
        n_members=plan.n_members,
        previous=None if previous is None else previous.members,
        keep_optimizer=keep_optimizer,
        report=None if plan.report is None else report,
        checkpoint=plan.checkpoint,
    )
    error = None
    if trial_rng is not None:
        trial = try_out(_fit_one, plan, index, trial_rng)
        transform.shrinkage, transform.spread = trial.shrinkage, trial.spread
        error = trial.mean_squared_error
    network = as_fitted([trained.weights for trained in members])
    return Fit(network, members, mean_squared_error=error)


def _split(plan, index, rng):
    """Return the samples to train on, those whose values may be targets, and both to validate."""
    usable = np.flatnonzero(index.count > 0)
    if len(usable) == 0:
        raise ValueError(
            f"X holds no step to train on: all steps of all {len(index)} windows are missing (NaN)."
        )
    if plan.split is not None:
        training, validation = split_by_hand(index, plan.split, stateful=plan.spec.stateful)
        # A row without a window is not trained on, but its value is a horizon target of others.
        among, among_held_out = map(np.flatnonzero, plan.split)
        return training, as_slice(among), (validation, among_held_out)
    if plan.validation_fraction is None or plan.validation is not None:
        return usable, slice(None), None
    first_of = None
    if not (index.knows_time or plan.spec.stateful):
        first_of = first_of_repeats(
            index.take(usable),
            plan.y if plan.labels_rows else plan.y[usable],
            labels_rows=plan.labels_rows,
        )
    training, validation = hold_out(
        index,
        usable,
        plan.validation_fraction,
        stratify=plan.strata,
        rng=rng,
        in_time=plan.spec.stateful,
        look_ahead=plan.transform.layout.look_ahead,
        first_of=first_of,
    )
    return training, as_slice(training), (validation, validation)
