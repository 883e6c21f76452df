"""Classify a target that is labelled inside each fit."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from copy import deepcopy

import numpy as np
import pandas as pd
from scipy.sparse import issparse
from sklearn.base import BaseEstimator, ClassifierMixin, clone, is_regressor
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils import get_tags
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping, process_routing
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from sklstm.utils._estimator_state import EstimatorState
from sklstm.utils._parts import FitsParts
from sklstm.utils._sklearn_private import HasMethods, _fit_context, check_y, routing_enabled

_ROUTED_METHODS = (
    "fit",
    "predict",
    "predict_proba",
    "predict_log_proba",
    "decision_function",
    "score",
)


def _classifier_has(name):
    """Return a check for `available_if`: the classifier, fitted or not, has `name`."""

    def check(self):
        classifier = self.classifier_ if hasattr(self, "classifier_") else self._get_classifier()
        # getattr, not hasattr: the classifier's own AttributeError says why it is missing.
        getattr(classifier, name)
        return True

    return check


def _label(transformer, y):
    """Return the labels, of shape (n_samples,), that a fitted `transformer` gives to `y`."""
    if isinstance(transformer, FunctionTransformer) and transformer.func is None:
        return y
    labels = transformer.transform(y.reshape(-1, 1))
    name = type(transformer).__name__
    advice = (
        "TransformedTargetClassifier needs one column of labels; use a transformer that gives "
        "one, such as KMeansLabeler() or KBinsDiscretizer(encode='ordinal')."
    )
    if issparse(labels):
        raise ValueError(
            f"The transformer {name} turned y into a sparse matrix of shape {labels.shape}. "
            f"{advice}"
        )
    labels = np.asarray(labels)
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.shape != y.shape:
        raise ValueError(
            f"The transformer {name} turned y of shape {y.shape} into an array of shape "
            f"{labels.shape}. {advice}"
        )
    kind = labels.dtype.kind
    if kind not in "biufOUST" or (kind == "f" and not np.array_equal(labels, np.rint(labels))):
        raise ValueError(
            f"The transformer {name} turned y into values of dtype {labels.dtype} that are no "
            f"labels, such as {labels[0]!r}. {advice}"
        )
    return labels


def _with_missing(labels, missing):
    """Put None where there is no value to label."""
    if not missing.any():
        return labels
    every = np.full(len(missing), None, dtype=object)
    every[~missing] = labels
    return every


class TransformedTargetClassifier(FitsParts, ClassifierMixin, EstimatorState, BaseEstimator):
    """Meta-estimator to classify a target that a transformer turns into labels.

    The twin of :class:`~sklearn.compose.TransformedTargetRegressor`. `fit` takes the target as it
    was measured, learns the labels from it and trains the classifier on them:
    ``classifier.fit(X, transformer.fit(y).transform(y))``. Predictions are labels. Inside a
    cross-validation the labels are therefore learned in each training fold, without a look at
    the test fold, and parameters of the transformer, such as the number of clusters, are tuned
    like any others.

    `X` is passed to the classifier unchanged.

    Parameters
    ----------
    classifier : object, default=None
        Classifier, or a pipeline that ends in one. It is cloned before it is fitted. None means
        :class:`~sklearn.linear_model.LogisticRegression`.

    transformer : object, default=None
        Turns a column of targets into one column of labels, such as
        :class:`~sklstm.preprocessing.KMeansLabeler`. It is cloned before it is fitted. None means
        that `y` already holds labels.

    Attributes
    ----------
    classifier_ : object
        Fitted classifier.

    transformer_ : object
        Fitted transformer; the identity if `transformer` is None.

    classes_ : ndarray of shape (n_classes,)
        The labels.

    n_features_in_ : int
        Number of features seen during :term:`fit`. Only defined if the classifier exposes it.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of features seen during :term:`fit`. Only defined if the classifier exposes them.

    See Also
    --------
    sklstm.metrics.label_scorer : Any scikit-learn classification score for such a classifier.
    sklstm.preprocessing.KMeansLabeler : Labels in the order of size.
    sklearn.compose.TransformedTargetRegressor : The same for regression.

    Notes
    -----
    Because `y` holds numbers and predictions are labels:

    - :meth:`score` labels `y` first, so searches work with their default scoring. A scorer given
      by name compares numbers with labels; use :func:`~sklstm.metrics.label_scorer`. scikit-learn
      refuses its classification scores for continuous numbers, but whole numbers look like labels
      to it, and scores such as ``"r2"`` compare anything: a plain name then gives a score without
      meaning.
    - Give an explicit `cv`, such as :class:`~sklearn.model_selection.TimeSeriesSplit`. An
      integer `cv` would stratify on whole numbers, and cut plain blocks of continuous ones.
    - Meta-classifiers, such as :class:`~sklearn.calibration.CalibratedClassifierCV` and
      :class:`~sklearn.ensemble.VotingClassifier`, go inside, as `classifier`: outside, they
      need the labels before any are learned.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
    >>> from sklstm.compose import TransformedTargetClassifier
    >>> from sklstm.preprocessing import KMeansLabeler
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(90, 2))
    >>> temperature = 15 + 8 * X[:, 0] + rng.normal(size=90)
    >>> model = TransformedTargetClassifier(transformer=KMeansLabeler())
    >>> model.fit(X, temperature).predict([[-2, 0], [0, 0], [2, 0]])
    array([0, 1, 2])
    >>> search = GridSearchCV(model, {"transformer__n_clusters": [2, 3]}, cv=TimeSeriesSplit(3))
    >>> bool(search.fit(X, temperature).best_score_ > 0.8)
    True
    """

    _parameter_constraints: dict = {
        "classifier": [HasMethods(["fit", "predict"]), None],
        "transformer": [HasMethods(["fit", "transform"]), None],
    }

    def __init__(self, classifier=None, *, transformer=None):
        self.classifier = classifier
        self.transformer = transformer

    @_fit_context(
        # The classifier and the transformer validate their own parameters when they are fitted.
        prefer_skip_nested_validation=False
    )
    def fit(self, X, y, **fit_params):
        """Learn the labels from `y` and fit the classifier on them.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or (n_samples, n_steps, n_features)
            Whatever the classifier takes.

        y : array-like of shape (n_samples,)
            Targets in their own units. Where one is missing (NaN), the classifier gets None for a
            label: an LSTMClassifier behind a windower leaves such rows out.

        **fit_params : dict
            Parameters for the ``fit`` of the classifier, routed if metadata routing is enabled.
            `y_val`, the targets that validate, is labelled like `y`.

        Returns
        -------
        self : object
            Fitted estimator.

        Raises
        ------
        ValueError
            If `y` has several columns, or missing values without a transformer, if the transformer
            does not give one column of at least two labels, or if `classifier` is a regressor.
        """
        if y is None:
            raise ValueError(
                f"This {type(self).__name__} estimator requires y to be passed, but the target y "
                "is None."
            )
        classifier = self._get_classifier(get_clone=True)
        if is_regressor(classifier):
            raise ValueError(
                f"classifier must be a classifier, got the regressor {type(classifier).__name__}; "
                "for numbers as predictions use sklearn.compose.TransformedTargetRegressor."
            )
        values, missing = self._read_y(y)
        if self.transformer is None:
            transformer = FunctionTransformer().set_output(transform="default")
        else:
            transformer = clone(self.transformer)
        transformer.fit(values.reshape(-1, 1))
        labels = _label(transformer, values)
        if self.transformer is not None and np.all(labels == labels[0]):
            # Some classifiers would accept it, and score a meaningless 1.
            raise ValueError(
                f"The transformer {type(transformer).__name__} gave all {len(values)} values of y "
                f"the same label, {labels[0]!r}, and a classifier needs at least 2 classes; give a "
                "y that varies, or a transformer that makes more labels."
            )
        labels = _with_missing(labels, missing)
        for name, values in fit_params.items():
            if name.split("__")[-1] == "y_val" and values is not None:
                own, own_missing = self._read_y(values)
                fit_params[name] = _with_missing(_label(transformer, own), own_missing)
        fit_params = self._route("fit", fit_params)
        try:
            with self._fit_of_parts(X, y, n_parts=1) as context:
                self._fit_part(context, "fit-classifier", classifier, X, labels, **fit_params)
                self.transformer_, self.classifier_ = transformer, classifier
        except ValueError as error:
            if not missing.any():
                raise
            raise ValueError(
                f"Input y contains NaN: {missing.sum()} of its {len(missing)} values are missing, "
                f"and the classifier did not take None for their labels ({error})"
            ) from error
        return self

    def label_target(self, y):
        """Label targets with the fitted transformer.

        Compare predictions with these labels:
        ``confusion_matrix(model.label_target(y), model.predict(X))``.

        Parameters
        ----------
        y : array-like of shape (n_samples,)
            Targets in the units that were given to :meth:`fit`.

        Returns
        -------
        labels : ndarray of shape (n_samples,)
            Labels, as :meth:`predict` gives them; None where `y` is missing.
        """
        check_is_fitted(self)
        y, missing = self._read_y(y)
        return _with_missing(_label(self.transformer_, y), missing)

    def _read_y(self, y):
        """Validate y; return the values that are given, and which are missing."""
        missing = np.zeros(0, dtype=bool)
        if self.transformer is not None and y is not None:
            missing = np.asarray(pd.isna(y))
            if missing.any() and missing.ndim == 1 and not missing.all():
                y = np.asarray(y)[~missing]
        return check_y(y, estimator=self, y_numeric=missing.any()), missing

    def predict(self, X, **predict_params):
        """Predict labels.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or (n_samples, n_steps, n_features)
            Whatever the classifier takes.

        **predict_params : dict
            Parameters for the ``predict`` of the classifier.

        Returns
        -------
        labels : ndarray of shape (n_samples,)
            Predicted labels.
        """
        return self._call("predict", X, params=predict_params)

    @available_if(_classifier_has("predict_proba"))
    def predict_proba(self, X, **predict_proba_params):
        """Predict the probability of each label.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or (n_samples, n_steps, n_features)
            Whatever the classifier takes.

        **predict_proba_params : dict
            Parameters for the ``predict_proba`` of the classifier.

        Returns
        -------
        probabilities : ndarray of shape (n_samples, n_classes)
            Probabilities in the order of `classes_`.
        """
        return self._call("predict_proba", X, params=predict_proba_params)

    @available_if(_classifier_has("predict_log_proba"))
    def predict_log_proba(self, X, **predict_log_proba_params):
        """Predict the logarithm of the probability of each label.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or (n_samples, n_steps, n_features)
            Whatever the classifier takes.

        **predict_log_proba_params : dict
            Parameters for the ``predict_log_proba`` of the classifier.

        Returns
        -------
        log_probabilities : ndarray of shape (n_samples, n_classes)
            Natural logarithms of the probabilities in the order of `classes_`.
        """
        return self._call("predict_log_proba", X, params=predict_log_proba_params)

    @available_if(_classifier_has("decision_function"))
    def decision_function(self, X, **decision_function_params):
        """Compute the classifier's confidence in each label.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or (n_samples, n_steps, n_features)
            Whatever the classifier takes.

        **decision_function_params : dict
            Parameters for the ``decision_function`` of the classifier.

        Returns
        -------
        scores : ndarray of shape (n_samples,) or (n_samples, n_classes)
            Scores; one column for two labels.
        """
        return self._call("decision_function", X, params=decision_function_params)

    @available_if(_classifier_has("score"))
    def score(self, X, y, **score_params):
        """Label `y` and return the classifier's own score, in general the accuracy.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or (n_samples, n_steps, n_features)
            Whatever the classifier takes.

        y : array-like of shape (n_samples,)
            Targets in the units that were given to :meth:`fit`. They are never labels, unless
            `fit` was given labels.

        **score_params : dict
            Parameters for the ``score`` of the classifier, such as ``sample_weight``.

        Returns
        -------
        score : float
            The score; higher is better.
        """
        return self._call("score", X, self.label_target(y), params=score_params)

    @property
    def classes_(self):
        """The labels, of shape (n_classes,)."""
        return self._fitted("classes_")

    @property
    def n_features_in_(self):
        """Number of features seen during :term:`fit`."""
        return self._fitted("n_features_in_")

    @property
    def feature_names_in_(self):
        """Names of features seen during :term:`fit`."""
        return self._fitted("feature_names_in_")

    def get_metadata_routing(self):
        """Get metadata routing of this object.

        Returns
        -------
        routing : MetadataRouter
            A :class:`~sklearn.utils.metadata_routing.MetadataRouter` that routes all parameters to
            the method of the same name of the classifier.
        """
        mapping = MethodMapping()
        for method in _ROUTED_METHODS:
            mapping.add(caller=method, callee=method)
        return MetadataRouter(owner=self).add(
            classifier=self._get_classifier(), method_mapping=mapping
        )

    def _get_classifier(self, get_clone=False):
        if self.classifier is not None:
            return clone(self.classifier) if get_clone else self.classifier
        classifier = LogisticRegression()
        if routing_enabled():
            classifier.set_fit_request(sample_weight=True)
        return classifier

    def _route(self, method, params):
        if routing_enabled():
            return process_routing(self, method, **params)["classifier"][method]
        return params

    def _call(self, method, *args, params):
        check_is_fitted(self)
        return getattr(self.classifier_, method)(*args, **self._route(method, params))

    def _fitted(self, name):
        # AttributeError, so that hasattr is False before fit.
        try:
            check_is_fitted(self)
        except NotFittedError as error:
            raise AttributeError(f"{type(self).__name__} has no {name} before fit.") from error
        return getattr(self.classifier_, name)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        inner = get_tags(self._get_classifier())
        tags.input_tags = deepcopy(inner.input_tags)
        if inner.classifier_tags is not None:
            tags.classifier_tags = deepcopy(inner.classifier_tags)
        # y is one column here, even if the classifier accepts more.
        tags.classifier_tags.multi_label = False
        tags.non_deterministic = inner.non_deterministic
        return tags
