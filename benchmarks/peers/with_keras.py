"""Keras by hand: as in tutorials, and tuned by an expert."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from itertools import product

import keras
import numpy as np
import tensorflow as tf

from benchmarks.data import MASK_VALUE, make_folds
from benchmarks.peers.base import Peer
from benchmarks.peers.epoch_clock import EpochClock


def build_model(case, units, window, learning_rate, **compile_options):
    """Write the network down and compile it, as tutorials do."""
    model = keras.Sequential([keras.Input((window, case.n_features))])
    if case.missing:
        model.add(keras.layers.Masking(mask_value=MASK_VALUE))
    for number, width in enumerate(units):
        lstm = keras.layers.LSTM(width, return_sequences=number < len(units) - 1)
        model.add(keras.layers.Bidirectional(lstm) if case.bidirectional else lstm)
    if case.horizon > 1:
        model.add(keras.layers.RepeatVector(case.horizon))
        lstm = keras.layers.LSTM(units[-1], return_sequences=True)
        model.add(keras.layers.Bidirectional(lstm) if case.bidirectional else lstm)
        model.add(keras.layers.TimeDistributed(keras.layers.Dense(1)))
        # The targets are (n_windows, horizon).
        model.add(keras.layers.Reshape((case.horizon,)))
    else:
        model.add(keras.layers.Dense(1))
    model.compile(optimizer=keras.optimizers.Adam(learning_rate), loss="mse", **compile_options)
    return model


class KerasPeer(Peer):
    """Sequential, Input, LSTM, Dense; compile; fit."""

    compile_options: dict = {}
    predict_options: dict = {}

    def __init__(self, threads, clock):
        super().__init__(threads, clock)
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(threads)

    def load(self, case, weights, options):
        super().load(case, weights, options)
        keras.backend.clear_session()
        self.X = np.where(np.isnan(self.data.X), np.float32(MASK_VALUE), self.data.X)

    def build(self, seed):
        case = self.case
        keras.utils.set_random_seed(seed)
        self.model = self._model(case.units, case.window)

    def _model(self, units, window):
        """Build a network, and set the initial weights that all peers share."""
        case = self.case
        model = build_model(case, units, window, case.learning_rate, **self.compile_options)
        model.set_weights(self.weights[units])
        return model

    def train(self, epochs):
        history = self.model.fit(
            self.X,
            self.data.y,
            batch_size=self.case.batch_size,
            epochs=epochs,
            shuffle=self.shuffle,
            verbose=0,
            callbacks=[EpochClock(self.mark)],
        )
        return history.history["loss"]

    def predict(self):
        return self.model.predict(self.new_windows, verbose=0, **self.predict_options)

    def search(self, seed):
        case = self.case
        keras.utils.set_random_seed(seed)
        errors = []
        for window, units, epochs in product(
            *(case.grid[k] for k in ("window", "units", "epochs"))
        ):
            X = self.X[:, -window:]
            for train, test in make_folds(case):
                keras.backend.clear_session()
                model = self._model((units,), window)
                model.fit(
                    X[train],
                    self.data.y[train],
                    batch_size=case.batch_size,
                    epochs=epochs,
                    shuffle=self.shuffle,
                    verbose=0,
                )
                predicted = model.predict(X[test], verbose=0)[:, 0]
                errors.append(np.mean((predicted - self.data.y[test]) ** 2))
        return float(np.mean(errors))


class TunedKerasPeer(KerasPeer):
    """XLA, and the number of steps in one call of the graph that is fastest for the row."""

    predict_options = {"batch_size": 1024}

    def load(self, case, weights, options):
        super().load(case, weights, options)
        self._use(options.get("steps_per_execution", 16))

    def _use(self, steps):
        self.compile_options = {"jit_compile": True, "steps_per_execution": steps}

    def tune(self, choices: tuple[int, ...]) -> int:
        """Find the fastest number of steps in one call and keep it."""
        seconds = {}
        for steps in choices:
            self._use(steps)
            self.build(self.case.seed)
            self.train(1)
            seconds[steps] = min(self.warm_epochs()["seconds"] for _ in range(2))
        best = min(seconds, key=lambda steps: seconds[steps])
        self._use(best)
        return best
