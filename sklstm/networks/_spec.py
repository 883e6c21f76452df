"""What a network is made of: sizes, the shapes of its weights, and how they start."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class NetworkSpec:
    """Sizes of an LSTM network: stacked LSTM layers, then one dense layer.

    Parameters
    ----------
    n_features : int
        Features of one step.
    units : tuple of int
        Width of each LSTM layer, from the input to the output.
    n_outputs : int
        Width of the dense output layer.
    activation : {"linear", "sigmoid", "softmax"}
        Activation of the output layer.
    bidirectional : bool, default=False
        Whether every LSTM layer also reads its window backwards; the halves are concatenated.
    dropout : float, default=0.0
        Fraction of the outputs of every LSTM layer dropped in training.
    recurrent_dropout : float, default=0.0
        Fraction of the state dropped in the recurrence in training.
    returns_sequences : bool, default=False
        Whether it is trained on an answer for each step of a window, not for the last one alone.
    stateful : bool, default=False
        Whether the state flows from each window to the next of its series; it is then trained on
        answers for steps, too.
    """

    n_features: int
    units: tuple[int, ...]
    n_outputs: int
    activation: str
    bidirectional: bool = False
    dropout: float = 0.0
    recurrent_dropout: float = 0.0
    returns_sequences: bool = False
    stateful: bool = False

    @property
    def answers_steps(self) -> bool:
        """Whether targets belong to steps, not to windows."""
        return self.returns_sequences or self.stateful

    @property
    def n_directions(self) -> int:
        """Number of directions in which a window is read."""
        return 2 if self.bidirectional else 1

    @property
    def weights_per_layer(self) -> int:
        """Number of weight arrays of one LSTM layer: kernel, recurrent kernel, bias a direction."""
        return 3 * self.n_directions

    def weight_shapes(self) -> list[tuple[int, ...]]:
        """Shapes of all weights, in the order of Keras's own layers.

        Returns
        -------
        list of tuple of int
            For each LSTM layer and direction a kernel ``(n_inputs, 4 * units)``, a recurrent kernel
            ``(units, 4 * units)`` and a bias ``(4 * units,)``, the gates in the order i, f, c, o;
            then the kernel and the bias of the dense layer.
        """
        shapes: list[tuple[int, ...]] = []
        n_inputs = self.n_features
        for units in self.units:
            shapes += [(n_inputs, 4 * units), (units, 4 * units), (4 * units,)] * self.n_directions
            n_inputs = units * self.n_directions
        return [*shapes, (n_inputs, self.n_outputs), (self.n_outputs,)]

    def initial_weights(self, rng: np.random.Generator) -> list[np.ndarray]:
        """Draw weights as Keras does by default, from a generator of our own.

        Parameters
        ----------
        rng : numpy.random.Generator
            Source of all randomness, so that no global generator is read or moved.

        Returns
        -------
        list of ndarray, float32
            Glorot-uniform kernels, orthogonal recurrent kernels, biases of zero and one for the
            forget gate, in the order of :meth:`weight_shapes`.
        """
        *lstm, dense_kernel, dense_bias = self.weight_shapes()
        weights: list[np.ndarray] = []
        for kernel, recurrent, bias in zip(lstm[0::3], lstm[1::3], lstm[2::3], strict=True):
            units = recurrent[0]
            forget_open = np.zeros(bias)
            forget_open[units : 2 * units] = 1.0
            weights += [_glorot_uniform(rng, kernel), _orthogonal(rng, recurrent), forget_open]
        weights += [_glorot_uniform(rng, dense_kernel), np.zeros(dense_bias)]
        return [w.astype(np.float32) for w in weights]


def _glorot_uniform(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    limit = np.sqrt(6.0 / sum(shape))
    return rng.uniform(-limit, limit, size=shape)


def _orthogonal(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    n_rows, n_columns = shape
    q, r = np.linalg.qr(rng.standard_normal((n_columns, n_rows)))
    return (q * np.sign(np.diag(r))).T
