"""Splits of panels."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from sklearn.model_selection import TimeSeriesSplit, cross_val_score
from sklearn.pipeline import make_pipeline

from sklstm import LSTMForecaster, PanelTimeSeriesSplit, SequenceWindower
from tests.estimators.test_horizon import panel

PANEL = panel()
TIMES = PANEL.index.get_level_values("time")


@pytest.mark.parametrize(
    "params",
    [{}, {"n_splits": 3, "test_size": 7}, {"gap": 4}, {"max_train_size": 11, "test_size": 5}],
)
def test_the_timestamps_are_those_that_scikit_learn_splits(params):
    timestamps = TIMES.unique().sort_values()
    shuffled = PANEL.sample(frac=1, random_state=0)
    for table in (PANEL, shuffled, PANEL.sort_index(level="place")):
        times = table.index.get_level_values("time")
        folds = PanelTimeSeriesSplit(**params).split(table)
        expected = TimeSeriesSplit(**params).split(timestamps)
        for (train, test), (train_ranks, test_ranks) in zip(folds, expected, strict=True):
            assert_array_equal(train, np.flatnonzero(times.isin(timestamps[train_ranks])))
            assert_array_equal(test, np.flatnonzero(times.isin(timestamps[test_ranks])))


def test_test_parts_may_overlap():
    cv = PanelTimeSeriesSplit(n_splits=4, test_size=18, step=6)
    starts = [TIMES[test[0]] for _, test in cv.split(PANEL)]
    assert np.diff(starts).tolist() == [pd.Timedelta("6h")] * 3
    assert cv.get_n_splits() == 4


def test_the_time_is_found_or_named():
    column = PANEL.reset_index()
    expected = list(PanelTimeSeriesSplit(2).split(PANEL))
    for given in (
        PanelTimeSeriesSplit(2, time="time").split(column),
        PanelTimeSeriesSplit(2, time="time").split(PANEL),
        PanelTimeSeriesSplit(2).split(np.zeros((len(PANEL), 1)), groups=TIMES),
        PanelTimeSeriesSplit(2).split(PANEL.droplevel("place")),
    ):
        for one, two in zip(given, expected, strict=True):
            assert_array_equal(one[0], two[0])
            assert_array_equal(one[1], two[1])
    with pytest.raises(ValueError, match="read from the index of a DataFrame; got ndarray"):
        next(PanelTimeSeriesSplit().split(np.zeros((30, 1))))
    with pytest.raises(ValueError, match="'hours' is neither a level of the index"):
        next(PanelTimeSeriesSplit(time="hours").split(PANEL))
    twice = PANEL.set_index(pd.DatetimeIndex(TIMES, name="again"), append=True)
    with pytest.raises(ValueError, match="2 levels of the index"):
        next(PanelTimeSeriesSplit().split(twice))


def test_too_few_timestamps():
    with pytest.raises(ValueError, match="60 timestamps are too few for n_splits=4"):
        next(PanelTimeSeriesSplit(4, test_size=15).split(PANEL))


def test_it_works_as_cv_of_scikit_learn():
    model = make_pipeline(
        SequenceWindower(4, lead=1, by="place", freq="h"),
        LSTMForecaster(plain=True, horizon=3, epochs=1, units=2, random_state=0),
    )
    scores = cross_val_score(model, PANEL, PANEL["temp"], cv=PanelTimeSeriesSplit(3))
    assert np.isfinite(scores).all()


@pytest.mark.parametrize("params", [{"n_splits": 0}, {"gap": -1}, {"step": 0}])
def test_parameters_are_checked(params):
    with pytest.raises(ValueError, match="PanelTimeSeriesSplit"):
        PanelTimeSeriesSplit(**params)
