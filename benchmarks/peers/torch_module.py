"""The network in PyTorch, and how Keras's weights are laid out for it."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence


class LSTMModule(nn.Module):
    """Stacked nn.LSTM layers, then one linear layer on the last state."""

    def __init__(self, n_features=8, units=(32,), bidirectional=False):
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
        self._draw_as_keras()

    def _draw_as_keras(self):
        """Draw initial weights as Keras does by default; PyTorch's own learn at another pace."""
        for lstm in self.lstms:
            for name, parameter in lstm.named_parameters():
                if name.startswith("weight_ih"):
                    nn.init.xavier_uniform_(parameter)
                elif name.startswith("weight_hh"):
                    nn.init.orthogonal_(parameter)
                else:
                    nn.init.zeros_(parameter)
                    if name.startswith("bias_ih"):
                        # The forget gate starts open.
                        nn.init.ones_(parameter.data[lstm.hidden_size : 2 * lstm.hidden_size])
                    else:
                        # PyTorch adds two biases where Keras has one. Trained as well, with the
                        # same gradient, the second would make their sum move twice as fast.
                        parameter.requires_grad_(False)
        nn.init.xavier_uniform_(self.dense.weight)
        nn.init.zeros_(self.dense.bias)

    def forward(self, x, lengths=None):
        if lengths is not None:
            x = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
        for lstm in self.lstms:
            x, (h, _) = lstm(x)
        return self.dense(torch.cat(tuple(h), dim=-1))

    def set_keras_weights(self, weights):
        """Start where the Keras network starts; both order the gates i, f, c, o."""
        rest = iter(weights)
        with torch.no_grad():
            for lstm in self.lstms:
                for suffix in ("_l0", "_l0_reverse")[: 2 if lstm.bidirectional else 1]:
                    getattr(lstm, f"weight_ih{suffix}").copy_(torch.from_numpy(next(rest).T.copy()))
                    getattr(lstm, f"weight_hh{suffix}").copy_(torch.from_numpy(next(rest).T.copy()))
                    getattr(lstm, f"bias_ih{suffix}").copy_(torch.from_numpy(next(rest)))
            self.dense.weight.copy_(torch.from_numpy(next(rest).T.copy()))
            self.dense.bias.copy_(torch.from_numpy(next(rest)))


def valid_steps_first(X):
    """Move missing steps to the end, as packed sequences want it, and count the others.

    A masked LSTM over a window is the LSTM over the steps that exist, so the network is the same.
    """
    missing = np.isnan(X).any(axis=2)
    order = np.argsort(missing, axis=1, kind="stable")
    X = np.take_along_axis(X, order[:, :, None], axis=1)
    # A sequence without steps cannot be packed.
    return np.nan_to_num(X), np.maximum((~missing).sum(axis=1), 1)
