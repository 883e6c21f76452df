"""The native code as operations of TensorFlow, for training."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import subprocess
import sys
from functools import cache

import tensorflow as tf

from sklstm.networks._native import LIBRARY, load_native

OPERATIONS = LIBRARY.with_name("sklstm_tensorflow.so")
# TensorFlow calls the interface that operations are registered by experimental. These releases run
# the tests of this library; in another one a child process tries first, because a change of the
# interface would end this one.
TESTED_RELEASES = ("2.21",)
_TRIAL = """
import sys
import tensorflow as tf
operations = tf.load_op_library(sys.argv[1])
rows, one = tf.ones([3, 2]), tf.ones([1], tf.int32)
weights, state = (tf.ones([2, 4]), tf.ones([1, 4]), tf.ones([4])), tf.zeros([1, 1])
h, c, _, gates = operations.sklstm_lstm(
    rows, one, one, 1, 1, *weights, state, state,
    reverse=False, returns_sequences=False, keeps_gates=True, needs_rows=False, n_threads=1,
)
gradients = operations.sklstm_lstm_grad(
    rows, one, one, 1, 1, *weights, state, state, gates, h,
    reverse=False, returns_sequences=False, needs_rows=False, n_threads=1,
)
x = tf.sigmoid(3.0)
sys.exit(abs(float(h[0, 0] - x * tf.tanh(x * tf.tanh(3.0)))) > 1e-5 or len(gradients) != 4)
"""
_MOST_SECONDS = 120


@cache
def load_operations():
    """Load the operations over the native code.

    Returns
    -------
    module or None
        The operations ``sklstm_lstm``, ``sklstm_lstm_grad``, ``sklstm_patches``, ``sklstm_labels``,
        ``sklstm_dense`` and ``sklstm_dense_grad``, as :func:`tensorflow.load_op_library` returns
        them. None without native code, or if it cannot run in this TensorFlow.
    """
    if load_native() is None or not OPERATIONS.exists() or not _can_run():
        return None
    try:
        operations = tf.load_op_library(str(OPERATIONS))
    except (tf.errors.NotFoundError, RuntimeError):
        # Compiled for another machine, or against another C library.
        return None
    return operations if hasattr(operations, "sklstm_dense_grad") else None


def _can_run() -> bool:
    release = ".".join(tf.__version__.split(".")[:2])
    return release in TESTED_RELEASES or _passes_trial()


def _passes_trial() -> bool:
    """Compute one step in a child process, forward and backward."""
    try:
        done = subprocess.run(
            [sys.executable, "-c", _TRIAL, str(OPERATIONS)],
            capture_output=True,
            timeout=_MOST_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
