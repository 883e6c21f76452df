"""The number of threads that TensorFlow may use."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import multiprocessing
import os

import joblib
import tensorflow as tf

# joblib sets this in its workers, to the cores of the machine divided by the number of workers, or
# to the value of parallel_config(inner_max_num_threads=...).
_LIMIT = "OMP_NUM_THREADS"
_OWN_SETTING = "TF_NUM_INTRAOP_THREADS"


def keep_to_the_limit_of_the_worker() -> None:
    """Limit TensorFlow to the number of threads that joblib sets for this worker process.

    joblib limits other libraries through threadpoolctl, which does not support TensorFlow: without
    this function each worker would use all cores. The function has no effect outside a worker of
    joblib, if the user has set ``TF_NUM_INTRAOP_THREADS``, or after the first operation of
    TensorFlow, which fixes its threads.
    """
    in_worker = multiprocessing.current_process().name.startswith("LokyProcess")
    limit = os.environ.get(_LIMIT, "")
    if not in_worker or not limit.isdecimal() or _OWN_SETTING in os.environ:
        return
    try:
        tf.config.threading.set_intra_op_parallelism_threads(int(limit))
        tf.config.threading.set_inter_op_parallelism_threads(int(limit))
    except RuntimeError:
        # TensorFlow is in use, and its number of threads is fixed.
        return


def threads_of_tensorflow() -> int:
    """Return the number of threads that TensorFlow may use.

    Returns
    -------
    int
        The limit set by the user or for a worker; else the cores that this process may use.
    """
    set_by_user = os.environ.get(_OWN_SETTING, "")
    n_threads = tf.config.threading.get_intra_op_parallelism_threads()
    if not n_threads and set_by_user.isdecimal():
        n_threads = int(set_by_user)
    return n_threads or joblib.cpu_count()
