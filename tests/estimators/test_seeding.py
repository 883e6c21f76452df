"""The same random_state gives the same bits, and nothing global moves."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import os
import pickle
import random
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import joblib
import numpy as np
import pytest
import tensorflow as tf
from tensorflow.python.framework.config import is_op_determinism_enabled

from sklstm.networks import clear_model_cache
from tests.estimators.helpers import classifier, forecaster, sequences

SETTINGS = {
    "plain": {},
    "dropout": {"dropout": 0.4, "units": (5, 3)},
    "recurrent_dropout": {"recurrent_dropout": 0.3, "units": (3, 2), "bidirectional": True},
    "early_stopping": {"early_stopping": True, "validation_fraction": 0.3},
}
# Keras's own layers take long to train.
NAMES = [
    pytest.param(name, marks=pytest.mark.slow) if name == "recurrent_dropout" else name
    for name in SETTINGS
]


def bits(random_state=0, **settings):
    X, y, _ = sequences()
    model = forecaster(random_state=random_state, **settings).fit(X, y)
    return model.predict(X).tobytes() + model.history_.to_numpy().tobytes()


@pytest.mark.parametrize("name", NAMES)
def test_a_seed_gives_the_same_bits_every_time(name):
    settings = SETTINGS[name]
    first = bits(3, **settings)
    assert bits(4, **settings) != first
    assert bits(3, **settings) == first
    clear_model_cache()
    assert bits(3, **settings) == first
    assert bits(np.random.RandomState(5), **settings) == bits(np.random.RandomState(5), **settings)


def test_a_random_state_moves_on_and_none_draws_afresh():
    state = np.random.RandomState(5)
    assert bits(state) != bits(state)
    assert bits(None) != bits(None)


def test_threads_give_the_bits_of_one_after_the_other():
    seeds = [0, 1, 2, 3, 0, 1, 2, 3]
    in_turn = [bits(seed) for seed in seeds]
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(bits, seeds)) == in_turn


@pytest.mark.slow
def test_worker_processes_give_the_bits_of_this_one():
    expected = [bits(seed, **SETTINGS["dropout"]) for seed in (0, 1)]
    found = joblib.Parallel(n_jobs=2)(
        joblib.delayed(bits)(seed, **SETTINGS["dropout"]) for seed in (0, 1)
    )
    assert found == expected


@pytest.mark.slow
@pytest.mark.parametrize("units", [5, 32])
def test_the_number_of_threads_does_not_matter(units):
    program = (
        "import sys, hashlib, tensorflow as tf\n"
        "tf.config.threading.set_intra_op_parallelism_threads(int(sys.argv[1]))\n"
        "from tests.estimators.test_seeding import bits\n"
        "print(hashlib.sha256(bits(0, units=int(sys.argv[2]))).hexdigest())\n"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program, str(n_threads), str(units)],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()[-1]
        for n_threads in (1, 2, 4)
    }
    assert len(outputs) == 1


def globals_now():
    numpy_state = np.random.get_state()  # noqa: NPY002
    return (
        random.getstate(),
        numpy_state[1].tobytes(),
        numpy_state[2:],
        dict(os.environ),
        is_op_determinism_enabled(),
        tf.config.threading.get_intra_op_parallelism_threads(),
        np.geterr(),
    )


@pytest.mark.parametrize("random_state", [None, 0])
@pytest.mark.parametrize("name", NAMES)
def test_a_fit_leaves_everything_global_as_it_was(name, random_state):
    X, _, label = sequences()
    clear_model_cache()
    # Operations that TensorFlow draws numbers with count on from the global seed.
    tf.random.set_seed(1)
    expected = [tf.random.uniform([2]).numpy().tolist() for _ in range(2)]
    tf.random.set_seed(1)
    before = globals_now()
    drawn = [tf.random.uniform([2]).numpy().tolist()]
    settings = SETTINGS[name] | {"metrics": ["accuracy"], "class_weight": "balanced"}
    model = classifier(random_state=random_state, epochs=1, **settings).fit(X, label)
    model.predict(X)
    assert model.keras_model_ is not None
    drawn.append(tf.random.uniform([2]).numpy().tolist())
    assert drawn == expected
    assert globals_now() == before


def test_pickles_are_of_numpy_and_byte_stable():
    X, y, label = sequences()
    for make, target in ((forecaster, y), (classifier, label)):
        first, second = (pickle.dumps(make().fit(X, target)) for _ in range(2))
        assert first == second
        assert b"keras" not in first
        assert b"tensorflow" not in first
        np.testing.assert_array_equal(
            pickle.loads(first).predict(X), make().fit(X, target).predict(X)
        )


@pytest.mark.slow
def test_unpickling_does_not_load_keras(tmp_path):
    X, y, _ = sequences()
    path = tmp_path / "model.pickle"
    model = forecaster().fit(X, y)
    path.write_bytes(pickle.dumps((model, X[:3])))
    program = (
        "import pickle, sys\n"
        f"model, X = pickle.load(open({str(path)!r}, 'rb'))\n"
        "assert not {'keras', 'tensorflow', 'scikeras'} & set(sys.modules)\n"
        "assert len(model.history_) == 2\n"
        "assert not {'keras', 'tensorflow', 'scikeras'} & set(sys.modules)\n"
        "print(repr(model.predict(X).tolist()))\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert result.stdout.split("\n")[-2] == repr(model.predict(X[:3]).tolist())
