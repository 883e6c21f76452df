"""Forecasts of all that predicts: intervals, quantiles, transformed targets, searches."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    PowerTransformer,
    QuantileTransformer,
    StandardScaler,
)

from sklstm import (
    ConformalForecaster,
    LSTMForecaster,
    PanelTimeSeriesSplit,
    SequenceWindower,
    backtest,
    forecast,
    horizon_scorer,
    stream,
)
from sklstm.forecasting import SeasonalNaive
from tests.estimators.helpers import forecaster, series
from tests.estimators.test_horizon import of_panel, panel

TABLE, _ = series(120)
# Positive, and in the table itself.
Y = np.exp(TABLE["temp"] / 4).rename("sold")
FRAME = Y.to_frame()
QUANTILES = (0.1, 0.5, 0.9)


def pipeline(**params):
    return make_pipeline(SequenceWindower(6, lead=1), forecaster(**({"horizon": 4} | params)))


def in_logs(model):
    return TransformedTargetRegressor(model, func=np.log, inverse_func=np.exp)


def conformal(model, **params):
    return ConformalForecaster(model, **({"calibration_size": 40} | params))


def next_row(frame):
    """The rows with one more, as predict needs it; nothing in it is read."""
    more = pd.DataFrame(
        np.ones((1, frame.shape[1])),
        index=[frame.index[-1] + pd.Timedelta("1h")],
        columns=frame.columns,
    )
    return pd.concat([frame, more])


# Prediction intervals and quantiles.


def test_intervals_are_those_of_predict_interval():
    model = conformal(pipeline()).fit(FRAME, Y)
    table = forecast(model, FRAME, coverage=0.8)
    assert list(table.columns) == ["forecast", "lower", "upper"]
    assert list(table.index) == list(pd.date_range(TABLE.index[-1], periods=5, freq="h")[1:])
    rows = next_row(FRAME)
    assert_allclose(table["forecast"], model.predict(rows)[-1], rtol=1e-6)
    interval = model.predict_interval(rows, coverage=0.8)[-1]
    assert_allclose(table[["lower", "upper"]], interval, rtol=1e-6)
    default = model.predict_interval(rows)[-1]
    assert_allclose(forecast(model, FRAME)[["lower", "upper"]], default, rtol=1e-6)


def test_quantiles_are_columns():
    model = pipeline(quantiles=QUANTILES).fit(FRAME, Y)
    table = forecast(model, FRAME)
    assert list(table.columns) == list(QUANTILES)
    windows = model[:-1].transform(next_row(FRAME))
    assert_allclose(table, model[-1].predict_quantiles(windows)[-1], rtol=1e-6)
    interval = forecast(model, FRAME, coverage=0.8)
    assert list(interval.columns) == ["forecast", "lower", "upper"]
    assert_allclose(interval, table[[0.5, 0.1, 0.9]])


def test_intervals_of_quantiles_that_are_calibrated():
    model = conformal(pipeline(quantiles=QUANTILES)).fit(FRAME, Y)
    table = forecast(model, FRAME, coverage=0.7)
    interval = model.predict_interval(next_row(FRAME), coverage=0.7)[-1]
    assert_allclose(table[["lower", "upper"]], interval, rtol=1e-6)


def test_intervals_of_a_panel_with_known_future_covariates():
    frame = panel(120)
    inner = of_panel(decoder="lstm", known_future=["hour"])
    model = conformal(inner).fit(frame, frame["temp"])
    last = frame.index.get_level_values("time").max()
    index = pd.MultiIndex.from_product(
        [pd.date_range(last, periods=5, freq="h")[1:], ["a", "b", "c"]], names=["time", "place"]
    )
    hours = np.asarray(index.get_level_values("time").hour, float)
    future = pd.DataFrame({"hour": hours}, index=index)
    table = forecast(model, frame, future=future)
    assert table.index.names == ["place", "time"]
    assert table.shape == (12, 3)
    assert_allclose(table["forecast"], forecast(model.forecaster_, frame, future=future))
    widths = (table["upper"] - table["lower"]).to_numpy().reshape(3, 4)
    assert_allclose(widths, np.broadcast_to(2 * model.margins(0.9)[:, 0], (3, 4)))


def test_several_targets_stand_above_the_columns():
    model = make_pipeline(SequenceWindower(5, lead=1), forecaster(horizon=3))
    table = forecast(conformal(model).fit(TABLE, TABLE), TABLE)
    assert table.shape == (3, 6)
    assert list(table["wind"].columns) == ["forecast", "lower", "upper"]
    quantiles = make_pipeline(SequenceWindower(5, lead=1), forecaster(quantiles=QUANTILES))
    assert list(forecast(quantiles.fit(TABLE, TABLE), TABLE)["temp"].columns) == list(QUANTILES)


@pytest.mark.parametrize(
    ("model", "arguments", "message"),
    [
        (pipeline(), {"coverage": 0.9}, "needs a ConformalForecaster around the model"),
        (pipeline(quantiles=QUANTILES), {"coverage": 0.9}, "of the quantiles 0.05 and 0.95"),
        (pipeline(quantiles=QUANTILES), {"coverage": 90}, "coverage must lie between 0 and 1"),
        (pipeline(quantiles=QUANTILES), {"steps": 5}, "Fit with a longer horizon"),
        (conformal(pipeline()), {"steps": 5}, "steps=5 is beyond horizon=4"),
        (conformal(pipeline()), {"coverage": "high"}, "coverage must lie between 0 and 1"),
        (conformal(Ridge()), {}, "ends in an LSTMForecaster; got Ridge"),
        (TransformedTargetRegressor(Ridge()), {}, "ends in an LSTMForecaster; got Ridge"),
        (pipeline(), {"steps": 2.5}, "steps must be a whole number of time steps; got 2.5"),
        (pipeline(), {"steps": "two"}, "steps must be a whole number"),
    ],
)
def test_what_forecast_refuses(model, arguments, message):
    with pytest.raises(ValueError, match=message):
        forecast(clone(model).fit(FRAME, Y), FRAME, **arguments)


def test_what_is_not_fitted():
    for model in (in_logs(pipeline()), conformal(pipeline())):
        with pytest.raises(NotFittedError):
            forecast(model, FRAME)


def test_a_search_without_refit_has_nothing_to_forecast_with():
    search = GridSearchCV(
        pipeline(), {"lstmforecaster__units": [2]}, cv=KFold(2), refit=False,
        scoring=horizon_scorer(),
    )  # fmt: skip
    with pytest.raises(ValueError, match="fit it with refit=True"):
        forecast(search.fit(FRAME, Y), FRAME)


# Transformed targets.


@pytest.mark.parametrize(
    "wrap",
    [
        in_logs,
        lambda model: TransformedTargetRegressor(model, transformer=StandardScaler()),
        lambda model: make_pipeline(
            StandardScaler().set_output(transform="pandas"), in_logs(model)
        ),
        lambda model: make_pipeline(model[0], in_logs(model[-1])),
        lambda model: GridSearchCV(
            in_logs(model), {"regressor__lstmforecaster__units": [3]}, cv=KFold(2),
            scoring=horizon_scorer(),
        ),
    ],
    ids=["logs", "scaled", "inside a pipeline", "around the forecaster alone", "in a search"],
)  # fmt: skip
def test_forecasts_are_in_units_of_y(wrap):
    model = wrap(pipeline()).fit(FRAME, Y)
    path = forecast(model, FRAME)
    assert path.shape == (4,)
    assert_allclose(path, model.predict(next_row(FRAME))[-1], rtol=1e-6)
    assert_allclose(forecast(FrozenEstimator(model), FRAME), path)


def test_each_step_ahead_is_transformed_back_as_it_was_learned():
    """A transformer of one column refuses the horizon as columns, in scikit-learn's own predict."""
    model = TransformedTargetRegressor(pipeline(), transformer=PowerTransformer()).fit(FRAME, Y)
    path = forecast(model, FRAME)
    inner = forecast(model.regressor_, FRAME)
    expected = model.transformer_.inverse_transform(inner.to_numpy()[:, None])[:, 0]
    assert_allclose(path, expected)
    with pytest.raises(ValueError, match="PowerTransformer is expecting 1 feature"):
        model.predict(FRAME)
    # Around it, all methods give what forecast gives.
    conformal = ConformalForecaster(model, calibration_size=30).fit(FRAME, Y)
    assert_allclose(conformal.predict(next_row(FRAME))[-1], forecast(conformal, FRAME)["forecast"])
    assert stream(model).push_many(FRAME).shape == conformal.predict(FRAME).shape


