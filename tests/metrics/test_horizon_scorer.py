"""What a scorer of multi-step forecasts takes."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from sklearn.ensemble import VotingRegressor
from sklearn.metrics import make_scorer, max_error, mean_absolute_error
from sklearn.pipeline import make_pipeline

from sklstm import ConformalForecaster, SequenceWindower, horizon_scorer
from tests.estimators.helpers import forecaster, series

TABLE, Y = series(80)


def pipeline():
    return make_pipeline(SequenceWindower(6, lead=1), forecaster(horizon=3))


@pytest.mark.parametrize("scoring", [None, max_error, mean_absolute_error, 3, ["r2"]])
def test_what_is_no_scorer_is_refused(scoring):
    with pytest.raises(ValueError, match="scoring must be the name of a regression scorer"):
        horizon_scorer(scoring)


@pytest.mark.parametrize("lead", [0, 1.5, "first"])
def test_leads_are_counted_from_one(lead):
    with pytest.raises(ValueError, match="lead counts the steps ahead from 1"):
        horizon_scorer(lead=lead)


def test_scorers_that_scikit_learn_makes():
    model = pipeline().fit(TABLE, Y)
    score = horizon_scorer(make_scorer(max_error, greater_is_better=False))(model, TABLE, Y)
    windows = model[:-1].transform(TABLE)
    errors = np.abs(model.predict(TABLE) - model[-1].actuals(windows, Y))
    assert np.isclose(score, -np.nanmax(errors))


def test_votes_on_multi_step_forecasts_are_refused():
    """It averages over the steps ahead: two forecasters of three steps predict shape (3, 2)."""
    votes = VotingRegressor([("a", pipeline()), ("b", pipeline())]).fit(TABLE, Y)
    with pytest.raises(ValueError, match=r"VotingRegressor predicts shape \(3, 2\).*n_members"):
        horizon_scorer()(votes, TABLE, Y)
    with pytest.raises(ValueError, match=r"VotingRegressor predicts shape \(3, 2\).*n_members"):
        ConformalForecaster(votes, calibration_size=20).fit(TABLE, Y)
