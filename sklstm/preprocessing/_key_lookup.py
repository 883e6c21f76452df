"""Look values up by the key of their time step."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np


def look_up_ahead(keys, values, own, horizon):
    """Look up the values at some keys, and at those that follow.

    Parameters
    ----------
    keys : ndarray of shape (n_keys,)
        Sorted keys; those of different series lie far apart.
    values : ndarray of shape (n_keys, n_columns)
        A row for each.
    own : ndarray of shape (n_samples,)
        The first key of each sample.
    horizon : int
        Keys to look up for each.

    Returns
    -------
    ndarray of shape (n_samples, horizon, n_columns), float64
        NaN where there is no such key.
    """
    ahead = np.full((len(own), horizon, values.shape[1]), np.nan)
    for step in range(horizon):
        found, place = find_keys(keys, own + step)
        ahead[found, step] = values[place]
    return ahead


def find_keys(keys, wanted):
    """Tell which of the wanted keys exist, and where.

    Parameters
    ----------
    keys : ndarray of shape (n_keys,)
        Sorted keys.
    wanted : ndarray of shape (n_wanted,)
        Keys to look up.

    Returns
    -------
    found : ndarray of shape (n_found,)
        Positions of the wanted keys that exist.
    places : ndarray of shape (n_found,)
        Where they are.
    """
    if len(keys) == 0:
        return np.empty(0, np.intp), np.empty(0, np.intp)
    place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    found = np.flatnonzero(keys[place] == wanted)
    return found, place[found]
