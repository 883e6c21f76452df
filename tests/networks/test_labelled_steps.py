"""The labelled steps of windows and their outputs, with the native code and without."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
import tensorflow as tf
from numpy.testing import assert_allclose, assert_array_equal

from sklstm.networks._labelled_steps import dense_at, labelled_steps
from sklstm.networks._layers import input_of_windows
from sklstm.networks._native_operations import load_operations
from sklstm.networks._network_input import NetworkInput
from sklstm.networks._task import Examples
from tests.networks.helpers import needs_native

engines = pytest.mark.parametrize("with_native", [False, pytest.param(True, marks=needs_native)])


def case(n_targets, seed=0):
    """Draw windows of different lengths, some empty, over rows some of which have no label."""
    rng = np.random.default_rng(seed)
    table = rng.normal(size=(40, n_targets + 1)).astype(np.float32)
    table[rng.random(40) < 0.4, :-1] = np.nan
    # The target of one step ahead may be missing without the others.
    table[0, 0] = np.nan
    start = rng.integers(0, 30, size=7).astype(np.int32)
    count = rng.integers(0, 10, size=7).astype(np.int32)
    start[0], count[0] = 0, 4
    return table, input_of_windows(*map(tf.constant, (table, start, count)))


@engines
@pytest.mark.parametrize("n_targets", [1, 3])
def test_labels_are_those_of_a_loop(with_native, n_targets):
    table, steps = case(n_targets)
    where, targets, weights = [], [], []
    for step in range(steps.n_steps):
        for s in range(7):
            row = table[steps.start[s] + step] if step < steps.count[s] else None
            if row is None or np.isnan(row[:-1]).all():
                continue
            where.append(step * 7 + s)
            targets.append(row[:-1])
            weights.append(row[-1])
    found = labelled_steps(tf.constant(table), steps, with_native=with_native)
    for ours, naive in zip(found, (where, targets, weights), strict=True):
        assert_array_equal(ours, naive)


@engines
def test_no_step_has_to_be_labelled(with_native):
    table, steps = case(1)
    table[:, 0] = np.nan
    where, *others = labelled_steps(tf.constant(table), steps, with_native=with_native)
    outputs = dense_at(
        tf.ones([10, 7, 3]), where, tf.ones([3, 2]), tf.ones([2]), with_native=with_native
    )
    assert [tuple(part.shape) for part in (where, *others, outputs)] == [(0,), (0, 1), (0,), (0, 2)]


def outputs_and_gradients(x, where, kernel, bias, weight, *, with_native):
    arguments = [tf.convert_to_tensor(part, tf.float32) for part in (x, kernel, bias)]
    with tf.GradientTape() as tape:
        tape.watch(arguments)
        x, kernel, bias = arguments
        outputs = dense_at(x, tf.constant(where, tf.int32), kernel, bias, with_native=with_native)
        loss = tf.reduce_sum(outputs * tf.constant(weight, tf.float32))
    return [outputs, *map(tf.convert_to_tensor, tape.gradient(loss, arguments))]


def dense_case(n_steps, n_units, output_size, labelled):
    rng = np.random.default_rng(n_units)
    x, kernel = rng.normal(size=(n_steps, 5, n_units)), rng.normal(size=(n_units, output_size))
    where = np.flatnonzero(rng.random(n_steps * 5) < labelled)
    return (
        x,
        where,
        kernel,
        rng.normal(size=output_size),
        rng.normal(size=(len(where), output_size)),
    )


@engines
@pytest.mark.parametrize("output_size", [1, 2, 3, 4, 5, 8, 24])
@pytest.mark.parametrize("n_units", [1, 7, 20, 32, 130])
@pytest.mark.parametrize("labelled", [0.0, 0.3, 1.0])
def test_outputs_and_gradients_of_the_dense_layer_are_those_of_its_formula(
    with_native, output_size, n_units, labelled
):
    x, where, kernel, bias, weight = dense_case(9, n_units, output_size, labelled)
    rows = x.reshape(-1, n_units)
    placed = np.zeros_like(rows)
    placed[where] = weight @ kernel.T
    placed = placed.reshape(x.shape)
    expected = rows[where] @ kernel + bias, placed, rows[where].T @ weight, weight.sum(axis=0)
    ours = outputs_and_gradients(x, where, kernel, bias, weight, with_native=with_native)
    for found, formula in zip(ours, expected, strict=True):
        assert_allclose(found, formula, rtol=1e-4, atol=1e-4)


@needs_native
@pytest.mark.parametrize("output_size", [1, 9])
def test_gradients_in_reused_memory_are_the_same(output_size):
    x, *others = dense_case(9, 20, output_size, 0.7)

    @tf.function(autograph=False)
    def in_a_graph(x, *, read_again):
        # The memory of an argument belongs to the caller.
        x = x * 2.0
        found = outputs_and_gradients(x, *others, with_native=True)
        if read_again:
            with tf.control_dependencies(found):
                found.append(x + 1.0)
        return found

    x = tf.constant(x, tf.float32)
    expected = outputs_and_gradients(x * 2.0, *others, with_native=True)
    alone, shared = (in_a_graph(x, read_again=again) for again in (False, True))
    for ours in (alone, shared):
        for found, eager in zip(ours, expected, strict=False):
            assert_array_equal(found, eager)
    assert_array_equal(shared[-1], x * 2.0 + 1.0)


@needs_native
@pytest.mark.parametrize("output_size", [2, 9])
def test_the_number_of_threads_does_not_change_a_bit_of_many_outputs(monkeypatch, output_size):
    # Enough outputs to be divided among threads.
    case = dense_case(4_000, 50, output_size, 0.7)

    def by(n_threads):
        monkeypatch.setattr(
            tf.config.threading, "get_intra_op_parallelism_threads", lambda: n_threads
        )
        return outputs_and_gradients(*case, with_native=True)

    alone = by(1)
    x, where, kernel, bias, weight = case
    rows = x.reshape(-1, 50)
    assert_allclose(alone[0], rows[where] @ kernel + bias, rtol=1e-4, atol=1e-4)
    assert_allclose(alone[2], rows[where].T @ weight, rtol=1e-3, atol=1e-2)
    for n_threads in (0, 2, 5):
        for ours, expected in zip(by(n_threads), alone, strict=True):
            assert_array_equal(ours, expected)


@needs_native
@pytest.mark.parametrize(("start", "count"), [(38, 3), (-1, 2), (0, 11)])
def test_windows_outside_the_rows_are_refused(start, count):
    table = tf.zeros([40, 2])
    with pytest.raises(tf.errors.InvalidArgumentError, match="lies outside the 40 rows"):
        load_operations().sklstm_labels(table, [start], [count], 10)


@needs_native
def test_different_numbers_of_counts_and_starts_are_refused():
    with pytest.raises(tf.errors.InvalidArgumentError, match="different lengths"):
        load_operations().sklstm_labels(tf.zeros([40, 2]), [0, 1], [1], 1)


@needs_native
@pytest.mark.parametrize("where", [[4], [-1], [1, 1], [2, 0], [0, 1, 4]])
def test_positions_outside_the_steps_or_out_of_order_are_refused(where):
    layer = tf.zeros([2, 2, 2]), where, tf.zeros([2, 1]), tf.zeros([1])
    native = load_operations()
    with pytest.raises(tf.errors.InvalidArgumentError, match="in ascending order"):
        native.sklstm_dense(*layer, n_threads=1)
    with pytest.raises(tf.errors.InvalidArgumentError, match="in ascending order"):
        native.sklstm_dense_grad(*layer, tf.zeros([len(where), 1]), n_threads=1)


@needs_native
def test_a_dense_layer_of_another_width_is_refused():
    layer = tf.zeros([2, 2, 2]), [0], tf.zeros([3, 1]), tf.zeros([1])
    with pytest.raises(tf.errors.InvalidArgumentError, match="dimension 0 of input 2 is 3, 2 is"):
        load_operations().sklstm_dense(*layer, n_threads=1)


def test_a_chunk_without_a_label_is_found():
    windows = NetworkInput(
        np.zeros((6, 1), np.float32), np.array([0, 2, 4], np.int32), np.array([2, 2, 2], np.int32)
    )
    targets = np.array([[0], [np.nan], [np.nan], [1], [2], [3]], np.float32)
    series, weights = np.array([0, 0, 1]), np.ones(6, np.float32)
    assert Examples(windows, targets, weights, series).are_labelled()
    targets = np.array([[0], [1], [np.nan], [np.nan], [2], [3]], np.float32)
    assert not Examples(windows, targets, weights, series).are_labelled()
