"""The fitted state of an estimator: NumPy and numbers, and all that predicting needs."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass

import numpy as np

from sklstm.networks import NetworkSpec
from sklstm.preprocessing._window_index import WindowIndex
from sklstm.targets._target_transform import TargetTransform, shrink_outputs
from sklstm.training._feature_scaler import FeatureScaler


@dataclass(frozen=True, eq=False)
class FittedNetwork:
    """A trained ensemble with what stands before and after it.

    Parameters
    ----------
    spec : NetworkSpec
        The sizes.
    weights : list of list of ndarray
        For each ensemble member its weights, in the order of ``spec.weight_shapes()``.
    feature_scaler : FeatureScaler
        Standardises what is read.
    target_transform : TargetTransform
        Brings outputs into the units of y.
    n_steps : int
        Steps of a sample.
    is_univariate : bool
        Whether samples have two dimensions, (n_samples, n_steps).
    labels_rows : bool
        Whether y had a value for each step of independent sequences.
    """

    spec: NetworkSpec
    weights: list[list[np.ndarray]]
    feature_scaler: FeatureScaler
    target_transform: TargetTransform
    n_steps: int
    is_univariate: bool
    labels_rows: bool

    @property
    def needs_time(self) -> bool:
        """Whether predictions depend on the time or the series of a sample."""
        return self.target_transform.seasons is not None or len(self.known_future) > 0

    @property
    def known_future(self) -> np.ndarray:
        """Positions of the known future covariates."""
        return self.feature_scaler.known_future

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
        from sklstm.training._prediction import predict_every_step, predict_samples

        run = predict_every_step if every_step else predict_samples
        return run(self.spec, self.weights, index, self.feature_scaler)

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
            If y was given with its steps ahead, and holds y of rows that are now forecast.
        """
        every_step = self.labels_rows if every_step is None else every_step
        self.target_transform.warn_if_seen(index)
        index = self.target_transform.transform_past(index)
        outputs = self.outputs(index, every_step=every_step)
        return self.target_transform.inverse_transform(outputs, index)

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
        from sklstm.networks import Anchor, export_model

        transform, layout = self.target_transform, self.target_transform.layout
        if transform.seasons is not None:
            raise AttributeError(
                "keras_model_ reads windows and nothing else, but with season= or "
                'normalize_y="series" predictions depend on the time and on the series.'
            )
        weights = self.weights
        if transform.shrinkage is not None:
            # Shrinking is linear: the last layer does it.
            factor = transform.shrinkage
            weights = [
                [*own[:-2], *(shrink_outputs(part, factor, layout) for part in own[-2:])]
                for own in weights
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
        return export_model(
            self.spec,
            weights,
            n_steps=None if self.spec.stateful else self.n_steps,
            univariate=self.is_univariate,
            X_mean=self.feature_scaler.mean,
            X_scale=self.feature_scaler.scale,
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
