"""Read a table: its numbers, the series of each row, and the label of each row."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass
from numbers import Integral

import numpy as np
import pandas as pd
from scipy.sparse import issparse
from sklearn.utils import check_array

from sklstm.preprocessing._read_as_dates import text_that_reads_as_dates
from sklstm.preprocessing._window_index import refuse_partly_missing
from sklstm.utils._raw_input import DATES, as_numbers, refuse_ragged, refuse_series
from sklstm.utils._sklearn_private import get_feature_names

_TEXTS = ("string", "bytes", "categorical")
_RAGGED = (
    "a table, (n_samples, n_features). Put a Padder in its place, as in make_pipeline(Padder(), "
    "...), where each sequence is one sample; or write long series one below the other and name "
    "what tells them apart in by=."
)


@dataclass(frozen=True, eq=False)
class Table:
    """The contents of a table.

    Parameters
    ----------
    values : ndarray of shape (n_samples, n_features)
        The numbers, of float64 or float32.
    present : ndarray of bool of shape (n_samples,) or None
        Which rows are not all NaN; None if all rows are present.
    partly_missing : bool
        Whether some features of a row are NaN, but not all. Only plain arrays may hold such
        rows, as scikit-learn asks of every transformer that allows NaN; the estimators that
        read the steps refuse them.
    codes : ndarray of int64 of shape (n_samples,)
        Codes of the series.
    keys : pandas.Index
        Key of the series of each code.
    labels : pandas.Index or None
        Labels in time, None for positions.
    of_index : bool
        Whether these are the index of X, or a level of it.
    features : ndarray of int64 of shape (n_features,)
        Positions of the columns of numbers.
    names : tuple of str or None
        Names of these columns.
    """

    values: np.ndarray
    present: np.ndarray | None
    partly_missing: bool
    codes: np.ndarray
    keys: pd.Index
    labels: pd.Index | None
    of_index: bool
    features: np.ndarray
    names: tuple[str, ...] | None


def as_tuple(by):
    """Return the parameter by as a tuple."""
    if by is None:
        return ()
    return tuple(by) if isinstance(by, (list, tuple)) else (by,)


def read_table(X, *, by, time, estimator, has_index=True):
    """Read a table.

    Parameters
    ----------
    X : {array-like, dataframe} of shape (n_samples, n_features)
        The table.
    by : str, int, list or None
        Columns or index levels that tell series apart.
    time : str, int or None
        Column of the labels.
    estimator : object
        The estimator that reads it, for scikit-learn's messages.
    has_index : bool, default=True
        Whether the index of a DataFrame means something.

    Returns
    -------
    table : Table
        The table, with codes of the series in the order of their appearance.
    """
    by = as_tuple(by)
    refuse_ragged(X, "X", estimator, cure=_RAGGED)
    refuse_series(X)
    if hasattr(X, "columns") and hasattr(X, "shape") and not issparse(X):
        reader: _DataFrameReader | _ArrayReader = _DataFrameReader(X, has_index)
    else:
        X = as_numbers(X, "X")
        if not by and time is None:
            values = _check(X, estimator)
            return _table(values, None, (), (), None, False, np.arange(values.shape[1]))
        reader = _ArrayReader(X, estimator)
    names = get_feature_names(X)
    columns: list[int] = []
    used_levels: list[int] = []
    parts = []
    for name in by:
        source, place = reader.find(name, "by")
        (columns if source == "column" else used_levels).append(place)
        parts.append(reader.get(source, place))
    of_index = time is None
    if time is None:
        labels = reader.labels(used_levels)
    else:
        source, place = reader.find(time, "time")
        if (source == "column" and place in columns) or (
            source == "level" and place in used_levels
        ):
            raise ValueError(f"time={time!r} is also named in by=; they must be different columns.")
        if source == "column":
            columns.append(place)
        of_index = source == "level"
        labels = _as_labels(reader.get(source, place))
    features = np.setdiff1d(np.arange(reader.n_columns), columns)
    if columns and not len(features):
        raise ValueError(
            f"X has n_features = {reader.n_columns}, and by= and time= name all of them; at least "
            "one column of numbers must be left to cut windows from."
        )
    values = reader.numbers(features, columns, estimator)
    return _table(values, names, parts, by, labels, of_index, features)


def _check(X, estimator):
    """Let scikit-learn check numbers."""
    return check_array(
        X,
        dtype=[np.float64, np.float32],
        ensure_all_finite="allow-nan",
        estimator=estimator,
        input_name="X",
    )


def _table(values, names, parts, by, labels, of_index, features):
    """Put a table together."""
    values = np.ascontiguousarray(values)
    if names is not None:
        names = tuple(str(name) for name in names[features])
    missing = np.isnan(values)
    present, partly = None, False
    if missing.any():
        present = ~missing.all(axis=1)
        partly = bool(missing[present].any())
    if partly and (names is not None or labels is not None):
        refuse_partly_missing(values, names, labels)
    if parts:
        codes, keys = _encode(parts, by)
    else:
        codes, keys = np.zeros(len(values), dtype=np.int64), pd.Index([0])
    return Table(values, present, partly, codes, keys, labels, of_index, features, names)


def _encode(parts, by):
    """Give the series codes in the order of their appearance."""
    key_names = [name if isinstance(name, str) else None for name in by]
    codes, keys = None, []
    for part, name in zip(parts, by, strict=True):
        try:
            part_codes, part_keys = pd.factorize(part)
        except TypeError as error:
            raise TypeError(
                f"by={name!r} must name values that can be told apart ({error}); every argument "
                "must be a string or a number."
            ) from error
        if (part_codes < 0).any():
            raise ValueError(
                f"by={name!r} is missing in row {int(np.argmax(part_codes < 0))}, so the series "
                "of that row is unknown; fill it in, or drop the row."
            )
        part_keys = pd.Index(part_keys)
        if isinstance(part_keys, pd.CategoricalIndex):
            part_keys = part_keys.astype(part_keys.categories.dtype)
        part_codes = part_codes.astype(np.int64)
        if codes is None:
            codes, keys = part_codes, [part_keys]
            continue
        codes, pairs = pd.factorize(codes * len(part_keys) + part_codes)
        codes = codes.astype(np.int64)
        before, now = np.divmod(pairs, len(part_keys))
        keys = [key.take(before) for key in keys] + [part_keys.take(now)]
    if len(keys) == 1:
        return codes, keys[0].rename(key_names[0])
    return codes, pd.MultiIndex.from_arrays(keys, names=key_names)


def _are_numbers(column):
    """Tell whether all objects of a column can be read as numbers."""
    try:
        pd.to_numeric(column)
    except (TypeError, ValueError):
        return False
    return True


def _as_labels(column):
    """Make an index of a time column."""
    if isinstance(column, pd.Index):
        labels = column
    else:
        labels = pd.Index(np.asarray(column) if isinstance(column, list) else column)
    if isinstance(labels, pd.CategoricalIndex):
        labels = labels.astype(labels.categories.dtype)
    if labels.dtype == object:
        labels = labels.infer_objects()
    kind = pd.api.types.infer_dtype(labels) if labels.dtype == object else ""
    if kind == "date":
        return pd.DatetimeIndex(labels, name=labels.name)
    if kind == "datetime":
        # Offsets from UTC that differ from row to row, as summer time makes them.
        return pd.DatetimeIndex(pd.to_datetime(labels, utc=True), name=labels.name)
    if isinstance(labels.dtype, pd.ArrowDtype) and labels.dtype.kind == "M":
        return pd.DatetimeIndex(labels)
    return labels


class _ArrayReader:
    """Columns of an array, by position."""

    def __init__(self, X, estimator):
        if issparse(X):
            _check(X, estimator)
        X = np.asarray(X, dtype=None if hasattr(X, "__array__") else object)
        if X.ndim != 2 or 0 in X.shape or X.dtype.kind == "c":
            _check(X, estimator)
        self.X = X
        self.n_columns = X.shape[1]

    def find(self, name, parameter):
        """Find a column."""
        if isinstance(name, Integral) and -self.n_columns <= int(name) < self.n_columns:
            return "column", int(name) % self.n_columns
        raise ValueError(
            f"{parameter}={name!r} names no column of X, which is an array without names; use a "
            f"position from 0 to {self.n_columns - 1}, or pass a DataFrame."
        )

    def get(self, source, place):
        """Return a column; whole numbers as integers, because an array has one type only."""
        column = self.X[:, place]
        if column.dtype == object:
            column = pd.Index(column).infer_objects()
        if column.dtype.kind == "f":
            integers = np.asarray(column)
            with np.errstate(invalid="ignore"):
                integers = integers.astype(np.int64)
            if (integers == column).all():
                return integers
        return column

    def labels(self, used_levels):
        """Return None, because arrays have no labels."""
        return None

    def numbers(self, features, columns, estimator):
        """Return the numbers of the other columns."""
        X = self.X[:, features]
        return _check(X if X.dtype.kind in "fiub" else X.astype(object), estimator)


class _DataFrameReader:
    """Columns of a DataFrame, by name or position, and the levels of its index."""

    def __init__(self, X, has_index):
        self.X = X
        self.has_index = has_index
        self.pandas = isinstance(X, pd.DataFrame)
        self.columns = list(X.columns)
        self.n_columns = len(self.columns)
        self.levels = list(X.index.names) if self.pandas and has_index else []

    def find(self, name, parameter):
        """Find a column or a level."""
        places = [place for place, column in enumerate(self.columns) if column == name]
        if places:
            return "column", places[0]
        if isinstance(name, Integral):
            if -self.n_columns <= int(name) < self.n_columns:
                return "column", int(name) % self.n_columns
        elif name in self.levels:
            return "level", self.levels.index(name)
        levels = [level for level in self.levels if level is not None]
        raise ValueError(
            f"{parameter}={name!r} names no column or index level of X; its columns are "
            f"{self.columns} and its named index levels are {levels}."
        )

    def get(self, source, place):
        """Return a column or a level."""
        if source == "level":
            return self.X.index.get_level_values(place)
        if self.pandas:
            return self.X.iloc[:, place]
        column = self.X[self.columns[place]]
        values = np.asarray(column)
        zone = getattr(getattr(column, "dtype", None), "time_zone", None)
        if zone is not None and values.dtype.kind == "M":
            # polars drops the time zone on the way to NumPy, which leaves UTC.
            return pd.DatetimeIndex(values).tz_localize("UTC").tz_convert(zone)
        return values

    def labels(self, used_levels):
        """Return the level of the time, the one that is not in by=."""
        if not (self.pandas and self.has_index):
            return None
        left = [place for place in range(len(self.levels)) if place not in used_levels]
        if not left:
            return None
        if len(left) > 1:
            times = (pd.DatetimeIndex, pd.PeriodIndex, pd.TimedeltaIndex)
            of_series = [p for p in left if not isinstance(self.X.index.levels[p], times)]
            name = self.levels[(of_series or left)[0]]
            if name is None:
                raise ValueError(
                    f"The index of X has {len(self.levels)} levels without names, and only one can "
                    "be the time; give them names, X.index = X.index.set_names(['series', 'time']) "
                    "in the order of the levels, and name those that tell series apart in by=, for "
                    "example by='series'."
                )
            raise ValueError(
                f"The index of X has {len(self.levels)} levels, {self.levels}, and only one can "
                "be the time; name those that tell series apart in by=, for example "
                f"by={name!r}."
            )
        if len(self.levels) == 1:
            return _as_labels(self.X.index)
        return _as_labels(self.X.index.get_level_values(left[0]))

    def numbers(self, features, columns, estimator):
        """Return the numbers of the other columns."""
        self._refuse_other_types(features)
        if not columns:
            return _check(self.X, estimator)
        if self.pandas:
            return _check(self.X.iloc[:, features], estimator)
        parts = [np.asarray(self.X[self.columns[place]]) for place in features]
        return _check(
            np.column_stack(parts) if parts else np.empty((self.X.shape[0], 0)), estimator
        )

    def _refuse_other_types(self, features):
        """Refuse text and dates, which scikit-learn would refuse late or turn into numbers."""
        for place in features:
            column = self.get("column", place)
            dtype = column.dtype
            if isinstance(dtype, pd.CategoricalDtype):
                dtype = dtype.categories.dtype
            if pd.api.types.is_numeric_dtype(dtype) or getattr(dtype, "kind", "") == "c":
                continue
            kind = pd.api.types.infer_dtype(np.asarray(column, dtype=object), skipna=True)
            name = self.columns[place]
            if kind in DATES:
                raise ValueError(
                    f"The column {name!r} of X holds dates or times and no numbers; name it in "
                    "time=, make it the index, encode it as numbers, or drop it."
                )
            text = text_that_reads_as_dates(column) if kind in _TEXTS else None
            if text is not None:
                raise ValueError(
                    f"The column {name!r} of X holds text that reads as dates, first {text!r}; "
                    f"turn it into dates, X[{name!r}] = pandas.to_datetime(X[{name!r}]), and name "
                    f"it in time={name!r} of SequenceWindower, or make it the index (parse_dates= "
                    "and index_col= of pandas.read_csv)."
                )
            if kind in _TEXTS or (kind.startswith("mixed") and not _are_numbers(column)):
                raise ValueError(
                    f"The column {name!r} of X holds text and no numbers; encode it (for example "
                    "with sklearn.preprocessing.OneHotEncoder), name it in by= if it tells series "
                    "apart, or drop it."
                )
