"""Run the script of one peer in this process, and print what it took as JSON."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import importlib
import json
import sys
import time
import warnings
from importlib.metadata import PackageNotFoundError, version

import numpy as np
import pandas as pd

# The packages that the code of a peer needs, and what loads on first use: no import is timed.
NEEDS = {
    "keras": (["keras", "tensorflow"], ["keras", "tensorflow"]),
    "scikeras": (
        ["scikeras", "keras", "tensorflow"],
        ["scikeras.wrappers", "tensorflow"],
    ),
    "skorch": (["skorch", "torch"], ["skorch", "torch"]),
    "skforecast": (
        ["skforecast", "keras", "tensorflow"],
        ["skforecast.deep_learning"],
    ),
    "sktime": (
        ["sktime", "scikeras", "keras", "tensorflow"],
        ["sktime.forecasting.compose", "scikeras.wrappers", "tensorflow"],
    ),
    "darts": (
        ["darts", "pytorch-lightning", "torch"],
        ["darts.models", "pytorch_lightning"],
    ),
    "sklstm": (
        ["sklstm", "keras", "tensorflow"],
        ["sklstm", "keras", "tensorflow"],
    ),
    "sklstm_plain": (
        ["sklstm", "keras", "tensorflow"],
        ["sklstm", "keras", "tensorflow"],
    ),
    "ridge": (["scikit-learn"], []),
    "seasonal": ([], []),
}


def find_version(package):
    """Return the version of a package; TensorFlow for the CPU alone has a name of its own."""
    try:
        return version(package)
    except PackageNotFoundError:
        return version(f"{package}-cpu")


def main():
    """Fit and predict once."""
    peer, seed, path, start = (
        sys.argv[1],
        int(sys.argv[2]),
        sys.argv[3],
        int(sys.argv[4]),
    )
    warnings.simplefilter("ignore")
    packages, modules = NEEDS[peer]
    for module in modules:
        importlib.import_module(module)
    script = importlib.import_module(f"benchmarks.coming_from.with_{peer}")

    series = pd.read_csv(path, index_col="time", parse_dates=["time"])[
        "temp"
    ].asfreq("h")
    clock = time.process_time
    began = clock()
    model = script.fit(series[:start], seed)
    fitted = clock()
    forecasts = np.asarray(script.predict(model, series, start))
    predicted = clock()

    values = series.to_numpy()
    actual = np.stack(
        [values[i : i + 24] for i in range(start, len(values) - 23, 24)]
    )
    assert forecasts.shape == actual.shape, (forecasts.shape, actual.shape)
    print(
        json.dumps(
            {
                "error": float(np.abs(forecasts - actual).mean()),
                "fit": fitted - began,
                "predict": predicted - fitted,
                "versions": {
                    package: find_version(package) for package in packages
                },
            }
        )
    )


if __name__ == "__main__":
    main()
