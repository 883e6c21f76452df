"""The scores that are drawn are those of the search."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from sklstm import SequenceWindower
from sklstm.plotting import SearchDisplay
from tests.plotting.helpers import CV_RESULTS, VALUES


def bars(display):
    """Return the points of a line and the lengths of its error bars."""
    line, _, (segments,) = display.errorbar_
    ends = np.array([segment[:, 1] for segment in segments.get_segments()])
    return line.get_xdata(), line.get_ydata(), np.ptp(ends, axis=1) / 2


def test_two_parameters_are_a_heat_map():
    display = SearchDisplay.from_cv_results(CV_RESULTS)
    assert_allclose(display.image_.get_array(), [[0.71, 0.78], [0.74, 0.81]])
    assert display.text_[1, 0].get_text() == "0.74\n± 0.03"
    assert display.best_.get_xy() == (0.5, 0.5)
    assert (display.ax_.get_ylabel(), display.ax_.get_xlabel()) == ("units", "window")
    assert [tick.get_text() for tick in display.ax_.get_xticklabels()] == ["12", "24"]
    turned = SearchDisplay.from_cv_results(CV_RESULTS, params=["window", "units"])
    assert_allclose(turned.image_.get_array(), display.image_.get_array().T)


def test_one_parameter_is_a_line_of_the_best():
    display = SearchDisplay.from_cv_results(CV_RESULTS, params="window")
    x, mean, std = bars(display)
    assert_allclose(x, [12, 24])
    assert_allclose(mean, [0.74, 0.81])
    assert_allclose(std, [0.03, 0.04])
    assert_allclose(display.best_.get_xydata(), [[24, 0.81]])


def test_errors_are_negated_scores():
    results = CV_RESULTS | {"mean_test_score": -np.array(CV_RESULTS["mean_test_score"])}
    display = SearchDisplay.from_cv_results(
        results, params="units", negate_score=True, score_name="neg_mean_absolute_error"
    )
    _, mean, _ = bars(display)
    assert_allclose(mean, [0.71, 0.74])
    assert_allclose(display.best_.get_xydata(), [[8, 0.71]])
    assert display.ax_.get_ylabel() == "mean absolute error"


def test_values_that_are_no_numbers_stand_side_by_side():
    results = CV_RESULTS | {"param_units": [(8, 8), (8, 8), "auto", None]}
    display = SearchDisplay.from_cv_results(results, params="units")
    ticks = [tick.get_text() for tick in display.ax_.get_xticklabels()]
    assert sorted(ticks) == ["(8, 8)", "None", "auto"]
    x, mean, _ = bars(display)
    assert_allclose(x, [0, 1, 2])
    assert mean[ticks.index("(8, 8)")] == 0.78


def test_failed_fits_stay_empty():
    results = CV_RESULTS | {"mean_test_score": [0.7, np.nan, 0.8, 0.6]}
    display = SearchDisplay.from_cv_results(results)
    assert display.text_[0, 1] is None
    assert display.best_.get_xy() == (-0.5, 0.5)


def test_parameters_of_several_grids():
    results = CV_RESULTS | {"param_units": np.ma.masked_equal([8, 8, 0, 0], 0).astype(object)}
    display = SearchDisplay.from_cv_results(results)
    ticks = [tick.get_text() for tick in display.ax_.get_yticklabels()]
    assert sorted(ticks) == ["8", "not set"]


def test_close_scores_can_be_told_apart():
    results = CV_RESULTS | {"mean_test_score": [0.9001, 0.9002, 0.9003, 0.9004]}
    texts = {text.get_text() for text in SearchDisplay.from_cv_results(results).text_.flat}
    assert len(texts) == 4
    assert "0.90010\n± 0.02" in texts
    many = {
        "param_a": np.repeat(np.arange(15), 2),
        "param_b": np.tile([1, 2], 15),
        "mean_test_score": np.arange(30.0),
        "std_test_score": np.ones(30),
    }
    display = SearchDisplay.from_cv_results(many)
    assert all(text is None for text in display.text_.flat)


def test_the_last_iteration_of_a_halving_search_counts():
    results = {
        "iter": [0, 0, 1],
        "param_units": [8, 32, 32],
        "mean_test_score": [0.9, 0.95, 0.5],
        "std_test_score": [0.0, 0.0, 0.0],
    }
    x, mean, _ = bars(SearchDisplay.from_cv_results(results))
    assert_allclose(x, [8, 32])
    assert_allclose(mean, [0.9, 0.5])


def test_a_search_is_drawn():
    model = make_pipeline(SequenceWindower(window=2, lead=1, flatten=True), FillRidge())
    search = GridSearchCV(model, {"sequencewindower__window": [1, 2, 4]}, cv=3)
    search.fit(VALUES.to_frame(), VALUES)
    display = SearchDisplay.from_estimator(search)
    x, mean, std = bars(display)
    assert_allclose(x, [1, 2, 4])
    assert_allclose(mean, search.cv_results_["mean_test_score"])
    assert_allclose(std, search.cv_results_["std_test_score"])
    assert_allclose(
        pd.Series(search.cv_results_["mean_test_score"]).max(), display.best_.get_ydata()
    )
    with pytest.raises(ValueError, match="no parameter of the search of that name"):
        SearchDisplay.from_estimator(search, params="alpha")


class FillRidge(Ridge):
    """Ridge that reads a missing lag as 0."""

    def fit(self, X, y):
        return super().fit(np.nan_to_num(X), y)

    def predict(self, X):
        return super().predict(np.nan_to_num(X))

    def score(self, X, y):
        return super().score(np.nan_to_num(X), y)
