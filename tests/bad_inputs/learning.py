"""Bad weights, targets, parameters and sizes."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import pickle
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GroupShuffleSplit
from sklearn.pipeline import make_pipeline

from sklstm import (
    LSTMClassifier,
    LSTMForecaster,
    Padder,
    SequenceWindower,
    To3D,
    load,
    model_card,
    save,
    summary,
)
from sklstm.plotting import (
    BacktestDisplay,
    ForecastDisplay,
    HistoryDisplay,
    SearchDisplay,
    SequenceLabelDisplay,
    WindowDisplay,
)

SMALL = {"units": 2, "epochs": 1, "plain": True, "random_state": 0}
X = np.random.default_rng(0).normal(size=(30, 5, 2))
Y = X[:, 0, 0]
LABELS = (Y > 0).astype(int)
HOURS = pd.date_range("2026-01-01", periods=60, freq="h")
TABLE = pd.DataFrame({"v": np.random.default_rng(0).normal(size=60).cumsum()}, index=HOURS)


def forecaster(y=Y, sample_weight=None, **params):
    """Fit a forecaster on independent sequences."""
    return lambda: LSTMForecaster(**(SMALL | params)).fit(X, y, sample_weight=sample_weight)


def classifier(y=LABELS, sample_weight=None, **params):
    """Fit a classifier on independent sequences."""
    return lambda: LSTMClassifier(**(SMALL | params)).fit(X, y, sample_weight=sample_weight)


def on_windows(y=None, weight=None, **params):
    """Fit a forecaster behind a windower."""
    model = make_pipeline(SequenceWindower(4, lead=1), LSTMForecaster(**(SMALL | params)))
    y = TABLE["v"] if y is None else y
    return lambda: model.fit(TABLE, y, lstmforecaster__sample_weight=weight)


def steps(weight):
    """Fit labels of steps with weights."""
    model = LSTMClassifier(return_sequences=True, **SMALL)
    return lambda: model.fit(X, (X[..., 0] > 0).astype(int), sample_weight=weight)


WEIGHTS = [
    ("weights, short", forecaster(sample_weight=np.ones(29)), ValueError, "expected (30,)"),
    ("weights, 2D", classifier(sample_weight=np.ones((30, 5))), ValueError, "shape (30, 5)"),
    ("weights, scalar", forecaster(sample_weight=-2.0), ValueError, "negative weights"),
    ("weights, negative", forecaster(sample_weight=-np.ones(30)), ValueError, "negative weights"),
    ("weights, zero", classifier(sample_weight=np.zeros(30)), ValueError, "is zero for all"),
    ("weights, NaN", forecaster(sample_weight=np.full(30, np.nan)), ValueError, "contains NaN"),
    ("weights, infinite", forecaster(sample_weight=[np.inf] * 30), ValueError, "infinity"),
    ("weights, text", forecaster(sample_weight=["big"] * 30), ValueError, "big"),
    ("weights of windows", on_windows(weight=np.ones(50)), ValueError, "expected (60,)"),
    ("weights of steps", steps(np.ones((30, 4))), ValueError, "(30,) or (30, 5)"),
]

TARGETS = [
    ("y, NaN", forecaster(y=np.where(np.arange(30) == 3, np.nan, Y)), ValueError, "contains NaN"),
    (
        "y, infinite",
        on_windows(y=TABLE["v"].mask(TABLE["v"] > 0, np.inf)),
        ValueError,
        "inf",
    ),
    ("y, none at all", on_windows(y=TABLE["v"] * np.nan), ValueError, "y holds no value"),
    (
        "y, late only",
        on_windows(y=TABLE["v"].where(np.arange(60) > 57), early_stopping=True),
        ValueError,
        "y is missing",
    ),
    ("y, short", forecaster(y=Y[:20]), ValueError, "inconsistent"),
    ("y, None", forecaster(y=None), ValueError, "requires y to be passed"),
    ("y, text", forecaster(y=["warm"] * 30), ValueError, "warm"),
    ("y, numbers to classify", classifier(y=Y), ValueError, "Unknown label type"),
    ("y, 3D", forecaster(y=np.ones((30, 2, 2))), ValueError, "y"),
]

PARAMETERS = [
    ("units", forecaster(units=()), ValueError, "units must be"),
    ("units, text", forecaster(units="32"), ValueError, "'units' parameter"),
    ("epochs", forecaster(epochs=0), ValueError, "'epochs' parameter"),
    ("rate", forecaster(learning_rate=-1.0), ValueError, "'learning_rate' parameter"),
    ("dropout", classifier(dropout=1.0), ValueError, "'dropout' parameter"),
    ("checkpoint, number", forecaster(checkpoint=3), ValueError, "'checkpoint' parameter"),
    (
        "checkpoint, file",
        forecaster(checkpoint=__file__),
        ValueError,
        "checkpoint must be a folder; got the file",
    ),
    ("members", classifier(n_members=0), ValueError, "'n_members' parameter"),
    ("patches", classifier(patch_size=9, plain=False), ValueError, "patch_size=9 is longer"),
    ("views", classifier(views=("vals",), plain=False), ValueError, "views must be"),
    ("optimizer", forecaster(optimizer="newton"), ValueError, "newton"),
    ("horizon", on_windows(horizon=500), ValueError, "horizon=500 is longer"),
    ("quantiles", on_windows(quantiles=(0.9, 0.1)), ValueError, "increasing order"),
    ("anchor", on_windows(anchor="first"), ValueError, "'anchor' parameter"),
    ("anchor without a season", on_windows(anchor="season"), ValueError, "set season="),
    ("season, text", on_windows(season="moon"), ValueError, "no alias of pandas"),
    ("calendar", on_windows(calendar=("moon",)), ValueError, "calendar must be"),
    ("decoder", on_windows(known_future=["v"]), ValueError, 'needs decoder="lstm"'),
    ("held out", classifier(validation_fraction=0.0), ValueError, "'validation_fraction'"),
    ("no features", lambda: LSTMForecaster().fit(np.empty((30, 5, 0)), Y), ValueError, "0 feature"),
]

STOPS = {"early_stopping": True}
LEFT, RIGHT = np.arange(20), np.arange(20, 30)


def held_out(validation, **params):
    """Fit with a split for early stopping."""
    return forecaster(validation=validation, **(STOPS | params))


def beside(X_val=X, y_val=Y, **params):
    """Fit a forecaster with data of its own to validate on."""
    how = {name: params.pop(name) for name in ("sample_weight_val",) if name in params}
    model = LSTMForecaster(**(SMALL | STOPS | params))
    return lambda: model.fit(X, Y, X_val=X_val, y_val=y_val, **how)


def windows_beside(X_val, **params):
    """Fit a forecaster on windows, with data of its own to validate on."""
    windows = SequenceWindower(4, lead=1).fit_transform(TABLE)
    y_val = np.zeros(len(X_val))
    model = LSTMForecaster(**(SMALL | STOPS | params))
    return lambda: model.fit(windows, TABLE["v"], X_val=X_val, y_val=y_val)


def classes_beside():
    """Fit a classifier with a class in the validation data that the fit has not."""
    model = LSTMClassifier(early_stopping=True, **SMALL)
    return lambda: model.fit(X, LABELS, X_val=X, y_val=LABELS + 1)


def stateful_after():
    """Train a stateful network on what follows the rows that validate."""
    return on_windows(validation=[(np.arange(20, 60), np.arange(20))], stateful=True, **STOPS)


VALIDATION = [
    ("split, fraction", held_out(0.2), ValueError, "'validation' parameter"),
    ("split, text", held_out("last"), ValueError, "validation must be a splitter"),
    ("split, X and y", held_out((X, Y)), ValueError, "validation must be a splitter"),
    ("split, one pair", held_out((LEFT, RIGHT)), ValueError, "[(train, test)]"),
    ("split, none", held_out([]), ValueError, "yields no split"),
    ("split, beyond", held_out([(LEFT, RIGHT + 5)]), ValueError, "position 30 in test"),
    ("split, negative", held_out([(LEFT, [-1])]), ValueError, "position -1 in test"),
    ("split, shared", held_out([(LEFT, LEFT[5:])]), ValueError, "15 samples on both sides"),
    ("split, empty", held_out([(LEFT, np.zeros(30, bool))]), ValueError, "no sample in test"),
    ("split, floats", held_out([(LEFT, RIGHT / 2)]), ValueError, "positions of samples"),
    ("split, short mask", held_out([(LEFT, RIGHT > 25)]), ValueError, "a mask of 30"),
    ("split, no groups", held_out(GroupShuffleSplit()), ValueError, "splits by groups"),
    ("split, past state", stateful_after(), ValueError, "no state can be carried"),
    ("X_val alone", beside(y_val=None), ValueError, "X_val is passed to fit without y_val"),
    ("y_val alone", beside(X_val=None), ValueError, "y_val is passed to fit without X_val"),
    (
        "weights of nothing",
        beside(X_val=None, y_val=None, sample_weight_val=np.ones(30)),
        ValueError,
        "without X_val and y_val",
    ),
    ("X_val unread", beside(early_stopping=False), ValueError, "only early stopping reads"),
    ("X_val, steps", beside(X_val=X[:, 1:]), ValueError, "sequences of 4 steps with 2 features"),
    ("X_val, 2D", beside(X_val=X[..., 0]), ValueError, "expected 3 dimensions"),
    ("X_val, NaN", beside(X_val=X * np.nan), ValueError, "X_val holds no step"),
    ("X_val, ragged", beside(X_val=[X[0], X[1, 1:]]), ValueError, "X_val is a list"),
    ("X_val, a table", windows_beside(TABLE), ValueError, 'transform_input=["X_val"]'),
    (
        "X_val, another lead",
        windows_beside(SequenceWindower(4, lead=2).fit_transform(TABLE)),
        ValueError,
        "lead=2, but X has",
    ),
    ("y_val, short", beside(y_val=Y[1:]), ValueError, "In the validation data"),
    ("y_val, NaN", beside(y_val=Y * np.nan), ValueError, "In the validation data"),
    ("y_val, two targets", beside(y_val=np.c_[Y, Y]), ValueError, "y_val holds 2 targets"),
    ("y_val, a new class", classes_beside(), ValueError, "not in classes_"),
    (
        "weights that validate",
        beside(sample_weight_val=-np.ones(30)),
        ValueError,
        "In the validation data",
    ),
    (
        "repeats alone",
        lambda: LSTMForecaster(early_stopping=True, **SMALL).fit(np.ones((30, 5, 2)), np.ones(30)),
        ValueError,
        "holds out 1 of 1 different sequences",
    ),
    (
        "an axis lost in a recording",
        lambda: make_pipeline(Padder(), LSTMClassifier(**SMALL)).fit(
            [np.array([[1.0, 2.0], [np.nan, 3.0]]), np.ones((3, 2))], ["a", "b"]
        ),
        ValueError,
        "set these steps to NaN as a whole",
    ),
    *(
        (
            f"labels of steps for {type(model).__name__} that learns one, {kind.__name__}",
            lambda model=model, y=y: make_pipeline(Padder(), model).fit(
                [np.ones((3, 2)), np.ones((2, 2))], y
            ),
            ValueError,
            "say return_sequences=True",
        )
        for model, y, kind in (
            (LSTMClassifier(**SMALL), [["a", "b", "a"], ["b", "a"]], list),
            (LSTMForecaster(**SMALL), [np.arange(3.0), np.arange(2.0)], list),
            (LSTMForecaster(**SMALL), pd.Series([[1.0, 2.0, 3.0], [1.0, 2.0]]), pd.Series),
            (LSTMForecaster(**SMALL), (np.arange(3.0), np.arange(2.0)), tuple),
        )
    ),
    (
        "a cell lost in a table",
        lambda: make_pipeline(SequenceWindower(4), LSTMForecaster(**SMALL)).fit(
            TABLE.assign(other=TABLE["v"].where(TABLE.index.hour > 3)), TABLE["v"]
        ),
        ValueError,
        "or leave the rows out (X.dropna())",
    ),
]


def load_bytes(data):
    """Load a file that holds some bytes."""

    def call():
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "model"
            path.write_bytes(data)
            load(path)

    return call


FILES = [
    ("save, a class", lambda: save(LSTMForecaster, "x"), TypeError, "writes an estimator"),
    ("save, a number", lambda: save(3, "x"), TypeError, "writes an estimator"),
    ("save, a function", lambda: save(LSTMForecaster(loss=len), "x"), TypeError, "builtins.len"),
    ("save, trusted", lambda: save(SequenceWindower(), "x", trusted="a.B"), TypeError, "list of"),
    ("load, no file", lambda: load("no such file"), OSError, "no such file"),
    ("load, empty", load_bytes(b""), ValueError, "cut off"),
    ("load, a pickle", load_bytes(pickle.dumps(Y)), ValueError, "no file of sklstm.save"),
    ("summary, unfitted", lambda: summary(LSTMForecaster()), NotFittedError, "not fitted"),
    (
        "summary, a windower",
        lambda: summary(SequenceWindower().fit(TABLE)),
        TypeError,
        "model must be a fitted LSTMClassifier",
    ),
    ("card, unfitted", lambda: model_card(LSTMForecaster()), NotFittedError, "not fitted"),
]


def shown_windows(model=None, **how):
    """Draw windows."""
    model = SequenceWindower(4) if model is None else model
    return lambda: WindowDisplay.from_estimator(model, TABLE, **how)


def shown_search(**how):
    """Draw a search over three parameters."""
    results = {f"param_{name}": [1, 2] for name in ("a__units", "b__units", "window")}
    results |= {"mean_test_score": [1.0, 2.0], "std_test_score": [0.0, 0.0]}
    return lambda: SearchDisplay.from_cv_results(results | how.pop("results", {}), **how)


def shown_backtest(table=None, **how):
    """Draw a backtest."""
    keys = {"model": ["a"], "fold": [0], "series": [0], "lead": [1], "n": [3]}
    table = pd.DataFrame(keys | {"mae": [1.0]}) if table is None else table
    return lambda: BacktestDisplay.from_backtest(table, **how)


def shown_labels(y_true=("a", "b"), y_pred=("a", "b"), **how):
    """Draw labels."""
    return lambda: SequenceLabelDisplay.from_predictions(y_true, y_pred, **how)


LOGS = pd.DataFrame({"loss": [1.0, 0.5]})
TWO_STATIONS = pd.MultiIndex.from_product([["a", "b"], HOURS[:2]], names=["station", "time"])
DISPLAYS = [
    ("windows, no windower", shown_windows(LSTMForecaster()), ValueError, "a SequenceWindower"),
    ("windows, folds", shown_windows(cv=3), ValueError, "PanelTimeSeriesSplit(3)"),
    ("windows, beyond", shown_windows(rows=[60]), ValueError, "the position 60, but X has 60"),
    ("windows, names", shown_windows(rows=["first"]), ValueError, "rows must be positions"),
    ("windows, horizon", shown_windows(horizon=0), ValueError, "horizon must be a whole number"),
    ("windows, an array", WindowDisplay(window_index=X).plot, TypeError, "be a WindowIndex"),
    (
        "history, unfitted",
        lambda: HistoryDisplay.from_estimator(LSTMForecaster()),
        ValueError,
        "which is not fitted",
    ),
    (
        "history, a windower",
        lambda: HistoryDisplay.from_estimator(SequenceWindower().fit(TABLE)),
        ValueError,
        "estimator must be a fitted LSTMClassifier",
    ),
    (
        "history, no estimators",
        lambda: HistoryDisplay.from_cv_results({"test_score": [1.0]}),
        ValueError,
        "return_estimator=True",
    ),
    ("history, a log", HistoryDisplay(histories={"a": LOGS}, logs=["mae"]).plot, ValueError, "mae"),
    ("history, a frame", HistoryDisplay(histories=LOGS).plot, TypeError, "a dict of DataFrames"),
    ("search, unfitted", lambda: SearchDisplay.from_estimator(Y), TypeError, "a fitted search"),
    ("search, three", shown_search(), ValueError, "differ in 3 parameters"),
    ("search, too many", shown_search(params=list("abc")), ValueError, "one or two parameters"),
    ("search, ambiguous", shown_search(params="units"), ValueError, "is not the only parameter"),
    ("search, a score", shown_search(score="f1"), ValueError, "score must be one of ['score']"),
    (
        "search, failed",
        shown_search(params="window", results={"mean_test_score": [np.nan] * 2}),
        ValueError,
        "all fits failed",
    ),
    ("backtest, an array", shown_backtest(Y), TypeError, "table must be the DataFrame"),
    ("backtest, other columns", shown_backtest(LOGS), ValueError, "no columns ['model'"),
    ("backtest, a metric", shown_backtest(metric="rmse"), ValueError, "one of the columns ['mae']"),
    ("backtest, a panel", shown_backtest(panels=["width"]), ValueError, "['lead', 'fold']"),
    ("labels, fewer", shown_labels(("a",)), ValueError, "y_true has 1 steps, but y_pred has 2"),
    ("labels, 2D", shown_labels(y_pred=[["a"], ["b"]]), ValueError, "got shape (2, 1)"),
    ("labels, none", shown_labels((), ()), ValueError, "holds no label"),
    ("labels, classes", shown_labels(proba=np.ones((2, 3)) / 3), ValueError, "(2, 2) is expected"),
    ("labels, text index", shown_labels(index=["x", "y"]), TypeError, "dates or numbers; got 'x'"),
    (
        "labels, two series",
        shown_labels(list("abab"), list("abab"), index=TWO_STATIONS),
        ValueError,
        "rows of one series by rows=",
    ),
    (
        "forecast, fewer axes",
        lambda: ForecastDisplay.from_predictions(TABLE["v"], ax=[]),
        ValueError,
        "1 series need as many axes; got 0",
    ),
    (
        "forecast, no axes",
        lambda: ForecastDisplay.from_predictions(TABLE["v"], ax="left"),
        TypeError,
        "ax must be a matplotlib Axes",
    ),
]


LAGS = pd.DataFrame(X[:, :, 0], columns=[f"lag_{lag}" for lag in range(1, 6)])


def of_lags(model, table=LAGS):
    """Fit on columns of lags, as other libraries lay them out."""
    return lambda: model.fit(table, Y)


SEQUENCES = [
    ("lags, newest first", of_lags(LSTMForecaster(**SMALL)), UserWarning, "time backwards"),
    ("To3D, lags", of_lags(To3D()), UserWarning, "Say To3D(order='newest_first')"),
    (
        "To3D, lags the other way",
        of_lags(To3D(order="newest_first"), LAGS[LAGS.columns[::-1]]),
        UserWarning,
        "Say To3D(order='oldest_first')",
    ),
    (
        "lags and a price",
        of_lags(To3D(order="newest_first"), LAGS.assign(price=1.0)),
        UserWarning,
        "so does 'price'",
    ),
    ("To3D, a panel", of_lags(To3D(), X), ValueError, "need layout='channels_first'"),
    ("To3D, order", of_lags(To3D(order="newest")), ValueError, "'order' parameter"),
    (
        "To3D, channels",
        of_lags(To3D("channels_first", n_features=3), X),
        ValueError,
        "5 channels of 2 steps, so n_features=3",
    ),
]

ROWS = [*WEIGHTS, *TARGETS, *PARAMETERS, *VALIDATION, *FILES, *DISPLAYS, *SEQUENCES]
