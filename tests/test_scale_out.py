"""Searches, backtests and ensembles on engines that exist, equal to serial ones to the bit."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from contextlib import contextmanager

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.ensemble import VotingRegressor
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
from sklearn.pipeline import make_pipeline

from sklstm import LSTMForecaster, SequenceWindower, backtest

HOURS = pd.date_range("2024", periods=300, freq="h")
TABLE = pd.DataFrame(
    {"v": np.sin(np.arange(300) / 5) + np.random.default_rng(0).normal(0, 0.1, 300)}, index=HOURS
)
MODEL = make_pipeline(
    SequenceWindower(12, lead=1), LSTMForecaster(units=3, epochs=2, horizon=2, random_state=0)
)


@contextmanager
def threads():
    with joblib.parallel_config("threading", n_jobs=2):
        yield


@contextmanager
def processes():
    with joblib.parallel_config("loky", n_jobs=2):
        yield


@contextmanager
def dask():
    distributed = pytest.importorskip("dask.distributed")
    cluster = distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, host="127.0.0.1"
    )
    with (
        cluster,
        distributed.Client(cluster),
        joblib.parallel_config("dask", n_jobs=2),
    ):
        yield


@contextmanager
def ray():
    ray = pytest.importorskip("ray")
    from ray.util.joblib import register_ray

    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    register_ray()
    try:
        with joblib.parallel_config("ray", n_jobs=2):
            yield
    finally:
        ray.shutdown()


def fit_one(model, rows):
    """Fit a copy of a model; functions of workers stand in a module."""
    return clone(model).fit(rows, rows["v"])


def results():
    """Fit and predict all that scales out; return numbers."""
    y = TABLE["v"]
    search = GridSearchCV(MODEL, {"lstmforecaster__units": [2, 3]}, cv=TimeSeriesSplit(2))
    search.fit(TABLE, y)
    backtested = backtest(MODEL, TABLE, y, cv=2)
    one_step = clone(MODEL).set_params(lstmforecaster__horizon=1)
    ensemble = VotingRegressor([("a", one_step), ("b", clone(one_step))]).fit(TABLE, y)
    groups = joblib.Parallel()(
        joblib.delayed(fit_one)(MODEL, TABLE[start : start + 150]) for start in (0, 150)
    )
    return [
        search.cv_results_["mean_test_score"],
        search.predict(TABLE),
        backtested.select_dtypes("number").to_numpy(),
        ensemble.predict(TABLE),
        *(model.predict(TABLE) for model in groups),
    ]


@pytest.fixture(scope="module")
def serial():
    return results()


@pytest.mark.slow
# What the engines warn of in their own code is theirs.
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("engine", [threads, processes, dask, ray])
def test_engines_give_the_same_bits(engine, serial):
    with engine():
        parallel = results()
    for one, other in zip(parallel, serial, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.slow
def test_parts_of_a_file_are_learned_as_parts_of_the_whole(tmp_path):
    pq = pytest.importorskip("pyarrow.parquet")
    TABLE.to_parquet(tmp_path / "rows.parquet", row_group_size=100)
    file = pq.ParquetFile(tmp_path / "rows.parquet")
    assert file.num_row_groups == 3
    windower = SequenceWindower(12, lead=1, freq="h", history=None)
    by_part = LSTMForecaster(units=3, plain=True, random_state=0)
    before = TABLE[:0]
    for number in range(3):
        part = pd.concat([before, file.read_row_group(number).to_pandas()])
        windows = windower.fit_transform(part)[len(before) :]
        by_part.partial_fit(windows, part["v"][len(before) :])
        before = part[-12:]
    whole = windower.fit_transform(TABLE)
    of_whole = LSTMForecaster(units=3, plain=True, random_state=0)
    for start in (0, 100, 200):
        rows = slice(start, start + 100)
        of_whole.partial_fit(whole[rows], TABLE["v"].iloc[rows])
    np.testing.assert_array_equal(by_part.predict(whole), of_whole.predict(whole))


@pytest.mark.slow
def test_a_mapped_array_is_fitted_as_one_in_memory(tmp_path):
    rows = TABLE.to_numpy(dtype=np.float32)
    np.save(tmp_path / "rows.npy", rows)
    mapped = np.load(tmp_path / "rows.npy", mmap_mode="r")
    model = make_pipeline(
        SequenceWindower(12, lead=1, history=None),
        LSTMForecaster(units=3, epochs=2, random_state=0),
    )
    np.testing.assert_array_equal(
        clone(model).fit(mapped, mapped[:, 0]).predict(mapped),
        clone(model).fit(rows, rows[:, 0]).predict(rows),
    )
