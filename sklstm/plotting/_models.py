"""Find the part of a model that a display asks for."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from copy import copy

from sklearn.base import clone

from sklstm.forecasting._model_parts import parts_of
from sklstm.preprocessing import SequenceWindower, WindowIndex


def windows_of(model, X, y) -> tuple[WindowIndex, int]:
    """Cut the windows that a model reads.

    Parameters
    ----------
    model : SequenceWindower, or pipeline with one
        Fitted, or not: then a copy is fitted on X.
    X : DataFrame or array-like of shape (n_rows, n_features)
        The rows.
    y : array-like or None
        Their targets, where a transformer before the windower asks for them.

    Returns
    -------
    index : WindowIndex
        The windows, one for each row.
    horizon : int
        Values that are predicted from each.

    Raises
    ------
    ValueError
        If the model has no windower.
    """
    parts, is_fitted = parts_of(model)
    steps = [*parts.steps, parts.estimator]
    places = [place for place, step in enumerate(steps) if isinstance(step, SequenceWindower)]
    if not places:
        raise ValueError(
            "estimator must be a SequenceWindower, or a pipeline with one; got "
            f"{type(model).__name__} without."
        )
    *before, windower = steps[: places[-1] + 1]
    if not is_fitted:
        *before, windower = map(clone, (*before, windower))
    if windower.flatten:
        windower = copy(windower)
        windower.flatten = False
    for step in before:
        X = step.transform(X) if is_fitted else step.fit_transform(X, y)
    windows = windower.transform(X) if is_fitted else windower.fit_transform(X)
    return windows.window_index, int(getattr(parts.estimator, "horizon", 1))
