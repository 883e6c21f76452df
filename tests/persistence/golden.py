"""Write the golden files of this version, once, before it is released.

Run `python -m tests.persistence.golden`. Files that exist are never written again: every later
version must load them and predict what stands beside them.
"""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import json
from pathlib import Path

import numpy as np
import pandas as pd

import sklstm
from sklstm import LSTMClassifier
from tests.persistence import models

FOLDER = Path(__file__).parents[1] / "data" / "saved"
N_ROWS = 8
MODELS = {
    "seasons_in_a_time_zone": lambda: models.on_index(
        "summer time", season="D", horizon=2, plain=True
    ),
    "months": lambda: models.on_index("months", plain=True),
    "panel": lambda: models.by_shop(plain=True, normalize_y="series"),
    "conformal": models.conformal,
    "learned_labels": models.learned_labels,
    "steps": lambda: models.of_sequences(LSTMClassifier, "steps"),
}


def as_json(X):
    """Turn rows into what JSON holds."""
    if isinstance(X, np.ndarray):
        return {"array": X.tolist()}
    return {
        "columns": {name: X[name].tolist() for name in X},
        "index": [str(label) for label in X.index.tz_convert(None)]
        if X.index.tz
        else [str(label) for label in X.index],
        "zone": str(X.index.tz) if X.index.tz else None,
    }


def from_json(told):
    """Turn it back into rows."""
    if "array" in told:
        return np.array(told["array"])
    index = pd.DatetimeIndex(told["index"])
    if told["zone"]:
        index = index.tz_localize("UTC").tz_convert(told["zone"])
    return pd.DataFrame(told["columns"], index=index)


def main():
    """Write what does not exist."""
    folder = FOLDER / sklstm.__version__
    folder.mkdir(parents=True, exist_ok=True)
    for name, make in MODELS.items():
        path = folder / f"{name}.sklstm"
        if path.exists():
            continue
        model, X = make()
        X = X[-N_ROWS:]
        told = {"X": as_json(X), "predictions": model.predict(X).tolist()}
        sklstm.save(model, path)
        path.with_suffix(".json").write_text(json.dumps(told) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
