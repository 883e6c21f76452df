"""The native code as operations: states, bits, threads, and refused arguments."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import os
import platform
import shutil
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from sklstm.networks import _native, _native_operations
from sklstm.networks._layers import LayerInput, input_of_outputs, input_of_windows
from sklstm.networks._native import load_native
from sklstm.networks._native_lstm import lstm_steps
from sklstm.networks._native_operations import load_operations
from tests.networks.helpers import layer_arguments, naive_lstm, needs_native


def can_compile():
    """Tell whether this machine has a compiler and a processor for the native code."""
    if sys.platform != "linux" or not any(map(shutil.which, ("c++", "g++", "clang++"))):
        return False
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        flags = file.read()
    return platform.machine() == "aarch64" or ("avx2" in flags and "fma" in flags)


@pytest.mark.skipif(not can_compile(), reason="no compiler, or an unsupported processor")
@pytest.mark.skipif(os.environ.get("SKLSTM_NATIVE") == "0", reason="switched off")
def test_the_native_code_is_compiled():
    assert load_native() is not None, "compile the native code: make install"
    assert load_operations() is not None, "this TensorFlow cannot load them"


def engine_of_a_new_process(**environment):
    code = """
from sklstm.networks import NetworkSpec, choose_engine
print(choose_engine(NetworkSpec(1, (2,), 1, "linear"), training=True))
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
        env=os.environ | environment,
    )
    return done.stdout.strip()


@needs_native
def test_the_switch_disables_the_native_code(monkeypatch):
    monkeypatch.setenv("SKLSTM_NATIVE", "0")
    assert _native.load_native.__wrapped__() is None
    monkeypatch.setenv("SKLSTM_NATIVE", "")
    assert _native.load_native.__wrapped__() is not None


@needs_native
@pytest.mark.slow
def test_the_environment_can_disable_the_native_code():
    assert engine_of_a_new_process(SKLSTM_NATIVE="0") == "block_lstm"
    assert engine_of_a_new_process(SKLSTM_NATIVE="") == "native"


@pytest.mark.parametrize("content", [None, b"not a library"])
def test_a_missing_or_broken_library_is_not_used(tmp_path, monkeypatch, content):
    library = tmp_path / "sklstm_native.so"
    if content is not None:
        library.write_bytes(content)
    monkeypatch.setattr(_native, "LIBRARY", library)
    assert _native.load_native.__wrapped__() is None


@needs_native
@pytest.mark.slow
def test_another_release_of_tensorflow_is_tried_in_a_child_process(monkeypatch, tmp_path):
    monkeypatch.setattr(_native_operations, "TESTED_RELEASES", ())
    assert _native_operations.load_operations.__wrapped__() is not None
    assert _native_operations._passes_trial()
    # Where the trial ends by a signal, training does without.
    monkeypatch.setattr(_native_operations, "_TRIAL", "import os; os.abort()")
    assert _native_operations.load_operations.__wrapped__() is None


def weighted_sum(output):
    """Sum an output, with a different weight for each number."""
    weight = tf.sin(tf.range(tf.size(output), dtype=tf.float32))
    return tf.reduce_sum(output * tf.reshape(weight, tf.shape(output)))


@needs_native
@pytest.mark.parametrize("returns_sequences", [False, True])
@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("n_units", [4, 16, 21])
def test_inputs_and_weights_have_the_right_gradient(n_units, reverse, returns_sequences):
    arguments = layer_arguments(n_units, n_samples=40, n_units=n_units)

    def ours(x, h0, c0, *weights):
        steps = input_of_outputs(x, tf.fill([x.shape[1]], x.shape[0]))
        how = {"reverse": reverse, "training": True, "returns_sequences": returns_sequences}
        return lstm_steps(steps, h0, c0, *weights, **how)

    def naive(x, h0, c0, *weights):
        x = x[::-1] if reverse else x
        h, c = naive_lstm(x, h0, c0, *weights)
        return (h[::-1] if reverse else h) if returns_sequences else h[:0], h[-1], c[-1]

    found = []
    for function in (ours, naive):
        with tf.GradientTape() as tape:
            tape.watch(arguments)
            outputs = function(*arguments)
            loss = weighted_sum(outputs[0] if returns_sequences else outputs[1])
        d_x, _, _, *d_weights = tape.gradient(loss, arguments)
        found.append((outputs, [d_x, *d_weights]))
    for a, b in zip(found[0][0], found[1][0], strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=2e-6)
    for a, b in zip(found[0][1], found[1][1], strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-5 * float(tf.reduce_max(tf.abs(b))))


@needs_native
def test_states_have_no_gradient():
    arguments = layer_arguments(0)
    x, *others = arguments
    steps = input_of_outputs(x, tf.fill([3], 5))
    how = {"reverse": False, "training": True, "returns_sequences": True}
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(arguments)
        h, h_last, c_last = lstm_steps(steps, *others, **how)
    assert [g is None for g in tape.gradient(h, others)] == [True, True, False, False, False]
    assert tape.gradient([h_last, c_last], arguments) == [None] * 6


