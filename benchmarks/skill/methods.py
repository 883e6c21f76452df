"""The methods: each a name, and a function that makes an estimator from a task and a seed."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from sklearn.pipeline import make_pipeline

from benchmarks.skill import baselines, extras
from benchmarks.skill.tasks import Task
from sklstm import LSTMClassifier, LSTMForecaster, SequenceWindower


@dataclass(frozen=True, eq=False)
class Method:
    """A method.

    Parameters
    ----------
    key, title : str
        Names on the command line and in the report; a key may stand for a method of each kind.
    kind : {"forecasting", "classification"}
        What it predicts.
    make : callable
        Makes an estimator from a task and a seed. It is fitted on the rows or sequences of the
        task, and predicts for each row.
    role : {"simple", "extra", "lstm"}
        Whether it is a simple method, one of a package that may not be installed, or ours.
    is_random : bool
        Whether seeds change it.
    suits : callable
        Tells whether a task is one for it.
    needs : str
        The package that it needs.
    settings : str
        What is not default.
    """

    key: str
    title: str
    kind: str
    make: Callable[[Task, int], Any]
    role: str = "simple"
    is_random: bool = False
    suits: Callable[[Task], bool] = lambda task: True
    needs: str = ""
    settings: str = ""

    def takes(self, task: Task) -> bool:
        """Tell whether it runs on a task."""
        return self.kind == task.kind and self.key not in task.skips and self.suits(task)


def lstm_forecaster(task: Task, seed: int, **parameters):
    """Make windows and a forecaster as a user would, with its defaults.

    Parameters
    ----------
    task : Task
        Window, lead and horizon.
    seed : int
        The random state.
    **parameters : dict
        Other parameters of the forecaster, or `window`.

    Returns
    -------
    Pipeline
        Not fitted.
    """
    window = parameters.pop("window", task.window)
    return make_pipeline(
        SequenceWindower(window=window, lead=task.lead, by=task.by),
        LSTMForecaster(**{"horizon": task.horizon, "random_state": seed, **parameters}),
    )


def lstm_with_season(task: Task, seed: int, **parameters):
    """Make the same with the season of the task."""
    return lstm_forecaster(task, seed, **{"season": task.season, **parameters})


def lstm_classifier(task: Task, seed: int, **parameters):
    """Make a classifier of sequences, or windows and a classifier."""
    window = parameters.pop("window", task.window)
    classifier = LSTMClassifier(**{"random_state": seed, **parameters})
    if not task.window:
        return classifier
    return make_pipeline(SequenceWindower(window=window, lead=task.lead), classifier)


def variant(method: Method, parameters: dict[str, Any], label: str = "") -> Method:
    """Make a variant of one of our methods.

    Parameters
    ----------
    method : Method
        With the role "lstm".
    parameters : dict
        Parameters of its constructor.
    label : str, default=""
        What else tells it apart, such as the code that it was measured with.

    Returns
    -------
    Method
        Named after them.
    """
    words = [f"{name}={value!r}" for name, value in parameters.items()]
    settings = ", ".join([*words, label] if label else words)
    return replace(
        method,
        title=f"{method.title.removesuffix(', defaults')}, {settings}",
        make=lambda task, seed: method.make(task, seed, **parameters),
        settings=settings,
    )


def _has_cycle(task):
    return task.cycle is not None


def _is_monthly(task):
    return task.freq == "MS"


def _has_many_targets(task):
    return len(task.targets) > 1


def _has_season(task):
    return task.season is not None


def _is_windowed(task):
    return task.window > 0


def _is_sequences(task):
    return task.window == 0


_F, _C = "forecasting", "classification"
METHODS = [
    Method("persistence", "persistence", _F, baselines.persistence),
    Method("naive", "seasonal naive", _F, baselines.seasonal_naive, suits=_has_cycle),
    Method("means", "monthly means", _F, baselines.monthly_means, suits=_is_monthly),
    Method("ridge", "Ridge", _F, baselines.ridge),
    Method("linear", "NLinear, ridge", _F, baselines.own_linear, suits=_has_many_targets),
    Method("boosting", "boosting", _F, baselines.boosting_regressor),
    *(
        Method(key, title, _F, make, "extra", is_random, suits, needs)
        for key, title, make, is_random, suits, needs in extras.FORECASTING
    ),
    Method("lstm", "LSTM, defaults", _F, lstm_forecaster, "lstm", is_random=True),
    Method("lstm-season", "LSTM, season", _F, lstm_with_season, "lstm", True, suits=_has_season),
    Method("frequencies", "class frequencies", _C, baselines.frequencies),
    Method("persistence", "persistence", _C, baselines.class_persistence, suits=_is_windowed),
    Method("logistic", "logistic", _C, baselines.logistic),
    Method(
        "summaries",
        "logistic on summaries",
        _C,
        baselines.logistic_on_summaries,
        suits=_is_sequences,
    ),
    Method("boosting", "boosting", _C, baselines.boosting_classifier),
    *(
        Method(key, title, _C, make, "extra", is_random, suits, needs)
        for key, title, make, is_random, suits, needs in extras.CLASSIFICATION
    ),
    Method("lstm", "LSTM, defaults", _C, lstm_classifier, "lstm", is_random=True),
]
