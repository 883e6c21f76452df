"""Index independent sequences that lie in an array."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np

from sklstm.preprocessing._window_index import WindowIndex
from sklstm.utils._ragged import packed_starts


def index_array(X: np.ndarray) -> WindowIndex:
    """Index independent sequences that lie in an array.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_steps, n_features) or (n_samples, n_steps)
        Sequences. A step whose features are all NaN is missing.

    Returns
    -------
    WindowIndex
        The observed steps, one sequence after the other.

    Raises
    ------
    ValueError
        If some features of a step are missing, but not all.
    """
    n_samples, n_steps = X.shape[:2]
    rows = X.reshape(n_samples * n_steps, -1)
    # The usual case by one fast pass: the least number is NaN if any is.
    if not np.isnan(rows.min(initial=0.0)):
        count = np.full(n_samples, n_steps)
        return WindowIndex(rows, packed_starts(count), count, n_steps)
    missing = np.isnan(rows)
    observed = ~missing.all(axis=1)
    _refuse_partly_missing_steps(missing, observed, n_steps)
    count = observed.reshape(n_samples, n_steps).sum(axis=1)
    return WindowIndex(
        rows=rows[observed],
        start=packed_starts(count),
        count=count,
        window=n_steps,
        keys=np.flatnonzero(observed),
        end=(np.arange(n_samples) + 1) * n_steps - 1,
    )


def _refuse_partly_missing_steps(missing, observed, n_steps) -> None:
    partly = missing.any(axis=1) & observed
    if partly.any():
        sample, step = divmod(int(partly.argmax()), n_steps)
        features = np.flatnonzero(missing[partly].any(axis=0)).tolist()
        raise ValueError(
            f"X has {int(partly.sum())} steps in which some features are NaN and others are not, "
            f"first at X[{sample}, {step}], in features {features}. A step is either observed or "
            "missing as a whole (all NaN): set these steps to NaN as a whole, which a network "
            "skips, or fill the gaps first (sklearn.impute.SimpleImputer takes the rows of one "
            "sequence, not sequences)."
        )
