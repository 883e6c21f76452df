"""Windows of the rows that are new in a stream, with all that predictions depend on."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import replace

import numpy as np
import pandas as pd

from sklstm.forecasting._model_parts import ModelParts
from sklstm.forecasting._stream_rows import keys_as_index
from sklstm.preprocessing._window_index import WindowIndex


def timed_windows(model: ModelParts, parts: list, keys: list) -> tuple[WindowIndex, list]:
    """Cut the windows of new rows, which know their series and time where predictions need it.

    Parameters
    ----------
    model : ModelParts
        The parts of the model.
    parts : list of NewRows
        New rows of each series.
    keys : list of hashable
        The keys of these series.

    Returns
    -------
    index : WindowIndex
        The windows.
    after : list of SeriesState
        What the stream remembers of each series from now on.

    Raises
    ------
    ValueError
        If predictions depend on the time of the rows, and no labels tell it.
    """
    network, windower = model.estimator.network_, model.windower
    if not network.needs_series:
        index, after = windows_of(parts, network.n_steps)
        labels = _timestamps(parts, windower) if network.reads_calendar else None
        return replace(index, labels=labels), after
    since = [part.since for part in parts]
    if network.needs_clock and None in since:
        raise ValueError(
            "The season of this model goes by the clock, and the rows have no labels: push them as "
            f"a DataFrame with {windower.clock_.kind}, as in fit."
        )
    lead, known = windower.lead, network.known_future
    index, after = windows_of(parts, network.n_steps, lead, network.spec.horizon, known=known)
    index = replace(
        index,
        time=np.concatenate([part.steps + (part.since or 0) for part in parts]) + lead,
        series=np.repeat(np.arange(len(parts)), [len(part.steps) for part in parts]),
        series_keys=keys_as_index(keys),
        labels=_timestamps(parts, windower) if network.reads_calendar else _labels(parts, windower),
        feature_names=_names_of(model.estimator),
        on_a_clock=None not in since,
    )
    return index, after


def _names_of(estimator):
    names = getattr(estimator, "feature_names_in_", None)
    return None if names is None else tuple(map(str, names))


def _timestamps(parts, windower):
    """Return the times that are predicted at some rows."""
    labels = [part.labels for part in parts]
    if not all(isinstance(own, pd.DatetimeIndex | pd.PeriodIndex) for own in labels):
        raise ValueError(
            "This model reads the calendar, and the rows have no timestamps: push them as a "
            "DataFrame whose index holds dates, or fit with calendar=None."
        )
    joined = labels[0].append(labels[1:])
    # The clock of a windower that knows dates has a step.
    return joined if windower is None else joined + windower.lead * windower.freq_


def _labels(parts, windower):
    """Name the times that are predicted at some rows, as far as they have names."""
    labels = [part.labels for part in parts]
    if windower.freq_ is None or any(own is None for own in labels):
        return pd.RangeIndex(sum(len(part.steps) for part in parts))
    return labels[0].append(labels[1:]) + windower.lead * windower.freq_


def windows_of(parts, n_steps, lead=0, horizon=1, *, known=()):
    """Cut the windows of new rows.

    Parameters
    ----------
    parts : list of NewRows
        New rows of each series.
    n_steps : int
        Steps of a window.
    lead, horizon : int, default=0 and 1
        Steps from the end of a window to the first that is forecast, and how many are.
    known : sequence of int, default=()
        Positions of the known future covariates.

    Returns
    -------
    index : WindowIndex
        The windows, without labels.
    after : list of SeriesState
        What the stream remembers of each series from now on.
    """
    rows, keys, start, count, end, after = [], [], [], [], [], []
    n_rows = shift = 0
    for part in parts:
        own_rows = np.concatenate([part.before.rows, part.values[part.observed]])
        own_keys = np.concatenate([part.before.keys, part.steps[part.observed]])
        first = np.searchsorted(own_keys, part.steps - n_steps + 1)
        stop = np.searchsorted(own_keys, part.steps, side="right")
        newest = part.steps[-1]
        kept = own_keys > newest - n_steps + 1
        after.append(part.after(own_rows[kept], own_keys[kept]))
        # On one clock for all series, on which no window reaches from one to the next.
        shift += n_steps + lead + horizon - (own_keys[0] if len(own_keys) else part.steps[0])
        if part.ahead is not None:
            # Beyond all windows, where nothing but the known features is looked up.
            n_ahead = np.searchsorted(part.ahead.steps, newest + lead + horizon)
            later = np.zeros((n_ahead, own_rows.shape[1]))
            later[:, known] = part.ahead.values[:n_ahead]
            own_rows = np.concatenate([own_rows, later])
            own_keys = np.concatenate([own_keys, part.ahead.steps[:n_ahead]])
        rows.append(own_rows)
        keys.append(own_keys + shift)
        start.append(first + n_rows)
        count.append(stop - first)
        end.append(part.steps + shift)
        n_rows += len(own_rows)
        shift += newest + horizon + lead
    index = WindowIndex(
        np.concatenate(rows),
        np.concatenate(start),
        np.concatenate(count),
        n_steps,
        keys=np.concatenate(keys),
        end=np.concatenate(end),
        lead=lead,
    )
    return index, after
