"""What early stopping holds out, and which windows a stride keeps."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest

from sklstm.preprocessing._array_index import index_array
from sklstm.preprocessing._window_index import window_index_of
from sklstm.training._validation_split import every_nth, hold_out
from tests.estimators.helpers import classifier, forecaster, sequences, series, windows


def in_series(n=40):
    table, _ = series(n)
    frame = pd.concat({"a": table, "b": table + 1}, names=["place"]).swaplevel().sort_index()
    return windows(frame, window=4, lead=2, by="place"), frame


def split(X, fraction=0.2):
    found = window_index_of(X)
    positions = np.flatnonzero(found.count > 0)
    return hold_out(
        found, positions, fraction, stratify=None, rng=np.random.default_rng(0)
    ), positions


@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize("by", [False, True])
def test_the_last_part_in_time_is_held_out_behind_a_gap(by, shuffle):
    table, _ = series(50)
    X, frame = in_series() if by else (windows(table, window=4, lead=2), table)
    timestamps = frame.index.get_level_values(0) if by else frame.index
    hours = ((timestamps - timestamps.min()) / pd.Timedelta("1h")).to_numpy()
    if shuffle:
        order = np.random.default_rng(0).permutation(len(X))
        X, hours = X[order], hours[order]
    (training, validation), positions = split(X)
    assert len(validation) >= 0.2 * len(positions)
    first = hours[validation].min()
    assert hours[training].max() < first - (4 + 2 - 1)
    # Nothing else is left out: neither before the gap nor after it.
    assert set(validation) == set(positions[hours[positions] >= first])
    assert set(training) == set(positions[hours[positions] < first - 5])
    # No training target is an input of a validation window.
    inputs = {h - 2 - step for h in hours[validation] for step in range(4)}
    assert not inputs & set(hours[training])


def test_nothing_left_to_train_on():
    table, y = series(12)
    model = forecaster(early_stopping=True, validation_fraction=0.5)
    with pytest.raises(ValueError, match=r"early_stopping=True leaves nothing.*window \+ lead - 1"):
        model.fit(windows(table, window=9, lead=1), y)
    assert not hasattr(model, "n_features_in_")


def test_independent_sequences_are_held_out_by_class_and_seed():
    X, _, label = sequences(90)
    found = index_array(X)

    def parts(seed):
        rng = np.random.default_rng(seed)
        return hold_out(found, np.arange(90), 0.2, stratify=label, rng=rng)

    training, validation = parts(0)
    assert sorted([*training, *validation]) == list(range(90))
    np.testing.assert_array_equal(np.bincount(label[validation]), [6, 6, 6])
    np.testing.assert_array_equal(parts(0)[1], validation)
    assert set(parts(1)[1]) != set(validation)


def test_early_stopping_restores_the_best_epoch():
    X, _, label = sequences(120)
    noise = np.random.default_rng(1).permutation(label)
    model = classifier(
        units=16,
        epochs=60,
        batch_size=2,
        learning_rate=0.01,
        early_stopping=True,
        validation_fraction=0.3,
        n_iter_no_change=3,
    ).fit(X, noise)
    losses = model.history_["val_loss"]
    assert model.n_iter_ == len(losses) < 60
    best = int(losses.idxmin())
    # 42 updates an epoch: it waits for 200.
    assert model.n_iter_ == max(best + 4, 5)
    again = classifier(
        units=16,
        epochs=best + 1,
        batch_size=2,
        learning_rate=0.01,
        early_stopping=True,
        validation_fraction=0.3,
        n_iter_no_change=100,
    ).fit(X, noise)
    np.testing.assert_array_equal(model.predict_proba(X), again.predict_proba(X))


@pytest.mark.parametrize("stride", [1, 2, 3, 7])
def test_a_stride_counts_in_time_within_each_series(stride):
    X, frame = in_series()
    order = np.random.default_rng(0).permutation(len(X))
    found = window_index_of(X[order])
    kept = every_nth(found, np.arange(len(order)), stride)
    naive = set()
    shuffled = frame.index[order]
    for place in ("a", "b"):
        own = [i for i in range(len(order)) if shuffled[i][1] == place]
        naive |= set(sorted(own, key=lambda i: shuffled[i][0])[::stride])
    assert kept.tolist() == sorted(naive)


def test_a_stride_over_independent_sequences_takes_them_as_they_come():
    found = index_array(sequences(10)[0])
    np.testing.assert_array_equal(every_nth(found, np.arange(10), 3), [0, 3, 6, 9])
    X, y, _ = sequences()
    strided = forecaster(train_stride=3, normalize_X=False, normalize_y=False).fit(X, y)
    alone = forecaster(normalize_X=False, normalize_y=False).fit(X[::3], y[::3])
    np.testing.assert_array_equal(strided.predict(X), alone.predict(X))


def test_few_data_are_not_cut_short():
    """Four updates an epoch: 200 of them take 50 epochs, however little improves."""
    X, _, label = sequences(120)
    noise = np.random.default_rng(1).permutation(label)
    how = {"epochs": 60, "learning_rate": 0.05, "early_stopping": True, "n_iter_no_change": 2}
    model = classifier(**how).fit(X, noise)
    assert int(model.history_["val_loss"].idxmin()) < 40
    assert model.n_iter_ == 50


def test_a_schedule_lowers_the_rate_from_epoch_to_epoch():
    X, y, _ = sequences(60)
    rates = {
        schedule: forecaster(epochs=3, learning_rate=0.1, learning_rate_schedule=schedule)
        .fit(X, y)
        .history_["learning_rate"]
        .to_numpy()
        for schedule in ("cosine", "linear", "exponential")
    }
    np.testing.assert_allclose(rates["cosine"], [0.1, 0.0505, 0.001], rtol=1e-5)
    np.testing.assert_allclose(rates["linear"], [0.1, 0.0505, 0.001], rtol=1e-5)
    np.testing.assert_allclose(rates["exponential"], [0.1, 0.01, 0.001], rtol=1e-5)
    # The next fit starts at the full height again, in the same compiled network.
    plain = forecaster(epochs=1, learning_rate=0.1).fit(X, y)
    again = forecaster(epochs=1, learning_rate=0.1).fit(X, y)
    np.testing.assert_array_equal(plain.network_.weights[0][0], again.network_.weights[0][0])


@pytest.mark.parametrize(
    ("n", "y", "message"),
    [
        (1, [0], r"holds out 1 of 1 sequences"),
        (6, [0, 0, 0, 0, 0, 1], r"of 2 classes, the smallest with 1: too few"),
        (6, [0, 0, 0, 1, 1, 1], r"holds out 1 of 6 sequences \(validation_fraction=0.1\)"),
        (12, list(range(12)), "of 12 classes, the smallest with 1"),
    ],
)
def test_few_sequences_are_refused_in_our_own_words(n, y, message):
    X = np.random.default_rng(0).normal(size=(n, 3, 1))
    with pytest.raises(ValueError, match=message):
        classifier(early_stopping=True).fit(X, y)


def test_few_sequences_that_do_for_early_stopping():
    X = np.random.default_rng(0).normal(size=(8, 3, 1))
    classifier(early_stopping=True, validation_fraction=0.5).fit(X, [0, 1] * 4)
    forecaster(early_stopping=True).fit(X[:2], [0.0, 1.0])
    with pytest.raises(ValueError, match="holds out 1 of 1 sequences"):
        forecaster(early_stopping=True).fit(X[:1], [0.0])
