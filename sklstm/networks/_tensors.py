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


def read_variables(variables) -> list[np.ndarray]:
    """Read variables of Keras; ``variable.numpy()`` takes several times as long.

    Parameters
    ----------
    variables : iterable of keras.Variable
        Built.

    Returns
    -------
    list of ndarray
        Copies of their values.
    """
    held = [variable.value for variable in variables]
    read = tf.raw_ops.ReadVariableOp
    return [np.array(read(resource=own.handle, dtype=own.dtype).numpy()) for own in held]


def write_variables(variables, values) -> None:
    """Write to variables of Keras; ``variable.assign(value)`` takes several times as long.

    Parameters
    ----------
    variables : iterable of keras.Variable
        Built.
    values : iterable of array-like
        Their new values.

    Raises
    ------
    ValueError
        If a value has another shape than its variable, or if there are more of the ones than of the
        others.
    """
    for variable, value in zip(variables, values, strict=True):
        if np.shape(value) != tuple(variable.shape):
            raise ValueError(
                f"A variable of shape {tuple(variable.shape)} cannot take shape {np.shape(value)}."
            )
        held = variable.value
        tf.raw_ops.AssignVariableOp(resource=held.handle, value=tf.constant(value, held.dtype))
