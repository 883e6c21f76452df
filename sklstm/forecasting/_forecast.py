"""Forecast what follows the last row."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import calendar
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import is_regressor
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from sklstm.preprocessing import SequenceWindower
from sklstm.preprocessing._clock import Clock
from sklstm.preprocessing._table import as_tuple, read_table
from sklstm.preprocessing._window_index import window_index_of
from sklstm.training._fitted_network import HasNetwork

# How well the past of the target in X must agree with y to stand for it, relative to its range.
_TOLERANCE = 1e-6
_TWO_WEEKS = pd.Timedelta(days=14)


def forecast(model, X, steps=None, *, future=None):
    """Forecast what follows the last row of X, of every series.

    Parameters
    ----------
    model : Pipeline that ends in SequenceWindower and LSTMForecaster
        Fitted, with ``lead=1`` or more. Whatever stands before the windower transforms the rows.
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

    Returns
    -------
    Series or DataFrame of length n_series * steps, float64
        The forecast, named after the target, one column for each of several. The index continues
        that of X, in steps of the clock, or, with ``freq="rows"``, at the usual distance of two
        rows of fit; with several series they stand before the time. Rows
        without an index are counted on.

    Raises
    ------
    ValueError
        If the continuation of the index is not known, if something of the future is missing, or if
        forecasts are to be fed back and X holds more than the target and known future covariates.

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
    """
    rows = _Rows(model, X)
    horizon = rows.network.spec.horizon
    steps = horizon if steps is None else int(steps)
    if steps < 1:
        raise ValueError(f"steps must be at least 1; got {steps!r}.")
    if steps > horizon:
        rows.check_can_feed_back(steps)
    known = rows.known_of(future, steps)
    rows.warn_of_unseen_weekdays(steps)
    future_rows = rows.make_future(steps, known)
    parts: list[np.ndarray] = []
    for done in range(0, steps, horizon):
        part = rows.predict(future_rows, done, steps)[:, : steps - done]
        parts.append(part)
        if done + horizon < steps:
            rows.feed_back(future_rows, part, done)
    return rows.labelled(np.concatenate(parts, axis=1), steps)


@dataclass(frozen=True, eq=False)
class _FutureRows:
    """The rows of the steps ahead, those of a series side by side."""

    rows: Any
    n_steps: int


class _Rows:
    """The rows of a call, their series and their clock; and the model that reads them."""

    def __init__(self, model, X):
        self.model, self.X = model, X
        self.windower, self.forecaster = _parts(model)
        self.network = self.forecaster.network_
        self.is_frame = isinstance(X, pd.DataFrame)
        if not self.is_frame:
            self.X = X = np.asarray(X)
        by, time = self.windower.by, self.windower.time
        self.table = table = read_table(X, by=by, time=time, estimator=self.windower)
        clock: Clock = self.windower.clock_
        if clock.by_position and table.labels is not None:
            # A transformer before the windower has dropped the index.
            clock = Clock.learn(table.labels, table.codes, len(table.keys), self.windower.freq)
        order = np.arange(len(table.codes))[clock.order(table.labels, table.codes, len(table.keys))]
        last = np.flatnonzero(np.diff(table.codes[order], append=-1))
        # The position of the newest row of each series.
        self.last = order[last]
        self.clock = clock

    def labels_after(self, series: int, n: int) -> pd.Index:
        """Continue the index of a series."""
        labels = self.table.labels
        if labels is None:
            return self.clock.continue_labels(int(np.sum(self.table.codes == series)) - 1, n)
        return self.clock.continue_labels(labels[self.last[series]], n)

    def warn_of_unseen_weekdays(self, n: int) -> None:
        """Warn if days of the week are forecast on which X has no row, if nobody said a freq."""
        past = self.table.labels
        if self.windower.freq is not None or not isinstance(past, pd.DatetimeIndex):
            return
        if not self.clock.counts_all_days or past.max() - past.min() < _TWO_WEEKS:
            return
        ahead = _joined([self.labels_after(s, n) for s in range(len(self.last))])
        new = np.setdiff1d(ahead.day_of_week, past.day_of_week)
        if len(new):
            days = " and ".join(calendar.day_name[day] for day in new)
            cure = "freq='B'" if set(new) <= {5, 6} else "a pandas.offsets.CustomBusinessDay"
            warnings.warn(
                f"The forecast holds {days}, but no row of X is on such a day; if there is nothing "
                f"to forecast then, fit SequenceWindower with {cure} (business days), else confirm "
                "the step that it has learned in freq=.",
                UserWarning,
                stacklevel=3,
            )

    def make_future(self, n: int, known: dict) -> _FutureRows:
        """Write rows for the steps ahead: the last row of the series, and what is known."""
        n_series = len(self.last)
        places = np.repeat(self.last, n)
        if not self.is_frame:
            rows = np.array(self.X[places], dtype=np.float64)
        else:
            rows = self.X.iloc[places].copy()
            labels = _joined([self.labels_after(s, n) for s in range(n_series)])
            if self.windower.time is not None:
                rows[self.windower.time] = np.asarray(labels) if labels.dtype == object else labels
            elif self.table.labels is not None:
                rows.index = _with_labels(rows.index, labels, self.windower.by)
        for column, values in known.items():
            if self.is_frame:
                rows[column] = values
            else:
                rows[:, column] = values
        return _FutureRows(rows, n)

    def predict(self, future: _FutureRows, done: int, n: int) -> np.ndarray:
        """Forecast the first steps that are not yet done, (n_series, horizon, n_targets)."""
        if self.is_frame:
            rows = pd.concat([self.X, future.rows])
        else:
            rows = np.concatenate([self.X, future.rows])
        windows = self.model[:-1].transform(rows)
        if window_index_of(windows[:0]) is None:
            raise ValueError(
                "forecast needs SequenceWindower right before the forecaster; something stands "
                "between them."
            )
        first = len(self.X) + np.arange(len(self.last)) * n + done
        if self.network.spec.stateful:
            # The state comes from all rows before.
            y_pred = self.forecaster.predict(windows)[first]
        else:
            y_pred = self.forecaster.predict(windows[first])
        return y_pred.reshape(len(first), self.network.spec.horizon, -1)

    def feed_back(self, future: _FutureRows, y_pred: np.ndarray, done: int) -> None:
        """Write forecasts into the rows of the steps ahead."""
        n_series, n_steps, _ = y_pred.shape
        places = np.arange(n_series)[:, None] * future.n_steps + done + np.arange(n_steps)
        past = self.network.target_transform.past
        assert past is not None
        for target, column in enumerate(self._columns_of(past.columns)):
            values = y_pred[:, :, target].ravel()
            if self.is_frame:
                # Of whole numbers, too: a column of counts gets forecasts that are not whole.
                known = future.rows.iloc[:, column].to_numpy(dtype=np.float64, copy=True)
                known[places.ravel()] = values
                future.rows.isetitem(column, known)
            else:
                future.rows[places.ravel(), column] = values

    def check_can_feed_back(self, steps: int) -> None:
        """Refuse to feed forecasts back where that would leave something out."""
        network, past = self.network, self.network.target_transform.past
        horizon = network.spec.horizon
        why = f"steps={steps} is beyond horizon={horizon}, so that forecasts are fed back"
        if past is None:
            raise ValueError(
                f"{why}, but no feature of X is known to carry the past of y. Name it in target= "
                "of the forecaster."
            )
        every = range(network.n_features)
        others = set(every) - {*map(int, past.columns), *map(int, network.known_future)}
        if others:
            names = self._names_of(sorted(others))
            raise ValueError(
                f"{why}, but X holds more than the target and known future covariates: {names}, "
                "whose future is unknown. Forecast at most the horizon, leave these features out, "
                "or name them in known_future= if they are known."
            )
        if self.windower.lead > 1:
            raise ValueError(
                f"{why}, but the windows have lead={self.windower.lead} and see only older "
                "forecasts; fit with lead=1."
            )
        raw = self.table.values[:, list(self._places_of(past.columns))]
        windows = self.model[:-1].transform(self.X)
        newest = windows.window_index.rows[-1, past.columns]
        own = past.slope * newest + past.intercept
        apart = np.abs(raw - own).min(axis=0) > _TOLERANCE * (np.ptp(raw, axis=0) + 1e-12)
        if apart.any():
            names = self._names_of(past.columns[apart])
            raise ValueError(
                f"{why}, but {names} of X is not y in its own units: a forecast cannot be written "
                "into its place."
            )

    def known_of(self, future, n: int) -> dict:
        """Check the known future covariates; return the values of each column."""
        known = self.network.known_future
        if len(known) == 0:
            if future is not None:
                raise ValueError("future is given, but the forecaster was fitted without any.")
            return {}
        names = self._names_of(known)
        if future is None:
            raise ValueError(
                f"The forecaster reads {names} at the steps ahead (known_future): give them in "
                f"future=, for {n} steps of each series."
            )
        columns = self._columns_of(known)
        if not self.is_frame:
            future = np.asarray(future, dtype=np.float64)
            if future.shape != (n * len(self.last), len(known)):
                raise ValueError(
                    f"future has shape {future.shape}, but {n} steps of {len(self.last)} series "
                    f"with {len(known)} features are expected: {(n * len(self.last), len(known))}."
                )
            values = future
        else:
            values = self._looked_up(future, names, n)
        if not np.isfinite(values).all():
            place = int(np.flatnonzero(~np.isfinite(values).all(axis=1))[0])
            raise ValueError(
                f"future has missing or infinite values in {names}, first for step {place % n} "
                f"of series {self.table.keys[place // n]!r}."
            )
        keys = [self.X.columns[c] for c in columns] if self.is_frame else columns
        return {key: values[:, k] for k, key in enumerate(keys)}

    def _looked_up(self, future, names, n):
        missing = [name for name in names if name not in getattr(future, "columns", ())]
        if missing:
            raise ValueError(f"future lacks the columns {missing}, which the forecaster reads.")
        by, time = self.windower.by, self.windower.time
        table = read_table(
            future[[*_columns_among(future, by), *_columns_among(future, time), *names]],
            by=by,
            time=time,
            estimator=self.windower,
        )
        found = []
        for series in range(len(self.last)):
            own = table.codes == table.keys.get_indexer([self.table.keys[series]])[0]
            labels = self.labels_after(series, n)
            if table.labels is None:
                raise ValueError("future needs an index of the future timestamps.")
            place = pd.Index(table.labels[own]).get_indexer(labels)
            if (place < 0).any():
                which = "" if len(self.last) == 1 else f" of series {self.table.keys[series]!r}"
                raise ValueError(
                    f"future lacks {int((place < 0).sum())} of the {n} timestamps ahead{which}, "
                    f"first {labels[int((place < 0).argmax())]}."
                )
            order = [table.names.index(name) for name in names]
            found.append(table.values[own][place][:, order])
        return np.concatenate(found)

    def labelled(self, y_pred: np.ndarray, n: int):
        """Give the forecasts their index and their names."""
        n_series, _, n_targets = y_pred.shape
        labels = _joined([self.labels_after(series, n) for series in range(n_series)])
        keys = self.table.keys
        index: pd.Index = labels
        name = None if self.table.labels is None else self.table.labels.name
        if self.windower.by is not None:
            by = [str(level) for level in as_tuple(self.windower.by)]
            of = keys[np.repeat(np.arange(n_series), n)]
            levels = [of] if len(by) == 1 else [of.get_level_values(k) for k in range(len(by))]
            index = pd.MultiIndex.from_arrays([*levels, labels], names=[*by, name])
        else:
            index = index.rename(name)
        values = y_pred.reshape(-1, n_targets)
        transform = self.network.target_transform
        names = transform.layout.names
        if names is None:
            past = transform.past
            names = [None] * n_targets if past is None else self._names_of(past.columns)
        if n_targets == 1 and not transform.layout.is_multi_target:
            return pd.Series(values[:, 0], index=index, name=names[0])
        return pd.DataFrame(values, index=index, columns=list(names))

    def _names_of(self, features) -> list:
        names = getattr(self.forecaster, "feature_names_in_", None)
        return [int(k) if names is None else str(names[k]) for k in features]

    def _places_of(self, features):
        """Positions among the numbers of X of features of the forecaster, matched by name."""
        own = getattr(self.forecaster, "feature_names_in_", None)
        if own is None or self.table.names is None:
            return [int(k) for k in features]
        missing = [own[k] for k in features if own[k] not in self.table.names]
        if missing:
            raise ValueError(
                f"The features {missing} of the forecaster are no columns of X: what stands before "
                "the windower has renamed or made them."
            )
        return [self.table.names.index(str(own[k])) for k in features]

    def _columns_of(self, features):
        """Positions among all columns of X."""
        return [int(self.table.features[place]) for place in self._places_of(features)]


def _parts(model):
    steps = [step for _, step in model.steps] if isinstance(model, Pipeline) else [model]
    steps = [step for step in steps if step is not None and step != "passthrough"]
    if not (isinstance(steps[-1], HasNetwork) and is_regressor(steps[-1])):
        raise ValueError(
            "forecast needs a pipeline that ends in an LSTMForecaster; got "
            f"{type(steps[-1]).__name__}."
        )
    check_is_fitted(steps[-1], "network_")
    if len(steps) < 2 or not isinstance(steps[-2], SequenceWindower):
        raise ValueError(
            "forecast needs SequenceWindower right before the forecaster: it knows how the index "
            "continues. Of sequences that nothing has cut, predict gives what follows each."
        )
    if steps[-2].lead < 1:
        raise ValueError(
            "forecast needs windows with lead=1 or more; with lead=0 the window of a row holds "
            "the row itself, which is not known yet."
        )
    return steps[-2], steps[-1]


def _joined(parts):
    joined = parts[0]
    for part in parts[1:]:
        joined = joined.append(part)
    return joined


def _with_labels(index, labels, by):
    """Replace the level of time."""
    if index.nlevels == 1:
        return labels.rename(index.name)
    levels = [index.get_level_values(k) for k in range(index.nlevels)]
    time = [k for k, name in enumerate(index.names) if name not in as_tuple(by)]
    levels[time[0]] = labels
    return pd.MultiIndex.from_arrays(levels, names=index.names)


def _columns_among(frame, names):
    return [name for name in as_tuple(names) if name in frame.columns]
