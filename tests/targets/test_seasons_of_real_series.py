"""Tests of seasons on the wall clock, of new series, and of short series."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.pipeline import make_pipeline

from sklstm import SequenceWindower, forecast
from sklstm.preprocessing._window_index import window_index_of
from sklstm.targets._seasonal_differences import newest_of_season
from sklstm.targets._wall_clock import wall_clock_of
from sklstm.training import _fitted_network
from tests.estimators.helpers import forecaster

# -------------------------------------------------------------------------------- the wall clock

ZONES = [
    ("Europe/Berlin", "2025-03-01", "h"),
    ("America/New_York", "2025-10-01", "30min"),
    ("Australia/Lord_Howe", "2025-03-10", "15min"),
    ("Asia/Kolkata", "2025-03-01", "h"),
]


@pytest.mark.parametrize(("zone", "start", "freq"), ZONES)
def test_steps_on_the_wall(zone, start, freq):
    labels = pd.date_range(
        start,
        periods=40 * pd.Timedelta("1D") // pd.Timedelta(1, freq.strip("30152")),
        freq=freq,
        tz=zone,
    )
    X = pd.DataFrame({"v": 1.0}, index=labels)
    index = window_index_of(SequenceWindower(3).fit_transform(X))
    clock = wall_clock_of(index.take(np.arange(30, len(X))))
    local = labels.tz_localize(None)
    step = pd.Timedelta(labels[1] - labels[0])
    expected = (local - local[0]) // step
    found = clock.local(index.time)
    assert_array_equal(found - found[0], expected)
    assert_array_equal(clock.local(index.time[[500, 3]]), found[[500, 3]])
    assert clock.local(index.time[:0]).shape == (0,)


def test_no_wall_clock_where_none_is_needed():
    for index in (
        pd.date_range("2025", periods=9, freq="h"), pd.RangeIndex(9),
        pd.date_range("2025", periods=9, freq="D", tz="Europe/Berlin"),
        pd.date_range("2025", periods=9, freq="h", tz="Europe/Berlin")[:1],
    ):  # fmt: skip
        X = pd.DataFrame({"v": 1.0}, index=index)
        assert wall_clock_of(window_index_of(SequenceWindower(2).fit_transform(X))) is None


def load(start, end, zone="Europe/Berlin", freq="h", weekly=False):
    index = pd.date_range(start, end, freq=freq, tz=zone, inclusive="left")
    values = np.abs(index.hour - 12) * 5.0 + weekly * 20.0 * (index.day_of_week >= 5)
    return pd.DataFrame({"load": values}, index=index)


@pytest.mark.parametrize("season", ["D", "W", ("D", "W")], ids=str)
@pytest.mark.parametrize(
    ("start", "end"), [("2025-08-20", "2025-10-24"), ("2025-01-20", "2025-03-28")]
)
def test_a_day_and_a_week_follow_the_wall_clock(season, start, end):
    weekly = season != "D"
    X = load(start, end, weekly=weekly)
    model = make_pipeline(
        SequenceWindower(24, lead=1),
        forecaster(horizon=72, season=season, shrink=False, epochs=1, learning_rate=1e-9),
    )
    model.fit(X, X["load"])
    for weights in model[-1].network_.weights:
        for part in weights:
            part[:] = 0
    ahead = forecast(model, X)
    after = load(end, "2025-12-01", weekly=weekly)["load"][:72]
    assert list(ahead.index) == list(after.index)
    assert_allclose(ahead, after, atol=1.5 if weekly else 0.5)
    # A call in another zone has the same steps.
    assert_allclose(forecast(model, X.tz_convert("UTC")), ahead)


def test_the_season_in_training_follows_the_wall_clock():
    X = load("2025-09-20", "2025-11-20")
    windows = SequenceWindower(6, lead=1).fit_transform(X)
    model = forecaster(season="D", epochs=1).fit(windows, X["load"])
    profile = model.network_.target_transform.seasons.profiles[0][0, :, 0]
    assert_allclose(
        np.sort(profile + X["load"].mean()),
        np.sort(load("2025-06-01", "2025-06-02")["load"]),
        atol=1,
    )
    # Steps are steps.
    by_steps = forecaster(season=24, epochs=1).fit(windows, X["load"])
    assert by_steps.network_.target_transform.seasons.wall_clocks == (None,)


@pytest.mark.parametrize("lead", [1, 3])
@pytest.mark.parametrize("start", ["2025-10-20", "2025-03-25"])
def test_the_season_before_follows_the_wall_clock(start, lead):
    X = load(start, pd.Timestamp(start) + pd.Timedelta(days=12))
    index = window_index_of(SequenceWindower(72, lead=lead).fit_transform(X))
    found = newest_of_season(index, np.array([0]), 24, 48, wall_clock_of(index))[..., 0]
    local = X.index.tz_localize(None)
    n_right = 0
    for row in range(100, len(X) - 48):
        for ahead in range(48):
            value = X["load"].iloc[row + ahead]
            # An hour that the clocks skip has no hour before it.
            n_right += found[row, ahead] == value
    assert n_right / (48 * (len(X) - 148)) > 0.97
    assert len(local) == len(X)


def test_differences_across_a_change_of_the_clocks_are_zero():
    for start in ("2025-10-20", "2025-03-25"):
        X = load(start, pd.Timestamp(start) + pd.Timedelta(days=12))
        X["load"] += np.arange(len(X)) // 24 * 0.0
        windows = SequenceWindower(60, lead=1).fit_transform(X)
        model = forecaster(season="D", anchor="season", horizon=3, shrink=False)
        model.fit(windows, X["load"])
        transform = model.network_.target_transform
        past = transform.transform_past(window_index_of(windows))
        assert past.window == 36
        assert (past.rows != 0).mean() < 0.02
        # A window says the same whatever stands before it.
        alone = SequenceWindower(60, lead=1, history=None).fit(X)
        for row in range(150, 230, 7):
            few = alone.transform(X[row - 60 : row + 1])
            assert_allclose(model.predict(few)[-1], model.predict(windows)[row], atol=1e-5)


# ------------------------------------------------------------------------------------ new series

HOURS = pd.date_range("2025-01-01", periods=240, freq="h")


def shop(name, level, spread=1.0, seed=0, **columns):
    noise = np.random.default_rng(seed).normal(0, 0.1, len(HOURS))
    values = level + spread * (np.sin(2 * np.pi * np.arange(len(HOURS)) / 24) + noise)
    index = pd.MultiIndex.from_product([HOURS, [name]], names=["time", "shop"])
    return pd.DataFrame({"v": values, **columns}, index=index)


OLD = pd.concat([shop(k, 10.0 * k, seed=k) for k in (1, 2, 3)]).sort_index()


def of_shops(old=OLD, **params):
    model = make_pipeline(
        SequenceWindower(24, lead=1, by="shop"), forecaster(**({"horizon": 3} | params))
    )
    return model.fit(old, old["v"])


OWN_LEVELS = {
    "season": {"season": "D"},
    "series": {"normalize_y": "series"},
    "both": {"season": 24, "normalize_y": "series"},
    "forms": {"season": 12, "anchor": "auto", "plain": False},
    "mean": {"season": 24, "anchor": "mean"},
    "season before": {"season": 12, "anchor": "season", "normalize_y": "series"},
    "quantiles": {"season": 24, "quantiles": (0.1, 0.5, 0.9)},
}


@pytest.mark.parametrize("case", sorted(OWN_LEVELS))
def test_a_new_series_has_its_own_level(case):
    model = of_shops(**OWN_LEVELS[case])
    new = shop(9, 80.0, seed=9)
    both = pd.concat([OLD, new]).sort_index()
    predictions = model.predict(both)
    is_new = both.index.get_level_values("shop") == 9
    assert np.abs(predictions[is_new][24:] - 80).max() < 3
    first = np.atleast_1d(forecast(model, new).iloc[0])
    assert abs(first[len(first) // 2] - 80) < 2.5
    # Those of fit are what they are without it, and it is what it is without them.
    assert_allclose(predictions[~is_new], model.predict(OLD), atol=1e-4)
    assert_allclose(predictions[is_new], model.predict(new), atol=1e-3)
    # A window is all that its forecast depends on.
    windower = model[0]
    alone = windower.transform(new[100:125])
    assert_allclose(model[-1].predict(alone)[-1], predictions[is_new][124], atol=1e-3)


def test_a_new_series_of_other_units_is_forecast_in_them():
    model = of_shops(normalize_y="series")
    one, two = shop(8, 0.0, seed=5), shop(9, 0.0, seed=5)
    two["v"] = 1000 * two["v"] + 5e4
    assert_allclose(model.predict(two)[24:], 1000 * model.predict(one)[24:] + 5e4, rtol=1e-4)


def test_a_series_without_rows_in_the_training_part_is_new():
    late = shop(9, 80.0, seed=9)[200:]
    old = pd.concat([OLD, late]).sort_index()
    first = old.index.get_level_values("time") < HOURS[190]
    windows = SequenceWindower(24, lead=1, by="shop").fit_transform(old)
    model = forecaster(horizon=3, season=24).fit(windows[first], old["v"][first])
    new = old.index.get_level_values("shop") == 9
    assert np.abs(model.predict(windows[new])[5:] - 80).max() < 4


def test_many_new_series_are_read_in_parts(monkeypatch):
    model = of_shops(season="D")
    new = pd.concat([shop(k, 50.0 + k, seed=k) for k in range(10, 14)]).sort_index()
    together = model.predict(new)
    monkeypatch.setattr(_fitted_network, "_MOST_OWN_ROWS", 500)
    assert_allclose(model.predict(new), together, atol=1e-4)


def test_a_new_series_knows_its_known_future():
    old = OLD.assign(hour=OLD.index.get_level_values("time").hour)
    model = of_shops(old, season="D", decoder="lstm", known_future=["hour"])
    new = shop(9, 80.0, seed=9, hour=HOURS.hour)
    assert_allclose(
        model.predict(pd.concat([old, new]).sort_index()).reshape(-1, 4, 3)[:, 3],
        model.predict(new), atol=1e-3,
    )  # fmt: skip
    assert np.abs(model.predict(new)[24:] - 80).max() < 3


@pytest.mark.parametrize("params", [{}, {"season": 24, "normalize_y": True}])
def test_a_new_series_whose_level_is_not_told_is_reported(params):
    columns = OLD.assign(w=np.random.default_rng(0).normal(size=len(OLD)))[["w"]]
    model = make_pipeline(
        SequenceWindower(4, lead=1, by="shop"),
        forecaster(**({"normalize_y": "series"} | params)),
    )
    model.fit(columns, OLD["v"])
    new = columns[:50].rename(index={1: 7}, level="shop")
    with pytest.warns(
        UserWarning, match=r"not seen the series of \d+ of 50 rows, first .*7.*mean level"
    ):
        model.predict(new)
    model.predict(columns)


# ------------------------------------------------------------------------------------ two cycles


@pytest.mark.parametrize("season", [200, 26, "2D", (5, 40)], ids=str)
def test_a_season_needs_two_cycles(season):
    X = pd.DataFrame({"v": np.random.default_rng(0).normal(size=50)}, index=HOURS[:50])
    model = make_pipeline(SequenceWindower(5, lead=1), forecaster(horizon=3, season=season))
    with pytest.warns(UserWarning, match="no series of X covers two such cycles: .* 50 steps"):
        model.fit(X, X["v"])


def test_two_cycles_are_enough():
    X = pd.DataFrame({"v": np.random.default_rng(0).normal(size=50)}, index=HOURS[:50])
    for season in (25, "D", (5, 12)):
        model = make_pipeline(SequenceWindower(5, lead=1), forecaster(horizon=3, season=season))
        model.fit(X, X["v"])