def test_several_targets_are_transformed_back_step_by_step():
    model = TransformedTargetRegressor(pipeline(), transformer=QuantileTransformer(n_quantiles=50))
    y = np.column_stack([Y, Y + np.arange(len(Y))])
    conformal = ConformalForecaster(model, calibration_size=30).fit(FRAME, y)
    assert conformal.predict(FRAME).shape == (len(FRAME), 4, 2)
    ahead = forecast(conformal, FRAME).xs("forecast", axis=1, level=1)
    assert_allclose(conformal.predict(next_row(FRAME))[-1], ahead)


def test_given_steps_ahead_are_transformed_back_together():
    whole = len(Y) - 3
    ahead = np.stack([Y.to_numpy()[i : i + whole] for i in range(4)], axis=1)
    model = TransformedTargetRegressor(pipeline(), transformer=StandardScaler())
    with pytest.warns(UserWarning, match="as many as horizon"):
        # Each column has a scale of its own.
        model.fit(FRAME[:whole], ahead)
    windows = FRAME[: whole + 3]
    with pytest.warns(UserWarning, match=r"which holds the y of"):
        path = forecast(model, FRAME[:whole])
    with pytest.warns(UserWarning, match=r"which holds the y of"):
        assert_allclose(path, model.predict(windows)[whole], rtol=1e-6)


