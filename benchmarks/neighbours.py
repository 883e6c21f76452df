"""Compare LSTMForecaster behind its own windower with the same inside other libraries.

``python -m benchmarks.neighbours``, with the extra ``neighbours`` installed: the temperature of an
airport, the next 24 hours from the last 48, fitted once and forecast at 150 origins.
Two minutes.
"""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import importlib
import time
import warnings

import numpy as np
import pandas as pd
from sklearn.compose import TransformedTargetRegressor
from sklearn.pipeline import make_pipeline

from sklstm import LSTMForecaster, SequenceWindower, To3D, forecast
from sklstm.datasets import load_airport_weather

WINDOW, HORIZON, N_TRAIN, N_ORIGINS, STRIDE = 48, 24, 4000, 150, 31


def lstm(**params):
    """Make the forecaster that all compare."""
    return LSTMForecaster(random_state=0, **params)


def own(y, origins, **params):
    """Forecast behind SequenceWindower."""
    model = make_pipeline(SequenceWindower(WINDOW, lead=1), lstm(**params))
    table = y.to_frame()
    model.fit(table[:N_TRAIN], y[:N_TRAIN])
    yield
    for origin in origins:
        # The windower keeps no more of fit than the rows are given here.
        yield np.ravel(forecast(model, table[:origin][-2 * WINDOW :], steps=HORIZON))


def seasonal_naive(y, origins):
    """Repeat the day before."""
    yield
    for origin in origins:
        yield y.to_numpy()[origin - 24 : origin]


def skforecast(y, origins, order="newest_first", direct=False, target=0):
    """Forecast inside skforecast, recursively or with a network for each step ahead."""
    from skforecast.direct import ForecasterDirect
    from skforecast.recursive import ForecasterRecursive

    estimator = make_pipeline(To3D(order=order), lstm(target=target))
    if direct:
        # skforecast copies the pipeline, and not the network in it; this wrapper clones both.
        estimator = TransformedTargetRegressor(estimator)
        model = ForecasterDirect(estimator=estimator, lags=WINDOW, steps=HORIZON, n_jobs=1)
    else:
        model = ForecasterRecursive(estimator=estimator, lags=WINDOW)
    model.fit(y[:N_TRAIN])
    yield
    for origin in origins:
        yield model.predict(HORIZON, last_window=y[origin - WINDOW : origin]).to_numpy()


def sktime(y, origins, strategy, scitype="tabular-regressor"):
    """Forecast inside sktime, by its reduction."""
    from sktime.forecasting.compose import make_reduction

    is_panel = scitype == "time-series-regressor"
    several = strategy == "multioutput"
    model = make_reduction(
        make_pipeline(
            To3D("channels_first" if is_panel else "steps"),
            lstm(target=[0] * HORIZON, channel_independent=False) if several else lstm(target=0),
        ),
        window_length=WINDOW,
        strategy=strategy,
        scitype=scitype,
    )
    model.fit(y[:N_TRAIN], fh=np.arange(1, HORIZON + 1))
    yield
    end = N_TRAIN
    for origin in origins:
        model.update(y[end:origin], update_params=False)
        end = origin
        yield model.predict().to_numpy()


def mlforecast(y, origins, direct=False):
    """Forecast inside mlforecast, recursively or with a network for each step ahead."""
    from mlforecast import MLForecast

    table = pd.DataFrame({"unique_id": "JFK", "ds": y.index, "y": y.to_numpy()})
    estimator = make_pipeline(To3D(order="newest_first"), lstm(target=0))
    model = MLForecast({"lstm": estimator}, freq="h", lags=range(1, WINDOW + 1))
    model.fit(table[:N_TRAIN], max_horizon=HORIZON if direct else None)
    yield
    for origin in origins:
        known = table[:origin][-2 * WINDOW :]
        yield model.predict(HORIZON, new_df=known)["lstm"].to_numpy()


METHODS = {
    "seasonal naive": lambda *data: seasonal_naive(*data),
    "SequenceWindower, horizon=24": lambda *data: own(*data, horizon=HORIZON),
    "SequenceWindower, horizon=24, calendar=None": lambda *data: own(
        *data, horizon=HORIZON, calendar=None
    ),
    "SequenceWindower, one step fed back": lambda *data: own(*data),
    "skforecast, recursive": lambda *data: skforecast(*data),
    "skforecast, recursive, without target=0": lambda *data: skforecast(*data, target=None),
    "skforecast, recursive, lags not turned": lambda *data: skforecast(*data, order="oldest_first"),
    "skforecast, recursive, neither": lambda *data: skforecast(
        *data, order="oldest_first", target=None
    ),
    "skforecast, direct": lambda *data: skforecast(*data, direct=True),
    "sktime, recursive": lambda *data: sktime(*data, "recursive"),
    "sktime, recursive, panel": lambda *data: sktime(*data, "recursive", "time-series-regressor"),
    "sktime, multioutput": lambda *data: sktime(*data, "multioutput"),
    "mlforecast, recursive": lambda *data: mlforecast(*data),
    "mlforecast, direct": lambda *data: mlforecast(*data, direct=True),
}


def main():
    """Print a row for each way."""
    y = load_airport_weather().xs("JFK", level="airport")["temp"].ffill().tz_localize(None)
    y = y.asfreq("h").ffill()
    origins = N_TRAIN + STRIDE * np.arange(N_ORIGINS)
    actual = np.stack([y.to_numpy()[origin : origin + HORIZON] for origin in origins])
    # What loads on first use is no cost of a way.
    for library in ("mlforecast", "skforecast.direct", "sktime.forecasting.compose"):
        importlib.import_module(library)
    lstm(epochs=1).fit(np.ones((50, 4)), np.arange(50.0))
    print("| how | MAE, °F | fit, s | forecast, ms |\n|---|---|---|---|")
    for name, method in METHODS.items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            start = time.perf_counter()
            forecasts = method(y, origins)
            next(forecasts)
            fitted = time.perf_counter()
            error = np.abs(np.stack(list(forecasts)) - actual).mean()
            done = time.perf_counter()
        took = 1000 * (done - fitted) / N_ORIGINS
        print(f"| {name} | {error:.2f} | {fitted - start:.1f} | {took:.1f} |", flush=True)


if __name__ == "__main__":
    main()
