"""Bad inputs to the windower, the clock, the past of the target, and the validation of y."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from datetime import date, timedelta

import numpy as np
import pandas as pd
from sklearn.pipeline import make_pipeline

from sklstm import (
    KMeansLabeler,
    LSTMClassifier,
    LSTMForecaster,
    Padder,
    SequenceWindower,
    To3D,
    forecast,
)
from sklstm.model_selection import PanelTimeSeriesSplit

SMALL = {"units": 2, "epochs": 1, "plain": True, "random_state": 0}
RNG = np.random.default_rng(0)
HOURS = pd.date_range("2026-01-01", periods=200, freq="h")
TABLE = pd.DataFrame({"v": np.sin(np.arange(200) / 4), "w": RNG.normal(size=200)}, index=HOURS)
SEQUENCES = RNG.normal(size=(40, 5, 2))
VALUES = np.arange(40.0)
LABELS = np.arange(40) % 2


def indexed(labels, n=None):
    """A table of one column on some labels."""
    labels = labels if isinstance(labels, pd.Index) else pd.Index(labels)
    return pd.DataFrame({"v": np.arange(float(len(labels) if n is None else n))}, index=labels)


def slipped(by, row=150, *, only=False):
    values = HOURS.to_numpy().copy()
    values[row : row + 1 if only else None] += np.timedelta64(by, "m")
    return indexed(pd.DatetimeIndex(values))


def drawn(n, of, index=None):
    rows = np.sort(np.random.default_rng(0).choice(of, n, replace=False))
    return indexed(rows if index is None else index(rows))


def windower(X, **params):
    """Fit a windower."""
    return lambda: SequenceWindower(**({"window": 4} | params)).fit(X)


def fit(X, y, *, table=False, classify=False, **params):
    """Fit a model, on windows if X is a table."""
    model = (LSTMClassifier if classify else LSTMForecaster)(**(SMALL | params))
    if table:
        model = make_pipeline(SequenceWindower(4, lead=1), model)
    return lambda: model.fit(X, y)


def predict(X, bad, y=VALUES, *, table=False, classify=False, **params):
    """Fit on good data and predict on bad."""
    return lambda: fit(X, y, table=table, classify=classify, **params)().predict(bad)


def with_missing(values, missing):
    y = np.array(values, dtype=object)
    y[3] = missing
    return y


def far_row():
    return SequenceWindower(12, lead=1).fit(TABLE[:100]).transform(TABLE[150:151])


def weekend():
    X = indexed(pd.DatetimeIndex(list(pd.bdate_range("2025-01-01", periods=60))))
    return forecast(fit(X, X["v"], table=True, horizon=5)(), X)


def of_text():
    X = indexed([f"n{k:03d}" for k in range(60)])
    return forecast(fit(X, X["v"], table=True)(), X)


def unseen_series():
    X = TABLE[["w"]].assign(site=np.arange(200) // 100)
    model = make_pipeline(
        SequenceWindower(4, lead=1, by="site"), LSTMForecaster(normalize_y="series", **SMALL)
    )
    return model.fit(X, TABLE["v"]).predict(X.assign(site=7))


def split(groups):
    return lambda: list(PanelTimeSeriesSplit(2).split(np.zeros(len(groups)), groups=groups))


TEXT_DATES = HOURS[:60].strftime("%Y-%m-%d %H:%M")
DAYS = np.arange("2025-01-01", "2025-02-10", dtype="datetime64[D]")
UNNAMED = pd.concat({"x": TABLE, "y": TABLE})
LARGE = SEQUENCES.copy()
LARGE[7, 2, 1] = 1e39

ROWS = [
    # The clock.
    ("one slip", windower(slipped(10)), UserWarning, "2026-01-07 06:10:00 is the first label off"),
    ("late row", windower(slipped(10, only=True)), UserWarning, "taken for the nearest step"),
    ("early row", windower(slipped(-10, only=True)), UserWarning, "freq='rows'"),
    ("half hour", windower(slipped(30)), UserWarning, "Nearly all labels of X are 'h' apart"),
    ("twin readings", windower(indexed(HOURS.insert(5, HOURS[4] + timedelta(minutes=10)))),
     UserWarning, "mostly empty"),
    ("a jump to 1970", windower(indexed((HOURS[:9] - timedelta(days=20_000)).append(HOURS))),
     UserWarning, "9 of the"),
    ("a jump to 2099", windower(indexed(HOURS.append(HOURS[:3] + timedelta(days=27_000)))),
     UserWarning, "stamped far away from all others"),
    ("random minutes", windower(drawn(300, 3000, lambda m: HOURS[0] + pd.to_timedelta(m, "min"))),
     UserWarning, "taken to be 'min'"),
    ("drawn rows", windower(drawn(100, 1000)), UserWarning, "confirm it with freq=1"),
    ("freq back", windower(TABLE, freq="-1h"), ValueError, "no step forward in time"),
    ("freq back, offset", windower(TABLE, freq=pd.offsets.Day(-1)), ValueError, "positive step"),
    ("freq of nothing", windower(TABLE, freq=timedelta(0)), ValueError, "no step forward"),
    ("integer freq back", windower(indexed(range(9)), freq=-1), ValueError, "'freq' parameter"),
    ("text dates, index", windower(indexed(TEXT_DATES)), ValueError, "reads as dates, first"),
    ("text dates, column", windower(indexed(range(60)).assign(at=TEXT_DATES), time="at"),
     ValueError, "pandas.to_datetime"),
    ("German dates", windower(indexed(HOURS[::24].strftime("%d.%m.%Y"))), ValueError,
     "parse_dates"),
    ("dates as numbers", windower(indexed(pd.date_range("2025", periods=60).strftime("%Y%m%d")
     .astype(int))), UserWarning, "whole numbers that read as dates"),
    ("months as numbers", windower(indexed(pd.period_range("2025-01", periods=30, freq="M")
     .strftime("%Y%m").astype(int))), UserWarning, "format='%Y%m%d'"),
    ("mixed objects", windower(indexed([1, date(2026, 1, 1)] * 6)), ValueError, "put in order"),
    ("missing label", windower(indexed(HOURS[:9].insert(3, pd.NaT))), ValueError, "label of row 3"),
    ("twice", windower(pd.concat([TABLE, TABLE])), ValueError, "occurs more than once"),
    ("freq of an array", windower(TABLE.to_numpy(), freq="h"), ValueError, "X has no labels"),
    ("weekends", weekend, UserWarning, "holds Saturday and Sunday"),
    ("text goes on", of_text, ValueError, "without a regular step"),
    ("far row", far_row, UserWarning, "rows of X have no past"),
    # Tables.
    ("Series", windower(TABLE["v"]), ValueError, "X.to_frame()"),
    ("unnamed levels", windower(UNNAMED), ValueError, "levels without names"),
    ("unnamed levels, swapped", windower(UNNAMED.swaplevel()), ValueError, "set_names"),
    ("text date column", windower(TABLE.assign(at=HOURS.strftime("%Y-%m-%d"))), ValueError,
     "time='at'"),
    ("text column", windower(TABLE.assign(at="warm")), ValueError, "encode it"),
    ("date column", windower(TABLE.assign(at=HOURS)), ValueError, "holds dates or times"),
    ("column in the index", windower(TABLE.drop_duplicates("w").set_index("w")), ValueError,
     "by accident"),
    ("numbers twice in the index", windower(TABLE.assign(k=np.arange(200) // 2).set_index("k")),
     ValueError, "X.reset_index()"),
    ("dates in an array", windower(DAYS[:, None]), ValueError, "X holds dates or times"),
    ("timedeltas in an array", windower((DAYS - DAYS[0])[:, None]), ValueError, "dates or times"),
    ("Timestamps as objects", windower(np.array([[t] for t in HOURS], dtype=object)), ValueError,
     "X holds dates or times"),
    ("dates to reshape", lambda: To3D().fit(np.tile(DAYS[:, None], (1, 4))), ValueError,
     "X holds dates or times"),
    ("dates to label", lambda: KMeansLabeler(2).fit(DAYS[:, None]), ValueError, "dates or times"),
    ("dates to pad", lambda: Padder().fit([DAYS[:3, None]]), ValueError, "must be numbers"),
    ("masked to label", lambda: KMeansLabeler(2).fit(np.ma.masked_equal(np.eye(4), 1)), ValueError,
     "contains NaN"),
    # Sequences and targets.
    ("no features", fit(SEQUENCES[:, :, :0], VALUES), ValueError, "0 feature(s)"),
    ("no steps", fit(SEQUENCES[:, :0], VALUES), ValueError, "0 step(s)"),
    ("no steps at predict", predict(SEQUENCES, SEQUENCES[:, :0]), ValueError, "0 step(s)"),
    ("dates as sequences", fit(np.tile(DAYS[:, None, None], (1, 5, 2)), VALUES), ValueError,
     "X holds dates or times"),
    ("partly masked steps", fit(np.ma.masked_greater(SEQUENCES, 1.0), VALUES), ValueError,
     "some features are NaN"),
    ("masked y", fit(SEQUENCES, np.ma.masked_greater(VALUES, 30)), ValueError, "y contains NaN"),
    ("None in y", fit(SEQUENCES, with_missing(VALUES, None)), ValueError, "NaN or None"),
    ("None among labels", fit(SEQUENCES, with_missing(["a", "b"] * 20, None), classify=True),
     ValueError, "first in row 3"),
    ("NA in y", fit(SEQUENCES, pd.Series(with_missing(range(40), None), dtype="Int64")), ValueError,
     "NaN or None"),
    ("dates as y", fit(SEQUENCES, HOURS[:40].to_numpy()), ValueError, "y holds dates or times"),
    ("shuffled y", fit(TABLE, TABLE["v"].sample(frac=1, random_state=0), table=True), UserWarning,
     "y has another index than X"),
    ("shifted y", fit(TABLE, TABLE["v"].shift(1, freq="h"), table=True), UserWarning,
     "y.reindex(X.index)"),
    ("y missing", lambda: LSTMForecaster(**SMALL).fit(SEQUENCES), TypeError, "argument: 'y'"),
    ("1e39 at predict", predict(SEQUENCES, LARGE), ValueError, "beyond what a network can read"),
    ("1e39 at predict, labels", predict(SEQUENCES, LARGE, LABELS, classify=True), ValueError,
     "in feature 1"),
    ("1e300 at fit", fit(SEQUENCES * 1e300, VALUES), ValueError, "too large to standardise"),
    ("1e300 in y", fit(SEQUENCES, VALUES * 1e300), ValueError, "y holds values that are too large"),
    ("NaT among groups", split([pd.NaT, *HOURS[:39]]), ValueError, "timestamp of row 0"),
    ("NaN among groups", split([np.nan, *range(39)]), ValueError, "NaT, NaN or None"),
    # Relative to what.
    ("one cycle", fit(TABLE[:50], TABLE["v"][:50], table=True, season=48), UserWarning,
     "two such cycles"),
    ("a season of noise", fit(TABLE[:50], TABLE["w"][:50], table=True, season=200), UserWarning,
     "learned by heart"),
    ("nothing to anchor on", fit(TABLE[["v"]], TABLE["w"], table=True, anchor="last"), ValueError,
     "carries the past of y"),
    ("series without a level", unseen_series, UserWarning, "has not seen the series"),
]  # fmt: skip
