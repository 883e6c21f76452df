"""Make the pictures of the README: ``python docs/make_pictures.py``, some seconds."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
from sklearn.pipeline import make_pipeline

from sklstm import LSTMForecaster, SequenceWindower
from sklstm.datasets import load_airport_weather
from sklstm.plotting import ForecastDisplay, WindowDisplay

STATIC = Path(__file__).parent / "_static"
# A day of August, which the network has not seen, is forecast.
NOW = pd.Timestamp("2013-08-15 11:00", tz="UTC")


def forecast():
    """Draw a forecast with its interval beside the actual values."""
    weather = load_airport_weather()
    time = weather.index.get_level_values("time")
    model = make_pipeline(
        SequenceWindower(window=48, lead=1, by="airport"),
        LSTMForecaster(
            horizon=24, quantiles=[0.05, 0.25, 0.5, 0.75, 0.95], random_state=0
        ),
    )
    past = weather[time <= NOW]
    model.fit(past, past["temp"])
    here = past[past.index.get_level_values("airport") == "JFK"]
    actual = weather["temp"].xs("JFK", level="airport", drop_level=False)
    figure, ax = plt.subplots(figsize=(8, 3.2), layout="constrained")
    ForecastDisplay.from_estimator(
        model, here, here["temp"], actual=actual, n_history=60, ax=ax
    )
    ax.set(title="Temperature at JFK, 24 hours ahead", ylabel="°F")
    return figure


def windows():
    """Draw the one idea: which rows make the window of a row."""
    weather = load_airport_weather().xs("JFK", level="airport")[["temp"]][:24]
    gap = weather.drop(weather.index[[9, 10]])
    figure, ax = plt.subplots(figsize=(8, 3.0), layout="constrained")
    WindowDisplay.from_estimator(
        SequenceWindower(window=6, lead=1),
        gap,
        horizon=3,
        rows=[2, 8, 12, 18],
        ax=ax,
    )
    return figure


def main():
    for picture in (forecast, windows):
        figure = picture()
        figure.savefig(
            STATIC / f"{picture.__name__}.png", dpi=110, facecolor="white"
        )
        plt.close(figure)


if __name__ == "__main__":
    main()
