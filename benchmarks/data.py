"""The data of a row: the same numbers in every process, from a seed."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass

import numpy as np

from benchmarks.cases import Case

# The value of a missing step for layers that mask by a value.
MASK_VALUE = -9.0


@dataclass(frozen=True, eq=False)
class Data:
    """Windows and targets, standardised, float32; a missing step is NaN in all features."""

    X: np.ndarray
    y: np.ndarray


def make_series(n_rows: int, n_features: int, seed: int) -> np.ndarray:
    """Draw autoregressive channels: each row is nine tenths of the one before, plus noise."""
    rng = np.random.default_rng(seed)
    series = rng.standard_normal((n_rows, n_features), dtype=np.float32)
    for lag in (1, 2, 4, 8, 16):
        series[lag:] += np.float32(0.9**lag) * series[:-lag].copy()
    series -= series.mean(axis=0)
    series /= series.std(axis=0)
    return series


def cut(series: np.ndarray, window: int) -> np.ndarray:
    """Cut all windows, as a view (n_rows - window + 1, window, n_features)."""
    return np.lib.stride_tricks.sliding_window_view(series, window, axis=0).transpose(0, 2, 1)


def make_data(case: Case) -> Data:
    """Make the training data of a row."""
    n = case.n_windows + case.horizon - 1
    series = make_series(n + case.window, case.n_features, case.seed)
    X = np.ascontiguousarray(cut(series, case.window)[:n])
    rng = np.random.default_rng(case.seed + 1)
    y = np.tanh(X[:, -4:, 0].sum(axis=1)) + 0.5 * X[:, -8:, 1].mean(axis=1) * X[:, -1, 2]
    y = y + 0.1 * rng.standard_normal(len(y))
    if case.horizon > 1:
        y = np.lib.stride_tricks.sliding_window_view(y, case.horizon)
    X = X[: case.n_windows]
    if case.missing:
        X[rng.random(X.shape[:2]) < case.missing] = np.nan
    # Exactly what the estimators of sklstm do inside, so it makes no difference to them.
    X = X - np.nanmean(X, axis=(0, 1), dtype=np.float64)
    X = X / np.nanstd(X, axis=(0, 1), dtype=np.float64)
    y = (y - y.mean()) / y.std()
    return Data(X.astype(np.float32), y.astype(np.float32))


def make_new_windows(case: Case) -> tuple[np.ndarray, np.ndarray]:
    """Make the input to predict from: the series, and the array of its windows.

    The array has one window for each of the last ``case.n_predicted`` rows.
    """
    series = make_series(case.n_predicted + case.window - 1, case.n_features, case.seed + 2)
    return series, np.ascontiguousarray(cut(series, case.window))


def make_folds(case: Case) -> list[tuple[np.ndarray, np.ndarray]]:
    """Split the rows of a grid search in time."""
    from sklearn.model_selection import TimeSeriesSplit

    return list(TimeSeriesSplit(case.n_folds).split(np.empty((case.n_windows, 1))))
