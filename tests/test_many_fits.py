"""Two hundred fits: memory, files and threads of the process stay as they are."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import json
import subprocess
import sys

import pytest

# In a process of its own: others leave threads and memory behind.
_FITS = """
import gc, json, os, sys, tempfile
import numpy as np, psutil
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
import sklstm
from sklstm import LSTMClassifier, LSTMForecaster, SequenceWindower

rng = np.random.default_rng(0)
X = rng.normal(size=(60, 2)).cumsum(axis=0)
small = {"units": 3, "epochs": 2, "random_state": 0}
folder = tempfile.mkdtemp()
models = [
    make_pipeline(SequenceWindower(6, lead=1), LSTMForecaster(**small)),
    make_pipeline(SequenceWindower(6, lead=1), LSTMForecaster(horizon=3, **small)),
    make_pipeline(SequenceWindower(6, lead=1), LSTMClassifier(checkpoint=folder, **small)),
    make_pipeline(SequenceWindower(6, lead=1), LSTMForecaster(early_stopping=True, **small)),
]
targets = [X[:, 0], X[:, 0], X[:, 0] > 0, X[:, 0]]
process = psutil.Process()
path = os.path.join(folder, "model.sklstm")

def fit_all():
    for model, y in zip(models, targets):
        fitted = clone(model).fit(X, y)
        fitted.predict(X)
        sklstm.save(fitted, path)
        sklstm.load(path).predict(X)

def now():
    gc.collect()
    memory = process.memory_info()
    return {
        # Of its own: what it shares are libraries, whose share depends on other processes.
        "MB": (memory.rss - memory.shared) / 1e6,
        "files": process.num_fds(),
        "threads": process.num_threads(),
        "on disk": len(os.listdir(folder)),
    }

told = []
for turn in range(60):
    fit_all()
    if turn in (9, 34, 59):
        told.append(now())
print(json.dumps(told))
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="it counts by what Linux tells")
def test_two_hundred_fits_leave_nothing_behind():
    out = subprocess.run([sys.executable, "-c", _FITS], check=True, capture_output=True, text=True)
    before, between, after = json.loads(out.stdout)
    assert after["files"] == before["files"]
    assert after["threads"] == before["threads"]
    assert after["on disk"] == 1
    # 100 fits each: what is left is of the allocator, and less than 50 kB for a fit.
    assert after["MB"] - between["MB"] < 5, (before, between, after)
    assert after["MB"] - before["MB"] < 10, (before, between, after)
