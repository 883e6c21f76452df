"""The LSTM classifier."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from numbers import Real

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.callback import with_callbacks
from sklearn.metrics import accuracy_score
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted

from sklstm.estimators._auto import PLAIN_CLASSIFIER, for_classifier
from sklstm.estimators._base import BaseLSTM
from sklstm.estimators._class_weight import check_class_weight
from sklstm.estimators._parameters import as_names
from sklstm.estimators._shared_docs import with_shared_docs
from sklstm.targets._label_guard import warn_if_label_in_window
from sklstm.targets._step_labels import (
    are_labelled,
    only_labelled,
    spread_values,
    with_labels,
)
from sklstm.targets._target_layout import TargetLayout
from sklstm.targets._target_transform import TargetTransform
from sklstm.training._input_plan import InputPlan
from sklstm.utils._sklearn_private import Interval, StrOptions, _fit_context

# Views that need nothing but the window.
CLASSIFIER_VIEWS = ("values", "normalized", "differences")


@with_shared_docs(
    target="label",
    missing="NaN or None",
    patch_stride="patches overlap by half",
    auto_patch="a twentieth of the window, and 1 where sequences have different lengths",
    auto_directions="True",
    auto_dropout="0",
    updates="500",
    most_epochs="500",
    rate="0.2",
    auto_decay="0.3",
    decay_reference="2",
    auto_members="4",
    plain=(
        "the network of the tutorials, which reads the steps as they are, in one direction\n    "
        "and without dropout, noise, decay or ensemble, for 30 epochs at a learning rate of 0.01"
    ),
    strata=" of each class",
    warm_start="",
)
class LSTMClassifier(ClassifierMixin, BaseLSTM):
    """Classifier: an LSTM network that reads a sequence and predicts its class.

    By default four networks read patches of each sequence in three views, in both directions, and
    their probabilities are averaged. The last state of the LSTM layers goes through one dense
    layer: a sigmoid for two classes, a softmax otherwise. Row *i* of the prediction is the class of
    row *i* of `X`; behind ``SequenceWindower(lead=h)`` that is the class `h` time steps after the
    end of the window. Each feature is standardised inside, on the training rows only, so no scaler
    is needed around it.

    Parameters
    ----------
    [layers]
    views : tuple of {"values", "normalized", "differences"} or "auto", default="auto"
        What is read of each feature: its values; these normalised to mean 0 and standard deviation
        1 in each window; differences from step to step, 0 at the first. "auto" is all three.
    [training]
    input_noise : float or "auto", default="auto"
        Standard deviation of Gaussian noise on the standardised inputs in training. "auto" is 0.5
        for fewer than 1,000 windows, and else 0.
    loss : str, callable or keras.losses.Loss, default=None
        The loss, on probabilities. None is the cross-entropy, binary or categorical. A function
        takes `y_true` and `y_pred` of shape (n_samples, n_classes), or (n_samples, 1) of two
        classes, and returns (n_samples,). Where steps are labelled, each is a sample.
    metrics : list of str, callable or keras.metrics.Metric, default=None
        What else `history_` reports, for example ``["accuracy"]``, from the same shapes.
    class_weight : dict, "balanced" or None, default=None
        Weight of each class in the loss, by label, 0 or more; "balanced" weighs them inversely to
        their frequency. A class that a dict does not name weighs 1. It may name classes that a fold
        lacks, unless others are without a weight.
    [stopping]
    [lifecycle]

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted.
    [attributes]

    Raises
    ------
    [raises]

    See Also
    --------
    LSTMForecaster : The forecaster.
    sklstm.preprocessing.SequenceWindower : Cuts tables into windows, one for each row.

    References
    ----------
    .. [1] Hochreiter, S. and Schmidhuber, J. (1997). Long short-term memory. Neural Computation,
       9(8), 1735-1780.
    .. [2] Loshchilov, I. and Hutter, F. (2019). Decoupled weight decay regularization. ICLR.

    Examples
    --------
    Which of two channels rose last:

    >>> import numpy as np
    >>> from sklstm import LSTMClassifier
    >>> X = np.random.default_rng(0).normal(size=(200, 10, 2)).cumsum(axis=1)
    >>> y = np.where(X[:, -1, 0] - X[:, -2, 0] > 0, "up", "down")
    >>> classifier = LSTMClassifier(units=8, random_state=0)
    >>> classifier.fit(X[:150], y[:150])
    LSTMClassifier(...)
    >>> classifier.predict_proba(X[150:]).shape
    (50, 2)
    >>> bool(classifier.score(X[150:], y[150:]) > 0.8)
    True
    """

    _parameter_constraints: dict = {
        **BaseLSTM._parameter_constraints,
        "views": [tuple, list, StrOptions({"auto"}), None],
        "input_noise": [Interval(Real, 0, None, closed="left"), StrOptions({"auto"})],
        "class_weight": [dict, StrOptions({"balanced"}), None],
    }

    def __init__(
        self,
        units=32,
        *,
        patch_size="auto",
        bidirectional="auto",
        dropout="auto",
        recurrent_dropout=0.0,
        return_sequences=False,
        stateful=False,
        bptt_steps=None,
        views="auto",
        epochs="auto",
        batch_size=32,
        optimizer="adam",
        learning_rate="auto",
        learning_rate_schedule="auto",
        weight_decay="auto",
        input_noise="auto",
        loss=None,
        metrics=None,
        class_weight=None,
        early_stopping=False,
        validation_fraction=0.1,
        validation=None,
        n_iter_no_change=10,
        train_stride=1,
        shuffle=True,
        n_members="auto",
        callbacks=None,
        checkpoint=None,
        normalize_X=True,
        plain=False,
        warm_start=False,
        random_state=None,
        verbose=0,
    ):
        self.units = units
        self.patch_size = patch_size
        self.bidirectional = bidirectional
        self.dropout = dropout
        self.recurrent_dropout = recurrent_dropout
        self.return_sequences = return_sequences
        self.stateful = stateful
        self.bptt_steps = bptt_steps
        self.views = views
        self.epochs = epochs
        self.batch_size = batch_size
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.learning_rate_schedule = learning_rate_schedule
        self.weight_decay = weight_decay
        self.input_noise = input_noise
        self.loss = loss
        self.metrics = metrics
        self.class_weight = class_weight
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.validation = validation
        self.n_iter_no_change = n_iter_no_change
        self.train_stride = train_stride
        self.shuffle = shuffle
        self.n_members = n_members
        self.callbacks = callbacks
        self.checkpoint = checkpoint
        self.normalize_X = normalize_X
        self.plain = plain
        self.warm_start = warm_start
        self.random_state = random_state
        self.verbose = verbose

    @_fit_context(prefer_skip_nested_validation=True)
    @with_callbacks
    def partial_fit(self, X, y, classes=None, sample_weight=None):
        """Train for one epoch on some rows, starting where the last call ended.

        Scales are those of the first call; the optimizer keeps its state between calls. Nothing is
        held out, whatever ``early_stopping`` says.

        Parameters
        ----------
        X : windows of a SequenceWindower, or array-like of shape \
                (n_samples, n_steps, n_features) or (n_samples, n_steps)
            Sequences, as in :meth:`fit`.
        y : array-like of shape (n_samples,)
            Labels.
        classes : array-like of shape (n_classes,), default=None
            All labels of this and later calls; needed in the first call unless ``y`` has them all.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each sample, as in :meth:`fit`.

        Returns
        -------
        self : object
            The estimator.

        Raises
        ------
        ValueError
            If a label is not among the classes, or with ``class_weight="balanced"``, which needs
            all of ``y`` at once.
        """
        if self.class_weight == "balanced":
            raise ValueError(
                "class_weight='balanced' needs all of y at once and is not supported by "
                "partial_fit; pass a dict with the weight of each class."
            )
        return self._fit_in_tasks(
            "partial_fit",
            X,
            y,
            resume=hasattr(self, "network_"),
            is_partial=True,
            classes=classes,
            sample_weight=sample_weight,
        )

    def predict_proba(self, X):
        """Predict the probability of each class.

        Parameters
        ----------
        X : windows of a SequenceWindower, or array-like of shape \
                (n_samples, n_steps, n_features) or (n_samples, n_steps)
            Sequences, as in :meth:`fit`.

        Returns
        -------
        ndarray of shape (n_samples, n_classes) or (n_samples, n_steps, n_classes), float64
            Probabilities, in the order of ``classes_``; for each step if `y` had labels for each.
        """
        return self.decode(self._predict_flat(X), "predict_proba")

    def predict(self, X):
        """Predict the class of each sequence, or of each step.

        Parameters
        ----------
        X : windows of a SequenceWindower, or array-like of shape \
                (n_samples, n_steps, n_features) or (n_samples, n_steps)
            Sequences, as in :meth:`fit`.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_steps)
            Labels, with the dtype of ``y``; for each step if `y` had labels for each. A missing
            step gets the label of the last observed one before it.
        """
        return self.decode(self._predict_flat(X))

    def predict_sequences(self, X):
        """Predict the class at each step of each sequence.

        Parameters
        ----------
        X : windows of a SequenceWindower, or array-like of shape \
                (n_samples, n_steps, n_features) or (n_samples, n_steps)
            Sequences, as in :meth:`fit`.

        Returns
        -------
        ndarray of shape (n_samples, n_steps)
            The prediction after each step, from the steps up to it. A missing step gets the label
            of the last observed one before it.
        """
        return self.decode(self._predict_flat(X, every_step=True))

    def score(self, X, y, sample_weight=None):
        """Compute the accuracy.

        Parameters
        ----------
        X : windows of a SequenceWindower, or array-like of shape \
                (n_samples, n_steps, n_features) or (n_samples, n_steps)
            Sequences, as in :meth:`fit`.
        y : array-like of shape (n_samples,) or (n_samples, n_steps)
            Labels, as in :meth:`fit`. Missing steps and samples without a label do not count.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each sequence; not with labels for each step.

        Returns
        -------
        float
            Fraction of the labels that are predicted correctly.
        """
        check_is_fitted(self, "network_")
        if not self.network_.labels_rows:
            y_true, y_pred, weight = with_labels(y, self.predict(X), sample_weight)
            return accuracy_score(y_true, y_pred, sample_weight=weight)
        return accuracy_score(*self._steps_with_labels(X, y, sample_weight))

    def decode(self, outputs, method="predict"):
        """Turn the outputs of the network into what a method returns.

        Parameters
        ----------
        outputs : ndarray of shape (..., n_outputs)
            Probabilities: of the second of two classes, or of each.
        method : {"predict", "predict_proba"}, default="predict"
            The method.

        Returns
        -------
        ndarray of shape (...) or (..., n_classes)
            Labels, or the probability of each class.
        """
        if len(self.classes_) == 2:
            probabilities = np.concatenate([1.0 - outputs, outputs], axis=-1)
        else:
            probabilities = outputs / outputs.sum(axis=-1, keepdims=True)
        if method == "predict_proba":
            return probabilities
        return self.classes_[probabilities.argmax(axis=-1)]

    def _encode_y(self, y, *, resume, classes=None, allow_missing=False):
        if allow_missing and y is not None:
            labels = np.asarray(y)
            labelled = are_labelled(labels)
            if labelled.any() and not labelled.all():
                given = only_labelled(labels, labelled)
                encoded, layout = self._encode_y(given, resume=resume, classes=classes)
                return spread_values(encoded, labelled), layout
        y = self._check_y(y)
        check_classification_targets(y)
        known = np.unique(y if classes is None else np.asarray(classes))
        if not resume:
            self.classes_ = known
        elif classes is not None and not np.array_equal(known, self.classes_):
            raise ValueError(
                f"classes={known.tolist()} is not what the first call had: "
                f"{self.classes_.tolist()}."
            )
        unknown = np.setdiff1d(y, self.classes_)
        if len(unknown):
            raise ValueError(
                f"y holds classes that are not in classes_: {unknown.tolist()} not in "
                f"{self.classes_.tolist()}. Name all of them in the first call of partial_fit "
                "(classes=), or fit with warm_start=False."
            )
        codes = np.searchsorted(self.classes_, y)
        if len(self.classes_) == 2:
            values = codes[:, None].astype(np.float64)
        else:
            values = np.eye(len(self.classes_))[codes]
        return values, TargetLayout(n_targets=values.shape[1])

    def _plan(self, index, y, layout, *, resume, is_partial):
        predicts_steps = self.return_sequences or self.stateful
        n_classes = len(self.classes_)
        labelled = ~np.isnan(y[:, 0])
        codes = np.full(len(y), -1)
        codes[labelled] = _codes(y[labelled], n_classes)
        present = self.classes_[np.unique(codes[labelled])]
        check_class_weight(self.class_weight, self.classes_, present)
        if index.knows_time:
            warn_if_label_in_window(index, codes)
        chosen = self._choices(index, for_classifier(index), plain=PLAIN_CLASSIFIER, resume=resume)
        # Of one class there is nothing to learn, and Keras warns of a cross-entropy of certainties.
        losses = {1: "mean_squared_error", 2: "binary_crossentropy"}
        activation = "sigmoid" if n_classes == 2 else "softmax"
        return self._make_plan(
            spec=self._spec(index, chosen, layout.n_targets, activation),
            chosen=chosen,
            inputs=InputPlan(
                patch_size=chosen.patch_size,
                patch_stride=max(1, chosen.patch_size // 2),
                views=as_names(chosen.views, CLASSIFIER_VIEWS, "views") or ("values",),
                noise=float(chosen.input_noise),
            ),
            transform=TargetTransform(layout, is_relative=False),
            loss=losses.get(n_classes, "categorical_crossentropy"),
            y=y,
            index=index,
            is_partial=is_partial,
            class_weights=None if self.class_weight is None else self._weigh_classes,
            strata=None if predicts_steps or index.knows_time else codes,
        )

    def _weigh_classes(self, targets, sample_weight=None):
        codes = _codes(targets, len(self.classes_))
        # A part of the rows may lack a class: only the classes of this part are counted.
        counted = np.unique(codes) if self.class_weight == "balanced" else slice(None)
        weights = np.ones(len(self.classes_))
        weights[counted] = compute_class_weight(
            self.class_weight,
            classes=self.classes_[counted],
            y=self.classes_[codes],
            sample_weight=sample_weight,
        )
        return weights[codes]


def _codes(targets, n_classes):
    """Return the class of each row of targets."""
    return targets[:, 0].astype(int) if n_classes == 2 else targets.argmax(axis=1)
