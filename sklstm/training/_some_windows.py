"""What some of the windows of a fit say of all of them."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np

from sklstm.preprocessing._long_windows import without_unreached_steps
from sklstm.preprocessing._window_index import WindowIndex

# Windows, and numbers in them, that are looked at.
_N_WINDOWS = 2_000
_N_NUMBERS = 1 << 21
# A feature that is constant in at least this part of the windows has levels that they do not tell.
# With a tenth, it would be sensors that are stuck for a while, whose levels mean nothing later.
_STILL_PART = 0.5


def some_windows(index: WindowIndex) -> tuple[np.ndarray, np.ndarray]:
    """Materialise windows that are spread evenly over all that hold a step.

    Parameters
    ----------
    index : WindowIndex
        The windows.

    Returns
    -------
    positions : ndarray of shape (n_some,)
        Of at most 2,000 windows.
    windows : ndarray of shape (n_some, n_reached, n_features)
        They, without the steps that none reaches; missing steps are NaN.
    """
    index = without_unreached_steps(index)
    some = np.flatnonzero(index.count > 0)
    fitting = _N_NUMBERS // (index.window * index.n_features)
    n_windows = min(_N_WINDOWS, max(fitting, 1))
    some = some[np.unique(np.linspace(0, len(some) - 1, n_windows).astype(np.intp))]
    return some, index.take(some).materialize()


def newest_observed(windows: np.ndarray) -> np.ndarray:
    """Find the newest observed step up to each step.

    Parameters
    ----------
    windows : ndarray of shape (n_windows, n_steps, n_features)
        Missing steps are NaN.

    Returns
    -------
    ndarray of shape (n_windows, n_steps, 1)
        Its position; -1 before the first one.
    """
    steps = np.arange(windows.shape[1])[:, None]
    return np.maximum.accumulate(np.where(np.isnan(windows[..., :1]), -1, steps), axis=1)


def still_features(windows: np.ndarray) -> tuple[int, ...]:
    """Find the features whose level a window does not tell when it is read relative to itself.

    Parameters
    ----------
    windows : ndarray of shape (n_windows, n_steps, n_features)
        Some windows, each with a step; missing steps are NaN.

    Returns
    -------
    tuple of int
        Features that differ between windows and are constant in at least half of them: what
        belongs to a series, a flag, a value of the sample that is repeated in each step.
    """
    low, high = np.nanmin(windows, axis=1), np.nanmax(windows, axis=1)
    constant = low == high
    differs = low.min(axis=0) < high.max(axis=0)
    return tuple(np.flatnonzero(differs & (constant.mean(axis=0) >= _STILL_PART)).tolist())
