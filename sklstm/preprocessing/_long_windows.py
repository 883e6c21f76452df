"""Windows that are far longer than the rows they are cut from: most of their steps are nowhere."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import replace

from sklstm.preprocessing._window_index import WindowIndex

# Windows of so many steps may be laid out step by step, however few rows they hold.
LONG_WINDOW = 4096


def n_reached_steps(index: WindowIndex) -> int:
    """Count the steps, back from the end of a window, that a window reaches a row in.

    Parameters
    ----------
    index : WindowIndex
        The windows.

    Returns
    -------
    int
        At least 1. The length of the windows, unless they are long, and longer than there are rows.
    """
    some = index.count > 0
    if index.window <= max(LONG_WINDOW, len(index.rows)) or index.keys is None or not some.any():
        return index.window
    return int((index.end[some] - index.keys[index.start[some]]).max()) + 1


def without_unreached_steps(index: WindowIndex, margin: int = 0) -> WindowIndex:
    """Cut off the oldest steps of windows, in which none of them holds a row.

    What is computed step by step then takes memory for steps that exist. A network that skips
    missing steps reads the same.

    Parameters
    ----------
    index : WindowIndex
        The windows.
    margin : int, default=0
        Steps to leave before the first one that is reached.

    Returns
    -------
    WindowIndex
        The windows; itself unless they are long, and longer than there are rows.
    """
    window = min(index.window, n_reached_steps(index) + margin)
    return index if window == index.window else replace(index, window=window)
