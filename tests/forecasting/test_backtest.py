"""Backtests, against loops."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline

from sklstm import LSTMForecaster, PanelTimeSeriesSplit, SequenceWindower, backtest
from sklstm.forecasting import Climatology, Drift, Persistence, SeasonalNaive
from tests.estimators.test_horizon import panel

FRAME = panel()
HORIZON, SEASON = 5, 12
CV = PanelTimeSeriesSplit(n_splits=2, test_size=9)


def model(**params):
    return make_pipeline(
        SequenceWindower(6, lead=2, by="place", freq="h"),
        LSTMForecaster(
            plain=True,
            **({"horizon": HORIZON, "units": 3, "epochs": 1, "random_state": 0} | params),
        ),
    )


def naive_forecast(kind, past, time, lead):
    """Forecast one step of one series from the values known two hours before `time`."""
    hour = pd.Timedelta("1h")
    known = past[past.index <= time - 2 * hour]
    timestamp = time + lead * hour
    if kind == "persistence":
        return known.iloc[-1]
    if kind == "drift":
        slope = (known.iloc[-1] - past.iloc[0]) / ((time - 2 * hour - past.index[0]) / hour)
        return known.iloc[-1] + slope * ((lead * hour + 2 * hour) / hour)
    back = timestamp
    while back > time - 2 * hour:
        back -= SEASON * hour
    return known[known.index <= back].iloc[-1]


BASELINES = {"persistence": Persistence(), "drift": Drift(), "naive": SeasonalNaive(SEASON)}


@pytest.mark.parametrize("origins", ["all", "first"])
def test_baselines_are_those_of_a_loop(origins):
    table = backtest(model(), FRAME, FRAME["temp"], CV, baselines=BASELINES, origins=origins)
    assert list(table.columns) == ["model", "fold", "series", "lead", "n", "mean_absolute_error"]
    for kind in BASELINES:
        for fold, (_, test) in enumerate(CV.split(FRAME)):
            part = FRAME.iloc[test]
            for place in "abc":
                past = FRAME["temp"].xs(place, level="place")
                own = part["temp"].xs(place, level="place")
                times = own.index if origins == "all" else own.index[:1]
                for lead in range(HORIZON):
                    errors = [
                        abs(naive_forecast(kind, past, time, lead) - own[later])
                        for time in times
                        if (later := time + lead * pd.Timedelta("1h")) in own.index
                    ]
                    row = table[
                        (table["model"] == kind)
                        & (table["fold"] == fold)
                        & (table["series"] == place)
                        & (table["lead"] == lead + 1)
                    ]
                    assert row["n"].item() == len(errors)
                    assert_allclose(row["mean_absolute_error"], np.mean(errors))


def test_climatology_is_the_mean_of_the_training_part():
    table = backtest(
        model(), FRAME, FRAME["temp"], CV, baselines={"mean": Climatology(24)}, origins="first"
    )
    for _fold, (train, test) in enumerate(CV.split(FRAME)):
        past, part = FRAME.iloc[train], FRAME.iloc[test]
        for place in "abc":
            own = past["temp"].xs(place, level="place")
            means = own.groupby(own.index.hour).mean()
            y_true = part["temp"].xs(place, level="place")
            first = part.index[0][0]
            for lead in range(HORIZON):
                time = first + lead * pd.Timedelta("1h")
                row = table.query(
                    "model == 'mean' and fold == @_fold and series == @place and lead == @lead + 1"
                )
                if time in y_true.index and time.hour in means.index:
                    error = abs(y_true[time] - means[time.hour])
                    assert_allclose(row["mean_absolute_error"], error)
                else:
                    assert len(row) == 0


def test_the_model_is_fitted_on_each_training_part_and_nothing_else():
    table = backtest(model(), FRAME, FRAME["temp"], CV, origins="first")
    for _fold, (train, test) in enumerate(CV.split(FRAME)):
        fitted = clone(model()).fit(FRAME.iloc[train], FRAME["temp"].iloc[train])
        both = FRAME.iloc[np.concatenate([train, test])]
        predictions = fitted.predict(both)[len(train) : len(train) + 3]
        for series, place in enumerate(both.index[len(train) : len(train) + 3]):
            y_true = FRAME["temp"].iloc[test].xs(place[1], level="place")
            for lead in range(HORIZON):
                time = place[0] + lead * pd.Timedelta("1h")
                row = table.query("fold == @_fold and series == @place[1] and lead == @lead + 1")
                error = abs(predictions[series, lead] - y_true[time])
                assert_allclose(row["mean_absolute_error"], error, rtol=1e-6)


def test_regressors_are_fitted_on_the_lag_table():
    baselines = {"ridge": Ridge(), "boosting": HistGradientBoostingRegressor(max_iter=3)}
    table = backtest(model(), FRAME, FRAME["temp"], CV, baselines=baselines)
    assert set(table["model"]) == {"model", "ridge", "boosting"}
    # By hand, for the first fold.
    train, test = next(CV.split(FRAME))
    lags = SequenceWindower(6, lead=2, by="place", freq="h", flatten=True).fit(FRAME.iloc[train])
    rows = FRAME.iloc[np.concatenate([train, test])]
    X = lags.transform(rows)
    hour = pd.Timedelta("1h")
    lookup = FRAME["temp"].iloc[train].to_dict()
    ahead = np.array(
        [
            [lookup.get((t + k * hour, p), np.nan) for k in range(HORIZON)]
            for t, p in FRAME.iloc[train].index
        ]
    )
    whole = ~np.isnan(ahead).any(axis=1) & ~np.isnan(X[: len(train)]).all(axis=1)
    means = np.nanmean(X[: len(train)][whole], axis=0)
    filled = np.where(np.isnan(X), means, X)
    predictions = (
        Ridge().fit(filled[: len(train)][whole], ahead[whole]).predict(filled[len(train) :])
    )
    own = table.query("model == 'ridge' and fold == 0 and lead == 1")
    error = np.abs(predictions[:, 0] - FRAME["temp"].iloc[test])
    expected = error.groupby(level="place").mean()
    assert_allclose(own.set_index("series")["mean_absolute_error"], expected[["a", "b", "c"]])


@pytest.mark.slow
def test_without_refit_the_first_fit_forecasts_all_folds():
    metrics = {"worst": lambda y, p: np.abs(y - p).max()}
    table = backtest(
        model(), FRAME, FRAME["temp"], CV, metrics=metrics, refit=False, n_jobs=2, origins="first"
    )
    train, _ = next(CV.split(FRAME))
    fitted = model().fit(FRAME.iloc[train], FRAME["temp"].iloc[train])
    last_train, last_test = list(CV.split(FRAME))[-1]
    both = np.concatenate([last_train, last_test])
    predictions = fitted.predict(FRAME.iloc[both])[len(last_train)]
    y_true = FRAME["temp"].iloc[last_test[0]]
    row = table.query("fold == 1 and lead == 1 and series == @FRAME.index[@last_test[0]][1]")
    assert_allclose(row["worst"], abs(predictions[0] - y_true), rtol=1e-6)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"model": Ridge()}, "needs pipelines that end in SequenceWindower and LSTMForecaster"),
        ({"metrics": ["mean_error"]}, "has no function 'mean_error'"),
        ({"origins": "some"}, "origins must be 'all' or 'first'"),
        ({"baselines": {"model": Drift()}}, r"share the names \['model'\]"),
        ({"y": FRAME}, "takes y of one target"),
    ],
)
def test_what_it_refuses(change, message):
    arguments = {"model": model(), "X": FRAME, "y": FRAME["temp"], "cv": CV} | change
    with pytest.raises(ValueError, match=message):
        backtest(**arguments)
