"""Threads in worker processes."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import multiprocessing
import subprocess
import sys
from types import SimpleNamespace

import joblib
import pytest

from sklstm.networks import _threads

# A worker of joblib inherits its environment from the process that starts it.
PROGRAM = """
import os
from joblib import Parallel, delayed, parallel_config

def threads():
    from sklstm.networks import acquire_network
    import tensorflow as tf
    return tf.config.threading.get_intra_op_parallelism_threads()

with parallel_config("loky", inner_max_num_threads={limit}):
    workers = Parallel(n_jobs=2)(delayed(threads)() for _ in range(2))
print("threads:", *workers, threads())
"""


@pytest.mark.parametrize(
    ("process", "limit", "own_setting", "expected"),
    [
        ("LokyProcess-1", "1", None, [1, 1]),
        ("LokyProcess-2", "3", None, [3, 3]),
        ("LokyProcess-1", "1", "2", []),
        ("LokyProcess-1", "", None, []),
        ("LokyProcess-1", "many", None, []),
        ("MainProcess", "3", None, []),
    ],
)
def test_only_a_worker_sets_threads(process, limit, own_setting, expected, monkeypatch):
    found = []
    threading = SimpleNamespace(
        set_intra_op_parallelism_threads=found.append,
        set_inter_op_parallelism_threads=found.append,
    )
    tensorflow = SimpleNamespace(config=SimpleNamespace(threading=threading))
    monkeypatch.setattr(_threads, "tf", tensorflow)
    monkeypatch.setattr(multiprocessing, "current_process", lambda: SimpleNamespace(name=process))
    monkeypatch.setenv("OMP_NUM_THREADS", limit)
    monkeypatch.delenv("TF_NUM_INTRAOP_THREADS", raising=False)
    if own_setting is not None:
        monkeypatch.setenv("TF_NUM_INTRAOP_THREADS", own_setting)
    _threads.keep_to_the_limit_of_the_worker()
    assert found == expected


def test_a_worker_in_use_keeps_its_threads(monkeypatch):
    asked = []

    def refuse(n_threads):
        asked.append(n_threads)
        raise RuntimeError("Intra op parallelism cannot be modified after initialization.")

    threading = SimpleNamespace(set_intra_op_parallelism_threads=refuse)
    tensorflow = SimpleNamespace(config=SimpleNamespace(threading=threading))
    monkeypatch.setattr(_threads, "tf", tensorflow)
    monkeypatch.setattr(
        multiprocessing, "current_process", lambda: SimpleNamespace(name="LokyProcess-1")
    )
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.delenv("TF_NUM_INTRAOP_THREADS", raising=False)
    _threads.keep_to_the_limit_of_the_worker()
    assert asked == [1]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("limit", "own_setting", "expected"),
    [(3, None, "3 3 0"), (1, None, "1 1 0"), (1, "2", "0 0 0")],
)
def test_workers_keep_to_their_limit(limit, own_setting, expected, tmp_path, monkeypatch):
    """0 means that TensorFlow decides, as it does outside the workers."""
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
