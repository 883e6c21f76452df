"""The timestamps of rows, found in the index or in a column, and their ranks."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd

_TIMES = (pd.DatetimeIndex, pd.PeriodIndex, pd.TimedeltaIndex)


def timestamps_of(X, time=None):
    """Find the timestamp of each row of a DataFrame.

    Parameters
    ----------
    X : DataFrame of shape (n_rows, n_features)
        The rows.
    time : str or int, default=None
        Level of the index, or column, that holds the time. None is the only level that holds
        dates, or the whole index if it has one level.

    Returns
    -------
    Index or Series of length n_rows
        The timestamps.

    Raises
    ------
    ValueError
        If more than one level, or none, could be the time.
    """
    if not hasattr(X, "index"):
        raise ValueError(
            f"The time of each row is read from the index of a DataFrame; got {type(X).__name__}. "
            "Pass the timestamps in groups=."
        )
    if time is not None and time in getattr(X, "columns", ()):
        return X[time]
    index = X.index
    if time is not None:
        if time not in index.names and not isinstance(time, int):
            raise ValueError(
                f"time={time!r} is neither a level of the index, {list(index.names)}, nor a column "
                "of X."
            )
        return index.get_level_values(time)
    if index.nlevels == 1:
        return index
    levels = [k for k in range(index.nlevels) if isinstance(index.levels[k], _TIMES)]
    if len(levels) != 1:
        raise ValueError(
            f"{len(levels)} levels of the index, {list(index.names)}, hold dates; name in "
            "time= the one that is the time."
        )
    return index.get_level_values(levels[0])


def rank_timestamps(timestamps) -> tuple[np.ndarray, int]:
    """Rank timestamps from 0, in the order of time.

    Parameters
    ----------
    timestamps : array-like of shape (n_rows,)
        The timestamp of each row.

    Returns
    -------
    rank : ndarray of shape (n_rows,)
        The number of each row's timestamp.
    n_timestamps : int
        Number of distinct timestamps.

    Raises
    ------
    ValueError
        If a timestamp is missing.
    """
    missing = np.asarray(pd.isna(np.asarray(timestamps)))
    if missing.any():
        raise ValueError(
            f"The timestamp of row {int(missing.argmax())} is missing (NaT, NaN or None), so its "
            "place in time is unknown; fill it in, or drop the row."
        )
    distinct, rank = np.unique(np.asarray(timestamps), return_inverse=True)
    return rank, len(distinct)
