"""Check that Keras runs on TensorFlow, and set the threads that it may use."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import os

import keras

from sklstm.networks._threads import keep_to_the_limit_of_the_worker

if keras.backend.backend() != "tensorflow":
    raise ImportError(
        f"sklstm trains on Keras with TensorFlow, but Keras runs on {keras.backend.backend()!r}. "
        "Set the environment variable KERAS_BACKEND=tensorflow before importing keras."
    )

keep_to_the_limit_of_the_worker()

# The process in which TensorFlow has computed something.
_process: int | None = None


def claim_process() -> None:
    """Note that TensorFlow computes in this process, or refuse a child of one where it has.

    Raises
    ------
    RuntimeError
        In a process that was forked from one in which TensorFlow has computed: it would wait for
        ever for threads that a fork does not copy.
    """
    global _process
    if _process is None:
        _process = os.getpid()
    elif _process != os.getpid():
        raise RuntimeError(
            "This process was forked from one that has trained a network or built a Keras model, "
            "and TensorFlow cannot compute in both. It can predict. To train in processes, start "
            'them by multiprocessing.get_context("spawn"), or use joblib or n_jobs=, which do.'
        )
