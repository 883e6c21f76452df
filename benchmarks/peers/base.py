"""The interface of every peer."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from abc import ABC, abstractmethod
from collections.abc import Callable

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.model_selection import GridSearchCV

from benchmarks.cases import Case
from benchmarks.data import make_data, make_folds, make_new_windows

# Initial weights, by the widths of the network.
Weights = dict[tuple[int, ...], list[np.ndarray]]


class LastSteps(TransformerMixin, BaseEstimator):
    """Keep the last steps of longer windows, so that a search can choose how many."""

    def __init__(self, window=24):
        self.window = window

    def fit(self, X, y=None):
        return self

    def transform(self, X):
        return X[:, -self.window :]

    def __sklearn_is_fitted__(self):
        return True


class Peer(ABC):
    """One way to train and use the network of a row.

    Parameters
    ----------
    threads : int
        Threads to compute on.
    clock : callable
        What time is measured by: CPU time of the process, or wall time.
    """

    def __init__(self, threads: int, clock: Callable[[], float]):
        self.threads = threads
        self.clock = clock
        self.epoch_marks: list[float] = []
        # Whether an epoch draws a new order of the windows.
        self.shuffle = True

    def load(self, case: Case, weights: Weights, options: dict) -> None:
        """Take the row, make its data, and forget the one before.

        Parameters
        ----------
        case : Case
            The row.
        weights : dict of tuple to list of ndarray
            Where training starts, by the widths of the network: for each layer and direction
            kernel, recurrent kernel and bias in Keras's layout, then those of the dense layer.
        options : dict
            What only some peers know.
        """
        self.case, self.weights, self.options = case, weights, options
        self.data = make_data(case)
        if case.kind == "predict":
            self.series, self.new_windows = make_new_windows(case)

    @abstractmethod
    def build(self, seed: int) -> None:
        """Make an untrained network that starts at the weights, and seed the shuffling."""

    @abstractmethod
    def train(self, epochs: int) -> list[float]:
        """Train the network on, and return the loss of every epoch.

        Calls :meth:`mark` before the first and after every epoch.
        """

    @abstractmethod
    def predict(self):
        """Predict the new windows."""

    def search(self, seed: int) -> float:
        """Run the grid search and return the mean squared error over all fits and test folds."""
        raise NotImplementedError

    def mark(self, *_):
        """Record the time at the start or end of an epoch."""
        self.epoch_marks.append(self.clock())

    # What the worker calls.

    def first_fit(self) -> dict:
        """Time building and the first fit, in a process that has only done imports."""
        start = self.clock()
        self.shuffle = False
        self.build(self.case.seed)
        losses = self.train(self.case.epochs)
        return {"seconds": self.clock() - start, "loss": losses[-1]}

    def cold_epochs(self) -> dict:
        """Train from the weights, the windows in one order for all: the losses must agree."""
        self.build(self.case.seed)
        self.shuffle = False
        losses = self.train(self.case.epochs)
        self.shuffle = True
        return {"loss": losses[-1]}

    def cold_search(self) -> dict:
        """Search with the windows in one order for all: the errors must agree."""
        self.shuffle = False
        error = self.search(self.case.seed)
        self.shuffle = True
        return {"loss": error}

    def warm_epochs(self) -> dict:
        """Time an epoch of a network that has been trained before."""
        self.epoch_marks.clear()
        self.train(self.case.epochs)
        marks = self.epoch_marks
        return {"seconds": (marks[-1] - marks[0]) / self.case.epochs}

    def prepare_predict(self) -> dict:
        """Make a network to predict with, and predict once."""
        self.build(self.case.seed)
        self.train(1)
        return {"shape": np.shape(self.predict())}

    def timed_predict(self) -> dict:
        """Time a warm prediction; many times if it is short."""
        times = 1 if self.case.n_predicted > 1_000 else 20
        start = self.clock()
        for _ in range(times):
            self.predict()
        return {"seconds": (self.clock() - start) / times}

    def timed_search(self, seed: int) -> dict:
        """Time a whole grid search."""
        start = self.clock()
        self.search(seed)
        return {"seconds": self.clock() - start}

    def grid_targets(self):
        """Return y in the shape that the estimator takes."""
        return self.data.y

    def _grid_search(self, pipeline, names: dict[str, str]) -> float:
        """Search with scikit-learn, refit left out so that all do the same 36 fits."""
        search = GridSearchCV(
            pipeline,
            {names[name]: list(values) for name, values in self.case.grid.items()},
            cv=make_folds(self.case),
            scoring="neg_mean_squared_error",
            refit=False,
            error_score="raise",
        )
        search.fit(self.data.X, self.grid_targets())
        return float(-np.mean(search.cv_results_["mean_test_score"]))
