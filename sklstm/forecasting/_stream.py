"""Predict live: a fitted model that takes one row after the other."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from copy import copy

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from sklstm.preprocessing import SequenceWindower
from sklstm.preprocessing._window_index import WindowIndex, refuse_partly_missing
from sklstm.training._fitted_network import HasNetwork


def stream(estimator, *, method="predict"):
    """Open a fitted model for rows that arrive one after the other.

    A stream remembers what the model needs of the past, the state of a stateful network or the last
    rows of a window, so that every row costs the same. Its predictions are those of ``predict`` on
    the whole series.

    Parameters
    ----------
    estimator : LSTMClassifier, LSTMForecaster or Pipeline that ends in one
        Fitted. In a pipeline a :class:`~sklstm.preprocessing.SequenceWindower` stands right before
        the estimator, or, if that is stateful, anything that works row by row.
    method : {"predict", "predict_proba"}, default="predict"
        What to predict at each row.

    Returns
    -------
    Stream
        It has seen nothing yet.

    Raises
    ------
    ValueError
        If the model cannot take rows one after the other.

    See Also
    --------
    generate : Feed a model its own predictions.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklstm import LSTMForecaster, SequenceWindower, stream
    >>> wave = np.sin(np.arange(300) / 5)
    >>> model = make_pipeline(
    ...     SequenceWindower(window=12, lead=1),
    ...     LSTMForecaster(units=8, epochs=5, random_state=0),
    ... ).fit(wave[:, None], wave)
    >>> live = stream(model)
    >>> live.push_many(wave[:20, None]).shape
    (20,)

    With ``lead=1`` the prediction at a row is the forecast of the next one:

    >>> next_value = live.push(wave[20:21])
    >>> bool(abs(next_value - model.predict(wave[:100, None])[21]) < 1e-6)
    True
    """
    return Stream(estimator, method=method)


class Stream:
    """The state of a fitted model, and the rows that change it.

    Parameters
    ----------
    estimator : LSTMClassifier, LSTMForecaster or Pipeline that ends in one
        Fitted; it is not changed, and must not be while the stream is in use.
    method : {"predict", "predict_proba"}, default="predict"
        What to predict at each row.

    Attributes
    ----------
    n_seen : int
        Rows since the start or the last :meth:`reset`.

    See Also
    --------
    stream : Makes one, and says what it takes.

    Examples
    --------
    >>> import numpy as np
    >>> from sklstm import LSTMClassifier
    >>> X = np.random.default_rng(0).normal(size=(200, 1))
    >>> model = LSTMClassifier(units=4, stateful=True, epochs=2, random_state=0)
    >>> live = model.fit(X, X[:, 0] > 0).stream()
    >>> live.warm_up(X[:10]).n_seen
    10
    >>> live.push_many(X[10:13]).shape
    (3,)
    >>> live.reset().n_seen
    0
    """

    def __init__(self, estimator, *, method="predict"):
        self._transformers, self.windower, self.estimator = _taken_apart(estimator)
        check_is_fitted(self.estimator, "network_")
        if self.estimator.network_.needs_series:
            raise ValueError(
                "A stream does not know the series of its rows, nor what comes after them: "
                'season=, normalize_y="series" and known_future= need predict or forecast.'
            )
        if method not in ("predict", "predict_proba") or not hasattr(self.estimator, method):
            raise ValueError(
                f"method must be 'predict', or 'predict_proba' of a classifier; got {method!r} for "
                f"{type(self.estimator).__name__}."
            )
        spec = self.estimator.network_.spec
        if self._transformers and self.windower is None and not spec.stateful:
            raise ValueError(
                "A stream needs a SequenceWindower in the pipeline, or stateful=True: otherwise "
                "nothing of a row is remembered for the next."
            )
        if spec.bidirectional and spec.returns_sequences:
            raise ValueError(
                "A bidirectional network with return_sequences=True predicts at a step from the "
                "steps after it as well: it cannot take rows one after the other."
            )
        self.method = method
        self.reset()

    def reset(self):
        """Forget all rows.

        Returns
        -------
        self : Stream
            The stream, as it was at the start.
        """
        n_features = self.estimator.network_.n_features
        self.n_seen = 0
        # Of a stateful network: h and c of each layer, and the newest output.
        self._states = None
        self._newest = None
        # Of windows: the last rows, missing ones among them.
        self._rows = np.empty((0, n_features))
        return self

    def copy(self):
        """Copy the stream, to continue in two ways.

        Returns
        -------
        Stream
            It has seen the same rows; the fitted model is shared.
        """
        # What a push changes it replaces, so nothing of the state is shared for long.
        return copy(self)

    def push(self, row):
        """Take one row and predict.

        Parameters
        ----------
        row : array-like of shape (n_features,), dict, Series or DataFrame of one row
            The next time step, as `predict` takes it; all NaN is a missing one. A model that reads
            the calendar needs its timestamp: the index of a DataFrame, or the name of a Series.

        Returns
        -------
        scalar or ndarray
            What `predict` gives for the time ``lead`` steps after the row, or, without a windower,
            for the row itself: a label, a value, one for each target, or probabilities.

        Raises
        ------
        ValueError
            If the row is not of the width of those in fit, or has some features missing.
        """
        return self.push_many(_one_row(row))[0]

    def push_many(self, rows):
        """Take rows, oldest first, and predict at each.

        Parameters
        ----------
        rows : array-like or DataFrame of shape (n_rows, n_features)
            The next time steps, with timestamps where the model reads the calendar.

        Returns
        -------
        ndarray of shape (n_rows,) or (n_rows, n_targets) or (n_rows, n_classes)
            The predictions, as :meth:`push` gives them.

        Raises
        ------
        ValueError
            If the rows are not of the width of those in fit, or have some features missing, or if
            they have no timestamps and the model reads the calendar.
        """
        timestamps = self._timestamps(rows)
        # Many transformers refuse an empty table.
        rows = self._transformed(rows) if len(rows) else self._rows[:0]
        stateful = self.estimator.network_.spec.stateful
        outputs = self._carry_state(rows) if stateful else self._slide(rows, timestamps)
        self.n_seen += len(rows)
        return self.estimator.decode(outputs, self.method)

    def warm_up(self, rows):
        """Take rows and predict nothing.

        Parameters
        ----------
        rows : array-like or DataFrame of shape (n_rows, n_features)
            The past.

        Returns
        -------
        self : Stream
            The stream, which has seen them.
        """
        self.push_many(rows)
        return self

    def _carry_state(self, rows):
        """Carry the state of a stateful network over the rows."""
        from sklstm.networks import predict_steps
        from sklstm.training._prediction import average, output_of_nothing

        network = self.estimator.network_
        observed = ~np.isnan(rows).all(axis=1)
        samples = network.input_transform.transform(_one_sequence(rows[observed]))
        before = [None] * len(network.weights) if self._states is None else self._states
        results = [
            predict_steps(network.spec, weights, samples, states)
            for weights, states in zip(network.weights, before, strict=True)
        ]
        newest = self._newest
        if newest is None:
            newest = output_of_nothing(network.spec, network.weights)
        # A missing time step has the output of the one before it.
        outputs = np.vstack([newest, average(outputs for outputs, _ in results)])
        self._states, self._newest = [states for _, states in results], outputs[-1:]
        return network.target_transform.inverse_transform(outputs[np.cumsum(observed)], None)

    def _timestamps(self, rows):
        """Return the times that are predicted at some rows, None where nobody asks."""
        if not self.estimator.network_.reads_calendar:
            return None
        windower = self.windower
        column = None if windower is None else windower.time
        labels = getattr(rows, "index", None)
        if column is not None and isinstance(rows, pd.DataFrame):
            labels = pd.Index(rows[column])
        if not isinstance(labels, pd.DatetimeIndex | pd.PeriodIndex):
            raise ValueError(
                "This model reads the calendar, and the rows have no timestamps: push them as a "
                "DataFrame whose index holds dates, or fit with calendar=None."
            )
        # The clock of a windower that knows dates has a step.
        return labels if windower is None else labels + windower.lead * windower.freq_

    def _slide(self, rows, timestamps):
        """Move the window over the rows."""
        network = self.estimator.network_
        n_steps, n_before = network.n_steps, len(self._rows)
        rows = np.concatenate([self._rows, rows])
        observed = ~np.isnan(rows).all(axis=1)
        before = np.r_[0, np.cumsum(observed)]
        stop = np.arange(n_before, len(rows)) + 1
        start = before[np.maximum(stop - n_steps, 0)]
        index = WindowIndex(
            rows[observed],
            start,
            before[stop] - start,
            n_steps,
            keys=np.flatnonzero(observed),
            end=stop - 1,
            labels=timestamps,
        )
        self._rows = rows[max(len(rows) - n_steps + 1, 0) :].copy()
        return network.predict(index, every_step=False)

    def _transformed(self, rows):
        """Run rows through what stands before the estimator, and check them."""
        _check_width(rows, [*self._transformers, self.windower])
        for transformer in self._transformers:
            rows = transformer.transform(_named(rows, transformer))
        if self.windower is not None:
            rows = _feature_columns(_named(rows, self.windower), self.windower)
        rows = np.asarray(rows, dtype=np.float64)
        n_features = self.estimator.network_.n_features
        if rows.ndim == 1 and n_features == 1:
            rows = rows[:, None]
        if rows.ndim == 3 and rows.shape[1] == 1:
            rows = rows[:, 0]
        if rows.ndim != 2 or rows.shape[1] != n_features:
            raise ValueError(
                f"Rows of a stream must be of shape (n_rows, {n_features}), as in fit; got shape "
                f"{rows.shape}."
            )
        if np.isinf(rows).any():
            raise ValueError("Rows of a stream must not be infinite.")
        refuse_partly_missing(rows, None)
        return rows


def _taken_apart(estimator):
    """Return the transformers, the windower or None, and the LSTM estimator of a model."""
    transformers, windower = [], None
    if isinstance(estimator, Pipeline):
        *steps, (_, estimator) = estimator.steps
        transformers = [t for _, t in steps if t is not None and t != "passthrough"]
    if not isinstance(estimator, HasNetwork):
        raise ValueError(
            f"A stream needs an LSTMClassifier or an LSTMForecaster, or a Pipeline that ends in "
            f"one; got {type(estimator).__name__}."
        )
    if transformers and isinstance(transformers[-1], SequenceWindower):
        windower = transformers.pop()
    for transformer in transformers:
        if isinstance(transformer, SequenceWindower):
            raise ValueError(
                "A stream needs SequenceWindower right before the LSTM estimator; something stands "
                "between them."
            )
    return transformers, windower, estimator


def _one_row(row):
    if isinstance(row, pd.DataFrame):
        return row
    if isinstance(row, dict):
        return pd.DataFrame([row])
    if isinstance(row, pd.Series):
        return row.to_frame().T.infer_objects()
    return np.asarray(row)[None]


def _named(rows, transformer):
    """Give columns their names back where the transformer has seen some."""
    names = getattr(transformer, "feature_names_in_", None)
    if hasattr(rows, "columns"):
        return rows if names is None else rows[list(names)]
    rows = np.asarray(rows)
    if names is None or rows.ndim != 2 or rows.shape[1] != len(names):
        return rows
    return pd.DataFrame(rows, columns=list(names))


def _check_width(rows, steps):
    """Refuse rows of another width than the first step has seen, if there is one."""
    n_columns = getattr(steps[0], "n_features_in_", None)
    if n_columns is not None and np.shape(rows)[1:] != (n_columns,):
        raise ValueError(
            f"Rows of a stream must be of shape (n_rows, {n_columns}), as in fit; got shape "
            f"{np.shape(rows)}."
        )


def _feature_columns(rows, windower):
    """Leave out the columns that name the series and the time."""
    columns = windower.feature_columns_
    return rows.iloc[:, columns] if hasattr(rows, "iloc") else np.asarray(rows)[:, columns]


def _one_sequence(rows):
    """Read observed rows as one sequence."""
    return WindowIndex(rows, np.zeros(1, dtype=int), np.array([len(rows)]), window=1)
