"""Warn where known future covariates are not known."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import warnings

import numpy as np

from sklstm.preprocessing._window_index import WindowIndex


def warn_if_not_known(index: WindowIndex, columns: np.ndarray, horizon: int) -> None:
    """Warn if covariates are missing at the steps ahead of samples that are to be forecast.

    Near the end of a series and beside gaps some steps ahead are missing by nature: nothing is said
    of these as long as another sample of the same series has all of its own. A sample beyond the
    newest row with values has none.

    Parameters
    ----------
    index : WindowIndex
        The samples.
    columns : ndarray of shape (n_known,)
        Positions of the known future covariates.
    horizon : int
        Steps ahead.
    """
    if len(index) == 0:
        return
    missing = np.isnan(index.look_ahead(columns, horizon)).any(axis=2)
    n_series, series = len(index.series_keys), index.series
    has_own = ~missing[:, 0]
    newest = np.full(n_series, np.iinfo(np.int64).min)
    np.maximum.at(newest, series[has_own], index.time[has_own])
    is_whole = np.zeros(n_series, dtype=bool)
    is_whole[series[~missing.any(axis=1)]] = True
    is_beyond = index.time > newest[series]
    lacking = missing & (is_beyond | ~is_whole[series])[:, None]
    samples = np.flatnonzero(lacking.any(axis=1))
    if len(samples) == 0:
        return
    names = index.feature_names
    known = [int(k) if names is None else names[k] for k in columns]
    first = samples[0]
    which = f" of series {index.series_keys[series[first]]!r}" if n_series > 1 else ""
    warnings.warn(
        f"known_future={known} is missing at steps ahead of {len(samples)} of the {len(index)} "
        f"rows that are forecast, first of {index.labels[first]}{which} "
        f"({int(lacking[first].sum())} of {horizon} steps): the mean of the training data is taken "
        "in its place. Give X rows for the steps ahead that hold these columns, or use "
        "forecast(model, X, future=...), of a stream push(row, future=...).",
        UserWarning,
        stacklevel=2,
    )
