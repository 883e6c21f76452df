"""`checkpoint=`: a fit that was interrupted goes on, and ends with the same bits."""

import errno
import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import keras
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
from sklearn.pipeline import make_pipeline

from sklstm import LSTMClassifier, LSTMForecaster, SequenceWindower
from sklstm.training._checkpoint_file import CheckpointFile
from sklstm.training._checkpoint_folder import checkpoint_folder

RNG = np.random.default_rng(0)
ARRAYS = RNG.normal(size=(60, 5, 2)), RNG.normal(size=60)
ROWS = pd.DataFrame(
    {"v": np.sin(np.arange(160) / 5) + RNG.normal(0, 0.1, 160)},
    index=pd.date_range("2024", periods=160, freq="h"),
)


def forecaster(**params):
    return LSTMForecaster(**{"units": 3, "epochs": 4, "plain": True, "random_state": 0} | params)


SETTINGS = {
    "plain": (forecaster(), ARRAYS),
    "classifier": (
        LSTMClassifier(units=3, epochs=4, random_state=0, class_weight="balanced"),
        (ARRAYS[0], np.where(ARRAYS[1] > 0, "up", "down")),
    ),
    "ensemble and schedule": (
        forecaster(n_members=3, learning_rate_schedule="cosine", dropout=0.2),
        ARRAYS,
    ),
    "early stopping": (
        # Rates so high that the validation loss gets worse.
        forecaster(early_stopping=True, n_iter_no_change=1, learning_rate=0.5, epochs=40),
        ARRAYS,
    ),
    "averages of weights": (
        forecaster(optimizer=keras.optimizers.Adam(use_ema=True, ema_momentum=0.5)),
        ARRAYS,
    ),
    "callbacks with a state": (
        forecaster(callbacks=[keras.callbacks.ReduceLROnPlateau("loss", patience=1, min_delta=9)]),
        ARRAYS,
    ),
    "metrics": (forecaster(metrics=["mae"]), ARRAYS),
    "stateful": (forecaster(stateful=True), (ROWS.to_numpy()[:-1], ROWS["v"].to_numpy()[1:])),
    "forms, seasons and a trial": (
        make_pipeline(
            SequenceWindower(window=24, lead=1),
            LSTMForecaster(
                units=3, epochs=3, horizon=3, season=24, target="v", n_members=2, random_state=0
            ),
        ),
        (ROWS, ROWS["v"]),
    ),
}


def fit(model, folder, X, y):
    """Fit a copy of a model with a checkpoint."""
    name = f"{model.steps[-1][0]}__checkpoint" if hasattr(model, "steps") else "checkpoint"
    return clone(model).set_params(**{name: folder}).fit(X, y)


def interrupt_after(n_writes, monkeypatch):
    """Interrupt fits after the n-th epoch that is kept."""
    write, seen = CheckpointFile.write, []

    def and_interrupt(self, state):
        write(self, state)
        if self.path.name.startswith("network"):
            seen.append(self.path.name)
            if len(seen) == n_writes:
                raise KeyboardInterrupt

    monkeypatch.setattr(CheckpointFile, "write", and_interrupt)
    return seen


