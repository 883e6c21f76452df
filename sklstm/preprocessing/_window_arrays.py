"""The two carriers of windows: a strided view and a lazy array-like."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.lib.mixins import NDArrayOperatorsMixin
from numpy.lib.stride_tricks import sliding_window_view

from sklstm.preprocessing._window_index import WindowIndex

# What ndarray knows about an array without producing another one.
_ABOUT = {
    "base", "ctypes", "data", "device", "dtype", "flags", "itemsize", "nbytes", "ndim", "shape",
    "size", "strides",
}  # fmt: skip
_PUBLIC = [name for name in dir(np.ndarray) if not name.startswith("_")]
# Answered from the shape alone: materialising millions of windows to count them would be absurd.
_ABOUT_FUNCTIONS = {np.shape, np.ndim, np.size}


def selected_rows(key, n_samples):
    """Tell which rows an index selects.

    Parameters
    ----------
    key : object
        What stands between the brackets of `X[key]` for `X` of three dimensions.
    n_samples : int
        The number of rows.

    Returns
    -------
    rows : slice, ndarray or None
        The rows, None if the index does something else than to select rows.
    """
    if isinstance(key, tuple):
        key, rest = (key[0], key[1:]) if key else (None, ())
        full = sum(isinstance(k, slice) and k == slice(None) for k in rest)
        ellipses = sum(k is Ellipsis for k in (key, *rest))
        if full > 2 or ellipses > 1 or full + sum(k is Ellipsis for k in rest) < len(rest):
            return None
    if key is Ellipsis:
        return slice(None)
    if isinstance(key, slice):
        return key
    if isinstance(key, (list, range, np.ndarray, pd.Index, pd.Series)):
        if isinstance(key, list) and not all(np.ndim(k) == 0 for k in key):
            return None
        rows = np.asarray(key)
        if rows.ndim == 1 and (
            rows.dtype.kind in "iu" or (rows.dtype == bool and len(rows) == n_samples)
        ):
            return rows
        if isinstance(key, list) and not key:
            return np.empty(0, dtype=np.intp)
    return None


def _plain(value):
    """Replace windows by plain arrays, also inside lists, tuples and dicts."""
    if isinstance(value, WindowView):
        return np.ndarray.view(value, np.ndarray)
    if isinstance(value, LazyWindows):
        return value.window_index.materialize()
    if type(value) in (list, tuple):
        return type(value)(_plain(item) for item in value)
    if type(value) is dict:
        return {name: _plain(item) for name, item in value.items()}
    return value


class _PlainResults:
    """Computing with windows gives plain arrays: only selecting rows keeps the window index."""

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        """Compute on plain arrays."""
        return getattr(ufunc, method)(*_plain(inputs), **_plain(kwargs))

    def __array_function__(self, func, types, args, kwargs):
        """Compute on plain arrays."""
        if args and args[0] is self:
            if func in _ABOUT_FUNCTIONS:
                return func(np.broadcast_to(0, self.shape), *args[1:], **kwargs)
            if func is np.take:
                return self.take(*args[1:], **kwargs)
        return func(*_plain(args), **_plain(kwargs))


def _view_of(index):
    """Rebuild a view (a function of its own, because pickles name it)."""
    return WindowView.from_index(index)


class WindowView(_PlainResults, np.ndarray):
    """Windows of consecutive rows: a read-only view that knows its rows and its time.

    All windows share one buffer of rows, so the view costs no memory of its own. Selecting rows
    keeps that knowledge: a slice without gaps is a view again, any other selection becomes
    :class:`LazyWindows`. Everything else (arithmetic, single windows or features, `reshape`,
    `astype`, `np.asarray`) gives plain arrays.

    Attributes
    ----------
    window_index : WindowIndex
        The rows behind the windows.
    """

    # np.concatenate and friends return the class with the highest priority.
    __array_priority__ = -1.0
    window_index = None

    @classmethod
    def from_index(cls, index):
        """Lay the rows of a window index out and view them.

        Parameters
        ----------
        index : WindowIndex
            Its samples must be consecutive time steps of one series, in order.

        Returns
        -------
        windows : WindowView of shape (n_samples, window, n_features)
            The windows. Their index shares the buffer where no step of it is missing.
        """
        n_samples, window, n_features = len(index), index.window, index.rows.shape[1]
        if n_samples == 0:
            plain = np.empty((0, window, n_features), dtype=index.rows.dtype)
        else:
            # The rows between the last window and the last output row come along at the end,
            # so that the index can share the buffer when lead > 0, too.
            n_steps = n_samples + window - 1
            first_key = index.end[0] - window + 1
            low, high = np.searchsorted(index.keys, [first_key, first_key + n_steps + index.lead])
            place = index.keys[low:high] - first_key
            buffer = np.empty((n_steps + index.lead, n_features), dtype=index.rows.dtype)
            whole = len(place) > 0 and place[-1] - place[0] == len(place) - 1
            if whole:
                buffer[: place[0]] = np.nan
                buffer[place[0] : place[-1] + 1] = index.rows[low:high]
                buffer[place[-1] + 1 :] = np.nan
            else:
                buffer[:] = np.nan
                buffer[place] = index.rows[low:high]
            buffer.flags.writeable = False
            if whole and high - low == len(index.rows):
                index = replace(index, rows=buffer[place[0] : place[-1] + 1])
            plain = sliding_window_view(buffer[:n_steps], window, axis=0).transpose(0, 2, 1)
        windows = plain.view(cls)
        windows.window_index = index
        return windows

    def __array_finalize__(self, obj):
        """Forget the window index: what NumPy derives from windows need not be windows."""
        self.window_index = None

    def __getitem__(self, key):
        """Select rows, with their window index; or anything else, without."""
        plain = np.ndarray.view(self, np.ndarray)
        rows = None if self.window_index is None else selected_rows(key, len(self))
        if rows is None:
            return plain[key]
        if isinstance(rows, slice) and rows.step in (None, 1):
            windows = plain[rows].view(type(self))
            windows.window_index = self.window_index.take(rows)
            return windows
        return LazyWindows(self.window_index.take(rows))

    def take(self, indices, axis=None, out=None, mode="raise"):
        """Take elements; along the first axis the rows keep their window index."""
        if self.window_index is not None and axis == 0 and out is None and mode == "raise":
            rows = selected_rows(indices, len(self))
            if isinstance(rows, np.ndarray) and rows.dtype != bool:
                return self[rows]
        return np.ndarray.view(self, np.ndarray).take(indices, axis=axis, out=out, mode=mode)

    def __copy__(self):
        """Return the view itself in a new object: it is read-only."""
        return self if self.window_index is None else self[:]

    def __deepcopy__(self, memo):
        """Copy the rows behind the windows, not the windows."""
        if self.window_index is None:
            return np.ndarray.view(self, np.ndarray).copy()
        return WindowView.from_index(self.window_index.trim())

    def __reduce__(self):
        """Pickle the rows behind the windows, not the windows."""
        if self.window_index is None:
            return np.array(self, subok=False).__reduce__()
        return _view_of, (self.window_index,)

    def __reduce_ex__(self, protocol):
        """Pickle the rows behind the windows, not the windows."""
        return self.__reduce__()


def _on_plain(name):
    """Run a method of ndarray on the plain array, as C code keeps the subclass otherwise."""
    if not callable(getattr(np.ndarray, name)):
        return property(lambda self: getattr(np.ndarray.view(self, np.ndarray), name))

    def method(self, *args, **kwargs):
        return getattr(np.ndarray.view(self, np.ndarray), name)(*args, **kwargs)

    method.__name__ = name
    method.__doc__ = f"Do what `numpy.ndarray.{name}` does, on the plain array."
    return method


for _name in _PUBLIC:
    if _name not in _ABOUT and _name not in vars(WindowView):
        setattr(WindowView, _name, _on_plain(_name))
del _name


class LazyWindows(_PlainResults, NDArrayOperatorsMixin):
    """Windows of any rows: an array-like that is written out only where it is asked for.

    It stands for an array of shape (n_samples, window, n_features). Selecting rows gives lazy
    windows again, which share the rows behind them; `np.asarray`, arithmetic, NumPy functions
    and the methods of arrays work on the array written out.

    Parameters
    ----------
    index : WindowIndex
        The rows behind the windows.
    """

    def __init__(self, index):
        self.window_index: WindowIndex = index

    @property
    def shape(self):
        """Number of windows, of steps and of features."""
        return (len(self.window_index), self.window_index.window, self.window_index.rows.shape[1])

    @property
    def dtype(self):
        """Type of the values."""
        return self.window_index.rows.dtype

    @property
    def ndim(self):
        """Number of dimensions, which is 3."""
        return 3

    @property
    def device(self):
        """Where the values lie, which is the CPU."""
        return "cpu"

    @property
    def size(self):
        """Number of values of the array written out."""
        return int(np.prod(self.shape, dtype=np.int64))

    def __len__(self):
        """Return the number of windows."""
        return len(self.window_index)

    def __repr__(self):
        """Return a summary in one line."""
        return f"LazyWindows(shape={self.shape}, dtype={self.dtype})"

    def __array__(self, dtype=None, copy=None):
        """Write the windows out."""
        if copy is False:
            raise ValueError("LazyWindows cannot become an array without a copy.")
        return self.window_index.materialize().astype(
            self.dtype if dtype is None else dtype, copy=False
        )

    def __array_namespace__(self, *, api_version=None):
        """Tell that NumPy computes with the windows."""
        return np

    def __getitem__(self, key):
        """Select rows, with their window index; or anything else, without."""
        rows = selected_rows(key, len(self))
        if rows is not None:
            return LazyWindows(self.window_index.take(rows))
        if isinstance(key, tuple) and key and isinstance(key[0], (int, np.integer)):
            return self[key[0]][key[1:]]
        if isinstance(key, (int, np.integer)) and not isinstance(key, (bool, np.bool_)):
            if not -len(self) <= key < len(self):
                raise IndexError(f"index {key} is out of bounds for {len(self)} windows")
            return self.window_index.take(np.array([key])).materialize()[0]
        return self.window_index.materialize()[key]

    def take(self, indices, axis=None, out=None, mode="raise"):
        """Take elements; along the first axis the rows keep their window index."""
        if axis == 0 and out is None and mode == "raise":
            rows = selected_rows(indices, len(self))
            if isinstance(rows, np.ndarray) and rows.dtype != bool:
                return self[rows]
        return self.window_index.materialize().take(indices, axis=axis, out=out, mode=mode)

    def __iter__(self):
        """Iterate over the windows, written out one by one."""
        return (self[i] for i in range(len(self)))

    def __getattr__(self, name):
        """Find the methods of arrays on the array written out."""
        if name.startswith("_") or name == "window_index" or name not in _PUBLIC:
            raise AttributeError(f"'LazyWindows' object has no attribute '{name}'")
        return getattr(self.window_index.materialize(), name)