@needs_native
def test_saturated_gates_are_exact_and_a_step_that_is_nan_stays_nan():
    x, h0, c0, kernel, recurrent, bias = layer_arguments(0, n_steps=1, n_samples=64, n_inputs=1)
    huge = tf.constant(np.geomspace(1e-6, 1e6, 64), tf.float32) * tf.constant([1.0, -1.0] * 32)
    x = tf.reshape(huge, [1, 64, 1])
    how = {"reverse": False, "training": False, "returns_sequences": False}
    steps = input_of_outputs(x, tf.fill([64], 1))
    _, h, c = lstm_steps(steps, h0, c0, kernel, recurrent, bias, **how)
    expected_h, expected_c = naive_lstm(x, h0, c0, kernel, recurrent, bias)
    np.testing.assert_allclose(h, expected_h[0], rtol=0, atol=2e-6)
    np.testing.assert_allclose(c, expected_c[0], rtol=1e-6, atol=2e-6)
    broken = tf.where(tf.range(64)[None, :, None] == 7, np.nan, x)
    _, h, _ = lstm_steps(
        input_of_outputs(broken, tf.fill([64], 1)), h0, c0, kernel, recurrent, bias, **how
    )
    assert np.flatnonzero(np.isnan(h.numpy()).any(axis=1)).tolist() == [7]


@needs_native
@pytest.mark.parametrize("n_units", [3, 16, 40])
def test_the_bits_of_a_sample_do_not_depend_on_other_samples(n_units):
    rng = np.random.default_rng(0)
    rows = tf.constant(rng.normal(size=(200, 3)), tf.float32)
    start, count = np.arange(150, dtype=np.int32), rng.integers(30, size=150).astype(np.int32)
    _, _, _, *weights = layer_arguments(0, n_inputs=3, n_units=n_units)

    def outputs(which, **how):
        zeros = tf.zeros([len(which), n_units])
        steps = input_of_windows(rows, tf.constant(start[which]), tf.constant(count[which]))
        how = {"reverse": False, "training": False, "returns_sequences": False} | how
        return lstm_steps(steps, zeros, zeros, *weights, **how)[1].numpy()

    together = outputs(np.arange(150))
    for size in (1, 2, 3, 5, 6, 7, 11, 12, 13, 31, 32, 33, 64, 149):
        some = rng.permutation(150)[:size]
        np.testing.assert_array_equal(outputs(some), together[some])
    np.testing.assert_array_equal(outputs(np.arange(150), training=True), together)
    np.testing.assert_array_equal(outputs(np.arange(150), returns_sequences=True), together)


@needs_native
def test_the_number_of_threads_does_not_change_a_bit(monkeypatch):
    arguments = layer_arguments(0, n_samples=130, n_units=9)

    def all_of(n_threads):
        monkeypatch.setattr(
            tf.config.threading, "get_intra_op_parallelism_threads", lambda: n_threads
        )
        with tf.GradientTape() as tape:
            tape.watch(arguments)
            x, *others = arguments
            steps = input_of_outputs(x, tf.fill([130], 5))
            outputs = lstm_steps(
                steps, *others, reverse=False, training=True, returns_sequences=True
            )
            loss = weighted_sum(outputs[0])
        d_x, _, _, *d_weights = tape.gradient(loss, arguments)
        return [*outputs, d_x, *d_weights]

    alone = all_of(1)
    for n_threads in (0, 2, 5):
        for ours, expected in zip(all_of(n_threads), alone, strict=True):
            np.testing.assert_array_equal(ours, expected)


@needs_native
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"start": [0, 9]}, "window 1 .start 9, count 4. lies outside the 12 rows"),
        ({"start": [-1, 0]}, "window 0 .start -1"),
        ({"count": [4, 5]}, "longer than 4 steps"),
        ({"count": [4]}, "different lengths"),
        ({"stride": -3}, "lies outside"),
    ],
)
def test_windows_outside_the_rows_are_refused(change, message):
    _, h0, c0, *weights = layer_arguments(0, n_samples=2)
    steps = {"start": [0, 2], "count": [4, 4], "stride": 1} | change
    steps = LayerInput(
        tf.zeros([12, 2]), **{k: tf.constant(v) for k, v in steps.items()}, n_steps=4
    )
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        lstm_steps(steps, h0, c0, *weights, reverse=False, training=False, returns_sequences=False)


@needs_native
@pytest.mark.parametrize("wrong", range(1, 6))
def test_arguments_of_another_shape_are_refused(wrong):
    arguments = layer_arguments(0)
    arguments[wrong] = tf.concat([arguments[wrong], arguments[wrong]], axis=0)
    x, *others = arguments
    steps = input_of_outputs(x, tf.fill([3], 5))
    with pytest.raises(tf.errors.InvalidArgumentError, match="is expected"):
        lstm_steps(steps, *others, reverse=False, training=False, returns_sequences=False)
