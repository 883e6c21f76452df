"""The one door to what TensorFlow keeps private but this library needs.

- ``context.clear_kernel_cache``: TensorFlow keeps the kernel of each operation that has run, by its
  attributes, the shape and the name of a variable among them, for the life of the process. Networks
  of new shapes add some 1 MB each. ``keras.utils.clear_session`` clears it, too, but also forgets
  which names Keras has given; a public function that clears kernels alone would let this go.
"""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from tensorflow.python.eager import context


def clear_kernel_cache() -> None:
    """Free the kernels of operations; those that run again are made again.

    No other thread may compute with TensorFlow meanwhile.
    """
    context.context().clear_kernel_cache()
