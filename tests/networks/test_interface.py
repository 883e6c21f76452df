"""The C interface beside NumPy, on the library itself: nothing of TensorFlow, sizes at the edges.

``make test-native`` runs this file for each instruction set on a library that checks its memory.
"""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from sklstm.networks import NetworkInput, NetworkSpec, PatchSpec, Slots, _native, _numpy_forward
from sklstm.networks import _predict as predictions

pytestmark = pytest.mark.skipif(_native.load_native() is None, reason="native code is not compiled")

# Around the widths of registers (4, 8, 16), of tiles and of parts (32).
SIZES = [1, 2, 3, 5, 7, 8, 9, 15, 16, 17, 31, 33]


def windows_of(rng, n_samples, n_inputs, longest=6):
    rows = rng.normal(size=(n_samples + longest, n_inputs)).astype(np.float32)
    count = rng.integers(longest + 1, size=n_samples).astype(np.int32)
    return rows, np.arange(n_samples, dtype=np.int32), count, longest


def weights_of(rng, n_inputs, n_units):
    shapes = [(n_inputs, 4 * n_units), (n_units, 4 * n_units), (4 * n_units,)]
    scale = 1 / np.sqrt(n_inputs + n_units)
    return [(scale * rng.normal(size=shape)).astype(np.float32) for shape in shapes]


@pytest.mark.parametrize("sequences", [False, True])
@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("n_units", SIZES)
def test_a_layer_is_that_of_numpy(n_units, reverse, sequences):
    rng = np.random.default_rng(n_units)
    for n_samples, n_inputs in zip(SIZES, reversed(SIZES), strict=True):
        windows = windows_of(rng, n_samples, n_inputs)
        weights = weights_of(rng, n_inputs, n_units)
        state = rng.normal(size=(2, n_samples, n_units)).astype(np.float32)
        how = {"reverse": reverse, "sequences": sequences}
        ours = _native.lstm(*windows, weights, state, **how)
        expected = _numpy_forward.lstm(*windows, weights, state, **how)
        np.testing.assert_allclose(ours[0], expected[0], rtol=0, atol=1e-6)
        np.testing.assert_allclose(ours[1], expected[1], rtol=0, atol=1e-6)


@pytest.mark.parametrize("n_outputs", SIZES)
def test_a_dense_layer_is_a_product(n_outputs):
    rng = np.random.default_rng(n_outputs)
    for n_rows, n_units in zip([*SIZES, 0], [*reversed(SIZES), 4], strict=True):
        x, kernel, bias = (
            rng.normal(size=shape).astype(np.float32)
            for shape in [(n_rows, n_units), (n_units, n_outputs), (n_outputs,)]
        )
        for dense in (_native.dense, _numpy_forward.dense):
            np.testing.assert_allclose(dense(x, kernel, bias), x @ kernel + bias, atol=1e-5)


@pytest.mark.parametrize(
    "spec",
    [
        PatchSpec(size=4, stride=4),
        PatchSpec(size=3, stride=2, views=("normalized", "differences", "minus_mean")),
        PatchSpec(size=3, stride=3, views=("minus_last",), averaged=(1,), level_of=(0, 2)),
        PatchSpec(size=5, stride=1, averaged=(0, 1, 2), n_constants=2),
        PatchSpec(size=11, stride=1, views=("differences",)),
    ],
    ids=str,
)
@pytest.mark.parametrize("share", [1.0, 0.6, 0.1, 0.0])
def test_patches_are_those_of_numpy(spec, share):
    rng = np.random.default_rng(0)
    n_samples, window, n_features = 37, 11, 3
    observed = rng.random(n_samples + window) < share
    row_at = (np.cumsum(np.r_[False, observed]) - 1).astype(np.int32)
    first = np.arange(1, n_samples + 1, dtype=np.int32)
    start = row_at[first - 1] + 1
    count = row_at[first + window - 1] - start + 1
    rows = rng.normal(size=(max(observed.sum(), 1), n_features)).astype(np.float32)
    scales = rng.uniform(0.5, 2, size=(len(spec.views), n_features)).astype(np.float32)
    constants = rng.normal(size=(n_samples, spec.n_constants)).astype(np.float32)
    slots = Slots(row_at, first, window)
    arguments = (spec, rows, slots, start, count, first, scales, constants)
    ours, n_ours = _native.patches(*arguments)
    expected, n_expected = _numpy_forward.patches(*arguments)
    np.testing.assert_array_equal(n_ours, n_expected)
    assert ours.shape == expected.shape
    for own, theirs, n in zip(ours, expected, n_ours, strict=True):
        np.testing.assert_allclose(own[:n], theirs[:n], rtol=0, atol=1e-5)
        assert not own[n:].any()


