"""Horizon targets: the values of the next time steps, looked up among the rows of a call."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np

from sklstm.preprocessing._key_lookup import look_up_ahead
from sklstm.preprocessing._window_index import WindowIndex


def cut_horizon_targets(
    samples: WindowIndex, among: WindowIndex, y: np.ndarray, horizon: int
) -> np.ndarray:
    """Look up what follows each sample in its series: its own value and the next ones.

    Only the given rows are looked at, so the targets of a training fold end where the fold does.

    Parameters
    ----------
    samples : WindowIndex
        The samples to cut targets for.
    among : WindowIndex
        The samples whose values may be used, each once.
    y : ndarray of shape (n_among, n_targets)
        Their values.
    horizon : int
        Steps ahead.

    Returns
    -------
    ndarray of shape (n_samples, horizon, n_targets), float64
        NaN at the steps ahead that have no row.
    """
    keys = among.end + among.lead
    order = np.argsort(keys, kind="stable")
    return look_up_ahead(keys[order], y[order], samples.end + samples.lead, horizon)


def check_long_enough(index: WindowIndex, horizon: int) -> None:
    """Refuse series that do not hold a value for each step ahead of a single row.

    Parameters
    ----------
    index : WindowIndex
        The samples that horizon targets are cut from.
    horizon : int
        Steps ahead.

    Raises
    ------
    ValueError
        If samples do not know what follows them, or if a series has fewer rows than steps ahead.
    """
    if not index.knows_time:
        raise ValueError(
            f"horizon={horizon} with y of one value a sample needs windows straight from "
            "SequenceWindower, which know what comes after each; X does not (a step after the "
            "windower may have lost it). Or give y with its steps ahead, (n_samples, horizon)."
        )
    n_rows = np.bincount(index.series, minlength=len(index.series_keys))
    short = np.flatnonzero((n_rows > 0) & (n_rows < horizon))
    if len(short):
        several = len(index.series_keys) > 1
        which = f"Series {index.series_keys[short[0]]!r}" if several else "The series"
        raise ValueError(
            f"{which} has {n_rows[short[0]]} rows to cut targets from, but horizon={horizon} is "
            "longer. Give it more rows, a shorter horizon, or leave it out."
        )
