"""Bad inputs of forecasts, streams, ragged sequences, classes, scorers and displays."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from functools import cache

import numpy as np
import pandas as pd
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import VotingRegressor
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline

from sklstm import (
    ConformalForecaster,
    KMeansLabeler,
    LSTMForecaster,
    Padder,
    SequenceWindower,
    To3D,
    backtest,
    forecast,
    generate,
    horizon_scorer,
    stream,
)
from sklstm.plotting import ForecastDisplay
from tests.estimators.helpers import classifier, forecaster, series
from tests.estimators.test_horizon import of_panel, panel

TABLE, _ = series(120)
Y = np.exp(TABLE["temp"] / 4).rename("sold")
FRAME = Y.to_frame()
PANEL = panel(40)
ARRAY = np.random.default_rng(0).normal(size=(60, 5, 2))
LABELS = np.arange(60) % 2
RAGGED = [ARRAY[0, :n] for n in (2, 5, 3)]
QUANTILES = (0.1, 0.5, 0.9)


def pipeline(**params):
    return make_pipeline(SequenceWindower(6, lead=1), forecaster(**({"horizon": 4} | params)))


MODELS = {
    "plain": lambda: pipeline().fit(FRAME, Y),
    "quantiles": lambda: pipeline(quantiles=QUANTILES).fit(FRAME, Y),
    "conformal": lambda: ConformalForecaster(pipeline(), calibration_size=40).fit(FRAME, Y),
    "known": lambda: pipeline(decoder="lstm", known_future=["hour"]).fit(HOURS, HOURS["temp"]),
    "known panel": lambda: of_panel(decoder="lstm", known_future=["hour"]).fit(
        PANEL, PANEL["temp"]
    ),
    "panel": lambda: of_panel().fit(PANEL, PANEL["temp"]),
    "live": lambda: make_pipeline(SequenceWindower(6), forecaster()).fit(TABLE, Y),
    "live panel": lambda: make_pipeline(SequenceWindower(6, lead=1, by="place"), forecaster()).fit(
        PANEL[["temp"]], PANEL["temp"]
    ),
    "season": lambda: pipeline(season=24).fit(FRAME, Y),
    "padded": lambda: make_pipeline(Padder(), classifier(return_sequences=True)).fit(
        RAGGED, [np.arange(len(x)) % 2 for x in RAGGED]
    ),
    "array": lambda: classifier().fit(ARRAY, LABELS),
    "votes": lambda: VotingRegressor([("a", pipeline()), ("b", pipeline())]).fit(FRAME, Y),
    "turned": lambda: TransformedTargetRegressor(
        pipeline(quantiles=(0.2, 0.5, 0.9)), func=np.negative, inverse_func=np.negative
    ).fit(FRAME, Y),
}
HOURS = TABLE.assign(hour=TABLE.index.hour.astype(float))


@cache
def model(name):
    return MODELS[name]()


def after(start, *rows):
    """Push rows into a stream that has seen the first of the table."""
    live = stream(model("live")).warm_up(TABLE[:start])
    for row in rows:
        live.push(row)


def weighed(class_weight):
    return lambda: classifier(class_weight=class_weight).fit(ARRAY, LABELS)


def tested(**change):
    return lambda: backtest(**({"model": pipeline(), "X": FRAME, "y": Y} | change))


FORECASTS = [
    ("steps in halves", lambda: forecast(model("plain"), FRAME, 2.5), ValueError, "whole number"),
    ("steps as text", lambda: forecast(model("plain"), FRAME, "2"), ValueError, "whole number"),
    ("no steps", lambda: forecast(model("plain"), FRAME, 0), ValueError, "at least 1; got 0"),
    ("negative steps", lambda: forecast(model("plain"), FRAME, -3), ValueError, "at least 1"),
    (
        "coverage without intervals",
        lambda: forecast(model("plain"), FRAME, coverage=0.9),
        ValueError,
        "needs a ConformalForecaster",
    ),
    (
        "coverage that no quantiles have",
        lambda: forecast(model("quantiles"), FRAME, coverage=0.5),
        ValueError,
        "of the quantiles 0.25 and 0.75",
    ),
    (
        "coverage in per cent",
        lambda: forecast(model("conformal"), FRAME, coverage=90),
        ValueError,
        "coverage must lie between 0 and 1; got 90",
    ),
    (
        "no coverage for intervals",
        lambda: model("conformal").predict_interval(FRAME, coverage=None),
        ValueError,
        "coverage must lie between 0 and 1; got None",
    ),
    (
        "intervals beyond the horizon",
        lambda: forecast(model("conformal"), FRAME, 5),
        ValueError,
        "steps=5 is beyond horizon=4",
    ),
    (
        "quantiles beyond the horizon",
        lambda: forecast(model("quantiles"), FRAME, 9),
        ValueError,
        "Fit with a longer horizon",
    ),
    (
        "quantiles that change places",
        lambda: forecast(model("turned"), FRAME),
        ValueError,
        "are not symmetric around 0.5",
    ),
    (
        "a future of another shape",
        lambda: forecast(model("known"), HOURS, future=np.ones((3, 1))),
        ValueError,
        "future has shape (3, 1)",
    ),
    (
        "a future of text",
        lambda: forecast(model("known"), HOURS, future=[["noon"]] * 4),
        ValueError,
        "future must hold numbers",
    ),
    (
        "a future that names no series",
        lambda: forecast(model("known panel"), PANEL, future=np.ones((12, 1))),
        ValueError,
        "future must be a DataFrame",
    ),
    (
        "a future that is not known",
        lambda: model("known").predict(HOURS[-1:]),
        UserWarning,
        "known_future=['hour'] is missing",
    ),
    (
        "a future nobody asked for",
        lambda: forecast(model("plain"), FRAME, future=FRAME),
        ValueError,
        "was fitted without any",
    ),
    ("a regressor", lambda: forecast(Ridge().fit(TABLE, Y), TABLE), ValueError, "got Ridge"),
    ("votes", lambda: forecast(model("votes"), FRAME), ValueError, "got VotingRegressor"),
    (
        "what is not fitted",
        lambda: forecast(TransformedTargetRegressor(pipeline()), FRAME),
        NotFittedError,
        "is not fitted",
    ),
]
BACKTESTS = [
    ("a short name of a metric", tested(metrics=["mae"]), ValueError, "'mean_absolute_error'"),
    ("a name that is no metric", tested(metrics="get_scorer"), ValueError, "no function"),
    ("a number for a metric", tested(metrics=[3]), ValueError, "got 3"),
    ("no metric", tested(metrics=[]), ValueError, "at least one metric"),
    ("names of names", tested(metrics={"mae": "mae"}), ValueError, "['mae'] are none"),
    ("coverage of no intervals", tested(coverage=0.9), ValueError, "no model gives any"),
    ("a transformed Ridge", tested(model=TransformedTargetRegressor()), ValueError, "end in"),
    ("no scorer", lambda: horizon_scorer(None), ValueError, "name of a regression scorer"),
    ("half a lead", lambda: horizon_scorer(lead=1.5), ValueError, "counts the steps ahead"),
    (
        "votes on horizons",
        lambda: horizon_scorer()(model("votes"), FRAME, Y),
        ValueError,
        "predicts shape (4, 2)",
    ),
    (
        "intervals of votes on horizons",
        lambda: ConformalForecaster(model("votes")).fit(FRAME, Y),
        ValueError,
        "average with n_members",
    ),
]
STREAMS = [
    ("a dict of another column", lambda: after(9, {"z": 1}), ValueError, "lack the columns"),
    ("a row too wide", lambda: after(9, [1.0, 2.0, 3.0]), ValueError, "of shape (n_rows, 2)"),
    ("half a row", lambda: after(9, [1.0, np.nan]), ValueError, "missing"),
    ("an infinite row", lambda: after(9, [1.0, np.inf]), ValueError, "infinit"),
    ("a row again", lambda: after(9, TABLE[8:9]), ValueError, "does not come after"),
    ("a row from before", lambda: after(9, TABLE.iloc[3]), ValueError, "goes forward in time"),
    (
        "a row between two hours",
        lambda: after(9, TABLE[9:10].shift(7, "min")),
        ValueError,
        "does not stand on the clock",
    ),
    (
        "a row without its time zone",
        lambda: after(9, TABLE[9:10].tz_localize(None)),
        ValueError,
        "same kind of index",
    ),
    (
        "a row of no series",
        lambda: stream(model("live panel")).push([1.0]),
        ValueError,
        "do not name their series",
    ),
    (
        "a row of two series",
        lambda: stream(model("live panel")).push(PANEL[["temp"]][:1], series="b"),
        ValueError,
        "name their series themselves",
    ),
    (
        "a series where there are none",
        lambda: stream(model("live")).push(TABLE[:1], series="b"),
        ValueError,
        "was fitted without by=",
    ),
    (
        "three series rolled out",
        lambda: generate(model("live panel"), PANEL[["temp"]], 3),
        ValueError,
        "start holds 3 of them",
    ),
    (
        "a season without timestamps",
        lambda: stream(model("season")).push_many(FRAME.to_numpy()),
        ValueError,
        "push them as a DataFrame with a DatetimeIndex",
    ),
    ("a season without its windower", lambda: stream(model("season")[-1]), ValueError, "windower"),
    (
        "a future of other columns in a stream",
        lambda: stream(model("known")).push(HOURS[:1], future=HOURS[["temp"]]),
        ValueError,
        "future lacks the columns ['hour']",
    ),
    (
        "a future of two columns in a stream",
        lambda: stream(model("known")).push(HOURS[:1], future=np.ones((4, 2))),
        ValueError,
        "got shape (4, 2)",
    ),
    (
        "a future of three series in a stream",
        lambda: stream(model("known panel")).push_many(PANEL, future=np.ones(4)),
        ValueError,
        "future does not name its series",
    ),
    (
        "a future that nobody reads",
        lambda: stream(model("live")).push(TABLE[:1], future=np.ones(4)),
        ValueError,
        "without known_future=",
    ),
    (
        "a future left out of a stream",
        lambda: stream(model("known")).push(HOURS[:1]),
        UserWarning,
        "push(row, future=...)",
    ),
    (
        "a known future rolled out",
        lambda: generate(model("known"), HOURS, 3, feedback=np.ravel),
        ValueError,
        "generate does not know what is ahead",
    ),
    ("a stream of Ridge", lambda: stream(Ridge()), ValueError, "got Ridge"),
]
SEQUENCES = [
    ("lists", lambda: classifier().fit(RAGGED, [0, 1, 0]), ValueError, "Put a Padder before it"),
    (
        "lists in a windower",
        lambda: SequenceWindower(2).fit(RAGGED),
        ValueError,
        "sequences of 2 to",
    ),
    (
        "lists in a windower of panels",
        lambda: SequenceWindower(2, by=0).fit_transform([[1.0], [1.0, 2.0]]),
        ValueError,
        "Put a Padder in its place",
    ),
    (
        "a Series of arrays in a windower",
        lambda: SequenceWindower(2).fit_transform(pd.Series(RAGGED)),
        ValueError,
        "a Series of sequences of 2 to 5 steps, but SequenceWindower reads a table",
    ),
    ("lists in To3D", lambda: To3D().fit(RAGGED), ValueError, "but To3D reads tables"),
    (
        "objects in To3D",
        lambda: To3D().fit(np.ones((3, 4))).transform(pd.Series(RAGGED).to_numpy()),
        ValueError,
        "Put a Padder in its place",
    ),
    ("lists in KMeansLabeler", lambda: KMeansLabeler().fit(RAGGED), ValueError, "np.concatenate"),
    ("lists at predict", lambda: model("array").predict(RAGGED), ValueError, "Padder"),
    (
        "objects",
        lambda: forecaster().fit(pd.Series(RAGGED), [0.0, 1.0, 0.0]),
        ValueError,
        "a Series of sequences of 2 to 5 steps",
    ),
    (
        "lists of a stateful network",
        lambda: classifier(stateful=True).fit(RAGGED, [0, 1, 0]),
        ValueError,
        "Padder",
    ),
    (
        "longer arrays",
        lambda: model("array").predict(np.ones((2, 9, 2))),
        ValueError,
        "is expecting (2, 5, 2)",
    ),
    (
        "labels of other steps",
        lambda: model("padded")[0].unpad(np.ones((3, 9)), RAGGED),
        ValueError,
        "padded to 3 sequences of 5 steps",
    ),
    (
        "labels of steps that were cut",
        lambda: Padder(length=3).fit(RAGGED).unpad(np.ones((3, 3)), RAGGED),
        ValueError,
        "there are no values for the others",
    ),
    (
        "two sequences to stop early",
        lambda: classifier(early_stopping=True).fit(ARRAY[:2], [0, 1]),
        ValueError,
        "early_stopping=True holds out 1 of 2",
    ),
    (
        "a class of one sequence to stop early",
        lambda: classifier(early_stopping=True).fit(ARRAY[:20], [1] + [0] * 19),
        ValueError,
        "the smallest with 1",
    ),
    (
        "one sequence to stop early",
        lambda: LSTMForecaster(early_stopping=True).fit(ARRAY[:1], [0.0]),
        ValueError,
        "validation_fraction=0.1",
    ),
]
CLASSES = [
    ("a negative weight", weighed({0: -1.0, 1: 1.0}), ValueError, "got -1.0 for class 0"),
    ("a missing weight", weighed({0: np.nan, 1: 1.0}), ValueError, "got nan for class 0"),
    ("a weight of text", weighed({0: "high", 1: 1.0}), ValueError, "got 'high' for class 0"),
    ("weights of 0", weighed({0: 0, 1: 0}), ValueError, "every class of y a weight of 0"),
    ("no weights", weighed({}), ValueError, "are not the classes of y"),
    ("weights of others", weighed({"0": 1, "1": 2}), ValueError, "['0', '1'] are not in y"),
    ("a weight of another", weighed({0: 1.0, 7: 5.0}), ValueError, "no weight for [1]"),
    (
        "the class among the features",
        lambda: make_pipeline(SequenceWindower(6), classifier(epochs=1)).fit(
            TABLE.assign(state=np.arange(120) // 5 % 2), np.arange(120) // 5 % 2
        ),
        UserWarning,
        "gives y away (y is 'state'",
    ),
    (
        "a threshold of a feature",
        lambda: make_pipeline(SequenceWindower(6), classifier(epochs=1)).fit(
            TABLE, np.where(TABLE["wind"] > TABLE["wind"].median(), "high", "low")
        ),
        UserWarning,
        "lead=1 was meant",
    ),
]
DISPLAYS = [
    (
        "a forecast without an index",
        lambda: ForecastDisplay.from_predictions(np.ones(3)),
        TypeError,
        "forecast must be a pandas Series",
    ),
    (
        "a history without an index",
        lambda: ForecastDisplay.from_predictions(Y, history=np.ones(3)),
        TypeError,
        "history must be a pandas Series",
    ),
]

ROWS = [*FORECASTS, *BACKTESTS, *STREAMS, *SEQUENCES, *CLASSES, *DISPLAYS]
