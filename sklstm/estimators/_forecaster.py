"""The LSTM forecaster."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.metrics import r2_score
from sklearn.utils import check_consistent_length
from sklearn.utils.validation import check_is_fitted

from sklstm.estimators._forecaster_plan import PlannedForecaster
from sklstm.estimators._shared_docs import with_shared_docs
from sklstm.targets._step_labels import with_labels


@with_shared_docs(
    target="value",
    missing="NaN",
    patch_stride="patches do not overlap",
    auto_patch=(
        "the season, or else a cycle of the clock, if two fit into a window: a day of\n    "
        "hours or minutes, a week of days, a year of weeks, months or quarters. Else it is half a "
        "window,\n    and 1 where sequences have different lengths. Of a feature that is not the "
        "past of a target,\n    a patch holds the mean, unless the steps tell a ridge regression "
        "more, as at an exact lag"
    ),
    auto_directions="False",
    auto_dropout="0.1 for one target, and 0 for several",
    updates="1,500",
    most_epochs="100",
    rate="0.1",
    auto_decay="0",
    decay_reference="6",
    auto_members="3 for one target, fewer than 1,000 windows and no `season`, and else 1",
    plain=(
        "a network that reads the steps as they are, all features at once, without calendar,\n    "
        "dropout or ensemble (its forecasts stay relative: see `anchor`)"
    ),
    strata="",
    warm_start=(
        " The target\n    transform, `shrinkage_` included, and the scales stay those of the first "
        "fit."
    ),
)
class LSTMForecaster(RegressorMixin, PlannedForecaster):
    """Forecaster: an LSTM network that reads a window of a series and predicts what follows.

    The LSTM reads the window patch by patch, relative to its last value; its last state goes
    through one linear layer. Row *i* of the prediction is
    the value that belongs to row *i* of `X`; behind ``SequenceWindower(lead=1)`` that is a forecast
    of the next time step. Each feature and each target is standardised inside, on the training rows
    only, so no scaler is needed around it.

    Parameters
    ----------
    horizon : int, default=1
        Steps ahead to forecast. With more than one, row *i* of the prediction is a multi-step
        forecast: of the value of row *i* itself, where the window ends `lead` steps earlier, and of
        those that follow it in its series. Horizon targets are cut inside fit, from the rows that
        fit is given and no others; rows near their end are trained on the steps ahead they have.
    decoder : {"dense", "lstm"}, default="dense"
        What predicts the steps ahead: one dense layer all of them at once, or LSTM layers that read
        the last state once for each step ahead, and one dense layer on each (an encoder-decoder
        [2]_).
    decoder_units : int or tuple of int, default=None
        Width of the LSTM layer of the decoder, or of each of several. None is that of the last
        layer over the window. `bidirectional` holds for the decoder, too.
    known_future : list of str or int, default=None
        Known future covariates: features of X that are known ahead, such as the calendar, by name
        or position. The decoder reads, at each step ahead, what X holds of them there. Where X does
        not reach so far, it reads their mean.
    anchor : {"auto", "last", "mean", "season"} or None, default="auto"
        What of the window a forecast is relative to: the last value of the target, its mean, the
        newest value of the same step of the `season`, or nothing. The features are read relative to
        their own last values, or means, too, unless the network is `plain`; of those that are
        constant in at least half of the windows, such as a rare flag, the last value is read, too.
        With "season" the past of the target is read as differences from the season before, the
        longest that is shorter than the window. "auto" is "last" where X carries the past of `y`,
        behind windows with a lead, and else None. With few windows or a `season` it forecasts in
        several forms and averages them: for one target and fewer than 1,000 windows, "last" and
        "mean"; with a season, "last" without the season, None and "mean" with it, and "season"
        where a window is longer than one; each weighed by its errors in a trial [4]_: see `shrink`.
    season : int, str or tuple of them, default=None
        Length of the season, or of several, in steps, or as an alias of pandas such as "D". What
        the season adds to each series in each of its steps is learned in fit and subtracted, from
        `y` and from its past in X, and added to the forecasts: the means, smoothed to as many
        harmonics as forecast left-out cycles best. With ``anchor="season"`` nothing is learned of
        it: the last season is subtracted. A season that is given as a length of time, as "D" or
        "W", follows the wall clock of an index with a time zone; a number of steps does not. A
        series that fit has not seen has the season of all series together, at the level of each
        window. It takes two cycles to tell a season from noise.
    channel_independent : bool or "auto", default="auto"
        Whether each target is read as a series of its own, by one network for all, with all
        features beside it that are not the past of a target [5]_. Where X does not carry the past
        of each target, all features are read at once. "auto" is True for several targets.
    calendar : tuple of {"day", "week", "year"}, "auto" or None, default="auto"
        Cycles of which the network is told the time that is forecast, as sine and cosine. "auto" is
        the day and the year for one target, where rows have dates, the training rows cover the
        cycle, and a step of the clock is short enough to tell its parts apart.
    target : str, int or list of them, default=None
        The feature of X that carries the past of `y`, or of each target. None finds it: the first
        that equals `y` on the rows of fit, else the first of which `y` is an affine map. If `y` is
        constant, or a plain trend that is no copy, it is the feature of the same name, or the only
        one that agrees.
    quantiles : tuple of float, default=None
        Levels to forecast in place of the mean, 0.5 among them, as (0.1, 0.5, 0.9): `predict` gives
        the median, `predict_quantiles` all, and they never cross. The loss is the pinball loss.
    shrink : {"auto"} or bool, default="auto"
        Shrink what the network adds to what a forecast is relative to, for each target by a factor
        between 0 and 1: the slope of actual values on forecasts [3]_, when the same fit on the
        first two thirds of the time forecasts the last third. Of quantiles the median is shrunk,
        and the others move away from it until the values of that third lie below each as often as
        it says. "auto" does so with `season`, where few years say little beyond it; else the trial
        is for one target and at most 20,000 windows, and shrinks only what made forecasts worse, as
        on a random walk. No trial is held with `early_stopping`. Training takes two thirds longer.
    [layers]
    [training]
    loss : str, callable or keras.losses.Loss, default=None
        The loss, on standardised targets. None is the mean squared error, and with a horizon above
        1 the mean absolute error. A function takes `y_true` and `y_pred` of shape (n_samples,
        n_targets) and returns (n_samples,); with a horizon above 1, (n_samples, horizon,
        n_targets) and returns (n_samples, horizon). Where targets are read one by one
        (`channel_independent`), n_targets is 1 and each target is a sample. Where steps are
        labelled, each step is one.
    metrics : list of str, callable or keras.metrics.Metric, default=None
        What else `history_` reports, on standardised targets of shape (n_samples, n_targets); each
        step ahead is a sample.
    [stopping]
    normalize_y : bool or "series", default=True
        Standardise each target on the training rows; predictions are in the units of `y`. With
        "series", each series by its own mean and spread, and the past of the target in X likewise.
    [lifecycle]

    Attributes
    ----------
    [attributes]
    shrinkage_ : ndarray of shape (n_targets,)
        What the network adds is multiplied by this; of several forms the mean of their factors,
        by their shares. Only where `shrink` has learned it.

    Raises
    ------
    [raises]

    Warns
    -----
    UserWarning
        If the last step of the windows already holds `y`: ``lead=1`` was meant. In predict, if `y`
        had steps ahead in fit, and held values of rows that are now forecast. If `y` has as
        many columns as `horizon`, and these do not look like steps ahead.

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
    .. [4] Bates, J. M. and Granger, C. W. J. (1969). The combination of forecasts. Operational
       Research Quarterly, 20(4), 451-468. Shares here are squares of those that they propose.
    .. [5] Nie, Y., Nguyen, N. H., Sinthong, P. and Kalagnanam, J. (2023). A time series is worth 64
       words: long-term forecasting with transformers. ICLR. It reads patches, and channels one by
       one.
    .. [6] Loshchilov, I. and Hutter, F. (2019). Decoupled weight decay regularization. ICLR.

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

    def __init__(
        self,
        horizon=1,
        *,
        decoder="dense",
        decoder_units=None,
        known_future=None,
        anchor="auto",
        season=None,
        channel_independent="auto",
        calendar="auto",
        target=None,
        quantiles=None,
        shrink="auto",
        units=32,
        patch_size="auto",
        bidirectional="auto",
        dropout="auto",
        recurrent_dropout=0.0,
        return_sequences=False,
        stateful=False,
        bptt_steps=None,
        epochs="auto",
        batch_size=32,
        optimizer="adam",
        learning_rate="auto",
        learning_rate_schedule="auto",
        weight_decay="auto",
        loss=None,
        metrics=None,
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
        self.channel_independent = channel_independent
        self.calendar = calendar
        self.target = target
        self.quantiles = quantiles
        self.shrink = shrink
        self.units = units
        self.patch_size = patch_size
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
        self.weight_decay = weight_decay
        self.loss = loss
        self.metrics = metrics
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
        self.normalize_y = normalize_y
        self.warm_start = warm_start
        self.random_state = random_state
        self.verbose = verbose

    def predict(self, X):
        """Predict the value of each sequence, a multi-step forecast, or a value at each step.

        Parameters
        ----------
        X : windows of a SequenceWindower, or array-like of shape \
                (n_samples, n_steps, n_features) or (n_samples, n_steps)
            Sequences, as in :meth:`fit`.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_targets), float64
            Values in the units of ``y``; with ``horizon`` above 1 multi-step forecasts,
            (n_samples, horizon) or (n_samples, horizon, n_targets). If `y` had values for each
            step, there is one for each: (n_samples, n_steps) or (n_samples, n_steps, n_targets). A
            missing step gets the value of the last observed one before it.
        """
        return self.decode(self._predict_flat(X))

    def predict_sequences(self, X):
        """Predict a value, or a multi-step forecast, at each step of each sequence.

        Parameters
        ----------
        X : windows of a SequenceWindower, or array-like of shape \
                (n_samples, n_steps, n_features) or (n_samples, n_steps)
            Sequences, as in :meth:`fit`.

        Returns
        -------
        ndarray of shape (n_samples, n_steps, ...), float64
            The prediction after each step, from the steps up to it, as :meth:`predict` gives it. A
            missing step gets the value of the last observed one before it.

        Raises
        ------
        ValueError
            With ``decoder="lstm"``, which reads the end of a sequence only.
        """
        check_is_fitted(self, "network_")
        if self.network_.spec.decoder_units:
            raise ValueError(
                'predict_sequences predicts at every step, but with decoder="lstm" only the last '
                'state of a sequence is decoded; decoder="dense" predicts anywhere.'
            )
        return self.decode(self._predict_flat(X, every_step=True))

    def predict_quantiles(self, X):
        """Predict the quantiles of the value, or of the multi-step forecast, of each sequence.

        Parameters
        ----------
        X : windows of a SequenceWindower, or array-like of shape \
                (n_samples, n_steps, n_features) or (n_samples, n_steps)
            Sequences, as in :meth:`fit`.

        Returns
        -------
        ndarray of shape (..., n_quantiles), float64
            With the dimensions of :meth:`predict` before the last. They are sorted: those
            that cross in the network do not cross here [1]_.

        References
        ----------
        .. [1] Chernozhukov, V., Fernández-Val, I. and Galichon, A. (2010). Quantile and probability
           curves without crossing. Econometrica, 78(3), 1093-1125.
        """
        check_is_fitted(self, "network_")
        layout = self.network_.target_transform.layout
        if not layout.quantiles:
            raise ValueError(
                "predict_quantiles needs a forecaster that was fitted with quantiles, such as "
                "LSTMForecaster(quantiles=(0.1, 0.5, 0.9))."
            )
        return layout.unflatten(self._predict_flat(X), with_quantiles=True)

    def score(self, X, y, sample_weight=None):
        """Compute the coefficient of determination, R².

        Parameters
        ----------
        X : windows of a SequenceWindower, or array-like of shape \
                (n_samples, n_steps, n_features) or (n_samples, n_steps)
            Sequences, as in :meth:`fit`.
        y : array-like of shape (n_samples,), (n_samples, n_targets) or (n_samples, n_steps)
            Values, as in :meth:`fit`. What has no value, missing steps and steps ahead that `y`
            does not reach are left out.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each sequence; not with values for each step.

        Returns
        -------
        float
            R² over all steps ahead, averaged over the targets; 1 is best, and 0 is what the mean of
            `y` scores.
        """
        check_is_fitted(self, "network_")
        if self.network_.labels_rows:
            return r2_score(*self._steps_with_labels(X, y, sample_weight))
        if self.network_.spec.horizon == 1:
            y_true, y_pred, weight = with_labels(y, self.predict(X), sample_weight)
            return r2_score(y_true, y_pred, sample_weight=weight)
        y_true, y_pred = self.actuals(X, y), self.predict(X)
        observed = ~np.isnan(y_true.reshape(*y_true.shape[:2], -1)[..., 0])
        if sample_weight is not None:
            weight = np.asarray(sample_weight)[:, None]
            sample_weight = np.broadcast_to(weight, observed.shape)[observed]
        return r2_score(y_true[observed], y_pred[observed], sample_weight=sample_weight)

    def actuals(self, X, y):
        """Cut the actual values that :meth:`predict` forecasts.

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
            NaN at the steps ahead of which X has no row.
        """
        check_is_fitted(self, "network_")
        index = self._read_as_fitted(X)
        values, layout = self._encode_y(y, resume=True, allow_missing=index.knows_time)
        check_consistent_length(index.start, values)
        everything = np.arange(len(index))
        actuals = self.network_.target_transform.actuals(index, values, everything, slice(None))
        return layout.unflatten(actuals.reshape(len(actuals), -1))

    def decode(self, outputs, method="predict"):
        """Lay flat predictions out as a method returns them.

        Parameters
        ----------
        outputs : ndarray of shape (..., n_outputs)
            Predictions in the units of `y`, one row for each sample or step.
        method : {"predict"}, default="predict"
            The method.

        Returns
        -------
        ndarray of shape (..., [horizon,] [n_targets])
            Values, of quantiles the median.
        """
        return self.network_.target_transform.layout.point(outputs)

    @property
    def shrinkage_(self):
        """Factor that what the network adds is multiplied by, where `shrink` has learned it.

        Returns
        -------
        ndarray of shape (n_targets,)
            Between 0 and 1.
        """
        self._check_has("shrinkage_")
        shrinkage = self.network_.shrinkage
        if shrinkage is None:
            raise AttributeError("shrinkage_ exists where shrink has learned it.")
        return shrinkage

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
