"""The library itself, as a user calls it."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import scikeras.wrappers  # noqa: F401  (loaded at the first fit; first fits are timed after imports)
import tensorflow as tf
from sklearn.pipeline import make_pipeline

import sklstm.training._trainer  # noqa: F401  (likewise)
from benchmarks.cases import Case
from benchmarks.peers.base import LastSteps, Peer, Weights
from benchmarks.peers.epoch_clock import EpochClock
from sklstm import LSTMForecaster, SequenceWindower
from sklstm.networks import NetworkSpec


class SklstmPeer(Peer):
    """LSTMForecaster with its defaults: it also standardises the data, which already are."""

    def __init__(self, threads, clock):
        super().__init__(threads, clock)
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(threads)

    @staticmethod
    def initial_weights(case: Case) -> Weights:
        """Draw the initial weights of a fit with the seed of the row, for the other peers."""
        weights = {}
        for units in case.all_units:
            decoder = {"horizon": case.horizon, "decoder_units": units[-1:]}
            spec = NetworkSpec(
                case.n_features,
                units,
                1,
                "linear",
                case.bidirectional,
                **(decoder if case.horizon > 1 else {}),
            )
            weights[units] = spec.initial_weights(np.random.default_rng(case.seed))
        return weights

    def build(self, seed):
        case = self.case
        self.estimator = LSTMForecaster(
            plain=True,
            horizon=case.horizon,
            decoder="lstm" if case.horizon > 1 else "dense",
            units=case.units,
            bidirectional=case.bidirectional,
            batch_size=case.batch_size,
            learning_rate=case.learning_rate,
            # As in the other peers.
            learning_rate_schedule=None,
            loss="mse",
            callbacks=[EpochClock(self.mark)],
            random_state=seed,
        )

    def train(self, epochs):
        self.estimator.set_params(epochs=epochs, shuffle=self.shuffle).fit(self.data.X, self.data.y)
        return self.estimator.history_["loss"].tolist()

    def predict(self):
        if not self.case.from_series:
            return self.estimator.predict(self.new_windows)
        # The rows before the first whole window would be predicted, too.
        windows = SequenceWindower(self.case.window, history=None).fit_transform(self.series)
        return self.estimator.predict(windows[self.case.window - 1 :])

    def search(self, seed):
        case = self.case
        pipeline = make_pipeline(
            LastSteps(),
            LSTMForecaster(
                plain=True,
                batch_size=case.batch_size,
                learning_rate=case.learning_rate,
                learning_rate_schedule=None,
                # Otherwise the other peers would have to standardise each fold, too.
                normalize_X=False,
                normalize_y=False,
                # For the initial weights that the other peers get.
                random_state=case.seed,
                shuffle=self.shuffle,
            ),
        )
        names = {
            "window": "laststeps__window",
            "units": "lstmforecaster__units",
            "epochs": "lstmforecaster__epochs",
        }
        return self._grid_search(pipeline, names)

    def sgemm(self) -> float:
        """Measure GFLOP/s of a product of square matrices, NumPy's or TensorFlow's."""
        n = 2_048
        a = np.random.default_rng(0).standard_normal((n, n), dtype=np.float32)
        t = tf.constant(a)
        best = 0.0
        for product in (lambda: a @ a, lambda: tf.matmul(t, t).numpy()):
            product()
            for _ in range(5):
                start = self.clock()
                product()
                best = max(best, 2 * n**3 / (self.clock() - start) / 1e9)
        return best
