"""What a network learns from: sequences, and targets for them or for their steps."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass
from typing import Literal

import numpy as np

from sklstm.preprocessing._sequences import Sequences
from sklstm.preprocessing._window_index import multiplicity
from sklstm.targets._step_labels import have_labels, targets_of_rows
from sklstm.training._state_chunks import series_of

Kind = Literal["windows", "steps", "series"]


@dataclass(frozen=True, eq=False)
class Lesson:
    """Sequences and their targets, in the form in which a network takes them.

    Parameters
    ----------
    sequences : Sequences
        What is read.
    targets : ndarray of shape (n_sequences, n_targets) or (n_rows, n_targets)
        What is to be answered, for each sequence or for each row of ``sequences.rows``; NaN
        without a label, and at the moments of a path that have no value.
    series : ndarray of shape (n_sequences,) or None
        For parts of series: the series of each.
    of_sequences : bool, default=False
        Whether the targets are those of sequences.
    """

    sequences: Sequences
    targets: np.ndarray
    series: np.ndarray | None = None

    of_sequences: bool = False

    def labelled(self) -> np.ndarray | slice:
        """Tell which targets are there.

        Returns
        -------
        ndarray of shape (n_rows,), bool, or slice
            Selects them; those of sequences are all there.
        """
        return slice(None) if self.of_sequences else ~np.isnan(self.targets).all(axis=1)


def make_lesson(
    chosen: Sequences,
    targets: np.ndarray,
    *,
    kind: Kind,
    of_rows: bool,
    bptt_steps: int,
) -> Lesson:
    """Bring the targets of sequences to where the network answers.

    Nothing is used of rows that no chosen sequence reaches, neither their values nor their targets.

    Parameters
    ----------
    chosen : Sequences
        The sequences to learn from.
    targets : ndarray of shape (n_chosen, n_targets) or (n_rows, n_targets)
        Targets of these sequences, or of all rows; NaN without a label.
    kind : {"windows", "steps", "series"}
        Whether a sequence has one answer, or each of its steps, or a state flows on.
    of_rows : bool
        For "series": whether ``targets`` are those of rows. Those of steps are, of windows are not.
    bptt_steps : int
        For "series": steps that a gradient goes back.

    Returns
    -------
    Lesson
        Without sequences that have no labelled step.

    Raises
    ------
    ValueError
        If no step that exists has a label.
    """
    if kind == "windows":
        return Lesson(chosen, targets, of_sequences=True)
    if kind == "steps":
        targets = np.where(_reached_by(chosen)[:, None], targets, np.nan)
        _check_labelled(targets, chosen)
        return Lesson(chosen.take(np.flatnonzero(have_labels(chosen, targets))), targets)
    series = series_of(chosen)
    own = targets[_reached_by(chosen)] if of_rows else targets_of_rows(series.samples, targets)
    _check_labelled(own, chosen)
    parts, series_of_parts = series.in_parts(bptt_steps)
    return Lesson(parts, own, series_of_parts)


def _reached_by(sequences):
    return multiplicity(sequences.start, sequences.count, len(sequences.rows)) > 0


def _check_labelled(targets, sequences):
    if not np.isnan(targets).all():
        return
    if sequences.origin is None:
        raise ValueError("No step of the samples to train on has a label.")
    raise ValueError(
        f"No step of X has a label: no window with a label ends at a row that exists, "
        f"{sequences.origin.lead} steps before its own (lead). Is the step of the clock shorter "
        "than that of the rows (see freq= of SequenceWindower)?"
    )
