"""Feed a model its own predictions."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np

from sklstm.forecasting._stream import Stream, stream


def generate(model, start, n, *, feedback=None):
    """Roll a model out: predict, take the prediction for the next row, and so on.

    Parameters
    ----------
    model : Stream, LSTMClassifier, LSTMForecaster or Pipeline that ends in one
        Fitted. A stream continues from what it has seen, and is itself not changed; any other
        model starts without a past.
    start : array-like or DataFrame of shape (n_rows, n_features)
        The rows to start with, at least one. The first prediction is the one at the last of them.
    n : int
        Number of predictions.
    feedback : callable, default=None
        Makes the next row out of a prediction: ``feedback(prediction)`` of shape (n_features,).
        None takes the prediction itself, for a forecaster that reads what it forecasts and nothing
        else.

    Returns
    -------
    ndarray of shape (n,) or (n, n_targets)
        The predictions.

    Raises
    ------
    ValueError
        If there is no row to start with, if ``n`` is less than 1, if ``lead`` is greater
        than 1, if the model reads known future covariates, or if predictions cannot be rows and
        ``feedback`` does not make them.

    See Also
    --------
    stream : Give a model the rows that arrive.

    Examples
    --------
    A wave continues by itself:

    >>> import numpy as np
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklstm import LSTMForecaster, SequenceWindower, generate
    >>> wave = np.sin(np.arange(300) / 5)
    >>> model = make_pipeline(
    ...     SequenceWindower(window=20, lead=1),
    ...     LSTMForecaster(units=16, epochs=20, random_state=0),
    ... ).fit(wave[:, None], wave)
    >>> future = generate(model, wave[:, None], 10)
    >>> future.shape
    (10,)
    >>> bool(np.abs(future - np.sin(np.arange(300, 310) / 5)).max() < 0.2)
    True
    """
    live = model.copy() if isinstance(model, Stream) else stream(model)
    if live.method != "predict":
        raise ValueError("generate needs a stream whose method is 'predict'.")
    if n < 1:
        raise ValueError(f"n must be at least 1; got {n!r}.")
    if len(start) == 0:
        raise ValueError("start must have at least one row; got none.")
    lead = 0 if live.windower is None else live.windower.lead
    if lead > 1:
        raise ValueError(
            f"The windows have lead={lead}, so a prediction is for the time {lead} steps on, and "
            "cannot be the next row; fit with lead=1."
        )
    if len(live.estimator.network_.known_future):
        raise ValueError(
            "generate does not know what is ahead of its rows, which this model reads "
            "(known_future=): use forecast(model, X, steps, future=...)."
        )
    predictions = [live.push_many(start)[-1]]
    n_features = live.estimator.network_.n_features
    if feedback is None:
        first = np.asarray(predictions[0])
        if first.size != n_features or first.dtype.kind not in "fiu":
            raise ValueError(
                f"A prediction such as {predictions[0]!r} is not a row of {n_features} features: "
                "say by feedback= how to make one of it."
            )
        feedback = np.atleast_1d
    series = _series_of(live)
    for _ in range(n - 1):
        predictions.append(live.push(feedback(predictions[-1]), series=series))
    return np.stack(predictions)


def _series_of(live):
    """Return the key of the series to continue, where the rows do not name it."""
    by = None if live.windower is None else live.windower.by
    if by is None or live.names_series:
        return None
    if len(live.series) > 1:
        raise ValueError(
            f"generate continues one series, and start holds {len(live.series)} of them "
            f"(by={by!r}): generate from each by itself."
        )
    return live.series[0]
