"""A body that raises leaves no trace."""

import pytest
from sklearn.base import BaseEstimator

from sklstm.utils._all_or_nothing import all_or_nothing


class Estimator(BaseEstimator):
    def __init__(self, width=1):
        self.width = width


def test_changes_stay_if_the_body_does_not_raise():
    estimator = Estimator()
    with all_or_nothing(estimator):
        estimator.mean_ = 3
    assert vars(estimator) == {"width": 1, "mean_": 3}


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_added_changed_and_deleted_attributes_are_restored(error):
    estimator = Estimator()
    estimator.mean_ = mean = [1.0]
    estimator.scale_ = 2.0

    def fit():
        with all_or_nothing(estimator):
            estimator.mean_ = [5.0]
            estimator.new_ = 1
            del estimator.scale_
            raise error("half-way")

    with pytest.raises(error, match="half-way"):
        fit()
    assert vars(estimator) == {"width": 1, "mean_": [1.0], "scale_": 2.0}
    assert estimator.mean_ is mean


def test_an_unfitted_estimator_stays_unfitted():
    estimator = Estimator()

    def fit():
        with all_or_nothing(estimator):
            estimator.n_features_in_ = 4
            raise ValueError("half-way")

    with pytest.raises(ValueError, match="half-way"):
        fit()
    assert not hasattr(estimator, "n_features_in_")


def test_failures_nest():
    estimator = Estimator()

    def inner():
        with all_or_nothing(estimator):
            estimator.inner_ = 1
            raise ValueError("inner")

    with all_or_nothing(estimator):
        estimator.outer_ = 1
        with pytest.raises(ValueError, match="inner"):
            inner()
    assert vars(estimator) == {"width": 1, "outer_": 1}