def test_windows_outside_the_rows_are_refused():
    rng = np.random.default_rng(0)
    rows, start, count, longest = windows_of(rng, 4, 2)
    weights, state = weights_of(rng, 2, 3), np.zeros((2, 4, 3), np.float32)
    count[:] = 2
    for wrong in (np.int32([0, 0, 0, len(rows) - 1]), np.int32([0, -1, 0, 0])):
        with pytest.raises(IndexError, match="outside the rows"):
            _native.lstm(rows, wrong, count, longest, weights, state)
        slots = Slots(np.zeros(3, np.int32), np.ones(4, np.int32), 2)
        scales = np.ones((1, 2), np.float32)
        with pytest.raises(IndexError, match="outside the rows"):
            _native.patches(PatchSpec(), rows, slots, wrong, count, slots.first, scales, None)
    with pytest.raises(IndexError, match="outside the rows"):
        _native.lstm(rows, start, count, 1, weights, state)


@pytest.mark.parametrize("engine", [_native, _numpy_forward], ids=["native", "numpy"])
def test_the_functions_are_pure(engine, monkeypatch):
    monkeypatch.setattr(predictions, "_engine", lambda: engine)
    rng = np.random.default_rng(0)
    spec = NetworkSpec(3, (9, 5), 2, "softmax", bidirectional=True)
    networks = [spec.initial_weights(np.random.default_rng(seed)) for seed in range(6)]
    windows = NetworkInput(*windows_of(rng, 700, 3)[:3])
    copies = [array.copy() for array in (windows.rows, windows.start, windows.count)]
    in_turn = [predictions.predict(spec, weights, windows) for weights in networks]
    with ThreadPoolExecutor(6) as threads:
        for _ in range(5):
            at_once = threads.map(lambda w: predictions.predict(spec, w, windows), networks)
            for own, expected in zip(at_once, in_turn, strict=True):
                np.testing.assert_array_equal(own, expected)
    for array, copy in zip((windows.rows, windows.start, windows.count), copies, strict=True):
        np.testing.assert_array_equal(array, copy)


@pytest.mark.slow
@pytest.mark.parametrize("limit", ["1", "3"])
def test_the_number_of_threads_and_the_instruction_set_change_little_or_nothing(limit):
    code = """
import numpy as np
from sklstm.networks import NetworkInput, NetworkSpec, _native, predict
spec = NetworkSpec(3, (20,), 5, "linear")
rng = np.random.default_rng(0)
windows = NetworkInput(rng.normal(size=(3000, 3)).astype("f4"),
                       np.arange(2990, dtype="i4"), np.full(2990, 10, dtype="i4"))
outputs = predict(spec, spec.initial_weights(rng), windows)
print(_native.load_native().sklstm_instruction_set().decode(), outputs.tobytes().hex())
"""
    found = {}
    for wanted in ("", "avx2"):
        for n_threads in (limit, "2"):
            environment = {"SKLSTM_INSTRUCTION_SET": wanted, "OMP_NUM_THREADS": n_threads}
            done = subprocess.run(
                [sys.executable, "-c", code],
                capture_output=True,
                text=True,
                check=True,
                timeout=100,
                env=os.environ | environment,
            )
            name, outputs = done.stdout.split()
            assert wanted in ("", name)
            found.setdefault(name, set()).add(outputs)
    assert all(len(outputs) == 1 for outputs in found.values())
    each = [np.frombuffer(bytes.fromhex(min(outputs)), np.float32) for outputs in found.values()]
    np.testing.assert_allclose(each[0], each[-1], rtol=0, atol=1e-6)
