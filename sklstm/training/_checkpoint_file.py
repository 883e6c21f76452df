"""A file that keeps the state of a training: numbers, strings and arrays, and no code."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import io
import json
import warnings
import zipfile
import zlib
from numbers import Integral, Real
from pathlib import Path
from typing import Any

import numpy as np

from sklstm.utils._atomic_write import moved_into_place

_TEXT = "text"


class CheckpointFile:
    """A state in a file.

    Parameters
    ----------
    path : pathlib.Path
        Where it is, or will be.
    """

    def __init__(self, path: Path):
        self.path = path

    def write(self, state) -> None:
        """Write a state in place of the one before.

        Parameters
        ----------
        state : object
            None, numbers, strings, arrays of numbers, and lists, tuples and dicts of them.

        Raises
        ------
        TypeError
            If the state holds anything else.
        OSError
            If it cannot be written; the state before it stays.
        """
        arrays: list[np.ndarray] = []
        text = json.dumps(_take_apart(state, arrays)).encode()
        data = io.BytesIO()
        named: dict[str, Any] = {str(number): array for number, array in enumerate(arrays)}
        named[_TEXT] = np.frombuffer(text, dtype=np.uint8)
        np.savez(data, **named)
        try:
            with moved_into_place(self.path) as file:
                file.write(data.getbuffer())
        except OSError as error:
            raise OSError(
                error.errno,
                f"The checkpoint could not be written ({error.strerror}); what was written before "
                "is kept. Make room and fit again to go on from there, or fit with "
                "checkpoint=None",
                str(self.path),
            ) from error

    def read(self) -> Any:
        """Read the state; None where there is no file, or, with a warning, a damaged one.

        Returns
        -------
        object
            An equal state.
        """
        try:
            with open(self.path, "rb") as file, np.load(file, allow_pickle=False) as archive:
                arrays = {name: archive[name] for name in archive.files}
            return _put_together(json.loads(arrays[_TEXT].tobytes()), arrays)
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error) as error:
            warnings.warn(
                f"The checkpoint {self.path} is damaged ({error}): what it kept is computed again.",
                stacklevel=2,
            )
            return None


def _take_apart(value, arrays):
    """Turn a state into what JSON writes; put its arrays into a list."""
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, np.ndarray | np.generic) and value.dtype.kind in "biuf":
        arrays.append(np.asarray(value))
        return {"array": len(arrays) - 1}
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real):
        return float(value)
    if isinstance(value, list):
        return [_take_apart(part, arrays) for part in value]
    if isinstance(value, tuple):
        return {"tuple": [_take_apart(part, arrays) for part in value]}
    if isinstance(value, dict):
        return {"dict": [[_take_apart(part, arrays) for part in pair] for pair in value.items()]}
    raise TypeError(f"a checkpoint cannot keep a {type(value).__name__}")


def _put_together(value, arrays):
    if isinstance(value, list):
        return [_put_together(part, arrays) for part in value]
    if not isinstance(value, dict):
        return value
    ((kind, parts),) = value.items()
    if kind == "array":
        array = arrays[str(parts)]
        # Numbers of NumPy have no dimensions.
        return array if array.ndim else array[()]
    if kind == "tuple":
        return tuple(_put_together(part, arrays) for part in parts)
    return {_put_together(key, arrays): _put_together(part, arrays) for key, part in parts}
