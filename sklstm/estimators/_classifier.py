"""The LSTM classifier."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.metrics import accuracy_score
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted

from sklstm.estimators._base import BaseLSTM
from sklstm.utils._all_or_nothing import all_or_nothing
from sklstm.utils._sklearn_private import StrOptions, _fit_context


class LSTMClassifier(ClassifierMixin, BaseLSTM):
    """Classifier: an LSTM network that reads a sequence and answers with a class.

    The last state of the LSTM layers goes through one dense layer: a sigmoid for two classes, a
    softmax otherwise. Row *i* of the prediction is the class of row *i* of `X`; behind
    ``SequenceWindower(lead=h)`` that is the class `h` moments after the window. Each feature is
    standardised inside, on the training rows only, so no scaler is needed around it.

    Parameters
    ----------
    units : int or tuple of int, default=32
        Width of the LSTM layer, or of each of several stacked layers from the input to the output.
    bidirectional : bool, default=False
        Read each window backwards, too, and concatenate both directions.
    dropout : float, default=0.0
        Fraction of the outputs of each LSTM layer that is dropped in training.
    recurrent_dropout : float, default=0.0
        Fraction of the state that is dropped inside the recurrence in training. Anything but 0
        leaves the fast path: training then runs on Keras's own layers, several times slower.
    return_sequences : bool, default=False
        Train on an answer for every step, not for the last one alone. Windows of a
        :class:`~sklstm.preprocessing.SequenceWindower` take `y` of shape (n_samples,): each step
        of a window is trained on the label of the row whose window ends there, and row *i* is
        answered by its last step. Independent sequences take `y` of shape (n_samples, n_steps)
        and are answered in that shape; NaN or None is a step without a label.
    stateful : bool, default=False
        Take the rows for consecutive moments and let the state flow from each to the next. It is 0
        at the begin of each series, of each epoch and of each prediction, where the windower's
        history, if there is any, comes first. Windows give the rows of their series and no
        more; two dimensions are the rows of one series; in three, each sample goes on where the
        one before ended. Not with `bidirectional`.
    bptt_steps : int, default=None
        With `stateful`, steps of a series between two updates, which is how far a gradient goes
        back. None is the length of the windows or samples, or 32 if they have one step.
    epochs : int or "auto", default=30
        Passes over the training windows. "auto" is as many as make 1,500 updates, from 2 to 100.
    batch_size : int, default=32
        Windows in one update; with `stateful`, series side by side.
    optimizer : str, type or keras.optimizers.Optimizer, default="adam"
        Name or class of a Keras optimizer, made with `learning_rate`. An instance is copied at
        each fit and brings its own learning rate.
    learning_rate : float or "auto", default=0.01
        Step size of the optimizer. "auto" is 0.1 divided by the square root of the number of
        updates, and at most 0.01.
    learning_rate_schedule : {"cosine", "linear", "exponential"} or None, default=None
        How the learning rate falls from epoch to epoch, to a hundredth in the last one; None leaves
        it. An optimizer that is an instance keeps the rate or the schedule that it brings.
    loss : str, callable or keras.losses.Loss, default=None
        The loss, on probabilities. None is the cross-entropy, binary or categorical.
    metrics : list of str, callable or keras.metrics.Metric, default=None
        What else `history_` reports, for example ``["accuracy"]``.
    class_weight : dict, "balanced" or None, default=None
        Weight of each class in the loss, by label; "balanced" weighs them inversely to their
        frequency.
    early_stopping : bool, default=False
        Hold a part of the rows out, stop when the loss on it has not improved for
        `n_iter_no_change` epochs, and restore the best weights. Windows of a
        :class:`~sklstm.preprocessing.SequenceWindower` hold out the last part in time and skip as
        many moments before it as keep windows and targets apart; independent sequences hold out a
        random part of each class.
    validation_fraction : float, default=0.1
        Part of the rows held out by `early_stopping`, between 0 and 1.
    n_iter_no_change : int, default=10
        Epochs without improvement before `early_stopping` stops.
    train_stride : int, default=1
        Train on every `train_stride`-th window of each series, in time. Windows one step apart say
        nearly the same, so a stride saves time at little loss. With `return_sequences` all labels
        are learned, each as often as its row is a step of these windows: once where the stride is
        the window.
    shuffle : bool, default=True
        Draw a new order of the windows for each epoch; else they are taken as they come. With
        `stateful` it is the order of the series, never of their rows.
    n_members : int, default=1
        Networks to train, from different initial weights; their answers are averaged. Without
        callbacks or a progress bar they are trained side by side, as many at a time as TensorFlow
        may use threads.
    callbacks : list of keras.callbacks.Callback, default=None
        Copied before a fit, so that the estimator's own stay untouched. Each epoch is one batch to
        them. The copies that saw the fit are in `callbacks_`.
    normalize_X : bool, default=True
        Standardise each feature on the training rows.
    warm_start : bool, default=False
        Go on from the weights of the last fit rather than from new ones.
    random_state : int, RandomState instance or None, default=None
        Source of the initial weights, the order of the windows, dropout and random splits. An int
        gives the same bits every time, in threads and worker processes, too. None draws a fresh
        seed. No global generator is read or set.
    verbose : int, default=0
        0 prints nothing, 1 a progress bar, 2 a line an epoch.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted.
    history_ : pandas.DataFrame of shape (n_epochs, n_logs)
        Loss and metrics of each epoch.
    keras_model_ : keras.Model
        The fitted network as a plain Keras model, built at each access.
    n_iter_ : int
        Epochs of the last fit.
    n_steps_in_ : int
        Steps of a sequence.
    n_features_in_ : int
        Features of a step; for input of two dimensions, the number of its columns, which are
        steps.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the features, where the input had them.
    callbacks_ : list of keras.callbacks.Callback
        Copies of `callbacks` that saw the fit, detached from the network.

    Raises
    ------
    ValueError
        In fit, if a step has some features missing but not all, if no step exists, if the labels of
        steps are not as many as the steps, if the rows of a stateful fit are not in the order of
        time, or if early stopping leaves nothing to train on; in predict, if sequences have another
        shape than in fit.

    See Also
    --------
    LSTMForecaster : The forecaster.
    sklstm.preprocessing.SequenceWindower : Cuts tables into windows, one for each row.

    References
    ----------
    .. [1] Hochreiter, S. and Schmidhuber, J. (1997). Long short-term memory. Neural Computation,
       9(8), 1735-1780.

    Examples
    --------
    Which of two channels rose last:

    >>> import numpy as np
    >>> from sklstm import LSTMClassifier
    >>> X = np.random.default_rng(0).normal(size=(200, 10, 2)).cumsum(axis=1)
    >>> y = np.where(X[:, -1, 0] - X[:, -2, 0] > 0, "up", "down")
    >>> classifier = LSTMClassifier(units=8, learning_rate=0.05, random_state=0)
    >>> classifier.fit(X[:150], y[:150])
    LSTMClassifier(...)
    >>> classifier.predict_proba(X[150:]).shape
    (50, 2)
    >>> bool(classifier.score(X[150:], y[150:]) > 0.8)
    True
    """

    _parameter_constraints: dict = {
        **BaseLSTM._parameter_constraints,
        "class_weight": [dict, StrOptions({"balanced"}), None],
    }

    def __init__(
        self,
        units=32,
        *,
        bidirectional=False,
        dropout=0.0,
        recurrent_dropout=0.0,
        return_sequences=False,
        stateful=False,
        bptt_steps=None,
        epochs=30,
        batch_size=32,
        optimizer="adam",
        learning_rate=0.01,
        learning_rate_schedule=None,
        loss=None,
        metrics=None,
        class_weight=None,
        early_stopping=False,
        validation_fraction=0.1,
        n_iter_no_change=10,
        train_stride=1,
        shuffle=True,
        n_members=1,
        callbacks=None,
        normalize_X=True,
        warm_start=False,
        random_state=None,
        verbose=0,
    ):
        self.units = units
        self.bidirectional = bidirectional
        self.dropout = dropout
        self.recurrent_dropout = recurrent_dropout
        self.return_sequences = return_sequences
        self.stateful = stateful
        self.bptt_steps = bptt_steps
        self.epochs = epochs
        self.batch_size = batch_size
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.learning_rate_schedule = learning_rate_schedule
        self.loss = loss
        self.metrics = metrics
        self.class_weight = class_weight
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.train_stride = train_stride
        self.shuffle = shuffle
        self.n_members = n_members
        self.callbacks = callbacks
        self.normalize_X = normalize_X
        self.warm_start = warm_start
        self.random_state = random_state
        self.verbose = verbose

    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X, y, classes=None):
        """Train for one epoch on some rows, going on from where the last call ended.

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
            All labels that will ever come; needed in the first call unless ``y`` has them all.

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
        goes_on = hasattr(self, "_weights")
        with all_or_nothing(self):
            return self._fit(X, y, epochs=1, goes_on=goes_on, keeps_slots=True, classes=classes)

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
        return self._probabilities(self._outputs(X))

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
            Labels, with the dtype of ``y``; for each step if `y` had labels for each. The
            answer for a step that does not exist is that of the last one before it.
        """
        return self._decode(self._outputs(X))

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
            What the network answers having read a sequence so far. The answer for a step that does
            not exist is that of the last one before it.
        """
        return self._decode(self._outputs(X, of_steps=True))

    def score(self, X, y, sample_weight=None):
        """Compute the accuracy.

        Parameters
        ----------
        X : windows of a SequenceWindower, or array-like of shape \
                (n_samples, n_steps, n_features) or (n_samples, n_steps)
            Sequences, as in :meth:`fit`.
        y : array-like of shape (n_samples,) or (n_samples, n_steps)
            Labels, as in :meth:`fit`. Steps without a label and steps that do not exist are left
            out.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each sequence; not with labels for each step.

        Returns
        -------
        float
            Part of the labels that are predicted.
        """
        check_is_fitted(self, "_weights")
        if not self._of_rows:
            return super().score(X, y, sample_weight=sample_weight)
        return self._score_steps(accuracy_score, X, y, sample_weight)

    def _decode(self, outputs):
        return self.classes_[self._probabilities(outputs).argmax(axis=-1)]

    def _probabilities(self, outputs):
        if len(self.classes_) != 2:
            return outputs / outputs.sum(axis=-1, keepdims=True)
        return np.concatenate([1.0 - outputs, outputs], axis=-1)

    def _encode_y(self, y, *, reset, classes=None):
        y = self._check_y(y)
        check_classification_targets(y)
        known = np.unique(y if classes is None else np.asarray(classes))
        if reset:
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
            return codes[:, None].astype(np.float64)
        return np.eye(len(self.classes_))[codes]

    def _output_layer(self):
        if len(self.classes_) == 2:
            return "sigmoid", "binary_crossentropy"
        if len(self.classes_) == 1:
            # There is nothing to learn, and Keras warns of a cross-entropy between certainties.
            return "softmax", "mean_squared_error"
        return "softmax", "categorical_crossentropy"

    def _codes(self, targets):
        return targets[:, 0].astype(int) if targets.shape[1] == 1 else targets.argmax(axis=1)

    def _strata(self, targets):
        return self._codes(targets)

    def _example_weights(self, targets):
        if self.class_weight is None:
            return super()._example_weights(targets)
        codes = self._codes(targets)
        # A part of the rows may lack a class: frequencies are of those that are there.
        counted = np.unique(codes) if self.class_weight == "balanced" else slice(None)
        weights = np.ones(len(self.classes_))
        weights[counted] = compute_class_weight(
            self.class_weight, classes=self.classes_[counted], y=self.classes_[codes]
        )
        return weights[codes]
