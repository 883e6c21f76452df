"""How many threads TensorFlow may use in a worker process."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import multiprocessing
import os

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
