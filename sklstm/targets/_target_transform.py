"""The target transform: from values of y to what a network is trained on, and back."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import warnings

import numpy as np

from sklstm.preprocessing._window_index import WindowIndex
from sklstm.targets._horizon_targets import check_long_enough, cut_horizon_targets
from sklstm.targets._leak_guard import warn_if_y_was_seen
from sklstm.targets._past import PastOfTarget, find_past
from sklstm.targets._scale import mean_and_scale
from sklstm.targets._season_length import longest_in_window, season_lengths, wall_clocks
from sklstm.targets._seasonal_differences import difference_past, newest_of_season
from sklstm.targets._seasons import Seasons, deseasonalise_past, fit_seasons
from sklstm.targets._shrinkage import shrink_outputs
from sklstm.targets._target_layout import TargetLayout
from sklstm.targets._unseen_series import count_own_rows, give_own_levels
from sklstm.targets._wall_clock import WallClock


class TargetTransform:
    """Cut horizon targets, make them relative, and standardise them; and all of it back.

    `fit` learns what targets are relative to (an anchor in the window, seasons, the level and
    spread of each series), `fit_scale` what the relative targets are standardised by. A network is
    trained on ``standardise(transform(...))``; `inverse_transform` shrinks its outputs and brings
    them back into the units of y.

    Parameters
    ----------
    layout : TargetLayout
        What a row of y means.
    anchor : {"auto", "last", "mean", "season"} or None, default=None
        As in :class:`~sklstm.LSTMForecaster`.
    season : int, str, tuple of them or None, default=None
        As in :class:`~sklstm.LSTMForecaster`.
    target : str, int, list of them or None, default=None
        As in :class:`~sklstm.LSTMForecaster`.
    normalize : bool or "series", default=False
        Whether to standardise the targets; "series" each series by itself.
    is_relative : bool, default=True
        Whether targets may be relative to anything: labels are not.

    Attributes
    ----------
    anchor : {"last", "mean", "season"} or None
        Once it is fitted; `given_anchor` may be "auto".
    season_length, wall_clock : int or None, WallClock or None
        Steps of the season that the anchor "season" goes back, and the clock that it follows.
    past : PastOfTarget or None
        Where X carries the past of the targets.
    seasons : Seasons or None
        Level, profile and spread of each series.
    anchor_of_empty : ndarray of shape (n_targets,)
        The anchor of a window without steps.
    mean, scale : ndarray of shape (horizon * n_targets,)
        What relative targets are standardised by.
    shrinkage, spread : ndarray of shape (n_targets,) and (n_targets, n_quantiles), or None
        What the median prediction, standardised, and the distances of the other quantiles from it
        are multiplied by; None leaves them.
    last_times : tuple of list and ndarray, or None
        Where y came with steps ahead: the keys of the series of fit, and the last time of each.
    """

    spread: np.ndarray | None = None

    def __init__(
        self,
        layout: TargetLayout,
        *,
        anchor: str | None = None,
        season=None,
        target=None,
        normalize: bool | str = False,
        is_relative: bool = True,
    ):
        self.layout = layout
        self.given_anchor = anchor
        self.anchor = anchor
        self.season = season
        self.target = target
        self.normalize = normalize
        self.is_relative = is_relative
        self.past: PastOfTarget | None = None
        self.seasons: Seasons | None = None
        self.season_length: int | None = None
        self.wall_clock: WallClock | None = None
        n_values = layout.horizon * layout.n_targets
        self.anchor_of_empty = np.zeros(layout.n_targets)
        self.mean, self.scale = np.zeros(n_values), np.ones(n_values)
        self.shrinkage: np.ndarray | None = None
        self.last_times: tuple[list, np.ndarray] | None = None

    def unfitted(self) -> "TargetTransform":
        """Return a transform of the same parameters that has learned nothing."""
        return TargetTransform(
            self.layout,
            anchor=self.given_anchor,
            season=self.season,
            target=self.target,
            normalize=self.normalize,
            is_relative=self.is_relative,
        )

    @property
    def is_plain(self) -> bool:
        """Whether targets are the values of y themselves."""
        return not self.is_relative or (self.anchor is None and self.seasons is None)

    @property
    def needs_series(self) -> bool:
        """Whether values of y depend on the series or the season of a sample."""
        return self.seasons is not None or self.anchor == "season"

    def fit(self, index: WindowIndex, y: np.ndarray) -> "TargetTransform":
        """Learn what targets are relative to, from the samples of a training part and no others.

        Parameters
        ----------
        index : WindowIndex
            The samples.
        y : ndarray of shape (n_samples, n_values)
            Their values of y.

        Returns
        -------
        self : TargetTransform
            Fitted.

        Raises
        ------
        ValueError
            If something is asked for that needs to know the time of the windows, or what of X is
            the past of y, and that is not found.
        """
        layout = self.layout
        if layout.horizon > 1 and not layout.is_multi_step:
            check_long_enough(index, layout.horizon)
        if not self.is_relative:
            return self
        y = y[:, : layout.n_targets]
        by_series = self.normalize == "series"
        lengths = self._season_lengths(index, by_series)
        clocks = wall_clocks(self.season, index) if lengths else ()
        if self.anchor == "season":
            self.season_length = longest_in_window(lengths, index.window)
            self.wall_clock = clocks[lengths.index(self.season_length)]
            lengths = clocks = ()
        if lengths or by_series:
            self.seasons = fit_seasons(index, y, lengths, standardise=by_series, wall_clocks=clocks)
        self.past = find_past(index, y, self.target, layout.names)
        if self.anchor == "auto":
            ends_before = not index.knows_time or index.lead > 0
            use_last = self.past is not None and ends_before and not lengths
            self.anchor = "last" if use_last else None
        if self.anchor is None:
            return self
        if self.past is None:
            raise ValueError(
                f"anchor={self.anchor!r} needs to know which feature of X carries the past of y, "
                "and none equals y or is an affine map of it on the training rows. Name it in "
                "target=, or set anchor=None."
            )
        observed = index.take(self.transform_past(index).count > 0)
        self.anchor_of_empty = self._anchors(observed)[:, 0].mean(axis=0)
        return self

    def _season_lengths(self, index, by_series):
        if self.season is None and not by_series:
            return ()
        what = 'normalize_y="series"' if self.season is None else f"season={self.season!r}"
        if not index.knows_time:
            raise ValueError(
                f"{what} needs windows that know their series and time, straight from "
                "SequenceWindower; X does not (a step after the windower may have lost it)."
            )
        if self.season is not None and not index.on_a_clock:
            raise ValueError(
                f"{what} needs rows with a regular index of time: by their positions alone, those "
                "of another call cannot be told to be in which part of the season. Pass a "
                "DataFrame with such an index."
            )
        return season_lengths(self.season, index)

    def transform_past(self, index: WindowIndex) -> WindowIndex:
        """Make the past of the targets in X relative to the seasons, too.

        Parameters
        ----------
        index : WindowIndex
            The samples of a call.

        Returns
        -------
        WindowIndex
            What a network reads: the same windows; over new rows where there are seasons, and
            shorter by one where targets are relative to the season before.
        """
        index = self._deseasonalise(index)
        if self.season_length is None or self.past is None:
            return index
        return difference_past(index, self.past.columns, self.season_length, self.wall_clock)

    def _deseasonalise(self, index):
        if self.seasons is None or self.past is None:
            return index
        index, seasons = self._with_own_levels(index)
        return deseasonalise_past(index, self.past, seasons)

    def _with_own_levels(self, index):
        """Give the windows of series that fit has not seen levels of their own."""
        assert self.seasons is not None
        if self.past is None:
            return index, self.seasons
        return give_own_levels(index, self.past, self.seasons, self.layout.horizon)

    def _ahead_of(self, index):
        index, seasons = self._with_own_levels(index)
        return seasons.ahead_of(index, self.layout.horizon)

    def count_own_rows(self, index: WindowIndex) -> int:
        """Count the rows that are copied for series that fit has not seen.

        Parameters
        ----------
        index : WindowIndex
            The samples of a call.

        Returns
        -------
        int
            0 if fit has seen all series.
        """
        if self.seasons is None or self.past is None:
            return 0
        return count_own_rows(index, self.seasons)

    def actuals(self, index: WindowIndex, y: np.ndarray, positions, among) -> np.ndarray:
        """Cut the actual values that the samples at some positions are compared with.

        Parameters
        ----------
        index : WindowIndex
            All samples.
        y : ndarray of shape (n_samples, n_values)
            Their values of y.
        positions : ndarray of shape (n_positions,)
            The samples to cut for.
        among : ndarray of shape (n_among,) or slice
            The samples whose values may be used.

        Returns
        -------
        ndarray of shape (n_positions, horizon, n_targets)
            NaN at the steps ahead that have no value.
        """
        layout = self.layout
        if layout.is_multi_step or layout.horizon == 1:
            return y[positions].reshape(len(positions), layout.horizon, layout.n_targets)
        values = index.take(among)
        return cut_horizon_targets(index.take(positions), values, y[among], layout.horizon)

    def transform(self, index: WindowIndex, y: np.ndarray, positions, among) -> np.ndarray:
        """Compute the relative targets of the samples at some positions.

        Parameters
        ----------
        index : WindowIndex
            All samples.
        y, positions, among : object
            As in :meth:`actuals`.

        Returns
        -------
        ndarray of shape (n_positions, n_values)
            Not standardised; NaN at the steps ahead that have no value.
        """
        if self.is_plain and self.layout.horizon == 1:
            return y[positions]
        targets = self.actuals(index, y, positions, among)
        if not self.is_plain:
            samples = index.take(positions)
            if self.seasons is not None:
                expected, scale = self._ahead_of(samples)
                targets = (targets - expected) / scale
            if self.anchor is not None:
                targets = targets - self._anchors(samples)
        return targets.reshape(len(targets), -1)

    def fit_scale(
        self, targets: np.ndarray, weights: np.ndarray | None = None
    ) -> "TargetTransform":
        """Learn what relative targets are standardised by.

        Parameters
        ----------
        targets : ndarray of shape (n_samples, n_values)
            What :meth:`transform` gives for the training set.
        weights : ndarray of shape (n_samples,) or None, default=None
            How much each sample counts; None counts all alike.

        Returns
        -------
        self : TargetTransform
            Fitted.
        """
        if not self.normalize:
            return self
        # One scale for all steps ahead: an error weighs the same in each.
        values = targets.reshape(-1, self.layout.n_targets)
        mean, scale = mean_and_scale(values, weights, self.layout.horizon)
        if self.seasons is not None and self.anchor is None:
            # Over the rows it is 0; horizon targets repeat some of them more often than others.
            mean = np.zeros_like(mean)
        constant = scale <= 10 * np.finfo(np.float64).eps * np.abs(mean)
        self.mean = np.tile(mean, self.layout.horizon)
        self.scale = np.tile(np.where(constant, 1.0, scale), self.layout.horizon)
        return self

    def scale_of_past(self) -> np.ndarray:
        """Tell what the past of each target has to be divided by to be in the units of outputs.

        Returns
        -------
        ndarray of shape (n_targets,)
            In units of X.
        """
        assert self.past is not None
        slope = np.abs(self.past.slope)
        return self.scale[: self.layout.n_targets] / np.where(slope > 0, slope, 1.0)

    def standardise(self, targets: np.ndarray) -> np.ndarray:
        """Standardise relative targets.

        Parameters
        ----------
        targets : ndarray of shape (n_samples, n_values)
            What :meth:`transform` gives.

        Returns
        -------
        ndarray of shape (n_samples, n_values)
            What a network is trained on.
        """
        return (targets - self.mean) / self.scale

    def inverse_transform(self, outputs: np.ndarray, index: WindowIndex | None) -> np.ndarray:
        """Bring the outputs of a network into the units of y.

        Parameters
        ----------
        outputs : ndarray of shape (n_samples, n_outputs) or (n_samples, n_steps, n_outputs)
            Outputs at the last step of each sample, or at each step.
        index : WindowIndex or None
            The samples; not needed where targets are the values of y.

        Returns
        -------
        ndarray of the same shape
            Values of y, the quantiles of each sorted.
        """
        layout = self.layout
        n_quantiles = layout.n_quantiles
        if self.shrinkage is not None:
            outputs = shrink_outputs(outputs, self.shrinkage, layout, self.spread)
        outputs = outputs * np.repeat(self.scale, n_quantiles) + np.repeat(self.mean, n_quantiles)
        if self.is_plain and n_quantiles == 1:
            return outputs
        values = outputs.reshape(-1, layout.horizon, layout.n_targets, n_quantiles)
        if not self.is_plain:
            assert index is not None
            values = self._unrelated(values, index if outputs.ndim == 2 else index.prefixes())
        return np.sort(values, axis=-1).reshape(outputs.shape)

    def _unrelated(self, values, samples):
        """Turn relative values into values of y."""
        if self.anchor is not None:
            values = values + self._anchors(samples)[..., None]
        if self.seasons is not None:
            expected, scale = self._ahead_of(samples)
            values = values * scale[..., None] + expected[..., None]
        return values

    def warn_if_seen(self, index: WindowIndex) -> None:
        """Warn if the y of the fit, given with its steps ahead, holds y of these samples.

        Parameters
        ----------
        index : WindowIndex
            The samples to forecast.
        """
        if self.last_times is not None and index.on_a_clock:
            warn_if_y_was_seen(*self.last_times, self.layout.horizon, index)

    def warn_if_unseen(self, index: WindowIndex) -> None:
        """Warn if a series that fit has not seen is forecast at the level of the others.

        Parameters
        ----------
        index : WindowIndex
            The samples to forecast.
        """
        if self.seasons is None or self.past is not None:
            return
        codes = self.seasons.codes(index)[index.series]
        unseen = codes == self.seasons.unseen
        if unseen.any():
            key = index.series_keys[index.series[int(unseen.argmax())]]
            warnings.warn(
                f"Fit has not seen the series of {int(unseen.sum())} of {len(unseen)} rows, first "
                f"{key!r}, so it is forecast at the mean level of all others: no feature of X is "
                "known to carry the past of y. Name it in target=, or fit on this series, too.",
                UserWarning,
                stacklevel=2,
            )

    def anchors_of_export(self) -> list[tuple]:
        """Say what an exported model has to add to its outputs.

        Returns
        -------
        list of tuple
            For each target the kind of anchor, the column of X, slope, intercept, and the anchor of
            a window without steps.
        """
        if self.is_plain or self.past is None:
            return []
        past = self.past
        each = zip(past.columns, past.slope, past.intercept, self.anchor_of_empty, strict=True)
        return [(self.anchor, int(column), *map(float, rest)) for column, *rest in each]

    def _anchors(self, index):
        """Return the anchor of each sample, (n_samples, 1 or horizon, n_targets)."""
        assert self.past is not None
        assert self.anchor is not None
        past, index = self.past, self._deseasonalise(index)
        if self.season_length is None:
            found = past.values_of_windows(self.anchor, index)[:, None]
            found[index.count == 0] = np.nan
        else:
            horizon = self.layout.horizon
            found = newest_of_season(
                index, past.columns, self.season_length, horizon, self.wall_clock
            )
        if self.seasons is None:
            found = past.slope * found + past.intercept
        return np.where(np.isnan(found), self.anchor_of_empty, found)
