"""Warn when a window already holds the class that is to be told."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import warnings

import numpy as np

from sklstm.preprocessing._window_index import WindowIndex

_SAMPLE = 1000
# So many samples, and so many that are not of the largest class, are no chance any more.
_MIN_LABELS = 20
_MIN_OTHER_LABELS = 5
# Samples for each distinct value of a column that tells the classes apart value by value.
_MIN_REPEATS = 10


def warn_if_label_in_window(index: WindowIndex, codes: np.ndarray) -> None:
    """Warn if the last step of each window gives the class away.

    Parameters
    ----------
    index : WindowIndex
        The windows.
    codes : ndarray of shape (n_samples,)
        The class of each; -1 without a label.
    """
    if index.lead > 0 or not index.knows_time:
        return
    positions, row_numbers = index.last_steps()
    labelled = codes[positions] >= 0
    column = find_column_of_classes(
        index.rows, row_numbers[labelled], codes[positions[labelled]].astype(np.intp)
    )
    if column is not None:
        names = index.feature_names
        name = f"feature {column}" if names is None else repr(names[column])
        warnings.warn(
            f"The last step of every window gives y away (y is {name} or a function of it alone), "
            "so the class could be read off it: lead=1 was meant, as in "
            f"SequenceWindower(window={index.window}, lead=1), or a column too many is in X.",
            UserWarning,
            stacklevel=2,
        )


def find_column_of_classes(
    rows: np.ndarray, row_numbers: np.ndarray, codes: np.ndarray
) -> int | None:
    """Find a column that the class is a function of.

    Parameters
    ----------
    rows : ndarray of shape (n_rows, n_features)
        Where to look.
    row_numbers : ndarray of shape (n_samples,)
        The row that stands beside each class.
    codes : ndarray of shape (n_samples,)
        The classes, from 0.

    Returns
    -------
    int or None
        The first column in whose order each class is one run, or of which each value has one class
        and occurs ten times in the mean; None if there is none, or if there are fewer than 20
        samples or 5 outside the largest class, which may be chance.
    """
    n = len(codes)
    sample = np.linspace(0, n - 1, min(n, _SAMPLE)).astype(np.intp)
    for part in (sample, slice(None)):
        counts = np.bincount(codes[part])
        if counts.sum() < _MIN_LABELS or counts.sum() - counts.max() < _MIN_OTHER_LABELS:
            return None
    return next(
        (
            column
            for column in range(rows.shape[1])
            if all(
                _tells_classes(rows[row_numbers[part], column], codes[part])
                for part in (sample, slice(None))
            )
        ),
        None,
    )


def _tells_classes(column: np.ndarray, codes: np.ndarray) -> bool:
    """Tell whether classes are runs in the order of a column, or a function of its few values."""
    order = np.argsort(column, kind="stable")
    values, codes = column[order], codes[order]
    new_value, new_class = values[1:] != values[:-1], codes[1:] != codes[:-1]
    if (new_class & ~new_value).any():
        return False
    n_runs, n_values = int(new_class.sum()) + 1, int(new_value.sum()) + 1
    return n_runs == np.count_nonzero(np.bincount(codes)) or n_values * _MIN_REPEATS <= len(codes)
