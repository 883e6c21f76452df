"""What validates a fit: samples of X by a split, or data of its own."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import warnings
from inspect import Parameter, signature

import numpy as np
import pandas as pd
from sklearn.utils import check_array

from sklstm.estimators._input import CHECKS, pad_before
from sklstm.preprocessing._array_index import index_array
from sklstm.preprocessing._padded_sequences import LongerSequences
from sklstm.preprocessing._window_index import WindowIndex, window_index_of
from sklstm.targets._target_layout import TargetLayout
from sklstm.utils._raw_input import as_numbers, refuse_ragged
from sklstm.utils._sklearn_private import check_feature_names

# Fewer values than these say nothing of units, nor does a spread that differs by less.
_FEWEST_TO_COMPARE = 10
_OTHER_UNITS = 50
_EXPECTED = (
    "a splitter of scikit-learn, such as PanelTimeSeriesSplit() or GroupShuffleSplit(), or a list "
    "with a pair of arrays of positions, [(train, test)]; data of its own goes to fit as X_val= "
    "and y_val="
)


def check_validation_data(X_val, y_val, sample_weight_val, *, early_stopping: bool):
    """Refuse validation data of which a part is missing, or that nobody would read.

    Parameters
    ----------
    X_val, y_val, sample_weight_val : object
        As in ``fit``.
    early_stopping : bool
        The parameter of the estimator.

    Returns
    -------
    tuple or None
        The three of them; None if there are none.

    Raises
    ------
    ValueError
        If they are not given together, or without early stopping.
    """
    if X_val is None and y_val is None and sample_weight_val is None:
        return None
    if X_val is None or y_val is None:
        given, missing = ("X_val", "y_val") if y_val is None else ("y_val", "X_val")
        if X_val is y_val is None:
            given, missing = "sample_weight_val", "X_val and y_val"
        raise ValueError(f"{given} is passed to fit without {missing}; pass both.")
    if not early_stopping:
        raise ValueError(
            "X_val and y_val are passed to fit, but only early stopping reads them, and "
            "early_stopping is False. Set early_stopping=True, or leave them out."
        )
    return X_val, y_val, sample_weight_val


def read_X_val(
    estimator, X_val, index: WindowIndex, *, is_univariate: bool, stateful: bool
) -> WindowIndex:
    """Read sequences to validate on, which have to be like those of the fit.

    Parameters
    ----------
    estimator : BaseLSTM
        Whose input it is.
    X_val : windows or array-like
        As in ``fit``.
    index : WindowIndex
        The samples of the fit.
    is_univariate : bool
        Whether X had two dimensions, (n_samples, n_steps).
    stateful : bool
        Whether two dimensions are the rows of one series.

    Returns
    -------
    WindowIndex
        The samples.

    Raises
    ------
    ValueError
        If they are of another kind or shape than X, or hold no observed step.
    """
    own = window_index_of(X_val)
    if index.knows_time != (own is not None):
        kinds = ("an array", "windows straight from SequenceWindower")
        raise ValueError(
            f"X_val is {kinds[own is not None]}, but X is {kinds[index.knows_time]}; validate on "
            "what passed through the same steps. In a Pipeline, with metadata routing enabled, "
            'Pipeline(steps, transform_input=["X_val"]) passes it through the steps before the '
            "estimator."
        )
    if own is None:
        own = _index_array(estimator, X_val, is_univariate, stateful)
    may_be_longer = isinstance(X_val, LongerSequences) and own.window > index.window
    expected = (own.window if may_be_longer else index.window, index.n_features)
    if (own.window, own.n_features) != expected:
        raise ValueError(
            f"X_val holds sequences of {own.window} steps with {own.n_features} features, but X "
            f"holds sequences of {index.window} steps with {index.n_features} features."
        )
    if own.lead != index.lead or own.feature_names != index.feature_names:
        raise ValueError(
            f"X_val has windows of features {own.feature_names} with lead={own.lead}, but X has "
            f"windows of features {index.feature_names} with lead={index.lead}: cut both with the "
            "same SequenceWindower."
        )
    if not (own.count > 0).any():
        raise ValueError(
            f"X_val holds no step: all steps of all {len(own)} samples are missing (NaN)."
        )
    return own


def _index_array(estimator, X_val, is_univariate, stateful):
    refuse_ragged(X_val, "X_val", estimator, cure=pad_before(estimator))
    check_feature_names(estimator, X_val, reset=False)
    values = as_numbers(X_val, "X_val")
    values = check_array(values, **CHECKS, allow_nd=True, input_name="X_val")
    n_dims = (2, 3) if stateful else (2,) if is_univariate else (3,)
    if values.ndim not in n_dims:
        raise ValueError(
            f"X_val has shape {values.shape}; expected {n_dims[-1]} dimensions, as X has."
        )
    return index_array(values[:, None, :] if stateful and values.ndim == 2 else values)


def check_same_layout(layout: TargetLayout, fitted: TargetLayout) -> None:
    """Refuse values to validate on that are laid out in another way than those of the fit.

    Parameters
    ----------
    layout, fitted : TargetLayout
        Of y_val, and of y.

    Raises
    ------
    ValueError
        If the number of targets differs, or if only one of them has its steps ahead.
    """
    kinds = [(of.n_targets, of.is_multi_step) for of in (layout, fitted)]
    if kinds[0] != kinds[1]:
        own, expected = (
            f"{n} targets{' with their steps ahead' if is_multi_step else ''}"
            for n, is_multi_step in kinds
        )
        raise ValueError(f"y_val holds {own}, but y holds {expected}.")


def read_split(validation, X, y, index: WindowIndex) -> tuple[np.ndarray, np.ndarray] | None:
    """Read the parameter `validation`: the first split says which samples train and validate.

    Parameters
    ----------
    validation : splitter, iterable of pairs of array-likes, or None
        As in the constructor.
    X, y : object
        As in ``fit``.
    index : WindowIndex
        The samples.

    Returns
    -------
    pair of ndarray of shape (n_samples,), bool, or None
        Which samples train, and which validate; None without `validation`.

    Raises
    ------
    ValueError
        If it is no split of these samples.
    """
    if validation is None:
        return None
    if isinstance(validation, str):
        raise ValueError(f"validation must be {_EXPECTED}. Got {validation!r}.")
    is_splitter = hasattr(validation, "split")
    splits = _splits_of(validation, X, y, index) if is_splitter else validation
    first = next(iter(splits), None)
    if first is None:
        raise ValueError(f"validation={validation!r} yields no split; it must be {_EXPECTED}.")
    if not isinstance(first, tuple | list) or len(first) != 2:
        raise ValueError(
            f"validation must be {_EXPECTED}. The first item of what was given is of type "
            f"{type(first).__name__}."
        )
    train, test = (
        _mask(part, name, len(index)) for part, name in zip(first, ("train", "test"), strict=True)
    )
    n_shared = int((train & test).sum())
    if n_shared:
        raise ValueError(
            f"validation= puts {n_shared} samples on both sides, first the one at position "
            f"{int((train & test).argmax())}: nothing may both train and validate."
        )
    return train, test


def _splits_of(splitter, X, y, index):
    """Call a splitter: it finds the timestamps of windows in an index, their series in groups."""
    groups = None
    if index.knows_time:
        # Positions in the rows are no time of a panel.
        labels = index.labels if index.on_a_clock else pd.Index(index.time, name=index.labels.name)
        X = pd.DataFrame(index=labels)
        if len(index.series_keys) > 1:
            groups = index.series
    given = {}
    if _needs_groups(splitter):
        if groups is None:
            raise ValueError(
                f"validation={splitter!r} splits by groups, which are the series of "
                "SequenceWindower(by=...), but X is "
                f"{'one series' if index.knows_time else 'an array of sequences'}. Split it "
                "yourself: validation=[next(splitter.split(X, y, groups))]."
            )
        given["groups"] = groups
    return splitter.split(X, y, **given)


def warn_if_in_other_units(y: np.ndarray, y_val: np.ndarray) -> None:
    """Warn if the values that validate seem to be in other units than those that are learned.

    A TransformedTargetRegressor transforms y, and hands y_val on as it is.

    Parameters
    ----------
    y : ndarray of shape (n_samples, n_values)
        What is learned from.
    y_val : ndarray of shape (n_validation_samples, n_values)
        What validates.
    """
    if len(y_val) < _FEWEST_TO_COMPARE or np.isnan(y).all() or np.isnan(y_val).all():
        return
    low, high, middle = np.nanmin(y), np.nanmax(y), np.nanmedian(y_val)
    spread, own_spread = np.nanstd(y), np.nanstd(y_val)
    if not (spread > 0 and own_spread > 0):
        return
    is_far = not 2 * low - high <= middle <= 2 * high - low
    if is_far or max(spread / own_spread, own_spread / spread) > _OTHER_UNITS:
        warnings.warn(
            f"y_val seems to be in other units than y: its values are about {middle:.4g} with a "
            f"standard deviation of {own_spread:.4g}, and those of y lie between {low:.4g} and "
            f"{high:.4g} with one of {spread:.4g}. A TransformedTargetRegressor transforms y and "
            "not y_val: validate on a part of y by validation= in place of X_val= and y_val=, or "
            "give y_val as its transformer makes it.",
            UserWarning,
            stacklevel=2,
        )


def _needs_groups(splitter) -> bool:
    if "groups" in _requested(splitter):
        return True
    parameter = signature(splitter.split).parameters.get("groups")
    return parameter is not None and parameter.default is Parameter.empty


def _requested(splitter):
    """List the metadata that a splitter of scikit-learn asks for by default."""
    if not hasattr(splitter, "get_metadata_routing"):
        return ()
    return [name for name, on in splitter.get_metadata_routing().split.requests.items() if on]


def _mask(part, name, n_samples):
    """Turn one side of a split into a mask."""
    positions = check_array(part, ensure_2d=False, dtype=None, input_name=name)
    mask = np.zeros(n_samples, dtype=bool)
    if positions.ndim == 1 and positions.dtype == bool and len(positions) == n_samples:
        mask[:] = positions
    elif positions.ndim == 1 and positions.dtype.kind in "iu":
        outside = (positions < 0) | (positions >= n_samples)
        if outside.any():
            raise ValueError(
                f"validation= has the position {positions[outside][0]} in {name}, but fit was "
                f"given {n_samples} samples: positions are 0 to {n_samples - 1}."
            )
        mask[positions] = True
    else:
        raise ValueError(
            f"validation= has an array of shape {positions.shape} and type {positions.dtype} as "
            f"{name}; expected positions of samples, or a mask of {n_samples} of them."
        )
    if not mask.any():
        raise ValueError(f"validation= leaves no sample in {name}, of {n_samples} in X.")
    return mask
