"""Streams of several series, and rows that go by the clock."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import pickle

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.compose import TransformedTargetRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from sklstm import ConformalForecaster, LSTMForecaster, SequenceWindower, generate, stream
from tests.estimators.helpers import classifier, forecaster, series
from tests.estimators.test_horizon import panel

FRAME = panel(40)


def model_of(frame, *, window=6, lead=0, by="place", time=None, y=None, estimator=None, **params):
    """A fitted pipeline that keeps no history, so that predict starts as a stream does."""
    windower = SequenceWindower(window=window, lead=lead, by=by, time=time, history=None)
    last = forecaster(**params) if estimator is None else estimator
    y = np.asarray(frame["temp"]) ** 2 if y is None else y
    return make_pipeline(windower, last).fit(frame, y)


def one_by_one(live, frame):
    return np.array([live.push(frame.iloc[[k]]) for k in range(len(frame))])


# Several series.


@pytest.mark.parametrize("stateful", [False, True])
def test_each_series_has_a_past_of_its_own(stateful):
    model = model_of(FRAME, stateful=stateful)
    expected = model.predict(FRAME)
    live = stream(model)
    assert_allclose(one_by_one(live, FRAME), expected, atol=1e-5, rtol=0)
    assert live.series == ["a", "b", "c"]
    assert live.n_seen == len(FRAME)
    live.reset()
    assert live.series == []
    in_parts = [live.push_many(FRAME[a:b]) for a, b in ((0, 1), (1, 50), (50, 50), (50, 200))]
    assert_allclose(np.concatenate(in_parts), expected, atol=1e-5, rtol=0)


def test_the_order_of_the_rows_of_different_series_does_not_matter():
    model = model_of(FRAME)
    blocks = FRAME.sort_index(level=["place", "time"])
    expected = pd.Series(model.predict(FRAME), FRAME.index)
    assert_allclose(stream(model).push_many(blocks), expected[blocks.index], atol=1e-5, rtol=0)


def test_the_key_may_be_given():
    model = model_of(FRAME)
    live, by_index = stream(model), stream(model)
    for place in ("b", "new", "a"):
        own = FRAME.xs("a", level="place")[:9]
        rows = pd.concat({place: own}, names=["place"]).swaplevel()
        expected = by_index.push_many(rows)
        assert_array_equal(live.push_many(own.to_numpy(), series=place), expected)
    row = FRAME.xs("a", level="place").iloc[9]
    assert_array_equal(live.push(row, series="a"), by_index.push(pd.DataFrame([row]), series="a"))
    assert_array_equal(
        live.warm_up(own, series="d").push(row.to_dict(), series="d"),
        by_index.warm_up(own, series="d").push(row.to_numpy(), series="d"),
    )


@pytest.mark.parametrize("kind", ["frame", "array", "series", "dict"])
def test_columns_may_name_the_series_and_the_time(kind):
    frame = FRAME.reset_index()
    frame["place"] = frame["place"].map({"a": 7, "b": 8, "c": 9})
    if kind == "array":
        frame = frame.drop(columns="time")
        windower = SequenceWindower(6, by=0, history=None)
        X = frame.to_numpy()
        model = make_pipeline(windower, forecaster()).fit(X, frame["temp"] ** 2)
        rows, expected = X, model.predict(X)
    else:
        model = model_of(frame, time="time")
        expected = model.predict(frame)
        rows = [frame.iloc[[k]] for k in range(len(frame))]
        if kind == "series":
            rows = [frame.iloc[k] for k in range(len(frame))]
        if kind == "dict":
            rows = frame.to_dict("records")
    live = stream(model)
    assert live.names_series
    assert_allclose([live.push(row) for row in rows], expected, atol=1e-5, rtol=0)


@pytest.mark.filterwarnings("ignore:The windows are mostly empty")
def test_several_columns_are_a_key():
    frame = FRAME.reset_index().assign(side=lambda f: np.arange(len(f)) % 2)
    model = model_of(frame, by=["place", "side"], time="time")
    live = stream(model)
    assert_allclose(live.push_many(frame), model.predict(frame), atol=1e-5, rtol=0)
    assert ("a", 0) in live.series


def test_a_copy_and_a_pickle_keep_all_series():
    model = model_of(FRAME, stateful=True)
    live = stream(model).warm_up(FRAME[:30])
    other, loaded = live.copy(), pickle.loads(pickle.dumps(live))
    expected = model.predict(FRAME)[30:]
    other.push_many(FRAME[30:60])
    assert_allclose(live.push_many(FRAME[30:]), expected, atol=1e-5, rtol=0)
    assert_allclose(loaded.push_many(FRAME[30:]), expected, atol=1e-5, rtol=0)


def test_classes_and_probabilities_of_several_series():
    y = np.where(FRAME["temp"].diff(3) > 0, "up", "down")
    model = model_of(FRAME, y=y, estimator=classifier())
    assert_array_equal(stream(model).push_many(FRAME), model.predict(FRAME))
    probabilities = one_by_one(stream(model, method="predict_proba"), FRAME[:20])
    assert_allclose(probabilities, model.predict_proba(FRAME)[:20], atol=1e-5, rtol=0)


def test_series_that_are_not_known_are_refused_and_nothing_is_changed():
    model = model_of(FRAME)
    live = stream(model).warm_up(FRAME[:20])
    expected = live.copy().push(FRAME.iloc[[20]])
    values = FRAME.iloc[20]
    for row, how, message in (
        (values.to_numpy(), {}, r"by='place', and the rows do not name their series: give its key"),
        (values.to_dict(), {}, "do not name their series"),
        (FRAME.xs("a", level="place").iloc[[15]], {}, "do not name their series"),
        (FRAME.iloc[[20]], {"series": "a"}, "name their series themselves"),
    ):
        with pytest.raises(ValueError, match=message):
            live.push(row, **how)
    assert live.push(FRAME.iloc[[20]]) == expected
    alone = model_of(FRAME.xs("a", level="place"), by=None)
    with pytest.raises(ValueError, match="was fitted without by="):
        stream(alone).push(values.to_numpy(), series="a")


def test_one_series_of_many_is_rolled_out():
    frame = FRAME[["temp"]]
    model = model_of(frame, lead=1, y=frame["temp"])
    own = frame[frame.index.get_level_values("place") == "b"]
    future = generate(model, own[:20], 4)
    by_hand = stream(model).warm_up(own[:19])
    expected = [by_hand.push(own.iloc[[19]])]
    for _ in range(3):
        expected.append(by_hand.push([expected[-1]], series="b"))
    assert_allclose(future, expected)
    with pytest.raises(ValueError, match="start holds 3 of them"):
        generate(model, frame[:20], 4)


# The clock.


@pytest.mark.parametrize("stateful", [False, True])
@pytest.mark.parametrize("lead", [0, 1])
def test_missing_hours_are_missing_steps(stateful, lead):
    table, y = series(90)
    holes = table.drop(table.index[[3, 20, 21, 40, *range(50, 62)]])
    model = model_of(table, by=None, y=y, lead=lead, stateful=stateful)
    live = stream(model)
    answers = one_by_one(live, holes)
    # What a stream says at a row is for `lead` steps later, whether that row comes or not.
    every = model.predict(holes.reindex(table.index))
    expected = pd.Series(every, table.index).shift(-lead)[holes.index].dropna()
    assert_allclose(answers[: len(expected)], expected, atol=1e-5, rtol=0)
    assert_allclose(stream(model).push_many(holes), answers, atol=1e-5, rtol=0)


INDICES = {
    "months": pd.date_range("2015-01-31", periods=60, freq="ME"),
    "days in Berlin": pd.date_range("2024-03-01", periods=60, freq="D", tz="Europe/Berlin"),
    "business days": pd.date_range("2024-01-01", periods=60, freq="B"),
    "periods": pd.period_range("2015-01", periods=60, freq="M"),
    "elapsed": pd.timedelta_range("0h", periods=60, freq="h"),
    "numbers": pd.RangeIndex(100, 220, 2),
    "row numbers": pd.RangeIndex(60),
}


@pytest.mark.parametrize("kind", INDICES)
def test_every_clock_counts_missing_steps(kind):
    table = series(60)[0].set_index(INDICES[kind])
    windower = SequenceWindower(5, freq="B" if kind == "business days" else None, history=None)
    model = make_pipeline(windower, forecaster()).fit(table, table["temp"] ** 2)
    holes = table.drop(table.index[[1, 20, 21, 40]])
    expected = model.predict(holes)
    assert_allclose(one_by_one(stream(model), holes), expected, atol=1e-5, rtol=0)
    assert_allclose(stream(model).push_many(holes), expected, atol=1e-5, rtol=0)


def test_without_a_step_the_order_of_the_rows_is_the_clock():
    table = series(60)[0].set_index(pd.Index(np.arange(60.0) ** 1.5))
    model = model_of(table, by=None)
    live = stream(model)
    expected = model.predict(table)
    assert_allclose(live.push_many(table[:50]), expected[:50], atol=1e-5, rtol=0)
    with pytest.raises(ValueError, match=r"at 7\.0+ does not come after"):
        live.push(pd.DataFrame([table.iloc[0]], index=[7.0]))
    live.push(table.iloc[50].to_numpy())
    with pytest.raises(ValueError, match="a stream goes forward in time"):
        live.push(table.iloc[[40]])


def test_rows_without_labels_follow_the_row_before():
    table, y = series(60)
    model = model_of(table, by=None, y=y)
    live = stream(model).warm_up(table[:30].to_numpy())
    expected = model.predict(table)
    assert_allclose(live.push(table.iloc[[30]]), expected[30], atol=1e-5, rtol=0)
    assert_allclose(live.push(table.iloc[31].to_dict()), expected[31], atol=1e-5, rtol=0)
    assert_allclose(live.push(table.iloc[32].to_list()), expected[32], atol=1e-5, rtol=0)
    # Row numbers are no labels of a clock of dates.
    numbered = table[33:36].reset_index(drop=True)
    assert_allclose(live.push_many(numbered), expected[33:36], atol=1e-5, rtol=0)
    assert_allclose(live.push(table.iloc[36]), expected[36], atol=1e-5, rtol=0)
    with pytest.raises(ValueError, match=r"does not come after .* 2024-01-02 12:00:00"):
        live.push(table.iloc[36])


def test_tables_of_one_row_that_are_numbered_anew_follow_each_other():
    table = series(60)[0].reset_index(drop=True)
    model = model_of(table, by=None)
    live = stream(model)
    answers = [live.push(pd.DataFrame([row])) for row in table.to_dict("records")]
    assert_allclose(answers, model.predict(table), atol=1e-5, rtol=0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda rows: rows[::-1], "does not come after the one before it, at 2024-01-02 03:00"),
        (lambda rows: pd.concat([rows, rows[-1:]]), "does not come after"),
        (lambda rows: rows.shift(-5, "h"), "a stream goes forward in time"),
        (lambda rows: rows.shift(10, "min"), "does not stand on the clock"),
        (lambda rows: rows.tz_localize(None), "pass the same kind of index"),
        (lambda rows: rows.set_index(pd.Index(list("abcd"))), "pass the same kind of index"),
        (lambda rows: rows.set_index(rows.index.where([True, False, True, True])), "NaT"),
        (lambda rows: rows[["wind"]], r"lack the columns \['temp'\]"),
        (lambda rows: rows.rename(columns={"temp": "z"}), r"they have \['z', 'wind'\]"),
    ],
)
def test_rows_that_do_not_follow_change_nothing(change, message):
    table, y = series(60)
    model = model_of(table, by=None, y=y)
    live = stream(model).warm_up(table[:24])
    expected = live.copy().push_many(table[24:28])
    with pytest.raises(ValueError, match=message):
        live.push_many(change(table[24:28]))
    assert live.n_seen == 24
    assert_array_equal(live.push_many(table[24:28]), expected)


def test_a_dict_with_another_name():
    table, y = series(60)
    with pytest.raises(ValueError, match=r"lack the columns \['temp', 'wind'\].*they have \['z'\]"):
        stream(model_of(table, by=None, y=y)).push({"z": 1})


def test_a_gap_of_years_costs_nothing():
    table, y = series(60)
    live = stream(model_of(table, by=None, y=y)).warm_up(table)
    later = table[:3].set_index(table.index[:3] + pd.Timedelta(days=365_000 // 10))
    assert_allclose(live.push_many(later), live.reset().push_many(later), atol=1e-6, rtol=0)


def test_a_model_that_reads_the_calendar_is_rolled_out():
    index = pd.date_range("2024-01-01", periods=200, freq="h")
    wave = pd.DataFrame({"v": np.sin(np.arange(200) / 4)}, index=index)
    last = LSTMForecaster(units=4, epochs=2, random_state=0, n_members=1)
    model = make_pipeline(SequenceWindower(8, lead=1), last).fit(wave, wave["v"])
    assert model[-1].network_.reads_calendar
    future = generate(model, wave, 3)
    assert_allclose(future[0], model.predict(_with_next(wave))[-1], atol=1e-5, rtol=0)
    assert future.shape == (3,)


def _with_next(frame):
    step = frame.index[1] - frame.index[0]
    return pd.concat([frame, frame[-1:].set_index(frame.index[-1:] + step)])


# What is around the pipeline.


def test_what_is_around_a_pipeline():
    table, _ = series(90)
    sold = np.exp(table["temp"] / 4)
    inner = make_pipeline(
        StandardScaler().set_output(transform="pandas"),
        SequenceWindower(6, lead=1, history=None),
        forecaster(),
    )
    logs = TransformedTargetRegressor(inner, func=np.log, inverse_func=np.exp)
    for model in (logs, ConformalForecaster(logs, calibration_size=30)):
        live = stream(model.fit(table, sold))
        expected = model.predict(table)[1:]
        assert_allclose(live.push_many(table)[:-1], expected, rtol=1e-5)
        assert_allclose(one_by_one(live.reset(), table)[:-1], expected, rtol=1e-5)
    several = TransformedTargetRegressor(inner, transformer=StandardScaler())
    several.set_params(regressor__lstmforecaster__horizon=3).fit(table, table)
    live = stream(several)
    assert live.push_many(table).shape == (90, 3, 2)
    assert live.reset().push_many(table[:0]).shape == (0, 3, 2)


def test_predictions_are_fed_back_in_units_of_y():
    index = pd.RangeIndex(120)
    sold = pd.DataFrame({"sold": np.exp(np.sin(np.arange(120) / 4))}, index=index)
    logs = FunctionTransformer(np.log, np.exp).set_output(transform="pandas")
    pipeline = make_pipeline(logs, SequenceWindower(8, lead=1), forecaster(epochs=5))
    model = TransformedTargetRegressor(pipeline, func=np.log, inverse_func=np.exp)
    future = generate(model.fit(sold, sold["sold"]), sold, 5)
    rows = sold.copy()
    for value in future:
        assert_allclose(model.predict(_with_next(rows))[-1], value, rtol=1e-4)
        rows.loc[len(rows)] = value
