"""The frame of a forecast: from values of y to what the network is trained on, and back."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass

import numpy as np

from sklstm.preprocessing._sequences import Sequences, as_slice
from sklstm.targets._horizon_targets import own_rows
from sklstm.targets._leak_guard import find_copy_of_target
from sklstm.targets._seasons import (
    Past,
    Seasons,
    fit_past,
    fit_seasons,
    in_the_frame,
    season_lengths,
)

_SAMPLE = 1000


@dataclass(frozen=True, eq=False)
class Frame:
    """What is subtracted from the targets before training, and added to the answers.

    Parameters
    ----------
    anchor : {"last", "mean"} or None
        What of the window answers are relative to.
    past : Past or None
        Where X carries the past of the targets.
    seasons : Seasons or None
        Level, profile and spread of each series.
    nothing : ndarray of shape (n_targets,)
        The anchor of a window without steps.
    """

    anchor: str | None
    past: Past | None
    seasons: Seasons | None
    nothing: np.ndarray | None = None

    @property
    def is_plain(self) -> bool:
        """Whether nothing is subtracted."""
        return self.anchor is None and self.seasons is None

    def prepare(self, sequences: Sequences) -> Sequences:
        """Bring the past of the targets into the frame, too.

        Parameters
        ----------
        sequences : Sequences
            Of a call.

        Returns
        -------
        Sequences
            What the network reads, before it is scaled.
        """
        if self.seasons is None or self.past is None:
            return sequences
        return in_the_frame(sequences, self.past, self.seasons)

    def into(self, paths: np.ndarray, prepared: Sequences) -> np.ndarray:
        """Bring paths into the frame.

        Parameters
        ----------
        paths : ndarray of shape (n_samples, horizon, n_targets)
            Values of y.
        prepared : Sequences
            Their samples, as :meth:`prepare` gives them.

        Returns
        -------
        ndarray of shape (n_samples, horizon, n_targets)
            What the network is trained on.
        """
        if self.seasons is not None:
            expected, scale = self._expected(self.seasons, prepared, paths.shape[1])
            paths = (paths - expected) / scale
        return paths if self.anchor is None else paths - self._anchors(prepared)

    def out_of(self, answers: np.ndarray, prepared: Sequences) -> np.ndarray:
        """Bring answers out of the frame.

        Parameters
        ----------
        answers : ndarray of shape (n_samples, horizon, n_targets, n_quantiles)
            What the network answers, in the units of the frame.
        prepared : Sequences
            The samples, as :meth:`prepare` gives them.

        Returns
        -------
        ndarray of shape (n_samples, horizon, n_targets, n_quantiles)
            Values of y.
        """
        if self.anchor is not None:
            answers = answers + self._anchors(prepared)[..., None]
        if self.seasons is not None:
            expected, scale = self._expected(self.seasons, prepared, answers.shape[1])
            answers = answers * scale[..., None] + expected[..., None]
        return answers

    def parts_of_anchors(self) -> list[tuple]:
        """Say what an exported model has to add to its answers.

        Returns
        -------
        list of tuple
            Kind, column, slope, intercept and what stands for nothing, for each target.
        """
        if self.anchor is None:
            return []
        past, nothing = self._past_and_nothing()
        each = zip(past.columns, past.slope, past.intercept, nothing, strict=True)
        return [(self.anchor, int(column), *map(float, rest)) for column, *rest in each]

    def _expected(self, seasons, prepared, horizon):
        origin = prepared.origin
        series = seasons.codes(origin)[origin.series][:, None]
        time = origin.time[:, None] + np.arange(horizon)
        expected = seasons.expected(np.broadcast_to(series, time.shape), time)
        return expected, seasons.scale[series]

    def _past_and_nothing(self) -> tuple[Past, np.ndarray]:
        assert self.past is not None
        nothing = np.zeros(len(self.past.columns)) if self.nothing is None else self.nothing
        return self.past, nothing

    def _anchors(self, prepared):
        """Return the anchor of each sample, (n_samples, 1, n_targets)."""
        past, nothing = self._past_and_nothing()
        found = _values_of_windows(self.anchor, prepared, past.columns)
        if self.seasons is None:
            found = past.slope * found + past.intercept
        return np.where((prepared.count > 0)[:, None], found, nothing)[:, None]


PLAIN = Frame(anchor=None, past=None, seasons=None)


def fit_frame(
    sequences: Sequences,
    y: np.ndarray,
    *,
    anchor: str | None,
    season,
    target,
    by_series: bool,
) -> Frame:
    """Learn a frame from the samples of a training part, and no others.

    Parameters
    ----------
    sequences : Sequences
        The samples.
    y : ndarray of shape (n_samples, n_targets)
        Their values of y, each at its own moment.
    anchor : {"auto", "last", "mean"} or None
        As in :class:`LSTMForecaster`.
    season, target : object
        As in :class:`LSTMForecaster`.
    by_series : bool
        Whether each series is standardised by its own level and spread.

    Returns
    -------
    Frame
        The frame.

    Raises
    ------
    ValueError
        If something is asked for that needs to know where and when the windows are, or what of X
        is the past of y, and that is not to be found.
    """
    origin = sequences.origin
    lengths: tuple[int, ...] = ()
    if season is not None or by_series:
        what = f"season={season!r}" if season is not None else 'normalize_y="series"'
        if origin is None:
            raise ValueError(
                f"{what} needs windows that know their series and moments, straight from "
                "SequenceWindower; X does not (a step after the windower may have lost it)."
            )
        if season is not None and not origin.on_a_clock:
            raise ValueError(
                f"{what} needs rows with a regular index of time: by their positions alone, those "
                "of another call cannot be told to be in which part of the season. Pass a "
                "DataFrame with such an index."
            )
        lengths = season_lengths(season, origin)
    seasons = None
    if lengths or by_series:
        seasons = fit_seasons(origin, y, lengths, by_series=True, standardise=by_series)
    past = _find_past(sequences, y, target)
    if anchor == "auto":
        in_time = origin is None or origin.lead > 0
        anchor = "last" if past is not None and in_time and not lengths else None
    if anchor is not None and past is None:
        raise ValueError(
            f"anchor={anchor!r} needs to know which feature of X carries the past of y, and none "
            "equals y or is an affine map of it on the training rows. Name it in target=, or set "
            "anchor=None."
        )
    frame = Frame(anchor, past, seasons)
    if anchor is None:
        return frame
    prepared = frame.prepare(sequences)
    there = frame._anchors(prepared)[prepared.count > 0, 0]
    return Frame(anchor, past, seasons, there.mean(axis=0))


def _find_past(sequences, y, target) -> Past | None:
    """Find where X carries the past of each target, or None."""
    origin = sequences.origin
    if target is not None:
        names = target if isinstance(target, list | tuple) else [target]
        if len(names) != y.shape[1]:
            raise ValueError(
                f"target={target!r} names {len(names)} features, but y has {y.shape[1]} targets."
            )
        named = [_position_of(name, sequences, "target") for name in names]
        return fit_past(sequences, y, np.array(named))
    if origin is None:
        return None
    # A sample rules nearly everything out; of a long series the whole takes memory.
    sample = np.unique(np.linspace(0, len(y) - 1, min(len(y), _SAMPLE)).astype(np.intp))
    columns: list[int] = []
    for chosen in (sample, np.arange(len(y))):
        part = origin.take(as_slice(chosen))
        positions, row_numbers = own_rows(part)
        # What no window holds is not looked at, not even to compare it with y.
        held = sequences.hold(row_numbers)
        positions, row_numbers = positions[held], row_numbers[held]
        own, moments = y[chosen][positions], part.time[positions]
        found = [find_copy_of_target(sequences.rows, row_numbers, t, moments) for t in own.T]
        columns = [column for column in found if column is not None]
        if len(columns) < len(found):
            return None
    return fit_past(sequences, y, np.array(columns))


def known_columns(known_future, sequences: Sequences) -> np.ndarray:
    """Find the features that are known ahead.

    Parameters
    ----------
    known_future : list of str or int, str, int or None
        Names or positions.
    sequences : Sequences
        The samples.

    Returns
    -------
    ndarray of shape (n_known,)
        Positions of the features.
    """
    if known_future is None:
        return np.empty(0, dtype=np.intp)
    names = known_future if isinstance(known_future, list | tuple) else [known_future]
    return np.array([_position_of(n, sequences, "known_future") for n in names], dtype=np.intp)


def _position_of(name, sequences, parameter) -> int:
    origin = sequences.origin
    names = None if origin is None else origin.feature_names
    n = sequences.n_features
    if isinstance(name, str):
        if names is None or name not in names:
            known = "X has no names" if names is None else f"the features are {list(names)}"
            raise ValueError(f"{parameter}={name!r} is no feature of X: {known}.")
        return names.index(name)
    if not 0 <= int(name) < n:
        raise ValueError(f"{parameter}={name!r} is no feature of X, which has {n}.")
    return int(name)


def _values_of_windows(kind, sequences, columns):
    """Return the last value, or the mean, of some features in each window."""
    start, stop = sequences.start, sequences.start + sequences.count
    if kind == "last":
        last = np.clip(stop - 1, 0, max(len(sequences.rows) - 1, 0))
        if len(sequences.rows) == 0:
            return np.zeros((len(start), len(columns)))
        return sequences.rows[np.ix_(last, columns)].astype(np.float64)
    # Each sum by itself: a running one would let what lies before a window into its last digits.
    values = np.zeros((len(sequences.rows) + 1, len(columns)))
    values[:-1] = sequences.rows[:, columns]
    borders = np.stack([start, np.maximum(stop, start + 1)], axis=1).ravel()
    sums = np.add.reduceat(values, np.minimum(borders, len(values) - 1), axis=0)[::2]
    return sums / np.maximum(sequences.count, 1)[:, None]
