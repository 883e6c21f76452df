"""Seasonal profiles, as smooth as forecasts of left-out cycles want them."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np

# Blocks of cycles that are left out, each in its turn.
_BLOCKS = 5
# So many harmonics are tried one by one, and beyond them ever wider apart.
_ONE_BY_ONE = 12


def fit_profiles(
    values: np.ndarray, series: np.ndarray, time: np.ndarray, length: int, n_series: int
) -> np.ndarray:
    """Learn what a season adds to each series in each of its steps.

    The means of the steps are smoothed to the first few harmonics of the season. Their number, the
    same for all series, is the one by which the others forecast each fifth of the cycles best.

    Parameters
    ----------
    values : ndarray of shape (n_samples, n_targets)
        Values without the level of their series.
    series, time : ndarray of shape (n_samples,)
        Number of the series, and moment.
    length : int
        Steps of the season.
    n_series : int
        Number of series.

    Returns
    -------
    ndarray of shape (n_series + 1, length, n_targets)
        The profiles; the last one, of all series together, stands for one that was not seen. Where
        a series has no value in a step, the values of the others go in its place, and 0 where
        nobody has one. With fewer than two cycles nothing is smoothed.
    """
    cycle, phase = np.divmod(time, length)
    cycle = cycle - cycle.min()
    n_blocks = min(_BLOCKS, int(cycle.max()) + 1)
    block = cycle * n_blocks // (cycle.max() + 1)
    shape = (n_blocks, n_series, length)
    cell = np.ravel_multi_index((block, series, phase), shape)
    n_cells = n_blocks * n_series * length
    count = np.bincount(cell, minlength=n_cells).reshape(*shape, 1)
    sums = np.stack([np.bincount(cell, column, n_cells) for column in values.T], axis=1)
    sums = sums.reshape(*shape, -1)
    means = _means(count.sum(axis=0), sums.sum(axis=0))
    numbers = _numbers_of_harmonics(length)
    if n_blocks == 1:
        return means
    errors = np.zeros(len(numbers))
    for left_out in range(n_blocks):
        others = np.arange(n_blocks) != left_out
        learned = _means(count[others].sum(axis=0), sums[others].sum(axis=0))[:-1]
        # Squared errors, but for the squares of the values, which are the same for all.
        errors += [
            (count[left_out] * smooth**2 - 2 * sums[left_out] * smooth).sum()
            for smooth in (_smoothed(learned, n) for n in numbers)
        ]
    return _smoothed(means, numbers[int(errors.argmin())])


def _means(count, sums):
    """Return the mean of each series in each step, and that of all series in the end."""
    count = np.concatenate([count, count.sum(axis=0, keepdims=True)])
    means = np.concatenate([sums, sums.sum(axis=0, keepdims=True)]) / np.maximum(count, 1)
    return np.where(count > 0, means, means[-1])


def _numbers_of_harmonics(length):
    most = length // 2
    wider = np.geomspace(min(_ONE_BY_ONE, most), most, num=_ONE_BY_ONE).astype(int)
    return np.unique([*range(min(_ONE_BY_ONE, most) + 1), *wider])


def _smoothed(profiles, n_harmonics):
    length = profiles.shape[1]
    if n_harmonics >= length // 2:
        return profiles
    waves = np.fft.rfft(profiles, axis=1)
    waves[:, n_harmonics + 1 :] = 0
    return np.fft.irfft(waves, n=length, axis=1)
