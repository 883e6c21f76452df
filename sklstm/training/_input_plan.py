"""How windows are to be read, and what becomes of it once the target transform is fitted."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass, replace

import numpy as np

from sklstm.networks import NetworkSpec, PatchSpec
from sklstm.targets._target_transform import TargetTransform
from sklstm.training._exact_lags import features_at_exact_lags
from sklstm.training._some_windows import some_windows, still_features
from sklstm.training._training_set import TrainingSet

_VIEW_OF_ANCHOR: dict[str | None, str] = {
    None: "values",
    "last": "minus_last",
    "mean": "minus_mean",
    # Differences from the season before are what is read, too.
    "season": "values",
}


@dataclass(frozen=True)
class InputPlan:
    """How an estimator wants windows to be read.

    Parameters
    ----------
    patch_size : int, default=1
        Steps of a patch.
    patch_stride : int, default=1
        Steps from one patch to the next.
    views : tuple of str or None, default=None
        Views of the features. None takes what the anchor of the targets says: values less the last
        one or the mean where targets are, too, and else the values.
    noise : float, default=0.0
        Standard deviation of the noise on the inputs in training.
    channel_independent : bool, default=False
        Whether each target is read as a series of its own.
    averages_others : bool, default=False
        Whether a patch holds the mean of the features that are not the past of a target, unless
        they act at an exact lag.
    reads_level : bool, default=False
        Whether the last value of the past of the target is read beside the relative ones. That of
        another feature is where it is constant in many windows, which would else not tell it.
    cycles : tuple of str, default=()
        Cycles of the calendar to read, of the time of the sample.
    """

    patch_size: int = 1
    patch_stride: int = 1
    views: tuple[str, ...] | None = None
    noise: float = 0.0
    channel_independent: bool = False
    averages_others: bool = False
    reads_level: bool = False
    cycles: tuple[str, ...] = ()

    def channels(self, transform: TargetTransform) -> np.ndarray | None:
        """Return the features that are read one by one, None if all are read at once.

        Parameters
        ----------
        transform : TargetTransform
            Fitted.

        Returns
        -------
        ndarray of shape (n_channels,) or None
            The past of each target.
        """
        past = transform.past
        if not self.channel_independent or past is None:
            return None
        return past.columns if len(set(past.columns)) == len(past.columns) else None

    def complete(
        self,
        spec: NetworkSpec,
        transform: TargetTransform,
        data: TrainingSet,
        before: NetworkSpec | None = None,
    ) -> NetworkSpec:
        """Say what a network reads.

        Parameters
        ----------
        spec : NetworkSpec
            The sizes, of all features and all targets.
        transform : TargetTransform
            Fitted.
        data : TrainingSet
            What the fit learns from. Where features are read relative to their own values, the last
            value is read, too, of those that stand still in many of these windows.
        before : NetworkSpec or None, default=None
            The sizes of the fit that goes on, which has found what the windows say.

        Returns
        -------
        NetworkSpec
            The sizes with patches, of one channel if channels are read one by one.
        """
        channels = self.channels(transform)
        features = np.arange(spec.n_features)
        own = [] if transform.past is None else transform.past.columns.tolist()
        if channels is not None:
            spec = replace(
                spec,
                n_features=spec.n_features - len(channels) + 1,
                n_outputs=spec.n_outputs // len(channels),
            )
            own = [0]
            # Each channel comes first, and then what is no channel.
            features = np.append(-1, np.delete(features, channels))
        views = self.views or (_VIEW_OF_ANCHOR[transform.anchor],)
        is_relative = views in (("minus_last",), ("minus_mean",))
        reads_steps = self.patch_size == 1 and views == ("values",) and not self.noise
        if reads_steps and not self.cycles and channels is None:
            return spec
        others = [k for k in range(spec.n_features) if k not in own]
        level_of = own if self.reads_level else []
        averaged = others if own and self.averages_others and self.patch_size > 1 else []
        if before is not None and before.patches is not None:
            level_of, averaged = list(before.patches.level_of), list(before.patches.averaged)
        elif others and (is_relative or averaged):
            some, windows = some_windows(data.index)
            if is_relative:
                still = still_features(windows)
                level_of = [*level_of, *(k for k in others if features[k] in still)]
            if averaged and transform.past is not None:
                past = transform.past.columns
                exact = features_at_exact_lags(data, some, windows, past, self.patch_size)
                averaged = [k for k in averaged if features[k] not in exact]
        return replace(
            spec,
            patches=PatchSpec(
                size=self.patch_size,
                stride=self.patch_stride,
                views=views,
                averaged=tuple(averaged),
                level_of=tuple(level_of) if is_relative else (),
                n_constants=2 * len(self.cycles),
                noise=self.noise,
            ),
        )
