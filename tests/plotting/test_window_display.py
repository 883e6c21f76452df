"""The windows that are drawn are those of the naive reference."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from sklearn.compose import TransformedTargetRegressor
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklstm import (
    ConformalForecaster,
    KMeansLabeler,
    LSTMClassifier,
    LSTMForecaster,
    PanelTimeSeriesSplit,
    SequenceWindower,
    TransformedTargetClassifier,
)
from sklstm.plotting import WindowDisplay
from tests.plotting.helpers import windows

HOURS = pd.date_range("2026-01-01", periods=26, freq="h").delete([14, 15])
TABLE = pd.DataFrame({"load": np.arange(24.0)}, index=HOURS)


def steps(cells):
    """Return the steps of the clock that bars cover."""
    found = []
    for path in cells.get_paths():
        left, right = path.vertices[:, 0].min(), path.vertices[:, 0].max()
        found += range(round(left + 0.45), round(right - 0.45) + 1)
    return found


def hours_of(cells, table=TABLE):
    return list(table.index[0] + pd.to_timedelta(steps(cells), "h"))


def test_the_rows_of_each_window_are_drawn():
    windower = SequenceWindower(window=6, lead=2)
    rows = [8, 13, 15, 23]
    display = WindowDisplay.from_estimator(windower, TABLE, rows=rows, horizon=3)
    values = np.asarray(windower.fit_transform(TABLE))
    for row, window, missing, targets in zip(
        rows, display.windows_, display.missing_, display.targets_, strict=True
    ):
        end = HOURS[row] - pd.Timedelta(hours=2)
        every = pd.date_range(end=end, periods=6, freq="h")
        assert hours_of(window) == [hour for hour in every if hour in HOURS]
        assert hours_of(missing) == [hour for hour in every if hour not in HOURS]
        assert hours_of(targets) == list(pd.date_range(HOURS[row], periods=3, freq="h"))
        assert len(steps(missing)) == np.isnan(values[row]).sum()
    texts = [text.get_text().strip() for text in display.ax_.texts]
    assert {"window=6", "lead=2, horizon=3"} <= set(texts)
    names = [tick.get_text() for tick in display.ax_.get_yticklabels()]
    assert names == ["X", *(f"row {row}" for row in rows)]


def test_rows_are_chosen_that_show_the_gap():
    display = WindowDisplay.from_estimator(SequenceWindower(window=6, lead=1), TABLE)
    assert any(steps(missing) for missing in display.missing_)
    assert len(display.windows_) == 4
    plain = WindowDisplay(window_index=windows(20).window_index).plot()
    assert [len(steps(window)) for window in plain.windows_] == [3] * 4


def test_the_history_is_drawn():
    fitted = SequenceWindower(window=6, lead=1).fit(TABLE[:16])
    display = WindowDisplay.from_estimator(fitted, TABLE[16:])
    (rows,), (kept,) = display.rows_, display.history_
    start = TABLE.index[0] - fitted.transform(TABLE[16:]).window_index.time[0] * pd.Timedelta("1h")
    start += HOURS[16] - TABLE.index[0]
    assert list(start + pd.to_timedelta(steps(kept), "h")) == list(HOURS[12:16])
    assert set(steps(rows)).isdisjoint(steps(kept))
    names = [tick.get_text() for tick in display.ax_.get_yticklabels()]
    assert names[1:] == [f"row {row}" for row in range(4)]


def test_folds_are_drawn():
    cv = TimeSeriesSplit(3)
    windower = SequenceWindower(window=4)
    display = WindowDisplay.from_estimator(windower, TABLE, cv=cv)
    for (train, test), (in_train, in_test) in zip(cv.split(TABLE), display.folds_, strict=True):
        assert hours_of(in_train) == list(HOURS[train])
        assert hours_of(in_test) == list(HOURS[test])


def test_windows_of_a_panel_stay_within_their_series():
    panel = pd.concat({"a": TABLE[:20], "b": TABLE[4:] + 100}, names=["shop", "time"]).swaplevel()
    panel = panel.sort_index()
    windower = SequenceWindower(window=3, by="shop")
    rows = [list(panel.index).index((HOURS[10], shop)) for shop in "ab"]
    cv = PanelTimeSeriesSplit(2)
    display = WindowDisplay.from_estimator(windower, panel, rows=rows, cv=cv)
    assert len(display.rows_) == 2
    assert hours_of(display.rows_[1])[0] == HOURS[4]
    assert [hours_of(window) for window in display.windows_] == [list(HOURS[8:11])] * 2
    names = [tick.get_text() for tick in display.ax_.get_yticklabels()]
    assert names == ["X, a", f"row {rows[0]}", "X, b", f"row {rows[1]}", "fold 0", "fold 1"]


def test_many_steps_are_drawn_as_bars():
    index = windows(400, window=150).window_index
    display = WindowDisplay(window_index=index, rows=[399]).plot()
    assert len(display.windows_[0].get_paths()) == 1
    assert steps(display.windows_[0]) == list(range(250, 400))


FORECASTER = LSTMForecaster(horizon=5)
PIPELINE = make_pipeline(StandardScaler(), SequenceWindower(window=3, lead=1), FORECASTER)


@pytest.mark.parametrize(
    "model",
    [
        PIPELINE,
        GridSearchCV(PIPELINE, {}),
        ConformalForecaster(PIPELINE),
        TransformedTargetRegressor(PIPELINE),
        make_pipeline(SequenceWindower(window=3, lead=1, flatten=True), FORECASTER),
    ],
)
def test_the_windower_is_found_in_models(model):
    table = TABLE.set_axis(pd.date_range("2026-01-01", periods=24, freq="h"))
    display = WindowDisplay.from_estimator(model, table, rows=[10])
    assert len(steps(display.windows_[0])) == 3
    assert len(steps(display.targets_[0])) == 5
    assert display.window_index.lead == 1


def test_the_windower_is_found_in_a_classifier_of_labels():
    model = TransformedTargetClassifier(
        make_pipeline(SequenceWindower(window=3), LSTMClassifier()), transformer=KMeansLabeler()
    )
    display = WindowDisplay.from_estimator(model, TABLE, rows=[5])
    assert steps(display.windows_[0]) == [3, 4, 5]
    assert steps(display.targets_[0]) == [5]


def test_rows_without_values_are_gaps():
    table = TABLE[:14].copy()
    table.iloc[8:10] = np.nan
    display = WindowDisplay.from_estimator(SequenceWindower(window=4, lead=1), table)
    drawn = steps(display.rows_[0])
    assert drawn
    assert {8, 9}.isdisjoint(drawn)
    assert any({8, 9} & set(steps(missing)) for missing in display.missing_)


@pytest.mark.parametrize("size", [(3, 2.5), (8, 4)])
@pytest.mark.parametrize(
    "index",
    [
        pd.date_range("2020-01-31", periods=24, freq="ME"),
        pd.period_range("2020-01", periods=24, freq="M"),
        pd.date_range("2026-01-01", periods=24, freq="h", tz="Europe/Berlin"),
        pd.timedelta_range("0h", periods=24, freq="h"),
        pd.RangeIndex(1_000_000, 1_000_024),
    ],
)
def test_labels_of_the_time_do_not_collide(index, size):
    figure, ax = plt.subplots(figsize=size, layout="constrained")
    table = pd.DataFrame({"v": np.arange(24.0)}, index=index)
    WindowDisplay.from_estimator(SequenceWindower(window=4, lead=1), table, ax=ax)
    figure.draw_without_rendering()
    labels = [label for label in ax.get_xticklabels() if label.get_text()]
    assert labels
    boxes = [label.get_window_extent() for label in labels]
    assert all(a.x1 <= b.x0 for a, b in pairwise(boxes))


def test_a_long_table_with_folds_is_drawn():
    index = windows(20_000).window_index
    folds = list(TimeSeriesSplit(3).split(np.zeros(20_000)))
    display = WindowDisplay(window_index=index, folds=folds).plot()
    assert len(display.rows_[0].get_paths()) == 1
    assert 2 <= len(display.ax_.get_xticks()) <= 20
