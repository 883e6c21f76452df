"""Known future covariates of a stream: what is known of the steps after its newest rows."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd

from sklstm.forecasting._model_parts import ModelParts
from sklstm.forecasting._stream_rows import ArrivedRows, RowReader, named
from sklstm.preprocessing._table import as_tuple

# Stands in for features of the steps ahead that nobody reads.
_UNREAD = 1.0


class FutureReader:
    """Read what is known of the steps ahead, through what stands before the windower.

    Parameters
    ----------
    parts : ModelParts
        The parts of the model.
    reader : RowReader
        Reads its rows.
    """

    def __init__(self, parts: ModelParts, reader: RowReader):
        self.reader, self.windower = reader, parts.windower
        self.first = next(iter([*reader.transformers, parts.windower]), None)
        self.known = parts.estimator.network_.known_future
        self.names = getattr(parts.estimator, "feature_names_in_", None)

    def read(self, future, rows, arrived: ArrivedRows, newest_label) -> ArrivedRows | None:
        """Read known future covariates.

        Parameters
        ----------
        future : DataFrame, Series or array-like of shape (n_steps, n_known) or None
            As in :meth:`Stream.push`.
        rows : array-like or DataFrame
            The rows that were pushed with them.
        arrived : ArrivedRows
            The same rows, read.
        newest_label : object
            Label of the newest of them; None without one.

        Returns
        -------
        ArrivedRows or None
            Of each step ahead the known features, in the order of the fit; None for None.

        Raises
        ------
        ValueError
            If something of it is missing, or if the model reads none.
        """
        if future is None:
            return None
        if not len(self.known):
            raise ValueError("future is given, but the model was fitted without known_future=.")
        if len(future) == 0:
            return None
        rows = named(rows, self.first)[-1:]
        columns = self._columns(rows)
        if isinstance(future, pd.Series):
            future = future.to_frame(columns[0] if future.name is None else future.name)
        key = arrived.keys[arrived.codes[-1]]
        is_table = isinstance(future, pd.DataFrame) and isinstance(rows, pd.DataFrame)
        if len(arrived.keys) > 1 and not (is_table and self._names_series(future)):
            raise ValueError(
                f"Rows of {len(arrived.keys)} series were pushed, and future does not name its "
                f"series: give a DataFrame with {self.windower.by!r} as a column or an index level."
            )
        if is_table:
            full = self._of_table(future, rows, columns)
        else:
            full = self._of_array(future, rows, columns, newest_label)
        told = self.windower.by is None or self.reader.names_series or _has_levels(full, self)
        read = self.reader.read(full, None if told else key, labelled=is_table)
        return ArrivedRows(read.values[:, self.known], read.codes, read.keys, read.labels)

    def _columns(self, rows) -> list:
        """Return names, or positions, of the known features in the rows that are pushed."""
        places = [int(place) for place in self.windower.feature_columns_[self.known]]
        if not isinstance(rows, pd.DataFrame):
            return places
        if self.names is None:
            return [rows.columns[place] for place in places]
        names = [str(self.names[k]) for k in self.known]
        missing = [name for name in names if name not in rows.columns]
        if missing:
            raise ValueError(
                f"The known future covariates {missing} are no columns of the rows: what stands "
                "before the windower has renamed or made them."
            )
        return names

    def _names_series(self, future) -> bool:
        known = {*future.columns, *future.index.names}
        return set(as_tuple(self.windower.by)) <= known

    def _of_table(self, future, rows, columns):
        """Write rows for the steps of a table: the newest one with what is known."""
        missing = [name for name in columns if name not in future.columns]
        if missing:
            raise ValueError(f"future lacks the columns {missing}, which the model reads.")
        _check_finite(future[columns].to_numpy(dtype=np.float64), columns)
        for name in as_tuple(self.windower.by):
            # A table may name the series in a column, and the rows in a level of the index.
            if name in future.columns and name not in rows.columns:
                future = future.set_index(name, append=True)
            elif name in future.index.names and name in rows.columns:
                future = future.reset_index(level=name)
        full = _repeated(rows, len(future)).set_axis(future.index)
        time = self.windower.time
        if time in rows.columns and time not in future.columns:
            raise ValueError(f"future lacks the column {time!r} of its timestamps.")
        for name in full.columns:
            if name in future.columns:
                full[name] = future[name].to_numpy()
        if time in full.columns:
            full[time] = future[time].array
        return full

    def _of_array(self, future, rows, columns, newest_label):
        """Write rows for steps that follow the newest one."""
        values = np.asarray(future, dtype=np.float64)
        if values.ndim == 1 and len(columns) == 1:
            values = values[:, None]
        if values.ndim != 2 or values.shape[1] != len(columns):
            raise ValueError(
                f"future must be of shape (n_steps_ahead, {len(columns)}), a column for each of "
                f"{columns}; got shape {values.shape}."
            )
        _check_finite(values, columns)
        full, time = _repeated(rows, len(values)), self.windower.time
        if not isinstance(rows, pd.DataFrame):
            full[:, columns] = values
            return full
        full[columns] = values
        if time in full.columns:
            full[time] = self.windower.clock_.continue_labels(newest_label, len(values))
        return full


def _repeated(rows, n):
    """Repeat a row; features that are missing in it get a number, which nobody reads."""
    if isinstance(rows, pd.DataFrame):
        return rows.fillna(_UNREAD).iloc[np.zeros(n, dtype=np.intp)].copy()
    rows = np.asarray(rows)
    if rows.dtype.kind == "f":
        rows = np.where(np.isnan(rows), _UNREAD, rows)
    return np.repeat(rows, n, axis=0)


def _check_finite(values, names) -> None:
    bad = np.flatnonzero(~np.isfinite(values).all(axis=1))
    if len(bad):
        raise ValueError(
            f"future has missing or infinite values in {list(names)}, first in row {bad[0]}."
        )


def _has_levels(rows, reader) -> bool:
    levels = rows.index.names if isinstance(rows, pd.DataFrame) else ()
    return set(as_tuple(reader.windower.by)) <= set(levels)
