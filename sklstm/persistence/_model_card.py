"""A card that describes a fitted model in a page of Markdown."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from numbers import Real

from sklearn.utils.validation import check_is_fitted

from sklstm._version import __version__
from sklstm.forecasting._model_parts import take_apart
from sklstm.training._fitted_network import HasNetwork

# Cells longer than this are cut.
_LONGEST = 60


def model_card(model, *, scores=None):
    r"""Describe a fitted model in Markdown: its data, its settings, its training, its scores.

    Parameters
    ----------
    model : estimator
        A fitted estimator of sklstm, or a pipeline, a search or another meta-estimator around one.
    scores : dict of str to float, default=None
        Scores to list, by a name that says on which data: ``{"MAE, June": 1.2}``. Nothing is
        computed here.

    Returns
    -------
    card : str
        Markdown, ready for a file or a page.

    Raises
    ------
    sklearn.exceptions.NotFittedError
        If the model is not fitted.
    TypeError
        If `scores` is no dict of numbers.

    See Also
    --------
    save : Save the model.
    backtest : Scores that may stand on a card.

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
    ...     sklstm.LSTMForecaster(units=2, epochs=1, plain=True, random_state=0),
    ... ).fit(sales, sales["sales"])
    >>> card = sklstm.model_card(model, scores={"MAE, March": 1.25})
    >>> print("\n".join(card.splitlines()[:9]))
    # Model card: LSTMForecaster
    <BLANKLINE>
    ## Data
    <BLANKLINE>
    | | |
    |---|---|
    | first and last label | 2026-01-01 00:00:00 to 2026-03-31 00:00:00 |
    | step | D |
    | series | 1 |
    """
    check_is_fitted(model)
    scores = _read_scores(scores)
    parts = take_apart(model)
    estimator = getattr(parts.estimator, "classifier_", parts.estimator)
    network = estimator if isinstance(estimator, HasNetwork) else None
    sections = {
        "Data": _data(model, parts),
        "Settings": _settings([*parts.around, *parts.steps, parts.estimator]),
        "Training": {} if network is None else _training(network),
        "Scores": {name: f"{value:.4g}" for name, value in scores.items()},
        "Made with": {"sklstm": __version__},
    }
    lines = [f"# Model card: {type(parts.estimator).__name__}", ""]
    for title, rows in sections.items():
        if rows:
            lines += [f"## {title}", "", "| | |", "|---|---|"]
            lines += [f"| {_cell(name)} | {_cell(value)} |" for name, value in rows.items()]
            lines.append("")
    return "\n".join(lines)


def _read_scores(scores):
    """Validate the scores."""
    if scores is None:
        return {}
    if not isinstance(scores, dict) or not all(isinstance(v, Real) for v in scores.values()):
        raise TypeError(
            f"scores must be a dict of numbers such as {{'MAE, June': 1.2}}, got {scores!r:.80}."
        )
    return scores


def _cell(value):
    """Write a value so that it stays in its cell."""
    text = " ".join(str(value).replace("|", "\\|").split())
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _data(model, parts):
    """Describe the rows of fit."""
    rows: dict = {}
    windower = parts.windower
    if windower is not None:
        if windower.span_ is not None:
            rows["first and last label"] = " to ".join(map(str, windower.span_))
        freq = windower.freq_
        if freq is not None:
            rows["step"] = getattr(freq, "freqstr", freq)
        rows["series"] = len(windower.series_keys_)
    names = getattr(model, "feature_names_in_", None)
    if names is not None:
        rows["features"] = ", ".join(names)
    elif hasattr(model, "n_features_in_"):
        rows["features"] = model.n_features_in_
    return rows


def _settings(estimators):
    """List each estimator with the parameters that are not the default ones."""
    rows = {}
    for estimator in estimators:
        own = estimator.get_params(deep=False)
        # A new one has the defaults; what has required parameters shows all.
        try:
            defaults = type(estimator)().get_params(deep=False)
        except TypeError:
            defaults = {}
        changed = {
            name: value
            for name, value in own.items()
            if not hasattr(value, "get_params") and repr(value) != repr(defaults.get(name, ""))
        }
        told = ", ".join(f"{name}={value!r}" for name, value in changed.items())
        rows[f"`{type(estimator).__name__}`"] = told or "defaults"
    return rows


def _training(estimator):
    """Describe the network and its training."""
    network = estimator.network_
    networks = (network, *network.companions)
    n_weights = sum(array.size for of in networks for own in of.weights for array in own)
    logs = estimator.history_
    rows = {
        "networks": sum(len(of.weights) for of in networks),
        "weights": n_weights,
        "steps of a window": network.n_steps,
        "epochs": estimator.n_iter_,
        "last loss": f"{logs['loss'].iloc[-1]:.4g}",
    }
    if hasattr(estimator, "classes_"):
        rows["classes"] = ", ".join(map(str, estimator.classes_))
    elif network.spec.horizon > 1:
        rows["steps ahead"] = network.spec.horizon
    return rows
