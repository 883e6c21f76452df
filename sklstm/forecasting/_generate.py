"""Feed a model its own answers."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np

from sklstm.forecasting._stream import Stream, stream


def generate(model, start, n, *, feedback=None):
    """Roll a model out: answer, take the answer for the next row, answer that, and so on.

    Parameters
    ----------
    model : Stream, LSTMClassifier, LSTMForecaster or Pipeline that ends in one
        Fitted. A stream goes on from what it has seen, and is itself not changed; anything else
        begins with nothing seen.
    start : array-like or DataFrame of shape (n_rows, n_features)
        The rows to begin with, at least one. The first answer is that to the last of them.
    n : int
        Number of answers.
    feedback : callable, default=None
        Makes the row that follows out of an answer: ``feedback(answer)`` of shape (n_features,).
        None takes the answer itself, for a forecaster that reads what it forecasts and nothing
        else.

    Returns
    -------
    ndarray of shape (n,) or (n, n_targets)
        The answers.

    Raises
    ------
    ValueError
        If there is no row to begin with, if ``n`` is less than 1, if the windows lead by more than
        one step, or if answers cannot be rows and ``feedback`` does not make them.

    See Also
    --------
    stream : Give a model the rows that really come.

    Examples
    --------
    A wave goes on by itself:

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
    if live._method != "predict":
        raise ValueError("generate needs a stream whose method is 'predict'.")
    if n < 1:
        raise ValueError(f"n must be at least 1; got {n!r}.")
    if len(start) == 0:
        raise ValueError("start must have at least one row; got none.")
    lead = 0 if live._windower is None else live._windower.lead
    if lead > 1:
        raise ValueError(
            f"The windows have lead={lead}, so an answer is for the moment {lead} steps on, and "
            "cannot be the next row; fit with lead=1."
        )
    answers = [live.push_many(start)[-1]]
    n_features = len(live._estimator._X_mean)
    if feedback is None:
        if np.size(answers[0]) != n_features or np.asarray(answers[0]).dtype.kind not in "fiu":
            raise ValueError(
                f"An answer such as {answers[0]!r} is not a row of {n_features} features: say by "
                "feedback= how to make one of it."
            )
        feedback = np.atleast_1d
    for _ in range(n - 1):
        answers.append(live.push(feedback(answers[-1])))
    return np.stack(answers)
