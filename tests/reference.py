"""Naive loops that define windows, for the tests to compare with."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np


def windows_by_position(rows, series, *, window, lead):
    """Window of each row, by counting rows of the same series."""
    windows = np.full((len(rows), window, rows.shape[1]), np.nan)
    for i in range(len(rows)):
        past = [j for j in range(i + 1) if series[j] == series[i]]
        past = past[: max(0, len(past) - lead)]
        for step, j in enumerate(reversed(past[-window:])):
            windows[i, window - 1 - step] = rows[j]
    return windows


def kept_rows(labels, series, rows, *, window, lead, history):
    """Rows that a fit keeps, as {series: {label: row}}."""
    kept = {}
    for name in set(series):
        mine = sorted(i for i in range(len(rows)) if series[i] == name)
        mine.sort(key=lambda i: labels[i])
        if history == "tail":
            mine = mine[max(0, len(mine) - (window + lead - 1)) :]
        kept[name] = {} if history is None else {labels[i]: rows[i] for i in mine}
    return kept


def known_rows(labels, series, rows, kept):
    """Rows that windows may hold: those of the call, and the kept ones of the same recording."""
    known = {}
    for name in set(series):
        call = {labels[i]: rows[i] for i in range(len(rows)) if series[i] == name}
        old = kept.get(name, {})
        shared = [label for label in old if label in call]
        agree = [
            all(_same(old[label][column], call[label][column]) for label in shared)
            for column in range(rows.shape[1])
        ]
        known[name] = {**(old if any(agree) else {}), **call}
    return known


def windows_by_label(labels, series, rows, *, window, lead, kept, step_back):
    """Window of each row, by looking labels up; step_back(label, k) is k steps earlier."""
    known = known_rows(labels, series, rows, kept)
    windows = np.full((len(rows), window, rows.shape[1]), np.nan)
    for i in range(len(rows)):
        for step in range(window):
            label = step_back(labels[i], lead + window - 1 - step)
            if label in known[series[i]]:
                windows[i, step] = known[series[i]][label]
    return windows


def windows_by_rank(labels, series, rows, *, window, lead, kept):
    """Window of each row, by counting back along the sorted known labels."""
    known = known_rows(labels, series, rows, kept)
    windows = np.full((len(rows), window, rows.shape[1]), np.nan)
    for i in range(len(rows)):
        timeline = sorted(known[series[i]])
        for step in range(window):
            place = timeline.index(labels[i]) - (lead + window - 1 - step)
            if place >= 0:
                windows[i, step] = known[series[i]][timeline[place]]
    return windows


def _same(a, b):
    """Equality in which NaN equals NaN."""
    return a == b or (np.isnan(a) and np.isnan(b))


def seasonal_profile(values, time, length, n_blocks):
    """Profile of one gapless series: as many harmonics as forecast left-out cycles best."""
    blocks = np.array_split(np.arange(len(values) // length), n_blocks)
    errors = {}
    for n_harmonics in range(length // 2 + 1):
        errors[n_harmonics] = 0.0
        for block in blocks:
            out = np.isin(time // length, block)
            profile = _harmonic_regression(values[~out], time[~out], length, n_harmonics)
            errors[n_harmonics] += ((values[out] - profile[time[out] % length]) ** 2).sum()
    return _harmonic_regression(values, time, length, min(errors, key=errors.get))


def _harmonic_regression(values, time, length, n_harmonics):
    def waves(times):
        angles = [2 * np.pi * k * times / length for k in range(1, n_harmonics + 1)]
        return np.stack([np.ones(len(times)), *map(np.sin, angles), *map(np.cos, angles)], axis=1)

    coefficients = np.linalg.lstsq(waves(time), values, rcond=None)[0]
    return waves(np.arange(length)) @ coefficients
