"""What both estimators share: resuming, failing, shapes, the exported model."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import pickle

import keras
import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError

from tests.estimators.helpers import classifier, forecaster, sequences, series, windows

X, Y, LABEL = sequences()


def test_warm_start_resumes():
    model = forecaster(warm_start=True, epochs=5, optimizer="sgd").fit(X, Y)
    halfway = model.predict(X)
    model.fit(X, Y)
    # Plain gradient descent has no slots: two fits of 5 epochs are one of 10.
    whole = forecaster(epochs=10, optimizer="sgd").fit(X, Y)
    assert len(model.history_) == 10
    assert model.n_iter_ == 5
    assert not np.allclose(halfway, model.predict(X))
    np.testing.assert_array_equal(model.predict(X), whole.predict(X))
    pd.testing.assert_frame_equal(model.history_, whole.history_)


def test_without_warm_start_a_fit_starts_afresh():
    model = forecaster().fit(X, Y)
    first = model.predict(X)
    np.testing.assert_array_equal(model.fit(X, Y).predict(X), first)
    assert len(model.history_) == 2
    assert model.fit(X[:, :3, :1], Y).n_features_in_ == 1
    assert model.n_steps_in_ == 3


def test_warm_start_pads_the_logs_that_one_fit_lacks():
    model = forecaster(warm_start=True).fit(X, Y)
    history = model.set_params(metrics=["mae"]).fit(X, Y).history_
    assert history["mae"].isna().tolist() == [True, True, False, False]


@pytest.mark.parametrize(
    ("change", "named"),
    [({"units": 5}, "units"), ({"bidirectional": True}, "bidirectional"), ({"dropout": 0.1}, "dr")],
)
def test_warm_start_of_another_architecture(change, named):
    model = forecaster(warm_start=True).fit(X, Y)
    before = pickle.dumps(model)
    with pytest.raises(ValueError, match=rf"Cannot resume training.*{named}.*warm_start=False"):
        model.set_params(**change).fit(X, Y)
    model.set_params(**{name: getattr(forecaster(), name) for name in change})
    assert pickle.dumps(model) == before


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "nadam", "ftrl"])
def test_calls_of_partial_fit_are_epochs(optimizer):
    whole = forecaster(optimizer=optimizer, epochs=3).fit(X, Y)
    model = forecaster(optimizer=optimizer)
    for _ in range(3):
        model.partial_fit(X, Y)
        # Another fit uses the same cached network in between.
        forecaster(optimizer=optimizer, random_state=7).fit(X, -Y)
    np.testing.assert_array_equal(model.predict(X), whole.predict(X))
    pd.testing.assert_frame_equal(model.history_, whole.history_)


def test_without_shuffling_a_fit_is_that_of_keras():
    plain = {"normalize_X": False, "normalize_y": False, "optimizer": "sgd", "batch_size": 7}
    model = forecaster(shuffle=False, warm_start=True, epochs=1, **plain).fit(X, Y)
    network = model.keras_model_
    network.compile(keras.optimizers.SGD(model.learning_rate), "mse")
    theirs = network.fit(X, Y, batch_size=7, epochs=6, shuffle=False, verbose=0).history["loss"]
    ours = model.set_params(epochs=6).fit(X, Y).history_["loss"][1:]
    np.testing.assert_allclose(ours, theirs, rtol=1e-4)
    shuffled = model.set_params(epochs=1, shuffle=True).fit(X, Y).history_["loss"].iloc[-1]
    model = forecaster(shuffle=False, warm_start=True, epochs=7, **plain).fit(X, Y)
    in_order = model.set_params(epochs=1).fit(X, Y).history_["loss"].iloc[-1]
    assert shuffled != in_order


def test_partial_fit_on_parts_is_keras_on_parts():
    plain = {"normalize_X": False, "normalize_y": False}
    model = forecaster(batch_size=10, shuffle=False, **plain)
    model.partial_fit(X[:30], Y[:30])
    rest = model.keras_model_
    assert model.partial_fit(X[30:], Y[30:]) is model
    whole = forecaster(batch_size=10, shuffle=False, epochs=1, **plain).fit(X, Y)
    # The same batches in the same order, and the optimizer resumes as if nothing had happened.
    np.testing.assert_allclose(model.predict(X), whole.predict(X), rtol=1e-5, atol=1e-6)
    assert not np.allclose(rest(X).numpy()[:, 0], whole.predict(X))


def test_partial_fit_survives_a_pickle_and_keeps_the_scales():
    model = forecaster().partial_fit(X, Y)
    copy = pickle.loads(pickle.dumps(model))
    mean = model.network_.input_transform.mean
    for each in (model, copy):
        each.partial_fit(X + 5, Y)
        np.testing.assert_array_equal(each.network_.input_transform.mean, mean)
    np.testing.assert_array_equal(model.predict(X), copy.predict(X))


def test_partial_fit_with_another_optimizer():
    model = forecaster(optimizer="adam").partial_fit(X, Y)
    with pytest.raises(ValueError, match=r"optimizer cannot go on.*not one of SGD"):
        model.set_params(optimizer="sgd").partial_fit(X, Y)


def test_partial_fit_of_other_shapes():
    model = forecaster().partial_fit(X, Y)
    with pytest.raises(ValueError, match=r"X has shape \(60, 3, 2\).*expecting \(60, 5, 2\)"):
        model.partial_fit(X[:, :3], Y)


class Spoil(keras.callbacks.Callback):
    """Makes a training diverge."""

    def on_epoch_end(self, epoch, logs=None):
        self.model.set_weights([np.full(w.shape, np.nan) for w in self.model.get_weights()])


def test_a_fit_that_fails_leaves_nothing_behind():
    class Fail(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            raise ZeroDivisionError

    model = forecaster(callbacks=[Fail()])
    parameters = set(vars(model))
    with pytest.raises(ZeroDivisionError):
        model.fit(X, Y)
    assert set(vars(model)) == parameters
    with pytest.raises(NotFittedError):
        model.predict(X)


def test_a_fit_that_fails_leaves_the_last_one():
    model = forecaster().partial_fit(X, Y)
    before = pickle.dumps(model)
    with pytest.raises(ValueError, match="NaN"):
        model.fit(np.full((9, 3, 1), np.nan), np.zeros(9))
    assert pickle.dumps(model) == before
    # Here the generator had been drawn from and the network trained.
    model.set_params(callbacks=[Spoil()])
    with pytest.raises(ValueError, match="diverged"):
        model.partial_fit(X, Y)
    model.set_params(callbacks=None)
    assert pickle.dumps(model) == before


def test_predict_before_fit():
    for model, method in ((forecaster(), "predict"), (classifier(), "predict_proba")):
        with pytest.raises(NotFittedError):
            getattr(model, method)(X)
        for attribute in ("history_", "keras_model_"):
            assert not hasattr(model, attribute)
    with pytest.raises(AttributeError, match=r"history_ exists once this LSTMForecaster is fitted"):
        forecaster().history_  # noqa: B018


@pytest.mark.parametrize(
    ("shape", "shown"),
    [
        ((60, 4, 2), r"\(60, 4, 2\)"),
        ((60, 5, 3), r"\(60, 5, 3\)"),
        ((60, 5), r"\(60, 5, 1\)"),
        ((60, 2), r"\(60, 2, 1\)"),
    ],
)
def test_another_shape_in_predict_is_an_error_that_names_both(shape, shown):
    model = forecaster().fit(X, Y)
    with pytest.raises(ValueError, match=rf"X has shape {shown}.*expecting \(60, 5, 2\)"):
        model.predict(np.zeros(shape))


def test_two_dimensions_are_univariate_sequences():
    flat = forecaster().fit(X[:, :, 0], Y)
    deep = forecaster().fit(X[:, :, :1], Y)
    assert (flat.n_features_in_, flat.n_steps_in_) == (5, 5)
    assert (deep.n_features_in_, deep.n_steps_in_) == (1, 5)
    np.testing.assert_array_equal(flat.predict(X[:, :, 0]), deep.predict(X[:, :, :1]))
    np.testing.assert_array_equal(flat.predict(X[:, :, :1]), deep.predict(X[:, :, :1]))
    with pytest.raises(ValueError, match="X has 4 features, but LSTMForecaster is expecting 5"):
        flat.predict(X[:, :4, 0])
    with pytest.raises(ValueError, match=r"X has shape \(60, 5, 2\).*expecting \(60, 5, 1\)"):
        flat.predict(X)


def test_names_of_features_travel_with_windows():
    table, y = series()
    model = forecaster().fit(windows(table), y)
    assert model.feature_names_in_.tolist() == ["temp", "wind"]
    with pytest.raises(ValueError, match="feature names should match"):
        model.predict(windows(table.rename(columns={"wind": "gust"})))
    with pytest.raises(ValueError, match=r"X has shape \(80, 6, 2\).*expecting \(80, 4, 2\)"):
        model.predict(windows(table, window=6))


@pytest.mark.parametrize("bad", [(), (4, 0), ("a",), (2.5,), [3, None]])
def test_units_that_are_none(bad):
    with pytest.raises(ValueError, match="units must be an int >= 1 or a non-empty tuple"):
        forecaster(units=bad).fit(X, Y)


@pytest.mark.parametrize("bad", [0, "a", 2.5, None])
def test_units_of_another_type(bad):
    with pytest.raises(ValueError, match="The 'units' parameter of LSTMForecaster must be"):
        forecaster(units=bad).fit(X, Y)


def test_predictions_do_not_depend_on_batches_and_order():
    model = classifier(units=5).fit(X, LABEL)
    together = model.predict_proba(X)
    order = np.random.default_rng(0).permutation(60)
    np.testing.assert_array_equal(model.predict_proba(X[order]), together[order])
    for size in (1, 2, 7, 33):
        np.testing.assert_array_equal(model.predict_proba(X[:size]), together[:size])


CASES = {
    "regression": (forecaster, X, Y, {"bidirectional": True, "units": (4, 3)}),
    "univariate": (forecaster, X[:, :, 0], Y, {}),
    "targets": (forecaster, X, np.column_stack([Y, 9 * Y + 4]), {}),
    "plain": (forecaster, X, Y, {"normalize_X": False, "normalize_y": False}),
    "binary": (classifier, X, LABEL > 0, {"dropout": 0.2}),
    "multiclass": (classifier, X, LABEL, {"bidirectional": True, "recurrent_dropout": 0.2}),
}


@pytest.mark.parametrize("case", CASES)
def test_the_keras_model_gives_the_numbers_of_predict(case, tmp_path):
    make, inputs, targets, settings = CASES[case]
    inputs = inputs.copy()
    inputs[::3, :2] = np.nan
    inputs[1::5, 3] = np.nan
    inputs[4] = np.nan
    inputs = inputs * 7 + 20
    model = make(**settings).fit(inputs, targets)
    model.keras_model_.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    outputs = keras.ops.convert_to_numpy(loaded(inputs.astype(np.float32)))
    if make is forecaster:
        expected = model.predict(inputs).reshape(outputs.shape)
    else:
        expected = model.predict_proba(inputs)[:, -outputs.shape[1] :]
    np.testing.assert_allclose(outputs, expected, rtol=1e-5, atol=1e-5)
    for variable, weight in zip(loaded.trainable_variables, model.network_.weights[0], strict=True):
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(variable), weight)
