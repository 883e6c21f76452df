"""The layout of y: how many targets, steps ahead and quantiles, and in which axes."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class TargetLayout:
    """What a flat row of targets or outputs means.

    A flat row holds, step ahead by step ahead and target by target, one value, or one for each
    quantile.

    Parameters
    ----------
    n_targets : int
        Targets of each step ahead.
    horizon : int, default=1
        Steps ahead.
    is_multi_step : bool, default=False
        Whether y came with an axis of steps ahead, and is not cut inside fit.
    is_multi_target : bool, default=False
        Whether y came with an axis of targets.
    names : list or None, default=None
        What y calls its targets.
    quantiles : tuple of float, default=()
        Levels that are predicted for each value, 0.5 among them; empty for one prediction each.
    """

    n_targets: int
    horizon: int = 1
    is_multi_step: bool = False
    is_multi_target: bool = False
    names: list | None = None
    quantiles: tuple[float, ...] = ()

    @property
    def n_quantiles(self) -> int:
        """Predictions of each value."""
        return len(self.quantiles) or 1

    @property
    def median(self) -> int:
        """Position of the quantile that `predict` gives."""
        return self.quantiles.index(0.5) if self.quantiles else 0

    @property
    def look_ahead(self) -> int:
        """Steps that a row of y reaches beyond its own time."""
        return self.horizon - 1 if self.is_multi_step else 0

    def unflatten(self, flat: np.ndarray, *, with_quantiles: bool = False) -> np.ndarray:
        """Lay flat rows out for users.

        Parameters
        ----------
        flat : ndarray of shape (..., n_values)
            Targets or predictions.
        with_quantiles : bool, default=False
            Whether each value has its quantiles.

        Returns
        -------
        ndarray of shape (..., [horizon,] [n_targets,] [n_quantiles])
            Without an axis of steps for a horizon of 1, and of targets where y had none.
        """
        shape = [self.horizon] if self.horizon > 1 else []
        if self.is_multi_target:
            shape.append(self.n_targets)
        if with_quantiles:
            shape.append(self.n_quantiles)
        return flat.reshape(*flat.shape[:-1], *shape)

    def point(self, flat: np.ndarray) -> np.ndarray:
        """Lay flat rows of predictions out, with the median in place of the quantiles.

        Parameters
        ----------
        flat : ndarray of shape (..., n_values)
            Predictions.

        Returns
        -------
        ndarray of shape (..., [horizon,] [n_targets])
            What `predict` gives.
        """
        if not self.quantiles:
            return self.unflatten(flat)
        return self.unflatten(flat, with_quantiles=True)[..., self.median]


def read_layout(y: np.ndarray, given, horizon: int, quantiles=()) -> TargetLayout:
    """Read the layout of y.

    Parameters
    ----------
    y : ndarray of shape (n_samples,), (n_samples, n_targets), (n_samples, horizon) or \
            (n_samples, horizon, n_targets)
        Values.
    given : object
        The same as the user gave it, which may name the targets.
    horizon : int
        Steps ahead. With more than one, as many columns are taken for steps ahead.
    quantiles : tuple of float, default=()
        Levels to predict.

    Returns
    -------
    TargetLayout
        The layout.

    Raises
    ------
    ValueError
        If y has three dimensions and another number of steps ahead than the horizon.
    """
    if y.ndim == 3 and y.shape[1] != horizon:
        raise ValueError(
            f"y has shape {y.shape}, that is {y.shape[1]} steps ahead, but horizon is {horizon}; "
            "multi-step targets have shape (n_samples, horizon, n_targets)."
        )
    is_multi_step = horizon > 1 and (y.ndim == 3 or y.shape[1:] == (horizon,))
    n_targets = int(np.prod(y.shape[1:])) // (horizon if is_multi_step else 1)
    names = list(getattr(given, "columns", [getattr(given, "name", None)]))
    return TargetLayout(
        n_targets=n_targets,
        horizon=int(horizon),
        is_multi_step=is_multi_step,
        is_multi_target=y.ndim == (3 if is_multi_step else 2),
        names=names if len(names) == n_targets and names[0] is not None else None,
        quantiles=tuple(quantiles),
    )