def assert_same_fit(one, other, X):
    np.testing.assert_array_equal(one.predict(X), other.predict(X))
    one, other = (model[-1] if hasattr(model, "steps") else model for model in (one, other))
    pd.testing.assert_frame_equal(one.history_, other.history_)
    assert one.n_iter_ == other.n_iter_
    for ours, theirs in zip(one.network_.weights, other.network_.weights, strict=True):
        for a, b in zip(ours, theirs, strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    "setting", [*SETTINGS, pytest.param("seeds of Keras", marks=pytest.mark.slow)]
)
def test_an_interrupted_fit_ends_as_an_unbroken_one(setting, tmp_path, monkeypatch):
    of_keras = (forecaster(recurrent_dropout=0.3), ARRAYS)
    model, (X, y) = SETTINGS.get(setting, of_keras)
    unbroken = clone(model).fit(X, y)
    # Twice interrupted: a fit that goes on can be interrupted again.
    for n_epochs in (1, 2):
        with monkeypatch.context() as patch:
            interrupt_after(n_epochs, patch)
            with pytest.raises(KeyboardInterrupt):
                fit(model, tmp_path, X, y)
        (folder,) = tmp_path.iterdir()
        assert folder.name.startswith(
            type(model[-1] if hasattr(model, "steps") else model).__name__
        )
    with monkeypatch.context() as patch:
        epochs = interrupt_after(-1, patch)
        resumed = fit(model, tmp_path, X, y)
    assert_same_fit(resumed, unbroken, X)
    # It did not train the epochs again that it had.
    with monkeypatch.context() as patch:
        all_epochs = interrupt_after(-1, patch)
        assert_same_fit(fit(model, tmp_path, X, y), unbroken, X)
    # Members that were trained at the same time kept more than the three that were waited for.
    assert len(epochs) <= len(all_epochs) - 3
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kept", [1, 3, 4])
def test_a_training_that_has_stopped_does_not_go_on(kept, tmp_path, monkeypatch):
    model, (X, y) = SETTINGS["early stopping"]
    model = clone(model).set_params(batch_size=1)
    unbroken = clone(model).fit(X, y)
    assert 1 < unbroken.n_iter_ < 40
    with monkeypatch.context() as patch:
        interrupt_after(min(kept, unbroken.n_iter_), patch)
        with pytest.raises(KeyboardInterrupt):
            fit(model, tmp_path, X, y)
    assert_same_fit(fit(model, tmp_path, X, y), unbroken, X)


def test_warm_start_goes_on_inside_the_second_fit(tmp_path, monkeypatch):
    X, y = ARRAYS
    unbroken = forecaster(warm_start=True, dropout=0.2).fit(X, y)
    model = forecaster(warm_start=True, dropout=0.2, checkpoint=tmp_path).fit(X, y)
    assert_same_fit(model, unbroken, X)
    unbroken.fit(X, y)
    with monkeypatch.context() as patch:
        interrupt_after(2, patch)
        with pytest.raises(KeyboardInterrupt):
            model.fit(X, y)
    # The estimator is as it was before.
    assert len(model.history_) == 4
    model.fit(X, y)
    assert_same_fit(model, unbroken, X)
    # And so is the source of randomness.
    assert_same_fit(model.fit(X, y), unbroken.fit(X, y), X)


@pytest.mark.parametrize("seed", [None, "instance"])
def test_a_fit_without_a_seed_goes_on_with_its_own(seed, tmp_path, monkeypatch):
    X, y = ARRAYS

    def model():
        return forecaster(random_state=seed and np.random.RandomState(3), n_members=2)

    with monkeypatch.context() as patch:
        interrupt_after(3, patch)
        with pytest.raises(KeyboardInterrupt):
            fit(model(), tmp_path, X, y)
    kept = CheckpointFile(next(tmp_path.glob("*/network-0-0.npz"))).read()
    resumed = fit(model(), tmp_path, X, y)
    np.testing.assert_array_equal(
        resumed.history_["loss"].to_numpy()[: len(kept["history"]["loss"])],
        kept["history"]["loss"],
    )
    if seed is None:
        # A fit that begins anew draws another.
        other = fit(model(), tmp_path, X, y)
        assert not np.array_equal(other.predict(X), resumed.predict(X))
    else:
        assert_same_fit(resumed, model().fit(X, y), X)


