"""Clean data warn of nothing, not even from inside Keras, where warnings are errors."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import subprocess
import sys

import pytest

PREPARE = """
import pickle

import numpy as np
import pandas as pd
from sklearn.pipeline import make_pipeline

from sklstm import ConformalForecaster, LSTMClassifier, LSTMForecaster, SequenceWindower, forecast

rng = np.random.default_rng(0)
X = rng.normal(size=(40, 5, 2))
hours = pd.date_range("2024-01-01", periods=200, freq="h")
table = pd.DataFrame(rng.normal(size=(200, 2)).cumsum(axis=0), hours, columns=["v", "w"])
small = {"units": 4, "epochs": 3, "random_state": 0}


def use(**params):
    model = make_pipeline(SequenceWindower(window=12, lead=1), LSTMForecaster(**small, **params))
    model.fit(table, table["v"]).predict(table)
    model.score(table, table["v"])
    windows = model[:-1].transform(table)
    last = pickle.loads(pickle.dumps(model))[-1]
    last.history_
    if "season" not in params:
        last.keras_model_.predict(last.keras_inputs(windows[:5]), verbose=0)
    if "horizon" in params:
        forecast(model, table)
    last.partial_fit(windows, table["v"])
"""

USES = {
    "sequences": "LSTMForecaster(**small).fit(X, X[:, 0, 0]).predict(X)",
    "classes": "LSTMClassifier(**small).fit(X, X[:, 0, 0] > 0).predict_proba(X)",
    "windows": "use()",
    "season": "use(horizon=3, season=4)",
    "early stopping": "use(early_stopping=True)",
    "decoder": "use(horizon=3, decoder='lstm')",
    "state": "use(stateful=True)",
    "steps": "use(return_sequences=True)",
    "quantiles": "use(horizon=2, quantiles=(0.1, 0.5, 0.9))",
    "training": "use(optimizer='sgd', learning_rate_schedule='linear', metrics=['mae'])",
    "dropout": "use(dropout=0.2, recurrent_dropout=0.1)",
    "intervals": """
model = make_pipeline(SequenceWindower(window=12, lead=1), LSTMForecaster(horizon=3, **small))
ConformalForecaster(model, calibration_size=50).fit(table, table["v"]).predict_interval(table)
""",
}


@pytest.mark.slow
@pytest.mark.parametrize("use", USES)
def test_a_fit_and_a_prediction_warn_of_nothing(use):
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", PREPARE + USES[use]], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
