"""Which steps of windows are labelled, with the compiled kernels and without."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
import tensorflow as tf
from numpy.testing import assert_array_equal

from sklstm.networks._kernels import load_kernels
from sklstm.networks._labelled_steps import labelled_steps
from sklstm.networks._layers import steps_of_windows
from sklstm.networks._task import Examples
from sklstm.networks._windows import WindowSet
from tests.networks.helpers import needs_kernels

engines = pytest.mark.parametrize("with_kernels", [False, pytest.param(True, marks=needs_kernels)])


def case(n_targets, n_answers, seed=0):
    """Windows of different lengths, some empty, over rows of which some have no label."""
    rng = np.random.default_rng(seed)
    table = rng.normal(size=(40, n_targets + 1)).astype(np.float32)
    table[rng.random(40) < 0.4, :-1] = np.nan
    # A moment of a path may be missing without the others.
    table[0, 0] = np.nan
    start = rng.integers(0, 30, size=7).astype(np.int32)
    count = rng.integers(0, 10, size=7).astype(np.int32)
    start[0], count[0] = 0, 4
    answers = rng.normal(size=(count.max() * 7, n_answers)).astype(np.float32)
    return table, start, count, answers


def by_loop(table, start, count, answers):
    found = [], [], [], []
    for step in range(count.max()):
        for s in range(len(start)):
            row = table[start[s] + step] if step < count[s] else None
            if row is None or np.isnan(row[:-1]).all():
                continue
            at = step * len(start) + s
            for part, value in zip(found, (answers[at], row[:-1], row[-1], at), strict=True):
                part.append(value)
    return tuple(map(np.array, found))


@engines
@pytest.mark.parametrize("n_targets", [1, 3])
@pytest.mark.parametrize("n_answers", [1, 6])
def test_labels_are_those_of_a_loop(with_kernels, n_targets, n_answers):
    table, start, count, answers = case(n_targets, n_answers)
    *expected, places = by_loop(table, start, count, answers)
    steps = steps_of_windows(tf.constant(table), tf.constant(start), tf.constant(count))
    answers = tf.constant(answers)
    weight = np.random.default_rng(1).normal(size=expected[0].shape).astype(np.float32)

    @tf.function(autograph=False)
    def run(answers):
        with tf.GradientTape() as tape:
            tape.watch(answers)
            found = labelled_steps(tf.constant(table), steps, answers, with_kernels=with_kernels)
            loss = tf.reduce_sum(found[0] * weight)
        return found, tf.convert_to_tensor(tape.gradient(loss, answers))

    found, gradient = run(answers)
    for ours, naive in zip(found, expected, strict=True):
        assert_array_equal(ours, naive)
    placed = np.zeros(answers.shape, np.float32)
    placed[places] = weight
    assert_array_equal(gradient, placed)


@engines
def test_nothing_may_be_labelled(with_kernels):
    table, start, count, answers = case(1, 2)
    table[:, 0] = np.nan
    steps = steps_of_windows(tf.constant(table), tf.constant(start), tf.constant(count))
    found = labelled_steps(
        tf.constant(table), steps, tf.constant(answers), with_kernels=with_kernels
    )
    assert [tuple(part.shape) for part in found] == [(0, 2), (0, 1), (0,)]


@needs_kernels
@pytest.mark.parametrize(("start", "count"), [(38, 3), (-1, 2), (0, 11)])
def test_windows_outside_the_rows_are_refused(start, count):
    table = tf.zeros([40, 2])
    with pytest.raises(tf.errors.InvalidArgumentError, match="lies outside the 40 rows"):
        load_kernels().sklstm_labels(table, [start], [count], 10)


@needs_kernels
def test_rows_outside_the_table_are_refused():
    kernels, table = load_kernels(), tf.zeros([4, 2])
    for where in ([4], [-1]):
        with pytest.raises(tf.errors.InvalidArgumentError, match="outside the table"):
            kernels.sklstm_take(table, where, 4)
        with pytest.raises(tf.errors.InvalidArgumentError, match="outside the table"):
            kernels.sklstm_place(table[:1], where, 4)
    with pytest.raises(tf.errors.InvalidArgumentError, match="outside the table"):
        kernels.sklstm_place(table, [0], 4)


def test_a_part_without_a_label_is_noticed():
    windows = WindowSet(
        np.zeros((6, 1), np.float32), np.array([0, 2, 4], np.int32), np.array([2, 2, 2], np.int32)
    )
    targets = np.array([[0], [np.nan], [np.nan], [1], [2], [3]], np.float32)
    series, weights = np.array([0, 0, 1]), np.ones(6, np.float32)
    assert Examples(windows, targets, weights, series).are_labelled()
    targets = np.array([[0], [1], [np.nan], [np.nan], [2], [3]], np.float32)
    assert not Examples(windows, targets, weights, series).are_labelled()
