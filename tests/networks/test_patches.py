"""Windows cut into patches, beside loops over samples, patches, steps and features."""

import numpy as np
import pytest
import tensorflow as tf

from sklstm.networks import NetworkInput, NetworkSpec, PatchSpec, Slots, predict
from sklstm.networks._input_layer import read_input
from sklstm.preprocessing._array_index import index_array
from tests.networks.helpers import keras_model

pytestmark = pytest.mark.usefixtures("fast_engine")

N_FEATURES = 3
SPECS = [
    PatchSpec(size=4, stride=4),
    PatchSpec(size=4, stride=2, views=("values", "normalized", "differences")),
    PatchSpec(size=3, stride=3, views=("minus_last",), averaged=(1,), level_of=(0, 2)),
    PatchSpec(size=5, stride=1, views=("minus_mean",), averaged=(0, 1, 2)),
    PatchSpec(size=1, stride=1, views=("minus_last",)),
    PatchSpec(size=2, stride=2, views=("minus_last",), n_constants=2),
]


def filled(window):
    """Repeat the step before a missing one, or the first observed one."""
    seen = [k for k in range(len(window)) if not np.isnan(window[k]).all()]
    rows = []
    for step in range(len(window)):
        before = [k for k in seen if k <= step]
        rows.append(window[before[-1] if before else seen[0]])
    return np.array(rows), seen


def view_of(name, values, seen, step, feature):
    column = values[:, feature]
    mean = np.mean([column[k] for k in seen])
    if name == "values":
        return column[step]
    if name == "minus_last":
        return column[step] - column[-1]
    if name == "differences":
        return column[step] - column[step - 1] if step else 0.0
    if name == "minus_mean":
        return column[step] - mean
    spread = np.sqrt(np.mean([(column[k] - mean) ** 2 for k in seen]))
    return (column[step] - mean) / (spread if spread > 1e-6 else 1.0)


def patches_by_hand(spec, window, scales, constants):
    """The inputs of the LSTM for one window: the patches that hold an observed step."""
    if np.isnan(window).all():
        return []
    values, seen = filled(window)
    found = []
    end = len(window)
    while end - spec.size >= 0:
        steps = range(end - spec.size, end)
        if any(step in seen for step in steps):
            inputs = []
            for number, name in enumerate(spec.views):
                cut = np.array(
                    [
                        [view_of(name, values, seen, s, k) / scales[number, k] for s in steps]
                        for k in range(N_FEATURES)
                    ]
                )
                stepwise = [k for k in range(N_FEATURES) if k not in spec.averaged]
                inputs += [cut[k, j] for j in range(spec.size) for k in stepwise]
                inputs += [np.mean(cut[k]) for k in spec.averaged]
            inputs += [values[-1, k] for k in spec.level_of]
            found.insert(0, [*inputs, *constants])
        end -= spec.stride
    return found


def samples(spec, n_windows=40, window=11, seed=0):
    """Windows with missing steps of all kinds, as an array and as the networks read them."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_windows, window, N_FEATURES)).cumsum(axis=1)
    X[5, :, 1] = 2.0
    X[rng.random(X.shape[:2]) < 0.3] = np.nan
    X[0] = rng.normal(size=X[0].shape)
    X[1], X[2, :7], X[3, 6:], X[4, 2:9] = np.nan, np.nan, np.nan, np.nan
    index = index_array(X)
    scales = rng.uniform(0.5, 2, size=(len(spec.views), N_FEATURES)).astype(np.float32)
    constants = rng.normal(size=(n_windows, spec.n_constants)).astype(np.float32)
    row_at, first = index.slots()
    return (
        X,
        NetworkInput(
            rows=index.rows.astype(np.float32),
            start=index.start.astype(np.int32),
            count=index.count.astype(np.int32),
            slots=Slots(row_at.astype(np.int32), first.astype(np.int32), window),
            view_scale=scales,
            constants=constants if spec.n_constants else None,
        ),
        constants,
    )


def network(spec, **sizes):
    return NetworkSpec(N_FEATURES, (5,), 2, "linear", patches=spec, **sizes)


@pytest.mark.parametrize("spec", SPECS, ids=str)
def test_the_layer_reads_what_a_loop_cuts(spec):
    X, windows, constants = samples(spec)
    shared, own = (
        [tf.constant(part) for part in parts]
        for parts in (windows.shared_arrays(), windows.own_arrays())
    )
    steps, known = read_input(network(spec), shared, own)
    assert known == []
    assert steps.rows.shape[1] == spec.n_inputs(N_FEATURES)
    for i, window in enumerate(X):
        expected = patches_by_hand(spec, window, windows.view_scale, constants[i])
        start, count = int(steps.start[i]), int(steps.count[i])
        assert count == len(expected)
        if count:
            found = steps.rows[start : start + count]
            np.testing.assert_allclose(found, expected, rtol=2e-5, atol=2e-5)
    assert spec.first_steps(X.shape[1])[-1] == X.shape[1] - spec.size


@pytest.mark.parametrize("sizes", [{}, {"bidirectional": True}, {"horizon": 3}], ids=str)
@pytest.mark.parametrize("spec", SPECS[1:3], ids=str)
def test_predictions_are_those_of_keras_on_patches(spec, sizes):
    X, windows, constants = samples(spec)
    sized = network(spec, **sizes)
    weights = sized.initial_weights(np.random.default_rng(1))
    longest = len(spec.first_steps(X.shape[1]))
    cut = np.full((len(X), longest, sized.n_inputs), np.nan)
    for i, window in enumerate(X):
        by_hand = patches_by_hand(spec, window, windows.view_scale, constants[i])
        if by_hand:
            cut[i, : len(by_hand)] = by_hand
    plain = NetworkSpec(sized.n_inputs, (5,), 2, "linear", **sizes)
    expected = keras_model(plain, weights).predict(cut, verbose=0)
    np.testing.assert_allclose(predict(sized, weights, windows), expected, atol=1e-5)


def test_a_prediction_does_not_depend_on_the_other_windows():
    spec = SPECS[1]
    _, windows, _ = samples(spec, n_windows=3000)
    sized = network(spec)
    weights = sized.initial_weights(np.random.default_rng(1))
    everything = predict(sized, weights, windows)
    for some in (slice(0, 1), slice(2, 9), np.array([2999, 5, 1500])):
        np.testing.assert_array_equal(predict(sized, weights, windows.take(some)), everything[some])


def test_networks_with_an_output_for_each_step_read_no_patches():
    with pytest.raises(ValueError, match="predicts at every step cannot read patches"):
        network(SPECS[0], returns_sequences=True)
