"""What arrays may hold that NumPy would take for numbers: masks, dates, objects."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd

DATES = ("datetime", "datetime64", "date", "timedelta", "timedelta64", "time", "period")
_SAMPLE = 100


def unmasked(values):
    """Turn the masked values of a masked array into missing ones.

    Parameters
    ----------
    values : object
        Anything.

    Returns
    -------
    object
        Of a masked array of floats an array with NaN, of any other masked array one of objects with
        None; anything else as it is.
    """
    if not isinstance(values, np.ma.MaskedArray):
        return values
    if not np.ma.is_masked(values):
        return values.data
    if values.dtype.kind == "f":
        return values.filled(np.nan)
    filled = values.data.astype(object)
    filled[np.ma.getmaskarray(values)] = None
    return filled


def as_numbers(values, name):
    """Read masked values as missing ones, and refuse dates.

    Parameters
    ----------
    values : object
        What is to be read as numbers.
    name : str
        Whose value it is, for the message.

    Returns
    -------
    object
        The same, without a mask.

    Raises
    ------
    ValueError
        If it is a Series of pandas where a table is needed, or if it is an array of dates or times.
    """
    if isinstance(values, np.ma.MaskedArray):
        values = unmasked(values)
        values = values.astype(np.float64) if values.dtype == object else values
    dtype = getattr(values, "dtype", None)
    kind = ""
    if getattr(dtype, "kind", "") in ("m", "M"):
        kind = "datetime"
    elif isinstance(values, np.ndarray) and values.dtype == object:
        kind = pd.api.types.infer_dtype(values.ravel()[:_SAMPLE], skipna=True)
    if kind in DATES:
        raise ValueError(
            f"{name} holds dates or times and no numbers; encode them as numbers, or leave them "
            "out. The time of rows belongs in the index of a DataFrame, or in a column that time= "
            "of SequenceWindower names."
        )
    return values


def refuse_series(X):
    """Refuse a Series in place of a table.

    Parameters
    ----------
    X : object
        What is to be a table.

    Raises
    ------
    ValueError
        If it is a Series.
    """
    if getattr(X, "ndim", None) == 1 and hasattr(X, "to_frame"):
        raise ValueError(
            "X is a Series, which has one dimension, but a table is expected: pass X.to_frame(), "
            "a DataFrame of one column."
        )


def refuse_ragged(X, name: str, estimator, *, cure: str) -> None:
    """Refuse sequences of different lengths.

    Parameters
    ----------
    X : object
        What is to be read as an array.
    name : str
        Whose value it is, for the message.
    estimator : estimator
        Who reads it.
    cure : str
        What it reads, and what to do: the end of the message.

    Raises
    ------
    ValueError
        If it is a collection of sequences of different lengths.
    """
    if not _is_ragged(X):
        return
    lengths = [len(sequence) for sequence in X]
    raise ValueError(
        f"{name} is a {type(X).__name__} of sequences of {min(lengths)} to {max(lengths)} steps, "
        f"but {type(estimator).__name__} reads {cure}"
    )


def _is_ragged(X) -> bool:
    """Tell whether X is a collection of sequences of different lengths."""
    if isinstance(X, np.ndarray | pd.Series):
        if X.ndim != 1 or X.dtype != object:
            return False
    elif not isinstance(X, list | tuple):
        return False
    # Numbers are told apart at the first one.
    if not len(X) or not all(np.iterable(own) and not isinstance(own, str) for own in X):
        return False
    return isinstance(X, np.ndarray | pd.Series) or len({len(own) for own in X}) > 1
