"""The arithmetic of runs of rows, beside loops that say the same."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sklstm.utils import _ragged as ragged

N_ROWS = 40


def runs(seed, n=30):
    """Runs anywhere among the rows, empty ones and overlapping ones among them."""
    rng = np.random.default_rng(seed)
    start = rng.integers(0, N_ROWS + 1, size=n)
    return start, np.minimum(rng.integers(0, 6, size=n), N_ROWS - start)


def lists(start, count):
    return [list(range(s, s + c)) for s, c in zip(start, count, strict=True)]


def assert_is(found, naive):
    assert_array_equal(found, np.array(naive, dtype=found.dtype))


@pytest.mark.parametrize("seed", range(5))
def test_they_equal_loops(seed, monkeypatch):
    monkeypatch.setattr(ragged, "_RUNS_AT_ONCE", 7)
    start, count = runs(seed)
    naive = lists(start, count)
    rng = np.random.default_rng(seed)
    starts, n_before = [], 0
    for own in naive:
        starts.append(n_before)
        n_before += len(own)
    assert_is(ragged.packed_starts(count), starts)
    assert_is(ragged.runs_of_rows(count), [run for run, own in enumerate(naive) for _ in own])
    assert_is(ragged.rows_of_runs(start, count), [row for own in naive for row in own])
    assert_is(
        ragged.multiplicity(start, count, N_ROWS),
        [sum(row in own for own in naive) for row in range(N_ROWS)],
    )
    asked = rng.permutation(N_ROWS)[:25]
    held = [any(row in own for own in naive) for row in asked]
    assert_is(ragged.are_held(start, count, asked), held)
    flags = rng.random(N_ROWS) < 0.2
    assert_is(
        ragged.hold_any(start, count, flags), [any(flags[row] for row in own) for own in naive]
    )


@pytest.mark.parametrize("seed", range(5))
def test_means_are_those_of_each_run_alone(seed):
    start, count = runs(seed)
    values = np.random.default_rng(seed).normal(size=(N_ROWS, 2))
    means = ragged.means_of_runs(values, start, count)
    for mean, own in zip(means, lists(start, count), strict=True):
        assert np.isfinite(mean).all()
        if own:
            assert_allclose(mean, values[own].mean(axis=0), rtol=1e-12)


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_chunks_follow_each_other(size):
    start, count = runs(0)
    naive = []
    for run, own in enumerate(lists(start, count)):
        naive += [(own[k], len(own[k : k + size]), run) for k in range(0, len(own), size)]
    for found, expected in zip(
        ragged.cut_runs(start, count, size), zip(*naive, strict=True), strict=True
    ):
        assert_is(found, expected)


def test_no_runs_have_no_rows():
    none = np.empty(0, dtype=int)
    assert ragged.rows_of_runs(none, none).shape == (0,)
    assert_array_equal(ragged.multiplicity(none, none, 3), [0, 0, 0])
    assert_array_equal(ragged.are_held(none, none, np.arange(3)), [False] * 3)
    assert ragged.are_held(*runs(0), none).shape == (0,)
