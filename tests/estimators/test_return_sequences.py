"""A prediction at every step: what is trained on, what is predicted, and in which shape."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.metrics import accuracy_score, r2_score
from sklearn.model_selection import GridSearchCV, GroupKFold, KFold, cross_val_score
from sklearn.pipeline import make_pipeline

from sklstm import LSTMClassifier, LSTMForecaster, Padder, SequenceWindower
from sklstm.preprocessing._array_index import index_array
from sklstm.targets._step_labels import labels_of_rows
from tests.estimators.helpers import classifier, forecaster, series, windows

STEPS = {"return_sequences": True}


def labelled_sequences(n=30, n_steps=6, seed=0):
    """Sequences whose label at each step is whether the running sum is above 0."""
    X = np.random.default_rng(seed).normal(size=(n, n_steps, 2))
    return X, np.where(X[:, :, 0].cumsum(axis=1) > 0, "up", "down")


def without(labels, missing, rng_seed=0):
    """Take some labels away."""
    gone = np.random.default_rng(rng_seed).random(labels.shape) < 0.3
    labels = labels.astype(object if missing is None else float)
    labels[gone] = missing
    return labels, gone


# What is trained on.


@pytest.mark.parametrize(("n_targets", "stride"), [(1, 1), (2, 1), (1, 4), (2, 6)])
def test_windows_learn_from_the_values_of_the_rows_at_which_their_steps_end(n_targets, stride):
    # The same as laying windows and values out by hand: the step at t learns y at t + lead.
    table, _ = series(60)
    y = np.random.default_rng(1).normal(size=(60, n_targets))
    y = y[:, 0] if n_targets == 1 else y
    cut = windows(table, window=4, lead=2)
    how = {**STEPS, "shuffle": False, "normalize_X": False, "normalize_y": False}
    ours = forecaster(**how, train_stride=stride).fit(cut, y)
    X = np.asarray(cut)
    by_hand = np.full((60, 4, n_targets), np.nan)
    for row in range(60):
        for step in range(4):
            # Step 3 of the window of `row` is the row two before it, whose value is that of `row`.
            own = row - 3 + step
            if own >= 2:
                by_hand[row, step] = np.reshape(y[own], n_targets)
    # Windows without a step are not trained on.
    chosen = np.arange(2, 60)[::stride]
    by_hand = by_hand[chosen] if n_targets == 2 else by_hand[chosen, :, 0]
    theirs = forecaster(**how).fit(X[chosen], by_hand)
    assert_allclose(ours.history_["loss"], theirs.history_["loss"], rtol=1e-6)
    for a, b in zip(ours.network_.weights[0], theirs.network_.weights[0], strict=True):
        assert_allclose(a, b, atol=1e-6)


def test_gaps_and_series_of_the_windower_do_not_mix_values_up():
    table, _ = series(60)
    rng = np.random.default_rng(0)
    table["who"] = rng.choice(["a", "b"], size=60)
    y = rng.normal(size=60)
    cut = windows(table, window=5, lead=1, by="who")
    ours = forecaster(**STEPS, shuffle=False, normalize_y=False).fit(cut, y)
    hours, by_hand = table.index, np.full((60, 5), np.nan)
    value = {(who, hour): v for who, hour, v in zip(table["who"], hours, y, strict=True)}
    for row in range(60):
        for step in range(5):
            own = hours[row] - pd.Timedelta(hours=4 - step)
            by_hand[row, step] = value.get((table["who"].iloc[row], own), np.nan)
    X = np.asarray(cut)
    some = (~np.isnan(X[:, :, 0]) & ~np.isnan(by_hand)).any(axis=1)
    theirs = forecaster(**STEPS, shuffle=False, normalize_y=False).fit(X[some], by_hand[some])
    assert_allclose(ours.history_["loss"], theirs.history_["loss"], rtol=1e-6)


def test_nothing_of_rows_that_are_not_given_is_learned():
    # The windows of the later rows hold earlier rows, too, but y is not given there.
    table, y = series(80)
    cut = windows(table, window=6, lead=1)
    later = slice(40, None)
    weights = forecaster(**STEPS).fit(cut[later], y[later]).network_.weights[0]
    other = y.copy()
    other.iloc[:40] = 1e6
    again = forecaster(**STEPS).fit(cut[later], other[later]).network_.weights[0]
    for a, b in zip(weights, again, strict=True):
        assert_array_equal(a, b)


@pytest.mark.parametrize("stride", [1, 3])
@pytest.mark.parametrize("by", [None, "who"])
def test_nothing_of_the_held_out_part_is_learned(stride, by):
    table, y = series(80)
    table["who"] = np.arange(80) % 2
    cut = windows(table, window=6, lead=1, by=by)
    how = {**STEPS, "early_stopping": True, "train_stride": stride, "epochs": 3}
    losses = forecaster(**how).fit(cut, y).history_
    other = y.copy()
    other.iloc[-4:] += 1e3
    again = forecaster(**how).fit(cut, other).history_
    assert_array_equal(losses["loss"], again["loss"])
    assert (losses["val_loss"] != again["val_loss"]).all()


@pytest.mark.parametrize("make", [classifier, forecaster])
def test_steps_without_a_label_are_not_learned_from(make):
    X, y = labelled_sequences()
    y = (y == "up").astype(float)
    some, gone = without(y, np.nan)
    ours = make(**STEPS, shuffle=False).fit(X, some)
    # A step that does not exist is not learned from either, and here changes nothing after it.
    last = np.zeros_like(gone)
    last[:, -1] = True
    missing_last, X_missing = y.copy(), X.copy()
    missing_last[last] = np.nan
    X_missing[last] = np.nan
    a = make(**STEPS, shuffle=False, normalize_X=False).fit(X, missing_last)
    b = make(**STEPS, shuffle=False, normalize_X=False).fit(X_missing, missing_last)
    assert_allclose(a.history_["loss"], b.history_["loss"], rtol=1e-6)
    assert ours.history_["loss"].notna().all()


def test_class_weights_are_those_of_the_labelled_steps():
    X, y = labelled_sequences()
    balanced = classifier(**STEPS, class_weight="balanced").fit(X, y)
    n_up, n = (y == "up").sum(), y.size
    by_hand = {"up": n / 2 / n_up, "down": n / 2 / (n - n_up)}
    named = classifier(**STEPS, class_weight=by_hand).fit(X, y)
    assert_allclose(balanced.history_["loss"], named.history_["loss"], rtol=1e-6)


@pytest.mark.parametrize("lead", [0, 1])
def test_early_stopping_holds_the_last_part_out(lead):
    table, y = series(100)
    cut = windows(table, lead=lead)
    fitted = forecaster(**STEPS, early_stopping=True, epochs=3).fit(cut, y)
    assert fitted.history_["val_loss"].notna().all()
    X, labels = labelled_sequences()
    fitted = classifier(**STEPS, early_stopping=True, epochs=3).fit(X, labels)
    assert fitted.history_["val_loss"].notna().all()


# What is predicted.


@pytest.mark.parametrize("labels", ["text", "numbers", "two", "some missing", "list of lists"])
def test_independent_sequences_get_a_prediction_at_each_step(labels):
    X, y = labelled_sequences()
    classes = ["down", "up"]
    if labels == "numbers":
        y = (y == "up").astype(int) + (X[:, :, 1] > 1)
        classes = [0, 1, 2]
    elif labels == "two":
        y = (y == "up").astype(np.int32)
        classes = [0, 1]
    elif labels == "some missing":
        y, _ = without(y, None)
    elif labels == "list of lists":
        y = y.tolist()
    fitted = classifier(**STEPS).fit(X, y)
    assert_array_equal(fitted.classes_, classes)
    proba = fitted.predict_proba(X)
    assert proba.shape == (30, 6, len(classes))
    assert_allclose(proba.sum(axis=2), 1)
    predicted = fitted.predict(X)
    assert_array_equal(predicted, fitted.classes_[proba.argmax(axis=2)])
    assert predicted.dtype == fitted.classes_.dtype
    assert_array_equal(fitted.predict_sequences(X), predicted)
    assert_allclose(proba, fitted_outputs(fitted, X), atol=2e-6)


def fitted_outputs(fitted, X):
    outputs = fitted.keras_model_.predict(X, verbose=0)
    return np.concatenate([1 - outputs, outputs], axis=2) if len(fitted.classes_) == 2 else outputs


def test_a_forecaster_predicts_in_the_shape_and_the_units_of_y():
    X, _ = labelled_sequences()
    y = 100 + 10 * X.cumsum(axis=1)
    both = forecaster(**STEPS, epochs=20, units=8).fit(X, y)
    assert both.predict(X).shape == (30, 6, 2)
    assert both.score(X, y) > 0.5
    assert_allclose(both.predict(X), both.keras_model_.predict(X, verbose=0), rtol=1e-5)
    one = forecaster(**STEPS).fit(X, y[:, :, 0])
    assert one.predict(X).shape == (30, 6)
    assert_array_equal(one.predict_sequences(X), one.predict(X))


def test_windows_get_the_prediction_of_their_last_step():
    table, y = series(60)
    cut = windows(table)
    fitted = forecaster(**STEPS).fit(cut, y)
    assert fitted.predict(cut).shape == (60,)
    steps = fitted.predict_sequences(cut)
    assert steps.shape == (60, 4)
    assert_array_equal(steps[:, -1], fitted.predict(cut))
    assert_allclose(
        steps, fitted.keras_model_.predict(np.asarray(cut), verbose=0)[..., 0], rtol=2e-5
    )
    labels = np.where(y > y.median(), "high", "low")
    fitted = classifier(**STEPS).fit(cut, labels)
    assert fitted.predict_proba(cut).shape == (60, 2)
    assert_array_equal(fitted.predict_sequences(cut)[:, -1], fitted.predict(cut))


def test_one_that_predicts_windows_can_predict_each_step():
    table, y = series(60)
    cut = windows(table)
    fitted = forecaster().fit(cut, y)
    assert_array_equal(fitted.predict_sequences(cut)[:, -1], fitted.predict(cut))


def test_a_missing_step_has_the_prediction_of_the_one_before():
    X, y = labelled_sequences()
    fitted = forecaster(**STEPS).fit(X, (y == "up").astype(float))
    X[:, 2] = np.nan
    predictions = fitted.predict(X)
    assert_array_equal(predictions[:, 2], predictions[:, 1])
    X[:, :3] = np.nan
    predictions = fitted.predict(X)
    assert_array_equal(predictions[:, 0], np.full(30, predictions[0, 0]))
    assert_array_equal(predictions[:, 2], predictions[:, 0])
    assert len(np.unique(predictions[:, 3])) == 30


def test_both_directions_predict_a_step_from_those_after_it():
    X, y = labelled_sequences()
    fitted = classifier(**STEPS, bidirectional=True).fit(X, y)
    assert_allclose(fitted.predict_proba(X), fitted_outputs(fitted, X), atol=2e-6)
    table, values = series(60)
    cut = windows(table, lead=0)
    fitted = forecaster(**STEPS, bidirectional=True).fit(cut, values.shift(1, fill_value=0))
    assert_array_equal(fitted.predict_sequences(cut)[:, -1], fitted.predict(cut))


# Scores.


@pytest.mark.parametrize("missing", [None, np.nan])
def test_the_score_is_of_the_labelled_steps_that_exist(missing):
    X, y = labelled_sequences()
    if missing is not None:
        y = (y == "up").astype(int)
    fitted = classifier(**STEPS, epochs=1).fit(X, y)
    values = X[:, :, 0].cumsum(axis=1)
    X[:10, :2] = np.nan
    some, gone = without(y, missing)
    counts = ~gone & ~np.isnan(X[:, :, 0])
    expected = accuracy_score(y[counts], fitted.predict(X)[counts])
    assert fitted.score(X, some) == pytest.approx(expected)
    fitted = forecaster(**STEPS).fit(X, values)
    values[gone] = np.nan
    expected = r2_score(values[counts], fitted.predict(X)[counts])
    assert fitted.score(X, values) == pytest.approx(expected)
    with pytest.raises(ValueError, match="sample_weight weighs sequences"):
        fitted.score(X, values, sample_weight=np.ones(30))


# Ragged sequences.


def ragged(n=36, seed=0):
    rng = np.random.default_rng(seed)
    X = [rng.normal(size=(length, 2)) for length in rng.integers(2, 9, size=n)]
    return X, [np.where(x[:, 0].cumsum() > 0, "up", "down") for x in X]


@pytest.mark.parametrize("padding", ["pre", "post"])
def test_ragged_labels_go_with_ragged_sequences(padding):
    X, y = ragged()
    model = make_pipeline(Padder(padding=padding), classifier(**STEPS, epochs=3))
    model.fit(X, y)
    predictions = model.predict(X)
    right = []
    for x, labels, own in zip(X, y, predictions, strict=True):
        existing = own[-len(x) :] if padding == "pre" else own[: len(x)]
        right += list(existing == labels)
        # As each sequence alone.
        assert_array_equal(model.predict([x])[0], own)
    assert model.score(X, y) == pytest.approx(np.mean(right))
    # Labels padded like the sequences give the same score.
    padded = np.full(predictions.shape, None, dtype=object)
    for row, labels in zip(padded, y, strict=True):
        row[slice(-len(labels), None) if padding == "pre" else slice(len(labels))] = labels
    assert model.score(X, padded) == model.score(X, y)
    again = make_pipeline(Padder(padding=padding), classifier(**STEPS, epochs=3)).fit(X, padded)
    assert_array_equal(again.predict(X), predictions)


@pytest.mark.parametrize("padding", ["pre", "post"])
def test_ragged_labels_of_sequences_with_missing_steps(padding):
    # A label for each step of a recording, also where the sensor was off.
    X, y = ragged()
    for k in (3, 8, 20):
        X[k] = np.vstack([X[k], X[k]])
        y[k] = np.concatenate([y[k], y[k]])
        X[k][len(X[k]) // 2 - 1] = np.nan
    X[5][-1], X[6][0] = np.nan, np.nan
    observed = [own[~np.isnan(x[:, 0])] for x, own in zip(X, y, strict=True)]
    fits = [
        make_pipeline(Padder(padding=padding), classifier(**STEPS, epochs=2)).fit(X, labels)
        for labels in (y, observed)
    ]
    assert_array_equal(fits[0].predict(X), fits[1].predict(X))
    assert fits[0].score(X, y) == fits[0].score(X, observed)


def test_labels_of_a_padded_sequence_tell_on_which_side_it_was_padded():
    nan, labels = np.nan, list("abc")
    for rows, expected in (
        ([nan, 1.0, nan, 3.0], ["a", "c"]),  # padded in front
        ([1.0, nan, 3.0, nan], ["a", "c"]),  # padded behind
    ):
        index = index_array(np.reshape(rows, (1, 4, 1)))
        assert labels_of_rows([labels], index).tolist() == expected
    # One step of padding in front or behind; only the sequence beside it tells which.
    unclear, whole = [nan, 2.0, 3.0, nan], [nan, 1.0, 2.0, 3.0]
    both = index_array(np.reshape([unclear, whole], (2, 4, 1)))
    assert labels_of_rows([labels, labels], both).tolist() == ["a", "b", "a", "b", "c"]
    with pytest.raises(ValueError, match="the side on which it was padded cannot be told"):
        labels_of_rows([labels], index_array(np.reshape(unclear, (1, 4, 1))))
    # Cut in the middle, it fits neither.
    with pytest.raises(ValueError, match="the side on which it was padded cannot be told"):
        labels_of_rows([list("abc")], index_array(np.reshape([1.0, nan, nan, 4.0], (1, 4, 1))))


def test_ragged_sequences_are_searched_with_ordinary_folds():
    X, y = ragged()
    labels = np.array([own[-1] for own in y])
    model = make_pipeline(Padder(), classifier())
    search = GridSearchCV(model, {"lstmclassifier__epochs": [1, 3]}, cv=KFold(3)).fit(X, labels)
    assert search.predict(X).shape == (36,)
    groups = np.arange(36) // 6
    assert len(cross_val_score(model, X, labels, cv=GroupKFold(3), groups=groups)) == 3
    every = make_pipeline(Padder(), classifier(**STEPS))
    assert np.isfinite(cross_val_score(every, X, y, cv=KFold(3), error_score="raise")).all()


# What is refused.


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda X, y: (X, y[:, :5]), r"y has 5 labels for each sequence, but X has 6 steps"),
        (
            lambda X, y: (X, y[:, 0]),
            r"a label for every step, of shape .* = \(30, 6\); got .*\(30,\)",
        ),
        (lambda X, y: (X, y[:29]), r"inconsistent numbers of samples: \[30, 29\]"),
        (
            lambda X, y: (X, [*y[:-1], y[-1][:4]]),
            r"y\[29\] has 4 labels, but X\[29\] has 6 steps, of which 6 are observed",
        ),
        (lambda X, y: (X, [*y, y[0]]), r"inconsistent numbers of samples: \[30, 31\]"),
        (
            lambda X, y: (X, np.full(y.shape, None)),
            "y holds no label of an observed step: all 180 are missing",
        ),
        (lambda X, y: (X, None), "requires y to be passed"),
    ],
)
def test_labels_that_do_not_fit_are_refused(spoil, message):
    X, y = spoil(*labelled_sequences())
    model = classifier(**STEPS)
    with pytest.raises(ValueError, match=message):
        model.fit(X, y)
    assert not hasattr(model, "classes_")


def test_labels_of_two_kinds_are_refused():
    X, y = labelled_sequences()
    mixed = y.astype(object)
    mixed[0, 0], mixed[1, 1] = None, 3.5
    with pytest.raises((ValueError, TypeError)):
        classifier(**STEPS).fit(X, mixed)


def test_windows_that_forgot_their_rows_say_so():
    table, y = series(60)
    plain = np.asarray(windows(table))
    with pytest.raises(ValueError, match="a step after the windower may have lost it"):
        forecaster(**STEPS).fit(plain, y)


@pytest.mark.parametrize("how", [{"return_sequences": True}, {"stateful": True}])
def test_a_clock_that_is_finer_than_the_rows_leaves_no_step_to_label(how):
    table, y = series(60)
    model = make_pipeline(SequenceWindower(window=12, lead=1, freq="10min"), forecaster(**how))
    with pytest.raises(ValueError, match="Is the step of the clock shorter than that of the rows"):
        model.fit(table, y)
    X, labels = labelled_sequences()
    X[:, 0], others = np.nan, np.full(labels.shape, None)
    others[:, 0] = labels[:, 0]
    with pytest.raises(ValueError, match="y holds no label of an observed step: all 150"):
        classifier(**STEPS).fit(X, others)


def test_reading_backwards_over_a_lead_is_refused():
    table, y = series(60)
    model = make_pipeline(
        SequenceWindower(window=4, lead=1), LSTMForecaster(plain=True, **STEPS, bidirectional=True)
    )
    with pytest.raises(ValueError, match="may hold its own target"):
        model.fit(table, y)


def test_resuming_as_another_kind_is_refused():
    X, y = labelled_sequences()
    model = classifier(**STEPS, warm_start=True).fit(X, y)
    with pytest.raises(ValueError, match="returns_sequences"):
        model.set_params(return_sequences=False).fit(X, y[:, 0])
    model.set_params(return_sequences=True).fit(X, y)
    assert len(model.history_) == 4
    cut = windows(series(60)[0], window=6)
    with pytest.raises(ValueError, match=r"started with sequences, .* and X is now windows"):
        model.fit(cut, np.where(np.arange(60) % 2, "up", "down"))
    assert model.predict(X).shape == (30, 6)
    assert (
        LSTMClassifier(plain=True, **STEPS, epochs=1)
        .partial_fit(X, y)
        .partial_fit(X, y)
        .score(X, y)
        > 0
    )
