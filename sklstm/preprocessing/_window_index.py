"""The one form of all sequences: observed rows, and the run of them that each window holds."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from sklstm.preprocessing._key_lookup import find_keys, look_up_ahead
from sklstm.utils._ragged import are_held, as_slice, multiplicity, rows_of_runs, runs_of_rows

# Steps written at once by `WindowIndex.materialize`: bounds the size of the arrays it needs.
_BLOCK_STEPS = 1 << 21


def window_index_of(X):
    """Return the window index that windows carry.

    Parameters
    ----------
    X : object
        Anything; windows cut by :class:`~sklstm.preprocessing.SequenceWindower` carry an index.

    Returns
    -------
    WindowIndex or None
        The index, None if `X` carries none. Its rows are whole: no feature of them is NaN.

    Raises
    ------
    ValueError
        If the windows hold steps of which some features are missing, but not all.
    """
    index = getattr(X, "window_index", None)
    if not isinstance(index, WindowIndex):
        return None
    if index.partly_missing:
        refuse_partly_missing(index.trim().rows, index.feature_names)
    return index


def refuse_partly_missing(rows, names, labels=None):
    """Raise if some features of a row are missing, but not all.

    Parameters
    ----------
    rows : ndarray of shape (n_rows, n_features)
        The rows.
    names : tuple of str or None
        Names of the features.
    labels : pandas.Index or None, default=None
        Labels of the rows.

    Raises
    ------
    ValueError
        With the names of the features and the first row.
    """
    missing = np.isnan(rows)
    partly = missing.any(axis=1) & ~missing.all(axis=1)
    if not partly.any():
        return
    features = np.flatnonzero(missing[partly].any(axis=0)).tolist()
    which = "features " + ", ".join(str(k) if names is None else repr(names[k]) for k in features)
    where = "" if labels is None else f", first in the row at {labels[int(np.argmax(partly))]}"
    raise ValueError(
        f"X is NaN in {which}{where}, but not in the other features of the same rows; a step is "
        "either observed or missing as a whole (all NaN). Fill these features in with an imputer, "
        "such as sklearn.impute.SimpleImputer, before SequenceWindower, or leave the rows out "
        "(X.dropna()): they are then missing steps, which a network skips."
    )


def _read_only(array):
    """Return a view of an array that refuses to be written to."""
    view = array.view()
    view.flags.writeable = False
    return view


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class WindowIndex:
    """Rows, and the run of them that each window holds.

    A masked LSTM over a window *is* the LSTM over its observed steps, so a window is a start and a
    count into shared rows, and a data set of windows costs memory for its rows once. Windows of
    :class:`~sklstm.preprocessing.SequenceWindower` know their series and their time; independent
    sequences do not, and share no rows. `take` selects windows and shares the rows; pickling keeps
    only the rows that the selected windows hold.

    Parameters
    ----------
    rows : ndarray of shape (n_rows, n_features)
        The observed rows (not all NaN), of float64 or float32: for windows in series and time
        order, for independent sequences one sequence after the other.
    start, count : ndarray of shape (n_samples,)
        Window `i` holds ``rows[start[i] : start[i] + count[i]]``.
    window : int
        Steps of a window, missing ones included.
    keys : ndarray of shape (n_rows,) or None, default=None
        Time step of each row, strictly increasing: consecutive steps of a series differ by 1, and
        windows of different series never overlap. None where no step is missing.
    end : ndarray of shape (n_samples,) or None, default=None
        Key of the last step of each window. Row `r` of window `i` stands at step
        ``window - 1 - (end[i] - keys[r])``.
    time : ndarray of shape (n_samples,) or None, default=None
        Time step of each sample itself (not shifted by `lead`), comparable between series. None
        for independent sequences, as are `series`, `labels` and `series_keys`.
    series : ndarray of shape (n_samples,) or None, default=None
        Code of the series of each sample.
    labels : pandas.Index of length n_samples or None, default=None
        Time labels of the samples, without the levels that name the series.
    series_keys : pandas.Index or None, default=None
        Key of the series of each code; holds a single 0 where there is only one series.
    lead : int, default=0
        Steps between the end of a window and its sample.
    feature_names : tuple of str or None, default=None
        Names of the features.
    on_a_clock : bool, default=False
        Whether `time` comes from labels, the same in every call, and not from positions in a call.
    partly_missing : bool, default=False
        Whether some features of a row may be NaN; windows that hold such a row are then
        refused where they are read.
    of_index : bool, default=False
        Whether `labels` come from the index of X, which y may share, and not from a column.

    See Also
    --------
    SequenceWindower : Its windows carry an index as ``windows.window_index``.

    Examples
    --------
    >>> import numpy as np
    >>> from sklstm.preprocessing import SequenceWindower
    >>> windows = SequenceWindower(window=3, history=None).fit_transform(np.arange(5.0)[:, None])
    >>> index = windows.window_index
    >>> index.start
    array([0, 0, 0, 1, 2])
    >>> index.count
    array([1, 2, 3, 3, 3])
    """

    rows: np.ndarray
    start: np.ndarray
    count: np.ndarray
    window: int
    # Who reads these asks `knows_time` before; types would have to be narrowed at every use.
    keys: Any = None
    end: Any = None
    time: Any = None
    series: Any = None
    labels: Any = None
    series_keys: Any = None
    lead: int = 0
    feature_names: tuple[str, ...] | None = None
    on_a_clock: bool = False
    partly_missing: bool = False
    of_index: bool = False

    def __post_init__(self):
        for name in ("rows", "keys", "start", "count", "end", "time", "series"):
            array = getattr(self, name)
            if array is not None:
                object.__setattr__(self, name, _read_only(array))

    def __len__(self):
        """Return the number of samples."""
        return len(self.start)

    def __repr__(self):
        """Return a summary in one line: sizes, series, and the share of steps that are missing."""
        more = ""
        if self.series_keys is not None and len(self.series_keys) > 1:
            more += f", n_series={len(self.series_keys)}"
        n_missing = len(self) * self.window - int(self.count.sum())
        if self.knows_time and n_missing:
            more += f", missing={n_missing / (len(self) * self.window):.2%}"
        return (
            f"WindowIndex(n_samples={len(self)}, n_rows={len(self.rows)}, "
            f"n_features={self.n_features}, window={self.window}, lead={self.lead}{more})"
        )

    @property
    def n_features(self) -> int:
        """Number of features of one step."""
        return self.rows.shape[1]

    @property
    def knows_time(self) -> bool:
        """Whether the windows know their series and their time; independent sequences do not."""
        return self.time is not None

    @property
    def span(self) -> slice:
        """The rows from the first to the last that a window holds."""
        if len(self.start) == 1 and self.count[0]:
            # The same at once: predictions of one window take so little time that it shows.
            first = int(self.start[0])
            return slice(first, first + int(self.count[0]))
        some = self.count > 0
        first = int(self.start[some].min(initial=len(self.rows)))
        return slice(first, int((self.start + self.count)[some].max(initial=first)))

    def take(self, positions):
        """Select samples; the rows are shared, not copied.

        Parameters
        ----------
        positions : ndarray of int, ndarray of bool or slice
            The samples to keep, in this order.

        Returns
        -------
        WindowIndex
            The index of these samples.
        """
        if not isinstance(positions, slice):
            positions = np.asarray(positions)
            if positions.size == 0 and positions.dtype != bool:
                positions = positions.astype(np.intp)
            elif positions.dtype.kind in "iu" and positions[-1] < len(self):
                positions = as_slice(positions)
        chosen: dict[str, Any] = {
            name: None if (own := getattr(self, name)) is None else own[positions]
            for name in ("start", "count", "end", "time", "series", "labels")
        }
        return replace(self, **chosen)

    def materialize(self):
        """Write the windows out.

        Returns
        -------
        ndarray of shape (n_samples, window, n_features)
            The windows, NaN at the steps that are missing.
        """
        n_samples, window = len(self), self.window
        windows = np.full((n_samples * window, self.n_features), np.nan, dtype=self.rows.dtype)
        block = max(1, _BLOCK_STEPS // window)
        for first in range(0, n_samples, block):
            some = slice(first, first + block)
            row = rows_of_runs(self.start[some], self.count[some])
            sample = first + runs_of_rows(self.count[some])
            windows[sample * window + self._steps(sample, row)] = self.rows[row]
        return windows.reshape(n_samples, window, self.n_features)

    def _steps(self, sample, row):
        """Return the step at which each row stands in a window."""
        if self.keys is None or self.end is None:
            return row - self.start[sample]
        return self.window - 1 - (self.end[sample] - self.keys[row])

    def observed_steps(self) -> np.ndarray | None:
        """Tell which steps are observed.

        Returns
        -------
        ndarray of shape (n_samples, window), bool, or None
            None if no step is missing.
        """
        if self.keys is None or (self.count == self.window).all():
            return None
        observed = np.zeros((len(self), self.window), dtype=bool)
        sample = runs_of_rows(self.count)
        observed[sample, self._steps(sample, rows_of_runs(self.start, self.count))] = True
        return observed

    def last_steps(self) -> tuple[np.ndarray, np.ndarray]:
        """Find the newest step of the windows that have it.

        Returns
        -------
        positions : ndarray of shape (n_observed,)
            Positions of the samples whose last step is observed.
        row_numbers : ndarray of shape (n_observed,)
            The rows that are these last steps.
        """
        observed = self.count > 0
        last = np.maximum(self.start + self.count - 1, 0)
        if self.knows_time and self.keys is not None and self.end is not None:
            observed[observed] = self.keys[last[observed]] == self.end[observed]
        positions = np.flatnonzero(observed)
        return positions, last[positions]

    def own_rows(self) -> tuple[np.ndarray, np.ndarray]:
        """Find the row at the time of each sample itself, where a window holds it.

        A window with a lead does not hold the row of its own sample, but later ones do.

        Returns
        -------
        positions : ndarray of shape (n_held,)
            The samples whose row some window holds.
        row_numbers : ndarray of shape (n_held,)
            Their rows.
        """
        positions, row_numbers = find_keys(self.keys, self.end + self.lead)
        held = are_held(self.start, self.count, row_numbers)
        return positions[held], row_numbers[held]

    def look_ahead(self, columns: np.ndarray, horizon: int) -> np.ndarray:
        """Look up some features at the steps ahead of each sample.

        Parameters
        ----------
        columns : ndarray of shape (n_columns,)
            The features.
        horizon : int
            Steps ahead; the first is the sample's own time.

        Returns
        -------
        ndarray of shape (n_samples, horizon, n_columns), float64
            NaN at the steps ahead that have no row.
        """
        return look_up_ahead(self.keys, self.rows[:, columns], self.end + self.lead, horizon)

    def length_of_step(self) -> pd.Timedelta | None:
        """Compute the mean length of a step of the clock.

        Returns
        -------
        pandas.Timedelta or None
            None where labels are no dates, or all the same.
        """
        labels = (
            self.labels.to_timestamp() if isinstance(self.labels, pd.PeriodIndex) else self.labels
        )
        if not isinstance(labels, pd.DatetimeIndex) or not self.on_a_clock or len(labels) < 2:
            return None
        first, last = int(self.time.argmin()), int(self.time.argmax())
        n_steps = int(self.time[last] - self.time[first])
        return (labels[last] - labels[first]) / n_steps if n_steps else None

    def slots(self) -> tuple[np.ndarray, np.ndarray]:
        """Lay the steps of all windows, missing ones included, out on one line of slots.

        Returns
        -------
        row_at : ndarray of shape (n_slots,)
            The newest row up to each slot; -1 before the first.
        first : ndarray of shape (n_samples,)
            Slot of the first step of each window, at least 1; any number for one without steps.
        """
        window, n_rows = self.window, len(self.rows)
        last = np.clip(self.start + self.count - 1, 0, max(n_rows - 1, 0))
        after_last = np.zeros_like(last)
        # Slots to the next row, or to the end of the line. No window spans a longer gap than this.
        gaps = np.ones(n_rows, dtype=np.int64)
        if self.keys is not None and n_rows:
            gaps[:-1] = np.minimum(np.diff(self.keys), window + 1)
            after_last = np.where(self.count > 0, self.end - self.keys[last], 0)
        if n_rows:
            gaps[-1] = window
        row_at = np.concatenate([np.full(window + 1, -1), np.repeat(np.arange(n_rows), gaps)])
        slot_of_row = window + 1 + np.cumsum(gaps) - gaps
        if not n_rows:
            return row_at, np.ones_like(last)
        return row_at, slot_of_row[last] + after_last - (window - 1)

    def times_of_rows(self) -> tuple[np.ndarray, np.ndarray]:
        """Tell the series and the time of each row that a window holds.

        Returns
        -------
        series : ndarray of shape (n_rows,)
            Code of the series; -1 for a row that no window holds.
        time : ndarray of shape (n_rows,)
            Time, in steps of the clock.
        """
        series = np.full(len(self.rows), -1)
        time = np.zeros(len(self.rows), dtype=np.int64)
        some = self.count > 0
        codes, first, code_of = np.unique(self.series[some], return_index=True, return_inverse=True)
        start = np.full(len(codes), len(self.rows))
        stop = np.zeros(len(codes), dtype=np.intp)
        np.minimum.at(start, code_of, self.start[some])
        np.maximum.at(stop, code_of, (self.start + self.count)[some])
        # Keys of a series count the steps of the clock, from a number of its own.
        since = (self.time - self.end - self.lead)[some][first]
        count = stop - start
        own = rows_of_runs(start, count)
        series[own] = np.repeat(codes, count)
        time[own] = self.keys[own] + np.repeat(since, count)
        return series, time

    def multiplicity(self) -> np.ndarray:
        """Count the windows that hold each row.

        Returns
        -------
        ndarray of shape (n_rows,)
            How many of the windows hold each row; 0 for rows that no window holds.
        """
        return multiplicity(self.start, self.count, len(self.rows))

    def trim(self):
        """Leave out the rows that no window holds.

        Returns
        -------
        WindowIndex
            The same windows over the rows they hold; itself if they hold all.
        """
        reached = self.multiplicity() > 0
        if reached.all():
            return self
        before = np.concatenate([[0], np.cumsum(reached)])
        keys = None if self.keys is None else self.keys[reached]
        return replace(self, rows=self.rows[reached], keys=keys, start=before[self.start])

    def prefixes(self):
        """Read each window up to its first step, up to its second, and so on.

        Returns
        -------
        WindowIndex
            Of ``n_samples * window`` samples, those of the first window first.
        """
        n_samples, n_steps = len(self), self.window
        observed = self.observed_steps()
        one = np.ones((n_samples, n_steps), dtype=int) if observed is None else observed.astype(int)
        count = np.cumsum(one, axis=1).ravel()
        age = np.tile(np.arange(n_steps - 1, -1, -1), n_samples)
        every = self.take(np.repeat(np.arange(n_samples), n_steps))
        moved = {
            name: own - age for name in ("end", "time") if (own := getattr(every, name)) is not None
        }
        step = self.length_of_step()
        if step is not None:
            labels = every.labels
            labels = labels.to_timestamp() if isinstance(labels, pd.PeriodIndex) else labels
            moved["labels"] = labels - age * step
        return replace(every, count=count, **moved)

    def __reduce__(self):
        """Pickle the rows that are reached and no others."""
        index = self.trim()
        return WindowIndex, tuple(getattr(index, name) for name in self.__dataclass_fields__)
