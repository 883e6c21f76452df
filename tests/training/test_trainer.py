"""One fit through scikeras: callbacks, optimizers, losses, metrics."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import re
import sys

import keras
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV

from sklstm.training._trainer import optimizer_class
from tests.estimators.helpers import classifier, forecaster, sequences

X, Y, LABEL = sequences()


class Diary(keras.callbacks.Callback):
    """Writes down what it sees."""

    def __init__(self):
        super().__init__()
        self.events = []
        self.params_seen = None

    def on_train_begin(self, logs=None):
        self.params_seen = dict(self.params)
        self.events.append("train starts")

    def on_epoch_begin(self, epoch, logs=None):
        self.events.append(f"epoch {epoch} starts")

    def on_train_batch_begin(self, batch, logs=None):
        self.events.append(f"batch {batch} starts")

    def on_train_batch_end(self, batch, logs=None):
        self.events.append(f"batch {batch} ends: {sorted(logs)}")

    def on_epoch_end(self, epoch, logs=None):
        self.events.append(f"epoch {epoch} ends: {sorted(logs)}")

    def on_train_end(self, logs=None):
        self.events.append("train ends")


def epoch_events(epoch, logs, more=()):
    return [
        f"epoch {epoch} starts",
        "batch 0 starts",
        f"batch 0 ends: {logs}",
        f"epoch {epoch} ends: {sorted([*logs, *more])}",
    ]


def test_a_callback_sees_it_all_and_stays_untouched():
    diary = Diary()
    model = forecaster(callbacks=[diary], metrics=["mae"]).fit(X, Y)
    logs = ["loss", "mae"]
    expected = ["train starts", *epoch_events(0, logs), *epoch_events(1, logs), "train ends"]
    (copy,) = model.callbacks_
    assert copy.events == expected
    assert copy.params_seen["epochs"] == 2
    assert copy.model is None
    assert diary.events == []
    assert diary.model is None
    assert model.callbacks[0] is diary


def test_a_single_callback_and_validation_logs():
    model = forecaster(callbacks=Diary(), early_stopping=True, epochs=1).fit(X, Y)
    (copy,) = model.callbacks_
    expected = ["train starts", *epoch_events(0, ["loss"], ["val_loss"]), "train ends"]
    assert copy.events == expected
    assert not hasattr(model.set_params(callbacks=None).fit(X, Y), "callbacks_")


def test_a_callback_that_overrides_set_model_is_detached_too():
    class Particular(keras.callbacks.Callback):
        def set_model(self, model):
            super().set_model(model)
            self.n_weights = len(model.weights)

    model = forecaster(callbacks=[Particular()]).fit(X, Y)
    assert model.callbacks_[0].n_weights == 5
    assert model.callbacks_[0].model is None


def test_a_learning_rate_schedule_by_callback_and_the_next_fit():
    rates = []

    def schedule(epoch, rate):
        rates.append(rate)
        return rate / 2

    plain = forecaster(epochs=3).fit(X, Y).predict(X)
    callback = keras.callbacks.LearningRateScheduler(schedule)
    model = forecaster(epochs=3, callbacks=[callback]).fit(X, Y)
    np.testing.assert_allclose(rates, [0.01, 0.005, 0.0025], rtol=1e-6)
    np.testing.assert_allclose(model.history_["learning_rate"], np.array(rates) / 2, rtol=1e-6)
    # The cached network has its old rate again.
    np.testing.assert_array_equal(forecaster(epochs=3).fit(X, Y).predict(X), plain)


def test_reduce_on_plateau():
    callback = keras.callbacks.ReduceLROnPlateau(monitor="loss", patience=1, min_delta=1e9)
    rates = forecaster(epochs=4, callbacks=[callback]).fit(X, Y).history_["learning_rate"]
    np.testing.assert_allclose(rates, [0.01, 0.01, 0.001, 0.0001], rtol=1e-5)


def test_early_stopping_of_the_user():
    callback = keras.callbacks.EarlyStopping(
        "loss", patience=2, min_delta=1e9, restore_best_weights=True
    )
    model = forecaster(epochs=30, callbacks=[callback]).fit(X, Y)
    assert model.n_iter_ == 3
    np.testing.assert_array_equal(model.predict(X), forecaster(epochs=1).fit(X, Y).predict(X))


def test_a_checkpoint_holds_the_weights(tmp_path):
    path = tmp_path / "{epoch}.weights.h5"
    callback = keras.callbacks.ModelCheckpoint(str(path), save_weights_only=True)

    class Reload(keras.callbacks.Callback):
        def on_train_end(self, logs=None):
            self.model.load_weights(str(path).format(epoch=1))

    model = forecaster(callbacks=[callback, Reload()]).fit(X, Y)
    assert len(list(tmp_path.iterdir())) == 2
    np.testing.assert_array_equal(model.predict(X), forecaster(epochs=1).fit(X, Y).predict(X))


def test_a_checkpoint_of_the_whole_network_says_what_to_do_instead(tmp_path):
    callback = keras.callbacks.ModelCheckpoint(str(tmp_path / "network.keras"))
    with pytest.raises(NotImplementedError, match=r"save_weights_only=True.*keras_model_"):
        forecaster(callbacks=[callback]).fit(X, Y)


def test_backup_and_restore_after_an_interrupt(tmp_path):
    class Interrupt(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 2:
                raise KeyboardInterrupt

    backup = keras.callbacks.BackupAndRestore(str(tmp_path / "backup"))
    model = forecaster(epochs=5, callbacks=[backup, Interrupt()])
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, Y)
    model.set_params(callbacks=[backup]).fit(X, Y)
    whole = forecaster(epochs=5).fit(X, Y).history_["loss"]
    assert model.n_iter_ == 3
    assert model.history_["loss"][0] < whole[1]


def test_logs_in_a_file(tmp_path):
    path = tmp_path / "log.csv"
    model = classifier(metrics=["accuracy"], callbacks=[keras.callbacks.CSVLogger(str(path))]).fit(
        X, LABEL
    )
    written = pd.read_csv(path, index_col="epoch")
    pd.testing.assert_frame_equal(written[model.history_.columns], model.history_)


def test_terminate_on_nan_and_the_error_of_a_divergence():
    epochs = []
    callbacks = [
        keras.callbacks.TerminateOnNaN(),
        keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: epochs.append(epoch)),
    ]
    model = forecaster(epochs=9, learning_rate=1e30, optimizer="sgd", callbacks=callbacks)
    message = r"diverged.*last loss (nan|inf).*learning_rate than 1e\+30"
    with pytest.raises(ValueError, match=message):
        model.fit(X, Y)
    assert len(epochs) < 9
    assert not hasattr(model, "history_")


class Explode(keras.callbacks.Callback):
    """Let the learning rate explode before the third epoch."""

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch
        if epoch == 2:
            self.model.optimizer.learning_rate = 1e30


@pytest.mark.parametrize("params", [{}, {"n_members": 2}, {"stateful": True}])
def test_a_divergence_ends_the_training_and_names_its_epoch(params):
    epochs = []
    watch = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: epochs.append(epoch))
    model = forecaster(epochs=50, optimizer="sgd", callbacks=[watch, Explode()], **params)
    data = (X[:, 0], X[:, 0, 1] ** 2) if "stateful" in params else (X, Y)
    with pytest.raises(ValueError, match=r"Training diverged in epoch [345]: the weights"):
        model.fit(*data)
    assert len(epochs) <= 5


UPDATES: list[int] = []


class Count(keras.callbacks.Callback):
    """Note how many updates there were at the end of each epoch."""

    def on_epoch_end(self, epoch, logs=None):
        UPDATES.append(int(self.model.optimizer.iterations.numpy()))


@pytest.mark.parametrize("params", [{}, {"decoder": "lstm"}, {"dropout": 0.2}, {"stateful": True}])
def test_a_divergence_ends_the_epoch_that_it_is_in(params):
    """A long epoch is not trained to its end with weights that are lost."""
    UPDATES.clear()
    long = np.tile(X, (40, 1, 1))
    how = {"learning_rate": 1e30, "optimizer": "sgd", "batch_size": 4, **params}
    data = long, np.tile(Y, 40)
    if "stateful" in params:
        data = long[:, 0], long[:, 0, 1] ** 2
        how |= {"bptt_steps": 4, "batch_size": 1}
    if "decoder" in params:
        data = data[0], np.stack([data[1]] * 2, axis=1)
        how |= {"horizon": 2}
    n_batches = len(data[0]) // 4
    with pytest.raises(ValueError, match="Training diverged in epoch 1: the weights"):
        forecaster(callbacks=[Count()], epochs=3, **how).fit(*data)
    assert len(UPDATES) == 1
    assert UPDATES[0] < min(100, n_batches / 2)


def test_a_loss_that_is_infinite_once_does_not_end_an_epoch():
    """The weights are what counts: they learn on from the next batch."""

    def loss(y_true, y_pred):
        error = keras.ops.mean(keras.ops.square(y_true - y_pred), axis=-1)
        huge = keras.ops.where(keras.ops.max(y_true) > 99, np.inf, 0.0)
        return error + keras.ops.stop_gradient(huge)

    y = Y.copy()
    y[0] = 100
    UPDATES.clear()
    model = forecaster(
        loss=loss, callbacks=[Count()], epochs=2, batch_size=4, normalize_y=False, shuffle=False
    ).fit(X, y)
    assert np.isinf(model.history_["loss"]).all()
    assert np.isfinite(model.predict(X)).all()
    n_batches = -(-len(X) // 4)
    assert [n_batches, 2 * n_batches] == UPDATES


def test_early_stopping_restores_what_was_before_a_divergence():
    model = forecaster(epochs=50, optimizer="sgd", callbacks=[Explode()], early_stopping=True)
    with pytest.warns(ConvergenceWarning, match=r"diverged in epoch [345] .* restored the best"):
        model.fit(X, Y)
    assert np.isfinite(model.predict(X)).all()
    assert model.n_iter_ <= 5


def test_lambda_callback():
    epochs = []
    callback = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: epochs.append(epoch))
    forecaster(callbacks=[callback]).fit(X, Y)
    assert epochs == [0, 1]


def test_a_callback_may_fit_the_same_architecture():
    class Inner(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.predictions = forecaster().fit(X, Y).predict(X)

    alone = forecaster().fit(X, Y).predict(X)
    model = forecaster(callbacks=[Inner()]).fit(X, Y)
    np.testing.assert_array_equal(model.predict(X), alone)
    np.testing.assert_array_equal(model.callbacks_[0].predictions, alone)


@pytest.mark.parametrize("bad", [[3], ["x"], [keras.callbacks.EarlyStopping], [[Diary()]]])
def test_what_is_no_callback(bad):
    with pytest.raises(ValueError, match=r"callbacks must be instances of keras.callbacks.C.*got"):
        forecaster(callbacks=bad).fit(X, Y)


@pytest.mark.parametrize(
    "name",
    [
        "sgd",
        "rmsprop",
        "adam",
        "adamw",
        "adagrad",
        "adadelta",
        "adamax",
        "nadam",
        "ftrl",
        "lion",
        "lamb",
        "muon",
        "adafactor",
        "ScheduleFreeAdamW",
    ],
)
def test_optimizers_by_name_class_and_instance(name):
    kind = optimizer_class(name)
    assert kind.__name__.lower() == name.lower()
    results = []
    for optimizer in (name, kind, kind(learning_rate=0.02)):
        own = {} if isinstance(optimizer, kind) else {"learning_rate": 0.02}
        model = forecaster(optimizer=optimizer, **own).fit(X, Y)
        results.append(model.predict(X))
        start = forecaster(optimizer=optimizer, epochs=1, learning_rate=1e-12).fit(X, Y)
        assert not isinstance(optimizer, str) or not np.allclose(results[0], start.predict(X))
    for result in results[1:]:
        np.testing.assert_array_equal(result, results[0])


def test_an_optimizer_instance_is_copied_and_brings_its_settings():
    optimizer = keras.optimizers.SGD(0.05, momentum=0.9)
    first, again = (forecaster(optimizer=optimizer, epochs=3).fit(X, Y).predict(X) for _ in "ab")
    np.testing.assert_array_equal(first, again)
    assert not optimizer.built
    plain = forecaster(optimizer="sgd", learning_rate=0.05, epochs=3).fit(X, Y).predict(X)
    assert not np.allclose(first, plain)
    cloned = clone(forecaster(optimizer=optimizer, epochs=3))
    np.testing.assert_array_equal(cloned.fit(X, Y).predict(X), first)


class Falling(keras.optimizers.schedules.LearningRateSchedule):
    """A schedule that nobody registered."""

    def __init__(self, start):
        self.start = start

    def __call__(self, step):
        return self.start / (1.0 + keras.ops.cast(step, "float32"))

    def get_config(self):
        return {"start": self.start}


@pytest.mark.parametrize(
    "schedule", [keras.optimizers.schedules.ExponentialDecay(0.1, 2, 0.5), Falling(0.1)]
)
def test_learning_rate_schedules(schedule):
    first, again = (
        forecaster(optimizer=keras.optimizers.SGD(schedule), epochs=3).fit(X, Y).predict(X)
        for _ in "ab"
    )
    fixed = forecaster(optimizer=keras.optimizers.SGD(0.1), epochs=3).fit(X, Y).predict(X)
    np.testing.assert_array_equal(first, again)
    assert not np.allclose(first, fixed)


@pytest.mark.parametrize("bad", ["nope", "loss_scale", "lossscaleoptimizer", int, keras.Model])
def test_what_is_no_optimizer(bad):
    with pytest.raises(ValueError, match=r"optimizer=.*is not an optimizer.*adam, adamax.*sgd"):
        forecaster(optimizer=bad).fit(X, Y)


def test_a_registered_optimizer_has_a_name(monkeypatch):
    registered = {}
    monkeypatch.setattr(keras.saving, "get_registered_object", registered.get)

    class Mine(keras.optimizers.SGD):
        pass

    registered["my>Mine"] = Mine
    plain = forecaster(optimizer="sgd").fit(X, Y)
    np.testing.assert_array_equal(
        forecaster(optimizer="my>Mine").fit(X, Y).predict(X), plain.predict(X)
    )


def pinball(y_true, y_pred):
    error = y_true - y_pred
    return keras.ops.mean(keras.ops.maximum(0.9 * error, -0.1 * error), axis=-1)


def test_losses_by_name_function_class_and_instance():
    names = ("huber", keras.losses.huber, keras.losses.Huber, keras.losses.Huber())
    results = [forecaster(loss=loss).fit(X, Y).predict(X) for loss in names]
    for result in results[1:]:
        np.testing.assert_allclose(result, results[0], rtol=1e-5)
    high = forecaster(loss=pinball, epochs=30).fit(X, Y)
    assert (high.predict(X) > Y).mean() > 0.7


def test_metrics_by_name_function_class_and_instance():
    metrics = ["mae", keras.metrics.mean_squared_error, keras.metrics.RootMeanSquaredError]
    metrics += [keras.metrics.MeanMetricWrapper(pinball, name="high")]
    for _ in range(2):
        history = forecaster(metrics=metrics).fit(X, Y).history_
        expected = {"loss", "mae", "mean_squared_error", "root_mean_squared_error", "high"}
        assert set(history) == expected
    np.testing.assert_allclose(history["mean_squared_error"], history["loss"], rtol=1e-5)
    np.testing.assert_allclose(history["root_mean_squared_error"] ** 2, history["loss"], rtol=1e-5)


def test_metrics_of_a_classifier():
    for labels in (LABEL, LABEL > 0):
        model = classifier(metrics=("accuracy", "AUC"), early_stopping=True).fit(X, labels)
        names = {"loss", "accuracy", "AUC"}
        assert set(model.history_) == names | {f"val_{name}" for name in names}
        assert model.history_.index.name == "epoch"
        assert model.history_.notna().all(axis=None)


@pytest.mark.parametrize(
    ("parameter", "bad", "message"),
    [
        ("loss", "nope", "loss: Keras knows no 'nope'"),
        ("metrics", ["nope"], "metrics: Keras knows no 'nope'"),
        ("metrics", [3], "metrics must be names, functions, classes or instances of Keras; got 3"),
        ("loss", "sparse_categorical_crossentropy", "loss: 'sparse_.*wants class numbers"),
        ("metrics", ["sparse_categorical_accuracy"], "metrics: 'sparse_.*wants class numbers"),
    ],
)
def test_losses_and_metrics_that_keras_does_not_know(parameter, bad, message):
    with pytest.raises(ValueError, match=message):
        classifier(**{parameter: bad}).fit(X, LABEL)


def test_progress_is_shown_when_asked_for(capsys):
    forecaster(verbose=0).fit(X, Y)
    assert capsys.readouterr().out == ""
    forecaster(verbose=2).fit(X, Y)
    assert capsys.readouterr().out.count("Epoch") == 2


@pytest.mark.parametrize("verbose", [1, True, "auto"])
def test_a_network_is_one_line(verbose, capsys):
    model = forecaster(verbose=verbose, units=(4, 2), warm_start=True).fit(X, Y)
    line = capsys.readouterr().out
    assert re.fullmatch(r"LSTM\(4, 2\): epoch 2/2, [\d.]+ s - loss: [\d.]+\n", line)
    model.fit(X, Y)
    assert "epoch 4/4, " in capsys.readouterr().out


def test_the_lines_of_a_search_stand_alone(capsys):
    search = GridSearchCV(forecaster(verbose=1, epochs=1), {"units": [2, 3]}, cv=2).fit(X, Y)
    lines = capsys.readouterr().out.splitlines()
    names = [f"LSTM({units}): epoch 1/1" for units in (2, 2, 3, 3, search.best_params_["units"])]
    assert [line.partition(",")[0] for line in lines] == names


def test_on_a_terminal_the_line_is_written_in_its_place(capsys, monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    forecaster(verbose=1, n_members=2).fit(X, Y)
    first, second, end = capsys.readouterr().out.split("\n")
    assert end == ""
    for line in (first, second):
        empty, *epochs = line.split("\r")
        assert empty == ""
        assert [epoch[: len("LSTM(4): epoch 1/2")] for epoch in epochs] == [
            "LSTM(4): epoch 1/2",
            "LSTM(4): epoch 2/2",
        ]
