"""A fitted network in ten lines."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from math import prod

from sklearn.utils.validation import check_is_fitted

from sklstm.forecasting._model_parts import parts_of
from sklstm.networks import describe_engine
from sklstm.training._fitted_network import HasNetwork


class _Text(str):
    """A string that shows itself as it is printed."""

    __slots__ = ()

    def __repr__(self):
        return str(self)


def summary(model):
    r"""Summarise a fitted network: layers, weights, the rows it reads, training and engine.

    Nothing is built and TensorFlow is not loaded.

    Parameters
    ----------
    model : estimator
        A fitted LSTMClassifier or LSTMForecaster, or a pipeline, a search or another meta-estimator
        around one.

    Returns
    -------
    text : str
        About ten lines. An interpreter or a notebook shows it as it is printed.

    Raises
    ------
    sklearn.exceptions.NotFittedError
        If the model is not fitted.
    TypeError
        If it holds no network.

    See Also
    --------
    model_card : A page about a fitted model, with data, settings and scores.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from sklearn.pipeline import make_pipeline
    >>> import sklstm
    >>> days = pd.date_range("2026-01-01", periods=90, freq="D")
    >>> sales = pd.DataFrame({"sales": np.arange(90.0) % 7}, index=days)
    >>> model = make_pipeline(
    ...     sklstm.SequenceWindower(window=14, lead=1),
    ...     sklstm.LSTMForecaster(horizon=7, units=(8, 4), epochs=1, plain=True, random_state=0),
    ... ).fit(sales, sales["sales"])
    >>> print("\n".join(sklstm.summary(model).splitlines()[:6]))
    LSTMForecaster, 7 steps ahead
      window    14 time steps of 1 feature: the rows 1 to 14 steps before the first one predicted
      input     single time steps: 1 input
      LSTM 1    8 units: 320 weights
      LSTM 2    4 units: 208 weights
      output    7 values: 35 weights
    """
    parts, is_fitted = parts_of(model)
    estimator = parts.estimator
    if not is_fitted:
        check_is_fitted(model)
    if not isinstance(estimator, HasNetwork):
        raise TypeError(
            "model must be a fitted LSTMClassifier or LSTMForecaster, or a model around one; got "
            f"{type(model).__name__} around {type(estimator).__name__}."
        )
    check_is_fitted(estimator, "network_")
    network = estimator.network_
    lines = [
        ("window", _window(network, parts.windower)),
        *_layers(network),
        ("networks", _networks(network)),
        ("training", _training(estimator)),
        ("engine", "predicts by {predictions}, trains by {training}".format(**describe_engine())),
    ]
    width = max(len(name) for name, _ in lines)
    title = f"{type(estimator).__name__}, {_task(estimator, network)}"
    return _Text("\n".join([title, *(f"  {name:<{width}}  {text}" for name, text in lines)]))


def _task(estimator, network):
    """Say what is predicted."""
    if hasattr(estimator, "classes_"):
        return f"{len(estimator.classes_)} classes"
    horizon = network.spec.horizon
    n_targets = network.spec.n_targets // horizon
    ahead = _count(horizon, "step") + " ahead" if horizon > 1 else "one value"
    return ahead + (f" of {n_targets} targets" if n_targets > 1 else "")


def _window(network, windower):
    """Say which rows are read."""
    features = _count(network.n_features, "feature")
    if network.spec.stateful:
        return f"each time step, {features}; the state carries what came before"
    steps = f"{_count(network.n_steps, 'time step')} of {features}"
    n_read = max(_steps_read(of) for of in (network, *network.companions))
    if windower is None:
        return (
            steps if n_read == network.n_steps else f"{steps}, of which the last {n_read} are read"
        )
    lead = windower.lead
    if lead == 0:
        return f"{steps}: the row itself and the {n_read - 1} before it"
    to = "the first one predicted" if network.spec.horizon > 1 else "the one predicted"
    return f"{steps}: the rows {lead} to {lead + n_read - 1} steps before {to}"


def _steps_read(network):
    """Count the steps from the first to the last that is read."""
    patches = network.spec.patches
    return (
        network.n_steps
        if patches is None
        else network.n_steps - patches.first_steps(network.n_steps)[0]
    )


def _input(network):
    """Say what the first layer reads at once."""
    patches = network.spec.patches
    if patches is None:
        return "single time steps"
    views = f" in {len(patches.views)} views" if len(patches.views) > 1 else ""
    channels = network.input_transform.channels
    each = "" if channels is None else f", each of {len(channels)} features by itself"
    return f"patches of {_count(patches.size, 'step')}, one every {patches.stride}{views}{each}"


def _layers(network):
    """Describe the layers."""
    spec = network.spec
    yield "input", f"{_input(network)}: {_count(spec.n_inputs, 'input')}"
    sizes = [prod(shape) for shape in spec.weight_shapes()]
    step = spec.weights_per_layer
    names = [f"LSTM {number}" for number in range(1, len(spec.units) + 1)]
    names += [f"decoder {number}" for number in range(1, len(spec.decoder_units) + 1)]
    both = " in each direction" if spec.bidirectional else ""
    for place, (name, units) in enumerate(
        zip(names, (*spec.units, *spec.decoder_units), strict=True)
    ):
        n_weights = sum(sizes[place * step : (place + 1) * step])
        yield name, f"{units} units{both}: {n_weights:,} weights"
    yield "output", f"{_count(spec.output_size, 'value')}: {sum(sizes[-2:]):,} weights"


def _networks(network):
    """Count networks and weights."""
    forms = (network, *network.companions)
    n_networks = sum(len(of.weights) for of in forms)
    n_weights = sum(own.size for of in forms for each in of.weights for own in each)
    text = f"{n_networks}, with {n_weights:,} weights in all"
    others = {_input(of) for of in network.companions} - {_input(network)}
    if others:
        text += f"; others read {'; '.join(sorted(others))}"
    return text


def _training(estimator):
    logs = estimator.history_
    text = f"{_count(estimator.n_iter_, 'epoch')}, last loss {logs['loss'].iloc[-1]:.4g}"
    if "val_loss" in logs:
        text += f", lowest validation loss {logs['val_loss'].min():.4g}"
    return text


def _count(n, what):
    return f"{n:,} {what}{'' if n == 1 else 's'}"
