"""PyTorch by hand: nn.LSTM and a plain training loop."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import torch
from torch import nn

from benchmarks.peers.base import Peer
from benchmarks.peers.torch_module import LSTMModule, valid_steps_first

# Windows predicted at once.
_BLOCK = 1024


class TorchPeer(Peer):
    """A loop over slices of a permutation: less overhead than a DataLoader has."""

    def __init__(self, threads, clock):
        super().__init__(threads, clock)
        torch.set_num_threads(threads)
        torch.set_num_interop_threads(threads)

    def load(self, case, weights, options):
        super().load(case, weights, options)
        X, lengths = self.data.X, None
        if case.missing:
            X, lengths = valid_steps_first(X)
            lengths = torch.from_numpy(lengths)
        self.X, self.lengths = torch.from_numpy(X), lengths
        self.y = torch.from_numpy(self.data.y[:, None])

    def build(self, seed):
        case = self.case
        torch.manual_seed(seed)
        self.module = LSTMModule(case.n_features, case.units, case.bidirectional, self.weights)
        # Keras's epsilon.
        self.optimizer = torch.optim.Adam(self.module.parameters(), case.learning_rate, eps=1e-7)

    def train(self, epochs):
        size, loss_of, losses = self.case.batch_size, nn.MSELoss(), []
        self.mark()
        for _ in range(epochs):
            n = len(self.X)
            order = torch.randperm(n) if self.shuffle else torch.arange(n)
            total = torch.zeros(())
            for chosen in order.split(size):
                lengths = None if self.lengths is None else self.lengths[chosen]
                self.optimizer.zero_grad()
                loss = loss_of(self.module(self.X[chosen], lengths), self.y[chosen])
                loss.backward()
                self.optimizer.step()
                total += loss.detach() * len(chosen)
            losses.append(float(total) / len(self.X))
            self.mark()
        return losses

    def predict(self):
        with torch.inference_mode():
            blocks = torch.from_numpy(self.new_windows).split(_BLOCK)
            return torch.cat([self.module(block) for block in blocks]).numpy()

    def sgemm(self) -> float:
        """Measure GFLOP/s of a product of square matrices."""
        n = 2_048
        a = torch.randn(n, n)
        best = 0.0
        for _ in range(6):
            start = self.clock()
            a @ a
            best = max(best, 2 * n**3 / (self.clock() - start) / 1e9)
        return best
