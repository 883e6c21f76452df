"""Threads in worker processes."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import subprocess
import sys

import pytest

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
