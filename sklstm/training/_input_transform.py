"""From a window index to what a network reads: standardised rows, and how windows are cut."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass, replace

import numpy as np

from sklstm.networks import NetworkInput, PatchSpec, Slots
from sklstm.preprocessing._long_windows import without_unreached_steps
from sklstm.preprocessing._window_index import WindowIndex
from sklstm.training._calendar_inputs import calendar_of
from sklstm.training._some_windows import newest_observed, some_windows
from sklstm.utils._aligned import aligned_empty

# Numbers converted at a time: no float64 copy of a long series is ever held, and each block stays
# in the processor's cache.
_BLOCK = 16_384
# Of so few, preparing the blocks would take longer than their numbers.
_FEW_NUMBERS = 1_024


@dataclass(frozen=True, eq=False)
class InputTransform:
    """What turns a window index into what a network reads.

    Parameters
    ----------
    mean, scale : ndarray of shape (n_features,)
        What is subtracted from each feature, and what it is divided by.
    known_future : ndarray of shape (n_known,)
        Positions of the known future covariates.
    horizon : int
        Steps ahead for which they are known.
    patches : PatchSpec or None, default=None
        How windows are cut into patches; None reads them step by step.
    view_scale : ndarray of shape (n_views, n_inputs) or None, default=None
        For patches: what each view of each feature that the network reads is divided by.
    channels : ndarray of shape (n_channels,) or None, default=None
        Features that are read one by one, each as a series of its own, with all features that are
        not among them beside it; None reads all features at once.
    cycles : tuple of str, default=()
        Cycles of the calendar that are read for the time of each sample.
    """

    mean: np.ndarray
    scale: np.ndarray
    known_future: np.ndarray
    horizon: int
    patches: PatchSpec | None = None
    view_scale: np.ndarray | None = None
    channels: np.ndarray | None = None
    cycles: tuple[str, ...] = ()

    def transform(self, index: WindowIndex) -> NetworkInput:
        """Standardise in float64 and cast to float32; only the rows that the windows span.

        Parameters
        ----------
        index : WindowIndex
            The windows.

        Returns
        -------
        NetworkInput
            Rows of shape (n_spanned, n_features), and the windows in them. With channels, the rows
            and the windows of the first, then those of the second, and so on.
        """
        span = index.span
        rows = self._standardised(index.rows[span])
        start = np.where(index.count > 0, index.start - span.start, 0).astype(np.int32)
        known = self._known_future(index) if len(self.known_future) else None
        found = NetworkInput(rows, start, index.count.astype(np.int32), known)
        if self.patches is not None:
            constants = calendar_of(index.labels, self.cycles) if self.cycles else None
            found = replace(
                found,
                slots=_slots(index, span, self.patches),
                view_scale=self.view_scale,
                constants=constants,
            )
        return found if self.channels is None else _by_channel(found, self.channels)

    def _standardised(self, own_rows):
        if own_rows.size <= _FEW_NUMBERS:
            with np.errstate(over="ignore"):
                rows = ((own_rows - self.mean) / self.scale).astype(np.float32)
            if not np.isfinite(rows).all():
                self._refuse(own_rows, rows)
            return rows
        rows = aligned_empty(own_rows.shape)
        # Of the shape of a block: NumPy goes through equal shapes at once, and not row by row.
        size = min(_block_size(own_rows), len(own_rows))
        means, scales = (np.repeat(of[None], size, axis=0) for of in (self.mean, self.scale))
        centred = np.empty((size, own_rows.shape[1]))
        with np.errstate(over="ignore"):
            for block in _blocks(own_rows):
                n = len(rows[block])
                np.subtract(own_rows[block], means[:n], out=centred[:n])
                np.divide(centred[:n], scales[:n], out=rows[block], casting="same_kind")
                if not np.isfinite(rows[block]).all():
                    self._refuse(own_rows[block], rows[block])
        return rows

    def _refuse(self, own_rows, rows):
        """Refuse numbers that float32 cannot hold."""
        row, feature = np.argwhere(~np.isfinite(rows))[0]
        raise ValueError(
            f"X holds {own_rows[row, feature]:.4g} in feature {feature}, which is beyond what a "
            f"network can read: 32-bit numbers, after standardising with the mean "
            f"{self.mean[feature]:.4g} and the scale {self.scale[feature]:.4g} of fit. Mend the "
            "value, or make it NaN with the whole step, which is then missing."
        )

    def _known_future(self, index):
        columns = self.known_future
        known = index.look_ahead(columns, self.horizon)
        # What is not known is replaced by the mean.
        return np.nan_to_num((known - self.mean[columns]) / self.scale[columns]).astype(np.float32)

    def split_targets(self, targets: np.ndarray) -> np.ndarray:
        """Lay targets out as the network predicts them.

        Parameters
        ----------
        targets : ndarray of shape (n_samples, n_values)
            By step ahead, then target.

        Returns
        -------
        ndarray of shape (n_samples, n_values) or (n_channels * n_samples, horizon)
            With channels, the targets of the first, then those of the second, and so on.
        """
        if self.channels is None:
            return targets
        parts = targets.reshape(len(targets), -1, len(self.channels))
        return np.moveaxis(parts, 2, 0).reshape(-1, parts.shape[1])

    def join_outputs(self, outputs: np.ndarray) -> np.ndarray:
        """Undo :meth:`split_targets` for outputs, each of which may have quantiles.

        Parameters
        ----------
        outputs : ndarray of shape (n_samples, n_outputs) or (n_channels * n_samples, n_own)
            Outputs of the network.

        Returns
        -------
        ndarray of shape (n_samples, n_outputs)
            By step ahead, then target, then quantile.
        """
        if self.channels is None:
            return outputs
        parts = outputs.reshape(
            len(self.channels), -1, self.horizon, outputs.shape[1] // self.horizon
        )
        return np.moveaxis(parts, 0, 2).reshape(parts.shape[1], -1)


def fit_input_transform(
    index: WindowIndex,
    patches: PatchSpec | None,
    *,
    times: np.ndarray | None = None,
    standardise: bool,
    known_future: np.ndarray,
    horizon: int,
    cycles: tuple[str, ...] = (),
    channels: np.ndarray | None = None,
    channel_scale: np.ndarray | None = None,
) -> InputTransform:
    """Learn the scales of what a network reads.

    Parameters
    ----------
    index : WindowIndex
        The windows to learn from.
    patches : PatchSpec or None
        How windows are cut into patches.
    times : ndarray of shape (n_rows,) or None, default=None
        How often each row counts; None counts the windows that hold it.
    standardise : bool
        Whether to standardise the features; False leaves them, and their views, as they are.
    known_future : ndarray of shape (n_known,)
        Positions of the known future covariates.
    horizon : int
        Steps ahead for which they are known.
    cycles : tuple of str, default=()
        Cycles of the calendar that are read for the time of each sample.
    channels : ndarray of shape (n_channels,) or None, default=None
        Features that are read one by one.
    channel_scale : ndarray of shape (n_channels,), default=None
        What each channel is divided by.

    Returns
    -------
    InputTransform
        Fitted.
    """
    if standardise:
        mean, scale = fit_mean_and_scale(index, times)
    else:
        mean, scale = np.zeros(index.n_features), np.ones(index.n_features)
    view_scale = None
    if patches is not None:
        view_scale = np.ones((len(patches.views), index.n_features), dtype=np.float32)
        if standardise:
            view_scale = _scales_of_views(index, patches, mean, scale)
    if channels is not None:
        # One network reads all channels: each in the units of its own targets.
        scale = scale.copy()
        scale[channels] = channel_scale
        if view_scale is not None:
            others = np.delete(view_scale, channels, axis=1)
            view_scale = np.insert(others, 0, np.float32(1.0), axis=1)
    return InputTransform(mean, scale, known_future, horizon, patches, view_scale, channels, cycles)


def fit_mean_and_scale(
    index: WindowIndex, times: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Compute the mean and the standard deviation of each feature over all steps.

    A row counts as often as it is a step of a window, so windows and their materialised copy give
    the same numbers, and a row that no window reaches counts for nothing.

    Parameters
    ----------
    index : WindowIndex
        The windows.
    times : ndarray of shape (n_rows,) or None, default=None
        How often each row counts, in place of that.

    Returns
    -------
    mean, scale : ndarray of shape (n_features,), float64
        The scale of a constant feature is 1.
    """
    times = index.multiplicity() if times is None else times
    total = times.sum()

    def weighted_mean(of):
        parts = (
            times[block].astype(np.float64) @ of(index.rows[block].astype(np.float64, copy=False))
            for block in _blocks(index.rows)
        )
        return sum(parts) / total

    with np.errstate(over="ignore", invalid="ignore"):
        mean = weighted_mean(lambda rows: rows)
        variance = weighted_mean(lambda rows: np.square(rows - mean))
    if not np.isfinite(variance).all():
        feature = int(np.argmin(np.isfinite(variance)))
        raise ValueError(
            f"X holds values in feature {feature} that are too large to standardise: their "
            "variance is beyond 64-bit numbers. Mend them, or divide the feature by a constant."
        )
    # The bound that scikit-learn's StandardScaler uses to tell constant from noisy.
    eps = np.finfo(np.float64).eps
    constant = variance <= total * eps * variance + (total * mean * eps) ** 2
    return mean, np.where(constant, 1.0, np.sqrt(variance))