def test_another_fit_does_not_go_on_with_it(tmp_path, monkeypatch):
    X, y = ARRAYS
    with monkeypatch.context() as patch:
        interrupt_after(2, patch)
        with pytest.raises(KeyboardInterrupt):
            fit(forecaster(), tmp_path, X, y)
    others = [
        (forecaster(learning_rate=0.1), X, y),
        (forecaster(random_state=1), X, y),
        (forecaster(loss=keras.losses.huber), X, y),
        (forecaster(), X + 1e-9, y),
        (forecaster(), X, y + 1e-9),
        (forecaster(), X[:-1], y[:-1]),
    ]
    for model, *data in others:
        assert_same_fit(fit(model, tmp_path, *data), clone(model).fit(*data), X)
    weighted = forecaster(checkpoint=tmp_path).fit(X, y, sample_weight=y**2)
    assert_same_fit(weighted, forecaster().fit(X, y, sample_weight=y**2), X)
    # The first is still there to go on with.
    (folder,) = tmp_path.iterdir()
    assert (folder / "network-0-0.npz").exists()


def test_nothing_else_is_removed(tmp_path):
    X, y = ARRAYS
    note = tmp_path / "note.txt"
    note.write_text("mine")

    def leave_a_file(self, state):
        (self.path.parent / "other.npz").write_text("not ours")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(CheckpointFile, "write", leave_a_file)
        fit(forecaster(), tmp_path, X, y)
    assert note.read_text() == "mine"
    assert [path.name for path in tmp_path.glob("*/*")] == ["other.npz"]


