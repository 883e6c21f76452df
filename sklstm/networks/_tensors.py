"""From NumPy to TensorFlow and back, without a copy and without detours if possible."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import tensorflow as tf

_ALIGNMENT = 64
# Bytes below which a copy is faster than sharing.
_WORTH_SHARING = 1 << 20


def as_tensor(array: np.ndarray) -> tf.Tensor:
    """Convert an array to a tensor.

    A large array with aligned memory is shared, so that a long series is in memory once; it must
    not be written to afterwards. Any other array is copied.

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
    # convert_to_tensor would copy an array without alignment twice.
    return tf.constant(array)


def read_variable(variable) -> np.ndarray:
    """Read a variable of Keras; ``variable.numpy()`` takes several times as long.

    Parameters
    ----------
    variable : keras.Variable
        Built.

    Returns
    -------
    ndarray
        A copy of its value.
    """
    held = variable.value
    return np.array(tf.raw_ops.ReadVariableOp(resource=held.handle, dtype=held.dtype).numpy())


def write_variable(variable, value) -> None:
    """Write to a variable of Keras; ``variable.assign(value)`` takes several times as long.

    Parameters
    ----------
    variable : keras.Variable
        Built.
    value : array-like
        Its new value, of its shape.

    Raises
    ------
    ValueError
        If the shapes differ.
    """
    held = variable.value
    if np.shape(value) != tuple(variable.shape):
        raise ValueError(
            f"A variable of shape {tuple(variable.shape)} cannot take shape {np.shape(value)}."
        )
    tf.raw_ops.AssignVariableOp(resource=held.handle, value=tf.constant(value, held.dtype))
