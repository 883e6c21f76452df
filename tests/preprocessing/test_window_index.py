"""Tests of the window index: what windows know about the rows behind them."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import copy
import pickle
from dataclasses import FrozenInstanceError

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal

from sklstm.preprocessing import _window_index as module
from sklstm.preprocessing._window_index import WindowIndex, refuse_partly_missing, window_index_of

ROWS = np.arange(12.0).reshape(6, 2)
# Two series: slots 0 1 3 of the first, slots 0 1 2 of the second, whose keys begin at 20.
KEYS = np.array([0, 1, 3, 20, 21, 22])
END = np.array([0, 1, 2, 3, 20, 21, 22, 40])
START = np.array([0, 0, 0, 1, 3, 3, 3, 6])
COUNT = np.array([1, 2, 2, 2, 1, 2, 3, 0])


def _index_of_rows(**changes):
    fields = {
        "rows": ROWS.copy(), "keys": KEYS, "start": START, "count": COUNT, "end": END,
        "time": END + 1, "series": np.repeat([0, 1], 4), "labels": pd.Index(list("abcdefgh")),
        "series_keys": pd.Index(["x", "y"]), "window": 3, "lead": 1, "feature_names": ("t", "u"),
    }  # fmt: skip
    return WindowIndex(**{**fields, **changes})


def _naive():
    windows = np.full((len(END), 3, 2), np.nan)
    for i, end in enumerate(END):
        for r, key in enumerate(KEYS):
            if 0 <= end - key < 3:
                windows[i, 2 - (end - key)] = ROWS[r]
    return windows


@pytest.mark.parametrize("block", [1, 4, 1 << 20])
def test_materialize(monkeypatch, block):
    monkeypatch.setattr(module, "_BLOCK_STEPS", block)
    assert_array_equal(_index_of_rows().materialize(), _naive())


def test_materialize_keeps_the_type():
    index = _index_of_rows(rows=ROWS.astype(np.float32))
    assert index.materialize().dtype == np.float32


@pytest.mark.parametrize(
    "indices",
    [
        [0, 3, 3, -1], slice(1, 6, 2), slice(None, None, -1), END > 10, [],
        np.array([2], dtype=np.uint8), np.zeros(8, dtype=bool),
    ],
    ids=str,
)  # fmt: skip
def test_take_selects_output_rows(indices):
    index = _index_of_rows()
    taken = index.take(indices)
    rows = np.arange(8)[np.asarray(indices, dtype=int) if isinstance(indices, list) else indices]
    assert len(taken) == len(rows)
    assert_array_equal(taken.materialize(), _naive()[rows])
    assert_array_equal(taken.time, END[rows] + 1)
    assert_array_equal(taken.series, np.repeat([0, 1], 4)[rows])
    assert taken.labels.tolist() == [list("abcdefgh")[i] for i in rows]
    assert np.shares_memory(taken.rows, index.rows)
    assert np.shares_memory(taken.keys, index.keys)


@pytest.mark.parametrize("indices", [slice(None), [6, 0], [7], []], ids=str)
def test_multiplicity_counts_windows(indices):
    taken = _index_of_rows().take(indices)
    windows = taken.materialize()
    expected = [(windows == row).all(axis=2).sum() for row in ROWS]
    assert_array_equal(taken.multiplicity(), expected)
    assert taken.multiplicity().dtype == np.int64


@pytest.mark.parametrize(("indices", "n_rows"), [([1], 2), ([5, 0], 3), ([7], 0), ([], 0)])
def test_pickles_and_copies_hold_only_what_is_reached(indices, n_rows):
    taken = _index_of_rows().take(indices)
    for other in (pickle.loads(pickle.dumps(taken)), copy.deepcopy(taken), taken.trim()):
        assert other.rows.shape == (n_rows, 2)
        assert_array_equal(other.materialize(), taken.materialize())
        assert other.labels.equals(taken.labels)
        assert (other.window, other.lead, other.feature_names) == (3, 1, ("t", "u"))
    whole = _index_of_rows()
    assert whole.trim() is whole


def test_an_index_cannot_be_changed():
    index = _index_of_rows()
    with pytest.raises(ValueError, match="read-only"):
        index.rows[0] = 1
    with pytest.raises(FrozenInstanceError):
        index.window = 2
    assert repr(index) == (
        "WindowIndex(n_samples=8, n_rows=6, n_features=2, window=3, lead=1, n_series=2, "
        "missing=45.83%)"
    )


def test_what_carries_no_index():
    assert window_index_of(ROWS) is None
    assert window_index_of(None) is None
    assert window_index_of(pd.DataFrame({"window_index": [1]})) is None


def test_partly_missing_rows_are_refused_where_windows_reach_them():
    rows = ROWS.copy()
    rows[2, 1] = np.nan
    windows = pd.Series(dtype=float)
    windows.attrs = {}

    class Carrier:
        window_index = _index_of_rows(rows=rows, partly_missing=True)

    with pytest.raises(ValueError, match="NaN in features 'u', but not in the other"):
        window_index_of(Carrier())
    Carrier.window_index = Carrier.window_index.take([0, 1, 2, 5])
    assert window_index_of(Carrier()) is Carrier.window_index
    with pytest.raises(ValueError, match="features 1, first in the row at c"):
        refuse_partly_missing(rows, None, pd.Index(list("abcdef")))
    rows[2] = np.nan
    refuse_partly_missing(rows, None)
    assert np.isnan(rows[2]).all()
