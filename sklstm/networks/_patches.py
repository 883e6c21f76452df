"""What an LSTM reads of a window: the steps as they are, or patches of them in several views."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass

# What may be read of a feature; csrc/patch_layout.h counts them in this order.
VIEWS = ("values", "minus_last", "minus_mean", "normalized", "differences")
# Below this a window counts as constant: it is in units of the standard deviation of the feature.
SMALLEST_SPREAD = 1e-6


@dataclass(frozen=True)
class PatchSpec:
    """How a window becomes the sequence of patches that the first LSTM layer reads.

    A patch holds `size` consecutive time steps, and the LSTM reads a patch as one input. Patches
    are counted back from the end of the window; the oldest steps that fill none are left out. A
    patch without an observed step is skipped, as a missing step is. In one that is partly observed
    a missing step repeats the one before it in the window, or the first observed one.

    Parameters
    ----------
    size : int, default=1
        Steps of a patch.
    stride : int, default=1
        Steps from one patch to the next; patches overlap where it is less than `size`.
    views : tuple of str, default=("values",)
        What is read of each feature: its "values"; these "normalized" to mean 0 and standard
        deviation 1 in each window; "differences" from step to step; values "minus_last" or
        "minus_mean", that is less the last value or the mean of the window.
    averaged : tuple of int, default=()
        Features of which a patch holds the mean over its steps, not each step.
    level_of : tuple of int, default=()
        Features whose last value is read with every patch.
    n_constants : int, default=0
        Further inputs of each window that are read with every patch.
    noise : float, default=0.0
        Standard deviation of the Gaussian noise that is added to all inputs in training.
    """

    size: int = 1
    stride: int = 1
    views: tuple[str, ...] = ("values",)
    averaged: tuple[int, ...] = ()
    level_of: tuple[int, ...] = ()
    n_constants: int = 0
    noise: float = 0.0

    def stepwise(self, n_features: int) -> tuple[int, ...]:
        """Features of which a patch holds each step."""
        return tuple(k for k in range(n_features) if k not in self.averaged)

    def n_inputs(self, n_features: int) -> int:
        """Width of a patch.

        Parameters
        ----------
        n_features : int
            Features of a step.

        Returns
        -------
        int
            The inputs of the first LSTM layer.
        """
        each = self.size * len(self.stepwise(n_features)) + len(self.averaged)
        return len(self.views) * each + len(self.level_of) + self.n_constants

    def first_steps(self, window: int) -> range:
        """First step of each patch.

        Parameters
        ----------
        window : int
            Steps of a window, at least `size`.

        Returns
        -------
        range
            Positions in the window.
        """
        return range((window - self.size) % self.stride, window - self.size + 1, self.stride)
