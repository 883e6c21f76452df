"""Rows that arrive at a stream: their numbers, their series and their time."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sklstm.forecasting._model_parts import ModelParts
from sklstm.preprocessing._clock import INTEGERS, POSITIONS, check_no_missing, index_kind
from sklstm.preprocessing._table import as_tuple, read_table
from sklstm.preprocessing._window_index import refuse_partly_missing

_DATES = (pd.DatetimeIndex, pd.PeriodIndex)


@dataclass(frozen=True, eq=False)
class ArrivedRows:
    """Rows in their order of arrival.

    Parameters
    ----------
    values : ndarray of shape (n_rows, n_features), float64
        The numbers that the estimator reads.
    codes : ndarray of shape (n_rows,)
        Code of the series of each row.
    keys : list of hashable
        Key of the series of each code.
    labels : pandas.Index of length n_rows or None
        Their labels in time; None where they have none, so that each follows the one before it.
    """

    values: np.ndarray
    codes: np.ndarray
    keys: list
    labels: pd.Index | None

    def by_series(self):
        """Yield the key of each series and the positions of its rows."""
        if len(self.keys) == 1:
            yield self.keys[0], slice(None)
            return
        order = np.argsort(self.codes, kind="stable")
        counts = np.bincount(self.codes, minlength=len(self.keys))
        yield from zip(self.keys, np.split(order, np.cumsum(counts)[:-1]), strict=True)


class RowReader:
    """Read what is pushed into a stream, as the windower and what stands before it do.

    Parameters
    ----------
    parts : ModelParts
        The parts of the model.
    """

    def __init__(self, parts: ModelParts):
        self.windower = parts.windower
        self.transformers = parts.steps if self.windower is None else parts.steps[:-1]
        self.n_features = parts.estimator.network_.n_features

    @property
    def names_series(self) -> bool:
        """Whether columns of the rows name their series."""
        names = () if self.windower is None else as_tuple(self.windower.by)
        known = list(getattr(self.windower, "feature_names_in_", ()))
        return any(name in known or not isinstance(name, str) for name in names)

    def read(self, rows, series: Hashable | None, *, labelled: bool) -> ArrivedRows:
        """Read rows.

        Parameters
        ----------
        rows : array-like or DataFrame of shape (n_rows, n_features)
            The rows.
        series : hashable or None
            Key of their series, where they do not name it themselves.
        labelled : bool
            Whether an index of the rows holds their labels.

        Returns
        -------
        ArrivedRows
            The rows.

        Raises
        ------
        ValueError
            If they are of another width or kind than those of the fit, or if their series is not
            known.
        """
        steps = [*self.transformers, self.windower]
        if steps[0] is not None:
            rows = named(rows, steps[0])
            _check_width(rows, steps[0])
        for transformer in self.transformers:
            rows = transformer.transform(named(rows, transformer))
        labelled = labelled and isinstance(rows, pd.DataFrame)
        if self.windower is None:
            labels = rows.index if labelled and isinstance(rows.index, _DATES) else None
            return self._arrived(rows, labels=labels)
        rows = named(rows, self.windower)
        by = self._by(rows, series)
        if by is None and self.windower.time is None and not isinstance(rows, pd.DataFrame):
            columns = self.windower.feature_columns_
            return self._arrived(np.asarray(rows)[:, columns], key=series)
        table = read_table(rows, by=by, time=self.windower.time, estimator=self.windower)
        labels = table.labels if labelled or self.windower.time is not None else None
        if labels is not None:
            labels = self._checked(labels)
        if by is None:
            return self._arrived(table.values, labels=labels, key=series)
        return self._arrived(table.values, table.codes, list(table.keys), labels)

    def _by(self, rows, series):
        """Say where the rows name their series; None where they do not."""
        by = self.windower.by
        if by is None:
            if series is not None:
                raise ValueError(
                    f"series={series!r} is given, but SequenceWindower was fitted without by=: all "
                    "rows are of one series. Open a stream for each."
                )
            return None
        levels = list(rows.index.names) if isinstance(rows, pd.DataFrame) else []
        told = self.names_series or set(as_tuple(by)) <= set(levels)
        if told and series is not None:
            raise ValueError(
                f"The rows name their series themselves (by={by!r}); leave series={series!r} out."
            )
        if not told and series is None:
            raise ValueError(
                f"SequenceWindower was fitted with by={by!r}, and the rows do not name their "
                "series: give its key in series=, or push a DataFrame whose index has the level "
                f"{by!r}."
            )
        return by if told else None

    def _checked(self, labels):
        """Check labels against the clock; None where they are but the row numbers of a table."""
        clock = self.windower.clock_
        if clock.kind == POSITIONS:
            return None
        if index_kind(labels) != clock.kind and _is_default(labels):
            return None
        clock.check_kind(labels)
        check_no_missing(labels)
        return labels

    def _arrived(self, values, codes=None, keys=None, labels=None, *, key=None):
        """Check the numbers."""
        values = np.asarray(values, dtype=np.float64)
        n_features = self.n_features
        if values.ndim == 1 and n_features == 1:
            values = values[:, None]
        if values.ndim == 3 and values.shape[1] == 1:
            values = values[:, 0]
        if values.ndim != 2 or values.shape[1] != n_features:
            raise ValueError(
                f"Rows of a stream must be of shape (n_rows, {n_features}), as in fit; got shape "
                f"{values.shape}."
            )
        if np.isinf(values).any():
            raise ValueError("Rows of a stream must not be infinite.")
        refuse_partly_missing(values, None)
        if codes is None:
            codes, keys = np.zeros(len(values), dtype=np.intp), [0 if key is None else key]
        return ArrivedRows(values, codes, keys, labels)

    @property
    def counts_positions(self) -> bool:
        """Whether rows without labels have positions, which say what labels do."""
        return self.windower is not None and self.windower.clock_.kind in (INTEGERS, POSITIONS)

    def steps_ahead(self, key, values, labels, newest_label):
        """Tell how many steps after the newest row of a series each step of its future is.

        Parameters
        ----------
        key : hashable
            Key of the series.
        values : ndarray of shape (n, n_known)
            What is known of the steps.
        labels : pandas.Index of length n or None
            Their labels, in any order; None where they follow the newest row.
        newest_label : object
            Label of the newest row; None if there is none.

        Returns
        -------
        steps : ndarray of shape (n_later,)
            From 1, in order.
        values : ndarray of shape (n_later, n_known)
            Their values; of steps up to the newest row nothing is read.

        Raises
        ------
        ValueError
            If two have the same label, or if the rows had no labels.
        """
        if labels is not None:
            if newest_label is None:
                raise ValueError(
                    "future has timestamps, but the rows of the stream have none: give it as an "
                    "array of the next steps, or push rows with their timestamps."
                )
            if labels.has_duplicates:
                twice = labels[labels.duplicated()][0]
                raise ValueError(f"future holds the step {twice} twice.")
            later = np.flatnonzero(labels > newest_label)
            later = later[labels[later].argsort()]
            values, labels = values[later], labels[later]
        if not len(values):
            return np.empty(0, dtype=np.int64), values
        steps, _, _ = self.steps_and_labels(key, labels, newest_label, len(values))
        return steps, values

    def steps_and_labels(self, key, labels, newest_label, n: int):
        """Tell how many steps after the newest row of a series each new one comes, and when.

        Parameters
        ----------
        key : hashable
            Key of the series.
        labels : pandas.Index of length n or None
            Labels of the new rows.
        newest_label : object
            Label of the newest row; None if there is none.
        n : int
            New rows.

        Returns
        -------
        steps : ndarray of shape (n,)
            From 1.
        labels : pandas.Index of length n or None
            The labels, continued where the rows have none and the clock knows how.
        time : int or None
            Time of the last of them, in steps of the clock; None where no label tells it.

        Raises
        ------
        ValueError
            If a row does not come after the one before it.
        """
        clock = None if self.windower is None else self.windower.clock_
        following = np.arange(1, n + 1)
        if clock is None:
            return following, labels, None
        is_restart = (
            labels is not None
            and newest_label is not None
            and clock.kind == INTEGERS
            and _is_default(labels)
            and labels[0] <= newest_label
        )
        if labels is None or is_restart:
            # Row numbers of a table that start again say nothing of the time.
            if newest_label is None or clock.rule is None:
                return following, None, None
            return following, clock.continue_labels(newest_label, n), None
        joined = labels if newest_label is None else labels.insert(0, newest_label)
        if clock.rule is None:
            before, after = joined[:-1], joined[1:]
            back = np.flatnonzero(np.asarray(after <= before))
            steps, time = following, None
        else:
            n_known = len(self.windower.series_keys_)
            code = 0
            if self.windower.by is not None:
                code = int(self.windower.series_keys_.get_indexer(keys_as_index([key]))[0])
                code = n_known if code < 0 else code
            slots, times = clock.slots(
                joined, np.full(len(joined), code, dtype=np.int64), max(n_known, code + 1)
            )
            back = np.flatnonzero(np.diff(slots) < 1)
            steps, time = slots[-n:] - slots[0] + (newest_label is None), int(times[-1])
        if len(back):
            which = "" if self.windower.by is None else f" of series {key!r}"
            raise ValueError(
                f"The row at {joined[back[0] + 1]} does not come after the one before it{which}, "
                f"at {joined[back[0]]}: a stream goes forward in time. Leave the row out, or call "
                "reset() to start anew."
            )
        return steps, labels, time


def keys_as_index(keys: list) -> pd.Index:
    """Make an index of keys of series.

    Parameters
    ----------
    keys : list of hashable
        The keys; tuples where several columns tell series apart.

    Returns
    -------
    pandas.Index
        The keys.
    """
    return pd.MultiIndex.from_tuples(keys) if isinstance(keys[0], tuple) else pd.Index(keys)


def _is_default(labels) -> bool:
    """Tell whether labels are the row numbers that pandas gives to a table without an index."""
    return isinstance(labels, pd.RangeIndex) and labels.start == 0 and labels.step == 1


def named(rows, transformer):
    """Select the columns that a transformer has seen; name them where they have no names.

    Parameters
    ----------
    rows : array-like or DataFrame of shape (n_rows, n_features)
        The rows.
    transformer : estimator
        Fitted.

    Returns
    -------
    array or DataFrame
        The rows, as the transformer takes them.

    Raises
    ------
    ValueError
        If columns are missing.
    """
    names = getattr(transformer, "feature_names_in_", None)
    if hasattr(rows, "columns"):
        if names is None:
            return rows
        missing = [name for name in names if name not in list(rows.columns)]
        if missing:
            raise ValueError(
                f"Rows of a stream lack the columns {missing}, which fit has seen; they have "
                f"{list(rows.columns)}."
            )
        return rows[list(names)]
    rows = np.asarray(rows)
    if names is None or rows.ndim != 2 or rows.shape[1] != len(names):
        return rows
    return pd.DataFrame(rows, columns=list(names))


def _check_width(rows, step):
    """Refuse rows of another width than the first step has seen."""
    n_columns = getattr(step, "n_features_in_", None)
    if n_columns is not None and np.shape(rows)[1:] != (n_columns,):
        raise ValueError(
            f"Rows of a stream must be of shape (n_rows, {n_columns}), as in fit; got shape "
            f"{np.shape(rows)}."
        )
