"""Checks of estimators on the windows of SequenceWindower."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
from sklearn.base import is_classifier

from sklstm.utils.estimator_checks._data import (
    CLOSE,
    assert_same,
    fitted,
    must_raise,
    predictions,
    rows_of,
)


def _windows(window=5, columns=("rain", "wind", "sun")):
    # Imported here, because SequenceWindower itself imports from this package.
    from sklstm.preprocessing import SequenceWindower

    rng = np.random.default_rng(1)
    table = pd.DataFrame(
        rng.normal(size=(40, len(columns))),
        columns=list(columns),
        index=pd.date_range("2024-01-01", periods=40, freq="h"),
    )
    return SequenceWindower(window=window).fit_transform(table)


def _target_of_windows(estimator):
    signal = np.random.default_rng(2).normal(size=40)
    return np.arange(40) % 3 if is_classifier(estimator) else signal


def check_names_of_windows(name, estimator):
    """Check that windows pass on the names of the columns, and that these are compared.

    Parameters
    ----------
    name : str
        Name of the estimator.
    estimator : object
        The estimator.
    """
    model = fitted(estimator, _windows(), _target_of_windows(estimator))
    names = list(getattr(model, "feature_names_in_", []))
    assert names == ["rain", "wind", "sun"], (
        f"{name} was fitted on windows of rain, wind and sun; its feature_names_in_ is {names}."
    )
    with must_raise(f"Predicting by {name} from windows of other columns", "names", "snow"):
        model.predict(_windows(columns=("rain", "wind", "snow")))


def check_windows_equal_their_array(name, estimator):
    """Check that windows and their array give the same fit and predictions.

    Parameters
    ----------
    name : str
        Name of the estimator.
    estimator : object
        The estimator.
    """
    windows, y = _windows(), _target_of_windows(estimator)
    array = np.asarray(windows)
    expected = predictions(fitted(estimator, array, y), array)
    model = fitted(estimator, windows, y)
    why = f"{name} was given windows in place of their array"
    assert_same(predictions(model, windows), expected, why, tolerance=CLOSE)
    rows = [30, 2, 17]
    assert_same(predictions(model, windows[rows]), rows_of(expected, rows), why, tolerance=CLOSE)
