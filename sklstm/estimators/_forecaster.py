"""The LSTM forecaster."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from numbers import Integral

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.metrics import r2_score
from sklearn.utils import check_array, check_consistent_length
from sklearn.utils.validation import check_is_fitted

from sklstm.estimators._base import BaseLSTM
from sklstm.estimators._input import check_forecast, check_long_enough, read_X
from sklstm.estimators._parameters import as_units
from sklstm.preprocessing._history import LONGEST_HORIZON
from sklstm.preprocessing._sequences import as_slice, ends_at_every_step
from sklstm.targets._horizon_targets import cut_horizon_targets, known_future_values
from sklstm.targets._leak_guard import (
    last_moments,
    warn_if_no_paths,
    warn_if_paths_reach,
    warn_if_target_in_window,
)
from sklstm.targets._shrinkage import shrinkage_by_trial
from sklstm.targets._target_transform import PLAIN, fit_frame, known_columns
from sklstm.utils._sklearn_private import Interval, StrOptions


class LSTMForecaster(RegressorMixin, BaseLSTM):
    """Forecaster: an LSTM network that reads a window of a series and answers with what comes.

    The last state of the LSTM layers goes through one linear layer. Row *i* of the prediction is
    the value that belongs to row *i* of `X`; behind ``SequenceWindower(lead=1)`` that is a forecast
    of the next moment. Each feature and each target is standardised inside, on the training rows
    only, so no scaler is needed around it.

    Parameters
    ----------
    horizon : int, default=1
        Moments to forecast. With more than one, row *i* is answered by a path: the values of its
        own moment and of those that follow in its series. Paths are cut inside fit, from the rows
        that fit is given and no others; rows near their end are trained on the moments they have.
    decoder : {"dense", "lstm"}, default="dense"
        What unfolds the path: one dense layer that answers for all moments at once, or LSTM layers
        that read the last state once for each moment, and one dense layer on each (an
        encoder-decoder [2]_).
    decoder_units : int or tuple of int, default=None
        Width of the LSTM layer of the decoder, or of each of several. None is that of the last
        layer over the window. `bidirectional` goes for the decoder, too.
    known_future : list of str or int, default=None
        Features of X that are known ahead, such as the calendar, by name or position: the decoder
        reads, at each moment of the path, what X holds of them there. Where X does not reach so
        far, it reads their mean.
    anchor : {"auto", "last", "mean"} or None, default="auto"
        What of the window the answer is relative to: the last value of the target, its mean, or
        nothing. "auto" is "last" where X carries the past of `y`, behind windows with a lead, and
        without `season`; else it is None.
    season : int, str or tuple of them, default=None
        Length of the season, or of several, in steps, or as an alias of pandas such as "D". What
        the season adds to each series in each of its steps is learned in fit and subtracted, from
        `y` and from its past in X, and added to the answers: the means, smoothed to as many
        harmonics as forecast left-out cycles best.
    target : str, int or list of them, default=None
        The feature of X that carries the past of `y`, or of each target. None finds it: the first
        that equals `y` on the rows of fit, else the first of which `y` is an affine map.
    quantiles : tuple of float, default=None
        Levels to forecast in place of the mean, 0.5 among them, as (0.1, 0.5, 0.9): `predict` gives
        the median, `predict_quantiles` all, and they never cross. The loss is the pinball loss.
    shrink : {"auto"} or bool, default="auto"
        Shrink what the network adds to what the answer is relative to, for each target by a factor
        between 0 and 1: the slope of what came over what was forecast [3]_, when the same fit on
        the first two thirds of the moments forecasts the last third. Of quantiles the median is
        shrunk, and the others keep their distance. "auto" does so with `season`, where few years
        say little beyond it, unless `early_stopping` is on. Training takes two thirds longer.
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
    epochs : int or "auto", default="auto"
        Passes over the training windows. "auto" is as many as make 1,500 updates, from 2 to 100.
    batch_size : int, default=32
        Windows in one update; with `stateful`, series side by side.
    optimizer : str, type or keras.optimizers.Optimizer, default="adam"
        Name or class of a Keras optimizer, made with `learning_rate`. An instance is copied at
        each fit and brings its own learning rate.
    learning_rate : float or "auto", default="auto"
        Step size of the optimizer. "auto" is 0.1 divided by the square root of the number of
        updates, and at most 0.01.
    learning_rate_schedule : {"cosine", "linear", "exponential"} or None, default="cosine"
        How the learning rate falls from epoch to epoch, to a hundredth in the last one; None leaves
        it. An optimizer that is an instance keeps the rate or the schedule that it brings.
    loss : str, callable or keras.losses.Loss, default=None
        The loss, on standardised targets. None is the mean squared error, and of paths the mean
        absolute error.
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
    normalize_y : bool or "series", default=True
        Standardise each target on the training rows; predictions are in the units of `y`. With
        "series", each series by its own mean and spread, and the past of the target in X likewise.
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
    shrinkage_ : ndarray of shape (n_targets,)
        What the answers are multiplied by. Only where `shrink` has learned it.
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
        If the last step of the windows already holds `y`: ``lead=1`` was meant. In predict, if
        paths that were cut before fit hold `y` of rows that are now forecast. If `y` has as many
        columns as `horizon`, and these do not look like the moments of paths.

    See Also
    --------
    LSTMClassifier : The classifier.
    sklstm.preprocessing.SequenceWindower : Cuts tables into windows, one for each row.

    References
    ----------
    .. [1] Hochreiter, S. and Schmidhuber, J. (1997). Long short-term memory. Neural Computation,
       9(8), 1735-1780.
    .. [2] Sutskever, I., Vinyals, O. and Le, Q. V. (2014). Sequence to sequence learning with
       neural networks. Advances in Neural Information Processing Systems, 27.
    .. [3] Copas, J. B. (1983). Regression, prediction and shrinkage. Journal of the Royal
       Statistical Society B, 45(3), 311-354.

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
        "horizon": [Interval(Integral, 1, LONGEST_HORIZON, closed="both")],
        "decoder": [StrOptions({"dense", "lstm"})],
        "decoder_units": [Interval(Integral, 1, None, closed="left"), tuple, list, None],
        "known_future": [str, Interval(Integral, 0, None, closed="left"), tuple, list, None],
        "anchor": [StrOptions({"auto", "last", "mean"}), None],
        "season": [str, Interval(Integral, 2, None, closed="left"), tuple, list, None],
        "target": [str, Interval(Integral, 0, None, closed="left"), tuple, list, None],
        "quantiles": [tuple, list, None],
        "shrink": [StrOptions({"auto"}), "boolean"],
        "normalize_y": ["boolean", StrOptions({"series"})],
    }

    _n_targets: int
    _y_is_path: bool
    _several_targets: bool

    def __init__(
        self,
        horizon=1,
        *,
        decoder="dense",
        decoder_units=None,
        known_future=None,
        anchor="auto",
        season=None,
        target=None,
        quantiles=None,
        shrink="auto",
        units=32,
        bidirectional=False,
        dropout=0.0,
        recurrent_dropout=0.0,
        return_sequences=False,
        stateful=False,
        bptt_steps=None,
        epochs="auto",
        batch_size=32,
        optimizer="adam",
        learning_rate="auto",
        learning_rate_schedule="cosine",
        loss=None,
        metrics=None,
        early_stopping=False,
        validation_fraction=0.1,
        n_iter_no_change=10,
        train_stride=1,
        shuffle=True,
        n_members=1,
        callbacks=None,
        normalize_X=True,
        normalize_y=True,
        warm_start=False,
        random_state=None,
        verbose=0,
    ):
        self.horizon = horizon
        self.decoder = decoder
        self.decoder_units = decoder_units
        self.known_future = known_future
        self.anchor = anchor
        self.season = season
        self.target = target
        self.quantiles = quantiles
        self.shrink = shrink
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
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.train_stride = train_stride
        self.shuffle = shuffle
        self.n_members = n_members
        self.callbacks = callbacks
        self.normalize_X = normalize_X
        self.normalize_y = normalize_y
        self.warm_start = warm_start
        self.random_state = random_state
        self.verbose = verbose

    def predict(self, X):
        """Predict the value that belongs to each sequence, or its path, or a value at each step.

        Parameters
        ----------
        X : windows of a SequenceWindower, or array-like of shape \
                (n_samples, n_steps, n_features) or (n_samples, n_steps)
            Sequences, as in :meth:`fit`.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_targets), float64
            Values in the units of ``y``; with ``horizon`` above 1 paths, (n_samples, horizon) or
            (n_samples, horizon, n_targets). If `y` had values for each step, there is one for each:
            (n_samples, n_steps) or (n_samples, n_steps, n_targets). The answer for a step that does
            not exist is that of the last one before it.
        """
        return self._decode(self._outputs(X))

    def predict_sequences(self, X):
        """Predict a value, or a path, at each step of each sequence.

        Parameters
        ----------
        X : windows of a SequenceWindower, or array-like of shape \
                (n_samples, n_steps, n_features) or (n_samples, n_steps)
            Sequences, as in :meth:`fit`.

        Returns
        -------
        ndarray of shape (n_samples, n_steps, ...), float64
            What the network answers having read a sequence so far, each as :meth:`predict` gives
            it. The answer for a step that does not exist is that of the last one before it.

        Raises
        ------
        ValueError
            With ``decoder="lstm"``, which unfolds the end of a sequence only.
        """
        check_is_fitted(self, "_weights")
        if self._sizes["decoder_units"]:
            raise ValueError(
                'predict_sequences answers every step, but with decoder="lstm" only the last state '
                'of a sequence is unfolded; decoder="dense" answers anywhere.'
            )
        return self._decode(self._outputs(X, of_steps=True))

    def predict_quantiles(self, X):
        """Predict the quantiles of the value or the path of each sequence.

        Parameters
        ----------
        X : windows of a SequenceWindower, or array-like of shape \
                (n_samples, n_steps, n_features) or (n_samples, n_steps)
            Sequences, as in :meth:`fit`.

        Returns
        -------
        ndarray of shape (..., n_quantiles), float64
            With the dimensions of :meth:`predict` before the last. They are sorted: what crossed
            in the network [1]_ has changed places.

        References
        ----------
        .. [1] Chernozhukov, V., Fernández-Val, I. and Galichon, A. (2010). Quantile and probability
           curves without crossing. Econometrica, 78(3), 1093-1125.
        """
        check_is_fitted(self, "_weights")
        if not self._sizes["quantiles"]:
            raise ValueError(
                "predict_quantiles needs a forecaster that was fitted with quantiles, such as "
                "LSTMForecaster(quantiles=(0.1, 0.5, 0.9))."
            )
        n_quantiles = len(self._sizes["quantiles"])
        return self._laid_out(self._outputs(X), n_quantiles=n_quantiles)

    def score(self, X, y, sample_weight=None):
        """Compute the coefficient of determination, R².

        Parameters
        ----------
        X : windows of a SequenceWindower, or array-like of shape \
                (n_samples, n_steps, n_features) or (n_samples, n_steps)
            Sequences, as in :meth:`fit`.
        y : array-like of shape (n_samples,), (n_samples, n_targets) or (n_samples, n_steps)
            Values, as in :meth:`fit`. Steps without a value, steps that do not exist and moments of
            a path that `y` does not reach are left out.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each sequence; not with values for each step.

        Returns
        -------
        float
            R² over all moments of the paths, averaged over the targets; 1 is best, and 0 is what
            the mean of `y` scores.
        """
        check_is_fitted(self, "_weights")
        if self._of_rows:
            return self._score_steps(r2_score, X, y, sample_weight)
        if self._sizes["horizon"] == 1:
            return super().score(X, y, sample_weight=sample_weight)
        truth, answers = self.actuals(X, y), self.predict(X)
        there = ~np.isnan(truth.reshape(*truth.shape[:2], -1)[..., 0])
        if sample_weight is not None:
            sample_weight = np.broadcast_to(np.asarray(sample_weight)[:, None], there.shape)[there]
        return r2_score(truth[there], answers[there], sample_weight=sample_weight)

    def actuals(self, X, y):
        """Cut what really came: the paths that :meth:`predict` forecasts.

        Parameters
        ----------
        X : windows of a SequenceWindower, or array-like of shape \
                (n_samples, n_steps, n_features) or (n_samples, n_steps)
            Sequences, as in :meth:`fit`.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            Their values, as in :meth:`fit`.

        Returns
        -------
        ndarray of the shape of ``predict(X)``, float64
            NaN at the moments of which X has no row.
        """
        check_is_fitted(self, "_weights")
        sequences = read_X(self, X, reset=False)
        targets = self._encode_y(y, reset=False)
        check_consistent_length(sequences.start, targets)
        everything = np.arange(len(sequences))
        paths = self._paths_of(sequences, targets, everything, everything)
        return self._laid_out(paths.reshape(len(paths), -1))

    def _decode(self, outputs):
        n_quantiles = len(self._sizes["quantiles"])
        answers = self._laid_out(outputs, n_quantiles=n_quantiles)
        return answers[..., self._middle] if n_quantiles else answers

    def _laid_out(self, flat, *, n_quantiles=0):
        """Lay flat answers or paths (..., horizon * n_targets * n_quantiles) out for users."""
        shape = [self._sizes["horizon"]] if self._sizes["horizon"] > 1 else []
        if self._several_targets:
            shape.append(self._n_targets)
        if n_quantiles:
            shape.append(n_quantiles)
        return flat.reshape(*flat.shape[:-1], *shape)

    def _check_modes(self, sequences):
        super()._check_modes(sequences)
        check_forecast(self, sequences)

    def _look_for_leaks(self, sequences, targets):
        warn_if_target_in_window(sequences, targets[:, : self._n_targets])

    def _learn_frame(self, sequences, targets, positions):
        origin = sequences.origin
        reaches = self._y_is_path and origin is not None and origin.on_a_clock
        self._path_ends = last_moments(origin) if reaches else None
        if self.horizon > 1 and not self._y_is_path:
            check_long_enough(origin, positions, self.horizon)
        if self._of_rows:
            # Independent sequences that are labelled step by step have no moments.
            self._frame = PLAIN
            return
        self._frame = fit_frame(
            sequences.take(positions),
            targets[as_slice(positions), : self._n_targets],
            anchor=None if self.anchor == "auto" and self._answers_steps else self.anchor,
            season=self.season,
            target=self.target,
            by_series=self.normalize_y == "series",
        )

    def _shrink_answers(self, sequences, targets, rng):
        self.__dict__.pop("shrinkage_", None)
        auto = self.season is not None and not self.early_stopping
        if not (auto if self.shrink == "auto" else self.shrink):
            return
        factor = shrinkage_by_trial(self, sequences, targets, rng)
        if factor is None:
            return
        self.shrinkage_ = factor
        self._weights = [
            [*weights[:-2], *(self._shrunk(part) for part in weights[-2:])]
            for weights in self._weights
        ]

    def _shrunk(self, part):
        """Shrink the answers of the dense layer where they are made: in its kernel and its bias."""
        layout = (*part.shape[:-1], -1, self._n_targets, self._n_quantiles)
        answers = part.reshape(layout)
        centre = answers[..., self._middle, None]
        return (
            (answers - (1 - self.shrinkage_)[:, None] * centre)
            .astype(part.dtype)
            .reshape(part.shape)
        )

    @property
    def _n_quantiles(self):
        return len(self._sizes["quantiles"]) or 1

    @property
    def _middle(self):
        """Which of the quantiles is predicted."""
        quantiles = self._sizes["quantiles"]
        return quantiles.index(0.5) if quantiles else 0

    def _prepare(self, sequences):
        return self._frame.prepare(sequences)

    def _outputs_of(self, sequences, *, of_steps=None):
        origin = sequences.origin
        if self._path_ends is not None and origin is not None and origin.on_a_clock:
            warn_if_paths_reach(*self._path_ends, self._sizes["horizon"], origin)
        return super()._outputs_of(sequences, of_steps=of_steps)

    def _targets_of(self, prepared, targets, positions, among):
        if self._frame.is_plain and self._sizes["horizon"] == 1:
            return targets[positions]
        paths = self._paths_of(prepared, targets, positions, among)
        framed = self._frame.into(paths, prepared.take(positions))
        return framed.reshape(len(positions), -1)

    def _paths_of(self, sequences, targets, positions, among):
        """Return paths, (n_positions, horizon, n_targets)."""
        horizon, origin = self._sizes["horizon"], sequences.origin
        if self._y_is_path or horizon == 1:
            return targets[positions].reshape(len(positions), horizon, self._n_targets)
        among_origin = origin.take(as_slice(among))
        return cut_horizon_targets(
            origin.take(as_slice(positions)), among_origin, targets[among], horizon
        )

    def _reach_of_targets(self):
        return self._sizes["horizon"] - 1 if self._y_is_path else 0

    def _known_of(self, prepared):
        if len(self._known) == 0:
            return None
        known = known_future_values(prepared.origin, self._known, self._sizes["horizon"])
        scaled = (known - self._X_mean[self._known]) / self._X_scale[self._known]
        # What is not known is what is to be expected.
        return np.nan_to_num(scaled).astype(np.float32)

    @property
    def _needs_moments(self):
        return self._frame.seasons is not None or len(self._known) > 0

    def _encode_y(self, y, *, reset, classes=None):
        horizon, given = self.horizon if reset else self._sizes["horizon"], y
        if horizon > 1 and getattr(y, "ndim", 2) == 3:
            y = check_array(y, ensure_2d=False, allow_nd=True, dtype=np.float64, input_name="y")
        else:
            y = self._check_y(y, multi_output=True, y_numeric=True)
        is_path = horizon > 1 and (y.ndim == 3 or y.shape[1:] == (horizon,))
        if y.ndim == 3 and y.shape[1] != horizon:
            raise ValueError(
                f"y has shape {y.shape}, that is paths of {y.shape[1]} moments, but horizon is "
                f"{horizon}; paths have shape (n_samples, horizon, n_targets)."
            )
        targets = y.reshape(len(y), -1).astype(np.float64)
        n_targets = targets.shape[1] // (horizon if is_path else 1)
        if reset:
            self._target_names = _names_of_targets(given, n_targets)
            self._several_targets = y.ndim == (3 if is_path else 2)
            self._n_targets, self._y_is_path = n_targets, is_path
        elif (n_targets, is_path) != (self._n_targets, self._y_is_path):
            kinds = {False: "values", True: "paths"}
            raise ValueError(
                f"y holds {kinds[is_path]} of {n_targets} targets, but {type(self).__name__} was "
                f"fitted on {kinds[self._y_is_path]} of {self._n_targets} targets."
            )
        return targets

    def _output_layer(self):
        return "linear", "mean_squared_error" if self.horizon == 1 else "mean_absolute_error"

    def _loss(self):
        if self.quantiles is None or self.loss is not None:
            return super()._loss()
        from sklstm.networks import PinballLoss

        return PinballLoss(self._sizes["quantiles"])

    def _sizes_for(self, sequences, targets):
        origin = sequences.origin
        if self._y_is_path and not self._several_targets and origin is not None:
            warn_if_no_paths(origin, targets)
        decoder_units: tuple[int, ...] = ()
        if self.decoder == "lstm":
            decoder_units = as_units(self.decoder_units, "decoder_units", default=self.units)
        self._known = known_columns(self.known_future, sequences)
        quantiles = () if self.quantiles is None else tuple(map(float, self.quantiles))
        return super()._sizes_for(sequences, targets) | {
            "n_outputs": self._n_targets * max(len(quantiles), 1),
            "horizon": int(self.horizon),
            "decoder_units": decoder_units,
            "n_known": len(self._known),
            "quantiles": quantiles,
        }

    def _scale_of_y(self, targets):
        if self.normalize_y is False:
            return super()._scale_of_y(targets)
        # One scale for all moments: an error weighs the same in each.
        horizon = self._sizes["horizon"]
        values = targets.reshape(-1, self._n_targets)
        mean, scale = np.nanmean(values, axis=0), np.nanstd(values, axis=0)
        if self._frame.seasons is not None and self._frame.anchor is None:
            # Over the rows it is 0; paths repeat some of them more often than others.
            mean = np.zeros_like(mean)
        constant = scale <= 10 * np.finfo(np.float64).eps * np.abs(mean)
        return np.tile(mean, horizon), np.tile(np.where(constant, 1.0, scale), horizon)

    def _in_units_of_y(self, outputs, prepared):
        horizon, n_quantiles = self._sizes["horizon"], self._n_quantiles
        y_scale, y_mean = self._scale_of_outputs()
        outputs = outputs * y_scale + y_mean
        if self._frame.is_plain and n_quantiles == 1:
            return outputs
        answers = outputs.reshape(-1, horizon, self._n_targets, n_quantiles)
        if not self._frame.is_plain:
            samples = prepared if outputs.ndim == 2 else ends_at_every_step(prepared)
            answers = self._frame.out_of(answers, samples)
        return np.sort(answers, axis=-1).reshape(outputs.shape)

    def _scale_of_outputs(self):
        scale, mean = self._y_scale, self._y_mean
        return np.repeat(scale, self._n_quantiles), np.repeat(mean, self._n_quantiles)

    def _export_of_y(self):
        if self._frame.seasons is not None:
            raise AttributeError(
                "keras_model_ reads windows and nothing else, but with season= or "
                'normalize_y="series" the answers depend on the moment and on the series.'
            )
        from sklstm.networks import Anchor

        y_scale, y_mean = self._scale_of_outputs()
        anchors = [Anchor(*parts) for parts in self._frame.parts_of_anchors()] or None
        scale = {"y_mean": y_mean, "y_scale": y_scale}
        return {**scale, "anchors": anchors, "known_columns": self._known}

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags


def _names_of_targets(y, n_targets) -> list | None:
    """Return what y calls its targets, if it does."""
    names = list(getattr(y, "columns", [getattr(y, "name", None)]))
    return names if len(names) == n_targets and names[0] is not None else None
