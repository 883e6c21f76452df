"""Compare the engines that searches scale out on: ``python -m benchmarks.scale_out``.

Each row of the table is an engine with two workers: the wall seconds until a first grid of 24 small
fits is done, its start included, and then, once the workers are warm, the median of some turns of
two grids with the least and the greatest, and how many times as fast that is as one fit after the
other.
"""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import argparse
import statistics
import time
from contextlib import contextmanager

import joblib
import numpy as np
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit

from sklstm import LSTMForecaster

N_WORKERS = 2
# Rows, units and epochs of the fits: of tens of milliseconds, and of seconds.
SIZES = {"24 small fits": (600, 16, 15), "24 larger fits": (3_000, 32, 15)}


@contextmanager
def one_by_one():
    """Fit in the process itself."""
    yield


@contextmanager
def threads():
    """Fit in threads of the process."""
    with joblib.parallel_config("threading", n_jobs=N_WORKERS):
        yield


@contextmanager
def processes():
    """Fit in processes of joblib."""
    with joblib.parallel_config("loky", n_jobs=N_WORKERS):
        yield


@contextmanager
def dask():
    """Fit on a local cluster of Dask."""
    from dask.distributed import Client, LocalCluster

    how = {"n_workers": N_WORKERS, "threads_per_worker": 1, "dashboard_address": None}
    with (
        LocalCluster(**how) as cluster,
        Client(cluster),
        joblib.parallel_config("dask", n_jobs=N_WORKERS),
    ):
        yield


@contextmanager
def ray():
    """Fit on a local cluster of Ray."""
    import ray
    from ray.util.joblib import register_ray

    ray.init(num_cpus=N_WORKERS, include_dashboard=False, log_to_driver=False)
    register_ray()
    try:
        with joblib.parallel_config("ray", n_jobs=N_WORKERS):
            yield
    finally:
        ray.shutdown()


ENGINES = {
    "one by one": one_by_one,
    "threads": threads,
    "processes (loky)": processes,
    "Dask": dask,
    "Ray": ray,
}


def search(size):
    """Search over a grid of eight on three folds; return the seconds that it takes."""
    n_rows, units, epochs = SIZES[size]
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(n_rows, 24, 4)), rng.normal(size=n_rows)
    model = LSTMForecaster(epochs=epochs, plain=True, random_state=0)
    grid = {"units": [units, units + 8], "learning_rate": [1e-3, 3e-3, 1e-2, 3e-2]}
    began = time.perf_counter()
    GridSearchCV(model, grid, cv=TimeSeriesSplit(3), refit=False).fit(X, y)
    return time.perf_counter() - began


def measure(engine, n_turns):
    """Return the seconds until the first results, and those of each size once workers are warm."""
    began = time.perf_counter()
    with engine():
        search("24 small fits")
        first = time.perf_counter() - began
        search("24 larger fits")
        return first, {size: [search(size) for _ in range(n_turns)] for size in SIZES}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--engines", nargs="*", default=list(ENGINES), choices=list(ENGINES))
    arguments = parser.parse_args()
    names = ["one by one", *(name for name in arguments.engines if name != "one by one")]
    # TensorFlow is loaded before, for the engines that fit in this process.
    search("24 small fits")
    measured = {name: measure(ENGINES[name], arguments.turns) for name in names}
    print("| engine | first results | " + " | ".join(SIZES) + " |")
    print("|---" * (len(SIZES) + 2) + "|")
    for name, (first, seconds) in measured.items():
        cells = []
        for size, own in seconds.items():
            ratio = statistics.median(measured["one by one"][1][size]) / statistics.median(own)
            spread = f"{min(own):.2f} to {max(own):.2f}"
            cells.append(f"{statistics.median(own):.2f} s ({spread}), {ratio:.2f}×")
        print(f"| {name} | {first:.1f} s | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
