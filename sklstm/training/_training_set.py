"""The training set: what a network reads, and the targets of what it predicts there."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from sklstm.networks import Examples, NetworkSpec
from sklstm.preprocessing._window_index import WindowIndex
from sklstm.targets._step_labels import have_labels, targets_of_rows
from sklstm.targets._target_transform import TargetTransform
from sklstm.training._input_transform import InputTransform
from sklstm.training._state_chunks import stateful_series

# What has a target: a window, each of its steps, or each row of a series in state chunks.
Kind = Literal["windows", "steps", "chunks"]
# Steps that a gradient goes back through rows that no windower has cut.
_BPTT_STEPS = 32


@dataclass(frozen=True, eq=False)
class TrainingSet:
    """Sequences, and the relative targets of these or of their rows.

    Parameters
    ----------
    index : WindowIndex
        What is read: windows, or chunks of series.
    targets : ndarray of shape (n_samples, n_values) or (n_rows, n_values)
        Targets of each sample, or of each row of ``index.rows``; NaN without a label, and at the
        steps ahead that have no value.
    per_row : bool
        Whether the targets are those of rows.
    series : ndarray of shape (n_samples,) or None, default=None
        For chunks: the series of each.
    """

    index: WindowIndex
    targets: np.ndarray
    per_row: bool
    series: np.ndarray | None = None

    @property
    def labelled(self) -> np.ndarray | slice:
        """Which targets are given: all those of samples, and the rows with a label."""
        return ~np.isnan(self.targets).all(axis=1) if self.per_row else slice(None)

    def examples(
        self,
        scaler: InputTransform,
        transform: TargetTransform,
        sample_weights: Callable[[np.ndarray], np.ndarray] | None = None,
    ) -> Examples:
        """Standardise all, in the form that a network takes.

        Parameters
        ----------
        scaler : InputTransform
            Standardises what is read.
        transform : TargetTransform
            Standardises the targets.
        sample_weights : callable, default=None
            From targets to the weight of each in the loss; None weighs all alike.

        Returns
        -------
        sklstm.networks.Examples
            For a network.
        """
        labelled = self.labelled
        given = self.targets[labelled]
        weights = np.ones(len(self.targets), dtype=np.float32)
        if sample_weights is not None:
            weights[labelled] = sample_weights(given)
        # A step ahead without a value weighs nothing: the others make up for it in the mean.
        weights /= 1.0 - np.isnan(given).mean()
        # The network gets the rows of the span alone.
        some = self.index.span if self.per_row else slice(None)
        targets = scaler.split_targets(transform.standardise(self.targets[some]))
        return Examples(
            windows=scaler.transform(self.index),
            targets=targets.astype(np.float32),
            weights=np.tile(weights[some], len(targets) // max(len(self.targets[some]), 1)),
            series=self.series,
        )


def make_training_set(
    spec: NetworkSpec,
    transform: TargetTransform,
    index: WindowIndex,
    prepared: WindowIndex,
    y: np.ndarray,
    positions: np.ndarray,
    among: np.ndarray | slice,
    *,
    per_row: bool,
    bptt_steps: int | None,
) -> TrainingSet:
    """Select samples, and give them their relative targets.

    Nothing is used of rows that no selected sample reaches, neither their values nor their targets.

    Parameters
    ----------
    spec : NetworkSpec
        Whether the network predicts at each step, and whether it is stateful.
    transform : TargetTransform
        Cuts targets and makes them relative.
    index : WindowIndex
        All samples.
    prepared : WindowIndex
        What the network reads of them: ``transform.transform_past(index)``.
    y : ndarray of shape (n_samples, n_values) or (n_rows, n_values)
        Values of the samples, or of all rows; NaN without a label.
    positions : ndarray of shape (n_positions,)
        The samples to learn from.
    among : ndarray of shape (n_among,) or slice
        The samples whose values horizon targets may hold.
    per_row : bool
        Whether `y` holds values of rows.
    bptt_steps : int or None
        For a stateful network: rows of a chunk. None is the length of the samples, or 32.

    Returns
    -------
    TrainingSet
        Without samples that have no labelled step.

    Raises
    ------
    ValueError
        If no observed step has a label.
    """
    kind: Kind = "chunks" if spec.stateful else "steps" if spec.returns_sequences else "windows"
    chosen = prepared.take(positions)
    if kind == "windows":
        targets = transform.transform(index, y, positions, among)
        # A sample without a value is read by others, and not learned from.
        missing = np.isnan(targets).all(axis=1)
        if missing.any():
            if missing.all():
                raise ValueError(
                    f"y is missing (NaN or None) for each of the {len(chosen)} windows to train on."
                )
            chosen, targets = chosen.take(~missing), targets[~missing]
        return TrainingSet(chosen, targets, per_row=False)
    if kind == "steps":
        if not per_row:
            # What a stride leaves out are windows: the rows where they end are steps of others.
            everyone = np.arange(len(index))[among]
            own = transform.transform(index, y, everyone, among)
            y = targets_of_rows(prepared.take(among), own)
        targets = np.where((chosen.multiplicity() > 0)[:, None], y, np.nan)
        _check_labelled(targets, chosen)
        labelled = np.flatnonzero(have_labels(chosen, targets))
        return TrainingSet(chosen.take(labelled), targets, per_row=True)
    series = stateful_series(chosen)
    if per_row:
        targets = y[chosen.multiplicity() > 0]
    else:
        own = transform.transform(index, y, positions, among)
        targets = targets_of_rows(series.samples, own)
    _check_labelled(targets, chosen)
    if bptt_steps is None:
        bptt_steps = index.window if index.window > 1 else _BPTT_STEPS
    chunks, series_of_chunks = series.chunks(bptt_steps)
    return TrainingSet(chunks, targets, per_row=True, series=series_of_chunks)


def _check_labelled(targets, index) -> None:
    if not np.isnan(targets).all():
        return
    if not index.knows_time:
        raise ValueError("No step of the samples to train on has a label.")
    raise ValueError(
        f"No step of X has a label: no window with a label ends at an observed row, {index.lead} "
        "steps before its own (lead). Is the step of the clock shorter than that of the rows (see "
        "freq= of SequenceWindower)?"
    )
