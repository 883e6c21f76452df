"""Importing TensorFlow writes nothing, unless it is asked to."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import os
import subprocess
import sys

import pytest

from sklstm.networks import import_tensorflow
from sklstm.networks._startup import _without_lines_of_tensorflow

FIT = """
import os
import numpy as np
from sklstm import LSTMForecaster
X = np.random.default_rng(0).normal(size=(40, 5, 2))
model = LSTMForecaster(units=2, epochs=1, plain=True).fit(X, X[..., 0].mean(axis=1))
model.predict(X)
print(os.environ.get("TF_CPP_MIN_LOG_LEVEL"))
"""
KERAS_MODEL = f"{FIT}\nmodel.keras_model_.predict(X, verbose=0)"


def run(code, **variables):
    environment = {k: v for k, v in os.environ.items() if k != "TF_CPP_MIN_LOG_LEVEL"}
    return subprocess.run(
        [sys.executable, "-c", code],
        env=environment | variables,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )


def test_a_fit_writes_nothing():
    done = run(KERAS_MODEL)
    assert done.stderr == ""
    # What child processes inherit is what it was.
    assert done.stdout == "None\n"


@pytest.mark.slow
def test_lines_are_written_when_they_are_asked_for():
    asked = run(FIT, TF_CPP_MIN_LOG_LEVEL="0")
    assert "oneDNN" in asked.stderr or "cuda" in asked.stderr.lower()
    assert asked.stdout == "0\n"


@pytest.mark.slow
def test_tensorflow_of_the_user_writes_what_it_will():
    alone = run("import tensorflow")
    with_us = run(f"import tensorflow\n{FIT}")
    assert len(with_us.stderr.splitlines()) >= len(alone.stderr.splitlines()) > 0


def test_the_lines_of_others_are_written(capfd):
    with _without_lines_of_tensorflow():
        os.write(2, b"I0000 00:00:1795878766.514326   27201 port.cc:153] oneDNN is on.\n")
        os.write(2, b"of another thread\n")
        print("of Python", file=sys.__stderr__)
        os.write(2, b"2024-01-01 10:00:00.5: I tensorflow/core/util/port.cc:1] oneDNN.\n")
        os.write(2, b"WARNING: All log messages before absl::InitializeLog() is called\n")
    assert capfd.readouterr().err.splitlines() == ["of another thread", "of Python"]


def test_after_an_error_all_lines_are_written(capfd):
    def fail():
        os.write(2, b"E0000 00:00:1795878766.514326   27201 loader.cc:1] broken\n")
        raise ImportError

    with pytest.raises(ImportError), _without_lines_of_tensorflow():
        fail()
    assert "broken" in capfd.readouterr().err


def test_nothing_is_done_once_tensorflow_is_there(monkeypatch):
    monkeypatch.delenv("TF_CPP_MIN_LOG_LEVEL", raising=False)
    monkeypatch.setitem(sys.modules, "tensorflow", object())
    import_tensorflow()
    assert "TF_CPP_MIN_LOG_LEVEL" not in os.environ
