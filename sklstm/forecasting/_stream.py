"""Predict live: a fitted model that takes one row after the other."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from copy import copy
from dataclasses import replace

import numpy as np
import pandas as pd
from sklearn.utils.validation import check_is_fitted

from sklstm.forecasting._model_parts import ModelParts, take_apart
from sklstm.forecasting._stream_future import FutureReader
from sklstm.forecasting._stream_rows import RowReader
from sklstm.forecasting._stream_state import (
    KnownAhead,
    NewRows,
    SeriesState,
    as_sequences,
    stacked_states,
)
from sklstm.forecasting._stream_windows import timed_windows
from sklstm.networks import predict_steps
from sklstm.preprocessing import SequenceWindower
from sklstm.training._fitted_network import HasNetwork
from sklstm.training._prediction import average, output_of_empty


def stream(estimator, *, method="predict"):
    """Open a fitted model for rows that arrive one after the other.

    A stream remembers what the model needs of the past, the state of a stateful network or the last
    rows of a window, so that every row costs the same. Its predictions are those of ``predict`` on
    the whole series.

    Rows with an index go by its clock, as in ``predict``: a label that is left out is a missing
    step, and a label that is not later than the one before is refused. Rows without one follow each
    other. Behind a windower with ``by=`` each series has a past of its own.

    Parameters
    ----------
    estimator : LSTMClassifier, LSTMForecaster or Pipeline that ends in one
        Fitted. In a pipeline a :class:`~sklstm.preprocessing.SequenceWindower` stands right before
        the estimator, or, if that is stateful, anything that works row by row. Around it there may
        be a :class:`~sklearn.compose.TransformedTargetRegressor`, a :class:`ConformalForecaster` or
        a search of scikit-learn.
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
        self._parts = _checked_parts(estimator)
        self.windower, self.estimator = self._parts.windower, self._parts.estimator
        check_is_fitted(self.estimator, "network_")
        self._reader = RowReader(self._parts)
        if method not in ("predict", "predict_proba") or not hasattr(self.estimator, method):
            raise ValueError(
                f"method must be 'predict', or 'predict_proba' of a classifier; got {method!r} for "
                f"{type(self.estimator).__name__}."
            )
        spec = self.estimator.network_.spec
        if self._parts.steps and self.windower is None and not spec.stateful:
            raise ValueError(
                "A stream needs a SequenceWindower in the pipeline, or stateful=True: otherwise "
                "nothing of a row is remembered for the next."
            )
        if spec.bidirectional and spec.returns_sequences:
            raise ValueError(
                "A bidirectional network with return_sequences=True predicts at a step from the "
                "steps after it as well: it cannot take rows one after the other."
            )
        if self.estimator.network_.needs_series and self.windower is None:
            raise ValueError(
                "The predictions of this model depend on the series and the time of a row "
                '(season=, normalize_y="series" or known_future=), which the windower knows: open '
                "a stream of the pipeline that holds it."
            )
        self._future = FutureReader(self._parts, self._reader)
        self.method = method
        self.reset()

    def __repr__(self):
        """Return a summary in one line: the model, and what the stream has seen."""
        told = f"{type(self.estimator).__name__}, method={self.method!r}, n_seen={self.n_seen}"
        if len(self._series) > 1:
            told += f", n_series={len(self._series)}"
        labels = [state.label for state in self._series.values() if state.label is not None]
        if labels:
            told += f", last={str(max(labels))!r}"
        return f"Stream({told})"

    def reset(self):
        """Forget all rows.

        Returns
        -------
        self : Stream
            The stream, as it was at the start.
        """
        self.n_seen = 0
        self._series: dict = {}
        return self

    def copy(self):
        """Copy the stream, to continue in two ways.

        Returns
        -------
        Stream
            It has seen the same rows; the fitted model is shared.
        """
        # What a push changes of a series it replaces, so nothing else is shared.
        other = copy(self)
        vars(other)["_series"] = dict(self._series)
        return other

    @property
    def series(self):
        """Keys of the series that the stream has seen.

        Returns
        -------
        list
            In the order of their first rows; [0] where there is only one series.
        """
        return list(self._series)

    @property
    def names_series(self):
        """Whether columns of the rows name their series.

        Returns
        -------
        bool
            False if :meth:`push` takes the key of the series in `series`, or from an index.
        """
        return self._reader.names_series

    def push(self, row, *, series=None, future=None):
        """Take one row and predict.

        Parameters
        ----------
        row : array-like of shape (n_features,), dict, Series or DataFrame of one row
            The next time step, as `predict` takes it; all NaN is a missing one. Its label in time
            is the index of a DataFrame, the name of a Series, or what stands in the column that the
            windower takes the time from; a row without one follows the row before it.
        series : hashable, default=None
            Key of the series of the row, behind a windower with `by`, unless columns or index
            levels of the row name it.
        future : DataFrame, Series or array-like of shape (n_steps_ahead, n_known), default=None
            Known future covariates of the steps after the row, where the model reads any
            (`known_future`). As in :func:`forecast`, a DataFrame has these columns, the timestamps
            and, with several series, their keys; an array holds the next steps in their order. The
            stream keeps them until their rows come, and newer values replace older ones.

        Returns
        -------
        scalar or ndarray
            What `predict` gives for the time ``lead`` steps after the row, or, without a windower,
            for the row itself: a label, a value, one for each target, or probabilities.

        Raises
        ------
        ValueError
            If the row is not of the width of those in fit, or has some features missing; if it is
            not later than the one before it; if its series is not known; or if `future` cannot be
            read.

        Warns
        -----
        UserWarning
            As `predict` does, among others if known future covariates are missing.
        """
        rows, labelled = _one_row(row)
        return self._push(rows, series, labelled, future)[0]

    def push_many(self, rows, *, series=None, future=None):
        """Take rows, oldest first, and predict at each.

        Parameters
        ----------
        rows : array-like or DataFrame of shape (n_rows, n_features)
            The next time steps, with their labels in the index or in a column; those of several
            series may be interleaved.
        series : hashable, default=None
            Key of the series of all rows, as in :meth:`push`.
        future : DataFrame, Series or array-like of shape (n_steps_ahead, n_known), default=None
            As in :meth:`push`, for the steps after the last row. Up to it, the rows hold these
            covariates themselves.

        Returns
        -------
        ndarray of shape (n_rows,) or (n_rows, n_targets) or (n_rows, n_classes)
            The predictions, as :meth:`push` gives them.

        Raises
        ------
        ValueError
            As :meth:`push` does; or if the rows have no timestamps and the model reads the
            calendar.
        """
        return self._push(rows, series, isinstance(rows, pd.DataFrame), future)

    def warm_up(self, rows, *, series=None, future=None):
        """Take rows and predict nothing.

        Parameters
        ----------
        rows : array-like or DataFrame of shape (n_rows, n_features)
            The past.
        series : hashable, default=None
            Key of their series, as in :meth:`push`.
        future : DataFrame, Series or array-like of shape (n_steps_ahead, n_known), default=None
            Known future covariates of the steps after the last row, as in :meth:`push`.

        Returns
        -------
        self : Stream
            The stream, which has seen them.
        """
        self._push(rows, series, isinstance(rows, pd.DataFrame), future, predicts=False)
        return self

    def _push(self, rows, series, labelled, future, *, predicts=True):
        """Take rows and predict; a failure changes nothing."""
        network = self.estimator.network_
        if len(rows) == 0:
            layout = network.target_transform.layout
            empty = np.empty((0, layout.horizon * layout.n_targets * layout.n_quantiles))
            return self.estimator.decode(empty, self.method)
        arrived = self._reader.read(rows, series, labelled=labelled)
        parts = [
            self._moved_on(key, arrived.values[own], _of(arrived.labels, own))
            for key, own in arrived.by_series()
        ]
        if future is not None or len(network.known_future):
            parts = self._with_future(parts, future, rows, arrived)
        if network.spec.stateful:
            outputs, after = self._carry_state(parts)
        else:
            index, after = timed_windows(self._parts, parts, arrived.keys)
            outputs = network.predict(index, every_step=False) if predicts else None
        predictions = self._decoded(outputs, parts, arrived.codes) if predicts else None
        self._series.update(zip(arrived.keys, after, strict=True))
        self.n_seen += len(arrived.values)
        return predictions

    def _decoded(self, outputs, parts, codes):
        """Make predictions of outputs, in the order of the rows."""
        if len(parts) > 1:
            in_order = np.empty_like(outputs)
            in_order[np.argsort(codes, kind="stable")] = outputs
            outputs = in_order
        predictions = self.estimator.decode(outputs, self.method)
        if self.method == "predict":
            predictions = self._parts.to_units_of_y(predictions)
        return predictions

    def _moved_on(self, key, values, labels):
        """Place new rows of a series in time, after those that the stream remembers."""
        before = self._series.get(key, SeriesState.new(values.shape[1]))
        steps, labels, time = self._reader.steps_and_labels(key, labels, before.label, len(values))
        steps = before.now + steps
        since = before.since
        if time is not None:
            since = time - int(steps[-1])
        elif since is None and self._reader.counts_positions:
            # As in predict, the first row without a label has the position 0.
            since = -1
        return NewRows(before, values, steps, labels, since)

    def _with_future(self, parts, future, rows, arrived):
        """Add the known future covariates of later steps, given now or before."""
        newest_label = parts[arrived.codes[-1]].newest_label
        given = self._future.read(future, rows, arrived, newest_label)
        found = {} if given is None else dict(given.by_series())
        parts = list(parts)
        for number, (key, part) in enumerate(zip(arrived.keys, parts, strict=True)):
            now = int(part.steps[-1])
            ahead = None if part.before.ahead is None else part.before.ahead.after(now)
            if given is not None and key in found:
                own = found[key]
                steps, values = self._reader.steps_ahead(
                    key, given.values[own], _of(given.labels, own), part.newest_label
                )
                empty = KnownAhead(steps[:0], values[:0])
                ahead = (empty if ahead is None else ahead).updated(now + steps, values)
            parts[number] = replace(part, ahead=ahead)
        return parts

    def _carry_state(self, parts):
        """Carry the state of a stateful network over the rows."""
        network = self.estimator.network_
        samples = network.input_transform.transform(
            as_sequences([part.values[part.observed] for part in parts])
        )
        results = [
            predict_steps(network.spec, weights, samples, stacked_states(parts, member))
            for member, weights in enumerate(network.weights)
        ]
        stops = np.cumsum([part.observed.sum() for part in parts])[:-1]
        found = average(outputs for outputs, _ in results)
        outputs, after = [found[:0]], []
        for number, (part, own) in enumerate(zip(parts, np.split(found, stops), strict=False)):
            newest = part.before.newest
            if newest is None:
                newest = output_of_empty(network.spec, network.weights)
            # A missing time step has the output of the one before it.
            own = np.vstack([newest, own])
            outputs.append(own[np.cumsum(part.observed)])
            one = slice(number, number + 1)
            states = [[(h[one], c[one]) for h, c in states] for _, states in results]
            after.append(part.after(part.before.rows, part.before.keys, states, own[-1:]))
        flat = network.target_transform.inverse_transform(np.concatenate(outputs), None)
        return flat, after


def _checked_parts(estimator) -> ModelParts:
    """Take a model apart, and refuse what cannot take rows one after the other."""
    parts = take_apart(estimator)
    if not isinstance(parts.estimator, HasNetwork):
        raise ValueError(
            f"A stream needs an LSTMClassifier or an LSTMForecaster, or a Pipeline that ends in "
            f"one; got {type(parts.estimator).__name__}."
        )
    if any(isinstance(step, SequenceWindower) for step in parts.steps[:-1]):
        raise ValueError(
            "A stream needs SequenceWindower right before the LSTM estimator; something stands "
            "between them."
        )
    return parts


def _one_row(row):
    """Return a row as a table of one, and whether an index holds its label."""
    if isinstance(row, pd.DataFrame):
        return row, True
    if isinstance(row, dict):
        return pd.DataFrame([row]), False
    if isinstance(row, pd.Series):
        return row.to_frame().T.infer_objects(), row.name is not None
    return np.asarray(row)[None], False


def _of(labels, positions):
    return None if labels is None else labels[positions]
