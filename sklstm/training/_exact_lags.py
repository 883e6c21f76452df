"""Which features act at an exact lag, so that the mean of a patch does not tell what they say."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklstm.training._some_windows import newest_observed
from sklstm.training._training_set import TrainingSet

# A correlation of fewer standard errors than this is chance, among all the lags that are tried.
_STANDARD_ERRORS = 4.0
# The part of the mean squared error that the steps of a feature have to take away. On real weather
# and transformers they took away at most 2 %, and mostly added to it.
_LEAST_GAIN = 0.03


def features_at_exact_lags(
    data: TrainingSet, some: np.ndarray, windows: np.ndarray, own, size: int
) -> tuple[int, ...]:
    """Find the features of which each step has to be read, not the mean of each patch.

    A ridge regression on some of the windows tells: it is fitted on the first two thirds of their
    time, to the steps of the past of the targets and the patch means of the other features. It
    then is given the steps of a feature as well, and must get better in the last third.

    Parameters
    ----------
    data : TrainingSet
        Windows and relative targets.
    some, windows : ndarray of shape (n_some,) and (n_some, n_steps, n_features)
        Positions of some of the windows, and these; missing steps are NaN.
    own : sequence of int
        Features that hold the past of the targets, which are read step by step anyway.
    size : int
        Steps of a patch.

    Returns
    -------
    tuple of int
        Features other than those.
    """
    own = np.unique(own)
    others = np.setdiff1d(np.arange(data.index.n_features), own)
    targets = data.targets[some]
    when = data.index.time[some] if data.index.knows_time else some
    in_time = np.argsort(when, kind="stable")
    in_time = in_time[~np.isnan(targets[in_time]).any(axis=1)]
    windows, targets, when = windows[in_time], targets[in_time], when[in_time]
    n_earlier = 2 * len(when) // 3
    if n_earlier == 0 or windows.shape[1] < size:
        return ()
    horizon = targets.shape[1] // len(own)
    # No target of the earlier part reaches into the later one.
    earlier, later = when + horizon <= when[n_earlier], slice(n_earlier, None)
    if not earlier.any():
        return ()
    if np.isnan(windows).any():
        windows = _carry_forward(windows)
    last = windows[:, -1]
    # Patches are counted back from the end.
    windows = windows[:, windows.shape[1] % size :] - last[:, None]
    patches = windows.reshape(len(windows), -1, size, windows.shape[2])
    means = patches.mean(axis=2)
    steps = (patches - means[:, :, None]).reshape(windows.shape)
    parts = (windows[:, :, own], means[:, :, others], last)
    read = np.concatenate([part.reshape(len(part), -1) for part in parts], axis=1)

    def error_and_residuals(inputs):
        model = make_pipeline(StandardScaler(), Ridge()).fit(inputs[earlier], targets[earlier])
        residuals = targets - model.predict(inputs).reshape(targets.shape)
        return np.mean(np.square(residuals[later])), residuals[earlier]

    error, residuals = error_and_residuals(read)
    chance = _STANDARD_ERRORS / np.sqrt(earlier.sum())
    found = []
    for feature in others:
        if _largest_correlation(steps[earlier, :, feature], residuals) > chance:
            with_steps, _ = error_and_residuals(np.hstack([read, steps[:, :, feature]]))
            if with_steps < (1 - _LEAST_GAIN) * error:
                found.append(int(feature))
    return tuple(found)


def _carry_forward(windows):
    """Give a missing step the values of the step before it, or of the first observed one."""
    first = np.isnan(windows[..., :1]).argmin(axis=1, keepdims=True)
    return np.take_along_axis(windows, np.maximum(newest_observed(windows), first), axis=1)


def _largest_correlation(steps, residuals):
    """Return the largest absolute correlation of a step with a residual."""
    steps, residuals = steps - steps.mean(axis=0), residuals - residuals.mean(axis=0)
    products = np.abs(steps.T @ residuals)
    norms = np.outer(np.linalg.norm(steps, axis=0), np.linalg.norm(residuals, axis=0))
    return np.max(np.divide(products, norms, out=np.zeros_like(products), where=norms > 0))
