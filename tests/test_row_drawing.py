"""What tools that draw rows hand to a windower, as docs/user_guide/what_works.md says."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import AdaBoostRegressor, BaggingRegressor
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.feature_selection import SequentialFeatureSelector
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, RANSACRegressor, Ridge
from sklearn.model_selection import HalvingGridSearchCV, KFold, TimeSeriesSplit
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier
from sklearn.multioutput import ClassifierChain, MultiOutputRegressor, RegressorChain
from sklearn.pipeline import make_pipeline
from sklearn.semi_supervised import SelfTrainingClassifier

from sklstm import SequenceWindower

HOURS = pd.date_range("2026-01-01", periods=120, freq="h")
RNG = np.random.default_rng(0)
# The first column counts the rows.
X = pd.DataFrame({"row": np.arange(120.0), "v": RNG.normal(size=120)}, index=HOURS)
Y = X["v"] + RNG.normal(0, 0.1, 120)
CLASSES = np.digitize(Y, [-0.5, 0.5])
SOME = np.where(RNG.random(120) < 0.3, -1, CLASSES)
SEEN: list = []


class Recorder(SequenceWindower):
    """Note what fit is given."""

    def fit_transform(self, X, y=None):
        """Note it."""
        in_order = bool((np.diff(np.asarray(X)[:, 0]) == 1).all())
        SEEN.append((type(X).__name__, in_order))
        return super().fit_transform(X, y)


def pipeline(last):
    return make_pipeline(Recorder(3, lead=1, flatten=True), SimpleImputer(), last)


FORECASTER, CLASSIFIER = pipeline(Ridge()), pipeline(LogisticRegression(max_iter=5000))
TWO = np.c_[Y, -Y]
TOOLS = {
    "halving": (
        HalvingGridSearchCV(
            FORECASTER, {"ridge__alpha": [1, 2, 3]}, cv=TimeSeriesSplit(2), random_state=0
        ),
        Y,
        ("DataFrame", False),
    ),
    "bagging": (BaggingRegressor(FORECASTER, random_state=0), Y, ("ndarray", False)),
    "all rows": (BaggingRegressor(FORECASTER, bootstrap=False), Y, ("ndarray", True)),
    "boosting": (AdaBoostRegressor(FORECASTER, random_state=0), Y, ("ndarray", False)),
    "inliers": (
        RANSACRegressor(FORECASTER, min_samples=50, random_state=0), Y, ("ndarray", False),
    ),
    "self-training": (SelfTrainingClassifier(CLASSIFIER), SOME, ("ndarray", False)),
    "one against one": (OneVsOneClassifier(CLASSIFIER), CLASSES, ("ndarray", False)),
    "one against all": (OneVsRestClassifier(CLASSIFIER), CLASSES, ("DataFrame", True)),
    "chain": (RegressorChain(FORECASTER), TWO, ("ndarray", True)),
    "chain of classes": (ClassifierChain(CLASSIFIER), TWO > 0, ("ndarray", True)),
    "targets": (MultiOutputRegressor(FORECASTER), TWO, ("DataFrame", True)),
    "selector": (
        SequentialFeatureSelector(FORECASTER, n_features_to_select=1, cv=KFold(2)),
        Y,
        ("ndarray", True),
    ),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore:X has no index to look the past up by")
@pytest.mark.filterwarnings("ignore:The windows are mostly empty")
@pytest.mark.parametrize("name", TOOLS)
def test_rows_come_as_the_guide_says(name):
    tool, y, expected = TOOLS[name]
    SEEN.clear()
    tool.fit(X, y)
    assert SEEN[0] == expected
