"""What parameters mean, and which of them exclude each other."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from numbers import Integral

import numpy as np

from sklstm.preprocessing._window_index import WindowIndex


def make_generator(random_state) -> np.random.Generator:
    """Make a generator of our own; the global one is neither read nor moved."""
    if random_state is None or isinstance(random_state, Integral):
        return np.random.default_rng(None if random_state is None else int(random_state))
    return np.random.default_rng(random_state.randint(2**31))


def as_units(units, parameter: str, default=None) -> tuple[int, ...]:
    """Read widths of layers.

    Parameters
    ----------
    units : int, tuple of int or None
        One width, or one for each layer.
    parameter : str
        Whose value it is, for the message.
    default : int or tuple of int, default=None
        Whose last width stands for None.

    Returns
    -------
    tuple of int
        One for each layer.

    Raises
    ------
    ValueError
        If it is neither.
    """
    if units is None:
        return as_units(default, parameter)[-1:]
    each = (units,) if isinstance(units, Integral) else tuple(units)
    if not each or not all(isinstance(u, Integral) and int(u) >= 1 for u in each):
        raise ValueError(
            f"{parameter} must be an int >= 1 or a non-empty tuple of them, one for each layer; "
            f"got {units!r}."
        )
    return tuple(int(u) for u in each)


def as_list(callbacks) -> list | None:
    """Read the parameter `callbacks`, which may be one of them."""
    if callbacks is None:
        return None
    return list(callbacks) if isinstance(callbacks, list | tuple) else [callbacks]


def labels_rows(estimator, index: WindowIndex) -> bool:
    """Tell whether y has a label for each step of independent sequences, and so for each row.

    Parameters
    ----------
    estimator : BaseLSTM
        With its parameters.
    index : WindowIndex
        The samples.

    Returns
    -------
    bool
        False for windows that a windower has cut, which have one label each.
    """
    return bool(estimator.return_sequences) and not index.knows_time


def check_modes(estimator, index: WindowIndex) -> None:
    """Refuse what an estimator cannot do at once.

    Parameters
    ----------
    estimator : BaseLSTM
        With its parameters.
    index : WindowIndex
        What it is to be fitted on.

    Raises
    ------
    ValueError
        If parameters exclude each other.
    """
    if estimator.stateful and _is_on(estimator.bidirectional):
        raise ValueError(
            "stateful=True and bidirectional=True exclude each other: a state that is carried on "
            "from the past cannot come from the future as well."
        )
    if estimator.stateful and estimator.train_stride != 1:
        raise ValueError(
            f"train_stride={estimator.train_stride} leaves out windows, but with stateful=True "
            "each row is read once, and none may be left out; bptt_steps sets how much is read at "
            "a time."
        )
    if estimator.return_sequences and _is_on(estimator.bidirectional) and index.lead:
        raise ValueError(
            f"return_sequences=True and bidirectional=True exclude each other on windows with "
            f"lead={index.lead}: read backwards, a step is predicted from rows that may hold its "
            "own target."
        )


def as_names(given, known: tuple[str, ...], parameter: str) -> tuple[str, ...]:
    """Read a parameter that is a choice of names.

    Parameters
    ----------
    given : str, list or tuple of str, or None
        The choice.
    known : tuple of str
        What may be chosen.
    parameter : str
        Whose value it is, for the message.

    Returns
    -------
    tuple of str
        The names; none for None.

    Raises
    ------
    ValueError
        If there is another name among them.
    """
    names = (given,) if isinstance(given, str) else tuple(given or ())
    if not set(names) <= set(known) or len(set(names)) < len(names):
        raise ValueError(
            f"{parameter} must be a tuple of names out of {known}, each at most once; got "
            f"{given!r}."
        )
    return names


def check_choices(estimator, chosen, index: WindowIndex) -> None:
    """Refuse what cannot be read of windows.

    Parameters
    ----------
    estimator : BaseLSTM
        With its parameters.
    chosen : Choices
        The same with "auto" replaced.
    index : WindowIndex
        What it is to be fitted on.

    Raises
    ------
    ValueError
        If patches are longer than windows, or with networks that predict at every step.
    """
    mode = next((p for p in ("return_sequences", "stateful") if getattr(estimator, p)), None)
    of_windows = {
        "patch_size": chosen.patch_size > 1,
        "views": tuple(chosen.views or ("values",)) != ("values",),
        "input_noise": chosen.input_noise > 0,
        "calendar": bool(chosen.calendar),
        "channel_independent": bool(chosen.channel_independent),
    }
    for parameter, is_set in of_windows.items():
        if mode is not None and is_set:
            raise ValueError(
                f"{parameter}={getattr(estimator, parameter)!r} and {mode}=True exclude each "
                "other: a network that predicts at every step reads the steps as they are."
            )
    if chosen.patch_size > index.window:
        raise ValueError(
            f"patch_size={chosen.patch_size} is longer than the windows, which have "
            f"{index.window} steps."
        )


def check_forecast(estimator, index: WindowIndex) -> None:
    """Refuse what a forecaster cannot do at once.

    Parameters
    ----------
    estimator : LSTMForecaster
        With its parameters.
    index : WindowIndex
        What it is to be fitted on.

    Raises
    ------
    ValueError
        If parameters exclude each other, or cannot be met by X.
    """
    steps = [p for p in ("return_sequences", "stateful") if getattr(estimator, p)]
    of_rows = labels_rows(estimator, index)
    windows_only = {
        'decoder="lstm"': estimator.decoder == "lstm",
        f"anchor={estimator.anchor!r}": estimator.anchor not in ("auto", None),
    }
    time_only = {
        f"horizon={estimator.horizon}": estimator.horizon > 1,
        f"season={estimator.season!r}": estimator.season is not None,
        'normalize_y="series"': estimator.normalize_y == "series",
        "shrink=True": _is_on(estimator.shrink),
    }
    refused = windows_only if steps else {}
    if of_rows or estimator.stateful:
        refused = refused | time_only
        if estimator.horizon > 1 and estimator.stateful and not of_rows:
            # A stateful network may predict several steps ahead.
            del refused[f"horizon={estimator.horizon}"]
    for parameter, is_set in refused.items():
        if is_set:
            raise ValueError(
                f"{parameter} and {steps[0]}=True exclude each other"
                f"{' on sequences that no windower has cut' if of_rows else ''}."
            )
    if estimator.known_future is not None:
        if estimator.decoder != "lstm":
            raise ValueError(
                f"known_future={estimator.known_future!r} is read by a decoder step by step: "
                'it needs decoder="lstm".'
            )
        if not index.knows_time:
            raise ValueError(
                f"known_future={estimator.known_future!r} needs windows straight from "
                "SequenceWindower, which know what comes after them; X does not (a step after the "
                "windower may have lost it)."
            )
    if _is_on(estimator.shrink) and not index.knows_time:
        raise ValueError(
            "shrink=True tries the network out on the last third of the time, and needs windows "
            "straight from SequenceWindower, which know their time; X does not (a step after "
            "the windower may have lost it)."
        )
    if estimator.decoder == "lstm" and estimator.horizon == 1:
        raise ValueError('decoder="lstm" predicts step by step: it needs a horizon above 1; got 1.')
    _check_quantiles(estimator)


def _is_on(switch) -> bool:
    """Tell whether a parameter that may be "auto" is set to True, of NumPy or not."""
    return not isinstance(switch, str) and bool(switch)


def _check_quantiles(estimator) -> None:
    quantiles = estimator.quantiles
    if quantiles is None:
        return
    levels = [float(level) for level in quantiles]
    if levels != sorted(set(levels)) or 0.5 not in levels or not 0 < levels[0] <= levels[-1] < 1:
        raise ValueError(
            f"quantiles must be levels between 0 and 1 in increasing order, 0.5 among them, such "
            f"as (0.1, 0.5, 0.9); got {quantiles!r}."
        )
    if estimator.loss is not None:
        raise ValueError(
            f"quantiles={quantiles!r} are trained with the pinball loss; leave loss=None, got "
            f"{estimator.loss!r}."
        )
