"""The exported Keras model: built-in layers, from raw windows to target units."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import random

import keras
import numpy as np
import pytest

from sklstm.networks import NetworkInput, NetworkSpec, export_model, predict
from tests.networks.helpers import random_windows

SPECS = {
    "binary": NetworkSpec(2, (5,), 1, "sigmoid"),
    "multiclass": NetworkSpec(3, (4, 3), 3, "softmax", bidirectional=True, dropout=0.2),
    "regression": NetworkSpec(2, (4, 3), 2, "linear", bidirectional=True),
    "univariate": NetworkSpec(1, (4,), 1, "linear", recurrent_dropout=0.3),
}


def exported(spec, univariate=False, seed=0):
    rng = np.random.default_rng(seed)
    weights = spec.initial_weights(rng)
    regression = spec.activation == "linear"
    scales = {
        "X_mean": rng.normal(size=spec.n_features),
        "X_scale": rng.uniform(0.5, 2, size=spec.n_features),
        "y_mean": np.full(spec.n_outputs, 3.0) if regression else None,
        "y_scale": np.full(spec.n_outputs, 7.0) if regression else None,
    }
    model = export_model(spec, [weights], n_steps=6, univariate=univariate, **scales)
    return model, weights, scales


@pytest.mark.parametrize("case", SPECS)
def test_a_saved_and_loaded_model_gives_the_outputs_of_predict(case, tmp_path):
    spec = SPECS[case]
    model, weights, scales = exported(spec, univariate=case == "univariate")
    model.save(tmp_path / "network.keras")
    loaded = keras.saving.load_model(tmp_path / "network.keras")
    for mask in ("full", "random", "left", "none"):
        windows, X = random_windows(np.random.default_rng(1), 9, 6, spec.n_features, how=mask)
        rows = ((windows.rows - scales["X_mean"]) / scales["X_scale"]).astype(np.float32)
        expected = predict(spec, weights, NetworkInput(rows, windows.start, windows.count))
        if spec.activation == "linear":
            expected = expected * 7 + 3
        outputs = loaded(X[:, :, 0] if case == "univariate" else X)
        np.testing.assert_allclose(outputs, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("case", SPECS)
def test_a_model_has_the_weights_and_layers_of_keras_only(case):
    spec = SPECS[case]
    model, weights, _ = exported(spec, univariate=case == "univariate")
    for variable, weight in zip(model.trainable_variables, weights, strict=True):
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(variable), weight)
    assert {type(layer).__module__.split(".")[0] for layer in model.layers} == {"keras"}
    assert model.input_shape == ((None, 6) if case == "univariate" else (None, 6, spec.n_features))


def test_building_a_model_advances_no_global_generator():
    before = random.getstate(), np.random.get_state()[1].tolist()  # noqa: NPY002
    exported(SPECS["multiclass"])
    exported(SPECS["univariate"], univariate=True)
    assert (random.getstate(), np.random.get_state()[1].tolist()) == before  # noqa: NPY002
