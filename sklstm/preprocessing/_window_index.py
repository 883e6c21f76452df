"""Where windows come from: the rows behind them, and which of them each window holds."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

# Steps written at once by `Origin.materialize`: bounds the size of the index arrays it needs.
_BLOCK_STEPS = 1 << 21


def origin_of(X):
    """Return the origin that windows carry.

    Parameters
    ----------
    X : object
        Anything; windows cut by :class:`~sklstm.preprocessing.SequenceWindower` carry an origin.

    Returns
    -------
    origin : Origin or None
        The origin, None if `X` carries none. Its rows are whole: no feature of them is NaN.

    Raises
    ------
    ValueError
        If the windows hold steps of which some features are missing, but not all.
    """
    origin = getattr(X, "origin", None)
    if not isinstance(origin, Origin):
        return None
    if origin.partly_missing:
        refuse_partly_missing(origin.trim().rows, origin.feature_names)
    return origin


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
        "either there or missing as a whole (all NaN). Fill these features in with an imputer, "
        "such as sklearn.impute.SimpleImputer, before SequenceWindower."
    )


def multiplicity(start, count, n_rows):
    """Count the windows that hold each row.

    Parameters
    ----------
    start, count : ndarray of shape (n_samples,)
        Window `i` holds the rows from `start[i]` to before `start[i] + count[i]`.
    n_rows : int
        How many rows there are.

    Returns
    -------
    multiplicity : ndarray of shape (n_rows,)
        How many windows hold each row.
    """
    # In place: for a long series each array here is a good part of the memory of a fit.
    held = np.bincount(start, minlength=n_rows + 1)
    held -= np.bincount(start + count, minlength=n_rows + 1)
    return np.cumsum(held, out=held)[:n_rows]


def _read_only(array):
    """Return a view of an array that refuses to be written to."""
    view = array.view()
    view.flags.writeable = False
    return view


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Origin:
    """The rows behind a set of windows, and the part of them that each window holds.

    A window is a start and a count into shared rows, so that a whole data set of windows costs
    memory for its rows once. Selecting output rows with `take` shares the rows; pickling keeps
    only those that the selected windows reach.

    Parameters
    ----------
    rows : ndarray of shape (n_rows, n_features)
        The rows that exist (not all NaN), in series and time order, of float64 or float32.
    keys : ndarray of shape (n_rows,)
        Moment of each row on a combined clock, strictly increasing: consecutive slots of a
        series differ by 1, different series lie more than `window + lead` and 2**20 apart.
    start, count : ndarray of shape (n_samples,)
        The window of output row `i` holds `rows[start[i] : start[i] + count[i]]`.
    end : ndarray of shape (n_samples,)
        Key of the last step of the window of each output row. Row `r` of window `i` stands at
        step `window - 1 - (end[i] - keys[r])`.
    time : ndarray of shape (n_samples,)
        Moment of each output row itself (not shifted by `lead`), in steps of the clock,
        comparable between series.
    series : ndarray of shape (n_samples,)
        Code of the series of each output row.
    labels : pandas.Index of length n_samples
        Time labels of the output rows, without the levels that name the series.
    series_keys : pandas.Index
        Key of the series of each code; holds a single 0 where there is only one series.
    window : int
        Length of the windows in steps.
    lead : int
        Steps between the end of a window and its output row.
    feature_names : tuple of str or None
        Names of the features.
    on_a_clock : bool, default=False
        Whether moments are those of labels, the same in every call, or positions in a call.
    partly_missing : bool, default=False
        Whether some features of a row may be NaN; :func:`origin_of` then refuses the windows
        that reach such a row, so that nobody who reads steps meets one.
    """

    rows: np.ndarray
    keys: np.ndarray
    start: np.ndarray
    count: np.ndarray
    end: np.ndarray
    time: np.ndarray
    series: np.ndarray
    labels: pd.Index
    series_keys: pd.Index
    window: int
    lead: int
    feature_names: tuple[str, ...] | None
    on_a_clock: bool = False
    partly_missing: bool = False

    def __post_init__(self):
        for name in ("rows", "keys", "start", "count", "end", "time", "series"):
            object.__setattr__(self, name, _read_only(getattr(self, name)))

    def __len__(self):
        """Return the number of output rows."""
        return len(self.start)

    def __repr__(self):
        """Return a summary in one line."""
        return (
            f"Origin(n_samples={len(self)}, n_rows={len(self.rows)}, "
            f"n_features={self.rows.shape[1]}, window={self.window}, lead={self.lead})"
        )

    def take(self, indices):
        """Select output rows; the rows behind the windows are shared, not copied.

        Parameters
        ----------
        indices : ndarray of int, ndarray of bool or slice
            The output rows to keep, in this order.

        Returns
        -------
        origin : Origin
            The origin of these output rows.
        """
        if not isinstance(indices, slice):
            indices = np.asarray(indices)
            if indices.size == 0 and indices.dtype != bool:
                indices = indices.astype(np.intp)
        return replace(
            self,
            start=self.start[indices],
            count=self.count[indices],
            end=self.end[indices],
            time=self.time[indices],
            series=self.series[indices],
            labels=self.labels[indices],
        )

    def materialize(self):
        """Write the windows out.

        Returns
        -------
        windows : ndarray of shape (n_samples, window, n_features)
            The windows, NaN at the steps that do not exist.
        """
        n_samples, window, n_features = len(self), self.window, self.rows.shape[1]
        windows = np.full((n_samples * window, n_features), np.nan, dtype=self.rows.dtype)
        block = max(1, _BLOCK_STEPS // window)
        for first in range(0, n_samples, block):
            count = self.count[first : first + block]
            start = self.start[first : first + block]
            sample = np.repeat(np.arange(first, first + len(count)), count)
            row = np.arange(len(sample)) - np.repeat(np.cumsum(count) - count - start, count)
            step = window - 1 - (self.end[sample] - self.keys[row])
            windows[sample * window + step] = self.rows[row]
        return windows.reshape(n_samples, window, n_features)

    def multiplicity(self):
        """Count the windows that hold each row.

        Returns
        -------
        multiplicity : ndarray of shape (n_rows,)
            How many of the windows of these output rows hold each row; 0 for rows that no
            window reaches.
        """
        return multiplicity(self.start, self.count, len(self.rows))

    def trim(self):
        """Leave out the rows that no window reaches.

        Returns
        -------
        origin : Origin
            The same windows over the rows they reach; itself if they reach all.
        """
        reached = self.multiplicity() > 0
        if reached.all():
            return self
        before = np.concatenate([[0], np.cumsum(reached)])
        return replace(
            self, rows=self.rows[reached], keys=self.keys[reached], start=before[self.start]
        )

    def __reduce__(self):
        """Pickle the rows that are reached and no others."""
        origin = self.trim()
        return Origin, tuple(getattr(origin, name) for name in self.__dataclass_fields__)
