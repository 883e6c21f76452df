"""From scores to text: a summary, all methods on all tasks, and geometric means."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from math import isnan
from statistics import geometric_mean, median

from benchmarks.machine import cpu_model, versions
from benchmarks.skill.measure import Records, fingerprint
from benchmarks.skill.methods import METHODS, Method
from benchmarks.skill.tasks import TASKS, Task

HOW_TO_READ = """\
**How to read it.** A score is the median over the seeds, with the lowest and the highest after it;
methods without a seed ran once. A ratio is that of an error to the error of the best simple
method of the task (below 1× is better); for accuracies it is that of 1 − accuracy, no less than
half a wrong prediction. *Simple* methods are persistence, the last cycle again (seasonal naive),
monthly means, Ridge on standardised lags (alpha 1), for many targets NLinear (a ridge regression
for each column on its own lags, less the last value), boosting
(`HistGradientBoostingRegressor`, one for each step ahead, and `HistGradientBoostingClassifier`),
logistic regression on standardised values or on the mean, standard deviation, minimum and maximum
of each channel, and the class frequencies. The other methods need packages that may not be
installed; no ratio refers to them. *LSTM, defaults* is `SequenceWindower` with the window of the
task and `LSTMForecaster(horizon=...)`, or `LSTMClassifier()`; *LSTM, season* also sets the season
that the protocol names. Where it names none, the means of *LSTM, season* use the defaults. CPU
seconds are those of all fits and predictions on one thread, with compilation.

