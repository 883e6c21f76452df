"""The forecaster: shapes and scales of its targets."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from sklearn.base import is_regressor
from sklearn.pipeline import make_pipeline

from sklstm import SequenceWindower
from tests.estimators.helpers import forecaster, sequences

X, Y, _ = sequences()


def test_predictions_have_the_dimensions_of_y():
    column = forecaster().fit(X, Y[:, None])
    flat = forecaster().fit(X, Y)
    assert column.predict(X).shape == (60, 1)
    np.testing.assert_array_equal(column.predict(X)[:, 0], flat.predict(X))
    both = forecaster().fit(X, np.column_stack([Y, -Y]))
    assert both.predict(X).shape == (60, 2)
    assert both.predict(X[:1]).shape == (1, 2)
    assert both.predict(X).dtype == np.float64
    assert is_regressor(both)


def test_targets_are_scaled_inside():
    plain = forecaster(epochs=5).fit(X, Y)
    for scale, offset in ((1000.0, 0.0), (1e-3, 1e6), (-2.0, 7.0)):
        moved = forecaster(epochs=5).fit(X, np.abs(scale) * Y + offset)
        np.testing.assert_allclose(
            (moved.predict(X) - offset) / np.abs(scale), plain.predict(X), rtol=1e-3, atol=1e-3
        )
        np.testing.assert_allclose(moved.history_["loss"], plain.history_["loss"], rtol=1e-3)


def test_features_are_scaled_inside():
    plain = forecaster(epochs=5).fit(X, Y)
    moved = forecaster(epochs=5).fit(X * [1e-2, 50.0] + [1e6, -3.0], Y)
    np.testing.assert_allclose(
        moved.predict(X * [1e-2, 50.0] + [1e6, -3.0]), plain.predict(X), rtol=1e-3, atol=1e-3
    )


def test_scaling_can_be_left_out():
    model = forecaster(normalize_y=False, normalize_X=False).fit(X, 100 + Y)
    assert np.abs(model.predict(X)).max() < 5
    np.testing.assert_array_equal(model.network_.target_transform.scale, 1.0)
    np.testing.assert_array_equal(model.network_.input_transform.mean, 0.0)


def test_each_target_has_its_own_scale():
    both = forecaster(epochs=40).fit(X, np.column_stack([Y, 1e6 + 1e3 * Y]))
    predicted = both.predict(X)
    np.testing.assert_allclose((predicted[:, 1] - 1e6) / 1e3, predicted[:, 0], atol=0.5)


@pytest.mark.parametrize("value", [0.0, 3.5, 1e9, 0.1])
def test_a_constant_target(value):
    model = forecaster(epochs=30).fit(X, np.full(60, value))
    np.testing.assert_array_equal(model.network_.target_transform.scale, 1.0)
    np.testing.assert_allclose(model.predict(X), value, rtol=1e-6, atol=0.3)


def test_warm_start_with_another_number_of_targets():
    model = forecaster(warm_start=True).fit(X, Y)
    with pytest.raises(
        ValueError,
        match="y holds values of 2 targets, but LSTMForecaster was fitted on values of 1",
    ):
        model.fit(X, np.column_stack([Y, Y]))
    assert model.predict(X).shape == (60,)


def test_it_learns_a_wave_it_cannot_read_off():
    wave = np.sin(np.arange(300) / 5)
    model = make_pipeline(SequenceWindower(window=12, lead=1), forecaster(units=8, epochs=20))
    model.fit(wave[:200, None], wave[:200])
    assert model.score(wave[:, None], wave) > 0.95
