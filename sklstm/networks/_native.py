"""The native code, called on NumPy arrays; nothing of TensorFlow here."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import ctypes
import os
import sys
from functools import cache
from pathlib import Path

import joblib
import numpy as np

from sklstm.networks._patches import VIEWS, PatchSpec

_SUFFIX = "dll" if sys.platform == "win32" else "so"
LIBRARY = Path(__file__).parent / "csrc" / f"sklstm_native.{_SUFFIX}"
# Set to 0, this environment variable disables the native code.
SWITCH = "SKLSTM_NATIVE"

_Integer, _Pointer = ctypes.c_int64, ctypes.c_void_p


# These match the structures in csrc, in order and type; see there for what the fields are.
class _Layer(ctypes.Structure):
    _fields_ = (
        *((name, _Integer) for name in ("n_samples", "n_steps", "n_rows", "n_inputs", "n_units")),
        ("rows", _Pointer),
        ("stride", _Integer),
        *((name, _Pointer) for name in ("start", "count")),
        ("reverse", ctypes.c_bool),
        *((name, _Pointer) for name in ("kernel", "recurrent_kernel", "bias", "h0", "c0")),
        ("n_threads", ctypes.c_int),
    )


class _Outputs(ctypes.Structure):
    _fields_ = tuple((name, _Pointer) for name in ("h_last", "c_last", "h", "gates"))


class _DenseLayer(ctypes.Structure):
    _fields_ = (
        *((n, _Integer) for n in ("n_steps", "n_samples", "n_units", "n_answers", "n_labels")),
        *((name, _Pointer) for name in ("h", "where", "kernel", "bias")),
        ("n_threads", ctypes.c_int),
    )


class _Patches(ctypes.Structure):
    _fields_ = (
        *((name, _Integer) for name in ("n_samples", "n_rows", "n_features", "n_slots")),
        *((name, _Integer) for name in ("window", "size", "stride")),
        *((name, _Pointer) for name in ("rows", "row_at", "start", "count", "first_slot")),
        *((n, _Integer) for n in ("n_views", "n_averaged", "n_levels", "n_constants")),
        *((n, _Pointer) for n in ("views", "scales", "averaged", "levels", "constants")),
        ("n_threads", ctypes.c_int),
    )


@cache
def load_native() -> ctypes.CDLL | None:
    """Load the native code that is compiled when the library is installed.

    Returns
    -------
    ctypes.CDLL or None
        The functions of ``csrc/interface.h``. None if the library is not compiled (no compiler, or
        not on Linux), if it cannot run (a processor without AVX2, other sources), or if the
        environment variable ``SKLSTM_NATIVE`` is 0.
    """
    if os.environ.get(SWITCH) == "0" or not LIBRARY.exists():
        return None
    try:
        library = ctypes.CDLL(str(LIBRARY))
        own = [ctypes.sizeof(of) for of in (_Layer, _Outputs, _DenseLayer, _Patches)]
        sizes = (_Integer * len(own))()
        library.sklstm_sizes(sizes)
    except (OSError, AttributeError):
        # Compiled for another machine, against another C library, or from other sources.
        return None
    library.sklstm_instruction_set.restype = ctypes.c_char_p
    return library if list(sizes) == own and library.sklstm_instruction_set() else None


def describe_engine() -> dict[str, str]:
    """Describe what computes the networks.

    Returns
    -------
    dict of str to str
        What predicts, with the instruction set of native code; whether the operations for training
        are compiled; and how many threads there may be.
    """
    library = load_native()
    compiled = LIBRARY.with_name("sklstm_tensorflow.so").exists() and library is not None
    limits = [os.environ.get(name, "") for name in ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS")]
    threads = min([joblib.cpu_count(), *(int(limit) for limit in limits if limit.isdecimal())])
    return {
        "predictions": "NumPy"
        if library is None
        else f"native code ({library.sklstm_instruction_set().decode()})",
        "training": "TensorFlow, native code" if compiled else "TensorFlow",
        "threads": str(max(threads, 1)),
    }


def lstm(
    rows, start, count, n_steps, weights, state, *, stride=1, reverse=False, sequences=False
) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray]]:
    """Run one direction of an LSTM layer over windows of different lengths.

    Parameters
    ----------
    rows : ndarray of shape (n_rows, n_inputs), float32
        The steps of all windows, at least one row. This and the following arrays are C-contiguous.
    start, count : ndarray of shape (n_samples,), int32
        First row, and number of steps, of each window.
    n_steps : int
        The greatest count, but at least 1.
    weights : sequence of 3 ndarray, float32
        Kernel, recurrent kernel and bias, gates in Keras's order i, f, c, o.
    state : pair of ndarray of shape (n_samples, n_units), float32
        h and c before the step that is read first.
    stride : int, default=1
        Rows from one step to the next.
    reverse : bool, default=False
        Whether to read every window from its end.
    sequences : bool, default=False
        Whether to return the outputs of all steps.

    Returns
    -------
    h : ndarray of shape (n_samples, n_units) or (n_steps, n_samples, n_units), float32
        The outputs after the last step, or with `sequences` after each, 0 beyond the end.
    state : pair of ndarray of shape (n_samples, n_units), float32
        h and c after the step that was read last; the given state for a window without steps.
    """
    kernel, recurrent_kernel, bias = map(np.ascontiguousarray, weights)
    n_samples, n_units = state[0].shape
    h_last, c_last = np.empty((2, n_samples, n_units), np.float32)
    h = np.empty((n_steps, n_samples, n_units), np.float32) if sequences else None
    layer = _Layer(
        n_samples,
        n_steps,
        *rows.shape,
        n_units,
        _address(rows),
        stride,
        _address(start),
        _address(count),
        reverse,
        _address(kernel),
        _address(recurrent_kernel),
        _address(bias),
        _address(state[0]),
        _address(state[1]),
        _threads_allowed(n_samples),
    )
    outputs = _Outputs(_address(h_last), _address(c_last), None if h is None else _address(h), None)
    _check(_library().sklstm_lstm_forward(ctypes.byref(layer), ctypes.byref(outputs)))
    return (h_last if h is None else h), (h_last, c_last)


def dense(x: np.ndarray, kernel: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """Run rows through a dense layer.

    Parameters
    ----------
    x : ndarray of shape (n_rows, n_units), float32
        The rows. This and the following arrays are C-contiguous.
    kernel : ndarray of shape (n_units, n_outputs), float32
        The weights.
    bias : ndarray of shape (n_outputs,), float32
        The bias.

    Returns
    -------
    ndarray of shape (n_rows, n_outputs), float32
        The sums, without activation.
    """
    kernel, bias = map(np.ascontiguousarray, (kernel, bias))
    n_rows, n_units = x.shape
    sums = np.empty((n_rows, len(bias)), np.float32)
    every_row = np.arange(n_rows, dtype=np.int32)
    layer = _DenseLayer(
        1,
        n_rows,
        n_units,
        len(bias),
        n_rows,
        _address(x),
        _address(every_row),
        _address(kernel),
        _address(bias),
        _threads_allowed(n_rows),
    )
    _check(_library().sklstm_dense_forward(ctypes.byref(layer), _Pointer(_address(sums))))
    return sums


def patches(spec: PatchSpec, rows, slots, start, count, first_slot, scales, constants):
    """Cut windows into patches, and lay the inputs of the first layer out.

    Parameters
    ----------
    spec : PatchSpec
        How.
    rows : ndarray of shape (n_rows, n_features), float32
        The steps of all windows. This and the following arrays are C-contiguous.
    slots : Slots
        Where the steps of windows are found.
    start, count, first_slot : ndarray of shape (n_samples,), int32
        Of each window the first row, the number of observed rows, and the slot of the first step.
    scales : ndarray of shape (n_views, n_features), float32
        What each view is divided by.
    constants : ndarray of shape (n_samples, n_constants), float32, or None
        Further inputs of each window.

    Returns
    -------
    inputs : ndarray of shape (n_samples, n_kept, n_inputs), float32
        The patches that hold an observed step, oldest first, 0 beyond the last.
    n_observed : ndarray of shape (n_samples,), int32
        Their number; `n_kept` is the greatest, but at least 1.
    """
    n_samples, n_features = len(start), rows.shape[1]
    views, averaged, levels = (
        np.array(of, dtype=np.int32)
        for of in ([VIEWS.index(view) for view in spec.views], spec.averaged, spec.level_of)
    )
    cut = _Patches(
        n_samples,
        *rows.shape,
        len(slots.row_at),
        slots.window,
        spec.size,
        spec.stride,
        _address(rows),
        _address(slots.row_at),
        _address(start),
        _address(count),
        _address(first_slot),
        len(views),
        len(averaged),
        len(levels),
        spec.n_constants,
        _address(views),
        _address(scales),
        _address(averaged),
        _address(levels),
        None if constants is None else _address(constants),
        _threads_allowed(n_samples),
    )
    n_observed = np.empty(n_samples, np.int32)
    library = _library()
    _check(library.sklstm_count_patches(ctypes.byref(cut), _Pointer(_address(n_observed))))
    n_kept = max(int(n_observed.max(initial=0)), 1)
    inputs = np.empty((n_samples, n_kept, spec.n_inputs(n_features)), np.float32)
    to = _Pointer(_address(inputs))
    _check(library.sklstm_lay_out_patches(ctypes.byref(cut), _Integer(n_kept), to))
    return inputs, n_observed


def _library() -> ctypes.CDLL:
    library = load_native()
    assert library is not None
    return library


def _address(array: np.ndarray) -> int:
    """Return where the numbers of an array are; it is what ``array.ctypes.data`` is, but faster."""
    assert array.flags.c_contiguous
    return array.__array_interface__["data"][0]


def _threads_allowed(n_samples: int) -> int:
    """Read the limit that TensorFlow has too; 0 is none. OpenMP has its own: the lower applies."""
    if n_samples == 1:
        return 1
    limit = os.environ.get("TF_NUM_INTRAOP_THREADS", "")
    return int(limit) if limit.isdecimal() else 0


def _check(result: int) -> None:
    if result == 1:
        raise MemoryError("There is not enough memory for the outputs of a network.")
    if result == 2:
        raise IndexError("A window lies outside the rows.")
