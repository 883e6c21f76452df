"""Forecast my CSV: python forecast_csv.py load.csv forecast.csv."""

import sys

import pandas as pd
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
from sklearn.pipeline import make_pipeline

import sklstm
from sklstm import LSTMForecaster, SequenceWindower, horizon_scorer
from sklstm.forecasting import ConformalForecaster, SeasonalNaive, backtest

TIME, TARGET = "time", "load"  # columns of the file
STEP, ZONE = "h", "Europe/Berlin"  # one row an hour, in local time
HORIZON, SEASON, TEST = 24, 24, 7 * 24  # steps: ahead, of a cycle, of a test
SOURCE, RESULT = sys.argv[1:3]

# Dates from text, day first. A slip of the clock goes to the nearest step; the hour
# that occurs twice in autumn is left out. An empty cell takes the value before it,
# but a row without a target is left out: gaps in time may stay.
rows = pd.read_csv(SOURCE)
time = pd.to_datetime(rows[TIME], dayfirst=True).dt.round(STEP)
rows[TIME] = time.dt.tz_localize(ZONE, ambiguous="NaT", nonexistent="NaT")
rows = rows.dropna(subset=[TIME, TARGET]).drop_duplicates(TIME, keep="last")
X = rows.set_index(TIME).sort_index().select_dtypes("number")
X = X.dropna(axis="columns", how="all").ffill().dropna()
y = X[TARGET]
missing = len(X.asfreq(STEP)) - len(X)
print(f"{len(X)} rows from {X.index[0]} to {X.index[-1]}, {missing} missing")

# Tune on the past.
network = LSTMForecaster(horizon=HORIZON, random_state=0)
model = make_pipeline(SequenceWindower(SEASON, lead=1, freq=STEP), network)
windows = {"sequencewindower__window": [SEASON, 2 * SEASON]}
error = horizon_scorer("neg_mean_absolute_error")
past = TimeSeriesSplit(2)
search = GridSearchCV(model, windows, scoring=error, cv=past, refit=False)
search.fit(X[: -3 * TEST], y[: -3 * TEST])
model.set_params(**search.best_params_)
print(search.best_params_)

# Compare with simple methods on three weeks that the search has not seen.
weeks = TimeSeriesSplit(3, test_size=TEST)
simple = {"a season before": SeasonalNaive(SEASON), "Ridge": Ridge()}
errors = backtest({"LSTM": model}, X, y, cv=weeks, baselines=simple)
print(errors.groupby("model")["mean_absolute_error"].mean().round(2).to_string())

# Fit on all rows; save, load, and forecast with an interval for nine of ten values.
sklstm.save(ConformalForecaster(model).fit(X, y), "load.sklstm")
ahead = sklstm.forecast(sklstm.load("load.sklstm"), X, coverage=0.9)
ahead.round(2).to_csv(RESULT, index_label=TIME)
