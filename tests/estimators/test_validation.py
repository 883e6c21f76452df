"""What validates for early stopping: a split, or data of its own; against fits by hand."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
import sklearn
from numpy.testing import assert_allclose, assert_array_equal
from sklearn import config_context
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.model_selection import (
    GridSearchCV,
    GroupShuffleSplit,
    KFold,
    PredefinedSplit,
    ShuffleSplit,
)
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler, StandardScaler

from sklstm import LSTMClassifier, LSTMForecaster, Padder, SequenceWindower
from sklstm.model_selection import PanelTimeSeriesSplit
from sklstm.training._validation_split import hold_out
from tests.estimators.helpers import classifier, forecaster, sequences, series, windows

# One epoch is the best one: the weights are those of a fit on the training part alone.
ONCE = {"epochs": 1, "batch_size": 16, "shrink": False}
STOPS = {"early_stopping": True}
N, CUT = 80, 60
MODES = {
    "windows": {},
    "horizon": {"horizon": 3, "loss": "mse"},
    "season": {"horizon": 2, "season": 4, "loss": "mse"},
    "steps": {"return_sequences": True},
    "stateful": {"stateful": True},
    "quantiles": {"quantiles": (0.1, 0.5, 0.9)},
    "members": {"n_members": 2},
    "stride": {"train_stride": 3},
    "series": {"normalize_y": "series"},
}


def panel():
    table, _ = series(N)
    parts = {key: table + 10 * key for key in (1, 2, 3)}
    return pd.concat(parts, names=["place", "hour"]).swaplevel().sort_index()


@pytest.mark.parametrize("mode", MODES)
def test_a_split_trains_on_its_first_part_alone(mode):
    table, _ = series(N)
    X, y = windows(table), table["temp"].to_numpy()
    how = ONCE | MODES[mode]
    split = PanelTimeSeriesSplit(n_splits=1, test_size=N - CUT)
    model = forecaster(validation=split, **STOPS, **how).fit(X, y)
    by_hand = forecaster(**how).fit(X[:CUT], y[:CUT])
    assert "val_loss" in model.history_
    assert_array_equal(model.predict(X), by_hand.predict(X))
    given = forecaster(**STOPS, **how).fit(X[:CUT], y[:CUT], X_val=X[CUT:], y_val=y[CUT:])
    assert_array_equal(given.predict(X), by_hand.predict(X))
    assert_allclose(given.history_["val_loss"], model.history_["val_loss"], rtol=1e-6)


@pytest.mark.parametrize("kind", ["split", "data"])
def test_the_validation_loss_is_that_of_the_other_part(kind):
    table, _ = series(N)
    X, y = windows(table), table["temp"].to_numpy()
    how = ONCE | STOPS | {"horizon": 1}
    if kind == "split":
        model = forecaster(validation=[(np.arange(CUT), np.arange(CUT, N))], **how).fit(X, y)
    else:
        model = forecaster(**how).fit(X[:CUT], y[:CUT], X_val=X[CUT:], y_val=y[CUT:])
    scale = model.network_.target_transform.scale[0]
    errors = (model.predict(X)[CUT:] - y[CUT:]) / scale
    assert_allclose(model.history_["val_loss"], [np.mean(errors**2)], rtol=1e-5)


def test_weights_of_the_validation_data_weigh_its_loss():
    X, y, _ = sequences(60)
    weights = np.random.default_rng(0).random(20)
    model = forecaster(**ONCE, **STOPS).fit(
        X[:40], y[:40], X_val=X[40:], y_val=y[40:], sample_weight_val=weights
    )
    scale = model.network_.target_transform.scale[0]
    errors = (model.predict(X[40:]) - y[40:]) / scale
    expected = np.average(errors**2, weights=weights)
    assert_allclose(model.history_["val_loss"], [expected], rtol=1e-5)


@pytest.mark.parametrize("make", [classifier, forecaster])
@pytest.mark.parametrize(
    "split",
    [
        KFold(3),
        ShuffleSplit(1, random_state=0),
        PredefinedSplit(np.where(np.arange(60) < 40, -1, 0)),
        [(np.arange(60) < 40, np.arange(60) >= 40)],
        [(list(range(30)), list(range(40, 60)))],
    ],
)
def test_sequences_are_split_by_position(make, split):
    X, value, label = sequences(60)
    y = label if make is classifier else value
    how = {"epochs": 1, "validation": split, **STOPS}
    model = make(**how).fit(X, y)
    train, _ = next(iter(split.split(X) if hasattr(split, "split") else split))
    train = np.sort(np.arange(60)[train])
    by_hand = make(epochs=1).fit(X[train], y[train])
    assert_array_equal(model.predict(X), by_hand.predict(X))
    again = clone(model).fit(X, y)
    assert_array_equal(model.predict(X), again.predict(X))


@pytest.mark.parametrize("mode", [{}, {"stateful": True}, {"return_sequences": True}])
@pytest.mark.parametrize("split", [GroupShuffleSplit(1, random_state=3), PanelTimeSeriesSplit(1)])
def test_series_are_groups_and_timestamps_are_the_index(split, mode):
    X = panel()
    cut = windows(X, by="place")
    model = forecaster(validation=split, epochs=1, **STOPS, **mode).fit(cut, X["temp"])
    train, _ = next(split.split(X, groups=None if "Panel" in str(split) else X["temp"] // 10))
    if "Group" in str(split):
        places = X.index.get_level_values("place")
        codes = places.factorize(sort=True)[0]
        train, _ = next(split.split(X, groups=codes))
        assert len(set(places[train])) == 2
    by_hand = forecaster(epochs=1, **mode).fit(cut[train], X["temp"].to_numpy()[train])
    assert_array_equal(model.predict(cut), by_hand.predict(cut))


def test_nothing_is_learned_of_the_part_that_validates():
    table, _ = series(N)
    X, y = windows(table[["wind"]]), table["temp"].to_numpy()
    other = np.where(np.arange(N) < CUT, y, 1000 * y)
    fits = [
        forecaster(
            validation=PanelTimeSeriesSplit(1, test_size=N - CUT), horizon=2, **ONCE, **STOPS
        )
        for _ in range(2)
    ]
    one, two = (fit.fit(X, own) for fit, own in zip(fits, (y, other), strict=True))
    assert_array_equal(one.predict(X), two.predict(X))
    assert not np.allclose(one.history_["val_loss"], two.history_["val_loss"])


def test_a_pipeline_passes_validation_data_through_its_windower():
    table, _ = series(N)
    y = table["temp"]
    with sklearn.config_context(enable_metadata_routing=True):
        last = forecaster(**ONCE, **STOPS).set_fit_request(X_val=True, y_val=True)
        model = Pipeline(
            [("windows", SequenceWindower(window=4, lead=1)), ("lstm", last)],
            transform_input=["X_val"],
        )
        model.fit(table[:CUT], y[:CUT], X_val=table[CUT:], y_val=y[CUT:])
    X = windows(table)
    by_hand = forecaster(**ONCE, **STOPS).fit(X[:CUT], y[:CUT], X_val=X[CUT:], y_val=y[CUT:])
    assert_array_equal(model.predict(table), by_hand.predict(X))
    assert_allclose(model[-1].history_["val_loss"], by_hand.history_["val_loss"], rtol=1e-6)


def test_ragged_sequences_and_labels_of_steps_validate():
    rng = np.random.default_rng(0)
    X = [rng.normal(size=(length, 2)) for length in [*rng.integers(3, 8, size=30), 12]]
    y = [(own[:, 0] > 0).astype(int) for own in X]
    padder = Padder().fit(X[:20])
    model = classifier(return_sequences=True, **STOPS).fit(
        padder.transform(X[:20]), y[:20], X_val=padder.transform(X[20:]), y_val=y[20:]
    )
    assert np.isfinite(model.history_["val_loss"]).all()
    split = [(np.arange(20), np.arange(20, 31))]
    model = make_pipeline(Padder(), classifier(return_sequences=True, validation=split, **STOPS))
    assert np.isfinite(model.fit(X, y)[-1].history_["val_loss"]).all()


def test_rows_of_one_series_validate_a_stateful_network():
    rows = np.random.default_rng(0).normal(size=(90, 2))
    how = {"stateful": True, **ONCE, "bptt_steps": 10}
    y = rows[:, 0] * rows[:, 1]
    model = forecaster(**how, **STOPS).fit(rows[:60], y[:60], X_val=rows[60:], y_val=y[60:])
    assert_array_equal(model.predict(rows), forecaster(**how).fit(rows[:60], y[:60]).predict(rows))
    scale = model.network_.target_transform.scale[0]
    errors = (model.predict(rows[60:]) - y[60:]) / scale
    assert_allclose(model.history_["val_loss"], [np.mean(errors**2)], rtol=1e-5)
    late = [(np.arange(30, 90), np.arange(30))]
    with pytest.raises(ValueError, match="no state can be carried"):
        forecaster(validation=late, **how, **STOPS).fit(rows, y)


def test_windows_that_read_what_validates_are_told_of():
    table, y = series(N)
    X = windows(table)
    with pytest.warns(UserWarning, match="windows to train on read the rows of 4 of them"):
        forecaster(validation=[(np.r_[:30, 50:80], np.arange(30, 50))], **STOPS).fit(X, y)


@pytest.mark.parametrize("make", [classifier, forecaster])
def test_repeats_of_a_sequence_stay_on_one_side(make, monkeypatch):
    X, value, label = sequences(40)
    y = label if make is classifier else value
    weights = np.random.default_rng(1).integers(1, 6, size=40)
    seen = []

    def spy(index, *args, **how):
        sides = hold_out(index, *args, **how)
        seen.append([index.rows[index.start[side], 0] for side in sides])
        return sides

    monkeypatch.setattr("sklstm.training._fit.hold_out", spy)
    how = {"epochs": 1, "validation_fraction": 0.3, **STOPS}
    make(**how).fit(X, y, sample_weight=weights)
    make(**how).fit(np.repeat(X, weights, axis=0), np.repeat(y, weights))
    make(**how).fit(X, y, sample_weight=weights / 7)
    for training, validation in seen[:2]:
        assert len(training) + len(validation) == weights.sum()
        assert not set(training) & set(validation)
    assert len(seen[2][0]) + len(seen[2][1]) == 40


@pytest.mark.parametrize("make", [classifier, forecaster])
def test_early_stopping_takes_whole_weights_for_repeats(make):
    X, value, label = sequences(40)
    y = label if make is classifier else value
    weights = np.random.default_rng(1).integers(0, 4, size=40)
    weighted, repeated = (make(epochs=3, validation_fraction=0.3, **STOPS) for _ in range(2))
    weighted.fit(X, y, sample_weight=weights)
    repeated.fit(np.repeat(X, weights, axis=0), np.repeat(y, weights))
    assert_array_equal(weighted.predict(X), repeated.predict(X))


@pytest.mark.slow
def test_repeats_by_weight_stay_on_the_side_of_their_sample():
    X, y, _ = sequences(40)
    weights = np.random.default_rng(1).integers(0, 4, size=40)
    split = [(np.arange(25), np.arange(25, 40))]
    model = forecaster(validation=split, epochs=1, **STOPS).fit(X, y, sample_weight=weights)
    by_hand = forecaster(epochs=1, **STOPS).fit(
        X[:25],
        y[:25],
        sample_weight=weights[:25],
        X_val=X[25:],
        y_val=y[25:],
        sample_weight_val=weights[25:],
    )
    assert_array_equal(model.network_.input_transform.mean, by_hand.network_.input_transform.mean)
    assert_allclose(model.history_["val_loss"], by_hand.history_["val_loss"], rtol=1e-3)


def test_a_search_splits_each_fold_again():
    X, y, _ = sequences(60)
    model = forecaster(validation=ShuffleSplit(1, random_state=0), **STOPS)
    search = GridSearchCV(model, {"units": [2, 3]}, cv=3, error_score="raise").fit(X, y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


@pytest.mark.parametrize("make", [LSTMClassifier, LSTMForecaster])
def test_partial_fit_and_fits_without_early_stopping_do_not_split(make):
    X, value, label = sequences(30)
    y = label if make is LSTMClassifier else value
    how = {"units": 2, "epochs": 1, "plain": True, "validation": [(range(99), range(99, 100))]}
    assert list(make(**how).fit(X, y).history_) == ["loss"]
    assert list(make(**how, **STOPS).partial_fit(X, y).history_) == ["loss"]


@pytest.mark.parametrize("how", [{}, {"horizon": 2}])
def test_validation_data_in_other_units_are_told_of(how):
    """A TransformedTargetRegressor transforms y, and hands y_val on as it is."""
    table, y = series(N)
    above = np.exp(np.asarray(y) / y.std()) + 50
    pipeline = Pipeline(
        [("windows", SequenceWindower(4, lead=1)), ("lstm", forecaster(**STOPS, **how))],
        transform_input=["X_val"],
    )
    first, last = slice(0, N - 30), slice(N - 30, N)
    validation = {"X_val": table[last], "y_val": above[last]}
    with config_context(enable_metadata_routing=True):
        pipeline[-1].set_fit_request(X_val=True, y_val=True)
        for scaler in (StandardScaler(), MinMaxScaler(), FunctionTransformer(np.log, np.exp)):
            model = TransformedTargetRegressor(pipeline, transformer=scaler)
            with pytest.warns(UserWarning, match="y_val seems to be in other units than y"):
                model.fit(table[first], above[first], **validation)
            # In the units of the transformer it is right.
            scaler.fit(above[first, None])
            own = scaler.transform(above[last, None])[:, 0]
            model.fit(table[first], above[first], X_val=table[last], y_val=own)
        pipeline.fit(table[first], above[first], **validation)
