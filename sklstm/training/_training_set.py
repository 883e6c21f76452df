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
from sklstm.utils._ragged import weighted_multiplicity

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
    weights : ndarray of shape (n_samples,) or (n_rows,), or None, default=None
        Weight of each target in the loss, at least 0 and 0 where there is no target; None weighs
        all alike.
    series : ndarray of shape (n_samples,) or None, default=None
        For chunks: the series of each.
    """

    index: WindowIndex
    targets: np.ndarray
    per_row: bool
    weights: np.ndarray | None = None
    series: np.ndarray | None = None

    @property
    def labelled(self) -> np.ndarray | slice:
        """Which targets are given: all those of samples, and the rows with a label."""
        return ~np.isnan(self.targets).all(axis=1) if self.per_row else slice(None)

    def given(self) -> tuple[np.ndarray, np.ndarray | None]:
        """Return the targets that are given, and their weights."""
        labelled = self.labelled
        return self.targets[labelled], None if self.weights is None else self.weights[labelled]

    def times(self) -> np.ndarray | None:
        """Tell how often each row counts in the mean of the features; None if by windows."""
        if self.weights is None:
            return None
        index = self.index
        if self.per_row:
            # Rows that are only read count as the others do on average.
            own = self.weights / self.weights[self.weights > 0].mean()
            return index.multiplicity() * np.where(own > 0, own, 1.0)
        return weighted_multiplicity(index.start, index.count, self.weights, len(index.rows))

    def examples(
        self,
        scaler: InputTransform,
        transform: TargetTransform,
        class_weights: Callable[..., np.ndarray] | None = None,
    ) -> Examples:
        """Standardise all, in the form that a network takes.

        Parameters
        ----------
        scaler : InputTransform
            Standardises what is read.
        transform : TargetTransform
            Standardises the targets.
        class_weights : callable, default=None
            From targets, and the weights of their samples, to the weights of their classes.

        Returns
        -------
        sklstm.networks.Examples
            For a network.
        """
        labelled = self.labelled
        given, own = self.given()
        weights = np.ones(len(self.targets), dtype=np.float32)
        if class_weights is not None:
            weights[labelled] = class_weights(given, own)
        if own is not None:
            weights[labelled] *= own / own.mean()
        # A step ahead without a value weighs nothing: the others make up for it in the mean.
        missing = np.isnan(given)
        share = missing.mean() if own is None else np.average(missing.mean(axis=1), weights=own)
        weights /= 1.0 - share
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
    weights: np.ndarray | None = None,
    labels_rows: bool,
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
    weights : ndarray of shape (n_samples,) or (n_rows,), or None, default=None
        Weights of the values of y.
    labels_rows : bool
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
        if weights is not None:
            weights = weights[positions]
            missing |= weights == 0
        if missing.any():
            if missing.all():
                raise ValueError(
                    f"y is missing (NaN or None) for each of the {len(chosen)} windows to train on."
                )
            chosen, targets = chosen.take(~missing), targets[~missing]
            weights = None if weights is None else weights[~missing]
        return TrainingSet(chosen, targets, per_row=False, weights=weights)
    if kind == "steps":
        if not labels_rows:
            # What a stride leaves out are windows: the rows where they end are steps of others.
            everyone = np.arange(len(index))[among]
            own = transform.transform(index, y, everyone, among)
            y = targets_of_rows(prepared.take(among), own)
            if weights is not None:
                weights = targets_of_rows(prepared.take(among), weights[everyone, None])[:, 0]
        targets = np.where((chosen.multiplicity() > 0)[:, None], y, np.nan)
        weights = _drop_without_weight(targets, weights)
        _check_labelled(targets, chosen)
        labelled = np.flatnonzero(have_labels(chosen, targets))
        return TrainingSet(chosen.take(labelled), targets, per_row=True, weights=weights)
    series = stateful_series(chosen)
    if labels_rows:
        reached = chosen.multiplicity() > 0
        targets = y[reached]
        weights = None if weights is None else weights[reached]
    else:
        own = transform.transform(index, y, positions, among)
        targets = targets_of_rows(series.samples, own)
        if weights is not None:
            weights = targets_of_rows(series.samples, weights[positions, None])[:, 0]
    weights = _drop_without_weight(targets, weights)
    _check_labelled(targets, chosen)
    if bptt_steps is None:
        bptt_steps = index.window if index.window > 1 else _BPTT_STEPS
    chunks, series_of_chunks = series.chunks(bptt_steps)
    return TrainingSet(chunks, targets, per_row=True, weights=weights, series=series_of_chunks)


def _drop_without_weight(targets, weights):
    """Take away the targets of rows without a weight; return the weights, 0 without a target."""
    if weights is None:
        return None
    weights = np.nan_to_num(weights)
    targets[weights == 0] = np.nan
    return weights


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
