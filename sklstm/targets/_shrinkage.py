"""How much of what a network forecasts is to be believed."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from copy import copy

import numpy as np

# Part of the moments, the last ones, that a trial forecasts.
_LATER = 1 / 3


def shrinkage_by_trial(forecaster, sequences, targets, rng) -> np.ndarray | None:
    """Let the same fit on the first two thirds of the moments forecast the last third.

    Parameters
    ----------
    forecaster : LSTMForecaster
        Fitted on all of them.
    sequences : Sequences
        What it was fitted on.
    targets : ndarray of shape (n_samples, n_outputs)
        Their targets.
    rng : numpy.random.Generator
        As it was before that fit.

    Returns
    -------
    ndarray of shape (n_targets,)
        What to multiply the answers by; None if there are too few moments to say.
    """
    y_is_path, horizon = forecaster._y_is_path, forecaster._sizes["horizon"]
    fewest = 2 if y_is_path else max(2, horizon)
    parts = _parts_in_time(sequences.origin, fewest, reach=forecaster._reach_of_targets())
    if parts is None:
        return None
    earlier, later = parts
    trial = copy(forecaster)
    trial.callbacks, trial.metrics, trial.verbose = None, None, 0
    trial._learn(sequences.take(earlier), targets[earlier], rng, epochs=trial.epochs)
    prepared = trial._prepare(sequences.take(later))
    answered = np.flatnonzero(prepared.count > 0)
    came = trial._targets_of(prepared, targets[later], answered, np.arange(len(later)))
    came = (came - trial._y_mean) / trial._y_scale
    said = trial._answers(prepared.take(answered), of_steps=False)
    said = said.reshape(-1, trial._n_targets, trial._n_quantiles)[..., trial._middle]
    return slope_of_truth(said, came.reshape(said.shape))


def slope_of_truth(said: np.ndarray, came: np.ndarray) -> np.ndarray:
    """Regress what came on what was forecast, through the origin.

    Parameters
    ----------
    said, came : ndarray of shape (n_moments, n_targets)
        Forecasts and truth, both relative to what is expected anyway. NaN has not come.

    Returns
    -------
    ndarray of shape (n_targets,)
        Slopes, at least 0 and at most 1; 1 where nothing was forecast.
    """
    there = ~np.isnan(came)
    products = np.where(there, said * came, 0.0).sum(axis=0)
    squares = np.where(there, said**2, 0.0).sum(axis=0)
    slopes = np.divide(products, squares, out=np.ones_like(squares), where=squares > 0)
    return np.clip(slopes, 0.0, 1.0)


def _parts_in_time(origin, fewest, *, reach):
    """Return positions to train on, and later ones of the same series to forecast, or None."""
    moments = np.unique(origin.time)
    first = moments[len(moments) - int(np.ceil(_LATER * len(moments)))]
    earlier, later = origin.time < first - reach, origin.time >= first
    n_rows = np.bincount(origin.series[earlier], minlength=len(origin.series_keys))
    long_enough = (n_rows >= fewest)[origin.series]
    earlier, later = np.flatnonzero(earlier & long_enough), np.flatnonzero(later & long_enough)
    return (earlier, later) if len(earlier) and len(later) else None
