"""Paths: what comes after each sample, moment by moment, cut from what a call holds."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np

from sklstm.preprocessing._window_index import Origin


def cut_horizon_targets(samples: Origin, among: Origin, y: np.ndarray, horizon: int) -> np.ndarray:
    """Look up what follows each row in its series: its own value and those of the next moments.

    Nothing but the given rows is looked at, so the paths of a training fold end where the fold
    does.

    Parameters
    ----------
    samples : Origin
        Of the rows that want a path.
    among : Origin
        Of the rows whose values may be used, each once.
    y : ndarray of shape (n_among, n_targets)
        Their values.
    horizon : int
        Moments of a path.

    Returns
    -------
    ndarray of shape (n_samples, horizon, n_targets), float64
        NaN at the moments of which there is no row.
    """
    paths = np.full((len(samples), horizon, y.shape[1]), np.nan)
    own = samples.end + samples.lead
    keys = among.end + among.lead
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    for moment in range(horizon):
        there, place = _find(keys, own + moment)
        paths[there, moment] = y[order[place]]
    return paths


def known_future_values(origin: Origin, columns: np.ndarray, horizon: int) -> np.ndarray:
    """Look up some features of the moments that each sample is to answer for.

    Parameters
    ----------
    origin : Origin
        Of the samples; what its rows hold of these features is known ahead.
    columns : ndarray of shape (n_known,)
        Which features.
    horizon : int
        Moments of a path.

    Returns
    -------
    ndarray of shape (n_samples, horizon, n_known), float64
        NaN at the moments that have no row.
    """
    known = np.full((len(origin), horizon, len(columns)), np.nan)
    own = origin.end + origin.lead
    for moment in range(horizon):
        there, row = _find(origin.keys, own + moment)
        known[there, moment] = origin.rows[np.ix_(row, columns)]
    return known


def own_rows(origin: Origin) -> tuple[np.ndarray, np.ndarray]:
    """Find the row that stands at the moment of each sample itself.

    Parameters
    ----------
    origin : Origin
        Of the samples.

    Returns
    -------
    positions : ndarray of shape (n_present,)
        The samples that have such a row.
    row_numbers : ndarray of shape (n_present,)
        Their rows.
    """
    return _find(origin.keys, origin.end + origin.lead)


def times_of_rows(origin: Origin) -> tuple[np.ndarray, np.ndarray]:
    """Tell the series and the moment of each row that a window reaches.

    Parameters
    ----------
    origin : Origin
        Of the samples.

    Returns
    -------
    series : ndarray of shape (n_rows,)
        Code of the series; -1 for a row that no window reaches.
    time : ndarray of shape (n_rows,)
        Moment, in steps of the clock.
    """
    series = np.full(len(origin.rows), -1)
    time = np.zeros(len(origin.rows), dtype=np.int64)
    some = np.flatnonzero(origin.count > 0)
    codes, first = np.unique(origin.series[some], return_index=True)
    for code, sample in zip(codes, some[first], strict=True):
        own = some[origin.series[some] == code]
        start, stop = origin.start[own].min(), (origin.start[own] + origin.count[own]).max()
        series[start:stop] = code
        # Keys of a series count the steps of the clock, from a number of its own.
        since = origin.time[sample] - origin.end[sample] - origin.lead
        time[start:stop] = origin.keys[start:stop] + since
    return series, time


def _find(keys, wanted):
    """Tell which of the wanted keys are there, and where; keys of series are far apart."""
    if len(keys) == 0:
        return np.empty(0, np.intp), np.empty(0, np.intp)
    place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    there = np.flatnonzero(keys[place] == wanted)
    return there, place[there]
