"""What targets are standardised by."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np


def mean_and_scale(values: np.ndarray, weights: np.ndarray | None, horizon: int):
    """Compute the means and the standard deviations of the values that are given, by weight.

    Parameters
    ----------
    values : ndarray of shape (n_samples * horizon, n_targets)
        Relative targets; NaN where missing.
    weights : ndarray of shape (n_samples,) or None
        Weight of each sample; None weighs all alike.
    horizon : int
        Values of a sample.

    Returns
    -------
    mean, scale : ndarray of shape (n_targets,)
        Of the given values.

    Raises
    ------
    ValueError
        If the values are too large for a variance.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        if weights is None:
            mean, scale = np.nanmean(values, axis=0), np.nanstd(values, axis=0)
        else:
            given = ~np.isnan(values)
            shares = given * np.repeat(weights, horizon)[:, None]
            shares = shares / shares.sum(axis=0)
            values = np.where(given, values, 0.0)
            mean = (shares * values).sum(axis=0)
            scale = np.sqrt((shares * np.square(values - mean)).sum(axis=0))
    if not np.isfinite(scale).all():
        raise ValueError(
            "y holds values that are too large to standardise: their variance is beyond 64-bit "
            "numbers. Mend them, or divide y by a constant."
        )
    return mean, scale
