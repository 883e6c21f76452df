"""LSTM layers over windows of different lengths, and the engines that compute them."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import platform
from dataclasses import dataclass
from typing import Literal

import keras
import numpy as np
import tensorflow as tf

from sklstm.networks import _block_lstm, _native_lstm
from sklstm.networks._native import load_native
from sklstm.networks._native_operations import load_operations
from sklstm.networks._spec import NetworkSpec

Engine = Literal["native", "block_lstm", "keras"]


def choose_engine(spec: NetworkSpec, *, training: bool) -> Engine:
    """Choose the engine that computes the LSTM layers of a network.

    Parameters
    ----------
    spec : NetworkSpec
        The sizes.
    training : bool
        Whether the network trains; otherwise it predicts.

    Returns
    -------
    {"native", "block_lstm", "keras"}
        The native code if it is compiled for this machine, else TensorFlow's fused operation;
        Keras's layers to train with recurrent dropout, which neither supports.
    """
    if training and spec.recurrent_dropout > 0:
        return "keras"
    return "block_lstm" if load_operations() is None else "native"


def computed_by(spec: NetworkSpec) -> list[str]:
    """Say what computes the training of a network: with others, the last bits may differ.

    Parameters
    ----------
    spec : NetworkSpec
        The sizes.

    Returns
    -------
    list of str
        The engine, the instruction set of the native code, and versions.
    """
    engine = choose_engine(spec, training=True)
    library = load_native() if engine == "native" else None
    instructions = "" if library is None else library.sklstm_instruction_set().decode()
    versions = [f"{of.__name__} {of.__version__}" for of in (np, keras, tf)]
    return [engine, instructions, platform.machine(), *versions]


def device_of(engine: Engine):
    """Return the device for an engine and for all operations between the layers.

    On a machine with a GPU, TensorFlow would place those operations there, and copy every batch
    between it and the native code, which runs on the CPU.

    Parameters
    ----------
    engine : {"native", "block_lstm", "keras"}
        What computes the LSTM layers.

    Returns
    -------
    context manager
        The CPU for the native code, else the device that TensorFlow chooses.
    """
    return tf.device("/CPU:0" if engine == "native" else None)


@dataclass(frozen=True, eq=False)
class LayerInput:
    """The inputs of a layer for one batch of samples, as rows and the positions of their steps.

    Step *j* of sample *i* is row ``start[i] + j * stride``, for ``j < count[i]``.

    Parameters
    ----------
    rows : tensor of shape (n_rows, n_inputs)
        All steps, at least one, finite.
    start, count : tensor of shape (n_samples,), int32
        First row, and number of steps, of each sample.
    stride : tensor of shape (), int32
        Rows from one step to the next.
    n_steps : tensor of shape (), int32
        The greatest count, but at least 1.
    are_outputs : bool
        Whether the rows are the outputs of a layer below, which needs their gradients.
    """

    rows: tf.Tensor
    start: tf.Tensor
    count: tf.Tensor
    stride: tf.Tensor
    n_steps: tf.Tensor
    are_outputs: bool = False


def input_of_windows(rows, start, count) -> LayerInput:
    """Describe windows over a series to the first layer.

    Parameters
    ----------
    rows : tensor of shape (n_rows, n_features)
        The series, at least one row.
    start, count : tensor of shape (n_samples,), int32
        First row, and number of steps, of each window.

    Returns
    -------
    LayerInput
        The windows, without a copy of their rows.
    """
    n_steps = tf.maximum(tf.reduce_max(count), 1)
    return LayerInput(rows, start, count, tf.constant(1), n_steps)


def input_of_outputs(outputs, count) -> LayerInput:
    """Describe the outputs of a layer to the one above.

    Parameters
    ----------
    outputs : tensor of shape (n_steps, n_samples, n_units)
        Time-major outputs.
    count : tensor of shape (n_samples,), int32
        Number of steps of each sample.

    Returns
    -------
    LayerInput
        The outputs, in the same memory.
    """
    n_steps, n_samples = tf.shape(outputs)[0], tf.shape(outputs)[1]
    rows = tf.reshape(outputs, [n_steps * n_samples, outputs.shape[-1]])
    return LayerInput(rows, tf.range(n_samples), count, n_samples, n_steps, are_outputs=True)


def lstm_layer(
    steps: LayerInput, weights, state=None, *, engine: Engine, training: bool, only_last: bool
):
    """Run one LSTM layer, in one or both directions.

    Parameters
    ----------
    steps : LayerInput
        The inputs.
    weights : list of 3 or 6 tensors
        Kernel, recurrent kernel and bias; a second three make the layer bidirectional.
    state : pair of tensors of shape (n_samples, n_units), default=None
        h and c before the first step, of a layer of one direction; None is 0.
    engine : {"native", "block_lstm"}
        What computes it.
    training : bool
        Whether gradients will be computed.
    only_last : bool
        Whether to return only the outputs after the last step.

    Returns
    -------
    outputs : tensor of shape (n_samples, n_outputs) or (n_steps, n_samples, n_outputs)
        The outputs, the directions concatenated; undefined beyond the end of a window. A window
        without steps gives the state before it.
    state : pair of tensors of shape (n_samples, n_units)
        h and c after the step that was read last, of the last direction.
    """
    x = _block_lstm.gather_steps(steps) if engine == "block_lstm" else None
    outputs = []
    for first in range(0, len(weights), 3):
        own, reverse = weights[first : first + 3], first > 0
        if engine == "block_lstm":
            h, state = _block_lstm.one_direction(
                x, steps.count, own, None if reverse else state, reverse=reverse
            )
        else:
            h, state = _native_lstm.one_direction(
                steps,
                own,
                None if reverse else state,
                reverse=reverse,
                training=training,
                returns_sequences=not only_last,
            )
        outputs.append(state[0] if only_last else h)
    return outputs[0] if len(outputs) == 1 else tf.concat(outputs, axis=-1), state
