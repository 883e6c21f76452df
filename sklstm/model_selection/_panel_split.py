"""Time-series splits of many series at once."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from numbers import Integral

import numpy as np
from sklearn.model_selection import BaseCrossValidator
from sklearn.utils import check_consistent_length

from sklstm.preprocessing._timestamps import rank_timestamps, timestamps_of
from sklstm.utils._sklearn_private import Interval, validate_parameter_constraints


class PanelTimeSeriesSplit(BaseCrossValidator):
    """Time-series cross-validator that splits all series of a panel at the same timestamps.

    :class:`~sklearn.model_selection.TimeSeriesSplit` counts rows. In a panel that is
    sorted by time it may split the rows of one timestamp; in a panel that is sorted by series it
    splits by series. This one counts timestamps, whatever the order of the rows and however many
    series share a timestamp.

    Parameters
    ----------
    n_splits : int, default=5
        Number of splits.
    max_train_size : int, default=None
        Largest number of timestamps in a training part.
    test_size : int, default=None
        Number of timestamps in a test part; None is the number of all timestamps divided by
        ``n_splits + 1``.
    gap : int, default=0
        Number of timestamps left out between the two parts.
    step : int, default=None
        Number of timestamps from the start of one test part to the start of the next; None is
        `test_size`, so that test parts do not overlap.
    time : str or int, default=None
        Level of the index, or column, that holds the time. None is the only level that holds
        dates, or the whole index if it has one level.

    See Also
    --------
    sklstm.forecasting.backtest : Compare forecasters over such splits.

    Examples
    --------
    >>> from sklstm.datasets import load_australian_temperatures
    >>> from sklstm.model_selection import PanelTimeSeriesSplit
    >>> temperatures = load_australian_temperatures()
    >>> cv = PanelTimeSeriesSplit(n_splits=2, test_size=18)
    >>> for train, test in cv.split(temperatures):
    ...     months = temperatures.index[test].get_level_values("month")
    ...     print(len(train) // 44, len(test) // 44, months[0].date())
    60 18 2014-01-01
    78 18 2015-07-01
    """

    _parameter_constraints: dict = {
        "n_splits": [Interval(Integral, 1, None, closed="left")],
        "max_train_size": [Interval(Integral, 1, None, closed="left"), None],
        "test_size": [Interval(Integral, 1, None, closed="left"), None],
        "gap": [Interval(Integral, 0, None, closed="left")],
        "step": [Interval(Integral, 1, None, closed="left"), None],
        "time": [str, Interval(Integral, 0, None, closed="left"), None],
    }

    def __init__(
        self, n_splits=5, *, max_train_size=None, test_size=None, gap=0, step=None, time=None
    ):
        self.n_splits = n_splits
        self.max_train_size = max_train_size
        self.test_size = test_size
        self.gap = gap
        self.step = step
        self.time = time
        validate_parameter_constraints(
            self._parameter_constraints, vars(self), caller_name=type(self).__name__
        )

    def get_n_splits(self, X=None, y=None, groups=None):
        """Return the number of splits.

        Parameters
        ----------
        X : object, default=None
            Ignored.
        y : object
            Ignored.
        groups : object, default=None
            Ignored.

        Returns
        -------
        int
            `n_splits`.
        """
        return self.n_splits

    def split(self, X, y=None, groups=None):
        """Generate the positions of training and test rows.

        Parameters
        ----------
        X : DataFrame of shape (n_rows, n_features)
            The panel, with the time in its index or in a column.
        y : object
            Ignored.
        groups : array-like of shape (n_rows,), default=None
            The timestamp of each row, in place of an index.

        Yields
        ------
        train, test : ndarray of int
            Positions of rows, in the order of the panel.

        Raises
        ------
        ValueError
            If the time cannot be found, or if there are too few timestamps.
        """
        if groups is None:
            times = timestamps_of(X, self.time)
        else:
            check_consistent_length(X, groups)
            times = groups
        rank, n_timestamps = rank_timestamps(times)
        test_size = self.test_size or n_timestamps // (self.n_splits + 1)
        step = self.step or test_size
        first = n_timestamps - test_size - (self.n_splits - 1) * step
        if test_size < 1 or first - self.gap < 1:
            raise ValueError(
                f"{n_timestamps} timestamps are too few for n_splits={self.n_splits} with "
                f"test_size={test_size}, step={step} and gap={self.gap}: no timestamp is "
                "left to train on."
            )
        for start in range(first, n_timestamps - test_size + 1, step):
            end = start - self.gap
            low = 0 if self.max_train_size is None else max(end - self.max_train_size, 0)
            train = np.flatnonzero((rank >= low) & (rank < end))
            yield train, np.flatnonzero((rank >= start) & (rank < start + test_size))
