"""Checks of scikit-learn that contradict what an estimator is for, each with the reason."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from sklstm.compose import TransformedTargetClassifier
from sklstm.preprocessing import KMeansLabeler, SequenceWindower


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
    if isinstance(estimator, TransformedTargetClassifier) and isinstance(
        estimator.transformer, KMeansLabeler
    ):
        return {
            "check_classifiers_classes": "k-means labels numbers, and the check brings strings",
            "check_classifiers_regression_target": (
                "numbers are the very target that is labelled, and the check wants them refused"
            ),
        }
    return {}
