"""scikit-learn's callbacks follow a fit down to its epochs, and change nothing."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.callback import ProgressBar, ScoringMonitor
from sklearn.metrics import r2_score
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
from sklearn.pipeline import make_pipeline

from sklstm import (
    ConformalForecaster,
    KMeansLabeler,
    LSTMClassifier,
    LSTMForecaster,
    Padder,
    SequenceWindower,
    To3D,
    TransformedTargetClassifier,
    load,
    save,
)

SMALL = {"units": 3, "epochs": 4, "random_state": 0}
X = np.random.default_rng(0).normal(size=(40, 5, 2))
Y = X[:, 1, 0]
TABLE = pd.DataFrame(X[:, 0], columns=["a", "b"])


class Recorder:
    """Keep the path of each task, and what the end of an epoch can predict."""

    max_propagation_depth = None

    def __init__(self, stop_after=None):
        self.stop_after = stop_after
        self.tasks, self.totals, self.predictions, self.torn_down = [], [], [], 0

    def setup(self, estimator, context):
        pass

    def teardown(self, estimator, context):
        self.torn_down += 1

    def on_fit_task_begin(self, estimator, context):
        path = []
        self.totals.append((context.task_name, context.max_subtasks))
        while context is not None:
            path.insert(0, f"{context.estimator_name}:{context.task_name}")
            context = context.parent
        self.tasks.append(path)

    def on_fit_task_end(self, estimator, context, *, X, fitted_estimator):
        if context.task_name == "epoch" and fitted_estimator is not None:
            self.predictions.append(fitted_estimator.predict(X))
            return self.stop_after is not None and context.task_id + 1 >= self.stop_after
        return False


@pytest.mark.parametrize(
    "model",
    [LSTMForecaster(**SMALL, n_members=1), LSTMClassifier(**SMALL, n_members=2)],
    ids=["forecaster", "ensemble"],
)
def test_a_fit_reports_its_networks_and_their_epochs(model):
    target = Y > 0 if isinstance(model, LSTMClassifier) else Y
    recorder = Recorder()
    followed = clone(model).set_callbacks(recorder).fit(X, target)
    name = type(model).__name__
    n_networks = len([task for task in recorder.tasks if task[-1] == f"{name}:network"])
    epochs = [task for task in recorder.tasks if task[-1] == f"{name}:epoch"]
    assert recorder.tasks[0] == [f"{name}:fit"]
    assert epochs[0] == [f"{name}:fit", f"{name}:network", f"{name}:epoch"]
    assert n_networks == (2 if isinstance(model, LSTMClassifier) else 1)
    assert len(epochs) == 4 * n_networks
    assert recorder.torn_down == 1
    # The callbacks change nothing, and the last epoch predicts what the network predicts.
    plain = clone(model).fit(X, target)
    np.testing.assert_array_equal(followed.predict(X), plain.predict(X))
    if n_networks == 1:
        np.testing.assert_array_equal(recorder.predictions[-1], plain.predict(X))
        assert (recorder.predictions[0] != recorder.predictions[-1]).any()


@pytest.mark.parametrize("make", [LSTMForecaster, LSTMClassifier])
def test_partial_fit_reports_its_epoch(make):
    target = Y > 0 if make is LSTMClassifier else Y
    recorder, how = Recorder(), SMALL | {"n_members": 1}
    followed = make(**how).set_callbacks(recorder)
    monitored = make(**how).set_callbacks(
        ScoringMonitor(scoring="accuracy" if make is LSTMClassifier else "r2")
    )
    plain = make(**how)
    name = make.__name__
    for calls in (1, 2):
        for model in (followed, plain, monitored):
            model.partial_fit(X, target)
        assert recorder.tasks[-3:] == [
            [f"{name}:partial_fit"],
            [f"{name}:partial_fit", f"{name}:network"],
            [f"{name}:partial_fit", f"{name}:network", f"{name}:epoch"],
        ]
        assert len(recorder.tasks) == 3 * calls
        assert recorder.torn_down == calls
        np.testing.assert_array_equal(followed.predict(X), plain.predict(X))
        np.testing.assert_array_equal(recorder.predictions[-1], plain.predict(X))
    with pytest.raises(ValueError, match="NaN"):
        followed.partial_fit(X, np.where(np.arange(40) == 3, np.nan, Y))
    assert recorder.torn_down == 3


def test_a_callback_stops_training():
    model = LSTMForecaster(**SMALL).set_callbacks(Recorder(stop_after=2)).fit(X, Y)
    assert model.n_iter_ == 2


def test_a_search_reports_down_to_the_epoch():
    recorder = Recorder()
    search = GridSearchCV(
        make_pipeline(SequenceWindower(window=3, lead=1), LSTMForecaster(**SMALL)),
        {"lstmforecaster__units": [2, 3]},
        cv=TimeSeriesSplit(2),
    ).set_callbacks(recorder)
    with warnings.catch_warnings():
        # Every step takes callbacks.
        warnings.simplefilter("error")
        search.fit(TABLE, TABLE["a"])
    deepest = max(recorder.tasks, key=len)
    assert deepest[0].startswith("GridSearchCV")
    assert deepest[-1] == "LSTMForecaster:epoch"
    assert any(task[-1].startswith("SequenceWindower") for task in recorder.tasks)
    assert recorder.torn_down == 1


def test_a_monitor_gives_a_score_for_each_epoch():
    monitor = ScoringMonitor(scoring="r2")
    model = LSTMForecaster(**SMALL, n_members=1).set_callbacks(monitor).fit(X, Y)
    scores = monitor.get_logs().data_as_pandas
    of_epochs = scores[scores["task_name"] == "epoch"]["r2"]
    assert len(of_epochs) == 4
    assert of_epochs.iloc[-1] == pytest.approx(r2_score(Y, model.predict(X)))
    assert of_epochs.is_monotonic_increasing


@pytest.mark.parametrize(
    ("transformer", "rows"),
    [
        (SequenceWindower(window=2), TABLE),
        (To3D(), TABLE),
        (Padder(), [np.zeros((2, 1)), np.ones((3, 1))]),
        (KMeansLabeler(2), TABLE[["a"]]),
    ],
    ids=lambda part: type(part).__name__,
)
def test_a_transformer_is_one_task(transformer, rows):
    recorder = Recorder()
    transformer.set_callbacks(recorder).fit(rows)
    assert recorder.tasks == [[f"{type(transformer).__name__}:fit"]]


def test_a_failed_fit_ends_its_callbacks_and_may_be_repeated():
    recorder = Recorder()
    model = LSTMForecaster(**SMALL).set_callbacks(recorder)
    with pytest.raises(ValueError, match="NaN"):
        model.fit(X, np.full(40, np.nan))
    assert recorder.torn_down == 1
    assert not hasattr(model, "_callback_fit_ctx")
    again = pickle.loads(pickle.dumps(model.fit(X, Y)))
    np.testing.assert_array_equal(again.predict(X), model.predict(X))


@pytest.mark.parametrize("epochs", [2, 4])
def test_a_resumed_fit_reports_its_own_epochs(epochs):
    model = LSTMForecaster(**SMALL, n_members=2, warm_start=True).fit(X, Y)
    recorder = Recorder()
    model.set_params(epochs=epochs).set_callbacks(recorder).fit(X, Y)
    assert sum(task[-1] == "LSTMForecaster:epoch" for task in recorder.tasks) == 2 * epochs
    np.testing.assert_array_equal(model.history_.groupby("member").size(), [4 + epochs] * 2)


def test_a_training_that_diverges_names_its_epoch_under_a_monitor():
    model = LSTMForecaster(**SMALL, plain=True, optimizer="sgd", learning_rate=1e30)
    with pytest.raises(ValueError, match="Training diverged in epoch"):
        model.set_callbacks(ScoringMonitor(scoring="r2")).fit(X, Y)


@pytest.mark.parametrize(
    ("model", "parts"),
    [
        (ConformalForecaster(LSTMForecaster(**SMALL)), {"calibrate", "refit"}),
        (ConformalForecaster(LSTMForecaster(**SMALL), refit=False), {"calibrate"}),
        (
            TransformedTargetClassifier(LSTMClassifier(**SMALL), transformer=KMeansLabeler()),
            {"fit-classifier"},
        ),
    ],
    ids=["refit", "calibrate", "labels"],
)
def test_meta_estimators_hand_callbacks_on(model, parts):
    recorder = Recorder()
    with warnings.catch_warnings():
        # Every part takes callbacks.
        warnings.simplefilter("error")
        followed = clone(model).set_callbacks(recorder).fit(X, Y)
    name = type(model).__name__
    assert recorder.tasks[0] == [f"{name}:fit"]
    assert all(task[0] == f"{name}:fit" for task in recorder.tasks)
    assert sum(task[-1].endswith(":fit") for task in recorder.tasks) == 1 + len(parts)
    assert max(recorder.tasks, key=len)[-1].endswith(":epoch")
    assert recorder.torn_down == 1
    np.testing.assert_array_equal(followed.predict(X), clone(model).fit(X, Y).predict(X))


class Failing(Recorder):
    """Fail at the end of a task."""

    def __init__(self, task):
        super().__init__()
        self.task = task

    def on_fit_task_end(self, estimator, context):
        if context.task_name == self.task:
            raise RuntimeError("the callback fails")


@pytest.mark.parametrize("task", ["fit", "network", "epoch"])
@pytest.mark.parametrize(
    "model", [LSTMForecaster(**SMALL), ConformalForecaster(LSTMForecaster(**SMALL))]
)
def test_a_callback_that_fails_leaves_the_estimator_as_it_was(model, task):
    model = clone(model).fit(X, Y)
    before, failing = dict(vars(model)), Failing(task)
    with pytest.raises(RuntimeError, match="the callback fails"):
        model.set_callbacks(failing).fit(X[:30], Y[:30])
    assert failing.torn_down == 1
    assert vars(model.set_callbacks()) == before


@pytest.mark.slow
@pytest.mark.parametrize(
    ("params", "n_networks", "n_trials"),
    [({}, 6, 2), ({"plain": True}, 1, 0), ({"shrink": False}, 6, 0), ({"season": 8}, 3, 3)],
    ids=["forms", "plain", "no trial", "season"],
)
def test_a_fit_knows_its_networks_and_trials_beforehand(params, n_networks, n_trials):
    wave = pd.DataFrame({"a": np.sin(np.arange(80) / 3)})
    windows, recorder = SequenceWindower(6, lead=1).fit_transform(wave), Recorder()
    model = LSTMForecaster(**SMALL, **params)
    plain = clone(model).fit(windows, wave["a"])
    model.set_callbacks(recorder).fit(windows, wave["a"])
    assert recorder.totals[0] == ("fit", n_networks + n_trials)
    assert recorder.totals.count(("network", 4)) == n_networks
    assert recorder.totals.count(("trial", 4)) == n_trials
    # What a trial has learned predicts other rows than these.
    assert len(recorder.predictions) == 4 * n_networks
    np.testing.assert_array_equal(model.predict(windows), plain.predict(windows))


def test_what_a_callback_keeps_does_not_change_later():
    class Keeper(Recorder):
        def on_fit_task_end(self, estimator, context, *, X, fitted_estimator):
            if fitted_estimator is not None and context.task_name == "epoch":
                self.predictions.append((fitted_estimator, fitted_estimator.predict(X)))

    wave = pd.DataFrame({"a": np.random.default_rng(0).normal(size=80).cumsum()})
    windows = SequenceWindower(6, lead=1).fit_transform(wave)
    keeper = Keeper()
    LSTMForecaster(**SMALL, shrink=True).set_callbacks(keeper).fit(windows, wave["a"])
    for kept, predicted in keeper.predictions:
        np.testing.assert_array_equal(kept.predict(windows), predicted)


def test_the_bars_of_a_search_are_drawn_down_to_the_networks(capsys):
    search = GridSearchCV(
        make_pipeline(SequenceWindower(window=3, lead=1), LSTMForecaster(**SMALL, plain=True)),
        {"lstmforecaster__units": [2]},
        cv=TimeSeriesSplit(2),
    )
    search.set_callbacks(ProgressBar(max_propagation_depth=None)).fit(TABLE, TABLE["a"])
    out = capsys.readouterr().out
    for task in ("GridSearchCV - fit", "SequenceWindower - fit", "LSTMForecaster - network"):
        assert task in out


@pytest.mark.slow
def test_a_monitor_gives_a_curve_for_each_fold_from_worker_processes():
    monitor = ScoringMonitor(scoring="r2")
    model = make_pipeline(SequenceWindower(3, lead=1), LSTMForecaster(**SMALL, plain=True))
    model[-1].set_callbacks(monitor)
    search = GridSearchCV(model, {"lstmforecaster__units": [2]}, cv=TimeSeriesSplit(2), n_jobs=2)
    search.fit(TABLE, TABLE["a"])
    scores = monitor.get_logs().data_as_pandas.query("task_name == 'epoch'")
    # Two folds, and the fit of the best.
    assert scores.groupby("parent_task_id_path").size().tolist() == [4, 4, 4]


def test_the_scorer_of_a_monitor_gets_the_weights():
    weight, monitor = (np.arange(40) < 20).astype(float), ScoringMonitor(scoring="r2")
    model = LSTMForecaster(**SMALL, plain=True).set_callbacks(monitor).fit(X, Y, weight)
    last = monitor.get_logs().data_as_pandas.query("task_name == 'epoch'")["r2"].iloc[-1]
    assert last == model.score(X, Y, weight)


@pytest.mark.parametrize("how", [pickle.dumps, clone])
def test_callbacks_stay_on_copies(how):
    monitor = ScoringMonitor(scoring="r2")
    model = LSTMForecaster(**SMALL, plain=True).set_callbacks(monitor, ProgressBar())
    copy = how(model.fit(X, Y))
    copy = copy if how is clone else pickle.loads(copy)
    np.testing.assert_array_equal(copy.fit(X, Y).predict(X), model.predict(X))
    if how is clone:
        # The same monitor.
        assert len(monitor.get_logs("all")) == 2


def test_a_model_is_saved_once_its_callbacks_are_removed(tmp_path):
    model = LSTMForecaster(**SMALL, plain=True).set_callbacks(ProgressBar()).fit(X, Y)
    with pytest.raises(TypeError, match=r"set_callbacks\(\) without any removes"):
        save(model, tmp_path / "model.sklstm")
    save(model.set_callbacks(), tmp_path / "model.sklstm")
    np.testing.assert_array_equal(load(tmp_path / "model.sklstm").predict(X), model.predict(X))
