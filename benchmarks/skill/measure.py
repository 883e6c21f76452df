"""Fits a method on a task, scores it, and keeps the scores."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import hashlib
import json
import time
import warnings
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.metrics import log_loss

import sklstm
from benchmarks.skill.tasks import TASKS, Fold, Task


@dataclass(frozen=True)
class Record:
    """The scores of a method on a task, with one seed.

    Parameters
    ----------
    task, method, settings : str
        What was measured.
    seed : int
        The random state.
    scores : dict of str to float
        Means over the folds.
    seconds : float
        CPU time of all fits and predictions.
    n_scored : int
        Predictions that were scored, over all folds.
    code : str
        Fingerprint of the code of sklstm, for our methods; the version, for those of others.
    """

    task: str
    method: str
    settings: str
    seed: int
    scores: dict[str, float]
    seconds: float
    n_scored: int = 0
    code: str = ""

    @property
    def key(self) -> tuple[str, str, str, int]:
        """What makes it the only one."""
        return self.task, self.method, self.settings, self.seed


@dataclass
class Records:
    """All scores so far, in a file of a line for each.

    Parameters
    ----------
    path : Path
        The file; it need not exist.
    """

    path: Path
    found: dict[tuple, Record] = field(default_factory=dict)

    def __post_init__(self):
        if self.path.exists():
            lines = self.path.read_text(encoding="utf-8").splitlines()
            self.found = {r.key: r for r in (Record(**json.loads(line)) for line in lines)}

    def add(self, record: Record) -> None:
        """Append a record; of two alike the later counts."""
        self.found[record.key] = record
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(record)) + "\n")

    def of(self, task: str, method: str, settings: str = "") -> list[Record]:
        """Return the records of all seeds."""
        found = [r for r in self.found.values() if r.key[:3] == (task, method, settings)]
        return sorted(found, key=lambda record: record.seed)


def run(
    task: str | Task,
    make_estimator: Callable,
    seeds: int | Iterable[int] = 3,
    data: str | Path | None = None,
) -> pd.DataFrame:
    """Score an estimator on a task.

    Parameters
    ----------
    task : str or Task
        A task, or the key of one in `TASKS`.
    make_estimator : callable
        Called with the task and a seed, returns an estimator that is fitted on the rows of the
        task (or on its sequences) and predicts for each: a pipeline that starts with a windower.
        ``methods.lstm_forecaster`` and ``methods.lstm_classifier`` make such pipelines, and take
        parameters of the networks.
    seeds : int or iterable of int, default=3
        How many seeds, from 0, or which.
    data : str or Path, default=None
        The folder of the data that sklstm does not ship.

    Returns
    -------
    DataFrame
        A row for each seed: the scores, and the CPU seconds of all fits and predictions.

    Examples
    --------
    >>> from functools import partial
    >>> from benchmarks.skill.measure import run
    >>> from benchmarks.skill.methods import lstm_forecaster
    >>> run("airports", partial(lstm_forecaster, units=64), seeds=1)  # doctest: +SKIP
    """
    task = TASKS[task] if isinstance(task, str) else task
    folds = load(task, None if data is None else Path(data))
    rows = {}
    for seed in range(seeds) if isinstance(seeds, int) else seeds:
        scores, seconds = score(task, folds, make_estimator, seed)
        rows[seed] = {**scores, "seconds": seconds}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("seed")


@cache
def load(task: Task, folder: Path | None) -> list[Fold]:
    """Load the folds of a task, once."""
    return task.load(folder)


def score(task: Task, folds: list[Fold], make_estimator, seed: int) -> tuple[dict, float]:
    """Fit and predict in each fold.

    Parameters
    ----------
    task : Task
        The task.
    folds : list of Fold
        Its folds.
    make_estimator : callable
        Makes the estimator from the task and the seed.
    seed : int
        The seed.

    Returns
    -------
    scores : dict of str to float
        The means over the folds.
    seconds : float
        CPU time.
    """
    each, seconds = [], 0.0
    for fold in folds:
        started = time.process_time()
        estimator = make_estimator(task, seed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            estimator.fit(fold.X_train, fold.y_train)
            method = "predict_proba" if hasattr(estimator, "predict_proba") else "predict"
            predicted = np.asarray(getattr(estimator, method)(fold.X_test))
        seconds += time.process_time() - started
        if task.kind == "forecasting":
            each.append(forecast_scores(fold.actual, predicted[fold.scored]))
        else:
            each.append(class_scores(fold.actual, predicted[fold.scored], estimator.classes_))
    return {m: float(np.mean([scores[m] for scores in each])) for m in task.metrics}, seconds


def forecast_scores(actual: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
    """Compute the errors: the mean over the origins, then over the steps ahead.

    Parameters
    ----------
    actual, predicted : ndarray of shape (n_origins, horizon) or (n_origins, horizon, n_targets)
        Values; NaN among the actual ones is left out.

    Returns
    -------
    dict
        The mean absolute and the mean squared error.
    """
    if actual.shape != predicted.shape:
        raise ValueError(f"forecasts of shape {predicted.shape}, but values of {actual.shape}")
    if np.isnan(predicted).any():
        raise ValueError("a forecast is NaN")
    error = actual - predicted
    return {
        "mae": float(np.nanmean(np.abs(error), axis=0).mean()),
        "mse": float(np.nanmean(error**2, axis=0).mean()),
    }


def class_scores(actual: np.ndarray, predicted: np.ndarray, classes) -> dict[str, float]:
    """Compute the accuracy and the log loss.

    Parameters
    ----------
    actual : ndarray of shape (n,)
        Classes.
    predicted : ndarray of shape (n, n_classes) or (n,)
        Probabilities; or classes, which have no log loss.
    classes : ndarray of shape (n_classes,)
        Their order.

    Returns
    -------
    dict
        Both scores.
    """
    if predicted.ndim == 1:
        return {"accuracy": float((predicted == actual).mean()), "log_loss": float("nan")}
    predicted = predicted / predicted.sum(axis=1, keepdims=True)
    hits = np.asarray(classes)[predicted.argmax(axis=1)] == actual
    return {
        "accuracy": float(hits.mean()),
        "log_loss": float(log_loss(actual, predicted, labels=classes)),
    }


def n_scored(folds: list[Fold]) -> int:
    """Count the predictions that are scored."""
    return sum(len(fold.scored) for fold in folds)


@cache
def fingerprint() -> str:
    """Name the code of sklstm by its contents."""
    root = Path(sklstm.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:8]
