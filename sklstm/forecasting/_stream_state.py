"""What a stream remembers of each series, and the rows that are new."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from sklstm.preprocessing._window_index import WindowIndex


@dataclass(frozen=True, eq=False)
class KnownAhead:
    """Known future covariates at some time steps of a series.

    Parameters
    ----------
    steps : ndarray of shape (n_steps,)
        The time steps, in order.
    values : ndarray of shape (n_steps, n_known)
        What is known of each.
    """

    steps: np.ndarray
    values: np.ndarray

    def after(self, step: int) -> "KnownAhead":
        """Leave out the steps up to one.

        Parameters
        ----------
        step : int
            The last step to leave out.

        Returns
        -------
        KnownAhead
            The later steps.
        """
        first = int(np.searchsorted(self.steps, step, side="right"))
        return KnownAhead(self.steps[first:], self.values[first:])

    def updated(self, steps: np.ndarray, values: np.ndarray) -> "KnownAhead":
        """Take newer values, which replace those of the same steps.

        Parameters
        ----------
        steps, values : ndarray
            As in the class.

        Returns
        -------
        KnownAhead
            All steps.
        """
        kept = ~np.isin(self.steps, steps)
        joined = np.concatenate([self.steps[kept], steps])
        order = np.argsort(joined, kind="stable")
        return KnownAhead(joined[order], np.concatenate([self.values[kept], values])[order])


@dataclass(frozen=True, eq=False)
class SeriesState:
    """What a stream remembers of a series.

    Parameters
    ----------
    rows : ndarray of shape (n_kept, n_features)
        Of windows: the last observed rows.
    keys : ndarray of shape (n_kept,)
        Their time steps.
    now : int
        Time step of the newest row.
    label : object
        Label of the newest row; None without one.
    states : list or None
        Of a stateful network: for each ensemble member h and c of each layer.
    newest : ndarray of shape (1, n_outputs) or None
        Of a stateful network: the newest output.
    since : int or None
        From the time steps of the series to the time of the clock; None where no label tells it.
    ahead : KnownAhead or None
        Known future covariates of the steps after the newest row.
    """

    rows: np.ndarray
    keys: np.ndarray
    now: int
    label: Any
    states: list | None = None
    newest: np.ndarray | None = None
    since: int | None = None
    ahead: KnownAhead | None = None

    @classmethod
    def new(cls, n_features: int) -> "SeriesState":
        """Return the state of a series of which nothing was seen.

        Parameters
        ----------
        n_features : int
            Features of its rows.

        Returns
        -------
        SeriesState
            The state.
        """
        return cls(np.empty((0, n_features)), np.empty(0, dtype=np.int64), now=0, label=None)


@dataclass(frozen=True, eq=False)
class NewRows:
    """New rows of a series, in time.

    Parameters
    ----------
    before : SeriesState
        What the stream remembers of the rows before.
    values : ndarray of shape (n_rows, n_features)
        The rows; all NaN is a missing one.
    steps : ndarray of shape (n_rows,)
        Their time steps.
    labels : pandas.Index of length n_rows or None
        Their labels.
    since : int or None
        From their time steps to the time of the clock.
    ahead : KnownAhead or None, default=None
        Known future covariates of later steps.
    """

    before: SeriesState
    values: np.ndarray
    steps: np.ndarray
    labels: pd.Index | None
    since: int | None
    ahead: KnownAhead | None = None

    @property
    def observed(self):
        """Which rows are not missing, a bool for each."""
        return ~np.isnan(self.values).all(axis=1)

    def after(self, rows, keys, states=None, newest=None):
        """Tell what the stream remembers from now on.

        Parameters
        ----------
        rows, keys, states, newest : object
            As in :class:`SeriesState`.

        Returns
        -------
        SeriesState
            The state after the newest row.
        """
        now = int(self.steps[-1])
        return SeriesState(
            rows, keys, now, self.newest_label, states, newest, self.since, self.ahead
        )

    @property
    def newest_label(self):
        """Label of the newest row; None without one."""
        return self.before.label if self.labels is None else self.labels[-1]


def as_sequences(parts):
    """Read the observed rows of each series as one sequence.

    Parameters
    ----------
    parts : list of ndarray of shape (n_rows, n_features)
        The rows of each series.

    Returns
    -------
    WindowIndex
        A sequence for each series.
    """
    count = np.array([len(rows) for rows in parts], dtype=np.intp)
    rows = np.concatenate(parts)
    return WindowIndex(rows, np.cumsum(count) - count, count, window=int(count.max(initial=1)))


def stacked_states(parts, member):
    """Stack the states of all series.

    Parameters
    ----------
    parts : list of NewRows
        New rows of each series.
    member : int
        The ensemble member.

    Returns
    -------
    list of tuple of ndarray of shape (n_series, n_units), or None
        h and c of each layer; None where all series start anew.
    """
    states = [part.before.states for part in parts]
    known = next((own for own in states if own is not None), None)
    if known is None:
        return None
    zeros = [(np.zeros_like(h), np.zeros_like(c)) for h, c in known[member]]
    each = [zeros if own is None else own[member] for own in states]
    return [
        tuple(np.concatenate([own[layer][k] for own in each]) for k in (0, 1))
        for layer in range(len(zeros))
    ]
