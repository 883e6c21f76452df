"""Forecasts of a model beside the actual values."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from typing import Any, NamedTuple

import numpy as np

from sklstm.forecasting._model_parts import take_apart


class Forecasts(NamedTuple):
    """Forecasts, and the actual values.

    Parameters
    ----------
    y_true : ndarray of shape (n_samples, horizon, n_targets) or None
        NaN at the steps ahead that y does not reach; None without y.
    y_pred : ndarray of shape (n_samples, horizon, n_targets)
        The forecast.
    lower, upper : ndarray of shape (n_samples, horizon, n_targets) or None
        The outermost quantiles, if there are any.
    shape : tuple of int
        The shape of ``predict``.
    """

    # Who gives y reads it; types would have to be narrowed at every use.
    y_true: Any
    y_pred: np.ndarray
    lower: np.ndarray | None
    upper: np.ndarray | None
    shape: tuple[int, ...]


def forecast_and_actuals(model, X, y=None) -> Forecasts:
    """Forecast, and cut the actual values; the networks run once.

    Parameters
    ----------
    model : estimator
        A forecaster, a pipeline that ends in one, or any regressor, fitted.
    X : object
        What the model is given.
    y : array-like, default=None
        The actual values.

    Returns
    -------
    Forecasts
        Of each row.

    Raises
    ------
    ValueError
        If predictions have another shape than y, or than X has rows.
    """
    parts = take_apart(model)
    if not parts.is_forecaster:
        return _of_any_regressor(model, X, y)
    windows = parts.transform(X)
    forecaster, horizon = parts.estimator, parts.horizon
    y_true = None
    if y is not None:
        y_true = forecaster.actuals(windows, y)
        y_true = y_true.reshape(len(y_true), horizon, -1)
    values = parts.predict(windows)
    layout = forecaster.network_.target_transform.layout
    lower, upper = (values[..., 0], values[..., -1]) if parts.quantiles else (None, None)
    n, _, n_targets, _ = values.shape
    shape = [n, *([horizon] if horizon > 1 else []), *([n_targets] * layout.is_multi_target)]
    return Forecasts(y_true, values[..., layout.median], lower, upper, tuple(shape))


def _of_any_regressor(model, X, y):
    y_pred = np.asarray(model.predict(X), dtype=np.float64)
    y_true = None if y is None else np.asarray(y, dtype=np.float64)
    if y_true is not None and y_true.shape != y_pred.shape:
        raise ValueError(
            f"{type(model).__name__} predicts shape {y_pred.shape}, but y has shape "
            f"{y_true.shape}: of forecasters with a horizon above 1, average with n_members."
        )
    horizon = 1 if y_pred.ndim == 1 else y_pred.shape[1]
    shape = (len(y_pred), horizon, -1)
    y_true = None if y_true is None else y_true.reshape(shape)
    return Forecasts(y_true, y_pred.reshape(shape), None, None, y_pred.shape)
