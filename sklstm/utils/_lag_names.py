"""What the names of columns say about lags: their order, and which columns are none."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import re
import warnings

import numpy as np

# "lag_3" and "lag3" alone, or behind the name of a column as in "temp_lag3" and "temp_lag_3".
_LAG = re.compile(r"(?P<column>(?:.*[^0-9a-zA-Z])?)lag_?(?P<lag>[0-9]+)")


def order_of_lags(names) -> tuple[str | None, list[str]]:
    """Read the order of lags from the names of columns.

    Parameters
    ----------
    names : iterable of object
        Names of the columns of a table.

    Returns
    -------
    order : {"oldest_first", "newest_first"} or None
        The order that all lagged columns agree on; None if the names do not tell.
    others : list of str
        The names that name no lag; all of them if none does.
    """
    lags: dict[str, list[int]] = {}
    others = []
    for name in map(str, names):
        found = _LAG.fullmatch(name)
        if found:
            lags.setdefault(found["column"], []).append(int(found["lag"]))
        else:
            others.append(name)
    signs = {int(sign) for own in lags.values() for sign in np.sign(np.diff(own))}
    order = {1: "newest_first", -1: "oldest_first"}.get(signs.pop()) if len(signs) == 1 else None
    return order, others


def warn_of_lag_names(names, order: str, remedy: str, *, columns_are_steps: bool = True) -> None:
    """Warn if the names of columns say otherwise than how the columns are read.

    Parameters
    ----------
    names : iterable of object
        Names of the columns of a table.
    order : {"oldest_first", "newest_first"}
        Which step is read first.
    remedy : str
        How to read the other one first.
    columns_are_steps : bool, default=True
        Whether every column becomes a step, so that one without a lag is out of place.

    Warns
    -----
    UserWarning
        If the lags run the other way, or if some columns name a lag and others do not.
    """
    names = list(names)
    found, others = order_of_lags(names)
    if found is None:
        return
    if found != order:
        warnings.warn(
            f"The columns of X are named {_some_of(names)}, {found.replace('_', ' ')}, but are "
            f"read {order.replace('_', ' ')}: the network would read time backwards. {remedy}",
            UserWarning,
            stacklevel=2,
        )
    if others and columns_are_steps:
        warnings.warn(
            f"Every column of X becomes a step, and so does {_some_of(others)}, whose name tells "
            "no lag. Drop such columns, or make them features of their own, with the value in the "
            "last step.",
            UserWarning,
            stacklevel=2,
        )


def _some_of(names) -> str:
    """Return names as text, the first three and the last."""
    shown = [repr(str(name)) for name in names]
    return ", ".join(shown if len(shown) <= 4 else [*shown[:3], "...", shown[-1]])
