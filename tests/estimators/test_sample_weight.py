"""Weights of samples, against repeats, against rows without y, and against sums by hand."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn import config_context
from sklearn.model_selection import KFold, TimeSeriesSplit, cross_validate
from sklearn.pipeline import make_pipeline

from sklstm import LSTMClassifier, LSTMForecaster, SequenceWindower
from sklstm.networks import NetworkSpec
from sklstm.preprocessing._window_index import window_index_of
from sklstm.targets._target_layout import TargetLayout
from sklstm.targets._target_transform import TargetTransform
from sklstm.training._input_transform import fit_input_transform
from sklstm.training._training_set import make_training_set

SMALL = {"units": 4, "epochs": 2, "random_state": 0}
N = 60


def sequences(kind):
    X = np.random.default_rng(11).normal(size=(N, 5, 2))
    return X, X[:, 1, 0] if kind is LSTMForecaster else (X[:, 1, 0] > 0).astype(int)


def table():
    hours = pd.date_range("2024-01-01", periods=N, freq="h")
    values = np.random.default_rng(1).normal(size=(N, 2)).cumsum(axis=0)
    return pd.DataFrame(values, hours, columns=["v", "w"])


def predict(model, X):
    return model.predict_proba(X) if hasattr(model, "predict_proba") else model.predict(X)


def on_windows(**params):
    return make_pipeline(
        SequenceWindower(window=4, lead=1), LSTMForecaster(**(SMALL | {"shrink": False} | params))
    )


@pytest.mark.parametrize("kind", [LSTMClassifier, LSTMForecaster])
@pytest.mark.parametrize("params", [{}, {"shuffle": False}, {"plain": True, "batch_size": 7}])
def test_whole_numbers_are_repeats_of_sequences(kind, params):
    X, y = sequences(kind)
    counts = np.random.default_rng(12).integers(0, 4, size=N)
    weighted, repeated = (kind(**SMALL, **params) for _ in range(2))
    weighted.fit(X, y, sample_weight=counts)
    repeated.fit(np.repeat(X, counts, axis=0), np.repeat(y, counts))
    assert_array_equal(predict(weighted, X), predict(repeated, X))


@pytest.mark.parametrize("kind", [LSTMClassifier, LSTMForecaster])
def test_the_order_of_repeated_sequences_does_not_matter(kind):
    X, y = sequences(kind)
    X, y = np.concatenate([X, X[:9]]), np.concatenate([y, y[:9]])
    order = np.random.default_rng(13).permutation(len(X))
    one, two = kind(**SMALL).fit(X, y), kind(**SMALL).fit(X[order], y[order])
    assert_array_equal(predict(one, X), predict(two, X))


MODES = {
    "windows": {},
    "plain": {"plain": True},
    "horizon of one": {"anchor": None},
    "early stopping": {"early_stopping": True},
    "season": {"season": 4},
    "steps": {"return_sequences": True},
    "stateful": {"stateful": True},
}


@pytest.mark.parametrize("mode", MODES)
def test_a_weight_of_zero_is_a_row_without_y(mode):
    X = table()
    left_out = np.random.default_rng(2).random(N) < 0.3
    weighted, missing = (on_windows(**MODES[mode]) for _ in range(2))
    weighted.fit(X[["w"]], X["v"], lstmforecaster__sample_weight=1.0 - left_out)
    missing.fit(X[["w"]], X["v"].mask(left_out))
    assert_allclose(weighted.predict(X[["w"]]), missing.predict(X[["w"]]), rtol=1e-6)


@pytest.mark.parametrize("season", [None, 4])
def test_every_form_that_is_averaged_is_weighted(season):
    X = table()
    weights = np.random.default_rng(5).random(N) ** 4
    how = {"horizon": 2, "season": season, "epochs": 20, "n_members": 1}
    fits = [
        on_windows(**how).fit(X, X["v"], lstmforecaster__sample_weight=own)
        for own in (weights, None)
    ]
    weighted, plain = (fit[-1].network_ for fit in fits)
    assert len(weighted.companions) == (1 if season is None else 2)
    for one, two in zip(weighted.companions, plain.companions, strict=True):
        assert not np.allclose(one.target_transform.scale, two.target_transform.scale, rtol=1e-3)
        assert not np.allclose(one.weights[0][0], two.weights[0][0], rtol=1e-3)


@pytest.mark.parametrize("horizon", [1, 3])
def test_a_gradient_of_weighted_windows_is_that_of_repeated_ones(horizon):
    X = table()
    counts = np.random.default_rng(14).integers(0, 4, size=N)
    counts[:2] = counts[-3:] = 1
    windows = SequenceWindower(window=4, lead=1).fit_transform(X)
    one_step = {
        "horizon": horizon,
        "plain": True,
        "units": 4,
        "epochs": 1,
        "batch_size": 10_000,
        "optimizer": "sgd",
        "learning_rate": 0.5,
        "shuffle": False,
        "random_state": 0,
        "anchor": None,
    }
    weighted = LSTMForecaster(**one_step).fit(windows, X["v"], sample_weight=counts)
    # Targets are cut here: repeated rows are no series.
    ahead = np.stack([X["v"].shift(-h) for h in range(horizon)], axis=1)
    chosen = np.repeat(np.arange(N), counts)
    repeated = LSTMForecaster(**one_step).fit(windows[chosen], ahead[chosen].squeeze())
    assert_allclose(weighted.predict(windows), repeated.predict(windows), rtol=1e-4)
    untrained = LSTMForecaster(**one_step).fit(windows, X["v"])
    assert not np.allclose(weighted.predict(windows), untrained.predict(windows), rtol=1e-3)


def test_only_ratios_of_weights_matter():
    X = table()
    weights = np.random.default_rng(15).random(N)
    fits = [
        on_windows().fit(X, X["v"], lstmforecaster__sample_weight=factor * weights)
        for factor in (1.0, 8.0)
    ]
    assert_allclose(*(fit.predict(X) for fit in fits), rtol=1e-5)
    same = on_windows().fit(X, X["v"], lstmforecaster__sample_weight=np.full(N, 0.3))
    assert_array_equal(same.predict(X), on_windows().fit(X, X["v"]).predict(X))


def test_the_validation_loss_is_weighted():
    X = table()
    weights = np.random.default_rng(16).random(N)
    model = on_windows(early_stopping=True, epochs=1, plain=True, validation_fraction=0.3)
    model.fit(X, X["v"], lstmforecaster__sample_weight=weights)
    network = model[-1].network_
    held_out = np.arange(N) >= N - int(np.ceil(0.3 * (N - 1)))
    errors = (model.predict(X) - X["v"]) / network.target_transform.scale[0]
    expected = np.average(errors[held_out] ** 2, weights=weights[held_out])
    assert_allclose(model[-1].history_["val_loss"].iloc[0], expected, rtol=1e-4)


def test_scales_are_weighted_means():
    X = table()
    weights = np.random.default_rng(17).random(N)
    windows = SequenceWindower(window=4, lead=1).fit_transform(X)
    fitted = LSTMForecaster(plain=True, anchor=None, **SMALL).fit(
        windows, X["v"], sample_weight=weights
    )
    steps = np.asarray(windows).reshape(-1, 2)
    seen = ~np.isnan(steps[:, 0])
    each = np.repeat(weights, 4)[seen]
    mean = np.average(steps[seen], axis=0, weights=each)
    scale = np.sqrt(np.average((steps[seen] - mean) ** 2, axis=0, weights=each))
    assert_allclose(fitted.network_.input_transform.mean, mean)
    assert_allclose(fitted.network_.input_transform.scale, scale)
    mean = np.average(X["v"][1:], weights=weights[1:])
    transform = fitted.network_.target_transform
    assert_allclose(transform.mean, mean)
    assert_allclose(transform.scale**2, np.average((X["v"][1:] - mean) ** 2, weights=weights[1:]))


def test_weights_of_samples_and_of_classes_are_multiplied():
    X = table()
    index = window_index_of(SequenceWindower(window=4).fit_transform(X))
    targets = (X["v"] > 0).to_numpy(dtype=np.float64)[:, None]
    weights = np.random.default_rng(18).random(N)
    weights[5] = 0
    spec, transform = NetworkSpec(2, (4,), 1, "sigmoid"), TargetTransform(TargetLayout(1))
    data = make_training_set(
        spec,
        transform,
        index,
        index,
        targets,
        np.arange(N),
        slice(None),
        weights=weights,
        labels_rows=False,
        bptt_steps=None,
    )
    scaler = fit_input_transform(
        data.index, None, standardise=True, known_future=np.empty(0, dtype=int), horizon=1
    )
    examples = data.examples(scaler, transform, lambda given, own: 1 + 2 * given[:, 0])
    kept = np.arange(N) != 5
    expected = (1 + 2 * targets[kept, 0]) * weights[kept] / weights[kept].mean()
    assert_allclose(examples.weights, expected, rtol=1e-6)


def test_balanced_classes_count_by_weight():
    X, y = sequences(LSTMClassifier)
    weights = np.where(y == 1, 0.5, 1.5)
    model = LSTMClassifier(class_weight="balanced", **SMALL).fit(X, y, sample_weight=weights)
    balanced = model._weigh_classes(y[:, None].astype(float), weights)
    assert_allclose((balanced * weights)[y == 1].sum(), (balanced * weights)[y == 0].sum())


@pytest.mark.parametrize("estimator", [LSTMClassifier, LSTMForecaster])
def test_steps_have_weights_of_their_own(estimator):
    X = np.random.default_rng(19).normal(size=(20, 6, 2))
    y = np.where(X[..., 0] > 0, 1.0, 0.0)
    left_out = np.random.default_rng(20).random(y.shape) < 0.4
    weighted, missing = (estimator(return_sequences=True, **SMALL) for _ in range(2))
    weighted.fit(X, y, sample_weight=1.0 - left_out)
    missing.fit(X, np.where(left_out, np.nan, y))
    assert_allclose(predict(weighted, X), predict(missing, X), rtol=1e-6)
    # A weight for a sequence is the weight of each of its steps.
    whole = np.random.default_rng(21).random(20)
    of_sequences = estimator(return_sequences=True, **SMALL).fit(X, y, sample_weight=whole)
    of_steps = estimator(return_sequences=True, **SMALL).fit(
        X, y, sample_weight=np.repeat(whole[:, None], 6, axis=1)
    )
    assert_array_equal(predict(of_sequences, X), predict(of_steps, X))


def test_partial_fits_are_weighted():
    X, y = sequences(LSTMClassifier)
    weights = np.random.default_rng(22).random(N)
    model = LSTMClassifier(units=4, random_state=0)
    model.partial_fit(X, y, sample_weight=weights)
    plain = LSTMClassifier(units=4, random_state=0).partial_fit(X, y)
    assert not np.allclose(model.predict_proba(X), plain.predict_proba(X), rtol=1e-3)


def test_searches_route_weights():
    X = table()
    weights = {"sample_weight": np.random.default_rng(23).random(N)}
    with config_context(enable_metadata_routing=True):
        forecaster = LSTMForecaster(**SMALL, shrink=False)
        forecaster.set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
        model = make_pipeline(SequenceWindower(window=4, lead=1), forecaster)
        found = cross_validate(
            model,
            X,
            X["v"],
            cv=TimeSeriesSplit(2),
            params=weights,
        )
    assert np.isfinite(found["test_score"]).all()


def test_a_time_decay_follows_a_change():
    """What users want it for: rows of a year ago count less."""
    rng = np.random.default_rng(3)
    X = rng.normal(size=(400, 4, 1))
    y = np.where(np.arange(400) < 300, X[:, 2, 0], -X[:, 2, 0])
    recent = 0.98 ** np.arange(400)[::-1]
    how = {"units": 8, "epochs": 30, "random_state": 0, "plain": True}
    weighted = LSTMForecaster(**how).fit(X, y, sample_weight=recent)
    assert weighted.score(X[300:], y[300:]) > 0.7
    assert LSTMForecaster(**how).fit(X, y).score(X[300:], y[300:]) < 0


ERRORS = {
    "shape": (np.ones(N + 1), r"sample_weight has shape \(61,\), expected \(60,\)"),
    "two dimensions": (np.ones((N, 5)), r"shape \(60, 5\), expected \(60,\)"),
    "negative": (np.r_[-1.0, np.ones(N - 1)], "negative weights, such as -1.0"),
    "zero": (np.zeros(N), "sample_weight is zero for all samples"),
    "missing": (np.r_[np.nan, np.ones(N - 1)], "Input sample_weight contains NaN"),
    "text": (["heavy"] * N, "heavy"),
}


@pytest.mark.parametrize("case", ERRORS)
@pytest.mark.parametrize("kind", [LSTMClassifier, LSTMForecaster])
def test_bad_weights_are_refused(case, kind):
    X, y = sequences(kind)
    weights, message = ERRORS[case]
    with pytest.raises(ValueError, match=message):
        kind(**SMALL).fit(X, y, sample_weight=weights)


def test_folds_of_weighted_sequences_score_alike():
    X, y = sequences(LSTMForecaster)
    scores = cross_validate(LSTMForecaster(**SMALL), X, y, cv=KFold(3))["test_score"]
    assert np.isfinite(scores).all()


@pytest.mark.parametrize("part", ["earlier", "later"])
def test_a_part_of_the_trial_may_weigh_nothing(part):
    frame = table()
    weight = np.ones(N)
    weight[slice(0, 2 * N // 3) if part == "earlier" else slice(N // 2, N)] = 0.0
    model = LSTMForecaster(**SMALL, shrink=True)
    windows = SequenceWindower(window=3, lead=1).fit_transform(frame)
    model.fit(windows, frame["v"], sample_weight=weight)
    assert not hasattr(model, "shrinkage_")
    assert np.isfinite(model.predict(windows)).all()
