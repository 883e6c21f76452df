"""The rows that a forecast starts from, and those of the steps ahead."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import calendar
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from sklstm.forecasting._model_parts import ModelParts
from sklstm.preprocessing._clock import Clock
from sklstm.preprocessing._table import as_tuple, read_table
from sklstm.preprocessing._window_index import window_index_of

# How well the past of the target in X must agree with y to stand for it, relative to its range.
_TOLERANCE = 1e-6
_TWO_WEEKS = pd.Timedelta(days=14)


@dataclass(frozen=True, eq=False)
class FutureRows:
    """The rows of the steps ahead, those of a series side by side."""

    rows: Any
    n_steps: int


class ForecastRows:
    """The rows of a call, their series and their clock; and the model that reads them."""

    def __init__(self, parts: ModelParts, X):
        self.parts, self.X = parts, X
        self.windower, self.forecaster = parts.windower, parts.estimator
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

    def make_future(self, n: int, known: dict) -> FutureRows:
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
        return FutureRows(rows, n)

    def predict(self, future: FutureRows, done: int, n: int, coverage) -> np.ndarray:
        """Forecast the first steps that are not yet done; see `ModelParts.predict`."""
        if self.is_frame:
            rows = pd.concat([self.X, future.rows])
        else:
            rows = np.concatenate([self.X, future.rows])
        windows = self.parts.transform(rows)
        if window_index_of(windows[:0]) is None:
            raise ValueError(
                "forecast needs SequenceWindower right before the forecaster; something stands "
                "between them."
            )
        first = len(self.X) + np.arange(len(self.last)) * n + done
        return self.parts.predict(windows, first, coverage=coverage)

    def feed_back(self, future: FutureRows, y_pred: np.ndarray, done: int) -> None:
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
        windows = self.parts.transform(self.X)
        newest = windows.window_index.rows[-1, past.columns]
        own = np.tile(past.slope * newest + past.intercept, (1, network.spec.horizon, 1))
        own = self.parts.to_units_of_y(own)[0, 0]
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
        if isinstance(future, pd.Series) and len(known) == 1:
            future = future.to_frame(names[0] if future.name is None else future.name)
        if self.is_frame and isinstance(future, pd.DataFrame):
            values = self._looked_up(future, names, n)
        else:
            values = self._in_order(future, names, n)
        if not np.isfinite(values).all():
            place = int(np.flatnonzero(~np.isfinite(values).all(axis=1))[0])
            raise ValueError(
                f"future has missing or infinite values in {names}, first for step {place % n} "
                f"of series {self.table.keys[place // n]!r}."
            )
        keys = [self.X.columns[c] for c in columns] if self.is_frame else columns
        return {key: values[:, k] for k, key in enumerate(keys)}

    def _in_order(self, future, names, n):
        """Read an array: the steps ahead in their order."""
        n_series = len(self.last)
        if self.is_frame and n_series > 1:
            raise ValueError(
                f"future must be a DataFrame with the columns {names} and the future timestamps of "
                f"each of the {n_series} series; got {type(future).__name__}, which does not tell "
                "the series apart."
            )
        try:
            values = np.asarray(future, dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise ValueError(
                f"future must hold numbers, {n * n_series} rows of {names}; got "
                f"{type(future).__name__} ({error})."
            ) from error
        expected = (n * n_series, len(names))
        if values.shape == expected[:1] and len(names) == 1:
            values = values[:, None]
        if values.shape != expected:
            raise ValueError(
                f"future has shape {values.shape}, but {n} steps of {n_series} series "
                f"with {len(names)} features are expected: {expected}."
            )
        return values

    def _looked_up(self, future, names, n):
        missing = [name for name in names if name not in future.columns]
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
                    f"first {labels[int((place < 0).argmax())]}; the first after its last row is "
                    f"{labels[0]}. Give a row for each step ahead, also for those that will not be "
                    "observed."
                )
            order = [table.names.index(name) for name in names]
            found.append(table.values[own][place][:, order])
        return np.concatenate(found)

    def labels_of_forecast(self, n: int) -> pd.Index:
        """Make the index of the forecasts, that of X continued, the series before the time."""
        n_series, keys = len(self.last), self.table.keys
        labels = _joined([self.labels_after(series, n) for series in range(n_series)])
        name = None if self.table.labels is None else self.table.labels.name
        if self.windower.by is None:
            return labels.rename(name)
        by = [str(level) for level in as_tuple(self.windower.by)]
        of = keys[np.repeat(np.arange(n_series), n)]
        levels = [of] if len(by) == 1 else [of.get_level_values(k) for k in range(len(by))]
        return pd.MultiIndex.from_arrays([*levels, labels], names=[*by, name])

    def names_of_targets(self, n_targets: int) -> list:
        """Return what y called its targets, else the columns of X that hold their past."""
        transform = self.network.target_transform
        if transform.layout.names is not None:
            return list(transform.layout.names)
        past = transform.past
        return [None] * n_targets if past is None else self._names_of(past.columns)

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
