"""skorch: the PyTorch module inside a scikit-learn estimator."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import torch
from sklearn.pipeline import make_pipeline
from skorch import NeuralNetRegressor
from skorch.callbacks import Callback

from benchmarks.peers.base import LastSteps, Peer
from benchmarks.peers.torch_module import LSTMModule, valid_steps_first


class EpochClock(Callback):
    """Call a function before the first and after every epoch."""

    def __init__(self, mark):
        self.mark = mark

    def on_train_begin(self, net, **_):
        self.mark()

    def on_epoch_end(self, net, **_):
        self.mark()


class SkorchPeer(Peer):
    """NeuralNetRegressor with its defaults, without validation split and printing."""

    def __init__(self, threads, clock):
        super().__init__(threads, clock)
        torch.set_num_threads(threads)
        torch.set_num_interop_threads(threads)

    def load(self, case, weights, options):
        super().load(case, weights, options)
        self.X: Any = self.data.X
        if case.missing:
            X, lengths = valid_steps_first(self.data.X)
            self.X = {"x": X, "lengths": lengths}
        self.y = self.data.y[:, None]

    def _net(self, **options):
        case = self.case
        return NeuralNetRegressor(
            LSTMModule,
            module__n_features=case.n_features,
            module__weights=self.weights,
            optimizer=torch.optim.Adam,
            # Keras's epsilon.
            optimizer__eps=1e-7,
            lr=case.learning_rate,
            batch_size=case.batch_size,
            iterator_train__shuffle=self.shuffle,
            train_split=None,
            verbose=0,
            **options,
        )

    def build(self, seed):
        case = self.case
        torch.manual_seed(seed)
        self.net = self._net(
            module__units=case.units,
            module__bidirectional=case.bidirectional,
            callbacks=[EpochClock(self.mark)],
            warm_start=True,
        ).initialize()

    def train(self, epochs):
        self.net.set_params(max_epochs=epochs)
        # set_params would create a new network.
        self.net.iterator_train__shuffle = self.shuffle
        self.net.fit(self.X, self.y)
        return self.net.history[-epochs:, "train_loss"]

    def predict(self):
        return self.net.predict(self.new_windows)

    def search(self, seed):
        torch.manual_seed(seed)
        pipeline = make_pipeline(LastSteps(), self._net())
        names = {
            "window": "laststeps__window",
            "units": "neuralnetregressor__module__units",
            "epochs": "neuralnetregressor__max_epochs",
        }
        return self._grid_search(pipeline, names)

    def grid_targets(self):
        return self.y
