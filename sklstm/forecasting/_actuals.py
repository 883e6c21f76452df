"""Find the forecaster in a model; its forecasts beside the actual values."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
from sklearn.pipeline import Pipeline

# Where searches and meta-estimators keep what does the predicting, fitted first.
_INNER = ("best_estimator_", "forecaster_", "estimator_", "estimator")


def find_forecaster(model, X):
    """Find the forecaster in a model.

    Parameters
    ----------
    model : estimator
        Anything, fitted.
    X : object
        What the model is given.

    Returns
    -------
    forecaster : estimator or None
        What has a method `actuals`; None if there is no such part.
    X : object
        What the forecaster is given.
    """
    if isinstance(model, Pipeline):
        return find_forecaster(model[-1], model[:-1].transform(X) if len(model) > 1 else X)
    if hasattr(model, "actuals"):
        return model, X
    name = next((name for name in _INNER if hasattr(model, name)), None)
    return (None, X) if name is None else find_forecaster(getattr(model, name), X)


def forecast_and_actuals(model, X, y=None):
    """Forecast, and cut the actual values.

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
    y_true : ndarray of shape (n_samples, horizon, n_targets) or None
        NaN at the steps ahead that y does not reach; None without y.
    y_pred : ndarray of shape (n_samples, horizon, n_targets)
        The forecast.
    lower, upper : ndarray of shape (n_samples, horizon, n_targets) or None
        The outermost quantiles, if there are any.
    """
    forecaster, windows = find_forecaster(model, X)
    if forecaster is None:
        y_pred = np.asarray(model.predict(X), dtype=np.float64)
        y_true = None if y is None else np.asarray(y, dtype=np.float64)
        if y_true is not None and y_true.shape != y_pred.shape:
            raise ValueError(
                f"{type(model).__name__} predicts shape {y_pred.shape}, but y has shape "
                f"{y_true.shape}."
            )
        horizon = 1 if y_pred.ndim == 1 else y_pred.shape[1]
        return (*(_by_step(part, horizon) for part in (y_true, y_pred)), None, None)
    horizon = forecaster.horizon
    y_true = None if y is None else forecaster.actuals(windows, y)
    lower = upper = None
    if getattr(forecaster, "quantiles", None) is not None:
        quantiles = forecaster.predict_quantiles(windows)
        lower, upper = quantiles[..., 0], quantiles[..., -1]
    y_pred = forecaster.predict(windows)
    return tuple(_by_step(part, horizon) for part in (y_true, y_pred, lower, upper))


def _by_step(values, horizon):
    return None if values is None else values.reshape(len(values), horizon, -1)