def test_forecasts_are_fed_back_in_units_of_y():
    logs = FunctionTransformer(np.log, np.exp).set_output(transform="pandas")
    model = in_logs(make_pipeline(logs, *pipeline())).fit(FRAME, Y)
    path = forecast(model, FRAME, steps=9)
    rows, by_hand = FRAME, []
    while len(by_hand) < 9:
        part = forecast(model, rows)
        by_hand += part.tolist()
        rows = pd.concat([rows, part.to_frame("sold")])
    assert_allclose(path, by_hand[:9], rtol=1e-6)
    not_in_logs = in_logs(pipeline()).fit(FRAME, Y)
    with pytest.raises(ValueError, match="no feature of X is known to carry the past of y"):
        forecast(not_in_logs, FRAME, steps=9)


@pytest.mark.parametrize("quantiles", [None, QUANTILES])
def test_intervals_around_and_inside_a_transformed_target(quantiles):
    around = conformal(in_logs(pipeline(quantiles=quantiles)), refit=False).fit(FRAME, Y)
    table = forecast(around, FRAME, coverage=0.8)
    assert_allclose(table["forecast"], around.predict(next_row(FRAME))[-1], rtol=1e-6)
    assert_allclose(
        table[["lower", "upper"]],
        around.predict_interval(next_row(FRAME), 0.8)[-1],
        rtol=1e-6,
    )
    inside = in_logs(conformal(pipeline(quantiles=quantiles), refit=False)).fit(FRAME, Y)
    table = forecast(inside, FRAME, coverage=0.8)
    own = inside.regressor_.predict_interval(next_row(FRAME), 0.8)[-1]
    assert_allclose(table[["lower", "upper"]], np.exp(own), rtol=1e-6)


