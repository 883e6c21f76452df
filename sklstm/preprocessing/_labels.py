"""Labels of rows: their kind, their order and their usual distance."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np
import pandas as pd

_MANY_SERIES = 2**15


def sort_by_series(series, ticks, n_series):
    """Find the order of series and time.

    Parameters
    ----------
    series : ndarray of int64
        Codes of the series.
    ticks : ndarray of int64
        Ticks of the rows, see :class:`~sklstm.preprocessing._calendar.Rule`.
    n_series : int
        Codes are below this number.

    Returns
    -------
    order : ndarray of int64 or slice
        The order; a full slice if the rows are already in it.
    """
    if n_series == 1 or not (series[1:] != series[:-1]).any():
        if (ticks[1:] >= ticks[:-1]).all():
            return slice(None)
        return np.argsort(ticks, kind="stable")
    # NumPy sorts short integers by counting, and rows in time order are then sorted altogether.
    codes = series.astype(np.int16) if n_series < _MANY_SERIES else series
    order = np.argsort(codes, kind="stable")
    backwards = np.diff(ticks[order]) < 0
    if (backwards & (np.diff(series[order]) == 0)).any():
        return np.lexsort((ticks, series))
    return order


def index_kind(labels):
    """Name the kind of an index.

    Parameters
    ----------
    labels : pandas.Index or None
        The labels, None for arrays.

    Returns
    -------
    kind : str
        The kind, in words that error messages can use.
    """
    if labels is None:
        return "no index (positions)"
    if isinstance(labels, pd.DatetimeIndex):
        return f"a DatetimeIndex {'without' if labels.tz is None else 'with'} time zone"
    if isinstance(labels, pd.TimedeltaIndex):
        return "a TimedeltaIndex"
    if isinstance(labels, pd.PeriodIndex):
        return f"a PeriodIndex of freq {pd.PeriodDtype(base_of(labels.freq)).name[7:-1]!r}"
    if pd.api.types.is_integer_dtype(labels.dtype):
        return "an integer index"
    if pd.api.types.is_float_dtype(labels.dtype):
        return "a float index"
    return "an index of other labels (text or objects)"


POSITIONS = index_kind(None)
INTEGERS = index_kind(pd.RangeIndex(0))
OTHER = index_kind(pd.Index(["a"]))


def usual_spacing(labels, series):
    """Compute the median distance of consecutive labels of a series.

    Parameters
    ----------
    labels : pandas.Index of length n_samples
        The labels, sorted within their series.
    series : ndarray of int64 of shape (n_samples,)
        Codes of the series.

    Returns
    -------
    object
        A Timedelta, an int or a float; None where labels have no distance, or where there is one.
    """
    order = np.argsort(series, kind="stable")
    same = np.diff(series[order]) == 0
    if pd.api.types.is_float_dtype(labels.dtype):
        differences = np.diff(labels.to_numpy()[order])[same]
        return float(np.median(differences)) if len(differences) else None
    if index_kind(labels) == OTHER:
        return None
    differences = np.sort(np.diff(as_integers(labels)[order])[same])
    if not len(differences):
        return None
    usual = int(differences[len(differences) // 2])
    if isinstance(labels, pd.PeriodIndex):
        return usual * base_of(labels.freq)
    if isinstance(labels, pd.DatetimeIndex | pd.TimedeltaIndex):
        return pd.Timedelta(usual, unit=labels.unit)
    return usual


def as_integers(labels):
    """Return integers that sort as the labels do.

    Parameters
    ----------
    labels : pandas.Index
        Whole numbers, dates, periods or timedeltas.

    Returns
    -------
    ndarray of int64
        The integers.
    """
    values = getattr(labels, "asi8", None)
    return labels.to_numpy(dtype=np.int64) if values is None else values


def rank_labels(labels, others):
    """Rank labels that have no regular step.

    Parameters
    ----------
    labels, others : pandas.Index
        The labels of a call, and those that were kept.

    Returns
    -------
    ranks, other_ranks : ndarray of int64
        Ranks among all of them; equal labels have equal ranks.
    """
    check_no_missing(labels)
    if isinstance(labels, pd.DatetimeIndex) and labels.tz is not None:
        labels = labels.tz_convert("UTC")
        others = others.tz_convert("UTC")
    try:
        ranks, _ = pd.factorize(labels.append(others), sort=True)
    except TypeError as error:
        raise ValueError(
            f"The labels of the index cannot be put in order ({error}); use labels of one type."
        ) from error
    ranks = ranks.astype(np.int64, copy=False)
    return ranks[: len(labels)], ranks[len(labels) :]


def check_no_missing(labels):
    """Refuse an index with missing labels."""
    if labels.hasnans:
        row = int(np.argmax(np.asarray(labels.isna())))
        raise ValueError(
            f"The label of row {row} is missing (NaT or NaN), so its place in time is unknown; "
            "fill the label in, or drop the row."
        )


def base_of(freq: Any):
    """Return the offset of which the freq of periods is a multiple."""
    return freq.base
