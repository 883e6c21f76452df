"""Classification scores for a target that is labelled inside the estimator."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from sklearn.metrics import check_scoring, get_scorer
from sklearn.utils.metadata_routing import get_routing_for_object

from sklstm.compose import TransformedTargetClassifier

# Where searches, selectors and frozen estimators keep the estimator that predicts, fitted first.
_INNER = ("best_estimator_", "estimator_", "estimator")


def _find_labeler(estimator):
    """Return the TransformedTargetClassifier that gives the predictions of `estimator`."""
    inner = estimator
    while not isinstance(inner, TransformedTargetClassifier):
        if getattr(inner, "steps", None):
            inner = inner.steps[-1][1]
            continue
        name = next((name for name in _INNER if hasattr(inner, name)), None)
        if name is None:
            raise ValueError(
                "label_scorer needs a TransformedTargetClassifier, or a pipeline or search that "
                f"ends in one, whose transformer labels y; got {type(estimator).__name__}, which "
                f"ends in {type(inner).__name__}. Wrap the classifier, as in "
                "TransformedTargetClassifier(classifier, transformer=KMeansLabeler()), or use "
                "the plain scorer if y already holds labels."
            )
        inner = getattr(inner, name)
    return inner


class _LabelScorer:
    """The callable that `label_scorer` returns."""

    def __init__(self, scoring):
        self._scoring = scoring
        self._scorer = (
            get_scorer(scoring) if isinstance(scoring, str) else check_scoring(scoring=scoring)
        )

    def __call__(self, estimator, X, y, **score_params):
        """Label `y` with the fitted transformer in `estimator` and score the predictions."""
        labels = _find_labeler(estimator).label_target(y)
        return self._scorer(estimator, X, labels, **score_params)

    def __repr__(self):
        return f"label_scorer({self._scoring!r})"

    def get_metadata_routing(self):
        """Ask for the metadata that the inner scorer asks for."""
        return get_routing_for_object(self._scorer)

    def _accept_sample_weight(self):
        # scikit-learn's searches ask their scorers this when metadata routing is off.
        accept = getattr(self._scorer, "_accept_sample_weight", None)
        return accept is not None and accept()


def label_scorer(scoring="accuracy"):
    """Make a scorer that labels `y` before it compares it with predicted labels.

    A :class:`~sklstm.compose.TransformedTargetClassifier` predicts labels while `y` holds
    numbers, which scikit-learn's scorers cannot compare. This scorer finds that classifier in the
    estimator that it is given (at the end of a pipeline, in a search), labels `y` by its fitted
    transformer and calls scikit-learn's scorer. In a cross-validation each fold is thus scored
    with the labels of its own training part.

    Parameters
    ----------
    scoring : str or callable, default="accuracy"
        Name of a scikit-learn classification scorer, such as ``"f1_macro"`` or
        ``"roc_auc_ovr"``, or a scorer with the signature ``scorer(estimator, X, y)``, such as
        :func:`~sklearn.metrics.make_scorer` makes.

    Returns
    -------
    scorer : callable
        Scorer with the signature ``scorer(estimator, X, y) -> float``, to be given as `scoring`
        to searches and cross-validation, alone or in a dict of several.

    Raises
    ------
    ValueError
        If `scoring` is neither the name of a scorer nor a callable, or is a metric; and, when
        called, if the estimator holds no TransformedTargetClassifier.

    See Also
    --------
    sklstm.compose.TransformedTargetClassifier : Learns the labels inside each training fold.
    sklearn.metrics.get_scorer_names : Names of scikit-learn's scorers.

    Notes
    -----
    A test fold may lack one of the labels. What happens then depends on the inner scorer:
    ``"roc_auc_ovr"`` and ``"neg_log_loss"`` are not defined there, so a search scores that fold
    NaN, with a warning.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.model_selection import TimeSeriesSplit, cross_validate
    >>> from sklstm.compose import TransformedTargetClassifier
    >>> from sklstm.metrics import label_scorer
    >>> from sklstm.preprocessing import KMeansLabeler
    >>> X = np.random.default_rng(0).normal(size=(120, 1))
    >>> model = TransformedTargetClassifier(transformer=KMeansLabeler())
    >>> scores = cross_validate(
    ...     model,
    ...     X,
    ...     10 * X[:, 0],
    ...     cv=TimeSeriesSplit(3),
    ...     scoring={"f1": label_scorer("f1_macro"), "auc": label_scorer("roc_auc_ovr")},
    ... )
    >>> scores["test_f1"].shape
    (3,)
    """
    # check_scoring would read None as "the estimator's own score" and a list as several scorers.
    if not (isinstance(scoring, str) or callable(scoring)):
        raise ValueError(
            "scoring must be the name of a scorer or a scorer callable, got "
            f"{scoring!r}; for several scores give a dict of label_scorer(...) to the search."
        )
    if isinstance(scoring, _LabelScorer):
        # Labelling labels once more would make the score meaningless.
        return scoring
    return _LabelScorer(scoring)
