"""Where X carries the past of the targets, and what of a window a forecast is relative to."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass

import numpy as np

from sklstm.preprocessing._window_index import WindowIndex
from sklstm.targets._leak_guard import is_affine_map, is_telling
from sklstm.utils._ragged import means_of_runs

_SAMPLE = 1000
# Two points are on a line with anything.
_FEWEST_ROWS = 3


@dataclass(frozen=True, eq=False)
class PastOfTarget:
    """Where X carries the past of the targets: ``y = slope * X[column] + intercept``.

    Parameters
    ----------
    columns : ndarray of shape (n_targets,)
        Features of X.
    slope, intercept : ndarray of shape (n_targets,)
        From their units to those of y.
    """

    columns: np.ndarray
    slope: np.ndarray
    intercept: np.ndarray

    def values_of_windows(self, kind: str, index: WindowIndex) -> np.ndarray:
        """Compute the last value, or the mean, of these features in each window.

        Parameters
        ----------
        kind : {"last", "mean"}
            Which.
        index : WindowIndex
            The windows.

        Returns
        -------
        ndarray of shape (n_samples, n_targets), float64
            In units of X; of a window without steps any finite number.
        """
        if len(index.rows) == 0:
            return np.zeros((len(index), len(self.columns)))
        if kind == "last":
            # Of an empty window -1 at least: any row does.
            last = np.minimum(index.start + index.count - 1, len(index.rows) - 1)
            return index.rows[last[:, None], self.columns].astype(np.float64)
        return means_of_runs(index.rows[:, self.columns], index.start, index.count)


def fit_past(index: WindowIndex, y: np.ndarray, columns: np.ndarray) -> PastOfTarget:
    """Learn how features turn into the targets that they are the past of.

    Parameters
    ----------
    index : WindowIndex
        The samples.
    y : ndarray of shape (n_samples, n_targets)
        Their targets.
    columns : ndarray of shape (n_targets,)
        The features.

    Returns
    -------
    PastOfTarget
        By least squares over the samples whose own row is in a window; else features are taken as
        they are.
    """
    slope, intercept = np.ones(len(columns)), np.zeros(len(columns))
    if index.knows_time:
        positions, row_numbers = index.own_rows()
        for target, column in enumerate(columns):
            x = index.rows[row_numbers, column].astype(np.float64)
            own = y[positions, target]
            observed = ~(np.isnan(x) | np.isnan(own))
            x, own = x[observed], own[observed]
            if len(x) and not np.array_equal(x, own):
                centred = x - x.mean()
                squares = centred @ centred
                if squares > 0:
                    slope[target] = centred @ (own - own.mean()) / squares
                    intercept[target] = own.mean() - slope[target] * x.mean()
    return PastOfTarget(np.asarray(columns), slope, intercept)


def find_past(
    index: WindowIndex, y: np.ndarray, target, names: list | None = None
) -> PastOfTarget | None:
    """Find where X carries the past of each target.

    Parameters
    ----------
    index : WindowIndex
        The samples.
    y : ndarray of shape (n_samples, n_targets)
        Their targets.
    target : str, int, list of them or None
        As in :class:`~sklstm.LSTMForecaster`; None looks for columns that equal y, or of which y
        is an affine map.
    names : list or None, default=None
        What y calls its targets, which tells columns apart that agree alike.

    Returns
    -------
    PastOfTarget or None
        None if it is not found for each target.
    """
    if target is not None:
        given = target if isinstance(target, list | tuple) else [target]
        if len(given) != y.shape[1]:
            raise ValueError(
                f"target={target!r} names {len(given)} features, but y has {y.shape[1]} targets."
            )
        return fit_past(index, y, positions_of_features(given, index, "target"))
    if not index.knows_time:
        return None
    # What no window holds is not looked at, not even to compare it with y. Which rows windows hold
    # all samples tell: the windows of a few of them do not hold each other's rows.
    positions, row_numbers = index.own_rows()
    columns: list[int] = []
    for number, values in enumerate(y[positions].T):
        column = _find_column(
            index.rows,
            row_numbers,
            values,
            index.time[positions],
            _named(index.feature_names, names, number),
            columns,
        )
        if column is None:
            return None
        columns.append(column)
    return fit_past(index, y, np.array(columns))


def _named(feature_names, names, number) -> int | None:
    """Return the feature of the same name as a target."""
    if feature_names is None or names is None or str(names[number]) not in feature_names:
        return None
    return feature_names.index(str(names[number]))


def _find_column(rows, row_numbers, target, time, named, taken) -> int | None:
    """Find the column that is a target, or of which it is an affine map.

    Constants, plain trends and a few values agree with a column by chance: then it has to have the
    name of the target, or to be the only one that agrees.
    """
    observed = ~np.isnan(target)
    row_numbers, target, time = row_numbers[observed], target[observed], time[observed]
    if len(target) < _FEWEST_ROWS:
        return None
    some = np.linspace(0, len(target) - 1, min(len(target), _SAMPLE)).astype(np.intp)

    def that(agree):
        """List the columns that agree; a sample rules out nearly all."""
        return [
            column
            for column in range(rows.shape[1])
            if agree(rows[row_numbers[some], column], target[some])
            and agree(rows[row_numbers, column], target)
        ]

    for found, is_sure in (
        (that(np.array_equal), np.ptp(target) > 0),
        (that(is_affine_map), is_telling(target, time)),
    ):
        if named in found:
            return named
        if found and (is_sure or len(found) == 1):
            return next((column for column in found if column not in taken), found[0])
    return None


def positions_of_features(names, index: WindowIndex, parameter: str) -> np.ndarray:
    """Find features by name or position.

    Parameters
    ----------
    names : list of str or int, str, int or None
        Names or positions.
    index : WindowIndex
        The samples.
    parameter : str
        Whose value it is, for the message.

    Returns
    -------
    ndarray of shape (n_names,)
        Positions of the features; none for None.

    Raises
    ------
    ValueError
        If X has no such feature.
    """
    if names is None:
        return np.empty(0, dtype=np.intp)
    each = names if isinstance(names, list | tuple) else [names]
    return np.array([_position_of(name, index, parameter) for name in each], dtype=np.intp)


def _position_of(name, index, parameter) -> int:
    names, n = index.feature_names, index.n_features
    if isinstance(name, str):
        if names is None or name not in names:
            known = "X has no names" if names is None else f"the features are {list(names)}"
            raise ValueError(f"{parameter}={name!r} is no feature of X: {known}.")
        return names.index(name)
    if not 0 <= int(name) < n:
        raise ValueError(f"{parameter}={name!r} is no feature of X, which has {n}.")
    return int(name)
