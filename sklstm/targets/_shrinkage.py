"""What a trial says of forecasts: how much to shrink them, and to spread their quantiles."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np

from sklstm.preprocessing._window_index import WindowIndex
from sklstm.targets._target_layout import TargetLayout

# Part of the timestamps, the last ones, that a trial forecasts.
_LATER = 1 / 3
# Further than this from the median, no quantile is moved: the trial says that they mean nothing.
_LARGEST_SPREAD = 10.0


def shrinkage_factor(y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
    """Regress actual values on forecasts, through the origin.

    Parameters
    ----------
    y_true, y_pred : ndarray of shape (n, n_targets)
        Actual values and forecasts, standardised. NaN in `y_true` is missing.

    Returns
    -------
    ndarray of shape (n_targets,)
        Slopes, at least 0 and at most 1; 1 where all forecasts are 0.
    """
    observed = ~np.isnan(y_true)
    products = np.where(observed, y_pred * y_true, 0.0).sum(axis=0)
    squares = np.where(observed, y_pred**2, 0.0).sum(axis=0)
    slopes = np.divide(products, squares, out=np.ones_like(squares), where=squares > 0)
    return np.clip(slopes, 0.0, 1.0)


def split_for_trial(
    index: WindowIndex, fewest_rows: int, *, look_ahead: int
) -> tuple[np.ndarray, np.ndarray] | None:
    """Split samples in time: the first two thirds to train on, the last third to forecast.

    Parameters
    ----------
    index : WindowIndex
        The samples.
    fewest_rows : int
        Rows that a series needs in the first part; shorter ones are left out.
    look_ahead : int
        Steps that targets of the first part reach ahead; as many are left out between the two.

    Returns
    -------
    earlier, later : ndarray
        Positions; None in place of both if a part would be empty.
    """
    times = np.unique(index.time)
    first = times[len(times) - int(np.ceil(_LATER * len(times)))]
    earlier, later = index.time < first - look_ahead, index.time >= first
    n_rows = np.bincount(index.series[earlier], minlength=len(index.series_keys))
    long_enough = (n_rows >= fewest_rows)[index.series]
    earlier, later = np.flatnonzero(earlier & long_enough), np.flatnonzero(later & long_enough)
    return (earlier, later) if len(earlier) and len(later) else None


def spread_of_quantiles(
    y_true: np.ndarray,
    y_pred: np.ndarray,
    factor: np.ndarray,
    layout: TargetLayout,
    weights: np.ndarray | None = None,
) -> np.ndarray | None:
    """Learn how much further from the median each quantile must lie to be exceeded as it says.

    Parameters
    ----------
    y_true : ndarray of shape (n, n_targets)
        Actual values, standardised; NaN is missing.
    y_pred : ndarray of shape (n, n_targets, n_quantiles)
        Forecasts of the quantiles, not shrunk.
    factor : ndarray of shape (n_targets,)
        The shrinkage factors of the median.
    layout : TargetLayout
        The quantiles.
    weights : ndarray of shape (n,) or None, default=None
        How much each forecast counts; None counts all alike.

    Returns
    -------
    ndarray of shape (n_targets, n_quantiles) or None
        At least 1, since a trial is no reason to be surer than the network is; 1 for the median.
        None where there are no quantiles.
    """
    if not layout.quantiles:
        return None
    median = y_pred[..., layout.median]
    errors, distances = y_true - factor * median, y_pred - median[..., None]
    spread = np.ones(distances.shape[1:])
    for target in range(spread.shape[0]):
        for position, level in enumerate(layout.quantiles):
            distance = distances[:, target, position]
            apart = ~np.isnan(errors[:, target]) & (distance * (level - 0.5) > 0)
            if weights is not None:
                apart &= weights > 0
            if not apart.any():
                continue
            # What lies between the median and the quantile, in either direction, is below 1.
            ratios = errors[apart, target] / distance[apart]
            spread[target, position] = np.quantile(
                ratios,
                max(level, 1 - level),
                method="inverted_cdf",
                weights=None if weights is None else weights[apart],
            )
    return np.clip(spread, 1.0, _LARGEST_SPREAD)


def shrink_outputs(
    outputs: np.ndarray,
    factor: np.ndarray,
    layout: TargetLayout,
    spread: np.ndarray | None = None,
) -> np.ndarray:
    """Shrink the median of each target, and spread the other quantiles around it.

    Outputs are linear in the last layer, so its weights may stand in place of the outputs.

    Parameters
    ----------
    outputs : ndarray of shape (..., n_outputs)
        Standardised outputs, or the kernel or bias of the layer that gives them; the last axis may
        hold one step ahead or all of them.
    factor : ndarray of shape (n_targets,)
        The shrinkage factors.
    layout : TargetLayout
        What an output means.
    spread : ndarray of shape (n_targets, n_quantiles) or None, default=None
        What the distances of quantiles from the median are multiplied by; None keeps them.

    Returns
    -------
    ndarray of the same shape and type
        Shrunk, and spread.
    """
    parts = outputs.reshape(*outputs.shape[:-1], -1, layout.n_targets, layout.n_quantiles)
    median = parts[..., layout.median, None]
    distances = parts - median
    shrunk = factor[:, None] * median + (distances if spread is None else spread * distances)
    return shrunk.astype(outputs.dtype).reshape(outputs.shape)
