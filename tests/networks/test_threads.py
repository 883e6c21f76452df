"""Threads in worker processes."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import subprocess
import sys

import joblib
import pytest

from sklstm.networks import _threads

# A worker of joblib inherits its environment from the process that starts it.
PROGRAM = """
import os
from joblib import Parallel, delayed, parallel_config

def threads():
    import sklstm.networks
    import tensorflow as tf
    return tf.config.threading.get_intra_op_parallelism_threads()

with parallel_config("loky", inner_max_num_threads={limit}):
    there = Parallel(n_jobs=2)(delayed(threads)() for _ in range(2))
print("threads:", *there, threads())
"""


@pytest.mark.parametrize(
    ("limit", "own_setting", "expected"),
    [(1, None, "1 1 0"), (3, None, "3 3 0"), (1, "2", "0 0 0")],
)
def test_workers_keep_to_their_limit(limit, own_setting, expected, tmp_path, monkeypatch):
    """0 means that TensorFlow decides; outside the workers it does."""
    if own_setting is not None:
        monkeypatch.setenv("TF_NUM_INTRAOP_THREADS", own_setting)
    program = tmp_path / "program.py"
    program.write_text(PROGRAM.format(limit=limit))
    done = subprocess.run(
        [sys.executable, program], capture_output=True, text=True, check=True, timeout=300
    )
    assert done.stdout.splitlines()[-1] == f"threads: {expected}"


@pytest.mark.parametrize(
    ("of_tensorflow", "of_user"), [(0, ""), (3, ""), (0, "2"), (3, "2"), (0, "x")]
)
def test_threads_are_those_set_or_the_cores(of_tensorflow, of_user, monkeypatch):
    monkeypatch.setattr(
        _threads.tf.config.threading, "get_intra_op_parallelism_threads", lambda: of_tensorflow
    )
    monkeypatch.setenv("TF_NUM_INTRAOP_THREADS", of_user)
    expected = of_tensorflow or (2 if of_user == "2" else joblib.cpu_count())
    assert _threads.threads_of_tensorflow() == expected
