"""The native code of the LSTM layers, if it is compiled."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import os
from functools import cache
from pathlib import Path

import tensorflow as tf

LIBRARY = Path(__file__).parent / "csrc" / "sklstm_native.so"
# Set to 0, this environment variable disables the native code.
SWITCH = "SKLSTM_NATIVE"


@cache
def load_native():
    """Load the native code that is compiled when the library is installed.

    Returns
    -------
    module or None
        The operations ``sklstm_lstm``, ``sklstm_lstm_grad``, ``sklstm_labels``, ``sklstm_dense``
        and ``sklstm_dense_grad``, as :func:`tensorflow.load_op_library` returns them. None if the
        library is not compiled (no compiler, or not on Linux), if it cannot run (a processor
        without AVX2, another TensorFlow), or if the environment variable ``SKLSTM_NATIVE`` is 0.
    """
    if os.environ.get(SWITCH) == "0" or not LIBRARY.exists():
        return None
    try:
        operations = tf.load_op_library(str(LIBRARY))
    except (tf.errors.NotFoundError, RuntimeError):
        # Compiled for another machine, or against another C library.
        return None
    return operations if hasattr(operations, "sklstm_dense_grad") else None
