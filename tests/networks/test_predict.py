"""Predictions are those of Keras, and do not depend on other windows of the same call."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sklstm.networks import NetworkInput, NetworkSpec, _predict, predict, predict_steps
from tests.networks.helpers import keras_model, random_windows

# Windows of several parts, and of several threads.
MANY = 1228

pytestmark = pytest.mark.usefixtures("fast_engine")

# Widths that do not fill the vector registers, and products large enough for several threads.
SPECS = [
    NetworkSpec(1, (1,), 1, "linear"),
    NetworkSpec(2, (3,), 2, "softmax"),
    NetworkSpec(8, (32, 16), 3, "softmax", bidirectional=True),
    NetworkSpec(5, (7, 9), 1, "sigmoid", bidirectional=True),
    NetworkSpec(3, (300,), 7, "linear"),
    NetworkSpec(700, (2,), 1, "linear"),
]


def a_network(spec, seed=0):
    rng = np.random.default_rng(seed)
    weights = [w + 0.1 * rng.normal(size=w.shape) for w in spec.initial_weights(rng)]
    return [w.astype(np.float32) for w in weights]


def overlapping_windows(spec, n_windows, longest=12, seed=0):
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(n_windows + longest, spec.n_features)).astype(np.float32)
    count = rng.integers(longest + 1, size=n_windows).astype(np.int32)
    return NetworkInput(rows, np.arange(n_windows, dtype=np.int32), count)


any_network = given(
    seed=st.integers(0, 2**32 - 1),
    units=st.lists(st.integers(1, 19), min_size=1, max_size=3).map(tuple),
    bidirectional=st.booleans(),
    activation=st.sampled_from([("linear", 2), ("sigmoid", 1), ("softmax", 3)]),
    mask=st.sampled_from(["full", "left", "right", "middle", "random", "none"]),
)


@settings(max_examples=8)
@any_network
def test_predictions_are_those_of_the_masked_keras_layers(**network):
    check_predictions(**network)


@pytest.mark.slow
@settings(max_examples=25)
@any_network
def test_predictions_of_many_networks_are_those_of_the_masked_keras_layers(**network):
    check_predictions(**network)


def check_predictions(seed, units, bidirectional, activation, mask):
    rng = np.random.default_rng(seed)
    spec = NetworkSpec(3, units, activation[1], activation[0], bidirectional)
    weights = a_network(spec, seed)
    windows, X = random_windows(rng, 5, 6, 3, how=mask)
    expected = keras_model(spec, weights)(X)
    outputs = predict(spec, weights, windows)
    assert outputs.dtype == np.float32
    np.testing.assert_allclose(outputs, expected, rtol=0, atol=4e-6)


@pytest.mark.parametrize("spec", SPECS, ids=lambda s: f"{s.n_features}-{s.units}-{s.n_outputs}")
def test_a_prediction_does_not_depend_on_its_neighbours(spec):
    weights = a_network(spec)
    windows = overlapping_windows(spec, MANY)
    together = predict(spec, weights, windows)
    rng = np.random.default_rng(1)
    sizes = [1, 1, 2, 3, 7, 16, 17, 31, 32, 33, 100, 333, 1000, len(windows)]
    for size in sizes:
        some = rng.permutation(len(windows))[:size]
        np.testing.assert_array_equal(predict(spec, weights, windows.take(some)), together[some])
    for block in (slice(0, 5), slice(3, 900), slice(MANY - 3, MANY)):
        np.testing.assert_array_equal(predict(spec, weights, windows.take(block)), together[block])


@pytest.mark.parametrize("sizes", [{}, {"horizon": 3, "decoder_units": (4,)}], ids=str)
@pytest.mark.parametrize("units", [(5,), (5, 3)])
def test_a_prediction_does_not_depend_on_where_a_call_ends(units, sizes, monkeypatch):
    spec = NetworkSpec(3, units, 2, "linear", **sizes)
    weights = a_network(spec)
    windows = overlapping_windows(spec, 500, longest=4)
    together = predict(spec, weights, windows)
    monkeypatch.setattr(_predict, "_NUMBERS_IN_A_CALL", 1000)
    np.testing.assert_array_equal(predict(spec, weights, windows), together)


def test_outputs_of_all_steps_do_not_depend_on_where_a_call_ends(monkeypatch):
    spec = NetworkSpec(3, (5, 3), 2, "linear", bidirectional=True)
    weights = a_network(spec)
    windows = overlapping_windows(spec, 500, longest=4)
    together, _ = predict_steps(spec, weights, windows)
    monkeypatch.setattr(_predict, "_NUMBERS_IN_A_CALL", 1000)
    np.testing.assert_array_equal(predict_steps(spec, weights, windows)[0], together)


@pytest.mark.medium
@settings(max_examples=5)
@any_network
def test_all_steps_are_those_of_the_masked_keras_layers(**network):
    check_all_steps(**network)


@pytest.mark.slow
@settings(max_examples=15)
@any_network
def test_all_steps_of_many_networks_are_those_of_the_masked_keras_layers(**network):
    check_all_steps(**network)


def check_all_steps(seed, units, bidirectional, activation, mask):
    rng = np.random.default_rng(seed)
    spec = NetworkSpec(3, units, activation[1], activation[0], bidirectional)
    weights = a_network(spec, seed)
    windows, X = random_windows(rng, 5, 6, 3, how=mask)
    expected = keras_model(spec, weights, all_steps=True)(X).numpy()
    outputs, _ = predict_steps(spec, weights, windows)
    np.testing.assert_allclose(outputs, expected[~np.isnan(X[:, :, 0])], rtol=0, atol=4e-6)


@pytest.mark.parametrize("spec", [s for s in SPECS if not s.bidirectional], ids=str)
def test_the_last_of_all_steps_is_the_prediction(spec):
    weights = a_network(spec)
    windows = overlapping_windows(spec, MANY)
    windows = windows.take(np.flatnonzero(windows.count))
    outputs, _ = predict_steps(spec, weights, windows)
    last = outputs[np.cumsum(windows.count) - 1]
    np.testing.assert_array_equal(last, predict(spec, weights, windows))


@pytest.mark.parametrize("units", [(5,), (9, 4)])
@pytest.mark.parametrize("chunk", [1, 2, 5])
def test_reading_in_chunks_is_reading_at_once(monkeypatch, units, chunk):
    spec = NetworkSpec(2, units, 3, "softmax")
    weights = a_network(spec)
    windows = overlapping_windows(spec, 40)
    outputs, states = predict_steps(spec, weights, windows)
    # In chunks of the function itself ...
    monkeypatch.setattr(_predict, "_STEPS_IN_A_CALL", chunk)
    again, states_again = predict_steps(spec, weights, windows)
    np.testing.assert_array_equal(again, outputs)
    np.testing.assert_array_equal(np.array(states_again[0]), np.array(states[0]))
    # ... and in chunks by hand.
    ends, found = None, [[] for _ in range(len(windows))]
    for done in range(0, windows.count.max(), chunk):
        count = np.clip(windows.count - done, 0, chunk).astype(np.int32)
        some = NetworkInput(windows.rows, windows.start + done * (count > 0), count)
        piece, ends = predict_steps(spec, weights, some, ends)
        for window, steps in enumerate(np.split(piece, np.cumsum(count)[:-1])):
            found[window].append(steps)
    np.testing.assert_array_equal(
        np.concatenate([np.concatenate(steps) for steps in found]), outputs
    )
    for end, state in zip(ends, states, strict=True):
        np.testing.assert_array_equal(np.array(end), np.array(state))


def test_given_states_are_not_changed():
    spec = NetworkSpec(2, (3,), 1, "linear")
    states = [(np.ones((4, 3), np.float32), np.ones((4, 3), np.float32))]
    predict_steps(spec, a_network(spec), overlapping_windows(spec, 4), states)
    np.testing.assert_array_equal(states[0], np.ones((2, 4, 3)))


def test_no_windows_and_no_rows():
    spec = SPECS[1]
    weights = a_network(spec)
    none = overlapping_windows(spec, 4).take(slice(0, 0))
    assert predict(spec, weights, none).shape == (0, 2)
    no_rows = NetworkInput(
        np.empty((0, 2), np.float32), np.zeros(3, np.int32), np.zeros(3, np.int32)
    )
    outputs = predict(spec, weights, no_rows)
    assert outputs.shape == (3, 2)
    assert np.isfinite(outputs).all()


def test_threads_predict_with_their_own_weights():
    spec = NetworkSpec(2, (6,), 1, "linear")
    windows = overlapping_windows(spec, 300)
    networks = [a_network(spec, seed) for seed in range(8)]
    in_turn = [predict(spec, weights, windows) for weights in networks]
    with ThreadPoolExecutor(8) as threads:
        for _ in range(10):
            at_once = threads.map(lambda weights: predict(spec, weights, windows), networks)
            for ours, expected in zip(at_once, in_turn, strict=True):
                np.testing.assert_array_equal(ours, expected)
