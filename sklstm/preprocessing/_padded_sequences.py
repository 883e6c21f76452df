"""Padded sequences that are longer than those of the fit."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import replace

import numpy as np

from sklstm.preprocessing._window_index import WindowIndex


class LongerSequences(np.ndarray):
    """Padded sequences with more steps than those of the fit, an array in all else.

    Sequences that are padded have no length that they share: a network may read more steps than it
    was fitted on. Of plain arrays it refuses them, since these have one length.
    """


def split_by_length(index: WindowIndex, n_steps: int, margin: int):
    """Part padded sequences that fit into so many steps from longer ones.

    What a network reads of a sequence then does not depend on how long the others are.

    Parameters
    ----------
    index : WindowIndex
        Independent sequences, longer than `n_steps` with their padding.
    n_steps : int
        Steps of the sequences of the fit.
    margin : int
        Missing steps to leave before the first one of a longer sequence.

    Yields
    ------
    positions : ndarray
        Some of the samples.
    part : WindowIndex
        These samples; the longer ones end at the end of their windows.
    """
    if index.keys is None or len(index.rows) == 0:
        first, last = np.zeros(len(index), dtype=np.intp), np.full(len(index), index.window - 1)
        end = (np.arange(len(index)) + 1) * index.window - 1
        keys = np.arange(len(index.rows))
        index = replace(index, keys=keys, end=end)
    else:
        newest = np.clip(index.start + index.count - 1, 0, len(index.rows) - 1)
        oldest = np.clip(index.start, 0, len(index.rows) - 1)
        first, last = (index.window - 1 - (index.end - index.keys[k]) for k in (oldest, newest))
    too_many = index.window - n_steps
    at_the_end = (first >= too_many) | (index.count == 0)
    at_the_start = ~at_the_end & (last < n_steps)
    short = np.flatnonzero(at_the_end | at_the_start)
    if len(short):
        end = index.end - np.where(at_the_start, too_many, 0)
        yield short, replace(index.take(short), window=n_steps, end=end[short])
    longer = np.flatnonzero(~(at_the_end | at_the_start))
    if len(longer):
        end = index.end - (index.window - 1 - last)
        window = int((last - first)[longer].max()) + 1 + margin
        yield longer, replace(index.take(longer), window=window, end=end[longer])
