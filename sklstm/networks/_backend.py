"""Check that Keras runs on TensorFlow, and set the threads that it may use."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import keras

from sklstm.networks._threads import keep_to_the_limit_of_the_worker

if keras.backend.backend() != "tensorflow":
    raise ImportError(
        f"sklstm trains on Keras with TensorFlow, but Keras runs on {keras.backend.backend()!r}. "
        "Set the environment variable KERAS_BACKEND=tensorflow before importing keras."
    )

keep_to_the_limit_of_the_worker()
