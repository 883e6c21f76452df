"""The network in PyTorch, and how Keras's weights are laid out for it."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence


class LSTMModule(nn.Module):
    """Stacked nn.LSTM layers, then one linear layer on the last state."""

    def __init__(self, n_features=8, units=(32,), bidirectional=False, weights=None):
        super().__init__()
        widths = (units,) if isinstance(units, int) else tuple(units)
        directions = 2 if bidirectional else 1
        inputs = (n_features, *(width * directions for width in widths[:-1]))
        # One object for each layer, because nn.LSTM(num_layers=) has one width for all.
        self.lstms = nn.ModuleList(
            nn.LSTM(n_inputs, width, batch_first=True, bidirectional=bidirectional)
            for n_inputs, width in zip(inputs, widths, strict=True)
        )
        self.dense = nn.Linear(widths[-1] * directions, 1)
        self._start_as_keras(weights[widths])

    def _start_as_keras(self, weights):
        """Start where the Keras network starts; both order the gates i, f, c, o."""
        rest = iter(weights)
        for lstm in self.lstms:
            for suffix in ("_l0", "_l0_reverse")[: 2 if lstm.bidirectional else 1]:
                _set(lstm, f"weight_ih{suffix}", next(rest).T)
                _set(lstm, f"weight_hh{suffix}", next(rest).T)
                _set(lstm, f"bias_ih{suffix}", next(rest))
                # PyTorch adds two biases where Keras has one. Trained as well, with the same
                # gradient, the second would make their sum move twice as fast.
                bias = getattr(lstm, f"bias_hh{suffix}")
                nn.init.zeros_(bias).requires_grad_(False)
        _set(self.dense, "weight", next(rest).T)
        _set(self.dense, "bias", next(rest))

    def forward(self, x, lengths=None):
        if lengths is not None:
            x = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
        for lstm in self.lstms:
            x, (h, _) = lstm(x)
        return self.dense(torch.cat(tuple(h), dim=-1))


def _set(module, name, value):
    with torch.no_grad():
        getattr(module, name).copy_(torch.from_numpy(value.copy()))


def valid_steps_first(X):
    """Move missing steps to the end, as packed sequences need it, and count the others.

    A masked LSTM over a window is the LSTM over the observed steps, so the network is the same.
    """
    missing = np.isnan(X).any(axis=2)
    order = np.argsort(missing, axis=1, kind="stable")
    X = np.take_along_axis(X, order[:, :, None], axis=1)
    # A sequence without steps cannot be packed.
    return np.nan_to_num(X), np.maximum((~missing).sum(axis=1), 1)
