"""What parameters left at "auto" stand for: rules by the number and the length of the windows."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from sklstm.preprocessing._long_windows import n_reached_steps
from sklstm.preprocessing._window_index import WindowIndex
from sklstm.targets._season_length import season_lengths
from sklstm.training._calendar_inputs import covered_cycles
from sklstm.training._length import CLASSIFIER, FORECASTER, PLAIN, Length

# Patches of a window that a classifier reads, about.
_N_PATCHES = 20
# Fewer windows than this are few: they are trained on with noise, or by several networks.
_FEW_WINDOWS = 1_000
# With more windows than this, what a trial could tell is not worth its time.
LARGE = 20_000
# Steps of the natural cycle of a clock, by the length of a step in days.
_CYCLES = ((0.9, None), (1.5, 7), (7.5, 52), (32, 12), (95, 4))


@dataclass(frozen=True)
class Form:
    """What a forecast is relative to: the parameters `anchor` and `season`."""

    anchor: str | None
    season: object


@dataclass(frozen=True)
class Choices:
    """Parameters after "auto" has been replaced; see the estimators for what they mean."""

    patch_size: int = 1
    views: tuple[str, ...] | None = None
    input_noise: float = 0.0
    bidirectional: bool = False
    dropout: float = 0.0
    weight_decay: float = 0.0
    n_members: int = 1
    learning_rate_schedule: str | None = None
    channel_independent: bool = False
    calendar: tuple[str, ...] = ()
    reads_level: bool = False
    length: Length = PLAIN


PLAIN_CLASSIFIER = Choices(length=PLAIN)
PLAIN_FORECASTER = Choices(learning_rate_schedule="cosine", length=FORECASTER)


def choose(estimator, automatic: Choices) -> Choices:
    """Take what is given, and what is automatic for parameters left at "auto".

    Parameters
    ----------
    estimator : BaseLSTM
        With its parameters.
    automatic : Choices
        What "auto" stands for.

    Returns
    -------
    Choices
        What to fit with.
    """
    chosen: dict[str, Any] = {}
    for name, value in vars(automatic).items():
        given = getattr(estimator, name, "auto")
        chosen[name] = value if isinstance(given, str) and given == "auto" else given
    return Choices(**chosen)


def for_classifier(index: WindowIndex) -> Choices:
    """Choose for a classifier.

    Parameters
    ----------
    index : WindowIndex
        The windows of a fit.

    Returns
    -------
    Choices
        About 20 overlapping patches where the windows have one length.
    """
    size = 1 if _is_ragged(index) else max(1, round(n_reached_steps(index) / _N_PATCHES))
    return Choices(
        patch_size=size,
        views=("values", "normalized", "differences"),
        input_noise=0.5 if len(index) < _FEW_WINDOWS else 0.0,
        bidirectional=True,
        weight_decay=0.3,
        n_members=4,
        learning_rate_schedule="cosine",
        length=CLASSIFIER,
    )


def for_forecaster(index: WindowIndex, n_targets: int, season) -> Choices:
    """Choose for a forecaster.

    Parameters
    ----------
    index : WindowIndex
        The windows of a fit.
    n_targets : int
        Targets.
    season : object
        The parameter.

    Returns
    -------
    Choices
        Patches of one cycle of the clock.
    """
    size = patch_of_cycle(index, season, n_reached_steps(index))
    return Choices(
        patch_size=size,
        dropout=0.1 if n_targets == 1 else 0.0,
        # With a season, forms are averaged in place of members.
        n_members=3 if n_targets == 1 and season is None and len(index) < _FEW_WINDOWS else 1,
        learning_rate_schedule="cosine",
        channel_independent=n_targets > 1,
        calendar=covered_cycles(index, ("day", "year")) if n_targets == 1 else (),
        reads_level=n_targets == 1,
        length=FORECASTER,
    )


def forms_of_forecaster(index: WindowIndex, n_targets: int, season) -> list[Form]:
    """Choose what forecasts are relative to, where that is left to the data.

    Parameters
    ----------
    index : WindowIndex
        The windows of a fit.
    n_targets : int
        Targets.
    season : object
        The parameter.

    Returns
    -------
    list of Form
        Each is fitted, and the forecasts are averaged. Where X does not carry the past of the
        target, the first stands alone.
    """
    first = Form("auto", season)
    if index.lead == 0 or n_targets > 1:
        return [first]
    if season is None:
        return [first, Form("mean", None)] if len(index) < _FEW_WINDOWS else [first]
    forms = [first, Form("last", None), Form("mean", season)]
    if index.on_a_clock and min(season_lengths(season, index)) < index.window:
        forms.append(Form("season", season))
    return forms


def patch_of_cycle(index: WindowIndex, season, window: int) -> int:
    """Choose the steps of a patch: a cycle if two fit into a window, else half a window.

    Independent sequences of different lengths are read step by step.

    Parameters
    ----------
    index : WindowIndex
        The windows.
    season : object
        The parameter `season`.
    window : int
        Steps that a network reads of a window.

    Returns
    -------
    int
        At least 1.
    """
    if _is_ragged(index):
        return 1
    cycle = season if isinstance(season, int | np.integer) else _cycle(index)
    if cycle is not None and 2 * cycle <= window:
        return int(cycle)
    return max(1, window // 2)


def _is_ragged(index) -> bool:
    """Tell whether independent sequences have different lengths: steps of theirs are missing."""
    lengths = index.count[index.count > 0]
    return not index.knows_time and bool((lengths != index.window).any())


def _cycle(index) -> int | None:
    """Return the steps of the natural cycle of a clock: a day, a week or a year."""
    step = index.length_of_step()
    if step is None:
        return None
    days = step / pd.Timedelta(days=1)
    if days < _CYCLES[0][0]:
        return round(1 / days)
    return next((steps for limit, steps in _CYCLES[1:] if days < limit), None)
