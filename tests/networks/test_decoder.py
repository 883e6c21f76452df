"""Multi-step forecasts: encoder-decoders and wide dense layers, against plain Keras."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import replace
from functools import cache

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sklstm.networks import (
    Anchor,
    Examples,
    NetworkInput,
    NetworkSpec,
    PinballLoss,
    TrainingTask,
    acquire_network,
    export_model,
    predict,
)
from tests.networks.helpers import keras_model, needs_native, random_windows

pytestmark = pytest.mark.usefixtures("fast_engine")

N_WINDOWS, HORIZON = 40, 5
SPECS = {
    "dense": NetworkSpec(2, (6,), 1, "linear", horizon=HORIZON),
    "dense, two targets": NetworkSpec(2, (6,), 2, "linear", horizon=HORIZON),
    "lstm": NetworkSpec(2, (6,), 1, "linear", horizon=HORIZON, decoder_units=(5,)),
    "lstm, both": NetworkSpec(3, (5, 4), 2, "linear", True, horizon=HORIZON, decoder_units=(4, 3)),
    "lstm, known": NetworkSpec(
        2, (6,), 1, "linear", horizon=HORIZON, decoder_units=(5,), n_known=3
    ),
}


def a_network(spec, seed=0):
    rng = np.random.default_rng(seed)
    weights = [w + 0.1 * rng.normal(size=w.shape) for w in spec.initial_weights(rng)]
    return [w.astype(np.float32) for w in weights]


def windows_of(spec, n_windows, seed=0, how="random"):
    """Draw windows, with known future covariates, and the inputs of Keras for them."""
    rng = np.random.default_rng(seed)
    windows, X = random_windows(rng, n_windows, 7, spec.n_features, how=how)
    if not spec.n_known:
        return windows, X
    known = rng.normal(size=(n_windows, spec.horizon, spec.n_known)).astype(np.float32)
    return replace(windows, known=known), [X, known]


def test_the_network_of_the_tutorial_has_its_number_of_weights():
    spec = NetworkSpec(1, (32,), 1, "linear", True, horizon=18, decoder_units=(32,))
    assert sum(int(np.prod(shape)) for shape in spec.weight_shapes()) == 33_601


@pytest.mark.medium
@pytest.mark.parametrize("case", SPECS)
@pytest.mark.parametrize("mask", ["full", "random", "none"])
def test_predictions_are_those_of_keras(case, mask):
    spec = SPECS[case]
    weights = a_network(spec)
    windows, X = windows_of(spec, 9, how=mask)
    expected = keras_model(spec, weights)(X)
    np.testing.assert_allclose(predict(spec, weights, windows), expected, rtol=0, atol=1e-6)


@pytest.mark.medium
@settings(deadline=None, max_examples=6)
@given(
    seed=st.integers(0, 2**32 - 1),
    units=st.lists(st.integers(1, 9), min_size=1, max_size=2).map(tuple),
    decoder_units=st.lists(st.integers(1, 9), min_size=1, max_size=2).map(tuple),
    bidirectional=st.booleans(),
    horizon=st.integers(2, 6),
    n_known=st.integers(0, 2),
)
def test_predictions_of_all_sizes_are_those_of_keras(
    seed, units, decoder_units, bidirectional, horizon, n_known
):
    spec = NetworkSpec(
        2, units, 2, "linear", bidirectional,
        horizon=horizon, decoder_units=decoder_units, n_known=n_known,
    )  # fmt: skip
    weights = a_network(spec, seed)
    windows, X = windows_of(spec, 6, seed)
    expected = keras_model(spec, weights)(X)
    np.testing.assert_allclose(predict(spec, weights, windows), expected, rtol=0, atol=2e-6)


@pytest.mark.parametrize("case", SPECS)
def test_a_prediction_does_not_depend_on_its_neighbours(case):
    spec = SPECS[case]
    weights = a_network(spec)
    windows, _ = windows_of(spec, 1182)
    together = predict(spec, weights, windows)
    rng = np.random.default_rng(1)
    for size in (1, 2, 3, 31, 500):
        some = rng.permutation(len(windows))[:size]
        np.testing.assert_array_equal(predict(spec, weights, windows.take(some)), together[some])


def masked_by_hand(loss):
    """Leave the steps ahead without a target out, one by one."""

    def total(y_true, y_pred):
        observed = ~keras.ops.isnan(y_true)
        error = loss(keras.ops.where(observed, y_true, 0.0), y_pred)
        return keras.ops.sum(keras.ops.where(observed, error, 0.0), axis=-1) / y_true.shape[-1]

    return total


def training_data(spec):
    """Draw windows, the inputs of Keras for them, partly missing targets, and weights."""
    windows, X = windows_of(spec, N_WINDOWS)
    rng = np.random.default_rng(2)
    y = rng.normal(size=(N_WINDOWS, spec.horizon, spec.n_outputs)).astype(np.float32)
    y[rng.random(y.shape[:2]) < 0.2] = np.nan
    return windows, X, y.reshape(N_WINDOWS, -1), spec.initial_weights(np.random.default_rng(1))


@cache
def trained_by_keras(case):
    """Train with plain Keras: losses, weights, and the mean absolute error afterwards.

    Eager execution gives the numbers of a graph, without the seconds that tracing one takes.
    """
    _, X, y, start = training_data(SPECS[case])
    model = keras_model(SPECS[case], start)
    loss = masked_by_hand(lambda y, p: (y - p) ** 2)
    model.compile(keras.optimizers.Adam(0.01), loss, run_eagerly=True)
    history = model.fit(X, y, batch_size=16, epochs=4, shuffle=False, verbose=0).history
    errors = np.abs(np.asarray(model(X)) - y)[~np.isnan(y)]
    return history["loss"], model.get_weights(), errors.mean()


@pytest.mark.medium
@pytest.mark.parametrize("case", SPECS)
def test_training_is_that_of_keras_where_targets_are_missing(case):
    check_training(case, SPECS[case])


# The largest network is slow. So is the second engine, which only predicts here.
@pytest.mark.medium
@pytest.mark.parametrize(
    "fast_engine",
    ["block_lstm", pytest.param("native", marks=[needs_native, pytest.mark.slow])],
    indirect=True,
)
@pytest.mark.parametrize(
    "case",
    [pytest.param(c, marks=pytest.mark.slow) if c == "lstm, both" else c for c in SPECS],
)
def test_training_of_keras_layers_is_that_of_keras_where_targets_are_missing(case):
    # The tiny dropout drops nothing, but makes Keras's own layers train, whatever engine predicts.
    check_training(case, replace(SPECS[case], recurrent_dropout=1e-12))


def check_training(case, spec):
    windows, _, y, start = training_data(spec)
    examples = Examples(windows, y, np.ones(N_WINDOWS, np.float32))
    task = TrainingTask(examples, examples, 16, False, np.random.default_rng(2))
    optimizer = keras.optimizers.Adam(0.01)
    with acquire_network(
        spec, task, optimizer=optimizer, loss="mean_squared_error", metrics=["mae"]
    ) as network:
        network.set_ordered_weights(start)
        ours = network.fit(epochs=4).history
        weights = network.get_ordered_weights()
    losses, expected_weights, error = trained_by_keras(case)
    np.testing.assert_allclose(ours["loss"], losses, rtol=1e-4)
    for own, other in zip(weights, expected_weights, strict=True):
        np.testing.assert_allclose(own, other, rtol=0, atol=2e-5)
    np.testing.assert_allclose(ours["val_mae"][-1], error, rtol=1e-4)


@pytest.mark.medium
def test_the_pinball_loss_finds_quantiles():
    quantiles = (0.1, 0.5, 0.9)
    spec = NetworkSpec(1, (4,), 3, "linear", quantiles=quantiles)
    rng = np.random.default_rng(0)
    n = 4000
    windows = NetworkInput(np.zeros((1, 1), np.float32), *np.zeros((2, n), np.int32))
    y = rng.exponential(size=(n, 1)).astype(np.float32)
    examples = Examples(windows, y, np.ones(n, np.float32))
    task = TrainingTask(examples, None, 64, True, rng)
    loss = PinballLoss(quantiles)
    with acquire_network(
        spec, task, optimizer=keras.optimizers.Adam(0.01), loss=loss, metrics=["mae"]
    ) as network:
        network.set_ordered_weights(spec.initial_weights(rng))
        history = network.fit(epochs=15).history
        predicted = predict(spec, network.get_ordered_weights(), windows.take([0]))[0]
    # All windows without steps have the same prediction: the quantiles of y.
    np.testing.assert_allclose(predicted, -np.log1p(-np.array(quantiles)), rtol=0.15)
    middle = np.abs(y - predicted[1]).mean()
    np.testing.assert_allclose(history["mae"][-1], middle, rtol=0.02)


@pytest.mark.medium
@pytest.mark.parametrize("case", SPECS)
@pytest.mark.parametrize("kind", ["last", "mean"])
def test_the_exported_model_adds_the_anchor(case, kind):
    spec = SPECS[case]
    n_targets = spec.n_targets // spec.horizon
    members = [a_network(spec, seed) for seed in range(2)]
    anchors = [Anchor(kind, 1, 2.0, -3.0, of_empty=9.0 + k) for k in range(n_targets)]
    X_mean, X_scale = np.full(spec.n_features, 0.3), np.full(spec.n_features, 1.7)
    model = export_model(
        spec,
        members,
        n_steps=7,
        univariate=False,
        X_mean=X_mean,
        X_scale=X_scale,
        y_mean=np.zeros(spec.output_size),
        y_scale=np.full(spec.output_size, 2.0),
        anchors=anchors,
        # Any column will do: all are scaled alike here.
        known_columns=np.zeros(spec.n_known, dtype=int),
    )
    windows, X = windows_of(spec, 9)
    rows = ((windows.rows - X_mean) / X_scale).astype(np.float32)
    known = None if windows.known is None else (windows.known - 0.3) / np.float32(1.7)
    scaled = replace(windows, rows=rows, known=known)
    expected = np.mean([predict(spec, weights, scaled) for weights in members], axis=0) * 2
    expected = expected.reshape(len(windows), HORIZON, n_targets)
    for sample, window in enumerate(X[0] if spec.n_known else X):
        steps = [step[1] for step in window if not np.isnan(step).all()]
        for target in range(n_targets):
            value = np.mean(steps) if kind == "mean" else steps[-1] if steps else np.nan
            anchor = 2.0 * value - 3.0 if steps else 9.0 + target
            expected[sample, :, target] += anchor
    if n_targets == 1:
        expected = expected[..., 0]
    np.testing.assert_allclose(model(X), expected, rtol=1e-5, atol=1e-5)