def test_scores_of_calibration_are_in_units_of_y():
    model = conformal(in_logs(pipeline()), refit=False).fit(FRAME, Y)
    later, y_pred = Y[80:].to_numpy(), model.predict(FRAME[80:])
    for lead in range(4):
        errors = np.abs(later[lead:] - y_pred[: len(later) - lead, lead])
        assert_allclose(model.scores_[: len(errors), lead, 0], errors, rtol=1e-6)


def test_a_transform_that_turns_round_swaps_the_quantiles():
    def turned(model):
        return TransformedTargetRegressor(model, func=np.negative, inverse_func=np.negative)

    model = turned(pipeline(quantiles=QUANTILES)).fit(FRAME, Y)
    table = forecast(model, FRAME)
    inner = forecast(model.regressor_, FRAME)
    assert_allclose(table[0.1], -inner[0.9])
    lopsided = turned(pipeline(quantiles=(0.2, 0.5, 0.9))).fit(FRAME, Y)
    with pytest.raises(ValueError, match=r"the quantile of 0.2 is not known"):
        forecast(lopsided, FRAME)


# Known future covariates in other forms.


def test_the_future_of_one_series_may_be_an_array_or_a_series():
    frame = TABLE.assign(hour=TABLE.index.hour.astype(float))
    model = pipeline(decoder="lstm", known_future=["hour"], horizon=3).fit(frame, frame["temp"])
    index = pd.date_range(frame.index[-1], periods=4, freq="h")[1:]
    future = pd.DataFrame({"hour": index.hour.astype(float)}, index=index)
    expected = forecast(model, frame, future=future)
    for given in (future.to_numpy(), future["hour"], future["hour"].tolist()):
        assert_allclose(forecast(model, frame, future=given), expected)
    with pytest.raises(ValueError, match=r"future has shape \(2, 1\), but 3 steps of 1 series"):
        forecast(model, frame, future=future.to_numpy()[:2])
    with pytest.raises(ValueError, match="future must hold numbers, 3 rows"):
        forecast(model, frame, future=[["noon"]] * 3)


def test_the_future_of_a_panel_must_name_the_series():
    frame = panel()
    model = of_panel(decoder="lstm", known_future=["hour"]).fit(frame, frame["temp"])
    with pytest.raises(ValueError, match=r"future must be a DataFrame .* got ndarray"):
        forecast(model, frame, future=np.zeros((12, 1)))


# Backtests.

CV = PanelTimeSeriesSplit(n_splits=2, test_size=20)


def test_backtests_report_coverage_and_width_by_lead():
    model = conformal(pipeline())
    table = backtest(
        {"intervals": model, "none": pipeline()},
        FRAME,
        Y,
        CV,
        baselines={"naive": SeasonalNaive(24)},
        coverage=0.7,
    )
    assert list(table.columns)[-3:] == ["mean_absolute_error", "coverage", "width"]
    for fold, (train, test) in enumerate(CV.split(FRAME)):
        fitted = clone(model).fit(FRAME.iloc[train], Y.iloc[train])
        both = np.concatenate([train, test])
        bounds = fitted.predict_interval(FRAME.iloc[both], 0.7)[len(train) :]
        for lead in range(4):
            low, high = bounds[: 20 - lead, lead].T
            y_true = Y.iloc[test[lead:]]
            row = table[(table["fold"] == fold) & (table["lead"] == lead + 1)]
            own = row[row["model"] == "intervals"]
            assert_allclose(own["coverage"], ((low <= y_true) & (y_true <= high)).mean())
            assert_allclose(own["width"], (high - low).mean(), rtol=1e-6)
            assert row[row["model"] != "intervals"]["width"].isna().all()


