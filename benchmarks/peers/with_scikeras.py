"""scikeras: the Keras model of the tutorials inside a scikit-learn estimator."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import keras
from scikeras.wrappers import KerasRegressor
from sklearn.pipeline import make_pipeline

from benchmarks.peers.base import LastSteps
from benchmarks.peers.epoch_clock import EpochClock
from benchmarks.peers.with_keras import KerasPeer


class ScikerasPeer(KerasPeer):
    """KerasRegressor around a function that builds the model."""

    def build(self, seed):
        case = self.case
        keras.utils.set_random_seed(seed)

        def model():
            return self._model(case.units, case.window)

        self.estimator = KerasRegressor(
            model=model,
            batch_size=case.batch_size,
            verbose=0,
            callbacks=[EpochClock(self.mark)],
            # Otherwise every fit would build and trace anew.
            warm_start=True,
        )

    def train(self, epochs):
        self.estimator.set_params(epochs=epochs, shuffle=self.shuffle).fit(self.X, self.data.y)
        return self.estimator.history_["loss"][-epochs:]

    def predict(self):
        # As the others: by default scikeras would predict in the batches of the training.
        return self.estimator.predict(self.new_windows, batch_size=32)

    def search(self, seed):
        case = self.case
        keras.utils.set_random_seed(seed)

        def model(units, meta):
            return self._model((units,), meta["X_shape_"][1])

        pipeline = make_pipeline(
            LastSteps(),
            KerasRegressor(
                model=model,
                batch_size=case.batch_size,
                shuffle=self.shuffle,
                verbose=0,
                units=16,
            ),
        )
        names = {
            "window": "laststeps__window",
            "units": "kerasregressor__units",
            "epochs": "kerasregressor__epochs",
        }
        return self._grid_search(pipeline, names)
