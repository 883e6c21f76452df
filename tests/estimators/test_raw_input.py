"""Tests of what users give to the estimators: masks, dates, other indexes, too large numbers."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import make_pipeline

from sklstm import LSTMClassifier, LSTMForecaster, SequenceWindower, To3D
from sklstm.model_selection import PanelTimeSeriesSplit

SMALL = {"units": 2, "epochs": 1, "plain": True, "random_state": 0}
RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 5, 2))
Y = np.arange(40.0)
HOURS = pd.date_range("2026-01-01", periods=300, freq="h")
TABLE = pd.DataFrame({"v": np.sin(np.arange(300) / 4)}, index=HOURS)


def forecaster(**params):
    return LSTMForecaster(**(SMALL | params))


def classifier(**params):
    return LSTMClassifier(**(SMALL | params))


def pipeline(lead=1, by=None, time=None):
    return make_pipeline(SequenceWindower(4, lead=lead, by=by, time=time), forecaster())


# ----------------------------------------------------------------------------- the index of y


PANEL = pd.concat({k: TABLE[:100] for k in "abc"}, names=["site", "time"]).swaplevel().sort_index()


@pytest.mark.parametrize(
    ("table", "y"),
    [
        (TABLE, TABLE["v"].sample(frac=1, random_state=0)),
        (TABLE, TABLE["v"].shift(1, freq="h")),
        (TABLE.tz_localize("UTC"), TABLE["v"].tz_localize("Europe/Berlin")),
        (TABLE.set_axis(np.arange(300)), pd.Series(TABLE["v"].to_numpy(), np.arange(300)[::-1])),
        (TABLE, TABLE[["v"]].sample(frac=1, random_state=0)),
    ],
    ids=["shuffled", "shifted", "another zone", "integers", "frame"],
)
def test_a_y_of_other_rows_is_reported(table, y):
    with pytest.warns(
        UserWarning, match=r"y has another index than X.* rows they differ, first in"
    ):
        pipeline().fit(table, y)
    pipeline().fit(table, y.to_numpy())
    pipeline().fit(table, y.sort_index() if len(y.index.difference(table.index)) == 0 else table)


def test_a_y_of_other_rows_of_a_panel_is_reported():
    pipeline(by="site").fit(PANEL, PANEL["v"])
    with pytest.warns(UserWarning, match="y has another index than X"):
        pipeline(by="site").fit(PANEL, PANEL["v"].sort_index(ascending=False))


def test_a_y_without_an_index_of_rows_is_taken_in_order():
    values = TABLE["v"].to_numpy()
    other = pd.Series(values, index=np.arange(300) + 7)
    for table, y in (
        (TABLE, TABLE["v"].reset_index(drop=True)), (TABLE.to_numpy(), TABLE["v"]), (TABLE, other),
        (TABLE.tz_localize("UTC").tz_convert("Asia/Tokyo"), TABLE["v"].tz_localize("UTC")),
        (TABLE.set_axis(np.arange(300) + 5), TABLE["v"].reset_index(drop=True)),
    ):  # fmt: skip
        pipeline().fit(table, y)
    by_column = TABLE.reset_index(names="at").set_index(np.arange(300) + 5)
    pipeline(time="at").fit(by_column, by_column["v"].to_numpy())
    pipeline(time="at").fit(by_column, TABLE["v"].shift(1, freq="h"))
    windows = SequenceWindower(4, lead=1).fit_transform(TABLE)
    forecaster().fit(windows[50:], TABLE["v"][50:])


# ----------------------------------------------------------------------------------- missing y


def with_missing(values, missing):
    y = np.array(values, dtype=object)
    y[3] = missing
    return y


@pytest.mark.parametrize("missing", [None, np.nan, pd.NA], ids=str)
def test_missing_targets_of_objects_are_refused(missing):
    for model, values in ((forecaster(), Y), (classifier(), ["a", "b"] * 20)):
        y = with_missing(values, missing)
        for given in (y, pd.Series(y)):
            with pytest.raises(ValueError, match="Input y contains NaN or None, first in row 3"):
                model.fit(X, given)
    with pytest.raises(ValueError, match="Input y contains NaN or None, first in row 3"):
        classifier().fit(X, pd.Series(with_missing(["a", "b"] * 20, None), dtype="string"))
    with pytest.raises(ValueError, match="Input y contains NaN or None, first in row 3"):
        forecaster().fit(X, pd.Series(with_missing(range(40), None), dtype="Int64"))


def test_objects_that_are_numbers_are_numbers():
    one, two = forecaster().fit(X, Y.astype(object)), forecaster().fit(X, Y)
    assert (one.predict(X) == two.predict(X)).all()


def test_masked_targets_are_missing():
    with pytest.raises(ValueError, match="Input y contains NaN"):
        forecaster().fit(X, np.ma.masked_greater(Y, 30))
    with pytest.raises(ValueError, match="Input y contains NaN or None, first in row 31"):
        classifier().fit(X, np.ma.array(np.arange(40) % 2, mask=np.arange(40) > 30))
    model = classifier(return_sequences=True)
    windows = SequenceWindower(4).fit_transform(TABLE)
    labels = np.arange(300) // 10 % 2
    model.fit(windows, np.ma.array(labels, mask=labels.cumsum() % 7 == 0))
    assert model.classes_.tolist() == [0, 1]


# ------------------------------------------------------------------------------ dates and masks


def test_dates_are_no_numbers():
    dates = HOURS[:40].to_numpy()
    for y in (dates, pd.Series(HOURS[:40]), np.array(list(HOURS[:40]), dtype=object)):
        with pytest.raises(ValueError, match="y holds dates or times and no numbers"):
            forecaster().fit(X, y)
    for table in (np.tile(dates[:, None, None], (1, 5, 2)), np.tile(dates[:, None], (1, 5))):
        with pytest.raises(ValueError, match="X holds dates or times and no numbers"):
            forecaster().fit(table, Y)


def test_masked_steps_are_missing_steps():
    mask = np.zeros(X.shape, dtype=bool)
    mask[:, :2] = True
    filled = np.where(mask, np.nan, X)
    one = forecaster().fit(np.ma.array(X, mask=mask), Y)
    assert (one.predict(filled) == forecaster().fit(filled, Y).predict(filled)).all()
    with pytest.raises(ValueError, match="some features are NaN and others are not"):
        forecaster().fit(np.ma.masked_greater(X, 1.0), Y)


def test_timestamps_of_a_panel_are_given():
    for missing in (pd.NaT, np.nan, None):
        groups = with_missing(list(range(40)), missing)
        with pytest.raises(ValueError, match="timestamp of row 3 is missing"):
            list(PanelTimeSeriesSplit(2).split(np.zeros(40), groups=groups))
    holes = TABLE.set_axis(HOURS.where(np.arange(300) != 5))
    with pytest.raises(ValueError, match="timestamp of row 5 is missing"):
        list(PanelTimeSeriesSplit(2).split(holes))


# -------------------------------------------------------------------------------- large numbers


@pytest.mark.parametrize("size", [1e39, 1e300, -1e39])
@pytest.mark.parametrize("plain", [True, False])
def test_numbers_beyond_32_bits_are_refused_at_predict(size, plain):
    large = X.copy()
    large[7, 2, 1] = size
    for model, y in ((forecaster(plain=plain), Y), (classifier(plain=plain), X[:, -1, 0] > 0)):
        model.fit(X, y)
        with pytest.raises(ValueError, match=r"X holds .*e\+\d+ in feature 1, which is beyond"):
            model.predict(large)
    with pytest.raises(ValueError, match="beyond what a network can read"):
        pipeline().fit(TABLE, TABLE["v"]).predict(TABLE.assign(v=size))


def test_numbers_that_overflow_in_the_network_are_refused():
    model = classifier(plain=False).fit(X, X[:, -1, 0] > 0)
    # The differences of such numbers are infinite in 32 bits.
    with pytest.raises(ValueError, match="outputs of the network are not finite"):
        model.predict_proba(X * (3e38 / np.abs(X).max()))


def test_numbers_that_cannot_be_standardised_are_refused():
    with pytest.raises(ValueError, match="X holds values in feature 0 that are too large"):
        forecaster().fit(X * 1e300, Y)
    with pytest.raises(ValueError, match="y holds values that are too large"):
        forecaster().fit(X, Y * 1e300)


# ------------------------------------------------------------------------------------- messages


def test_sequences_without_steps_or_features():
    model = forecaster().fit(X, Y)
    for empty, what in ((X[:, :, :0], r"0 feature\(s\)"), (X[:, :0], r"0 step\(s\)")):
        message = rf"Found array with {what} \(shape=.*LSTM\w+: sequences are"
        for fails in (
            lambda empty=empty: forecaster().fit(empty, Y),
            lambda empty=empty: classifier().fit(empty, np.arange(40) % 2),
            lambda empty=empty: model.predict(empty),
        ):
            with pytest.raises(ValueError, match=message):
                fails()


def test_a_series_is_no_table_of_sequences():
    for model in (forecaster(), pipeline()):
        with pytest.raises(ValueError, match=r"X is a Series.*to_frame"):
            model.fit(TABLE["v"], TABLE["v"])


def test_the_base_class_is_not_named():
    model = forecaster().fit(X, Y)
    for fails in (
        lambda: forecaster().fit(X), lambda: forecaster().fit(X, Y, weight=Y),
        lambda: forecaster().partial_fit(X), lambda: model.stream(how=1),
        lambda: model.keras_inputs(),
    ):  # fmt: skip
        with pytest.raises(TypeError) as refused:
            fails()
        assert "Base" not in str(refused.value)


# ----------------------------------------------------------------------------- names of lags


@pytest.mark.parametrize("make", [forecaster, classifier])
def test_columns_of_lags_are_read_in_the_order_of_their_names(make):
    newest_first = pd.DataFrame(X[:, ::-1, 0], columns=[f"lag{lag}" for lag in range(1, 6)])
    y = (Y > 20).astype(int)
    oldest_first = newest_first[newest_first.columns[::-1]]
    expected = make().fit(oldest_first, y).predict(oldest_first)
    with pytest.warns(UserWarning, match="time backwards"):
        make().fit(newest_first, y)
    turned = make_pipeline(To3D(order="newest_first"), make()).fit(newest_first, y)
    np.testing.assert_allclose(turned.predict(newest_first), expected)
    # Rows of one series are no lags.
    make(stateful=True).fit(newest_first, y)
