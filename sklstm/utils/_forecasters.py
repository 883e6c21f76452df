"""Find the forecaster in a model, and what it forecasts; the time of rows."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

# Where searches and meta-estimators keep what does the predicting, fitted first.
_INNER = ("best_estimator_", "forecaster_", "estimator_", "estimator")
_TIMES = (pd.DatetimeIndex, pd.PeriodIndex, pd.TimedeltaIndex)


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
    if hasattr(model, "paths"):
        return model, X
    name = next((name for name in _INNER if hasattr(model, name)), None)
    return (None, X) if name is None else find_forecaster(getattr(model, name), X)


def future_of(model, X, y=None):
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
    truth = None if y is None else forecaster.paths(windows, y)
    lower = upper = None
    if getattr(forecaster, "quantiles", None) is not None:
        quantiles = forecaster.predict_quantiles(windows)
        lower, upper = quantiles[..., 0], quantiles[..., -1]
    answers = forecaster.predict(windows)
    return tuple(_by_lead(part, horizon) for part in (truth, answers, lower, upper))


def _by_lead(values, horizon):
    return None if values is None else values.reshape(len(values), horizon, -1)


def times_of(X, time=None):
    """Tell the moment of each row of a frame.

    Parameters
    ----------
    X : DataFrame of shape (n_rows, n_features)
        The rows.
    time : str or int, default=None
        Level of the index, or column, that holds the time. None is the only level that holds
        dates, or the whole index if it has one level.

    Returns
    -------
    Index or Series of length n_rows
        The moments.

    Raises
    ------
    ValueError
        If it cannot be told which level is the time.
    """
    if not hasattr(X, "index"):
        raise ValueError(
            f"The time of each row is read from the index of a DataFrame; got {type(X).__name__}. "
            "Pass the moments in groups=."
        )
    if time is not None and time in getattr(X, "columns", ()):
        return X[time]
    index = X.index
    if time is not None:
        if time not in index.names and not isinstance(time, int):
            raise ValueError(
                f"time={time!r} is neither a level of the index, {list(index.names)}, nor a column "
                "of X."
            )
        return index.get_level_values(time)
    if index.nlevels == 1:
        return index
    levels = [k for k in range(index.nlevels) if isinstance(index.levels[k], _TIMES)]
    if len(levels) != 1:
        raise ValueError(
            f"{len(levels)} levels of the index, {list(index.names)}, hold dates; say in time= "
            "which one is the time."
        )
    return index.get_level_values(levels[0])


def number_of_moments(times) -> tuple[np.ndarray, int]:
    """Count moments from 0, and tell which one each row is.

    Parameters
    ----------
    times : array-like of shape (n_rows,)
        The moment of each row.

    Returns
    -------
    moment : ndarray of shape (n_rows,)
        The rank of each.
    n_moments : int
        How many different ones there are.
    """
    moments, moment = np.unique(np.asarray(times), return_inverse=True)
    return moment, len(moments)