def _scales_of_views(index, patches, mean, scale):
    """Compute the root mean square of each view of each feature, over some of the windows."""
    windows = (some_windows(index)[1] - mean) / scale
    newest = newest_observed(windows)
    last = newest[:, -1:]
    of_view = {
        "minus_last": lambda: windows - np.take_along_axis(windows, last, axis=1),
        "minus_mean": lambda: windows - np.nanmean(windows, axis=1, keepdims=True),
        # From the observed step before, however long ago.
        "differences": lambda: (
            windows[:, 1:]
            - np.where(
                newest[:, :-1] >= 0, np.take_along_axis(windows, newest[:, :-1], axis=1), np.nan
            )
        ),
    }
    scales = np.ones((len(patches.views), index.n_features), dtype=np.float32)
    for number, view in enumerate(patches.views):
        if view in of_view:
            squares = np.square(of_view[view]())
            count = (~np.isnan(squares)).sum(axis=(0, 1))
            spread = np.sqrt(np.nansum(squares, axis=(0, 1)) / np.maximum(count, 1))
            scales[number] = np.where(spread > 1e-6, spread, 1.0)
    return scales


def _slots(index, span, patches):
    # Patches with an observed step reach no further back, and are counted back from the end.
    index = without_unreached_steps(index, margin=patches.size + patches.stride)
    row_at, first = replace(
        index,
        rows=index.rows[span],
        keys=None if index.keys is None else index.keys[span],
        start=np.where(index.count > 0, index.start - span.start, 0),
    ).slots()
    return Slots(row_at.astype(np.int32), first.astype(np.int32), index.window)


