"""LSTM networks on TensorFlow: sizes and rows in, weights and outputs out; no scikit-learn here.

Sizes, data and what predicts are NumPy and native code, and are imported at once. What trains is
imported when it is first used, and TensorFlow with it: a fitted network is unpickled and predicts
without TensorFlow.
"""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from importlib import import_module
from typing import TYPE_CHECKING

from sklstm.networks._native import describe_engine
from sklstm.networks._network_input import NetworkInput, Slots
from sklstm.networks._patches import PatchSpec
from sklstm.networks._predict import predict, predict_steps
from sklstm.networks._spec import NetworkSpec
from sklstm.networks._startup import import_tensorflow
from sklstm.networks._task import Examples, TrainingTask

if TYPE_CHECKING:
    from sklstm.networks._backend import claim_process
    from sklstm.networks._export import Anchor, average_models, export_model
    from sklstm.networks._layers import choose_engine, computed_by
    from sklstm.networks._model_cache import acquire_network, clear_model_cache
    from sklstm.networks._network import LSTMNetwork
    from sklstm.networks._quantiles import PinballLoss
    from sklstm.networks._threads import threads_of_tensorflow

_ON_TENSORFLOW = {
    "Anchor": "_export",
    "LSTMNetwork": "_network",
    "PinballLoss": "_quantiles",
    "acquire_network": "_model_cache",
    "average_models": "_export",
    "claim_process": "_backend",
    "choose_engine": "_layers",
    "computed_by": "_layers",
    "clear_model_cache": "_model_cache",
    "export_model": "_export",
    "threads_of_tensorflow": "_threads",
}

__all__ = [
    "Anchor",
    "Examples",
    "LSTMNetwork",
    "NetworkInput",
    "NetworkSpec",
    "PatchSpec",
    "PinballLoss",
    "Slots",
    "TrainingTask",
    "acquire_network",
    "average_models",
    "choose_engine",
    "claim_process",
    "clear_model_cache",
    "computed_by",
    "describe_engine",
    "export_model",
    "import_tensorflow",
    "predict",
    "predict_steps",
    "threads_of_tensorflow",
]


def __getattr__(name: str):
    """Import what needs TensorFlow when it is asked for."""
    if name not in _ON_TENSORFLOW:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import_tensorflow()
    import_module("sklstm.networks._backend")
    found = getattr(import_module(f"sklstm.networks.{_ON_TENSORFLOW[name]}"), name)
    globals()[name] = found
    return found
