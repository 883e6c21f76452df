"""Prediction intervals of a given coverage: split-conformal prediction around any forecaster."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from numbers import Integral

import numpy as np
from sklearn.base import BaseEstimator, MetaEstimatorMixin, RegressorMixin, clone
from sklearn.linear_model import LinearRegression
from sklearn.utils import get_tags, indexable
from sklearn.utils.validation import check_is_fitted

from sklstm.forecasting._actuals import forecast_and_actuals
from sklstm.forecasting._model_parts import (
    HasIntervals,
    check_coverage,
    take_apart,
    with_margins,
)
from sklstm.preprocessing._timestamps import rank_timestamps, timestamps_of
from sklstm.utils._estimator_state import EstimatorState
from sklstm.utils._parts import FitsParts
from sklstm.utils._sklearn_private import (
    HasMethods,
    Interval,
    RealNotInt,
    _fit_context,
    num_samples,
    safe_indexing,
)


class ConformalForecaster(
    HasIntervals, MetaEstimatorMixin, FitsParts, RegressorMixin, EstimatorState, BaseEstimator
):
    """Forecaster with prediction intervals, calibrated step by step on the last part in time.

    The forecaster is fitted on the first part of the rows and forecasts the last one; its errors
    there, at each step ahead, set how wide an interval of a given coverage has to be [1]_. Then it
    is fitted again on all rows. If it forecasts quantiles, the outermost ones are widened or
    narrowed instead [2]_, so that intervals are wider where less is certain. They are taken as
    trained: the trial of `shrink`, which spreads them otherwise, is not needed here.

    Parameters
    ----------
    forecaster : estimator, default=None
        An :class:`~sklstm.LSTMForecaster`, a pipeline that ends in one, or any regressor whose
        predictions have the shape of `y`. None is
        :class:`~sklearn.linear_model.LinearRegression`.
    calibration_size : float or int, default=0.2
        Fraction of the timestamps to calibrate on, or their number.
    refit : bool, default=True
        Whether to fit again on all rows. Otherwise the calibrated forecaster is kept.
    time : str or int, default=None
        Level of the index that holds the time, as in
        :class:`~sklstm.model_selection.PanelTimeSeriesSplit`. Rows without an index are taken to be
        in the order of time.

    Attributes
    ----------
    forecaster_ : estimator
        The fitted forecaster.
    scores_ : ndarray of shape (n_calibrations, horizon, n_targets)
        Distance of the actual value from the forecast, or beyond its outermost quantiles, for each
        row of the calibration; NaN at the steps ahead that have no value.
    n_features_in_ : int
        Features of X, if the forecaster says.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Their names, if the forecaster says.

    See Also
    --------
    LSTMForecaster : Forecasts quantiles with `quantiles`.

    References
    ----------
    .. [1] Stankevičiūtė, K., Alaa, A. M. and van der Schaar, M. (2021). Conformal time-series
       forecasting. Advances in Neural Information Processing Systems, 34.
    .. [2] Romano, Y., Patterson, E. and Candès, E. (2019). Conformalized quantile regression.
       Advances in Neural Information Processing Systems, 32.

    Examples
    --------
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklstm import ConformalForecaster, LSTMForecaster, SequenceWindower
    >>> from sklstm.datasets import load_airport_weather
    >>> weather = load_airport_weather().xs("JFK", level="airport")[["temp", "pressure"]][:500]
    >>> model = ConformalForecaster(make_pipeline(
    ...     SequenceWindower(window=12, lead=1),
    ...     LSTMForecaster(horizon=3, units=8, epochs=2, random_state=0),
    ... ))
    >>> model.fit(weather[:400], weather["temp"][:400])
    ConformalForecaster(...)
    >>> model.predict_interval(weather[400:], coverage=0.9).shape
    (100, 3, 2)
    """

    _parameter_constraints: dict = {
        "forecaster": [HasMethods(["fit", "predict"]), None],
        "calibration_size": [
            Interval(RealNotInt, 0, 1, closed="neither"),
            Interval(Integral, 1, None, closed="left"),
        ],
        "refit": ["boolean"],
        "time": [str, Interval(Integral, 0, None, closed="left"), None],
    }

    def __init__(self, forecaster=None, *, calibration_size=0.2, refit=True, time=None):
        self.forecaster = forecaster
        self.calibration_size = calibration_size
        self.refit = refit
        self.time = time

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y):
        """Calibrate on the last part in time, and fit on all rows.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_samples, n_features)
            The rows.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            Values, as the forecaster takes them.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            If there are too few timestamps to calibrate on.
        """
        if y is None:
            raise ValueError(
                "This ConformalForecaster estimator requires y to be passed, but the target y is "
                "None."
            )
        X, y = indexable(X, y)
        with self._fit_of_parts(X, y, n_parts=1 + bool(self.refit)) as context:
            first, last = self._split(X)
            forecaster = self._forecaster()
            part = safe_indexing(X, first), safe_indexing(y, first)
            fitted = self._fit_part(context, "calibrate", clone(forecaster), *part)
            _leave_quantiles_as_trained(fitted, forecaster)
            self.scores_ = _scores(
                forecast_and_actuals(fitted, safe_indexing(X, last), safe_indexing(y, last))
            )
            if self.refit:
                fitted = self._fit_part(context, "refit", clone(forecaster), X, y)
                _leave_quantiles_as_trained(fitted, forecaster)
            self.forecaster_ = fitted
            for name in ("n_features_in_", "feature_names_in_"):
                if hasattr(fitted, name):
                    setattr(self, name, getattr(fitted, name))
        return self

    def predict(self, X):
        """Forecast, as the forecaster does.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_samples, n_features)
            The rows.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, horizon)
            The forecasts.
        """
        check_is_fitted(self)
        of = forecast_and_actuals(self.forecaster_, X)
        return of.y_pred.reshape(of.shape)

    def predict_interval(self, X, coverage=0.9):
        """Predict an interval for each step ahead.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_samples, n_features)
            The rows.
        coverage : float, default=0.9
            Part of the actual values that is to lie inside, at each step ahead. It does if new
            rows resemble those of the calibration.

        Returns
        -------
        ndarray of shape (..., 2), float64
            Lower and upper bounds, with the dimensions of :meth:`predict` before the last.

        Raises
        ------
        ValueError
            If the calibration had too few rows for so high a coverage.
        """
        margin = self.margins(coverage)
        of = forecast_and_actuals(self.forecaster_, X)
        lower, upper = (of.y_pred, of.y_pred) if of.lower is None else (of.lower, of.upper)
        return with_margins(of.y_pred, lower, upper, margin)[..., 1:].reshape(*of.shape, 2)

    def margins(self, coverage):
        """Compute how far intervals reach beyond the forecast, or beyond its outermost quantiles.

        Parameters
        ----------
        coverage : float
            Part of the actual values that is to lie inside, between 0 and 1.

        Returns
        -------
        ndarray of shape (horizon, n_targets)
            In units of `y`; below 0 where quantiles are narrowed.

        Raises
        ------
        ValueError
            If the calibration had too few rows for so high a coverage.
        """
        check_is_fitted(self)
        check_coverage(coverage)
        n = np.sum(~np.isnan(self.scores_), axis=0)
        rank = np.ceil((n + 1) * coverage).astype(int)
        if (rank > n).any():
            raise ValueError(
                f"coverage={coverage} needs at least {int(np.ceil(coverage / (1 - coverage)))} "
                f"rows of calibration at each step ahead; there are {int(n.min())} "
                f"(calibration_size={self.calibration_size!r}, less those without an actual value)."
            )
        in_order = np.sort(self.scores_, axis=0)
        return np.take_along_axis(in_order, rank[None] - 1, axis=0)[0]

    def _forecaster(self):
        return LinearRegression() if self.forecaster is None else self.forecaster

    def _split(self, X):
        """Return the positions of the first and of the last part in time."""
        is_frame = hasattr(X, "columns") and hasattr(X, "index")
        times = timestamps_of(X, self.time) if is_frame else np.arange(num_samples(X))
        rank, n_timestamps = rank_timestamps(times)
        size = self.calibration_size
        n_last = int(size) if isinstance(size, Integral) else max(1, round(size * n_timestamps))
        if n_last >= n_timestamps:
            raise ValueError(
                f"calibration_size={size!r} leaves nothing to fit on: X has n_samples = "
                f"{num_samples(X)} at {n_timestamps} timestamps."
            )
        is_last = rank >= n_timestamps - n_last
        return np.flatnonzero(~is_last), np.flatnonzero(is_last)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        inner = get_tags(self._forecaster())
        tags.input_tags = inner.input_tags
        tags.target_tags = inner.target_tags
        tags.regressor_tags = inner.regressor_tags
        return tags


def _leave_quantiles_as_trained(fitted, forecaster):
    """Undo the spread of the quantiles by a trial, which may differ between the two fits."""
    parts = take_apart(fitted)
    is_frozen = parts.estimator is take_apart(forecaster, fitted=False).estimator
    if parts.is_forecaster and not is_frozen:
        parts.estimator.network_ = parts.estimator.network_.with_quantiles_as_trained()


def _scores(of):
    """Measure how far actual values lie from the forecast, or beyond its outermost quantiles."""
    if of.lower is None:
        return np.abs(of.y_true - of.y_pred)
    return np.maximum(of.lower - of.y_true, of.y_true - of.upper)
