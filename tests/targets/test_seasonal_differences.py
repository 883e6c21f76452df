"""Differences from the season before, against loops and against differencing by hand."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.pipeline import make_pipeline

from sklstm import LSTMForecaster, SequenceWindower, forecast
from sklstm.preprocessing._window_index import window_index_of
from sklstm.targets._seasonal_differences import difference_past, newest_of_season

WINDOW, SEASON, HORIZON = 11, 4, 6
SMALL = {"units": 4, "epochs": 3, "random_state": 0, "calendar": None}


def hours(n=50, series="ab", missing=0.2):
    """Series of hours, of which some are missing."""
    rng = np.random.default_rng(0)
    index = pd.MultiIndex.from_product(
        [pd.date_range("2024-01-01", periods=n, freq="h"), list(series)], names=["time", "place"]
    )
    values = rng.normal(size=(len(index), 2)).cumsum(axis=0)
    frame = pd.DataFrame(values, index, columns=["temp", "wind"])
    return frame[rng.random(len(frame)) >= missing]


def steps_of(frame, place, time, lead):
    """List the steps of the window of a row, from the oldest: a row each, or None."""
    ends = time - pd.Timedelta(hours=lead)
    each = [(ends - pd.Timedelta(hours=age), place) for age in range(WINDOW - 1, -1, -1)]
    return [frame.loc[key].to_numpy() if key in frame.index else None for key in each]


@pytest.mark.parametrize("lead", [0, 1, 3])
def test_windows_of_differences_and_anchors_equal_a_loop(lead):
    frame = hours()
    windower = SequenceWindower(window=WINDOW, lead=lead, by="place", freq="h")
    index = window_index_of(windower.fit_transform(frame))
    differences = difference_past(index, np.array([0]), SEASON)
    assert differences.window == WINDOW - SEASON
    arrays = differences.materialize()
    anchors = newest_of_season(index, np.array([0]), SEASON, HORIZON)
    for i, (time, place) in enumerate(frame.index):
        steps = steps_of(frame, place, time, lead)
        for left, (step, before) in enumerate(zip(steps[SEASON:], steps, strict=False)):
            if step is None or before is None:
                assert np.isnan(arrays[i, left]).all()
            else:
                assert_array_equal(arrays[i, left], [step[0] - before[0], step[1]])
        for ahead in range(HORIZON):
            # Steps of the window that are whole seasons before the step ahead, from the newest.
            places = [WINDOW - 1 + lead + ahead - SEASON * k for k in range(WINDOW)]
            held = [steps[p] for p in places if 0 <= p < WINDOW]
            newest = next((step[0] for step in held if step is not None), np.nan)
            assert_array_equal(anchors[i, ahead, 0], newest)


def test_it_is_differencing_by_hand():
    months = pd.date_range("2000-01-01", periods=90, freq="MS")
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"sales": rng.normal(size=90).cumsum() + np.arange(90)}, index=months)
    by_hand = table.diff(12).iloc[12:]
    plain = {"horizon": 12, "shrink": False, "patch_size": 3, "n_members": 1, **SMALL}
    ours = make_pipeline(
        SequenceWindower(window=24, lead=1), LSTMForecaster(anchor="season", season=12, **plain)
    ).fit(table, table["sales"])
    theirs = make_pipeline(
        SequenceWindower(window=12, lead=1), LSTMForecaster(anchor=None, **plain)
    ).fit(by_hand, by_hand["sales"])
    (predicted,) = forecast(ours, table).to_numpy().reshape(1, -1)
    (expected,) = forecast(theirs, by_hand).to_numpy().reshape(1, -1)
    assert_allclose(predicted, expected + table["sales"].to_numpy()[-12:], rtol=1e-6)


def test_a_trend_with_a_season_is_forecast_exactly():
    t = np.arange(120)
    table = pd.DataFrame(
        {"v": 2.0 * t + 10 * np.sin(t * np.pi / 6)},
        index=pd.date_range("2000-01-01", periods=120, freq="MS"),
    )
    model = make_pipeline(
        SequenceWindower(window=24, lead=1),
        LSTMForecaster(horizon=12, season=12, epochs=2, random_state=0),
    ).fit(table[:90], table["v"][:90])
    predicted = forecast(model, table[:90]).to_numpy().ravel()
    assert_allclose(predicted, table["v"].to_numpy()[90:102], atol=0.1)
    assert len(model[-1].network_.companions) == 3


def test_each_step_is_predicted_from_the_steps_up_to_it():
    frame = hours(series="a", missing=0.1).droplevel("place")
    model = make_pipeline(
        SequenceWindower(window=WINDOW, lead=1, freq="h"),
        LSTMForecaster(anchor="season", season=SEASON, horizon=2, **SMALL),
    ).fit(frame, frame["temp"])
    X = model[:-1].transform(frame)[20:24]
    every = model[-1].predict_sequences(X)
    assert every.shape == (4, WINDOW, 2)
    assert_array_equal(every[:, -1], model[-1].predict(X))


def test_the_export_says_why_there_is_none():
    frame = hours(series="a", missing=0.0).droplevel("place")
    model = make_pipeline(
        SequenceWindower(window=WINDOW, lead=1, freq="h"),
        LSTMForecaster(anchor="season", season=SEASON, **SMALL),
    ).fit(frame, frame["temp"])
    with pytest.raises(AttributeError, match="season="):
        _ = model[-1].keras_model_
