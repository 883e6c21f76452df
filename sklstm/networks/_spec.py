"""The architecture of a network: sizes, shapes of its weights, and initial weights."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass

import numpy as np

from sklstm.networks._patches import PatchSpec


@dataclass(frozen=True)
class NetworkSpec:
    """Sizes of an LSTM network: stacked LSTM layers, an optional decoder, and a dense layer.

    Parameters
    ----------
    n_features : int
        Features of one step.
    units : tuple of int
        Width of each LSTM layer, from the input to the output.
    n_outputs : int
        Outputs for each step ahead.
    activation : {"linear", "sigmoid", "softmax"}
        Activation of the output layer.
    bidirectional : bool, default=False
        Whether every LSTM layer also reads its window backwards; the halves are concatenated.
    dropout : float, default=0.0
        Fraction of the outputs of every LSTM layer dropped in training.
    recurrent_dropout : float, default=0.0
        Fraction of the state dropped in the recurrence in training.
    returns_sequences : bool, default=False
        Whether the network trains on an output for each step of a window, not only for the last.
    stateful : bool, default=False
        Whether the network carries its state from each window to the next of the same series; it
        then also trains on an output for each step.
    horizon : int, default=1
        Steps ahead that a prediction covers.
    decoder_units : tuple of int, default=()
        Width of each LSTM layer of the decoder. At each step ahead it reads the last outputs of
        the layers over the window, from a state of 0, in as many directions as they. Without a
        decoder, one dense layer predicts all steps ahead at once.
    n_known : int, default=0
        Known future covariates of each step ahead, which a decoder reads as well.
    quantiles : tuple of float, default=()
        Levels of the quantiles that are predicted for each target, side by side.
    patches : PatchSpec or None, default=None
        How windows are cut into patches; None reads them step by step, as they are.
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
    horizon: int = 1
    decoder_units: tuple[int, ...] = ()
    n_known: int = 0
    quantiles: tuple[float, ...] = ()
    patches: PatchSpec | None = None

    def __post_init__(self):
        if self.patches is not None and self.outputs_steps:
            raise ValueError("A network that predicts at every step cannot read patches.")

    @property
    def outputs_steps(self) -> bool:
        """Whether the network has an output for each step rather than for each window."""
        return self.returns_sequences or self.stateful

    @property
    def n_directions(self) -> int:
        """Number of directions in which a window is read."""
        return 2 if self.bidirectional else 1

    @property
    def weights_per_layer(self) -> int:
        """Number of weight arrays of one LSTM layer: kernel, recurrent kernel, bias a direction."""
        return 3 * self.n_directions

    @property
    def output_size(self) -> int:
        """Width of an output, ordered by step ahead, then target, then quantile."""
        return self.horizon * self.n_outputs

    @property
    def n_targets(self) -> int:
        """Width of the targets of an output, ordered by step ahead, then target."""
        return self.output_size // max(len(self.quantiles), 1)

    @property
    def n_inputs(self) -> int:
        """Width of what the first LSTM layer reads at once: a step, or a patch."""
        return self.n_features if self.patches is None else self.patches.n_inputs(self.n_features)

    def inputs_of_layers(self) -> list[int]:
        """Width of the input of each LSTM layer.

        Returns
        -------
        list of int
            The layers over the window, then those of the decoder.
        """
        outputs = [units * self.n_directions for units in (*self.units, *self.decoder_units)]
        inputs = [self.n_inputs, *outputs[:-1]]
        if self.decoder_units:
            inputs[len(self.units)] += self.n_known
        return inputs

    def weight_shapes(self) -> list[tuple[int, ...]]:
        """Shapes of all weights, in the order of Keras's own layers.

        Returns
        -------
        list of tuple of int
            For each LSTM layer and direction a kernel ``(n_inputs, 4 * units)``, a recurrent kernel
            ``(units, 4 * units)`` and a bias ``(4 * units,)``, with the gates in the order i, f,
            c, o. The layers over the window come first, then those of the decoder, then the kernel
            and the bias of the dense layer.
        """
        shapes: list[tuple[int, ...]] = []
        all_units = (*self.units, *self.decoder_units)
        for n_inputs, units in zip(self.inputs_of_layers(), all_units, strict=True):
            shapes += [(n_inputs, 4 * units), (units, 4 * units), (4 * units,)] * self.n_directions
        n_dense = self.n_outputs if self.decoder_units else self.output_size
        return [*shapes, (all_units[-1] * self.n_directions, n_dense), (n_dense,)]

    def initial_weights(self, rng: np.random.Generator) -> list[np.ndarray]:
        """Draw weights from the distributions that Keras uses by default.

        Parameters
        ----------
        rng : numpy.random.Generator
            Source of all randomness; no global generator is used.

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
