"""Conversion of arrays to tensors."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import gc

import numpy as np
import pytest

from sklstm.networks._tensors import as_tensor
from sklstm.utils._aligned import aligned_empty


@pytest.mark.parametrize("shape", [(3, 2), (300_000, 2), (0, 4), (5,)])
def test_a_tensor_has_the_values_of_the_array(shape):
    for array in (aligned_empty(shape), np.empty(shape, dtype=np.float32)):
        array[...] = np.random.default_rng(0).normal(size=shape)
        tensor = as_tensor(array)
        assert tensor.dtype == np.float32
        np.testing.assert_array_equal(tensor.numpy(), array)


def test_a_large_aligned_array_is_shared_and_kept_alive():
    array = aligned_empty((300_000, 2))
    array[...] = 1.0
    tensor = as_tensor(array)
    array[0, 0] = 7.0
    assert float(tensor[0, 0]) == 7.0
    del array
    gc.collect()
    assert float(tensor.numpy().sum()) == 600_006.0


@pytest.mark.parametrize("spoil", ["offset", "read-only", "strided"])
def test_other_arrays_are_copied(spoil):
    array = aligned_empty((300_000, 2))
    array[...] = 1.0
    if spoil == "offset":
        given = array[1:]
    elif spoil == "strided":
        given = array[::2]
    else:
        given = array.view()
        given.flags.writeable = False
    tensor = as_tensor(given)
    array[...] = 7.0
    np.testing.assert_array_equal(tensor.numpy(), np.ones(given.shape, dtype=np.float32))
