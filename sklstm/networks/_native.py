"""The compiled LSTM kernels, where there are any."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import os
from functools import cache
from pathlib import Path

import tensorflow as tf

LIBRARY = Path(__file__).parent / "csrc" / "sklstm_native.so"
# Set to 0, it leaves the kernels out, whatever there is.
SWITCH = "SKLSTM_NATIVE"


@cache
def load_native():
    """Load the kernels that were compiled when the library was installed.

    Returns
    -------
    module or None
        What :func:`tensorflow.load_op_library` makes of them: ``sklstm_lstm``,
        ``sklstm_lstm_grad``, ``sklstm_labels``, ``sklstm_dense`` and ``sklstm_dense_grad``. None
        where nothing was compiled (no compiler, or not on Linux), where it cannot run (a processor
        without AVX2, another TensorFlow), or where the environment variable ``SKLSTM_NATIVE``
        is 0.
    """
    if os.environ.get(SWITCH) == "0" or not LIBRARY.exists():
        return None
    try:
        kernels = tf.load_op_library(str(LIBRARY))
    except (tf.errors.NotFoundError, RuntimeError):
        # Compiled for another machine, or against a C library that is not here.
        return None
    return kernels if hasattr(kernels, "sklstm_dense_grad") else None
