"""Backtests: forecasts made at past origins, beside those of simple methods."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import difflib
import inspect
from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
import sklearn.metrics
from sklearn.base import clone
from sklearn.impute import SimpleImputer
from sklearn.model_selection import check_cv
from sklearn.multioutput import MultiOutputRegressor
from sklearn.pipeline import make_pipeline
from sklearn.utils import check_array, check_consistent_length, get_tags
from sklearn.utils.parallel import Parallel, delayed

from sklstm.forecasting._baselines import Baseline, Situation
from sklstm.forecasting._model_parts import DEFAULT_COVERAGE, check_coverage, take_apart
from sklstm.preprocessing._window_index import window_index_of
from sklstm.targets._horizon_targets import cut_horizon_targets
from sklstm.utils._sklearn_private import safe_indexing


def backtest(
    model,
    X,
    y,
    cv=None,
    *,
    metrics=("mean_absolute_error",),
    baselines=None,
    origins="all",
    coverage=None,
    refit=True,
    n_jobs=None,
    verbose=0,
):
    """Backtest a forecaster: fit on the past, forecast what followed, fold by fold.

    Parameters
    ----------
    model : Pipeline that ends in SequenceWindower and LSTMForecaster, or dict of them
        Not fitted; names of several go into the column `model`. Around a pipeline there may be a
        :class:`ConformalForecaster`, a :class:`~sklearn.compose.TransformedTargetRegressor` or a
        search of scikit-learn.
    X : array-like or DataFrame of shape (n_rows, n_features)
        The rows.
    y : array-like of shape (n_rows,)
        Their values, finite.
    cv : int, cross-validator or iterable of (train, test), default=None
        The folds, such as :class:`PanelTimeSeriesSplit` makes; None is five of them.
    metrics : list of str or callable, or dict of callables, default=("mean_absolute_error",)
        Functions ``metric(y_true, y_pred)``, or names of functions of :mod:`sklearn.metrics`.
    baselines : dict, default=None
        Methods to compare with, by name: :class:`Persistence`, :class:`SeasonalNaive`,
        :class:`Drift`, :class:`Climatology`, or any regressor, which is fitted on the lag table of
        the same windows. Values that are missing there become the mean of their column.
    origins : {"all", "first"}, default="all"
        Whether each row of a test part is a forecast origin, or only those of its first timestamp.
    coverage : float, default=None
        Coverage of the prediction intervals, of models that give them. None is 0.9 for a
        :class:`ConformalForecaster`, and takes the outermost quantiles of a quantile forecaster.
    refit : bool, default=True
        Whether to fit in each fold, or in the first one alone.
    n_jobs : int, default=None
        Number of folds that joblib runs in parallel.
    verbose : int, default=0
        Progress, as joblib shows it; 0 prints nothing.

    Returns
    -------
    DataFrame
        One row for each model, fold, series and lead, in columns of these names, the number `n` of
        forecasts behind it, and a column for each metric. Lead 1 is the first step ahead, the row's
        own. Actual values end where the test part ends. Where a model gives prediction intervals,
        the columns `coverage`, the part of the actual values that lie inside, and `width`, the mean
        distance of the bounds, follow; NaN for models without.

    Raises
    ------
    ValueError
        If a model is not such a pipeline, or if a metric, a baseline or an option is not known.

    See Also
    --------
    PanelTimeSeriesSplit : Makes the folds.
    sklstm.horizon_scorer : Scores multi-step forecasts in searches.

    Examples
    --------
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklstm import LSTMForecaster, SequenceWindower
    >>> from sklstm.datasets import load_australian_temperatures
    >>> from sklstm.model_selection import PanelTimeSeriesSplit
    >>> from sklstm.forecasting import SeasonalNaive, backtest
    >>> temperatures = load_australian_temperatures()
    >>> model = make_pipeline(
    ...     SequenceWindower(window=18, lead=1, by="station"),
    ...     LSTMForecaster(horizon=18, season=12, epochs=3, random_state=0),
    ... )
    >>> table = backtest(
    ...     model,
    ...     temperatures,
    ...     temperatures["temperature"],
    ...     cv=PanelTimeSeriesSplit(n_splits=2, test_size=18),
    ...     baselines={"seasonal naive": SeasonalNaive(12)},
    ...     origins="first",
    ... )
    >>> list(table.columns)
    ['model', 'fold', 'series', 'lead', 'n', 'mean_absolute_error']
    >>> len(table) == 2 * 2 * 44 * 18
    True
    """
    models = dict(model) if isinstance(model, Mapping) else {"model": model}
    gives = [_check_model(name, candidate) for name, candidate in models.items()]
    if coverage is not None:
        check_coverage(coverage)
        if not any(gives):
            raise ValueError(
                f"coverage={coverage!r} is of prediction intervals, and no model gives any: put a "
                "ConformalForecaster around one, or fit it with quantiles=."
            )
    baselines = {} if baselines is None else dict(baselines)
    doubled = models.keys() & baselines.keys()
    if doubled:
        raise ValueError(f"baselines and models share the names {sorted(doubled)}.")
    if origins not in ("all", "first"):
        raise ValueError(f"origins must be 'all' or 'first'; got {origins!r}.")
    functions = _functions_of(metrics)
    values = check_array(y, ensure_2d=False, dtype=np.float64, input_name="y")
    if values.ndim != 1:
        raise ValueError(f"backtest takes y of one target, (n_rows,); got shape {values.shape}.")
    check_consistent_length(X, values)
    folds = list(_folds_of(cv).split(X, y))
    jobs = [(train, test, None if refit else folds[0][0]) for train, test in folds]
    parts = Parallel(n_jobs=n_jobs, verbose=verbose)(
        delayed(_one_fold)(models, baselines, functions, X, y, number, *job, origins, coverage)
        for number, job in enumerate(jobs)
    )
    return pd.concat(parts, ignore_index=True)


def _folds_of(cv):
    if cv is None or isinstance(cv, int):
        from sklstm.model_selection._panel_split import PanelTimeSeriesSplit

        return PanelTimeSeriesSplit(5 if cv is None else cv)
    return check_cv(cv)


def _check_model(name, model) -> bool:
    """Refuse what is no forecaster; tell whether it gives prediction intervals."""
    parts = take_apart(model, fitted=False)
    if not (parts.steps and parts.is_forecaster):
        raise ValueError(
            f"backtest needs pipelines that end in SequenceWindower and LSTMForecaster; "
            f"{name!r} is {model!r}."
        )
    return parts.intervals is not None or getattr(parts.estimator, "quantiles", None) is not None


def _functions_of(metrics) -> dict[str, Callable]:
    if isinstance(metrics, Mapping):
        wrong = [name for name, function in metrics.items() if not callable(function)]
        if wrong:
            raise ValueError(
                f"metrics must map names to functions metric(y_true, y_pred); {wrong} are none."
            )
        return dict(metrics)
    metrics = [metrics] if isinstance(metrics, str) or callable(metrics) else metrics
    found: dict[str, Callable] = {}
    for metric in metrics:
        function = _named_metric(metric) if isinstance(metric, str) else metric
        if not callable(function):
            raise ValueError(
                f"metrics must be functions metric(y_true, y_pred) or their names; got {metric!r}."
            )
        name = metric if isinstance(metric, str) else getattr(metric, "__name__", str(metric))
        found[name] = function
    if not found:
        raise ValueError(f"metrics must name at least one metric; got {metrics!r}.")
    return found


def _named_metric(name):
    function = getattr(sklearn.metrics, name, None)
    if inspect.isfunction(function) and "y_pred" in inspect.signature(function).parameters:
        return function
    known = [
        own
        for own, candidate in vars(sklearn.metrics).items()
        if inspect.isfunction(candidate) and own.endswith(("_error", "_loss", "_score"))
    ]
    short = {"mae": "mean_absolute_error", "mse": "mean_squared_error"}
    short |= {"rmse": f"root_{short['mse']}", "mape": "mean_absolute_percentage_error"}
    likely = short.get(name.lower()) or next(
        iter(difflib.get_close_matches(name.removeprefix("neg_"), known, 1)), None
    )
    raise ValueError(
        f"sklearn.metrics has no function {name!r} to be a metric"
        f"{'' if likely is None else f'; did you mean {likely!r}?'} Give the name of a function of "
        "sklearn.metrics, or a function metric(y_true, y_pred)."
    )


def _one_fold(
    models, baselines, functions, X, y, number, train, test, learned_from, origins, coverage
):
    """Forecast from the rows of one test part; return the errors as a table."""
    learned_from = train if learned_from is None else learned_from
    rows = np.concatenate([train, test])
    in_test = np.arange(len(train), len(rows))
    y_rows = np.asarray(safe_indexing(y, rows), dtype=np.float64)
    tables = []

    def add_errors(name, index, asked, horizon, y_pred, bounds=None):
        y_pred = y_pred.reshape(len(asked), -1)
        among = index.take(in_test), y_rows[in_test][:, None]
        y_true = cut_horizon_targets(index.take(asked), *among, horizon)[..., 0]
        samples = index.take(asked)
        tables.append(_errors(name, number, functions, samples, y_true, y_pred, bounds))

    of_first = None
    for name, model in models.items():
        fitted = clone(model).fit(safe_indexing(X, learned_from), safe_indexing(y, learned_from))
        parts = take_apart(fitted)
        windows = parts.transform(safe_indexing(X, rows))
        index, horizon = window_index_of(windows), parts.horizon
        if index is None:
            raise ValueError(
                f"The windows of {name!r} do not know their time: something stands between "
                "SequenceWindower and LSTMForecaster."
            )
        asked = _forecast_rows(index, in_test, origins)
        of_intervals = (coverage or DEFAULT_COVERAGE) if parts.intervals is not None else None
        # One target: y has one.
        values = parts.predict(windows, asked, coverage=of_intervals)[:, :, 0]
        columns = parts.interval_columns(coverage) if parts.may_have_intervals else None
        if columns is None:
            add_errors(name, index, asked, horizon, values[..., 0])
        else:
            add_errors(name, index, asked, horizon, *_point_and_bounds(values, columns))
        of_first = (index, asked, horizon) if of_first is None else of_first
    # Baselines forecast what the first model forecasts.
    assert of_first is not None
    index, asked, horizon = of_first
    situation = Situation(
        series=index.series[asked],
        time=index.time[asked],
        lead=index.lead,
        horizon=horizon,
        known_series=index.series,
        known_time=index.time,
        known=y_rows,
        is_training=np.isin(rows, learned_from),
    )
    for name, baseline in baselines.items():
        if isinstance(baseline, Baseline):
            y_pred = baseline.forecast(situation)
        else:
            y_pred = _forecast_from_lags(baseline, index, y_rows, asked, situation)
        add_errors(name, index, asked, horizon, y_pred)
    return pd.concat(tables, ignore_index=True)


def _point_and_bounds(values, columns):
    return values[..., columns[0]], values[..., columns[1:]]


def _forecast_rows(index, in_test, origins):
    """Return the rows of the test part that are forecast from."""
    if origins == "first":
        return in_test[index.time[in_test] == index.time[in_test].min()]
    return in_test


def _forecast_from_lags(regressor, index, y, asked, situation):
    """Fit a regressor on the lags of the training rows that have a value for each step ahead."""
    learned = np.flatnonzero(situation.is_training)
    part = index.take(learned)
    targets = cut_horizon_targets(part, part, y[learned][:, None], situation.horizon)[..., 0]
    whole = ~np.isnan(targets).any(axis=1) & (part.count > 0)
    lags = part.take(np.flatnonzero(whole)).materialize().reshape(int(whole.sum()), -1)
    targets = targets[whole]
    if situation.horizon == 1:
        targets = targets[:, 0]
    regressor = clone(regressor)
    if situation.horizon > 1 and not get_tags(regressor).target_tags.multi_output:
        regressor = MultiOutputRegressor(regressor)
    fitted = make_pipeline(SimpleImputer(keep_empty_features=True), regressor).fit(lags, targets)
    return fitted.predict(index.take(asked).materialize().reshape(len(asked), -1))


def _errors(name, number, functions, samples, y_true, y_pred, bounds):
    """Score each series and each step ahead by itself."""
    rows = []
    several = len(samples.series_keys) > 1
    for code in np.unique(samples.series):
        own = samples.series == code
        for step in range(y_true.shape[1]):
            observed = own & ~np.isnan(y_true[:, step]) & ~np.isnan(y_pred[:, step])
            if not observed.any():
                continue
            pair = y_true[observed, step], y_pred[observed, step]
            row = {
                "model": name,
                "fold": number,
                "series": samples.series_keys[code] if several else 0,
                "lead": step + 1,
                "n": int(observed.sum()),
                **{metric: float(function(*pair)) for metric, function in functions.items()},
            }
            if bounds is not None:
                low, high = bounds[observed, step].T
                row["coverage"] = float(np.mean((low <= pair[0]) & (pair[0] <= high)))
                row["width"] = float(np.mean(high - low))
            rows.append(row)
    return pd.DataFrame(rows)