**Protocols.** Forecasts are fitted on the rows before a cut, and scored by the mean absolute error
over all steps ahead, then over the folds; ETTh2 in the protocol of LTSF by the squared error of
standardised columns (fitted on the first 8,640 hours, tested on hours 11,520 to 14,399; published
for DLinear and NLinear: 0.277 to 0.333). Tables are split in time, and their classes are predicted
from windows of 24 hours; data sets of sequences come with their own split. A class of the
temperature is one of three that k-means finds in the training part. The random walks and the
noiseless line and sine (slope 1 a month, amplitude 20, fitted on 19 years, forecast over the next
5) are checks, and do not count in the means: the goal is an error of at most 3 for the line, and a
ratio to persistence near 1 for the walks."""


@dataclass(frozen=True)
class Score:
    """The scores of a method on a task, over the seeds.

    Parameters
    ----------
    each : list of float
        One for each seed.
    error, seconds : float
        Median of what a ratio is made of, and of the CPU time.
    """

    each: list[float]
    error: float
    seconds: float

    def text(self) -> str:
        """Write the median, and the spread of several."""
        shown = _number(median(self.each))
        if len(self.each) == 1 or isnan(self.error):
            return shown
        return f"{shown} ({_number(min(self.each))}–{_number(max(self.each))})"


def score_of(records: Records, task: Task, method: Method, metric: str) -> Score | None:
    """Look a score up.

    Parameters
    ----------
    records : Records
        All scores.
    task, method, metric : Task, Method and str
        Which.

    Returns
    -------
    Score or None
        None if it was not measured.
    """
    found = records.of(task.key, method.key, method.settings)
    if not found or not method.takes(task):
        return None
    each = [record.scores[metric] for record in found]
    errors = each
    if metric == "accuracy":
        errors = [max(1 - a, 0.5 / found[0].n_scored) for a in each]
    return Score(each, median(errors), median(record.seconds for record in found))


def best_simple(records: Records, task: Task, metric: str) -> tuple[Method, Score] | None:
    """Find the simple method with the least error, or None if none was measured."""
    found = [
        (method, score)
        for method in METHODS
        if method.role == "simple" and (score := score_of(records, task, method, metric))
    ]
    return min(found, key=lambda pair: pair[1].error, default=None)


def summary(tasks: Iterable[Task], methods: Iterable[Method], records: Records) -> list[str]:
    """Write the best simple method of each task, and others beside it.

    Parameters
    ----------
    tasks : iterable of Task
        The rows.
    methods : iterable of Method
        The columns, of which simple ones are left out; our defaults are always there.
    records : Records
        All scores.

    Returns
    -------
    list of str
        A table for each kind, and its geometric means.
    """
    tasks, methods = list(tasks), list(methods)
    lines = []
    for kind in ("forecasting", "classification"):
        ours = [m for m in METHODS if m.role == "lstm" and m.kind == kind]
        shown = ours + [
            m for m in methods if m.kind == kind and m.role != "simple" and m not in ours
        ]
        kind_tasks = [t for t in tasks if t.kind == kind]
        shown = [m for m in shown if any(records.of(t.key, m.key, m.settings) for t in kind_tasks)]
        rows = [_summary_row(records, t, metric, shown) for t in kind_tasks for metric in t.metrics]
        rows = [row for row in rows if row]
        if rows:
            head = _head(["task", "best simple", *(m.title for m in shown)])
            lines += [*head, *map(_line, rows), "", *means(records, kind_tasks, shown), ""]
    return lines[:-1]


def _summary_row(records, task, metric, methods):
    best = best_simple(records, task, metric)
    if best is None:
        return None
    cells = []
    for method in methods:
        score = score_of(records, task, method, metric)
        is_there = score is not None and not isnan(score.error)
        cells.append(f"{score.text()} {_ratio(score, best[1])}" if is_there else "–")
    return [_title(task, metric), f"{best[1].text()} {best[0].title}", *cells]


def means(records: Records, tasks: list[Task], methods: list[Method]) -> list[str]:
    """Write the geometric mean of the ratios of each method, over the real tasks that it ran on.

    Parameters
    ----------
    records : Records
        All scores.
    tasks : list of Task
        Of one kind.
    methods : list of Method
        The rows.

    Returns
    -------
    list of str
        A table.
    """
    metrics = ["error", "log loss"] if tasks[0].kind == "classification" else ["error"]
    head = [f"geometric mean of the ratios: {metric}" for metric in metrics]
    lines = _head(["method", "tasks", *head, "beats the best simple"])
    for method in methods:
        cells, n_tasks, wins = [], 0, []
        for k in range(len(metrics)):
            ratios = [
                ratio
                for task in tasks
                if task.is_real and (ratio := _ratio_or_default(records, task, method, k))
            ]
            n_tasks = max(n_tasks, len(ratios))
            cells.append(f"{geometric_mean(ratios):.3f}×" if ratios else "–")
            wins.append(str(sum(ratio < 1 for ratio in ratios)) if ratios else "–")
        lines.append(_line([method.title, str(n_tasks), *cells, ", ".join(wins)]))
    return lines


def _ratio_or_default(records, task, method, k):
    """Return the ratio; where a task has no season, that of the method without one."""
    best = best_simple(records, task, task.metrics[k])
    if method.key == "lstm-season" and not method.takes(task):
        method = _without_season(method)
    score = score_of(records, task, method, task.metrics[k])
    if score is None or best is None or isnan(score.error):
        return None
    return score.error / best[1].error


def _without_season(method):
    defaults = next(m for m in METHODS if m.key == "lstm" and m.kind == method.kind)
    return replace(defaults, settings=method.settings)


def details(records: Records, kind: str) -> list[str]:
    """Write every method on every task of a kind.

    Parameters
    ----------
    records : Records
        All scores.
    kind : str
        The kind.

    Returns
    -------
    list of str
        A table.
    """
    tasks = [task for task in TASKS.values() if task.kind == kind]
    if kind == "classification":
        lines = _head(["task", "method", "accuracy", "ratio", "log loss", "ratio", "CPU s"])
        groups = [(task, task.metrics) for task in tasks]
    else:
        lines = _head(["task", "method", "error", "ratio", "CPU s"])
        groups = [(task, (metric,)) for task in tasks for metric in task.metrics]
    for task, metrics in groups:
        best = [best_simple(records, task, metric) for metric in metrics]
        if None in best:
            continue
        title = task.title if len(metrics) > 1 else _title(task, metrics[0])
        for method in METHODS:
            scores = [score_of(records, task, method, metric) for metric in metrics]
            if None in scores:
                continue
            cells = []
            for (winner, least), score in zip(best, scores, strict=True):
                mark = "**" if winner is method else ""
                cells += [f"{mark}{score.text()}{mark}", _ratio(score, least)]
            lines.append(_line([title, method.title, *cells, f"{scores[0].seconds:.1f}"]))
            title = ""
    return lines


def page(records: Records) -> list[str]:
    """Write the whole report, with nothing but default settings.

    Parameters
    ----------
    records : Records
        All scores.

    Returns
    -------
    list of str
        Its lines.
    """
    shown = [r for r in records.found.values() if r.code and not r.settings]
    ours = [r for r in shown if r.method.startswith("lstm")]
    older = sorted({r.task for r in ours if r.code != fingerprint()})
    packages = sorted({r.code for r in shown if r not in ours})
    lines = [
        "# Skill",
        "",
        "Written by `python -m benchmarks.skill`: how well the estimators predict with their",
        "defaults, beside simple methods that read the same rows.",
        "",
        *(f"- {line}" for line in (*_machine(), ", ".join(packages))),
        f"- fingerprint of the sources of sklstm: {fingerprint()}",
    ]
    if older:
        lines.append(f"- LSTM measured with other sources: {', '.join(older)}")
    missing = [t.title for t in TASKS.values() if not best_simple(records, t, t.metrics[0])]
    if missing:
        lines.append(f"- not measured, for want of their data: {', '.join(missing)}")
    lines += ["", HOW_TO_READ, "", "## Summary", ""]
    lines += summary(TASKS.values(), METHODS, records)
    for kind in ("forecasting", "classification"):
        lines += ["", f"## {kind.capitalize()}", "", *details(records, kind)]
    return lines


def _machine():
    names = ("sklstm", "numpy", "scikit-learn", "tensorflow", "keras")
    found = versions()
    return [
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {cpu_model()}, one thread",
        f"python {found['python']}, " + ", ".join(f"{name} {found[name]}" for name in names),
    ]


def _title(task, metric):
    name = {"mse": "MSE", "mae": "MAE", "log_loss": "log loss"}.get(metric, metric)
    return f"{task.title}: {name}" if len(task.metrics) > 1 else task.title


def _ratio(score, best):
    return "–" if isnan(score.error) else f"{score.error / best.error:.2f}×"


def _number(value):
    if isnan(value):
        return "–"
    return (
        f"{value:.0f}" if abs(value) >= 1_000 else f"{value:.3f}" if value < 10 else f"{value:.1f}"
    )


def _head(cells):
    return [_line(cells), _line(["---"] * len(cells))]


def _line(cells):
    return "| " + " | ".join(cells) + " |"
