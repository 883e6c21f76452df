"""One row after the other: the predictions of the whole series, at the same cost for each."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import pickle

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from sklstm import LSTMForecaster, SequenceWindower, To3D, generate, stream
from tests.estimators.helpers import classifier, forecaster, series

MODELS = {
    "windows": lambda estimator: make_pipeline(SequenceWindower(window=6), estimator()),
    "windows, all steps": lambda estimator: make_pipeline(
        SequenceWindower(window=6), estimator(return_sequences=True)
    ),
    "stateful windows": lambda estimator: make_pipeline(
        SequenceWindower(window=6), estimator(stateful=True)
    ),
    "scaled": lambda estimator: make_pipeline(
        StandardScaler().set_output(transform="pandas"),
        SequenceWindower(window=6),
        estimator(stateful=True, units=(5, 3)),
    ),
    "rows": lambda estimator: make_pipeline(StandardScaler(), estimator(stateful=True)),
    "samples": lambda estimator: make_pipeline(To3D(layout="features"), estimator(stateful=True)),
}


def fitted_model(name, kind):
    table, y = series(90)
    if name in ("rows", "samples"):
        table = table.reset_index(drop=True)
    if kind == "classes":
        y = np.where(y > y.median(), "high", "low")
    model = MODELS[name](classifier if kind == "classes" else forecaster)
    return model.fit(table, y), table


@pytest.mark.parametrize("kind", ["classes", "values"])
@pytest.mark.parametrize("name", MODELS)
def test_pushing_is_predicting_the_whole_series(name, kind):
    model, table = fitted_model(name, kind)
    expected = model.predict(table) if name in ("rows", "samples") else cold(model, table)
    live = stream(model)
    one_by_one = [live.push(row) for row in table.to_numpy()]
    assert live.n_seen == 90
    live.reset()
    assert live.n_seen == 0
    in_parts = [live.push_many(table[a:b]) for a, b in ((0, 1), (1, 50), (50, 50), (50, 90))]
    for predictions in (np.array(one_by_one), np.concatenate(in_parts)):
        assert predictions.shape == expected.shape
        assert predictions.dtype == expected.dtype
        if kind == "values":
            assert_allclose(predictions, expected, atol=1e-6, rtol=0)
        else:
            assert_array_equal(predictions, expected)


def cold(model, table):
    """Predict without the rows that the windower keeps of the fit."""
    rows = table
    for step in model[:-2]:
        rows = step.transform(rows)
    windows = SequenceWindower(window=6, history=None).fit_transform(rows)
    return model[-1].predict(windows)


def test_probabilities_are_predicted_if_asked_for():
    model, table = fitted_model("stateful windows", "classes")
    live = stream(model, method="predict_proba")
    probabilities = live.push_many(table)
    assert_allclose(probabilities.sum(axis=1), 1)
    plain = stream(model).push_many(table)
    assert_array_equal(model.classes_[probabilities.argmax(axis=1)], plain)
    assert live.reset().push(table.iloc[0]).shape == (2,)


def test_with_a_lead_of_3_the_third_row_ahead_is_predicted():
    table, y = series(90)
    model = make_pipeline(SequenceWindower(window=6, lead=3, history=None), forecaster())
    model.fit(table, y)
    predictions = stream(model).push_many(table)
    assert_allclose(predictions[:-3], model.predict(table)[3:], atol=1e-6, rtol=0)


@pytest.mark.parametrize("name", ["windows", "stateful windows"])
def test_a_missing_timestamp_is_a_row_of_nan(name):
    model, table = fitted_model(name, "values")
    holes = table.drop(table.index[40:45])
    pushed = table.copy()
    pushed.iloc[40:45] = np.nan
    predictions = stream(model).push_many(pushed)
    assert_allclose(np.delete(predictions, range(40, 45)), cold(model, holes), atol=1e-6, rtol=0)
    alone = stream(model)
    assert_allclose([alone.push(row) for row in pushed.to_numpy()], predictions, atol=1e-6, rtol=0)


@pytest.mark.parametrize("name", ["windows", "stateful windows"])
def test_warming_up_copying_and_pickling_keep_the_state(name):
    model, table = fitted_model(name, "values")
    expected = stream(model).push_many(table)
    live = stream(model).warm_up(table[:50])
    other, loaded = live.copy(), pickle.loads(pickle.dumps(live))
    other.push_many(table[:30].to_numpy())
    for one in (live, loaded):
        assert_allclose(one.push_many(table[50:]), expected[50:], atol=1e-6, rtol=0)
    assert not np.allclose(other.push_many(table[50:].to_numpy())[0], expected[50])


def test_rows_may_be_arrays_dicts_series_and_data_frames():
    model, table = fitted_model("scaled", "values")
    row = table.iloc[0]
    predictions = [
        stream(model).push(given)
        for given in (
            row.to_numpy(),
            row.tolist(),
            row,
            row.to_dict(),
            {"wind": row["wind"], "temp": row["temp"]},
            table[:1],
        )
    ]
    assert_array_equal(predictions, np.full(6, predictions[0]))


def test_columns_that_name_series_and_time_are_left_out():
    table, y = series(60)
    table = table.assign(who=np.where(np.arange(60) % 2, "a", "b"), at=table.index)
    model = make_pipeline(SequenceWindower(window=4, by="who", time="at"), forecaster())
    model.fit(table, y)
    own = table["who"] == "a"
    live = stream(model)
    predictions = [live.push(row) for _, row in table[own].iterrows()]
    # The clock has steps of two hours, those of each series.
    rows = table.loc[own, ["temp", "wind"]].reset_index(drop=True)
    windows = SequenceWindower(window=4).fit_transform(rows)
    assert_allclose(predictions, model[-1].predict(windows), atol=1e-6, rtol=0)


def test_an_estimator_alone_opens_a_stream_itself():
    model, table = fitted_model("windows", "values")
    predictions = model[-1].stream().push_many(table.to_numpy())
    assert_array_equal(predictions, stream(model).push_many(table))


@pytest.mark.parametrize("name", ["windows", "stateful windows"])
def test_memory_of_a_stream_does_not_grow(name):
    model, table = fitted_model(name, "values")
    live = stream(model).warm_up(table[:10])
    size = len(pickle.dumps(live))
    live.warm_up(table.to_numpy())
    assert abs(len(pickle.dumps(live)) - size) < 64


# What is refused.


@pytest.mark.parametrize("name", ["windows", "rows", "scaled"])
def test_rows_that_do_not_fit_change_nothing(name):
    model, table = fitted_model(name, "values")
    live = stream(model).warm_up(table[:20])
    expected = live.copy().push(table.iloc[20])
    for row, message in (
        ([1.0, 2.0, 3.0], "3"),
        ([1.0, np.nan], "NaN"),
        ([1.0, np.inf], "infin"),
    ):
        with pytest.raises(ValueError, match=message):
            live.push(row)
    assert live.n_seen == 20
    assert live.push(table.iloc[20]) == expected


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (Ridge(), "a stream needs an LSTMClassifier .*; got Ridge"),
        (
            make_pipeline(SequenceWindower(), FunctionTransformer(), LSTMForecaster(plain=True)),
            "right before the LSTM estimator",
        ),
    ],
)
def test_models_that_remember_nothing_are_refused(model, message):
    with pytest.raises(ValueError, match=f"(?i){message}"):
        stream(model)


def test_what_counts_is_how_it_was_fitted():
    table, y = series()
    model = make_pipeline(StandardScaler(), forecaster()).fit(table, y)
    with pytest.raises(ValueError, match="or stateful=True"):
        stream(model.set_params(lstmforecaster__stateful=True))


def test_what_is_not_fitted_is_refused():
    with pytest.raises(NotFittedError):
        stream(make_pipeline(SequenceWindower(), LSTMForecaster(plain=True)))


def test_methods_that_do_not_exist_are_refused():
    model, table = fitted_model("windows", "values")
    with pytest.raises(ValueError, match="method must be 'predict'"):
        stream(model, method="predict_proba")
    every = make_pipeline(
        SequenceWindower(window=4), classifier(return_sequences=True, bidirectional=True)
    ).fit(table, table["temp"].diff() > 0)
    with pytest.raises(ValueError, match="predicts at a step from the steps after it"):
        stream(every)


# Predictions fed back.


@pytest.mark.parametrize("stateful", [False, True])
def test_rolling_out_is_predicting_with_the_predictions_as_rows(stateful):
    wave = np.sin(np.arange(120) / 4)
    model = make_pipeline(
        SequenceWindower(window=8, lead=1, history=None), forecaster(stateful=stateful, epochs=5)
    ).fit(wave[:, None], wave)
    future = generate(model, wave[:50, None], 7)
    # By hand: one row more each time, and the whole series once more.
    rows = list(wave[:50])
    for value in future:
        given = np.append(rows, 0.0)[:, None]
        assert_allclose(model.predict(given)[-1], value, atol=1e-5, rtol=0)
        rows.append(value)
    live = stream(model).warm_up(wave[:40, None])
    assert_allclose(generate(live, wave[40:50, None], 7), future, atol=1e-6, rtol=0)
    # The stream itself has not moved.
    assert live.n_seen == 40


def test_labels_are_fed_back_as_the_user_says():
    letters = np.array(list("abcdefgh"))
    codes = np.arange(8)[:, None] / 8
    model = classifier(stateful=True, units=32, epochs=150, bptt_steps=1)
    model.fit(codes[:-1], letters[1:])
    spoken = generate(model, codes[:1], 7, feedback=lambda letter: codes[letters == letter][0])
    assert "".join(spoken) == "bcdefgh"


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"n": 0}, "n must be at least 1; got 0"),
        ({"start": np.empty((0, 1))}, "at least one row"),
        ({"lead": 2}, "lead=2"),
        ({"method": True}, "whose method is 'predict'"),
    ],
)
def test_roll_outs_that_cannot_be_are_refused(params, message):
    wave = np.sin(np.arange(60) / 4)[:, None]
    lead = params.get("lead", 1)
    windower = SequenceWindower(window=4, lead=lead)
    model = make_pipeline(windower, classifier()).fit(wave, wave[:, 0] > 0)
    if "method" in params:
        model = stream(model, method="predict_proba")
    with pytest.raises(ValueError, match=message):
        generate(model, params.get("start", wave), params.get("n", 3))


def test_a_prediction_that_is_no_row_needs_a_feedback():
    table, y = series(60)
    model = make_pipeline(SequenceWindower(window=4, lead=1), forecaster()).fit(table, y)
    with pytest.raises(ValueError, match="is not a row of 2 features: say by feedback="):
        generate(model, table, 3)
    index = pd.RangeIndex(60)
    labels = np.where(table["temp"] > 0, "up", "down")
    one = table[["temp"]].set_index(index)
    model = make_pipeline(SequenceWindower(window=4, lead=1), classifier()).fit(one, labels)
    with pytest.raises(ValueError, match="feedback="):
        generate(model, one, 3)
