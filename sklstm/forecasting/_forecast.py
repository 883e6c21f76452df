"""What comes after the last row."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from sklstm.estimators._forecaster import LSTMForecaster
from sklstm.preprocessing import SequenceWindower
from sklstm.preprocessing._clock import Clock
from sklstm.preprocessing._table import as_tuple, read_table
from sklstm.preprocessing._window_index import origin_of

# How well the past of the target in X must agree with y to stand for it, relative to its range.
_TOLERANCE = 1e-6


def forecast(model, X, steps=None, *, future=None):
    """Forecast what comes after the last row of X, of every series.

    Parameters
    ----------
    model : Pipeline that ends in SequenceWindower and LSTMForecaster
        Fitted, with ``lead=1`` or more. Whatever stands before the windower transforms the rows.
    X : array-like or DataFrame of shape (n_rows, n_features)
        The rows up to now, as in fit.
    steps : int, default=None
        Moments to forecast; None is the horizon of the forecaster. Beyond it, answers are fed back
        as the past of the target.
    future : DataFrame or array-like of shape (n_moments, n_known), default=None
        What is known of the moments to come, where the forecaster reads any (`known_future`). A
        frame has these columns, and the moments to come in its index, or in the column that the
        windower takes the time from, and the series beside them. An array holds the moments of the
        one series in their order.

    Returns
    -------
    Series or DataFrame of length n_series * steps, float64
        The forecast, named after the target, one column for each of several. The index goes on
        where that of X ends, with the steps of the clock; with several series they stand before
        the time. Rows without an index are counted on.

    Raises
    ------
    ValueError
        If the continuation of the index is not known, if something of the future is missing, or if
        answers are to be fed back and X holds more than the target and what is known ahead.

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
    >>> path = forecast(model, canberra)
    >>> print(path.index[0].date(), path.index[-1].date())
    2017-01-01 2018-06-01
    >>> path.name
    'Canberra'
    """
    rows = _Rows(model, X)
    horizon = rows.forecaster._sizes["horizon"]
    steps = horizon if steps is None else int(steps)
    if steps < 1:
        raise ValueError(f"steps must be at least 1; got {steps!r}.")
    if steps > horizon:
        rows.check_can_feed_back(steps)
    known = rows.known_of(future, steps)
    coming = rows.coming(steps, known)
    paths: list[np.ndarray] = []
    for done in range(0, steps, horizon):
        path = rows.answers(coming, done, steps)[:, : steps - done]
        paths.append(path)
        if done + horizon < steps:
            rows.feed_back(coming, path, done)
    return rows.labelled(np.concatenate(paths, axis=1), steps)


@dataclass(frozen=True, eq=False)
class _Coming:
    """The rows of the moments to come, those of a series side by side."""

    rows: Any
    n_steps: int


class _Rows:
    """The rows of a call, their series and their clock; and the model that reads them."""

    def __init__(self, model, X):
        self.model, self.X = model, X
        self.windower, self.forecaster = _parts(model)
        self.frame = isinstance(X, pd.DataFrame)
        if not self.frame:
            self.X = X = np.asarray(X)
        by, time = self.windower.by, self.windower.time
        self.table = table = read_table(X, by=by, time=time, estimator=self.windower)
        n_series = len(table.keys)
        clock = Clock.learn(table.labels, table.codes, n_series, self.windower.freq)
        if table.labels is None:
            order = np.argsort(table.codes, kind="stable")
        else:
            slots, _ = (
                clock.slots(table.labels, table.codes, n_series)
                if clock.rule is not None
                else (np.arange(len(table.codes)), None)
            )
            order = np.lexsort((slots, table.codes))
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

    def coming(self, n: int, known: dict) -> _Coming:
        """Write rows for the moments to come: the last row of the series, and what is known."""
        n_series = len(self.last)
        places = np.repeat(self.last, n)
        if not self.frame:
            rows = np.array(self.X[places], dtype=np.float64)
        else:
            rows = self.X.iloc[places].copy()
            labels = _joined([self.labels_after(s, n) for s in range(n_series)])
            if self.windower.time is not None:
                rows[self.windower.time] = np.asarray(labels) if labels.dtype == object else labels
            elif self.table.labels is not None:
                rows.index = _with_labels(rows.index, labels, self.windower.by)
        for column, values in known.items():
            if self.frame:
                rows[column] = values
            else:
                rows[:, column] = values
        return _Coming(rows, n)

    def answers(self, coming: _Coming, done: int, n: int) -> np.ndarray:
        """Answer the first moments that are not yet done, (n_series, horizon, n_targets)."""
        if self.frame:
            rows = pd.concat([self.X, coming.rows])
        else:
            rows = np.concatenate([self.X, coming.rows])
        windows = self.model[:-1].transform(rows)
        if origin_of(windows[:0]) is None:
            raise ValueError(
                "forecast needs SequenceWindower right before the forecaster; something stands "
                "between them."
            )
        first = len(self.X) + np.arange(len(self.last)) * n + done
        if self.forecaster._sizes["stateful"]:
            # The state comes from all rows before.
            paths = self.forecaster.predict(windows)[first]
        else:
            paths = self.forecaster.predict(windows[first])
        return paths.reshape(len(first), self.forecaster._sizes["horizon"], -1)

    def feed_back(self, coming: _Coming, path: np.ndarray, done: int) -> None:
        """Write answers into the rows to come."""
        n_series, n_moments, _ = path.shape
        places = np.arange(n_series)[:, None] * coming.n_steps + done + np.arange(n_moments)
        past = self.forecaster._frame.past
        assert past is not None
        for target, column in enumerate(self._columns_of(past.columns)):
            values = path[:, :, target].ravel()
            if self.frame:
                # Of whole numbers, too: a column that was counted gets answers that are not.
                known = coming.rows.iloc[:, column].to_numpy(dtype=np.float64, copy=True)
                known[places.ravel()] = values
                coming.rows.isetitem(column, known)
            else:
                coming.rows[places.ravel(), column] = values

    def check_can_feed_back(self, steps: int) -> None:
        """Refuse to feed answers back where that would leave something out."""
        forecaster, frame = self.forecaster, self.forecaster._frame
        horizon = forecaster._sizes["horizon"]
        why = f"steps={steps} is beyond horizon={horizon}, so that answers are fed back"
        if frame.past is None:
            raise ValueError(
                f"{why}, but no feature of X is known to carry the past of y. Name it in target= "
                "of the forecaster."
            )
        n_features = len(forecaster._X_mean)
        others = set(range(n_features)) - {*map(int, frame.past.columns), *forecaster._known}
        if others:
            names = self._names_of(sorted(others))
            raise ValueError(
                f"{why}, but X holds more than the target and what is known ahead: {names}, whose "
                "future nobody knows. Forecast at most the horizon, leave these features out, or "
                "name them in known_future= if they are known."
            )
        if self.windower.lead > 1:
            raise ValueError(
                f"{why}, but the windows have lead={self.windower.lead} and see only answers that "
                "are older; fit with lead=1."
            )
        raw = self.table.values[:, list(self._places_of(frame.past.columns))]
        windows = self.model[:-1].transform(self.X)
        newest = windows.origin.rows[-1, frame.past.columns]
        own = frame.past.slope * newest + frame.past.intercept
        apart = np.abs(raw - own).min(axis=0) > _TOLERANCE * (np.ptp(raw, axis=0) + 1e-12)
        if apart.any():
            names = self._names_of(frame.past.columns[apart])
            raise ValueError(
                f"{why}, but {names} of X is not y in its own units: an answer cannot be written "
                "into its place."
            )

    def known_of(self, future, n: int) -> dict:
        """Check what is known of the moments to come; return the values of each column."""
        known = self.forecaster._known
        if len(known) == 0:
            if future is not None:
                raise ValueError("future is given, but the forecaster was fitted without any.")
            return {}
        names = self._names_of(known)
        if future is None:
            raise ValueError(
                f"The forecaster reads {names} of the moments to come (known_future): give "
                f"them in future=, for {n} moments of each series."
            )
        columns = self._columns_of(known)
        if not self.frame:
            future = np.asarray(future, dtype=np.float64)
            if future.shape != (n * len(self.last), len(known)):
                raise ValueError(
                    f"future has shape {future.shape}, but {n} moments of {len(self.last)} series "
                    f"with {len(known)} features are expected: {(n * len(self.last), len(known))}."
                )
            values = future
        else:
            values = self._looked_up(future, names, n)
        if not np.isfinite(values).all():
            place = int(np.flatnonzero(~np.isfinite(values).all(axis=1))[0])
            raise ValueError(
                f"future has missing or infinite values in {names}, first for moment {place % n} "
                f"of series {self.table.keys[place // n]!r}."
            )
        keys = [self.X.columns[c] for c in columns] if self.frame else columns
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
                raise ValueError("future needs an index of the moments to come.")
            place = pd.Index(table.labels[own]).get_indexer(labels)
            if (place < 0).any():
                which = "" if len(self.last) == 1 else f" of series {self.table.keys[series]!r}"
                raise ValueError(
                    f"future lacks {int((place < 0).sum())} of the {n} moments to come{which}, "
                    f"first {labels[int((place < 0).argmax())]}."
                )
            order = [table.names.index(name) for name in names]
            found.append(table.values[own][place][:, order])
        return np.concatenate(found)

    def labelled(self, paths: np.ndarray, n: int):
        """Give the answers their index and their names."""
        n_series, _, n_targets = paths.shape
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
        values = paths.reshape(-1, n_targets)
        names = self.forecaster._target_names
        if names is None:
            past = self.forecaster._frame.past
            names = [None] * n_targets if past is None else self._names_of(past.columns)
        if n_targets == 1 and not self.forecaster._several_targets:
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


def _parts(model) -> tuple[SequenceWindower, LSTMForecaster]:
    steps = [step for _, step in model.steps] if isinstance(model, Pipeline) else [model]
    steps = [step for step in steps if step is not None and step != "passthrough"]
    if not isinstance(steps[-1], LSTMForecaster):
        raise ValueError(
            "forecast needs a pipeline that ends in an LSTMForecaster; got "
            f"{type(steps[-1]).__name__}."
        )
    check_is_fitted(steps[-1], "_weights")
    if len(steps) < 2 or not isinstance(steps[-2], SequenceWindower):
        raise ValueError(
            "forecast needs SequenceWindower right before the forecaster: it knows how the index "
            "goes on. Of sequences that nothing has cut, predict gives what follows each."
        )
    if steps[-2].lead < 1:
        raise ValueError(
            "forecast needs windows with lead=1 or more; with lead=0 the window of a moment holds "
            "its own row, which is not there yet."
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
