"""Seasonal profiles, smoothed to the harmonics that forecast left-out cycles best."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np

# Blocks of cycles, each left out in turn.
_BLOCKS = 5
# Harmonics that are tried one by one; beyond them ever wider apart.
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
        Code of the series, and time in steps of the clock.
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
    cycle = time // length - time.min() // length
    n_cycles = int(cycle.max()) + 1
    n_blocks = min(_BLOCKS, n_cycles)
    block = cycle * n_blocks // n_cycles

    def sums_of(some):
        cell, shape = series[some] * length + time[some] % length, (n_series, length, -1)
        counts = np.bincount(cell, minlength=n_series * length).reshape(shape)
        columns = [np.bincount(cell, column, n_series * length) for column in values[some].T]
        return counts, np.stack(columns, axis=1).reshape(shape)

    count, sums = sums_of(slice(None))
    if n_blocks == 1:
        return _means(count, sums)
    numbers = _numbers_of_harmonics(length)
    errors = np.zeros(len(numbers))
    for left_out in range(n_blocks):
        count_out, sums_out = sums_of(block == left_out)
        learned = _means(count - count_out, sums - sums_out)[:-1]
        # Squared errors, but for the squares of the values, which are the same for all.
        errors += [
            (count_out * smooth**2 - 2 * sums_out * smooth).sum()
            for smooth in (_smoothed(learned, n) for n in numbers)
        ]
    return _smoothed(_means(count, sums), numbers[int(errors.argmin())])


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
