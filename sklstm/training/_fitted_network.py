"""The fitted state of an estimator: NumPy and numbers, and all that predicting needs."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from copy import copy
from dataclasses import dataclass, replace

import numpy as np

from sklstm.networks import NetworkSpec
from sklstm.preprocessing._padded_sequences import split_by_length
from sklstm.preprocessing._window_index import WindowIndex
from sklstm.targets._shrinkage import shrink_outputs
from sklstm.targets._target_transform import TargetTransform
from sklstm.training._calendar_inputs import calendar_of
from sklstm.training._input_transform import InputTransform
from sklstm.training._known_future import warn_if_not_known
from sklstm.training._prediction import predict_every_step, predict_samples

# Windows of series that fit has not seen share no rows: of more rows they are read in parts.
_MOST_OWN_ROWS = 1 << 21


@dataclass(frozen=True, eq=False)
class FittedNetwork:
    """A trained ensemble with what stands before and after it.

    Parameters
    ----------
    spec : NetworkSpec
        The sizes.
    weights : list of list of ndarray
        For each ensemble member its weights, in the order of ``spec.weight_shapes()``.
    input_transform : InputTransform
        Standardises what is read.
    target_transform : TargetTransform
        Brings outputs into the units of y.
    n_steps : int
        Steps of a sample.
    is_univariate : bool
        Whether samples have two dimensions, (n_samples, n_steps).
    labels_rows : bool
        Whether y had a value for each step of independent sequences.
    companions : tuple of FittedNetwork, default=()
        Networks that read the same samples in other forms.
    shares : ndarray of shape (1 + n_companions, n_targets) or None, default=None
        How predictions are averaged: weights of this network and of its companions.
    """

    spec: NetworkSpec
    weights: list[list[np.ndarray]]
    input_transform: InputTransform
    target_transform: TargetTransform
    n_steps: int
    is_univariate: bool
    labels_rows: bool
    companions: "tuple[FittedNetwork, ...]" = ()
    shares: np.ndarray | None = None

    def __repr__(self):
        """Return the shapes of a sample and of its outputs, short enough for a table."""
        return f"FittedNetwork({(self.n_steps, self.n_features)} to {self.spec.output_size})"

    @property
    def n_features(self) -> int:
        """Features of a step."""
        return len(self.input_transform.mean)

    @property
    def needs_time(self) -> bool:
        """Whether predictions depend on the time or the series of a sample."""
        return self.needs_series or self.reads_calendar

    @property
    def needs_series(self) -> bool:
        """Whether predictions depend on the series of a sample, or on what comes after it."""
        return (
            self.target_transform.needs_series
            or len(self.known_future) > 0
            or any(companion.needs_series for companion in self.companions)
        )

    @property
    def needs_clock(self) -> bool:
        """Whether predictions depend on the part of a season that a sample is in."""
        transforms = [of.target_transform for of in (self, *self.companions)]
        return any(
            of.wall_clock is not None or (of.seasons is not None and len(of.seasons.lengths) > 0)
            for of in transforms
        )

    @property
    def reads_calendar(self) -> bool:
        """Whether predictions depend on the calendar."""
        return len(self.input_transform.cycles) > 0 or any(
            companion.reads_calendar for companion in self.companions
        )

    @property
    def shrinkage(self) -> np.ndarray | None:
        """What the outputs are multiplied by, for each target; averaged over the companions."""
        own = self.target_transform.shrinkage
        if own is None or self.shares is None:
            return own
        factors = [of.target_transform.shrinkage for of in self.companions]
        each = [own, *(1.0 if factor is None else factor for factor in factors)]
        return sum(share * factor for share, factor in zip(self.shares, each, strict=True))

    @property
    def known_future(self) -> np.ndarray:
        """Positions of the known future covariates."""
        return self.input_transform.known_future

    def with_quantiles_as_trained(self) -> "FittedNetwork":
        """Copy without the spread of the quantiles, for what calibrates them itself."""
        transform = copy(self.target_transform)
        transform.spread = None
        companions = tuple(of.with_quantiles_as_trained() for of in self.companions)
        return replace(self, target_transform=transform, companions=companions)

    def outputs(self, index: WindowIndex, *, every_step: bool = False) -> np.ndarray:
        """Run the networks.

        Parameters
        ----------
        index : WindowIndex
            The samples, as ``target_transform.transform_past`` gives them.
        every_step : bool, default=False
            Whether to predict at each step.

        Returns
        -------
        ndarray of shape (n_samples, n_outputs) or (n_samples, n_steps, n_outputs), float64
            Mean outputs, in the units that the networks were trained in.
        """
        run = predict_every_step if every_step else predict_samples
        return run(self.spec, self.weights, index, self.input_transform)

    def predict(self, index: WindowIndex, *, every_step: bool | None = None) -> np.ndarray:
        """Predict in the units of y.

        Parameters
        ----------
        index : WindowIndex
            The samples.
        every_step : bool, default=None
            Whether to predict at each step; None does so where `y` had a value for each.

        Returns
        -------
        ndarray of shape (n_samples, n_outputs) or (n_samples, n_steps, n_outputs), float64
            Flat rows, which ``target_transform.layout`` lays out.

        Warns
        -----
        UserWarning
            If y was given with its steps ahead, and holds y of rows that are now forecast; if known
            future covariates are missing; if forecasts need the level of a series, and neither fit
            nor its windows tell it.
        """
        every_step = self.labels_rows if every_step is None else every_step
        patches = self.spec.patches
        if index.window > self.n_steps and patches is not None and not every_step:
            # Patches are counted from the end of a window, and may reach beyond its start.
            parts = split_by_length(index, self.n_steps, patches.size)
            positions, outputs = zip(
                *((own, self._predict_together(part, every_step=False)) for own, part in parts),
                strict=True,
            )
            return np.concatenate(outputs)[np.argsort(np.concatenate(positions))]
        return self._predict_together(index, every_step=every_step)

    def _predict_together(self, index, *, every_step):
        """Predict with the companions."""
        self.target_transform.warn_if_seen(index)
        if len(self.known_future):
            warn_if_not_known(index, self.known_future, self.spec.horizon)
        self.target_transform.warn_if_unseen(index)
        predictions = [
            of.predict_alone(index, every_step=every_step) for of in (self, *self.companions)
        ]
        if self.shares is None:
            return predictions[0]
        layout = self.target_transform.layout
        weights = np.tile(np.repeat(self.shares, layout.n_quantiles, axis=1), layout.horizon)
        return sum(own * weight for own, weight in zip(predictions, weights, strict=True))

    def predict_alone(self, index, *, every_step):
        """Predict without the companions."""
        transform = self.target_transform
        n_own_rows = transform.count_own_rows(index)
        if n_own_rows > _MOST_OWN_ROWS and len(index) > 1:
            half = len(index) // 2
            parts = (index.take(slice(0, half)), index.take(slice(half, None)))
            return np.concatenate([self.predict_alone(p, every_step=every_step) for p in parts])
        if every_step and (transform.anchor == "season" or n_own_rows):
            # What is left of a window has other steps than the window, and another level at each.
            outputs = self.predict_alone(index.prefixes(), every_step=False)
            return outputs.reshape(len(index), index.window, -1)
        outputs = self.outputs(transform.transform_past(index), every_step=every_step)
        if not np.isfinite(outputs).all():
            raise ValueError(
                "The outputs of the network are not finite: X holds values that are too large for "
                "32-bit numbers, or far beyond those of fit."
            )
        return transform.inverse_transform(outputs, index)

    def keras_inputs(self, index: WindowIndex) -> np.ndarray | dict[str, np.ndarray]:
        """Return what the exported model takes.

        Parameters
        ----------
        index : WindowIndex
            The samples.

        Returns
        -------
        ndarray, or dict of str to ndarray
            The windows; where it reads more, "windows" and "known" or "calendar".
        """
        windows = index.materialize()
        inputs = {"windows": windows[..., 0] if self.is_univariate else windows}
        if len(self.known_future):
            inputs["known"] = index.look_ahead(self.known_future, self.spec.horizon)
        if self.reads_calendar:
            inputs["calendar"] = calendar_of(index.labels, self.input_transform.cycles)
        return inputs if len(inputs) > 1 else inputs["windows"]

    def to_keras(self):
        """Build a plain functional Keras model.

        Returns
        -------
        keras.Model
            Raw windows in, predictions out.

        Raises
        ------
        AttributeError
            If predictions depend on the time or the series of a window.
        """
        from sklstm.networks import average_models, claim_process

        claim_process()
        if any(of.target_transform.needs_series for of in (self, *self.companions)):
            raise AttributeError(
                "keras_model_ reads windows and nothing else, but with season= or "
                'normalize_y="series" predictions depend on the time and on the series.'
            )
        models = [of.to_keras_alone() for of in (self, *self.companions)]
        return models[0] if self.shares is None else average_models(models, self.shares)

    def to_keras_alone(self):
        """Build a Keras model without the companions."""
        from sklstm.networks import Anchor, export_model

        transform, layout = self.target_transform, self.target_transform.layout
        weights = self.weights
        if transform.shrinkage is not None:
            # Shrinking is linear: the last layer does it.
            how = (transform.shrinkage, layout, transform.spread)
            weights = [
                [*own[:-2], *(shrink_outputs(part, *how) for part in own[-2:])] for own in weights
            ]
        of_y: dict = {}
        # Probabilities are what they are; linear outputs are brought into the units of y.
        if self.spec.activation == "linear":
            of_y = {
                "y_mean": np.repeat(transform.mean, layout.n_quantiles),
                "y_scale": np.repeat(transform.scale, layout.n_quantiles),
                "anchors": [Anchor(*parts) for parts in transform.anchors_of_export()] or None,
                "known_columns": self.known_future,
            }
        of_input = self.input_transform
        return export_model(
            self.spec,
            weights,
            n_steps=None if self.spec.stateful else self.n_steps,
            univariate=self.is_univariate,
            X_mean=of_input.mean,
            X_scale=of_input.scale,
            view_scale=of_input.view_scale,
            channels=of_input.channels,
            **of_y,
        )


class HasNetwork:
    """Mark the estimators that keep a `network_`: what forecasting asks for.

    Attributes
    ----------
    network_ : FittedNetwork
        The fitted state.
    """

    network_: FittedNetwork
