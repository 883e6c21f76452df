"""Arrays that TensorFlow can read in place."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import math

import numpy as np

# The alignment that TensorFlow needs to read memory without a copy: the widest registers.
ALIGNMENT = 64


def aligned_empty(shape: tuple[int, ...], dtype=np.float32) -> np.ndarray:
    """Make an uninitialised array whose memory starts at a multiple of 64 bytes.

    NumPy aligns to 16 bytes, and TensorFlow then copies the array.

    Parameters
    ----------
    shape : tuple of int
        The shape.
    dtype : dtype, default=numpy.float32
        The type.

    Returns
    -------
    ndarray of that shape
        C-contiguous; its contents are arbitrary.

    Examples
    --------
    >>> from sklstm.utils._aligned import aligned_empty
    >>> aligned_empty((1000, 3)).ctypes.data % 64
    0
    """
    n_bytes = math.prod(shape) * np.dtype(dtype).itemsize
    buffer = np.empty(n_bytes + ALIGNMENT, dtype=np.uint8)
    first = -buffer.ctypes.data % ALIGNMENT
    return buffer[first : first + n_bytes].view(dtype).reshape(shape)
