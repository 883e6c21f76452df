"""How many threads TensorFlow may use."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import multiprocessing
import os

import joblib
import tensorflow as tf

# What joblib sets in its workers: the cores of the machine over the number of workers, or what
# parallel_config(inner_max_num_threads=...) says.
_LIMIT = "OMP_NUM_THREADS"
_OWN_SETTING = "TF_NUM_INTRAOP_THREADS"


def keep_to_the_limit_of_the_worker() -> None:
    """Give TensorFlow the number of threads that joblib allots to this worker process.

    TensorFlow fixes its threads at its first operation, and threadpoolctl, by which joblib limits
    other libraries, cannot see them: without this each worker would use all cores. Nothing happens
    outside a worker of joblib, where the user has set ``TF_NUM_INTRAOP_THREADS``, or where
    TensorFlow is in use already.
    """
    in_worker = multiprocessing.current_process().name.startswith("LokyProcess")
    limit = os.environ.get(_LIMIT, "")
    if not in_worker or not limit.isdecimal() or _OWN_SETTING in os.environ:
        return
    try:
        tf.config.threading.set_intra_op_parallelism_threads(int(limit))
        tf.config.threading.set_inter_op_parallelism_threads(int(limit))
    except RuntimeError:
        # TensorFlow has begun to compute: its threads are what they are.
        return


def threads_of_tensorflow() -> int:
    """Say how many threads TensorFlow may use.

    Returns
    -------
    int
        What was set, by the user or for a worker; else the cores that this process may use.
    """
    set_by_user = os.environ.get(_OWN_SETTING, "")
    n_threads = tf.config.threading.get_intra_op_parallelism_threads()
    if not n_threads and set_by_user.isdecimal():
        n_threads = int(set_by_user)
    return n_threads or joblib.cpu_count()
