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

FRAME = panel()
TIMES = FRAME.index.get_level_values("time")


@pytest.mark.parametrize(
    "params",
    [{}, {"n_splits": 3, "test_size": 7}, {"gap": 4}, {"max_train_size": 11, "test_size": 5}],
)
def test_the_dates_are_those_of_scikit_learn_over_moments(params):
    moments = TIMES.unique().sort_values()
    shuffled = FRAME.sample(frac=1, random_state=0)
    for frame in (FRAME, shuffled, FRAME.sort_index(level="place")):
        times = frame.index.get_level_values("time")
        folds = PanelTimeSeriesSplit(**params).split(frame)
        expected = TimeSeriesSplit(**params).split(moments)
        for (train, test), (train_moments, test_moments) in zip(folds, expected, strict=True):
            assert_array_equal(train, np.flatnonzero(times.isin(moments[train_moments])))
            assert_array_equal(test, np.flatnonzero(times.isin(moments[test_moments])))


def test_tests_may_overlap():
    cv = PanelTimeSeriesSplit(n_splits=4, test_size=18, step=6)
    begins = [TIMES[test[0]] for _, test in cv.split(FRAME)]
    assert np.diff(begins).tolist() == [pd.Timedelta("6h")] * 3
    assert cv.get_n_splits() == 4


def test_the_time_is_found_or_asked_for():
    column = FRAME.reset_index()
    expected = list(PanelTimeSeriesSplit(2).split(FRAME))
    for given in (
        PanelTimeSeriesSplit(2, time="time").split(column),
        PanelTimeSeriesSplit(2, time="time").split(FRAME),
        PanelTimeSeriesSplit(2).split(np.zeros((len(FRAME), 1)), groups=TIMES),
        PanelTimeSeriesSplit(2).split(FRAME.droplevel("place")),
    ):
        for one, two in zip(given, expected, strict=True):
            assert_array_equal(one[0], two[0])
            assert_array_equal(one[1], two[1])
    with pytest.raises(ValueError, match="read from the index of a DataFrame; got ndarray"):
        next(PanelTimeSeriesSplit().split(np.zeros((30, 1))))
    with pytest.raises(ValueError, match="'hours' is neither a level of the index"):
        next(PanelTimeSeriesSplit(time="hours").split(FRAME))
    twice = FRAME.set_index(pd.DatetimeIndex(TIMES, name="again"), append=True)
    with pytest.raises(ValueError, match="2 levels of the index"):
        next(PanelTimeSeriesSplit().split(twice))


def test_too_few_moments():
    with pytest.raises(ValueError, match="60 moments are too few for n_splits=4"):
        next(PanelTimeSeriesSplit(4, test_size=15).split(FRAME))


def test_it_is_a_cv_of_scikit_learn():
    model = make_pipeline(
        SequenceWindower(4, lead=1, by="place", freq="h"),
        LSTMForecaster(horizon=3, epochs=1, units=2, random_state=0),
    )
    scores = cross_val_score(model, FRAME, FRAME["temp"], cv=PanelTimeSeriesSplit(3))
    assert np.isfinite(scores).all()


@pytest.mark.parametrize("params", [{"n_splits": 0}, {"gap": -1}, {"step": 0}])
def test_parameters_are_checked(params):
    with pytest.raises(ValueError, match="PanelTimeSeriesSplit"):
        PanelTimeSeriesSplit(**params)
