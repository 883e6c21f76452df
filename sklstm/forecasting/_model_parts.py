"""Take models apart: what stands before the forecaster, the forecaster, and what is around it."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from abc import abstractmethod
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np
from sklearn.base import is_regressor
from sklearn.compose import TransformedTargetRegressor
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from sklstm.preprocessing import SequenceWindower
from sklstm.training._fitted_network import HasNetwork

# Coverage of prediction intervals where none is asked for.
DEFAULT_COVERAGE = 0.9


class HasIntervals:
    """Mark the meta-estimators that put prediction intervals around the forecasts of another.

    Attributes
    ----------
    forecaster_ : estimator
        The other one, fitted.
    """

    forecaster_: Any

    @abstractmethod
    def margins(self, coverage: float) -> np.ndarray:
        """Compute how far intervals reach beyond the forecast, or beyond its quantiles.

        Parameters
        ----------
        coverage : float
            Part of the actual values that lie inside.

        Returns
        -------
        ndarray of shape (horizon, n_targets)
            In units of the targets of the other estimator.
        """


@dataclass(frozen=True, eq=False)
class ModelParts:
    """The parts of a model.

    Parameters
    ----------
    steps : list of estimator
        The transformers, in the order in which rows pass them.
    estimator : estimator
        What comes last.
    around : list of TransformedTargetRegressor and HasIntervals
        What is around it, outermost first.
    """

    steps: list
    estimator: Any
    around: list

    @property
    def windower(self) -> Any:
        """The windower, if it stands right before the estimator."""
        last = self.steps[-1] if self.steps else None
        return last if isinstance(last, SequenceWindower) else None

    @property
    def is_forecaster(self) -> bool:
        """Whether a network forecasts."""
        return isinstance(self.estimator, HasNetwork) and is_regressor(self.estimator)

    @property
    def intervals(self) -> HasIntervals | None:
        """The outermost part that gives prediction intervals."""
        return next((part for part in self.around if isinstance(part, HasIntervals)), None)

    @property
    def quantiles(self) -> tuple[float, ...]:
        """Levels of the quantiles that the forecaster predicts."""
        return self.estimator.network_.target_transform.layout.quantiles

    @property
    def may_have_intervals(self) -> bool:
        """Whether there are prediction intervals or quantiles."""
        return self.intervals is not None or len(self.quantiles) > 0

    @property
    def horizon(self) -> int:
        """Steps ahead that the forecaster predicts."""
        return self.estimator.network_.spec.horizon

    def transform(self, X):
        """Run rows through the transformers.

        Parameters
        ----------
        X : object
            What the model is given.

        Returns
        -------
        object
            What the estimator is given.
        """
        for step in self.steps:
            X = step.transform(X)
        return X

    def predict(self, windows, positions=None, *, coverage=None) -> np.ndarray:
        """Forecast from windows, in one run of the networks.

        Parameters
        ----------
        windows : windows or array-like
            What :meth:`transform` gives.
        positions : ndarray of shape (n_samples,), default=None
            The windows to forecast from; None is all of them. The state of a stateful network comes
            from the windows before, too.
        coverage : float, default=None
            Of prediction intervals, where the model has some; None leaves them out.

        Returns
        -------
        ndarray of shape (n_samples, horizon, n_targets, n_values), float64
            In the units of y that the model was given: forecast, lower and upper bound with a
            coverage, else the quantiles of the forecaster, or the forecast alone.
        """
        network = self.estimator.network_
        if positions is not None and not network.spec.stateful:
            windows, positions = windows[positions], None
        if self.quantiles:
            predictions = self.estimator.predict_quantiles(windows)
        else:
            predictions = self.estimator.predict(windows)
        if positions is not None:
            predictions = predictions[positions]
        layout = network.target_transform.layout
        shape = (len(predictions), network.spec.horizon, -1, layout.n_quantiles)
        values = predictions.reshape(shape)
        intervals = None if coverage is None else self.intervals
        for part in reversed(self.around):
            if isinstance(part, HasIntervals):
                if part is not intervals:
                    continue
                margin = part.margins(coverage)
                forecast = values[..., layout.median]
                values = with_margins(forecast, values[..., 0], values[..., -1], margin)
            else:
                values = _inverted(part, values, layout.is_multi_step)
                if intervals is not None and values.shape[-1] == 3:
                    values[..., 1:] = np.sort(values[..., 1:], axis=-1)
        if self.quantiles and intervals is None:
            values = _in_order(values, self.quantiles)
        return values

    def interval_columns(self, coverage: float | None) -> list[int] | None:
        """Tell where :meth:`predict` gives the forecast, the lower and the upper bound.

        Parameters
        ----------
        coverage : float or None
            Of the intervals; None takes the outermost quantiles, if the model has no others.

        Returns
        -------
        list of int or None
            Positions in the last axis; None where the model gives no intervals.

        Raises
        ------
        ValueError
            If the model has no intervals, or no quantiles, of this coverage.
        """
        if coverage is not None:
            check_coverage(coverage)
        if self.intervals is not None:
            return [0, 1, 2]
        quantiles = self.quantiles
        if coverage is None:
            return [quantiles.index(0.5), 0, len(quantiles) - 1] if len(quantiles) > 2 else None
        tails = ((1 - coverage) / 2, (1 + coverage) / 2)
        bounds = [np.flatnonzero(np.isclose(quantiles, tail)) for tail in tails]
        if any(len(found) == 0 for found in bounds):
            raise ValueError(
                f"coverage={coverage!r} needs a ConformalForecaster around the model, or a "
                f"forecaster of the quantiles {tails[0]:.4g} and {tails[1]:.4g}; this one has "
                f"{f'quantiles={quantiles}' if quantiles else 'no quantiles'}."
            )
        return [quantiles.index(0.5), *(int(found[0]) for found in bounds)]

    def to_units_of_y(self, predictions: np.ndarray) -> np.ndarray:
        """Bring predictions of the estimator into the units of y that the model was given.

        Parameters
        ----------
        predictions : ndarray of shape (n_samples, [horizon,] [n_targets])
            As the estimator predicts them.

        Returns
        -------
        ndarray of the same shape
            The same, after all that is around the estimator.
        """
        transformed = [part for part in self.around if isinstance(part, TransformedTargetRegressor)]
        if not transformed:
            return predictions
        values = predictions.reshape(len(predictions), self.horizon, -1, 1)
        layout = self.estimator.network_.target_transform.layout
        for part in reversed(transformed):
            values = _inverted(part, values, layout.is_multi_step)
        return values.reshape(predictions.shape)


def take_apart(model, *, fitted: bool = True) -> ModelParts:
    """Take a model apart.

    Parameters
    ----------
    model : estimator
        A pipeline, a search, a TransformedTargetRegressor, a ConformalForecaster, one inside
        another; or anything else, which is taken for the estimator itself.
    fitted : bool, default=True
        Whether to look at the fitted parts, or at what is to be fitted.

    Returns
    -------
    ModelParts
        Its parts.

    Raises
    ------
    sklearn.exceptions.NotFittedError
        If parts are not fitted, but should be.
    ValueError
        If a search has not kept its best estimator.
    """
    steps: list = []
    around: list = []
    while True:
        if isinstance(model, Pipeline):
            steps += [step for _, step in model.steps[:-1] if step not in (None, "passthrough")]
            model = model.steps[-1][1]
            continue
        if isinstance(model, FrozenEstimator):
            model = model.estimator
            continue
        names = _inner_names(model)
        if names is None:
            return ModelParts(steps, model, around)
        if fitted:
            check_is_fitted(model)
        if isinstance(model, TransformedTargetRegressor | HasIntervals):
            around.append(model)
        if fitted and not hasattr(model, names[0]):
            raise ValueError(
                f"{type(model).__name__} keeps no fitted estimator; fit it with refit=True."
            )
        model = getattr(model, names[0] if fitted else names[1])


def parts_of(model) -> tuple[ModelParts, bool]:
    """Take a model apart, as it was fitted or as it will be.

    Parameters
    ----------
    model : estimator
        Any that is one of sklstm or is around one.

    Returns
    -------
    parts : ModelParts
        Its parts, in the order in which rows pass them.
    is_fitted : bool
        Whether they are fitted.
    """
    try:
        check_is_fitted(model)
        parts, is_fitted = take_apart(model), True
    except NotFittedError:
        parts, is_fitted = take_apart(model, fitted=False), False
    inner = getattr(parts.estimator, "classifier_" if is_fitted else "classifier", None)
    if inner is not None:
        own = take_apart(inner, fitted=is_fitted)
        parts = ModelParts([*parts.steps, *own.steps], own.estimator, [*parts.around, *own.around])
    return parts, is_fitted


def check_coverage(coverage) -> None:
    """Refuse what is no coverage.

    Parameters
    ----------
    coverage : float
        Part of the actual values that intervals are to hold.

    Raises
    ------
    ValueError
        If it is no number between 0 and 1.
    """
    if not isinstance(coverage, Real) or not 0 < float(coverage) < 1:
        raise ValueError(f"coverage must lie between 0 and 1; got {coverage!r}.")


def with_margins(forecast, lower, upper, margin) -> np.ndarray:
    """Widen bounds by a margin, or narrow them.

    Parameters
    ----------
    forecast, lower, upper : ndarray of shape (n_samples, horizon, n_targets)
        Forecasts, and bounds around them.
    margin : ndarray of shape (horizon, n_targets)
        By how much.

    Returns
    -------
    ndarray of shape (n_samples, horizon, n_targets, 3)
        Forecast, lower and upper bound.
    """
    # Narrowed quantiles must not pass each other.
    bounds = np.sort(np.stack([lower - margin, upper + margin], axis=-1), axis=-1)
    return np.concatenate([forecast[..., None], bounds], axis=-1)


def _inner_names(model):
    """Return the attribute that holds the fitted estimator, and the parameter it comes from."""
    if isinstance(model, TransformedTargetRegressor):
        return "regressor_", "regressor"
    if isinstance(model, HasIntervals):
        return "forecaster_", "forecaster"
    # A search of scikit-learn, or one that follows it.
    if all(hasattr(model, name) for name in ("estimator", "cv", "refit", "return_train_score")):
        return "best_estimator_", "estimator"
    return None


def _inverted(part, values, is_multi_step):
    """Undo the transform of the targets, step ahead by step ahead as it was learned."""
    n, horizon, n_targets, n_values = values.shape
    width = horizon * n_targets if is_multi_step else n_targets
    columns = np.moveaxis(values, -1, 0).reshape(-1, width)
    own = np.asarray(part.transformer_.inverse_transform(columns), dtype=np.float64)
    return np.moveaxis(own.reshape(n_values, n, horizon, -1), 0, -1)


def _in_order(quantiles, levels):
    """Put quantiles in order after a function that may have turned them round."""
    if (np.diff(quantiles, axis=-1) >= 0).all():
        return quantiles
    if not np.allclose(np.add(levels, levels[::-1]), 1):
        raise ValueError(
            f"The transformer of the target turns large values into small ones, and quantiles="
            f"{levels} are not symmetric around 0.5: the quantile of {levels[0]} is not known."
        )
    return np.sort(quantiles, axis=-1)
