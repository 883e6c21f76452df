"""Find the forecaster in a model; its forecasts beside the actual values."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
from sklearn.pipeline import Pipeline

# Where searches and meta-estimators keep what does the predicting, fitted first.
_INNER = ("best_estimator_", "forecaster_", "estimator_", "estimator")


def find_forecaster(model, X):
    """Find what forecasts paths in a model.

    Parameters
    ----------
    model : estimator
        Anything, fitted.
    X : object
        What the model is given.

    Returns
    -------
    forecaster : estimator or None
        What has a method `paths`; None if there is nothing of the kind.
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
    """Forecast, and cut what really came.

    Parameters
    ----------
    model : estimator
        A forecaster, a pipeline that ends in one, or any regressor, fitted.
    X : object
        What the model is given.
    y : array-like, default=None
        The values that came.

    Returns
    -------
    truth : ndarray of shape (n_samples, horizon, n_targets) or None
        NaN at the moments that y does not reach; None without y.
    answers : ndarray of shape (n_samples, horizon, n_targets)
        The forecast.
    lower, upper : ndarray of shape (n_samples, horizon, n_targets) or None
        The outermost quantiles, if there are any.
    """
    forecaster, windows = find_forecaster(model, X)
    if forecaster is None:
        answers = np.asarray(model.predict(X), dtype=np.float64)
        truth = None if y is None else np.asarray(y, dtype=np.float64)
        if truth is not None and truth.shape != answers.shape:
            raise ValueError(
                f"{type(model).__name__} predicts shape {answers.shape}, but y has shape "
                f"{truth.shape}."
            )
        n_leads = 1 if answers.ndim == 1 else answers.shape[1]
        return (*(_by_lead(part, n_leads) for part in (truth, answers)), None, None)
    horizon = forecaster.horizon
    truth = None if y is None else forecaster.actuals(windows, y)
    lower = upper = None
    if getattr(forecaster, "quantiles", None) is not None:
        quantiles = forecaster.predict_quantiles(windows)
        lower, upper = quantiles[..., 0], quantiles[..., -1]
    answers = forecaster.predict(windows)
    return tuple(_by_lead(part, horizon) for part in (truth, answers, lower, upper))


def _by_lead(values, horizon):
    return None if values is None else values.reshape(len(values), horizon, -1)
