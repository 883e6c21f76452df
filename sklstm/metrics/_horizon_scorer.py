"""Scores of whole paths."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
from sklearn.metrics import get_scorer

from sklstm.forecasting._actuals import forecast_and_actuals


class _HorizonScorer:
    """The callable that `horizon_scorer` returns."""

    def __init__(self, scoring, lead):
        self._scoring, self._lead = scoring, lead
        if lead is not None and lead < 1:
            raise ValueError(f"lead counts the moments of a path from 1; got {lead!r}.")
        scorer = get_scorer(scoring)
        if scorer._response_method != "predict":
            raise ValueError(f"scoring={scoring!r} is no score of predicted values.")
        self._metric, self._sign, self._kwargs = scorer._score_func, scorer._sign, scorer._kwargs

    def __call__(self, estimator, X, y):
        """Cut the paths that came from `y`, and score those that are predicted."""
        truth, answers, _, _ = forecast_and_actuals(estimator, X, y)
        leads = slice(None) if self._lead is None else [self._lead - 1]
        if self._lead is not None and self._lead > truth.shape[1]:
            raise ValueError(f"lead={self._lead} is beyond the paths of {truth.shape[1]} moments.")
        truth, answers = truth[:, leads], answers[:, leads]
        there = ~np.isnan(truth[..., 0])
        if not there.any():
            raise ValueError(
                f"y does not reach lead {self._lead} of any path: the rows to score are fewer."
            )
        return self._sign * self._metric(truth[there], answers[there], **self._kwargs)

    def __repr__(self):
        return f"horizon_scorer({self._scoring!r}, lead={self._lead!r})"


def horizon_scorer(scoring="neg_mean_absolute_error", *, lead=None):
    """Make a scorer of whole paths out of any regression scorer of scikit-learn.

    With ``horizon`` above 1 a forecaster predicts (n_samples, horizon) while `y` has one value for
    each row, which scikit-learn's scorers cannot compare. This one cuts the paths that came from
    `y`, over the rows that it is given, and leaves out the moments that they do not reach.

    Parameters
    ----------
    scoring : str, default="neg_mean_absolute_error"
        Name of a scorer of scikit-learn for regression.
    lead : int, default=None
        Score one moment of the paths alone, 1 being the first, which is the row's own; None scores
        all as one.

    Returns
    -------
    scorer : callable
        With the signature ``scorer(estimator, X, y)``, for `scoring=` of searches and
        cross-validation.

    See Also
    --------
    sklstm.forecasting.backtest : Errors by lead and series, beside simple methods.

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
