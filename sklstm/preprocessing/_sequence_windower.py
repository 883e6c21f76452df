"""Cut windows: each row becomes the sequence of rows that ends at it."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import replace
from datetime import timedelta
from numbers import Integral

import numpy as np
import pandas as pd
from pandas.tseries.offsets import BaseOffset
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from sklstm.preprocessing._clock import Clock
from sklstm.preprocessing._clock_warnings import (
    share_filled,
    warn_if_blocks,
    warn_if_short,
    warn_if_without_past,
    warn_of_learned_clock,
)
from sklstm.preprocessing._history import (
    TimedRows,
    check_sorted,
    check_unique,
    find_window_rows,
    join,
    positions_in_series,
)
from sklstm.preprocessing._labels import rank_labels, sort_by_series
from sklstm.preprocessing._long_windows import LONG_WINDOW
from sklstm.preprocessing._table import read_table
from sklstm.preprocessing._window_arrays import LazyWindows, WindowView
from sklstm.preprocessing._window_index import WindowIndex
from sklstm.utils._all_or_nothing import all_or_nothing
from sklstm.utils._arrow import from_arrow
from sklstm.utils._sklearn_private import (
    Interval,
    StrOptions,
    _fit_context,
    check_feature_names,
    check_feature_names_in,
    check_n_features,
)
from sklstm.utils._transformer_state import TransformerState, with_one_task


class SequenceWindower(TransformerMixin, TransformerState, BaseEstimator):
    """Turn each row into the window of rows that ends at it.

    Row `i` of the output holds the rows `i - lead - window + 1` to `i - lead`, oldest first, so
    that the rows stay what they were: as many, in the same order, aligned with `y`. That is why
    pipelines, searches, splitters and scorers of scikit-learn work untouched, and why nothing in
    row `i` comes from a later row.

    On labelled rows the steps are found by label and not by position. The step of the index is
    learned in `fit`; a label that is missing from the data gives a step of NaN, and the order of
    the rows does not matter. Without a regular step (arrays, irregular labels) or with
    ``freq="rows"`` the order of the rows is the clock. Steps that do not exist are NaN, and the
    estimators of sklstm skip them.

    Parameters
    ----------
    window : int, default=10
        Length of the windows in steps. Where the series is shorter, the oldest steps are NaN.
    lead : int, default=0
        Steps from the end of a window to its row: where the window ends. 0 labels a row from the
        window that ends at it; 1 leaves the row itself out, so that an estimator fitted on `y`
        forecasts one step ahead. How many values are predicted from there is the `horizon` of
        :class:`~sklstm.LSTMForecaster`.
    by : str, int or list of them, default=None
        Columns or index levels (positions for arrays) that tell independent series apart. A window
        never holds rows of two series; the rows of the series may be interleaved. The columns are
        dropped from the output. None takes all rows for one series.
    time : str or int, default=None
        Column that holds the labels, for a DataFrame without a time index; it is dropped from the
        output. None takes the index, without the levels that `by` names.
    freq : str, int, timedelta or DateOffset, default=None
        The step, as an alias or offset of pandas (``"h"``, ``"B"``), or an int for an integer
        index. None takes the freq that the index knows, else the greatest common divisor of the
        differences of labels, if at least 1 in 20 slots is filled. Months, quarters and years are
        recognised by their first or last days; business days need ``"B"``. Steps of a day or
        longer count on the local wall clock, shorter ones in UTC.
    history : {"tail", "all"} or None, default="tail"
        Which labelled rows of `fit` the windows of `transform` reach back to: the last
        ``window + lead - 1`` of each series, all, or none. Where `X` holds a label as well, its
        row counts; if the two share labels and no column agrees there, `X` is another recording
        and the history of that series is left out. Arrays have no history.
    flatten : bool, default=False
        Whether to return a table of lags, of shape (n_samples, window * n_features), for
        estimators that are not recurrent.

    Attributes
    ----------
    freq_ : int, DateOffset or None
        The step; None where the order of the rows is the clock.
    fill_ : float
        How full windows of this length are: the share of their steps that hold a row of `fit`.
        Steps before the first row of a series do not count. For long tables it is an estimate. It
        is 1 where the order of the rows is the clock.
    span_ : tuple of two labels or None
        The first and the last label of `fit` in the order of time; None without labels.
    series_keys_ : pandas.Index
        Keys of the series; holds a single 0 without `by`.
    clock_ : object
        What places labels in time.
    feature_columns_ : ndarray of shape (n_features,)
        Positions of the columns that windows are cut from, without those of `by` and `time`.
    n_features_in_ : int
        Number of features seen during fit, the columns of `by` and `time` included.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of features seen during fit. Defined only if all are strings.

    Raises
    ------
    ValueError
        If labels are missing, duplicated within a series, between two steps, not sorted and
        without a regular step, or of another kind than in fit; if a column holds text or dates;
        if some features of a labelled row are NaN and others are not.

    Warns
    -----
    UserWarning
        In `fit`, if the rows are sorted series by series, which misleads `TimeSeriesSplit`; if a
        handful of labels is off the step of all others; or if the step that was learned leaves
        windows mostly empty (``fill_ < 0.5``), which `freq` confirms or mends. In
        `transform`, if rows without labels are fewer than ``5 * (window + lead)``, as each call
        then starts without a past; or if most labelled rows have no past, neither in `X` nor at the
        end of `fit`.

    See Also
    --------
    To3D : Reshape rows that hold whole sequences.
    sklearn.model_selection.TimeSeriesSplit : Folds in time order.

    Notes
    -----
    The windows are not materialised. Consecutive rows become a strided view of one buffer, any
    other rows a lazy array-like. Both carry a :class:`WindowIndex` of the rows behind them.
    Selecting rows keeps it, any other operation gives plain arrays.

    A plain array may hold rows with some features NaN and others not. The estimators of sklstm
    refuse them, others see them as they are.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from sklstm.preprocessing import SequenceWindower
    >>> hours = pd.date_range("2026-01-01", periods=5, freq="h")
    >>> X = pd.DataFrame({"temp": [3.0, 2.0, 1.0, 2.0, 4.0]}, index=hours)
    >>> windower = SequenceWindower(window=3)
    >>> windows = windower.fit_transform(X)
    >>> windows.shape
    (5, 3, 1)
    >>> np.asarray(windows[4]).ravel()
    array([1., 2., 4.])

    With `lead=1` the window ends one step before its row, and a missing hour is a missing step:

    >>> lags = SequenceWindower(window=2, lead=1, flatten=True).set_output(transform="pandas")
    >>> lags.fit_transform(X.drop(hours[2]))
                         temp_lag2  temp_lag1
    2026-01-01 00:00:00        NaN        NaN
    2026-01-01 01:00:00        NaN        3.0
    2026-01-01 03:00:00        2.0        NaN
    2026-01-01 04:00:00        NaN        2.0

    The first rows of a test set see the end of the training set:

    >>> windower.fit(X[:3]).transform(X[3:])[0].ravel()
    array([2., 1., 2.])
    """

    _parameter_constraints: dict = {
        "window": [Interval(Integral, 1, None, closed="left")],
        "lead": [Interval(Integral, 0, None, closed="left")],
        "by": [str, Integral, list, tuple, None],
        "time": [str, Integral, None],
        "freq": [str, Interval(Integral, 1, None, closed="left"), timedelta, BaseOffset, None],
        "history": [StrOptions({"tail", "all"}), None],
        "flatten": ["boolean"],
    }

    def __init__(
        self,
        window=10,
        *,
        lead=0,
        by=None,
        time=None,
        freq=None,
        history="tail",
        flatten=False,
    ):
        self.window = window
        self.lead = lead
        self.by = by
        self.time = time
        self.freq = freq
        self.history = history
        self.flatten = flatten

    @_fit_context(prefer_skip_nested_validation=True)
    @with_one_task
    def fit(self, X, y=None):
        """Learn the clock and keep the end of each series.

        Parameters
        ----------
        X : {array-like, dataframe} of shape (n_samples, n_features)
            The rows.
        y : None
            Ignored.

        Returns
        -------
        self : object
            The fitted transformer.
        """
        self._fit(X)
        return self

    @_fit_context(prefer_skip_nested_validation=True)
    @with_one_task
    def fit_transform(self, X, y=None):
        """Fit, and cut the windows of the same rows.

        Parameters
        ----------
        X : {array-like, dataframe} of shape (n_samples, n_features)
            The rows.
        y : None
            Ignored.

        Returns
        -------
        windows : array of shape (n_samples, window, n_features) or (n_samples, window * n_features)
            The windows, as `transform` gives them.
        """
        table, timed_rows, time = self._fit(X)
        return self._cut(table, timed_rows, time, None, self.series_keys_)

    def transform(self, X):
        """Cut the window of each row.

        Parameters
        ----------
        X : {array-like, dataframe} of shape (n_samples, n_features)
            The rows.

        Returns
        -------
        windows : array of shape (n_samples, window, n_features) or (n_samples, window * n_features)
            The windows, oldest step first, as a read-only view or a lazy array-like; with
            `flatten=True` a table.
        """
        check_is_fitted(self)
        X, has_index = from_arrow(X)
        check_feature_names(self, X, reset=False)
        if len(getattr(X, "shape", ())) == 2:
            check_n_features(self, X, reset=False)
        table = self._read(X, has_index)
        check_n_features(self, X, reset=False)
        self.clock_.check_kind(table.labels)
        series_keys = self.series_keys_
        if self.by is not None:
            codes = series_keys.get_indexer(table.keys)
            unseen = codes < 0
            codes[unseen] = len(series_keys) + np.arange(np.count_nonzero(unseen))
            series_keys = series_keys.append(table.keys[unseen])
            table = replace(table, codes=codes.astype(np.int64)[table.codes])
        kept = self._history
        if table.labels is None or self.clock_.by_position:
            kept = None
            if self.history is not None:
                warn_if_short(len(table.codes), self.window + self.lead)
        timed_rows, time, kept = self._place(self.clock_, table, len(series_keys), kept)
        return self._cut(table, timed_rows, time, kept, series_keys, is_fit=False)

    def _read(self, X, has_index):
        """Read a table."""
        return read_table(X, by=self.by, time=self.time, estimator=self, has_index=has_index)

    def _fit(self, X):
        """Learn the clock and keep the history; return what transform needs."""
        with all_or_nothing(self):
            X, has_index = from_arrow(X)
            check_feature_names(self, X, reset=True)
            table = self._read(X, has_index)
            check_n_features(self, X, reset=True)
            n_series = len(table.keys)
            clock = Clock.learn(table.labels, table.codes, n_series, self.freq)
            timed_rows, time, _ = self._place(clock, table, n_series, None)
            self._history = None
            fill, span = 1.0, None
            if table.labels is not None:
                span = (table.labels[int(time.argmin())], table.labels[int(time.argmax())])
                order = sort_by_series(timed_rows.codes, timed_rows.slots, n_series)
                check_unique(timed_rows, order, table.keys)
                n_kept = self.window + self.lead - 1
                if self.history is not None and n_kept:
                    n_kept = None if self.history == "all" else n_kept
                    self._history = timed_rows.tail(n_kept, order)
                if n_series > 1:
                    warn_if_blocks(table.codes, time)
                if clock.rule is not None:
                    fill = share_filled(
                        timed_rows.codes[order], timed_rows.slots[order], self.window
                    )
                if self.freq is None:
                    warn_of_learned_clock(clock, table.labels, timed_rows, order, fill)
            self.fill_, self.span_ = fill, span
            self.series_keys_ = table.keys
            self.freq_ = clock.freq
            self.clock_ = clock
            self.feature_columns_ = table.features
        return table, timed_rows, time

    def _place(self, clock, table, n_series, kept):
        """Tell where the rows of a table, and the kept ones, stand in time."""
        if table.labels is None or clock.by_position:
            slots = positions_in_series(table.codes, n_series)
            timed_rows = TimedRows(table.values, table.present, table.codes, slots, table.labels)
            return timed_rows, slots, None
        if clock.rule is not None:
            slots, time = clock.slots(table.labels, table.codes, n_series)
        else:
            slots, kept_slots = rank_labels(
                table.labels, table.labels[:0] if kept is None else kept.labels
            )
            kept = None if kept is None else replace(kept, slots=kept_slots)
            time = slots
        timed_rows = TimedRows(table.values, table.present, table.codes, slots, table.labels)
        if clock.rule is None:
            check_sorted(timed_rows, n_series)
        return timed_rows, time, kept

    def _cut(self, table, timed_rows, time, kept, series_keys, *, is_fit=True):
        """Cut the windows."""
        window, lead = self.window, self.lead
        ranked = self.clock_.rule is None
        joined, order = join(timed_rows, kept, len(series_keys), window, lead, rank=ranked)
        check_unique(timed_rows, order, series_keys)
        rows, row_keys = joined.values, joined.keys
        if joined.present is not None:
            rows, row_keys = rows[joined.present], row_keys[joined.present]
        own = joined.keys[joined.places]
        if len(joined.keys) <= 2 * len(own) and not isinstance(joined.places, slice):
            # Looking keys up in order is several times faster than in any other.
            start, count = find_window_rows(row_keys, joined.keys - lead, window)
            start, count = start[joined.places], count[joined.places]
        else:
            start, count = find_window_rows(row_keys, own - lead, window)
        one_run = not (np.diff(own) != 1).any() and not (np.diff(table.codes) != 0).any()
        if not one_run and np.may_share_memory(rows, table.values):
            # The memory can be the caller's, who may write to it.
            rows = rows.copy()
        labels = table.labels
        if not (is_fit or ranked or self.history is None):
            # Before its first row in fit a series has none to read.
            is_new = table.codes >= len(self.series_keys_)
            possible = np.clip(np.where(is_new, window, timed_rows.slots - lead + 1), 0, window)
            warn_if_without_past(count, possible, self.fill_, window, lead, labels)
        index = WindowIndex(
            rows=rows,
            start=start,
            count=count,
            window=int(window),
            keys=row_keys,
            end=own - lead,
            time=time,
            series=table.codes,
            labels=pd.RangeIndex(len(own)) if labels is None else labels,
            series_keys=series_keys,
            lead=int(lead),
            feature_names=table.names,
            on_a_clock=self.clock_.rule is not None,
            partly_missing=table.partly_missing,
            of_index=table.of_index and labels is not None,
        )
        # A view has a buffer of all steps, the missing ones included.
        is_long = window > max(LONG_WINDOW, len(rows))
        windows = WindowView.from_index(index) if one_run and not is_long else LazyWindows(index)
        if self.flatten:
            return np.asarray(windows).reshape(len(own), -1)
        return windows

    def _is_flat(self):
        """Tell whether the output is a table, whose columns have names."""
        if not self.flatten:
            raise AttributeError("Only the table that flatten=True gives has columns to name.")
        return True

    @available_if(_is_flat)
    def get_feature_names_out(self, input_features=None):
        """Name the columns of the table of lags; only with `flatten=True`.

        Parameters
        ----------
        input_features : array-like of str of shape (`n_features_in_`,), default=None
            Names of the features; None takes those seen in fit, else `x0`, `x1` and so on.

        Returns
        -------
        names : ndarray of str of shape (window * n_features,)
            Names such as `temp_lag3`, for what stands 3 steps before the row; oldest first.
        """
        check_is_fitted(self)
        names = check_feature_names_in(self, input_features)[self.feature_columns_]
        lags = range(self.lead + self.window - 1, self.lead - 1, -1)
        return np.asarray([f"{name}_lag{lag}" for lag in lags for name in names], dtype=object)

    def set_output(self, *, transform=None):
        """Set the container of the table of lags; windows of three dimensions stay what they are.

        Parameters
        ----------
        transform : {"default", "pandas", "polars"} or None, default=None
            The container; None changes nothing.

        Returns
        -------
        self : object
            The transformer.
        """
        if transform is not None:
            config = dict(getattr(self, "_sklearn_output_config", {}))
            self._sklearn_output_config = {**config, "transform": transform}
        return self

    def __sklearn_is_fitted__(self):
        """Tell whether fit has come to its end."""
        return hasattr(self, "clock_")

    def __sklearn_tags__(self):
        """Say that missing rows are welcome."""
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags
