"""Which windows to train on, and which to hold out for early stopping."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import warnings

import numpy as np
from sklearn.model_selection import train_test_split

from sklstm.preprocessing._window_index import WindowIndex
from sklstm.utils._ragged import are_held, rows_of_runs


def hold_out(
    index, positions, fraction, *, stratify, rng, in_time=False, look_ahead=0, first_of=None
):
    """Split positions into training and validation.

    Windows that know their time are split in time: the last part validates, and between the two a
    gap keeps training windows and their targets out of validation windows. Independent sequences
    are split at random.

    Parameters
    ----------
    index : WindowIndex
        All samples.
    positions : ndarray of shape (n_candidates,)
        Those that may be used.
    fraction : float
        Part to validate on, between 0 and 1.
    stratify : ndarray of shape (n_samples,) or None
        Classes to keep in proportion when the split is at random.
    rng : numpy.random.Generator
        Source of randomness.
    in_time : bool, default=False
        Whether independent sequences follow each other in time.
    look_ahead : int, default=0
        Time steps that a target reaches beyond its own.
    first_of : ndarray of shape (n_candidates,) or None, default=None
        Where independent sequences are repeated: for each candidate the first of its repeats, by
        its number among the candidates. Repeats stay on one side.

    Returns
    -------
    training, validation : ndarray
        Positions.

    Raises
    ------
    ValueError
        If one of the parts would be empty.
    """
    if not index.knows_time and not in_time:
        different = positions if first_of is None else positions[np.unique(first_of)]
        _check_enough(different, fraction, stratify, repeats=first_of is not None)
        sides = train_test_split(
            different,
            test_size=fraction,
            stratify=None if stratify is None else stratify[different],
            random_state=int(rng.integers(2**31)),
        )
        if first_of is None:
            return sides
        firsts = positions[first_of]
        return [positions[np.isin(firsts, side)] for side in sides]
    time = index.time[positions] if index.knows_time else positions
    n_validation = max(1, int(np.ceil(fraction * len(positions))))
    first = np.partition(time, len(time) - n_validation)[len(time) - n_validation]
    gap = index.window + index.lead - 1 + look_ahead if index.knows_time else 0
    training, validation = positions[time < first - gap], positions[time >= first]
    if len(training) == 0:
        raise ValueError(
            f"early_stopping=True leaves nothing to train on: of {len(positions)} windows the last "
            f"{len(validation)} validate (validation_fraction={fraction}), and the {gap} time "
            f"steps before them (window + lead - 1{' + horizon - 1' if look_ahead else ''}) keep "
            "the two apart. Give fit more rows, a shorter window or early_stopping=False."
        )
    return training, validation


def _check_enough(positions, fraction, stratify, *, repeats) -> None:
    """Refuse so few sequences that one of the parts would be empty, or lack a class."""
    n = len(positions)
    n_validation = int(np.ceil(fraction * n))
    classes = np.unique(positions if stratify is None else stratify[positions], return_counts=True)
    n_classes, smallest = (1, n) if stratify is None else (len(classes[0]), classes[1].min())
    if min(n_validation, n - n_validation) >= n_classes and smallest >= 2:
        return
    of_classes = ""
    if stratify is not None:
        of_classes = f", of {n_classes} classes, the smallest with {smallest}"
    raise ValueError(
        f"early_stopping=True holds out {n_validation} of {n} "
        f"{'different ' if repeats else ''}sequences (validation_fraction="
        f"{fraction}){of_classes}: too few to train and to validate on "
        f"{'each class' if stratify is not None else 'some'}. Give fit more sequences, another "
        "validation_fraction or early_stopping=False."
    )


def split_by_hand(
    index: WindowIndex, split: tuple[np.ndarray, np.ndarray], *, stateful: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Take the parts of a split that the user has given.

    Parameters
    ----------
    index : WindowIndex
        All samples.
    split : pair of ndarray of shape (n_samples,), bool
        Which of them train, and which validate.
    stateful : bool
        Whether a state is carried from each to the next.

    Returns
    -------
    training, validation : ndarray
        Positions of the samples with an observed step.

    Raises
    ------
    ValueError
        If a part has none, or if a state would be carried from validation into training.

    Warns
    -----
    UserWarning
        If windows to train on hold rows of samples that validate.
    """
    training, validation = (np.flatnonzero(side & (index.count > 0)) for side in split)
    for part, does in ((training, "to train on"), (validation, "to validate on")):
        if len(part) == 0:
            raise ValueError(
                f"validation= leaves nothing {does}: all steps of the samples of that part are "
                "missing (NaN)."
            )
    if stateful:
        _check_in_time(index, training, validation)
    elif index.knows_time:
        _warn_if_read(index.take(training), index, split[1])
    return training, validation


def _check_in_time(index, training, validation) -> None:
    """Refuse to train on what follows the samples that validate."""
    series = index.series if index.knows_time else np.zeros(len(index), dtype=int)
    time = index.time if index.knows_time else np.arange(len(index))
    first = np.full(series.max() + 1, np.iinfo(np.int64).max)
    np.minimum.at(first, series[validation], time[validation])
    late = time[training] > first[series[training]]
    if late.any():
        raise ValueError(
            f"validation= and stateful=True: {int(late.sum())} of {len(training)} samples to train "
            "on come after samples of the same series that validate, so that no state can be "
            "carried to them. Hold whole series out, or the last part in time."
        )


def _warn_if_read(training, index, validates) -> None:
    """Warn if windows to train on hold rows of samples that validate."""
    positions, rows = index.own_rows()
    rows = rows[validates[positions]]
    read = int(are_held(training.start, training.count, rows).sum())
    if read:
        warnings.warn(
            f"validation= holds out {int(validates.sum())} samples, but windows to train on read "
            f"the rows of {read} of them, so that val_loss may be better than it will be on new "
            "rows. The split is used as it is; hold out the last part in time, as "
            "PanelTimeSeriesSplit does, or whole series, to keep the two apart.",
            UserWarning,
            stacklevel=2,
        )


def every_nth(index: WindowIndex, positions: np.ndarray, stride: int) -> np.ndarray:
    """Keep every n-th of the positions, counted in time within each series.

    Parameters
    ----------
    index : WindowIndex
        All samples.
    positions : ndarray of shape (n_candidates,)
        Those to choose from.
    stride : int
        1 keeps all.

    Returns
    -------
    ndarray
        Positions, in the given order.
    """
    if stride == 1 or len(positions) == 0:
        # All of them, as below, without a sort and a copy.
        return positions
    # Copies: a view would keep all positions in memory for the length of the fit.
    if not index.knows_time:
        return positions[::stride].copy()
    chosen = index.take(positions)
    series, time = chosen.series, chosen.time
    if len(index.series_keys) == 1 and (time[1:] > time[:-1]).all():
        return positions[::stride].copy()
    order = np.lexsort((time, series))
    count = np.bincount(series)
    rank = rows_of_runs(np.zeros_like(count), count)
    return positions[np.sort(order[rank % stride == 0])]
