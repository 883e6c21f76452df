"""The estimators inside skforecast, sktime and mlforecast, as the guide shows it.

These run where the extra ``neighbours`` is installed; ``make test-neighbours`` makes such an
environment.
"""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.pipeline import make_pipeline

from sklstm import LSTMForecaster, SequenceWindower, To3D
from tests.test_recipes import run_page

PAGE = "neighbours.md"
# What other packages warn of in their own code is theirs.
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]


class Recorder(RegressorMixin, BaseEstimator):
    """Keep the first table that it is fitted on, and predict the mean."""

    tables: list = []

    def fit(self, X, y):
        self.tables.append((X, np.asarray(y)))
        self.mean_ = np.asarray(y).mean(axis=0)
        return self

    def predict(self, X):
        return np.full(len(X), self.mean_)


@pytest.fixture
def recorder():
    Recorder.tables = []
    return Recorder()


def windows_before(y, window):
    """Cut the windows before each value by hand, oldest step first."""
    return np.stack([y[k - window : k] for k in range(window, len(y))])


def test_skforecast():
    pytest.importorskip("skforecast")
    names = run_page(PAGE, "skforecast")
    y, next_day = names["y"], names["next_day"]
    assert next_day.index[0] == y.index[-1] + y.index.freq
    assert np.isfinite(next_day).all()
    assert len(names["forecasts"]) == 240
    # The day before, repeated.
    naive = np.abs(y - y.shift(24))[760:].mean()
    assert names["error"]["mean_absolute_error"].iloc[0] < 1.1 * naive
    # A network for each step ahead, and not the last one three times.
    assert names["three_hours"].nunique() == 3
    assert names["last_day"].shape == (24,)
    sequences = names["lags_and_exog"](np.arange(26.0)[None])
    np.testing.assert_array_equal(sequences[0, :, 0], np.arange(24)[::-1])
    np.testing.assert_array_equal(sequences[0, :, 1:], [[24, 25]] * 24)


def test_the_lags_of_skforecast_are_turned_to_our_windows(recorder):
    recursive = pytest.importorskip("skforecast.recursive")
    y = run_page(PAGE)["y"]
    recursive.ForecasterRecursive(estimator=recorder, lags=24).fit(y)
    table, targets = Recorder.tables[0]
    ours = np.asarray(SequenceWindower(24, lead=1).fit_transform(y.to_frame()))[24:]
    np.testing.assert_array_equal(To3D(order="newest_first").fit_transform(table), ours)
    np.testing.assert_array_equal(targets, y[24:])
    with pytest.warns(UserWarning, match="time backwards"):
        To3D().fit(table)


def test_sktime():
    pytest.importorskip("sktime.forecasting.compose")
    names = run_page(PAGE, "sktime")
    # The same windows in two layouts.
    np.testing.assert_allclose(names["of_table"], names["of_panel"], rtol=1e-6)
    assert names["accuracy"] > 0.9
    assert (names["labels"] == names["y_test"]).mean() > 0.9


@pytest.mark.parametrize("strategy", ["recursive", "direct", "multioutput"])
@pytest.mark.parametrize("scitype", ["tabular-regressor", "time-series-regressor"])
def test_the_reductions_of_sktime_give_what_we_read(recorder, scitype, strategy):
    compose = pytest.importorskip("sktime.forecasting.compose")
    y = run_page(PAGE)["y"]
    params = {"window_length": 24, "strategy": strategy, "scitype": scitype}
    is_panel = scitype == "time-series-regressor"
    compose.make_reduction(recorder, **params).fit(y, fh=[1, 2])
    ours = windows_before(y.to_numpy(), 24)
    seen, _ = Recorder.tables[0]
    to_3d = To3D(layout="channels_first" if is_panel else "steps")
    np.testing.assert_array_equal(to_3d.fit_transform(seen)[:, :, 0], ours[: len(seen)])

    target = [0, 0] if strategy == "multioutput" else 0
    network = LSTMForecaster(
        target=target, channel_independent=False, epochs=5, calendar=None, random_state=0
    )
    forecaster = compose.make_reduction(make_pipeline(to_3d, network), **params).fit(y, fh=[1, 2])
    assert np.abs(forecaster.predict() - y.iloc[-1]).max() < 10


def test_the_tables_of_sktime_with_exogenous_variables_hold_channel_after_channel(recorder):
    compose = pytest.importorskip("sktime.forecasting.compose")
    y = run_page(PAGE)["y"]
    hour = y.to_frame()[[]].assign(hour=y.index.hour.astype(float))
    compose.make_reduction(recorder, window_length=24, scitype="tabular-regressor").fit(
        y, X=hour, fh=[1]
    )
    seen, _ = Recorder.tables[0]
    sequences = To3D("channels_first", n_features=2).fit_transform(seen)
    np.testing.assert_array_equal(sequences[:, :, 0], windows_before(y.to_numpy(), 24))
    # sktime hands over the exogenous values of the window, or of one step later.
    steps = np.diff(sequences[:, :, 1], axis=1) % 24
    np.testing.assert_array_equal(steps, 1)


def test_mlforecast():
    pytest.importorskip("mlforecast")
    names = run_page(PAGE, "mlforecast")
    table, checked = names["table"], names["checked"]
    assert len(names["next_hours"]) == 3 * table["unique_id"].nunique()
    assert len(checked) == 2 * 24 * 3
    assert np.isfinite(checked["lstm"]).all()


def test_the_lags_of_mlforecast_are_turned_to_windows(recorder):
    mlforecast = pytest.importorskip("mlforecast")
    table = run_page(PAGE, "mlforecast")["table"].sort_values(["unique_id", "ds"])
    mlforecast.MLForecast({"m": recorder}, freq="h", lags=range(1, 25)).fit(table)
    seen, _ = Recorder.tables[0]
    expected = np.concatenate(
        [windows_before(own["y"].to_numpy(), 24) for _, own in table.groupby("unique_id")]
    )
    turned = To3D(order="newest_first").fit_transform(seen)
    np.testing.assert_array_equal(turned[:, :, 0], expected)
