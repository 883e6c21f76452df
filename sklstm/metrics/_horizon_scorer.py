"""Scores of multi-step forecasts."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from numbers import Integral

import numpy as np
from sklearn.metrics import get_scorer

from sklstm.forecasting._actuals import forecast_and_actuals


class _HorizonScorer:
    """The callable that `horizon_scorer` returns."""

    def __init__(self, scoring, lead):
        self._scoring, self._lead = scoring, lead
        if lead is not None and (not isinstance(lead, Integral) or lead < 1):
            raise ValueError(f"lead counts the steps ahead from 1; got {lead!r}.")
        if not isinstance(scoring, str) and not hasattr(scoring, "_score_func"):
            raise ValueError(
                "scoring must be the name of a regression scorer of scikit-learn, such as "
                "'neg_mean_absolute_error', or what sklearn.metrics.make_scorer makes; got "
                f"{scoring!r}."
            )
        scorer = get_scorer(scoring)
        if scorer._response_method != "predict":
            raise ValueError(f"scoring={scoring!r} does not score predicted values.")
        self._metric, self._sign, self._kwargs = scorer._score_func, scorer._sign, scorer._kwargs

    def __call__(self, estimator, X, y):
        """Cut the actual values from `y`, and score the predictions against them."""
        forecasts = forecast_and_actuals(estimator, X, y)
        y_true, y_pred = forecasts.y_true, forecasts.y_pred
        leads = slice(None) if self._lead is None else [self._lead - 1]
        if self._lead is not None and self._lead > y_true.shape[1]:
            raise ValueError(
                f"lead={self._lead} is beyond the horizon of {y_true.shape[1]} steps ahead."
            )
        y_true, y_pred = y_true[:, leads], y_pred[:, leads]
        observed = ~np.isnan(y_true[..., 0])
        if not observed.any():
            raise ValueError(
                f"y holds no actual value at lead {self._lead}: there are too few rows to score."
            )
        return self._sign * self._metric(y_true[observed], y_pred[observed], **self._kwargs)

    def __repr__(self):
        return f"horizon_scorer({self._scoring!r}, lead={self._lead!r})"


def horizon_scorer(scoring="neg_mean_absolute_error", *, lead=None):
    """Make a scorer of multi-step forecasts from any regression scorer of scikit-learn.

    With ``horizon`` above 1 a forecaster predicts (n_samples, horizon) while `y` has one value for
    each row, which scikit-learn's scorers cannot compare. This scorer cuts the actual values of
    each forecast from `y`, over the rows that it is given, and leaves out the steps ahead that
    these rows do not hold.

    Parameters
    ----------
    scoring : str or scorer, default="neg_mean_absolute_error"
        Name of a scorer of scikit-learn for regression, or one that
        :func:`~sklearn.metrics.make_scorer` has made.
    lead : int, default=None
        Score one step ahead only; 1 is the first, which is that of the row itself. None scores all
        steps ahead together.

    Returns
    -------
    scorer : callable
        With the signature ``scorer(estimator, X, y)``, for `scoring=` of searches and
        cross-validation.

    See Also
    --------
    sklstm.forecasting.backtest : Errors by lead and series, beside simple baselines.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklstm import LSTMForecaster, SequenceWindower
    >>> from sklstm.metrics import horizon_scorer
    >>> wave = np.sin(np.arange(300) / 5)
    >>> model = make_pipeline(
    ...     SequenceWindower(window=12, lead=1),
    ...     LSTMForecaster(horizon=6, units=8, epochs=10, random_state=0),
    ... ).fit(wave[:, None], wave)
    >>> score = horizon_scorer("neg_mean_absolute_error", lead=6)
    >>> bool(-0.5 < score(model, wave[:, None], wave) < 0)
    True
    """
    return _HorizonScorer(scoring, lead)
