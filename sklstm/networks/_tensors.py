"""From NumPy to TensorFlow, without a copy where that is possible."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import tensorflow as tf

_ALIGNMENT = 64
# Below this a copy costs less than the way around it.
_WORTH_SHARING = 1 << 20


def as_tensor(array: np.ndarray) -> tf.Tensor:
    """Hand an array to TensorFlow.

    A large array whose memory is aligned is shared, so that a long series exists once; nobody may
    write to it afterwards. Any other is copied.

    Parameters
    ----------
    array : ndarray
        The values.

    Returns
    -------
    tf.Tensor
        The same values; it keeps shared memory alive.
    """
    if (
        array.nbytes >= _WORTH_SHARING
        and array.ctypes.data % _ALIGNMENT == 0
        and array.flags.c_contiguous
        and array.flags.writeable
    ):
        return tf.experimental.dlpack.from_dlpack(array.__dlpack__())
    # Not convert_to_tensor, which copies an array that is not aligned twice.
    return tf.constant(array)
