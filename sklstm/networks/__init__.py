"""LSTM networks on TensorFlow: sizes and rows in, weights and outputs out; no scikit-learn here."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import keras

if keras.backend.backend() != "tensorflow":
    raise ImportError(
        f"sklstm trains on Keras with TensorFlow, but Keras runs on {keras.backend.backend()!r}. "
        "Set the environment variable KERAS_BACKEND=tensorflow before importing keras."
    )

from sklstm.networks._export import Anchor, export_model
from sklstm.networks._layers import choose_engine
from sklstm.networks._model_cache import acquire_network, clear_model_cache
from sklstm.networks._network import LSTMNetwork
from sklstm.networks._network_input import NetworkInput
from sklstm.networks._predict import predict, predict_steps
from sklstm.networks._quantiles import PinballLoss
from sklstm.networks._spec import NetworkSpec
from sklstm.networks._task import Examples, TrainingTask
from sklstm.networks._threads import keep_to_the_limit_of_the_worker, threads_of_tensorflow

keep_to_the_limit_of_the_worker()

__all__ = [
    "Anchor",
    "Examples",
    "LSTMNetwork",
    "NetworkInput",
    "NetworkSpec",
    "PinballLoss",
    "TrainingTask",
    "acquire_network",
    "choose_engine",
    "clear_model_cache",
    "export_model",
    "predict",
    "predict_steps",
    "threads_of_tensorflow",
]
