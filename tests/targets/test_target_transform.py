"""The target transform by itself: forward and back, without an estimator."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sklstm import SequenceWindower
from sklstm.preprocessing._window_index import window_index_of
from sklstm.targets._shrinkage import shrink_outputs
from sklstm.targets._target_layout import TargetLayout, read_layout
from sklstm.targets._target_transform import TargetTransform

N, HORIZON = 60, 4


def panel():
    """Two monthly series of other levels, whose values X carries."""
    months = pd.date_range("2000-01-01", periods=N, freq="MS")
    rng = np.random.default_rng(0)
    wave = np.sin(np.arange(N) * np.pi / 6)
    each = {
        name: pd.DataFrame({"value": scale * wave + 10 * scale + rng.normal(size=N) / 5}, months)
        for scale, name in enumerate("abc", start=1)
    }
    frame = pd.concat(each, names=["series", "month"]).sort_index(level="month")
    windows = SequenceWindower(window=6, lead=1, by="series").fit_transform(frame)
    return window_index_of(windows), frame["value"].to_numpy()[:, None]


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"normalize": True},
        {"anchor": "last", "normalize": True},
        {"anchor": "mean"},
        {"season": 12, "normalize": True},
        {"season": 12, "anchor": "mean", "normalize": True},
        {"normalize": "series", "season": (6, 12)},
        {"season": 4, "anchor": "season", "normalize": True},
        {"season": (2, 4), "anchor": "season", "normalize": "series"},
    ],
    ids=str,
)
@pytest.mark.parametrize("horizon", [1, HORIZON])
def test_the_inverse_undoes_the_transform(params, horizon):
    index, y = panel()
    transform = TargetTransform(TargetLayout(1, horizon=horizon), **params).fit(index, y)
    positions, everything = np.arange(20, 90), slice(None)
    targets = transform.transform(index, y, positions, everything)
    transform.fit_scale(targets)
    outputs = transform.standardise(targets)
    if params.get("normalize"):
        assert_allclose(np.nanstd(outputs), 1, rtol=0.05)
    back = transform.inverse_transform(outputs, index.take(positions))
    naive = np.full((len(positions), horizon), np.nan)
    for row, i in enumerate(positions):
        own = [j for j in range(len(index)) if index.series[j] == index.series[i]]
        own = own[own.index(i) :][:horizon]
        naive[row, : len(own)] = y[own, 0]
    assert_allclose(back, naive, rtol=1e-9)


def test_it_learns_from_the_samples_it_is_given_and_no_others():
    index, y = panel()
    first = index.time < 40
    disturbed = np.where(first[:, None], y, 1e6)
    part = index.take(np.flatnonzero(first))
    fits = [
        TargetTransform(TargetLayout(1), season=12, anchor="mean").fit(part, values[first])
        for values in (y, disturbed)
    ]
    for one, two in zip(*(fit.seasons.profiles for fit in fits), strict=True):
        assert_array_equal(one, two)
    assert_array_equal(*(fit.anchor_of_empty for fit in fits))


def test_labels_are_left_as_they_are():
    index, y = panel()
    transform = TargetTransform(TargetLayout(1), is_relative=False).fit(index, y)
    assert transform.is_plain
    assert transform.past is None
    assert_array_equal(transform.transform(index, y, np.arange(5), slice(None)), y[:5])
    assert_array_equal(transform.inverse_transform(y[:5], None), y[:5])


def test_an_unfitted_twin_has_learned_nothing():
    index, y = panel()
    transform = TargetTransform(TargetLayout(1), season=12, anchor="auto").fit(index, y)
    assert transform.anchor is None
    twin = transform.unfitted()
    assert (twin.seasons, twin.past, twin.anchor) == (None, None, "auto")


def test_shrinking_outputs_is_shrinking_the_last_layer():
    layout = TargetLayout(2, horizon=3, quantiles=(0.1, 0.5, 0.9))
    rng = np.random.default_rng(0)
    x, kernel = rng.normal(size=(7, 5)), rng.normal(size=(5, 18))
    factor = np.array([0.25, 1.0])
    shrunk = shrink_outputs(x @ kernel, factor, layout)
    assert_allclose(shrunk, x @ shrink_outputs(kernel, factor, layout))
    parts, plain = shrunk.reshape(7, 3, 2, 3), (x @ kernel).reshape(7, 3, 2, 3)
    assert_allclose(parts[..., 1], plain[..., 1] * factor)
    assert_allclose(np.diff(parts), np.diff(plain))


@pytest.mark.parametrize(
    ("shape", "horizon", "expected"),
    [
        ((9,), 1, (1, False, False)),
        ((9, 3), 1, (3, False, True)),
        ((9,), 3, (1, False, False)),
        ((9, 3), 3, (1, True, False)),
        ((9, 2), 3, (2, False, True)),
        ((9, 3, 2), 3, (2, True, True)),
    ],
)
def test_a_layout_is_read_from_shapes(shape, horizon, expected):
    y = np.zeros(shape)
    layout = read_layout(y, pd.Series(dtype=float, name="a"), horizon)
    assert (layout.n_targets, layout.is_multi_step, layout.is_multi_target) == expected
    assert layout.names == (["a"] if layout.n_targets == 1 else None)
    assert layout.look_ahead == (horizon - 1 if layout.is_multi_step else 0)
    flat = np.zeros((9, layout.n_targets * horizon))
    assert layout.unflatten(flat).shape == (
        9, *([horizon] if horizon > 1 else []), *([layout.n_targets] if expected[2] else []),
    )  # fmt: skip


def test_the_median_stands_for_the_quantiles():
    layout = TargetLayout(1, horizon=2, quantiles=(0.1, 0.5, 0.9))
    flat = np.arange(6.0)[None]
    assert_array_equal(layout.point(flat), [[1.0, 4.0]])
    assert_array_equal(layout.unflatten(flat, with_quantiles=True), [[[0, 1, 2], [3, 4, 5]]])
