"""Forecast what follows the last row."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from numbers import Integral

import numpy as np
import pandas as pd
from sklearn.utils.validation import check_is_fitted

from sklstm.forecasting._forecast_rows import ForecastRows
from sklstm.forecasting._model_parts import DEFAULT_COVERAGE, ModelParts, take_apart

_INTERVAL = ["forecast", "lower", "upper"]


def forecast(model, X, steps=None, *, future=None, coverage=None):
    """Forecast what follows the last row of X, of every series.

    Parameters
    ----------
    model : Pipeline that ends in SequenceWindower and LSTMForecaster
        Fitted, with ``lead=1`` or more. Whatever stands before the windower transforms the rows.
        Around it there may be a :class:`ConformalForecaster`, a
        :class:`~sklearn.compose.TransformedTargetRegressor` or a search of scikit-learn.
    X : array-like or DataFrame of shape (n_rows, n_features)
        The rows up to now, as in fit.
    steps : int, default=None
        Steps ahead to forecast; None is the horizon of the forecaster. Beyond it, forecasts are fed
        back as the past of the target.
    future : DataFrame or array-like of shape (n_steps_ahead, n_known), default=None
        Known future covariates, where the forecaster reads any (`known_future`). A DataFrame has
        these columns, and the future timestamps in its index, or in the column that the windower
        takes the time from, and the series beside them. An array holds the steps ahead of the one
        series in their order.
    coverage : float, default=None
        Coverage of the prediction intervals: of a :class:`ConformalForecaster`, where None is 0.9,
        or between two quantiles of the forecaster, such as 0.8 between 0.1 and 0.9.

    Returns
    -------
    Series or DataFrame of length n_series * steps, float64
        The forecast, named after the target, one column for each of several. With prediction
        intervals a DataFrame of the columns "forecast", "lower" and "upper"; with quantiles and no
        `coverage` a DataFrame with a column for each quantile, named by its level. With several
        targets, the columns have the targets as their first level. The index continues that of X,
        in steps of the clock or, with ``freq="rows"``, at the usual distance of two rows of fit;
        with several series, the series are its first level. If X has no index, the rows are
        numbered on.

    Raises
    ------
    ValueError
        If the continuation of the index is not known, if known future covariates are missing, if
        forecasts are to be fed back and X holds more than the target and known future covariates,
        or if intervals or quantiles are asked for beyond the horizon.

    Warns
    -----
    UserWarning
        If days of the week are forecast on which X has no row, and no ``freq`` was given.

    See Also
    --------
    generate : Roll a model out with a feedback of your own.

    Examples
    --------
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklstm import LSTMForecaster, SequenceWindower, forecast
    >>> from sklstm.datasets import load_australian_temperatures
    >>> canberra = load_australian_temperatures(wide=True)[["Canberra"]]
    >>> model = make_pipeline(
    ...     SequenceWindower(window=18, lead=1),
    ...     LSTMForecaster(horizon=18, season=12, epochs=5, random_state=0),
    ... ).fit(canberra, canberra["Canberra"])
    >>> ahead = forecast(model, canberra)
    >>> print(ahead.index[0].date(), ahead.index[-1].date())
    2017-01-01 2018-06-01
    >>> ahead.name
    'Canberra'

    A :class:`ConformalForecaster` around the pipeline adds prediction intervals:

    >>> from sklstm import ConformalForecaster
    >>> conformal = ConformalForecaster(model, calibration_size=60).fit(
    ...     canberra, canberra["Canberra"]
    ... )
    >>> list(forecast(conformal, canberra, coverage=0.8).columns)
    ['forecast', 'lower', 'upper']
    """
    parts = take_apart(model)
    _check_parts(parts)
    horizon = parts.horizon
    steps = _check_steps(steps, horizon)
    if parts.intervals is not None and coverage is None:
        coverage = DEFAULT_COVERAGE
    columns, names = _columns_of(parts, coverage)
    if steps > horizon and len(columns) > 1:
        raise ValueError(
            f"steps={steps} is beyond horizon={horizon}: forecasts are fed back there, and how "
            "wide intervals and quantiles are is not known. Fit with a longer horizon."
        )
    rows = ForecastRows(parts, X)
    if steps > horizon:
        rows.check_can_feed_back(steps)
    known = rows.known_of(future, steps)
    rows.warn_of_unseen_weekdays(steps)
    future_rows = rows.make_future(steps, known)
    of_intervals = coverage if parts.intervals is not None else None
    done_parts: list[np.ndarray] = []
    for done in range(0, steps, horizon):
        part = rows.predict(future_rows, done, steps, of_intervals)[:, : steps - done]
        done_parts.append(part)
        if done + horizon < steps:
            rows.feed_back(future_rows, part[..., 0], done)
    values = np.concatenate(done_parts, axis=1)[..., columns]
    return _as_table(rows, values, names)


def _check_steps(steps, horizon):
    if steps is None:
        return horizon
    if isinstance(steps, bool) or not isinstance(steps, Integral) or steps < 1:
        raise ValueError(
            f"steps must be at least 1; got {steps!r}."
            if isinstance(steps, Integral)
            else f"steps must be a whole number of time steps; got {steps!r}."
        )
    return int(steps)


def _columns_of(parts: ModelParts, coverage):
    """Tell which predictions become columns, and their names; None is a single one."""
    quantiles = parts.quantiles
    if coverage is None:
        return list(range(max(len(quantiles), 1))), list(quantiles) or None
    return parts.interval_columns(coverage), _INTERVAL


def _as_table(rows: ForecastRows, values: np.ndarray, names):
    """Give forecasts, (n_series, steps, n_targets, n_columns), their index and their names."""
    _, n, n_targets, n_columns = values.shape
    index = rows.labels_of_forecast(n)
    targets = rows.names_of_targets(n_targets)
    is_multi_target = n_targets > 1 or rows.network.target_transform.layout.is_multi_target
    if names is None and not is_multi_target:
        return pd.Series(values.ravel(), index=index, name=targets[0])
    columns: pd.Index = pd.Index(targets if names is None else names)
    if names is not None and is_multi_target:
        columns = pd.MultiIndex.from_product([targets, names])
    return pd.DataFrame(values.reshape(-1, n_targets * n_columns), index=index, columns=columns)


def _check_parts(parts: ModelParts) -> None:
    if not parts.is_forecaster:
        raise ValueError(
            "forecast needs a pipeline that ends in an LSTMForecaster; got "
            f"{type(parts.estimator).__name__}."
        )
    check_is_fitted(parts.estimator, "network_")
    if parts.windower is None:
        raise ValueError(
            "forecast needs SequenceWindower right before the forecaster: it knows how the index "
            "continues. Of sequences that nothing has cut, predict gives what follows each."
        )
    if parts.windower.lead < 1:
        raise ValueError(
            "forecast needs windows with lead=1 or more; with lead=0 the window of a row holds "
            "the row itself, which is not known yet."
        )
