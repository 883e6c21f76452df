"""The input of the first LSTM layer: windows as they are, or cut into patches."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import tensorflow as tf

from sklstm.networks._layers import LayerInput, input_of_windows
from sklstm.networks._native_operations import load_operations
from sklstm.networks._patch_views import inputs_of_patches, views_of_windows
from sklstm.networks._patches import VIEWS
from sklstm.networks._spec import NetworkSpec


def input_signature(spec: NetworkSpec) -> tuple[list[tf.TensorSpec], list[tf.TensorSpec]]:
    """Describe the arrays of a :class:`~sklstm.networks.NetworkInput` to a graph.

    Parameters
    ----------
    spec : NetworkSpec
        The sizes.

    Returns
    -------
    shared : list of tf.TensorSpec
        Of what all windows share.
    own : list of tf.TensorSpec
        Of what each window has of its own.
    """
    vector = tf.TensorSpec([None], tf.int32)
    shared, own = [tf.TensorSpec([None, spec.n_features], tf.float32)], [vector, vector]
    patches = spec.patches
    if patches is not None:
        shared += [
            vector,
            tf.TensorSpec([1], tf.int32),
            tf.TensorSpec([len(patches.views), spec.n_features], tf.float32),
        ]
        own.append(vector)
        if patches.n_constants:
            own.append(tf.TensorSpec([None, patches.n_constants], tf.float32))
    if spec.n_known:
        own.append(tf.TensorSpec([None, spec.horizon, spec.n_known], tf.float32))
    return shared, own


def read_input(spec: NetworkSpec, shared, own, noise_seed=None):
    """Turn the arrays of a batch of windows into the input of the first layer.

    Parameters
    ----------
    spec : NetworkSpec
        The sizes.
    shared, own : list of tensors
        Of the signature that :func:`input_signature` gives.
    noise_seed : tensor of shape (2,), int32, default=None
        Seed of the noise on patches in training; None adds none.

    Returns
    -------
    steps : LayerInput
        The steps or the patches.
    known : list of tensors of shape (n_samples, horizon, n_known)
        Known future covariates, if there are any.
    """
    known = list(own[len(own) - bool(spec.n_known) :])
    own = own[: len(own) - len(known)]
    if spec.patches is None:
        return input_of_windows(*shared, *own), known
    return _input_of_patches(spec, shared, own, noise_seed), known


def _input_of_patches(spec, shared, own, noise_seed) -> LayerInput:
    """Lay out the observed patches of a batch of windows; they last as long as the batch."""
    patches = spec.patches
    with_native = load_operations() is not None
    x, count = (_laid_out if with_native else _gathered)(spec, shared, own)
    n_samples, n_patches = tf.shape(x)[0], tf.shape(x)[1]
    if noise_seed is not None and patches.noise > 0:
        # Of the observed patches alone: how long windows are padded makes no difference.
        x += tf.random.stateless_normal(tf.shape(x), noise_seed, stddev=patches.noise)
    n_inputs = patches.n_inputs(spec.n_features)
    return LayerInput(
        rows=tf.reshape(x, [n_samples * n_patches, n_inputs]),
        start=tf.range(n_samples) * n_patches,
        count=count,
        stride=tf.constant(1),
        n_steps=n_patches,
    )


def _laid_out(spec, shared, own):
    """Let the native code write the patches from the rows, in one pass over them."""
    patches = spec.patches
    start, count, first_slot, *constants = own
    of_kind = {"dtype": tf.int32}
    x, count = load_operations().sklstm_patches(
        *shared,
        start,
        count,
        first_slot,
        *(constants or [tf.zeros([0, 0])]),
        tf.constant([patches.size, patches.stride], **of_kind),
        tf.constant([VIEWS.index(view) for view in patches.views], **of_kind),
        tf.constant(patches.averaged, **of_kind),
        tf.constant(patches.level_of, **of_kind),
        n_threads=tf.config.threading.get_intra_op_parallelism_threads(),
    )
    x.set_shape([None, None, patches.n_inputs(spec.n_features)])
    count.set_shape([None])
    return x, count


def _gathered(spec, shared, own):
    """Gather the patches by TensorFlow's operations."""
    patches = spec.patches
    rows, row_at, window, scales = shared
    start, count, first_slot, *constants = own
    window = window[0]
    last = start + count - 1
    slots = tf.clip_by_value(
        first_slot[:, None] + tf.range(-1, window)[None], 0, tf.shape(row_at)[0] - 1
    )
    # The newest row up to each step, and up to the step before the window.
    newest = tf.clip_by_value(tf.gather(row_at, slots), start[:, None] - 1, last[:, None])
    is_observed = newest[:, 1:] > newest[:, :-1]
    number = tf.minimum(tf.maximum(newest[:, 1:], start[:, None]), tf.shape(rows)[0] - 1)
    values = tf.gather(rows, number)
    values.set_shape([None, None, spec.n_features])
    first = tf.range(
        (window - patches.size) % patches.stride, window - patches.size + 1, patches.stride
    )
    steps = first[:, None] + tf.range(patches.size)
    steps.set_shape([None, patches.size])
    views = views_of_windows(patches, values, tf.cast(is_observed, tf.float32), scales)
    x = inputs_of_patches(patches, views, values, steps, *constants)
    has_step = tf.reduce_any(tf.gather(is_observed, steps, axis=1), axis=2)
    x = tf.cond(tf.reduce_all(has_step), lambda: x, lambda: _observed_first(x, has_step))
    count = tf.reduce_sum(tf.cast(has_step, tf.int32), axis=1)
    return x[:, : tf.maximum(tf.reduce_max(count), 1)], count


def _observed_first(x, has_step):
    """Move the patches without an observed step to the end."""
    order = tf.argsort(tf.cast(~has_step, tf.int32), axis=1, stable=True)
    return tf.gather(x, order, batch_dims=1)
