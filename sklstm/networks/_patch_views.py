"""Windows cut into patches: the part that graphs and exported models share."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from keras import ops

from sklstm.networks._patches import SMALLEST_SPREAD, PatchSpec


def views_of_windows(patches: PatchSpec, values, observed, scales):
    """Compute all views of windows.

    Parameters
    ----------
    patches : PatchSpec
        Which views.
    values : tensor of shape (n_samples, window, n_features)
        The windows, standardised, in which a missing step repeats an observed one.
    observed : tensor of shape (n_samples, window), float32
        1 for an observed step, 0 for a missing one.
    scales : tensor of shape (n_views, n_features)
        What each view is divided by.

    Returns
    -------
    list of tensors of shape (n_samples, window, n_features)
        One for each view.
    """
    weight = observed[..., None]
    number = ops.maximum(ops.sum(weight, axis=1, keepdims=True), 1.0)

    def mean(x):
        return ops.sum(x * weight, axis=1, keepdims=True) / number

    def compute(view):
        if view == "values":
            return values
        if view == "minus_last":
            return values - values[:, -1:]
        if view == "differences":
            return ops.concatenate(
                [ops.zeros_like(values[:, :1]), values[:, 1:] - values[:, :-1]], axis=1
            )
        centred = values - mean(values)
        if view == "minus_mean":
            return centred
        spread = ops.sqrt(mean(ops.square(centred)))
        return centred / ops.where(spread > SMALLEST_SPREAD, spread, 1.0)

    return [compute(view) / scales[number] for number, view in enumerate(patches.views)]


def inputs_of_patches(patches: PatchSpec, views, values, steps, constants=None):
    """Lay the views of windows out patch by patch.

    Parameters
    ----------
    patches : PatchSpec
        How.
    views : list of tensors of shape (n_samples, window, n_features)
        What :func:`views_of_windows` gives.
    values : tensor of shape (n_samples, window, n_features)
        The windows themselves.
    steps : tensor of shape (n_patches, size), int32
        Positions of the steps of each patch.
    constants : tensor of shape (n_samples, n_constants), default=None
        Further inputs.

    Returns
    -------
    tensor of shape (n_samples, n_patches, n_inputs)
        The inputs of the first LSTM layer.
    """
    n_features = values.shape[-1]
    stepwise, averaged = list(patches.stepwise(n_features)), list(patches.averaged)
    parts = []
    for view in views:
        cut = ops.take(view, steps, axis=1)
        if stepwise:
            own = ops.take(cut, stepwise, axis=-1) if averaged else cut
            n_patches = ops.shape(steps)[0]
            parts.append(ops.reshape(own, (-1, n_patches, patches.size * len(stepwise))))
        if averaged:
            parts.append(ops.mean(ops.take(cut, averaged, axis=-1), axis=2))
    fixed = []
    if patches.level_of:
        fixed.append(ops.take(values[:, -1], list(patches.level_of), axis=-1))
    if constants is not None:
        fixed.append(constants)
    if fixed:
        each = ops.concatenate(fixed, axis=-1)[:, None]
        parts.append(each + ops.zeros_like(parts[0][..., :1]))
    return parts[0] if len(parts) == 1 else ops.concatenate(parts, axis=-1)
