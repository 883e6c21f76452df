"""The fused Adam against Keras's."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import keras
import numpy as np
import pytest
import tensorflow as tf

from sklstm.networks._adam import FusedAdam, with_fused_update

SETTINGS = [
    {},
    {"learning_rate": 0.1, "beta_1": 0.5, "beta_2": 0.9, "epsilon": 1e-3},
    {"weight_decay": 0.1, "clipnorm": 0.5},
    {"global_clipnorm": 0.5, "use_ema": True},
    {"gradient_accumulation_steps": 2},
]


def graph_of(optimizer, variables):
    @tf.function(autograph=False)
    def step(*gradients):
        optimizer.apply(gradients, variables)

    return step


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_every_step_is_that_of_keras(settings):
    rng = np.random.default_rng(0)
    start = [rng.normal(size=shape).astype(np.float32) for shape in [(3, 4), (4,)]]
    reached = []
    for optimizer in (keras.optimizers.Adam(**settings), FusedAdam(**settings)):
        variables = [keras.Variable(value) for value in start]
        optimizer.build(variables)
        step = graph_of(optimizer, variables)
        draws = np.random.default_rng(1)
        for _ in range(6):
            gradients = [draws.normal(size=v.shape).astype(np.float32) for v in variables]
            step(*gradients)
        reached.append([v.numpy() for v in [*variables, *optimizer.variables]])
    keras_reached, ours = reached
    assert not np.allclose(ours[0], start[0])
    for theirs, own in zip(keras_reached, ours, strict=True):
        np.testing.assert_allclose(own, theirs, rtol=1e-5, atol=1e-7)


def test_only_adam_itself_is_replaced():
    schedule = keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9)
    kept = [
        keras.optimizers.Adam(amsgrad=True),
        keras.optimizers.Adam(schedule),
        keras.optimizers.AdamW(),
        keras.optimizers.SGD(),
    ]
    for optimizer in kept:
        assert with_fused_update(optimizer) is optimizer
    taken = keras.optimizers.Adam(0.3, beta_1=0.7, clipvalue=1.0)
    fused = with_fused_update(taken)
    assert type(fused) is FusedAdam
    assert fused.get_config() == taken.get_config()