def test_backtests_of_quantiles_and_of_transformed_targets():
    models = {"quantiles": in_logs(pipeline(quantiles=QUANTILES)), "plain": in_logs(pipeline())}
    table = backtest(models, FRAME, Y, CV, origins="first")
    assert table.loc[table["model"] == "quantiles", "width"].gt(0).all()
    train, test = next(CV.split(FRAME))
    fitted = clone(models["plain"]).fit(FRAME.iloc[train], Y.iloc[train])
    y_pred = fitted.predict(FRAME.iloc[np.r_[train, test]])[len(train)]
    errors = np.abs(y_pred - Y.iloc[test[:4]])
    own = table[(table["model"] == "plain") & (table["fold"] == 0)]
    assert_allclose(own["mean_absolute_error"], errors, rtol=1e-6)
    without = backtest(models["plain"], FRAME, Y, CV, origins="first")
    assert "coverage" not in without.columns


def test_the_state_of_a_backtest_comes_from_all_rows_before():
    model = pipeline(stateful=True)
    table = backtest(model, FRAME, Y, CV, origins="first")
    train, test = next(CV.split(FRAME))
    fitted = clone(model).fit(FRAME.iloc[train], Y.iloc[train])
    y_pred = fitted.predict(FRAME.iloc[np.r_[train, test]])[len(train)]
    own = table[table["fold"] == 0]
    assert_allclose(own["mean_absolute_error"], np.abs(y_pred - Y.iloc[test[:4]]), rtol=1e-6)
    alone = np.abs(fitted.predict(FRAME.iloc[test])[0] - Y.iloc[test[:4]])
    assert not np.allclose(own["mean_absolute_error"], alone, rtol=1e-3)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"coverage": 0.9}, "no model gives any: put a ConformalForecaster around one"),
        ({"coverage": 2}, "coverage must lie between 0 and 1; got 2"),
        ({"metrics": ["mae"]}, "did you mean 'mean_absolute_error'"),
        ({"metrics": ["neg_mean_squared_error"]}, "did you mean 'mean_squared_error'"),
        ({"metrics": ["get_scorer"]}, "no function 'get_scorer' to be a metric"),
        ({"metrics": [3]}, r"must be functions metric\(y_true, y_pred\) or their names; got 3"),
        ({"metrics": {"mae": "mae"}}, r"\['mae'\] are none"),
        ({"metrics": []}, "at least one metric"),
        ({"model": TransformedTargetRegressor(Ridge())}, "end in SequenceWindower and LSTM"),
        ({"model": TransformedTargetRegressor()}, "end in SequenceWindower and LSTM"),
    ],
)
def test_what_backtest_refuses(change, message):
    arguments = {"model": pipeline(), "X": FRAME, "y": Y, "cv": CV} | change
    with pytest.raises(ValueError, match=message):
        backtest(**arguments)


# The networks run once.


@pytest.mark.parametrize("quantiles", [None, QUANTILES])
def test_an_interval_runs_the_networks_once(quantiles, monkeypatch):
    model = conformal(pipeline(quantiles=quantiles)).fit(FRAME, Y)
    network = type(model.forecaster_[-1].network_)
    calls, outputs = [], network.outputs
    monkeypatch.setattr(
        network, "outputs", lambda self, *a, **k: calls.append(0) or outputs(self, *a, **k)
    )
    model.predict_interval(FRAME)
    assert len(calls) == 1
    forecast(model, FRAME)
    assert len(calls) == 2


def test_scorers_see_through_transformed_targets():
    model = in_logs(pipeline()).fit(FRAME, Y)
    score = horizon_scorer("neg_mean_absolute_error", lead=2)(model, FRAME, Y)
    errors = np.abs(model.predict(FRAME)[:-1, 1] - Y[1:])
    assert_allclose(score, -errors.mean())


def test_the_names_of_targets_are_kept():
    model = conformal(LSTMForecaster(plain=True, epochs=1))
    assert forecast(pipeline().fit(FRAME, Y), FRAME).name == "sold"
    with pytest.raises(ValueError, match=r"needs SequenceWindower right before"):
        forecast(model.fit(np.ones((60, 3, 1)), np.arange(60.0)), FRAME)
