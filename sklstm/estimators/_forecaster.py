"""The LSTM forecaster."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from numbers import Integral

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.metrics import r2_score
from sklearn.utils.validation import check_is_fitted

from sklstm.estimators._base import BaseLSTM
from sklstm.estimators._leak_guard import warn_if_target_in_window
from sklstm.utils._sklearn_private import Options


class LSTMForecaster(RegressorMixin, BaseLSTM):
    """Forecaster: an LSTM network that reads a window of a series and answers with a value.

    The last state of the LSTM layers goes through one linear layer. Row *i* of the prediction is
    the value that belongs to row *i* of `X`; behind ``SequenceWindower(lead=1)`` that is a forecast
    of the next moment. Each feature and each target is standardised inside, on the training rows
    only, so no scaler is needed around it.

    Parameters
    ----------
    horizon : int, default=1
        Number of moments to forecast. This release knows 1.
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
        of a window is trained on the value of the row whose window ends there, and row *i* is
        answered by its last step. Independent sequences take `y` of shape (n_samples, n_steps)
        and are answered in that shape; NaN is a step without a value.
    stateful : bool, default=False
        Take the rows for consecutive moments and let the state flow from each to the next. It is 0
        at the begin of each series, of each epoch and of each prediction, where the windower's
        history, if there is any, comes first. Windows give the rows of their series and no
        more; two dimensions are the rows of one series; in three, each sample goes on where the
        one before ended. Not with `bidirectional`.
    bptt_steps : int, default=None
        With `stateful`, steps of a series between two updates, which is how far a gradient goes
        back. None is the length of the windows or samples, or 32 if they have one step.
    epochs : int, default=30
        Passes over the training windows.
    batch_size : int, default=32
        Windows in one update; with `stateful`, series side by side.
    optimizer : str, type or keras.optimizers.Optimizer, default="adam"
        Name or class of a Keras optimizer, made with `learning_rate`. An instance is copied at
        each fit and brings its own learning rate.
    learning_rate : float, default=0.01
        Step size of the optimizer.
    loss : str, callable or keras.losses.Loss, default=None
        The loss, on standardised targets. None is the mean squared error.
    metrics : list of str, callable or keras.metrics.Metric, default=None
        What else `history_` reports, on standardised targets.
    early_stopping : bool, default=False
        Hold a part of the rows out, stop when the loss on it has not improved for
        `n_iter_no_change` epochs, and restore the best weights. Windows of a
        :class:`~sklstm.preprocessing.SequenceWindower` hold out the last part in time and skip as
        many moments before it as keep windows and targets apart; independent sequences hold out a
        random part.
    validation_fraction : float, default=0.1
        Part of the rows held out by `early_stopping`, between 0 and 1.
    n_iter_no_change : int, default=10
        Epochs without improvement before `early_stopping` stops.
    train_stride : int, default=1
        Train on every `train_stride`-th window of each series, in time. Windows one step apart say
        nearly the same, so a stride saves time at little loss.
    shuffle : bool, default=True
        Draw a new order of the windows for each epoch; else they are taken as they come. With
        `stateful` it is the order of the series, never of their rows.
    callbacks : list of keras.callbacks.Callback, default=None
        Copied before a fit, so that the estimator's own stay untouched. Each epoch is one batch to
        them. The copies that saw the fit are in `callbacks_`.
    normalize_X : bool, default=True
        Standardise each feature on the training rows.
    normalize_y : bool, default=True
        Standardise each target on the training rows; predictions are in the units of `y`.
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

    Warns
    -----
    UserWarning
        If the last step of the windows already holds `y`: ``lead=1`` was meant.

    See Also
    --------
    LSTMClassifier : The classifier.
    sklstm.preprocessing.SequenceWindower : Cuts tables into windows, one for each row.

    References
    ----------
    .. [1] Hochreiter, S. and Schmidhuber, J. (1997). Long short-term memory. Neural Computation,
       9(8), 1735-1780.

    Examples
    --------
    A sine wave, one step ahead:

    >>> import numpy as np
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklstm import LSTMForecaster, SequenceWindower
    >>> wave = np.sin(np.arange(300) / 5)
    >>> forecaster = make_pipeline(
    ...     SequenceWindower(window=12, lead=1),
    ...     LSTMForecaster(units=8, epochs=20, random_state=0),
    ... )
    >>> forecaster.fit(wave[:200, None], wave[:200])
    Pipeline(...)
    >>> forecaster.predict(wave[:, None]).shape
    (300,)
    >>> bool(forecaster.score(wave[:, None], wave) > 0.9)
    True
    """

    _parameter_constraints: dict = {
        **BaseLSTM._parameter_constraints,
        "horizon": [Options(Integral, {1})],
        "normalize_y": ["boolean"],
    }

    _scales_y = True

    def __init__(
        self,
        horizon=1,
        *,
        units=32,
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
        loss=None,
        metrics=None,
        early_stopping=False,
        validation_fraction=0.1,
        n_iter_no_change=10,
        train_stride=1,
        shuffle=True,
        callbacks=None,
        normalize_X=True,
        normalize_y=True,
        warm_start=False,
        random_state=None,
        verbose=0,
    ):
        self.horizon = horizon
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
        self.loss = loss
        self.metrics = metrics
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.train_stride = train_stride
        self.shuffle = shuffle
        self.callbacks = callbacks
        self.normalize_X = normalize_X
        self.normalize_y = normalize_y
        self.warm_start = warm_start
        self.random_state = random_state
        self.verbose = verbose

    def predict(self, X):
        """Predict the value that belongs to each sequence, or to each step.

        Parameters
        ----------
        X : windows of a SequenceWindower, or array-like of shape \
                (n_samples, n_steps, n_features) or (n_samples, n_steps)
            Sequences, as in :meth:`fit`.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_targets), float64
            Values in the units of ``y``, with as many dimensions as ``y`` had in fit. If `y` had
            values for each step, there is one for each: (n_samples, n_steps) or (n_samples,
            n_steps, n_targets). The answer for a step that does not exist is that of the last one
            before it.
        """
        return self._decode(self._outputs(X))

    def predict_sequences(self, X):
        """Predict a value at each step of each sequence.

        Parameters
        ----------
        X : windows of a SequenceWindower, or array-like of shape \
                (n_samples, n_steps, n_features) or (n_samples, n_steps)
            Sequences, as in :meth:`fit`.

        Returns
        -------
        ndarray of shape (n_samples, n_steps) or (n_samples, n_steps, n_targets), float64
            What the network answers having read a sequence so far. The answer for a step that does
            not exist is that of the last one before it.
        """
        return self._decode(self._outputs(X, of_steps=True))

    def score(self, X, y, sample_weight=None):
        """Compute the coefficient of determination, R².

        Parameters
        ----------
        X : windows of a SequenceWindower, or array-like of shape \
                (n_samples, n_steps, n_features) or (n_samples, n_steps)
            Sequences, as in :meth:`fit`.
        y : array-like of shape (n_samples,), (n_samples, n_targets) or (n_samples, n_steps)
            Values, as in :meth:`fit`. Steps without a value and steps that do not exist are left
            out.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each sequence; not with values for each step.

        Returns
        -------
        float
            R², averaged over the targets; 1 is best, and 0 is what the mean of `y` scores.
        """
        check_is_fitted(self, "_weights")
        if not self._of_rows:
            return super().score(X, y, sample_weight=sample_weight)
        return self._score_steps(r2_score, X, y, sample_weight)

    def _decode(self, outputs):
        return outputs[..., 0] if self._y_ndim == 1 else outputs

    def _look_for_leaks(self, sequences, targets):
        warn_if_target_in_window(sequences, targets)

    def _encode_y(self, y, *, reset, classes=None):
        y = self._check_y(y, multi_output=True, y_numeric=True)
        targets = (y[:, None] if y.ndim == 1 else y).astype(np.float64)
        if reset:
            self._y_ndim = y.ndim
        elif targets.shape[1] != self._sizes["n_outputs"]:
            raise ValueError(
                f"y has {targets.shape[1]} targets, but {type(self).__name__} was fitted on "
                f"{self._sizes['n_outputs']}."
            )
        return targets

    def _output_layer(self):
        return "linear", "mean_squared_error"

    def _scale_of_y(self, targets):
        if not self.normalize_y:
            return super()._scale_of_y(targets)
        mean, scale = targets.mean(axis=0), targets.std(axis=0)
        constant = scale <= 10 * np.finfo(np.float64).eps * np.abs(mean)
        return mean, np.where(constant, 1.0, scale)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
