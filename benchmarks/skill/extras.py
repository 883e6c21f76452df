"""Methods of packages that may not be installed, each imported when it is fitted."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from contextlib import redirect_stdout
from io import StringIO

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin

from benchmarks.skill.baselines import stretch
from benchmarks.skill.tasks import Task


class LocalForecaster(BaseEstimator):
    """A model of statsforecast for each series, fitted on all before the first row of X.

    Parameters
    ----------
    name : str
        Class of ``statsforecast.models``.
    task : Task
        Cycle, horizon and series.
    """

    def __init__(self, name: str, task: Task):
        self.name = name
        self.task = task

    def fit(self, X, y):
        """Keep the series."""
        from statsforecast import models

        self.model_ = getattr(models, self.name)(season_length=self.task.cycle)
        self.known_ = y
        return self

    def predict(self, X):
        """Forecast from the first timestamp of X; the other rows are NaN."""
        forecasts = np.full((len(X), self.task.horizon), np.nan)
        times = X.index.get_level_values(0)
        for row in np.flatnonzero(times == times.min()):
            known = self.known_
            if self.task.by:
                series = X.index.get_level_values(self.task.by)[row]
                known = known.xs(series, level=self.task.by)
            ahead = self.model_.forecast(y=known.to_numpy(dtype="float64"), h=self.task.horizon)
            forecasts[row] = ahead["mean"]
        return forecasts


class Skforecast(BaseEstimator):
    """The RNN of skforecast with its defaults, for ten epochs, on the target alone.

    Parameters
    ----------
    task : Task
        Window, horizon and target.
    seed : int
        Of Keras's generators.
    """

    def __init__(self, task: Task, seed: int):
        self.task = task
        self.seed = seed

    def fit(self, X, y):
        """Build and fit."""
        from keras.utils import set_random_seed
        from skforecast.deep_learning import ForecasterRnn, create_and_compile_model

        set_random_seed(self.seed)
        lags, levels = self.task.window, self.task.target
        self.known_ = X[[levels]]
        # It prints the versions of Keras and TensorFlow.
        with redirect_stdout(StringIO()):
            model = create_and_compile_model(series=self.known_, lags=lags, steps=self.task.horizon)
        self.forecaster_ = ForecasterRnn(
            model, levels=levels, lags=lags, fit_kwargs={"epochs": 10, "verbose": 0}
        )
        self.forecaster_.fit(series=self.known_)
        return self

    def predict(self, X):
        """Forecast from each row, one at a time, as it has to be called."""
        rows = pd.concat([self.known_, X[self.known_.columns]])
        lags = self.task.window
        return np.stack(
            [
                self.forecaster_.predict(
                    last_window=rows[end - lags : end], suppress_warnings=True
                )["pred"].to_numpy()
                for end in range(len(self.known_), len(rows))
            ]
        )


class MiniRocket(ClassifierMixin, BaseEstimator):
    """MiniRocket and a ridge classifier, by aeon; it has no probabilities.

    Parameters
    ----------
    seed : int
        The random state.
    """

    def __init__(self, seed: int):
        self.seed = seed

    def fit(self, X, y):
        """Fit on sequences of one length."""
        from aeon.classification.convolution_based import MiniRocketClassifier

        self.classifier_ = MiniRocketClassifier(random_state=self.seed)
        self.classifier_.fit(stretch(X).transpose(0, 2, 1), y)
        self.classes_ = self.classifier_.classes_
        return self

    def predict(self, X):
        """Predict classes."""
        return self.classifier_.predict(stretch(X).transpose(0, 2, 1))


def auto_theta(task, seed):
    return LocalForecaster("AutoTheta", task)


def auto_ets(task, seed):
    return LocalForecaster("AutoETS", task)


def auto_arima(task, seed):
    return LocalForecaster("AutoARIMA", task)


def skforecast(task, seed):
    return Skforecast(task, seed)


def minirocket(task, seed):
    return MiniRocket(seed)


def _is_local(task):
    return task.key in ("airline", "cars", "stations")


def _is_one_short_series(task):
    return task.key in ("airline", "cars")


def _is_one_column(task):
    return task.key in ("airline", "cars", "mintemp")


def _is_sequences(task):
    return task.window == 0


# Key, title, function, whether seeds change it, the tasks that it suits, and its package.
FORECASTING = [
    ("theta", "AutoTheta", auto_theta, False, _is_local, "statsforecast"),
    ("ets", "AutoETS", auto_ets, False, _is_local, "statsforecast"),
    ("arima", "AutoARIMA", auto_arima, False, _is_one_short_series, "statsforecast"),
    ("rnn", "skforecast's RNN", skforecast, True, _is_one_column, "skforecast"),
]
CLASSIFICATION = [
    ("minirocket", "MiniRocket", minirocket, True, _is_sequences, "aeon"),
]
