"""Checks of scikit-learn that contradict the purpose of an estimator, each with the reason."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from sklstm.compose import TransformedTargetClassifier
from sklstm.estimators import LSTMForecaster
from sklstm.preprocessing import KMeansLabeler, SequenceWindower

CONSECUTIVE = "rows are consecutive time steps: a prediction depends on the rows before it"


def expected_failed_checks(estimator):
    """Return the checks that an estimator must fail, and why, as {name: reason}."""
    if (
        isinstance(estimator, SequenceWindower)
        and estimator.window + estimator.lead > 1
        and estimator.by is None
    ):
        reason = (
            "on arrays the order of the rows is the clock, so the window of a row depends on the "
            "rows that are passed before it"
        )
        return {
            "check_methods_sample_order_invariance": reason,
            "check_methods_subset_invariance": reason,
        }
    if getattr(estimator, "stateful", False):
        return {
            "check_methods_sample_order_invariance": CONSECUTIVE,
            "check_methods_subset_invariance": CONSECUTIVE,
            "check_sample_weight_equivalence_on_dense_data": (
                "rows are consecutive time steps: repeated or shuffled, they are another series"
            ),
        }
    if isinstance(estimator, TransformedTargetClassifier) and isinstance(
        estimator.transformer, KMeansLabeler
    ):
        return {
            "check_classifiers_classes": "k-means labels numbers, and the check uses strings",
            "check_classifiers_regression_target": (
                "the target to label is numeric, and the check expects numbers to be refused"
            ),
        }
    return {}


def expected_failed_3d_checks(estimator):
    """Return our own checks that an estimator must fail, and why, as {name: reason}."""
    if getattr(estimator, "stateful", False):
        return {
            "check_3d_order_invariance": CONSECUTIVE,
            "check_3d_subset_invariance": CONSECUTIVE,
            "check_2d_is_univariate": "two dimensions are the rows of one series",
        }
    if getattr(estimator, "early_stopping", False):
        return {
            "check_windows_equal_their_array": (
                "windows hold out the last part in time, and their array has no time"
            )
        }
    if isinstance(getattr(estimator, "patch_size", None), int) and estimator.patch_size > 1:
        return {
            "check_missing_steps_are_skipped": "patches are counted with the missing steps",
        }
    if isinstance(estimator, LSTMForecaster) and not (
        estimator.plain or estimator.calendar is None
    ):
        return {
            "check_windows_equal_their_array": (
                "windows know the calendar and the cycles of their clock, and their array does not"
            )
        }
    return {}
