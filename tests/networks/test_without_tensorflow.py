"""What is fitted predicts without TensorFlow, also in a child that was forked."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import os
import pickle
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import make_pipeline

from sklstm import ConformalForecaster, LSTMClassifier, LSTMForecaster, SequenceWindower

MODELS = {
    "forecaster": lambda: LSTMForecaster(units=4, epochs=1, random_state=0),
    "horizon": lambda: LSTMForecaster(horizon=3, season="D", epochs=1, random_state=0),
    "classifier": lambda: LSTMClassifier(epochs=1, random_state=0),
    "stateful": lambda: LSTMForecaster(stateful=True, units=4, epochs=1, random_state=0),
    "decoder": lambda: LSTMForecaster(horizon=3, decoder_units=4, epochs=1, random_state=0),
}

IN_A_NEW_PROCESS = """
import pickle, sys
models, frame, expected = pickle.load(open(sys.argv[1], "rb"))
import numpy as np
from sklstm import forecast, stream
for name, model in models.items():
    np.testing.assert_array_equal(model.predict(frame), expected[name])
models["forecaster"].score(frame, frame["value"])
models["classifier"].score(frame, frame["value"] > 0)
for row in range(3):
    stream(models["forecaster"]).push(frame.iloc[[row]])
forecast(models["forecaster"], frame)
forecast(models["intervals"], frame)
assert not {"tensorflow", "keras", "scikeras"} & set(sys.modules), "TensorFlow is loaded"
"""

FORKED = """
import multiprocessing, numpy as np
from sklstm import LSTMForecaster

X = np.random.default_rng(0).normal(size=(4000, 5, 2))
model = LSTMForecaster(units=4, epochs=1, random_state=0).fit(X, X[:, 0, 0])
expected = model.predict(X)

def work(results):
    results.put(np.array_equal(model.predict(X), expected))
    for act in (lambda: model.fit(X, X[:, 0, 0]), lambda: model.keras_model_):
        try:
            act()
        except RuntimeError as error:
            results.put(str(error))

context = multiprocessing.get_context("fork")
results = context.Queue()
child = context.Process(target=work, args=(results,))
child.start()
assert results.get(timeout=60) is True
for _ in range(2):
    message = results.get(timeout=60)
    assert "forked" in message and "spawn" in message, message
child.join(60)
assert child.exitcode == 0
"""


def run(code, *arguments, **environment):
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code, *arguments],
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
        env=os.environ | environment,
    )
    assert done.returncode == 0, done.stderr[-3000:]


@pytest.fixture(scope="module")
def models_in_a_file(tmp_path_factory):
    rng = np.random.default_rng(0)
    hours = np.arange(200)
    frame = pd.DataFrame(
        {"value": np.sin(hours / 4) + 0.1 * rng.normal(size=200)},
        index=pd.date_range("2026-01-01", periods=200, freq="h"),
    )
    models = {
        name: make_pipeline(SequenceWindower(window=12, lead=1), make())
        for name, make in MODELS.items()
    }
    models["intervals"] = ConformalForecaster(
        make_pipeline(SequenceWindower(window=12, lead=1), MODELS["decoder"]())
    )
    for name, model in models.items():
        model.fit(frame, frame["value"] > 0 if name == "classifier" else frame["value"])
    expected = {name: model.predict(frame) for name, model in models.items()}
    path = tmp_path_factory.mktemp("models") / "models.pkl"
    path.write_bytes(pickle.dumps((models, frame, expected)))
    return path


def test_a_new_process_predicts_without_tensorflow(models_in_a_file):
    run(IN_A_NEW_PROCESS, str(models_in_a_file))


@pytest.mark.slow
def test_a_new_process_without_native_code_predicts_the_same(models_in_a_file):
    close = IN_A_NEW_PROCESS.replace(
        "assert_array_equal(model.predict(frame), expected[name])",
        "assert_allclose(model.predict(frame) * 1.0, expected[name] * 1.0, rtol=0, atol=2e-6)",
    )
    assert close != IN_A_NEW_PROCESS
    run(close, str(models_in_a_file), SKLSTM_NATIVE="0")


@pytest.mark.skipif(sys.platform != "linux", reason="no fork")
@pytest.mark.slow
def test_a_forked_child_predicts_and_refuses_to_train():
    run(FORKED)
