"""Streams of models that need more than a window: seasons, levels, and what comes after a row."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.compose import TransformedTargetRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklstm import LSTMForecaster, SequenceWindower, generate, stream
from tests.estimators.helpers import forecaster
from tests.estimators.test_horizon import panel

HORIZON = 3
SUMMER_TIME = pd.date_range("2024-10-24", periods=160, freq="h", tz="Europe/Berlin")


def table(index=SUMMER_TIME):
    hour = np.asarray(index.hour, float)
    noise = np.random.default_rng(0).normal(size=len(index))
    return pd.DataFrame({"temp": 5 * np.sin(hour / 4) + noise, "hour": hour}, index=index)


FRAME = table()
PANEL = panel(60)
SEASONS = {
    "steps": {"season": 24, "anchor": None},
    "two": {"season": (12, 24), "anchor": None},
    "on the wall clock": {"season": "D", "anchor": None},
    "differences": {"season": 24, "anchor": "season"},
    "differences on the wall clock": {"season": "D", "anchor": "season"},
    "quantiles": {"season": 24, "anchor": None, "quantiles": (0.1, 0.5, 0.9)},
}
KNOWN = {"decoder": "lstm", "known_future": ["hour"]}


def model_of(frame, *, by=None, lead=1, window=30, scale=False, time=None, **params):
    """A fitted pipeline that keeps no history, so that predict starts as a stream does."""
    windower = SequenceWindower(window, lead=lead, by=by, time=time, history=None)
    last = forecaster(horizon=HORIZON, **params)
    first = [StandardScaler().set_output(transform="pandas")] if scale else []
    return make_pipeline(*first, windower, last).fit(frame, np.asarray(frame["temp"]))


def one_by_one(live, frame, ahead=0, **how):
    """Push rows one by one, each with what is known of the rows after it."""
    pushed = []
    for k in range(len(frame)):
        future = {} if not ahead else {"future": frame[["hour"]][k + 1 : k + 1 + ahead]}
        pushed.append(live.push(frame.iloc[[k]], **future, **how))
    return np.array(pushed)


def assert_same(got, expected):
    """To the last bit with native code; NumPy adds up in another order for one window."""
    assert_allclose(got, expected, rtol=0, atol=1e-6)


def shifted(expected, lead):
    """What a stream says at a row is for `lead` rows later."""
    return expected[lead:]


@pytest.mark.parametrize("lead", [1, 2])
@pytest.mark.parametrize("kind", SEASONS)
def test_seasons_are_those_of_predict(kind, lead):
    holes = FRAME.drop(FRAME.index[[40, 41, 90]])
    model = model_of(holes, lead=lead, **SEASONS[kind])
    expected = model.predict(FRAME)
    live = stream(model)
    assert_same(live.push_many(FRAME)[: 160 - lead], shifted(expected, lead))
    live.reset().warm_up(FRAME[:120])
    assert_same(one_by_one(live, FRAME[120:])[: 40 - lead], shifted(expected, lead)[120:])


def test_a_season_goes_on_where_the_stream_begins_and_over_gaps():
    model = model_of(FRAME, **SEASONS["on the wall clock"])
    later = table(pd.date_range("2025-03-28 07:00", periods=80, freq="h", tz="Europe/Berlin"))
    later = later.drop(later.index[[20, 21, 50]])
    every = model.predict(later.reindex(pd.date_range(later.index[0], periods=81, freq="h")))
    asked = later.index + pd.Timedelta(hours=1)
    expected = pd.DataFrame(every, pd.date_range(later.index[0], periods=81, freq="h")).loc[asked]
    assert_same(stream(model).push_many(later), expected)
    assert_same(one_by_one(stream(model), later), expected)


def test_arrays_follow_the_row_before_and_cannot_begin():
    model = model_of(FRAME, **SEASONS["steps"])
    live = stream(model)
    with pytest.raises(ValueError, match="rows have no labels: push them as a DataFrame with a D"):
        live.push_many(FRAME.to_numpy())
    live.warm_up(FRAME[:50])
    assert_same(live.push_many(FRAME[50:60].to_numpy()), model.predict(FRAME)[51:61])
    assert_same(live.push(FRAME.iloc[60].to_dict()), model.predict(FRAME)[61])


def test_numbered_rows_have_the_numbers_of_predict():
    frame = FRAME.reset_index(drop=True)
    model = model_of(frame, **SEASONS["steps"])
    expected = model.predict(frame)[1:]
    assert_same(stream(model).push_many(frame)[:-1], expected)
    assert_same(stream(model).push_many(frame.to_numpy())[:-1], expected)


@pytest.mark.parametrize("params", [{}, {"season": 24, "anchor": None}], ids=["level", "season"])
def test_each_series_has_its_own_level(params):
    model = model_of(PANEL, by="place", normalize_y="series", **params)
    new = pd.concat([PANEL, PANEL.xs("a", level="place", drop_level=False).rename({"a": "new"})])
    new = new.sort_index(level="time", sort_remaining=False)
    expected = pd.DataFrame(model.predict(new), new.index).groupby("place").shift(-1)
    live = stream(model)
    expected = expected.to_numpy()
    known = ~np.isnan(expected).any(axis=1)
    # A row that is missing in the middle is forecast by the stream, and not by predict.
    known[np.flatnonzero(new.index.get_level_values("place") == "b")] = False
    assert_same(live.push_many(new)[known], expected[known])
    assert live.series == ["a", "b", "c", "new"]
    assert_same(one_by_one(stream(model), new[:60])[known[:60]], expected[:60][known[:60]])


def test_a_default_forecaster_is_streamed():
    last = LSTMForecaster(units=4, epochs=2, horizon=HORIZON, season="D", random_state=0)
    model = make_pipeline(SequenceWindower(30, lead=1, history=None), last)
    model.fit(FRAME[["temp"]], FRAME["temp"])
    assert model[-1].network_.needs_series
    live = stream(model).warm_up(FRAME[["temp"]][:100])
    expected = model.predict(FRAME[["temp"]])
    assert_same(one_by_one(live, FRAME[["temp"]][100:110]), expected[101:111])


@pytest.mark.parametrize("kind", ["rows", "scaled", "season", "lead of 2"])
def test_known_future_is_given_with_the_rows(kind):
    more = {
        "scaled": {"scale": True},
        "season": {"season": 24, "anchor": None},
        "lead of 2": {"lead": 2},
    }
    model = model_of(FRAME, **KNOWN, **more.get(kind, {}))
    lead = model[-2].lead
    expected = shifted(model.predict(FRAME), lead)
    live = stream(model)
    with warnings.catch_warnings():
        # Near its end a series has no future, in predict as here.
        warnings.filterwarnings("ignore", message="known_future=")
        assert_same(live.push_many(FRAME)[: 160 - lead], expected)
        live.reset().warm_up(FRAME[:100])
        # A row more than needed does no harm.
        got = one_by_one(live, FRAME[100:], ahead=HORIZON + lead)
    assert_same(got[: 60 - lead], expected[100:])


def test_known_future_is_kept_until_its_rows_come():
    model = model_of(FRAME, **KNOWN)
    expected = model.predict(FRAME)
    live = stream(model).warm_up(FRAME[:50], future=FRAME[["hour"]][40:80])
    assert_same(one_by_one(live, FRAME[50:70]), expected[51:71])
    loaded, other = pickle.loads(pickle.dumps(live)), live.copy()
    assert_same(one_by_one(loaded, FRAME[70:75]), expected[71:76])
    # Newer values replace those of the same steps.
    wrong = other.push(FRAME.iloc[[70]], future=FRAME[["hour"]][71:76] + 9)
    assert not np.allclose(wrong, expected[71])
    mended = other.push(FRAME.iloc[[71]], future=FRAME[["hour"]][72:76])
    assert_same(mended, expected[72])
    assert_same(one_by_one(live, FRAME[70:72]), expected[71:73])


@pytest.mark.parametrize("given", ["array", "list", "series", "reversed", "numbered", "more"])
def test_known_future_may_be_anything_that_holds_the_steps(given):
    model = model_of(FRAME, **KNOWN)
    live = stream(model).warm_up(FRAME[:50])
    coming = FRAME[["hour"]][51:54]
    future = {
        "array": coming.to_numpy(),
        "list": coming["hour"].to_list(),
        "series": coming["hour"],
        "reversed": coming[::-1],
        "numbered": coming.reset_index(drop=True),
        "more": FRAME,
    }[given]
    expected = model.predict(FRAME)[51]
    assert_same(live.copy().push(FRAME.iloc[[50]], future=future), expected)
    if given in ("array", "list"):
        assert_same(live.copy().push(FRAME.iloc[50].to_list(), future=future), expected)


def test_arrays_of_positions_have_a_future():
    X = FRAME.to_numpy()
    last = forecaster(horizon=HORIZON, decoder="lstm", known_future=[1])
    model = make_pipeline(SequenceWindower(6, lead=1, history=None), last).fit(X, X[:, 0])
    expected = model.predict(X)
    live = stream(model)
    for k in range(30):
        assert_same(live.push(X[k], future=X[k + 1 : k + 4, 1]), expected[k + 1])
    missing = live.push(np.full(2, np.nan), future=X[31:34, 1:])
    assert np.isfinite(missing).all()


def test_each_series_has_a_future_of_its_own():
    model = model_of(PANEL, by="place", window=6, **KNOWN)
    expected = pd.DataFrame(model.predict(PANEL), PANEL.index)
    time, hour = PANEL.index.get_level_values("time"), pd.Timedelta(hours=1)
    now = time[90]
    future = PANEL[["hour"]]
    live = stream(model).warm_up(PANEL[time < now])
    rows, wanted = PANEL[time == now], expected[time == now + hour].to_numpy()
    assert_same(live.copy().push_many(rows, future=future), wanted)
    by_column = future.reset_index("place")
    assert_same(live.copy().push_many(rows, future=by_column), wanted)
    for k, place in enumerate(["a", "b", "c"]):
        own = future.xs(place, level="place")
        values = rows.iloc[k].to_numpy()
        one = live.copy()
        assert_same(one.push(rows.iloc[[k]], future=own), wanted[k])
        # One row of a series without timestamps, and its next steps.
        coming = own[own.index > now][:HORIZON]
        assert_same(live.copy().push(values, series=place, future=coming["hour"]), wanted[k])
    with pytest.raises(ValueError, match="Rows of 3 series were pushed, and future does not name"):
        live.push_many(rows, future=own)


def test_the_time_may_be_a_column():
    frame = FRAME.reset_index(names="when")
    model = model_of(frame, time="when", **KNOWN)
    expected = model.predict(frame)[51]
    live = stream(model).warm_up(frame[:50])
    for future in (frame[["when", "hour"]][51:60], frame["hour"].to_numpy()[51:60]):
        assert_same(live.copy().push(frame.iloc[[50]], future=future), expected)
        assert_same(live.copy().push(frame.iloc[50], future=future), expected)
    with pytest.raises(ValueError, match="lacks the column 'when' of its timestamps"):
        live.push(frame.iloc[[50]], future=frame[["hour"]][51:60])


def test_what_is_around_a_model_with_a_known_future():
    inner = model_of(FRAME, scale=True, **KNOWN)
    above = np.asarray(FRAME["temp"]) + 20
    model = TransformedTargetRegressor(inner, func=np.log, inverse_func=np.exp).fit(FRAME, above)
    live = stream(model).warm_up(FRAME[:50], future=FRAME)
    got = one_by_one(live, FRAME[50:57], ahead=3)
    assert_allclose(got, model.predict(FRAME)[51:58], rtol=1e-6)


def test_a_future_that_is_left_out_warns_as_in_predict():
    model = model_of(FRAME, **KNOWN)
    live = stream(model)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        live.warm_up(FRAME[:50])
    with pytest.warns(UserWarning, match=r"known_future=\['hour'\] is missing .* push\(row, fut"):
        live.push(FRAME.iloc[[50]])
    with pytest.warns(UserWarning, match="first of 2024-10-26 04:00"):
        live.push(FRAME.iloc[[51]], future=FRAME[["hour"]][52:54])


def test_a_future_that_cannot_be_read_changes_nothing():
    model = model_of(FRAME, **KNOWN)
    live = stream(model).warm_up(FRAME[:50])
    row, future = FRAME.iloc[[50]], FRAME[["hour"]][51:54]
    expected = live.copy().push(row, future=future)
    for bad, message in (
        (future.rename(columns={"hour": "z"}), r"lacks the columns \['hour'\]"),
        (future.mask(future > 3), r"missing or infinite values in \['hour'\], first in row"),
        (pd.concat([future, future]), "twice"),
        (future.tz_localize(None), "same kind of index"),
        (future.shift(7, "min"), "does not stand on the clock"),
        (np.ones((3, 2)), r"of shape \(n_steps_ahead, 1\).*got shape \(3, 2\)"),
        ([["a"]], "could not convert"),
    ):
        with pytest.raises(ValueError, match=message):
            live.push(row, future=bad)
    assert_array_equal(live.push(row, future=future), expected)
    with pytest.raises(ValueError, match="fitted without known_future="):
        stream(model_of(FRAME)).push(row, future=future)
    unlabelled = stream(model).warm_up(FRAME[:50].to_numpy())
    with pytest.raises(ValueError, match="future has timestamps, but the rows of the stream have"):
        unlabelled.push(FRAME.iloc[50].to_numpy(), future=future)


def test_an_estimator_without_its_windower_is_refused():
    model = model_of(FRAME, **SEASONS["steps"])
    with pytest.raises(ValueError, match="open a stream of the pipeline"):
        stream(model[-1])


def test_what_a_known_future_cannot_be_rolled_out():
    with pytest.raises(ValueError, match=r"generate .*known_future="):
        generate(model_of(FRAME, **KNOWN), FRAME, 3, feedback=lambda value: value)