def _by_channel(found: NetworkInput, channels: np.ndarray) -> NetworkInput:
    """Lay the channels out one after the other, each with all other features beside it."""
    n_channels, n_rows = len(channels), len(found.rows)
    others = np.delete(np.arange(found.rows.shape[1]), channels)
    rows = aligned_empty((n_channels * n_rows, 1 + len(others)))
    for number, channel in enumerate(channels):
        block = rows[number * n_rows : (number + 1) * n_rows]
        block[:, 0] = found.rows[:, channel]
        block[:, 1:] = found.rows[:, others]

    def repeated(own, step):
        """Repeat what windows have for each channel, moved on by so much for each."""
        moved = np.arange(n_channels, dtype=np.int32)[:, None] * step + own
        return moved.ravel().astype(np.int32)

    slots = found.slots
    if slots is not None:
        first = repeated(slots.first, len(slots.row_at))
        slots = replace(slots, row_at=repeated(slots.row_at, n_rows), first=first)
    known, constants = found.known, found.constants
    return replace(
        found,
        rows=rows,
        start=repeated(found.start, n_rows),
        count=np.tile(found.count, n_channels),
        known=None if known is None else np.tile(known, (n_channels, 1, 1)),
        slots=slots,
        constants=None if constants is None else np.tile(constants, (n_channels, 1)),
    )


def _blocks(rows: np.ndarray) -> list[slice]:
    """Cut rows into runs of about ``_BLOCK`` numbers."""
    size = _block_size(rows)
    return [slice(low, low + size) for low in range(0, len(rows), size)]


def _block_size(rows: np.ndarray) -> int:
    return max(_BLOCK // rows.shape[1], 1)
