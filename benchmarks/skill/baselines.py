"""Simple methods, each with the fit and predict of scikit-learn, on the rows that the LSTM gets."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.multioutput import MultiOutputRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.tree import DecisionTreeClassifier

from benchmarks.skill.tasks import Task, horizon_targets
from sklstm import SequenceWindower


class LagForecaster(BaseEstimator):
    """A regressor on the table of lags, fitted on the rows whose window and horizon are complete.

    Parameters
    ----------
    regressor : estimator
        Predicts all steps ahead at once.
    task : Task
        Window, horizon and clock.
    """

    def __init__(self, regressor, task: Task):
        self.regressor = regressor
        self.task = task

    def fit(self, X, y):
        """Fit on rows."""
        task = self.task
        self.windower_ = SequenceWindower(
            window=task.window, lead=task.lead, by=task.by, flatten=True
        )
        lags = self.windower_.fit_transform(X)
        targets = horizon_targets(y, task.horizon, task.freq, task.by)
        self.shape_ = targets.shape[1:]
        targets = targets.reshape(len(targets), -1)
        whole = ~np.isnan(targets).any(axis=1) & ~np.isnan(lags).any(axis=1)
        self.regressor_ = clone(self.regressor).fit(lags[whole], targets[whole])
        return self

    def predict(self, X):
        """Forecast from each row."""
        lags = self.windower_.transform(X)
        return self.regressor_.predict(lags).reshape(len(lags), *self.shape_)


class LastCycle(BaseEstimator):
    """The seasonal naive forecast: the last cycle again; a cycle of one step is persistence.

    Parameters
    ----------
    cycle : int
        Steps.
    task : Task
        Targets, horizon and clock.
    """

    def __init__(self, cycle: int, task: Task):
        self.cycle = cycle
        self.task = task

    def fit(self, X, y):
        """Keep the last cycle."""
        task = self.task
        self.windower_ = SequenceWindower(
            window=self.cycle, lead=task.lead, by=task.by, flatten=True
        ).fit(X[task.targets])
        return self

    def predict(self, X):
        """Repeat the cycle before each row.

        A missing value is the one before it, and a missing cycle that of the row before.
        """
        lags = self.windower_.transform(X[self.task.targets])
        n_targets = len(self.task.targets)
        cycle = lags.reshape(len(lags), self.cycle, n_targets)
        columns = [pd.DataFrame(cycle[..., k]) for k in range(n_targets)]
        columns = [c.ffill(axis=1).bfill(axis=1).ffill().to_numpy() for c in columns]
        cycle = np.stack(columns, axis=-1)
        ahead = cycle[:, np.arange(self.task.horizon) % self.cycle]
        return ahead if isinstance(self.task.target, list) else ahead[..., 0]


class MonthlyMeans(BaseEstimator):
    """The mean of each calendar month of each series.

    Parameters
    ----------
    task : Task
        Horizon and series.
    """

    def __init__(self, task: Task):
        self.task = task

    def fit(self, X, y):
        """Compute the means."""
        self.means_ = y.groupby(self._keys(y.index, 0)).mean()
        return self

    def predict(self, X):
        """Look the means up."""
        steps = [
            self.means_.reindex(self._keys(X.index, step)).to_numpy()
            for step in range(self.task.horizon)
        ]
        return np.stack(steps, axis=1)

    def _keys(self, index, step):
        month = (index.get_level_values(0).month - 1 + step) % 12
        if not self.task.by:
            return month
        return pd.MultiIndex.from_arrays([index.get_level_values(self.task.by), month])


class OwnLinear(BaseEstimator):
    """One ridge regression for each column, on its own lags less the last value (NLinear).

    Parameters
    ----------
    n_targets : int
        Columns.
    alpha : float, default=1.0
        Of the ridge regression.
    """

    def __init__(self, n_targets: int, alpha: float = 1.0):
        self.n_targets = n_targets
        self.alpha = alpha

    def fit(self, X, y):
        """Fit on lags and horizons, the columns next to each other in both."""
        lags, last = self._relative(X)
        ahead = y.reshape(len(y), -1, self.n_targets) - last
        self.models_ = [
            make_pipeline(StandardScaler(), Ridge(self.alpha)).fit(lags[..., k], ahead[..., k])
            for k in range(self.n_targets)
        ]
        return self

    def predict(self, X):
        """Forecast each column."""
        lags, last = self._relative(X)
        each = [model.predict(lags[..., k]) for k, model in enumerate(self.models_)]
        return (np.stack(each, axis=-1) + last).reshape(len(X), -1)

    def _relative(self, X):
        lags = X.reshape(len(X), -1, self.n_targets)
        return lags - lags[:, -1:], lags[:, -1:]


class AfterTheNewest(ClassifierMixin, BaseEstimator):
    """Persistence of classes: how often each class follows, `lead` steps later, on each other.

    A tree learns which class the values of the target column have.

    Parameters
    ----------
    task : Task
        Target and lead.
    """

    def __init__(self, task: Task):
        self.task = task

    def fit(self, X, y):
        """Count what follows what."""
        self.tree_ = DecisionTreeClassifier().fit(X[self.task.targets].to_numpy(), y)
        self.classes_ = self.tree_.classes_
        self.windower_ = SequenceWindower(window=1, lead=self.task.lead, flatten=True)
        newest = self._newest(self.windower_.fit_transform(X[self.task.targets]))
        codes = np.searchsorted(self.classes_, y)
        n = len(self.classes_)
        counts = np.bincount(newest[newest >= 0] * n + codes[newest >= 0], minlength=n * n)
        counts = counts.reshape(n, n) + 1.0
        self.frequencies_ = counts / counts.sum(axis=1, keepdims=True)
        return self

    def predict_proba(self, X):
        """Look the frequencies up; without a newest value those after the first class."""
        return self.frequencies_[self._newest(self.windower_.transform(X[self.task.targets]))]

    def _newest(self, values):
        seen = ~np.isnan(values).any(axis=1)
        codes = np.full(len(values), -1)
        found = self.tree_.predict(values[seen])
        codes[seen] = np.searchsorted(self.classes_, found)
        return codes


def _imputed(*steps):
    return make_pipeline(SimpleImputer(keep_empty_features=True), *steps)


def persistence(task, seed):
    return LastCycle(1, task)


def seasonal_naive(task, seed):
    return LastCycle(task.cycle, task)


def monthly_means(task, seed):
    return MonthlyMeans(task)


def ridge(task, seed):
    return LagForecaster(_imputed(StandardScaler(), Ridge(alpha=1.0)), task)


def own_linear(task, seed):
    return LagForecaster(_imputed(OwnLinear(len(task.targets))), task)


def boosting_regressor(task, seed):
    boosting = HistGradientBoostingRegressor(random_state=seed)
    return LagForecaster(MultiOutputRegressor(boosting), task)


def _on_windows(task, *steps):
    """Put a classifier behind the table of lags, or behind whole sequences in a row each."""
    if task.window:
        return make_pipeline(
            SequenceWindower(window=task.window, lead=task.lead, flatten=True), *steps
        )
    return make_pipeline(FunctionTransformer(_in_rows), *steps)


def logistic(task, seed):
    return _on_windows(task, _imputed(StandardScaler(), LogisticRegression(max_iter=2_000)))


def logistic_on_summaries(task, seed):
    return make_pipeline(
        FunctionTransformer(_summaries), StandardScaler(), LogisticRegression(max_iter=2_000)
    )


def boosting_classifier(task, seed):
    return _on_windows(task, HistGradientBoostingClassifier(random_state=seed))


class Frequencies(ClassifierMixin, BaseEstimator):
    """The frequency of each class."""

    def fit(self, X, y):
        """Count."""
        self.classes_, counts = np.unique(y, return_counts=True)
        self.frequencies_ = counts / counts.sum()
        return self

    def predict_proba(self, X):
        """Repeat the frequencies."""
        return np.tile(self.frequencies_, (len(X), 1))


def frequencies(task, seed):
    return Frequencies()


def class_persistence(task, seed):
    return AfterTheNewest(task)


def stretch(X):
    """Stretch shorter sequences to the length of the longest.

    Parameters
    ----------
    X : ndarray of shape (n, n_steps, n_features)
        Sequences, NaN before the first step.

    Returns
    -------
    ndarray of shape (n, n_steps, n_features)
        Interpolated, without NaN.
    """
    stretched = X.copy()
    for row in stretched:
        steps = row[~np.isnan(row).any(axis=1)]
        if len(steps) < len(row):
            places = np.linspace(0, len(steps) - 1, len(row))
            for k in range(row.shape[1]):
                row[:, k] = np.interp(places, np.arange(len(steps)), steps[:, k])
    return stretched


def _in_rows(X):
    return stretch(X).reshape(len(X), -1)


def _summaries(X):
    return np.concatenate([f(X, axis=1) for f in (np.nanmean, np.nanstd, np.nanmin, np.nanmax)], 1)