@pytest.mark.parametrize("damage", ["cut", "changed", "empty", "text"])
def test_a_damaged_file_is_computed_again(damage, tmp_path, monkeypatch):
    X, y = ARRAYS
    with monkeypatch.context() as patch:
        interrupt_after(3, patch)
        with pytest.raises(KeyboardInterrupt):
            fit(forecaster(), tmp_path, X, y)
    (path,) = tmp_path.glob("*/network-*.npz")
    data = bytearray(path.read_bytes())
    changed = {"cut": data[: len(data) // 2], "empty": b"", "text": b"no archive"}
    data[200] ^= 1
    path.write_bytes(changed.get(damage, data))
    with pytest.warns(UserWarning, match="is damaged .* is computed again"):
        resumed = fit(forecaster(), tmp_path, X, y)
    assert_same_fit(resumed, forecaster().fit(X, y), X)


def test_what_cannot_be_kept_is_refused(tmp_path):
    class Log(keras.callbacks.Callback):
        def __init__(self):
            super().__init__()
            self.lines = {1, 2}

    with pytest.raises(TypeError, match="Log has 'lines', a set"):
        fit(forecaster(callbacks=[Log()]), tmp_path, *ARRAYS)
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ValueError, match="checkpoint must be a folder; got the file"):
        fit(forecaster(), tmp_path / "file", *ARRAYS)


def test_a_training_that_diverges_leaves_nothing(tmp_path):
    X, y = ARRAYS
    with pytest.raises(ValueError, match="diverged"):
        fit(forecaster(learning_rate=1e38, optimizer="sgd"), tmp_path, X, y)
    assert list(tmp_path.iterdir()) == []


def test_searches_share_a_folder(tmp_path, monkeypatch):
    X, y = ARRAYS

    def search(**params):
        grid = {"units": [2, 3]}
        return GridSearchCV(
            forecaster(**params), grid, cv=TimeSeriesSplit(2), error_score="raise"
        ).fit(X, y)

    with monkeypatch.context() as patch:
        interrupt_after(6, patch)
        with pytest.raises(KeyboardInterrupt):
            search(checkpoint=tmp_path)
    np.testing.assert_array_equal(
        search(checkpoint=tmp_path).cv_results_["mean_test_score"],
        search().cv_results_["mean_test_score"],
    )


def test_the_same_fit_twice_at_a_time(tmp_path):
    X, y = ARRAYS
    expected = forecaster(epochs=8).fit(X, y)
    with ThreadPoolExecutor(4) as executor:
        fits = list(executor.map(lambda _: fit(forecaster(epochs=8), tmp_path, X, y), range(8)))
    for one in fits:
        assert_same_fit(one, expected, X)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_held_by_one_fit(tmp_path):
    with checkpoint_folder(tmp_path, "fit") as one, checkpoint_folder(tmp_path, "fit") as other:
        assert [one.path.name, other.path.name] == ["fit", "fit-1"]
    with checkpoint_folder(tmp_path, "fit") as again:
        assert again.path.name == "fit"


@pytest.mark.parametrize(
    "state",
    [
        {"a": [1, 2.5, None, True, "text"], "b": (np.float32(3), np.arange(3))},
        {"nan": float("nan"), "far": [float("inf"), -float("inf")], "big": 2**100},
        [{1: np.zeros((2, 0)), "2": {}}, np.array([4], dtype=np.int8)],
    ],
)
def test_a_file_gives_back_what_it_was_given(state, tmp_path):
    file = CheckpointFile(tmp_path / "state.npz")
    file.write(state)
    again = file.read()
    assert repr(again) == repr(state)


def test_a_full_disk_keeps_the_state_before(tmp_path, monkeypatch):
    file = CheckpointFile(tmp_path / "state.npz")
    file.write(1)

    def full(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match=r"No space left on device\); what was written before"):
        file.write(2)
    assert file.read() == 1
    assert os.listdir(tmp_path) == ["state.npz"]


_FIT = """
import json, sys
import numpy as np
from sklstm import LSTMForecaster
rng = np.random.default_rng(0)
X, y = rng.normal(size=(400, 12, 3)), rng.normal(size=400)
model = LSTMForecaster(
    units=8, epochs=500, n_members=2, dropout=0.1, early_stopping=True, n_iter_no_change=450,
    learning_rate_schedule="cosine", random_state=0, checkpoint=sys.argv[1] or None,
)
print("begin", flush=True)
model.fit(X, y)
print(json.dumps([model.predict(X).tolist(), model.history_["loss"].tolist()]))
"""


def _start(folder, *, limit=""):
    return subprocess.Popen(
        [sys.executable, "-X", "faulthandler", "-c", limit + _FIT, str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _kill(process):
    process.send_signal(signal.SIGKILL)
    return process.communicate()


@pytest.mark.slow
def test_a_fit_that_is_killed_twenty_times_ends_with_the_same_bits(tmp_path):
    expected, _ = _start("").communicate()
    rng = np.random.default_rng(1)
    changes = 0
    for number in range(20):
        process = _start(tmp_path)
        process.stdout.readline()
        if number % 5 == 0:
            # While TensorFlow loads, or the network is compiled.
            time.sleep(rng.uniform(0, 3))
        else:
            before = _last_written(tmp_path)
            while _last_written(tmp_path) == before and process.poll() is None:
                time.sleep(0.001)
            changes += 1
            time.sleep(rng.uniform(0, 0.1))
        ended, (_, err) = process.poll(), _kill(process)
        assert ended is None, f"before it was killed, the fit ended with {ended}: {err}"
    assert changes == 16
    out, err = _start(tmp_path).communicate()
    assert json.loads(out.splitlines()[-1]) == json.loads(expected.splitlines()[-1]), err
    assert list(tmp_path.iterdir()) == []


def _last_written(folder):
    times = [0]
    for path in folder.glob("*/network-*.npz"):
        with suppress(FileNotFoundError):
            times.append(path.stat().st_mtime_ns)
    return max(times)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="limits of POSIX")
def test_a_full_disk_is_an_error_and_keeps_the_last_state(tmp_path):
    # Files of at most so many bytes: as on a disk without room, but for this process alone.
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (6000, 6000))\n"
    process = _start(tmp_path, limit=limit)
    _, err = process.communicate()
    assert process.returncode == 1
    assert "OSError" in err
    assert "The checkpoint could not be written" in err
    (folder,) = tmp_path.iterdir()
    assert sorted(os.listdir(folder)) == ["lock", "start.npz"]
    out, _ = _start(tmp_path).communicate()
    expected, _ = _start("").communicate()
    assert out == expected
