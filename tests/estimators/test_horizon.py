"""Multi-step forecasts: their targets, what they are relative to, and their scores."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.metrics import mean_absolute_error, r2_score
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklstm import LSTMForecaster, PanelTimeSeriesSplit, SequenceWindower, horizon_scorer
from sklstm.datasets import load_australian_temperatures
from sklstm.training import _trainer as _training
from tests.estimators.helpers import forecaster, series, set_weights, windows, zero_weights

TABLE, _ = series(120)
Y = TABLE["temp"]
HORIZON = 4


def panel(n=60, seed=0):
    """Three series of hours, interleaved, one of which lacks some."""
    rng = np.random.default_rng(seed)
    index = pd.MultiIndex.from_product(
        [pd.date_range("2024-01-01", periods=n, freq="h"), ["a", "b", "c"]],
        names=["time", "place"],
    )
    hour = index.get_level_values("time").hour
    level = index.get_level_values("place").map({"a": 0.0, "b": 50.0, "c": -20.0})
    values = level + 5 * np.sin(2 * np.pi * hour / 24) + rng.normal(size=len(index))
    frame = pd.DataFrame({"temp": np.asarray(values), "hour": np.asarray(hour, float)}, index=index)
    return frame.drop(index=[(frame.index[30][0], "b"), (frame.index[60][0], "b")])


def naive_targets(frame, y, horizon):
    """Look each value up by its label, in a loop."""
    lookup = dict(zip(frame.index, y, strict=True))
    hour = pd.Timedelta("1h")
    return np.array(
        [
            [lookup.get((time + lead * hour, place), np.nan) for lead in range(horizon)]
            for time, place in frame.index
        ]
    )


def of_panel(**params):
    params = {"horizon": HORIZON, "units": 4, "epochs": 2, "random_state": 0} | params
    return make_pipeline(
        SequenceWindower(window=6, lead=1, by="place", freq="h"),
        LSTMForecaster(plain=True, **params),
    )


def test_horizon_targets_are_cut_by_label_and_within_a_series():
    frame = panel()
    shuffled = frame.sample(frac=1, random_state=0)
    for rows in (frame, shuffled):
        y = rows["temp"]
        model = of_panel().fit(rows, y)
        cut = model[-1].actuals(model[:-1].transform(rows), y)
        assert_array_equal(cut, naive_targets(rows, y, HORIZON))


def test_a_horizon_longer_than_the_windows_never_runs_into_the_next_series():
    frame = panel()
    model = of_panel(horizon=50).fit(frame, frame["temp"])
    cut = model[-1].actuals(model[:-1].transform(frame), frame["temp"])
    assert_array_equal(cut, naive_targets(frame, frame["temp"], 50))


def test_targets_cut_inside_fit_are_the_same_as_given_horizon_targets():
    X = windows(TABLE)
    whole = len(Y) - HORIZON + 1
    targets = np.stack([Y.to_numpy()[i : i + whole] for i in range(HORIZON)], axis=1)
    given = forecaster(horizon=HORIZON, anchor=None, shuffle=False).fit(X[:whole], targets)
    one_target = forecaster(horizon=HORIZON).fit(X[:whole], targets[..., None])
    assert given.predict(X[:whole]).shape == (whole, HORIZON)
    assert one_target.predict(X[:whole]).shape == (whole, HORIZON, 1)
    # Targets cut inside fit are NaN beyond the end of the series; the others are the same.
    ours = forecaster(horizon=HORIZON, anchor=None, shuffle=False)
    ours.fit(X, Y)
    with_the_end = np.full((len(Y), HORIZON), np.nan)
    for lead in range(HORIZON):
        with_the_end[: len(Y) - lead, lead] = Y.to_numpy()[lead:]
    assert_array_equal(ours.actuals(X, Y), with_the_end)
    assert_array_equal(given.actuals(X[:whole], targets), with_the_end[:whole])


def test_several_targets_give_a_forecast_of_each():
    X = windows(TABLE)
    y = TABLE[["temp", "wind"]]
    model = forecaster(horizon=HORIZON).fit(X, y)
    assert model.predict(X).shape == (len(y), HORIZON, 2)
    alone = model.actuals(X, y)[..., 1]
    assert_array_equal(alone[:-3, 3], y["wind"].to_numpy()[3:])
    assert -50 < model.score(X, y) <= 1


def test_as_many_targets_as_steps_ahead_are_noticed():
    X = windows(TABLE)
    two = TABLE[["temp", "wind"]]
    with pytest.warns(UserWarning, match="y has 2 columns, as many as horizon, and they"):
        model = forecaster(horizon=2).fit(X, two)
    assert model.predict(X).shape == (len(Y), 2)
    # With a third axis they are horizon targets, whatever they hold.
    assert forecaster(horizon=2).fit(X, two.to_numpy()[..., None]).n_iter_ == 2


def test_the_score_is_over_all_steps_ahead_with_an_actual_value():
    X = windows(TABLE)
    model = forecaster(horizon=HORIZON, epochs=5).fit(X, Y)
    y_true, y_pred = [], []
    predicted = model.predict(X)
    for row in range(len(Y)):
        for lead in range(HORIZON):
            if row + lead < len(Y):
                y_true.append(Y.iloc[row + lead])
                y_pred.append(predicted[row, lead])
    assert_allclose(model.score(X, Y), r2_score(y_true, y_pred))
    own = horizon_scorer("neg_mean_absolute_error")
    pipeline = make_pipeline(SequenceWindower(4, lead=1), model)
    pipeline[0].fit(TABLE)
    assert_allclose(own(pipeline, TABLE, Y), -mean_absolute_error(y_true, y_pred))
    last = horizon_scorer("r2", lead=HORIZON)(pipeline, TABLE, Y)
    expected = r2_score(Y[HORIZON - 1 :], predicted[: len(Y) - HORIZON + 1, -1])
    assert_allclose(last, expected)
    weights = np.random.default_rng(0).uniform(size=len(Y))
    observed = ~np.isnan(model.actuals(X, Y))
    weighted = r2_score(y_true, y_pred, sample_weight=np.repeat(weights, observed.sum(axis=1)))
    assert_allclose(model.score(X, Y, sample_weight=weights), weighted)


@pytest.mark.parametrize("lead", [0, 5, "x"])
def test_a_scorer_of_a_step_beyond_the_horizon(lead):
    X = windows(TABLE)
    model = forecaster(horizon=HORIZON).fit(X, Y)
    if lead == 5:
        with pytest.raises(ValueError, match="lead=5 is beyond the horizon of 4 steps ahead"):
            horizon_scorer(lead=lead)(model, X, Y)
    else:
        with pytest.raises((ValueError, TypeError)):
            horizon_scorer(lead=lead)


PARAMETERS = {
    "anchor": {"anchor": "last"},
    "mean": {"anchor": "mean"},
    "season": {"season": 24},
    "season and anchor": {"season": (24,), "anchor": "last"},
    "season before": {"season": 3, "anchor": "season"},
    "shrunk": {"shrink": True},
    "by series": {"normalize_y": "series"},
    "decoder": {"decoder": "lstm"},
    "known": {"decoder": "lstm", "known_future": ["hour"]},
    "quantiles": {"quantiles": (0.1, 0.5, 0.9)},
    "ensemble": {"n_members": 2},
    "early stop": {"early_stopping": True, "learning_rate_schedule": "cosine"},
    "stride": {"train_stride": 3},
    "flat": {"decoder": "lstm", "bidirectional": True, "units": (4, 3), "decoder_units": (3, 4)},
}


@pytest.mark.filterwarnings("ignore:season=.* no series of X covers two such cycles")
@pytest.mark.parametrize("case", PARAMETERS)
def test_nothing_beyond_the_fold_changes_a_fit_or_a_forecast(case):
    frame = panel()
    changed = frame.copy()
    later = frame.index.get_level_values("time") >= frame.index[100][0]
    changed.loc[later, "temp"] += np.random.default_rng(1).normal(size=int(later.sum())) * 100
    fits = []
    for rows in (frame, changed):
        model = of_panel(**PARAMETERS[case]).fit(rows[~later], rows["temp"][~later])
        weights = [w for member in model[-1].network_.weights for w in member]
        # A forecast made right after the fold does not depend on later rows.
        windows_of = model[:-1].transform(rows)
        first = np.flatnonzero(later)[:3]
        fits.append((weights, model[-1].predict(windows_of[first])))
    for one, two in zip(*(weights for weights, _ in fits), strict=True):
        assert_array_equal(one, two)
    assert_array_equal(fits[0][1], fits[1][1])


@pytest.mark.parametrize("case", PARAMETERS)
def test_a_forecast_does_not_depend_on_the_rows_predicted_with_it(case):
    frame = panel()
    model = of_panel(**PARAMETERS[case]).fit(frame, frame["temp"])
    X = model[:-1].transform(frame)
    together = model[-1].predict(X)
    some = np.array([100, 7, 55])
    assert_array_equal(model[-1].predict(X[some]), together[some])
    assert np.isfinite(together).all()


@pytest.mark.filterwarnings("ignore:season=.* no series of X covers two such cycles")
def test_selected_rows_learn_from_themselves_alone():
    X, later = windows(TABLE), np.arange(60, 100)
    other = Y.copy()
    other.iloc[:60] = 1e6
    other.iloc[100:] = -1e6
    one = forecaster(horizon=HORIZON, season=24).fit(X[later], Y.iloc[later])
    two = forecaster(horizon=HORIZON, season=24).fit(X[later], other.iloc[later])
    assert_array_equal(one.predict(X[later]), two.predict(X[later]))


def test_the_anchor_is_what_the_window_ends_with():
    model = forecaster(horizon=HORIZON, anchor="last").fit(windows(TABLE), Y)
    zero_weights(model)
    model.network_.target_transform.mean = np.zeros(HORIZON)
    predictions = model.predict(windows(TABLE))
    assert_allclose(predictions[1:], np.repeat(Y.to_numpy()[:-1, None], HORIZON, axis=1))
    model = forecaster(horizon=HORIZON, anchor="mean").fit(windows(TABLE), Y)
    zero_weights(model)
    model.network_.target_transform.mean = np.zeros(HORIZON)
    by_hand = Y.rolling(4, min_periods=1).mean().to_numpy()[:-1]
    assert_allclose(model.predict(windows(TABLE))[1:, 2], by_hand)


def test_the_anchor_is_found_behind_a_scaler():
    model = make_pipeline(
        StandardScaler(), SequenceWindower(4, lead=1), forecaster(horizon=HORIZON)
    ).fit(TABLE, 3 * Y + 7)
    assert model[-1].network_.target_transform.anchor == "last"
    past = model[-1].network_.target_transform.past
    assert past.columns.tolist() == [0]
    assert_allclose(past.slope, 3 * Y.std(ddof=0))
    assert_allclose(past.intercept, 3 * Y.mean() + 7)


def test_the_anchor_is_not_used_where_no_feature_carries_the_past():
    noise = np.random.default_rng(3).normal(size=len(Y))
    assert forecaster(horizon=2).fit(windows(TABLE), noise).network_.target_transform.anchor is None
    with pytest.raises(ValueError, match="anchor='last' needs to know which feature"):
        forecaster(horizon=2, anchor="last").fit(windows(TABLE), noise)
    assert forecaster(anchor="last", target="wind").fit(windows(TABLE), noise).n_iter_ == 2


def test_the_keras_model_gives_multi_step_forecasts():
    for case in ("anchor", "mean", "decoder", "quantiles", "ensemble", "flat"):
        model = forecaster(**{"horizon": HORIZON} | PARAMETERS[case]).fit(windows(TABLE), Y)
        X = np.asarray(windows(TABLE), dtype=np.float32)
        outputs = np.asarray(model.keras_model_(X))
        if case == "quantiles":
            assert_allclose(outputs, model.predict_quantiles(windows(TABLE)), rtol=1e-4, atol=1e-4)
            outputs = outputs[..., 1]
        assert_allclose(outputs, model.predict(windows(TABLE)), rtol=1e-4, atol=1e-4)
    seasonal = forecaster(horizon=2, season=24).fit(windows(TABLE), Y)
    with pytest.raises(AttributeError, match="predictions depend on the time"):
        _ = seasonal.keras_model_


def test_the_prediction_at_each_step_is_relative_to_that_step():
    X = windows(TABLE.to_numpy(), window=6)
    model = forecaster(horizon=HORIZON, anchor="last").fit(X, Y)
    by_step = model.predict_sequences(X)
    assert by_step.shape == (len(Y), 6, HORIZON)
    assert_allclose(by_step[:, -1], model.predict(X), rtol=1e-5, atol=1e-5)
    shorter = np.asarray(X)[50].copy()
    shorter[3:] = np.nan
    alone = LSTMForecaster(**model.get_params())
    alone.__dict__.update(model.__dict__)
    assert_allclose(by_step[50, 2], alone.predict(shorter[None])[0], rtol=1e-5, atol=1e-5)


def test_quantiles_never_cross_and_the_middle_one_is_predicted():
    X = windows(TABLE)
    model = forecaster(horizon=HORIZON, quantiles=(0.05, 0.5, 0.6, 0.95), epochs=3).fit(X, Y)
    quantiles = model.predict_quantiles(X)
    assert quantiles.shape == (len(Y), HORIZON, 4)
    assert (np.diff(quantiles, axis=-1) >= 0).all()
    assert_array_equal(quantiles[..., 1], model.predict(X))
    assert forecaster(quantiles=(0.5,)).fit(X, Y).predict(X).shape == (len(Y),)


def test_an_ensemble_predicts_the_mean_of_its_members():
    X = windows(TABLE)
    model = forecaster(n_members=3).fit(X, Y)
    one = clone(model).set_params(n_members=1).fit(X, Y)
    assert_array_equal(model.network_.weights[0][0], one.network_.weights[0][0])
    assert model.history_.index.names == ["member", "epoch"]
    predictions = []
    for weights in model.network_.weights:
        set_weights(one, [weights])
        predictions.append(one.predict(X))
    assert_allclose(model.predict(X), np.mean(predictions, axis=0), rtol=1e-6)


@pytest.mark.parametrize("more", [{}, {"dropout": 0.3}, {"early_stopping": True}])
def test_ensemble_members_are_the_same_side_by_side_and_one_by_one(more, monkeypatch):
    X, fits = windows(TABLE), []
    for n_threads in (1, 3):
        monkeypatch.setattr(_training, "threads_of_tensorflow", lambda n=n_threads: n)
        model = forecaster(horizon=HORIZON, n_members=4, warm_start=True, **more).fit(X, Y)
        # They resume side by side, too.
        fits.append([model.predict(X), model.fit(X, Y).predict(X), model.history_])
    for one, other in zip(*fits, strict=True):
        assert_array_equal(one, other)


def test_an_ensemble_member_that_fails_undoes_all():
    model = forecaster(horizon=HORIZON, n_members=3, learning_rate=1e30, optimizer="sgd")
    with pytest.raises(ValueError, match="Training diverged"):
        model.fit(windows(TABLE), Y)
    assert not hasattr(model, "_weights")


def test_a_stateful_network_gives_multi_step_forecasts():
    model = make_pipeline(
        SequenceWindower(6, lead=1), forecaster(horizon=HORIZON, stateful=True)
    ).fit(TABLE, Y)
    assert model.predict(TABLE).shape == (len(Y), HORIZON)
    live = model[-1].stream().push_many(TABLE)
    assert_allclose(live[:-1], model.predict(TABLE)[1:], rtol=1e-5, atol=1e-6)


def test_a_stream_of_windows_predicts_relative_to_the_last_row():
    from sklstm import stream

    model = make_pipeline(SequenceWindower(6, lead=1), forecaster(horizon=HORIZON)).fit(TABLE, Y)
    live = stream(model).push_many(TABLE)
    assert_allclose(live[:-1], model.predict(TABLE)[1:], rtol=1e-5, atol=1e-5)
    seasonal = make_pipeline(SequenceWindower(6, lead=1), forecaster(season=24)).fit(TABLE, Y)
    live = stream(seasonal).push_many(TABLE)
    assert_allclose(live[:-1], seasonal.predict(TABLE)[1:], rtol=1e-5, atol=1e-5)


def test_known_future_covariates_are_read_at_the_step_ahead():
    """A target that is nothing but a known future covariate of its own row."""
    rng = np.random.default_rng(0)
    index = pd.date_range("2024-01-01", periods=400, freq="h")
    known = rng.normal(size=400)
    table = pd.DataFrame({"y": known + 0.0, "known": known}, index=index)
    score = {}
    for names in (["known"], None):
        model = make_pipeline(
            SequenceWindower(5, lead=1),
            forecaster(
                horizon=3, decoder="lstm", known_future=names, anchor=None, units=8, epochs=30
            ),
        ).fit(table[:300], table["y"][:300])
        score[bool(names)] = model.score(table[300:], table["y"][300:])
    assert score[True] > 0.8
    assert score[False] < 0.2


def test_the_keras_model_reads_known_future_covariates():
    frame = panel()
    model = of_panel(**PARAMETERS["known"]).fit(frame, frame["temp"])
    # A series without gaps, as far as its rows have a value for each step ahead.
    rows = np.flatnonzero(frame.index.get_level_values("place") == "a")[:50]
    X = model[:-1].transform(frame)[rows]
    hours = frame.index.get_level_values("time").hour.to_numpy()[rows, None]
    known = ((hours + np.arange(HORIZON)) % 24)[..., None].astype(np.float32)
    outputs = model[-1].keras_model_([np.asarray(X, dtype=np.float32), known])
    assert_allclose(outputs, model[-1].predict(X), rtol=1e-4, atol=1e-4)


def test_a_search_tunes_windows_units_and_decoders_over_a_panel():
    frame = load_australian_temperatures()
    some = frame.index.get_level_values("station").isin(["Canberra", "Sydney", "Hobart"])
    frame = frame[some]
    model = make_pipeline(
        SequenceWindower(window=6, lead=1, by="station"),
        LSTMForecaster(plain=True, horizon=6, season=12, epochs=2, random_state=0),
    )
    search = GridSearchCV(
        model,
        {
            "sequencewindower__window": [6, 12],
            "lstmforecaster__units": [4, 8],
            "lstmforecaster__decoder": ["dense", "lstm"],
        },
        cv=PanelTimeSeriesSplit(n_splits=2, test_size=18),
        scoring=horizon_scorer(),
    ).fit(frame, frame["temperature"])
    assert len(search.cv_results_["params"]) == 8
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    # The forecaster's own score needs no scorer.
    plain = GridSearchCV(model, {"lstmforecaster__units": [4]}, cv=TimeSeriesSplit(2))
    assert np.isfinite(plain.fit(frame, frame["temperature"]).best_score_)


ERRORS = {
    "too long": (
        {"horizon": 500},
        r"Series 'a' has 60 rows to cut targets from, but horizon=500 is longer",
    ),
    "no past": ({"anchor": "mean", "target": "wind"}, "target='wind' is no feature of X"),
    "quantiles": ({"quantiles": (0.9, 0.5)}, "levels between 0 and 1 in increasing order"),
    "no median": ({"quantiles": (0.1, 0.9)}, "0.5 among them"),
    "two losses": ({"quantiles": (0.1, 0.5), "loss": "mae"}, "leave loss=None"),
    "known by whom": ({"known_future": ["hour"]}, 'needs decoder="lstm"'),
    "known what": ({"known_future": ["rain"], "decoder": "lstm"}, "'rain' is no feature of X"),
    "season before of what": ({"anchor": "season"}, "needs the length of the season: set season="),
    "season before the window": (
        {"anchor": "season", "season": 6},
        "windows that are longer than the season: window=6, and the season has 6 steps",
    ),
    "season of what": ({"season": "5min"}, "is .* steps of X long"),
    "season of nothing": ({"season": "moon"}, "season='moon' is no alias of pandas"),
    "decoder of steps": (
        {"decoder": "lstm", "return_sequences": True},
        'decoder="lstm" and return_sequences=True exclude each other',
    ),
    "stateful season": (
        {"season": 24, "stateful": True},
        "season=24 and stateful=True exclude each other",
    ),
    "decoder of one": ({"decoder": "lstm", "horizon": 1}, "it needs a horizon above 1"),
}


@pytest.mark.parametrize("case", ERRORS)
def test_what_cannot_be_is_refused_by_name(case):
    frame = panel()
    parameters, message = ERRORS[case]
    model = of_panel(**parameters)
    with pytest.raises(ValueError, match=message):
        model.fit(frame, frame["temp"])
    assert not hasattr(model[-1], "_weights")


def test_a_series_too_short_is_named():
    frame = panel()
    place = frame.index.get_level_values("place")
    keep = (place != "b") | (np.cumsum(place == "b") <= 3)
    with pytest.raises(ValueError, match="Series 'b' has 3 rows to cut targets from"):
        of_panel().fit(frame[keep], frame["temp"][keep])


def test_what_has_no_time_has_no_horizon_and_no_seasons():
    X = np.asarray(windows(TABLE))
    with pytest.raises(ValueError, match="needs windows straight from SequenceWindower"):
        forecaster(horizon=2).fit(X, Y)
    with pytest.raises(ValueError, match="season=12 needs windows that know"):
        forecaster(season=12).fit(X, Y)
    by_position = SequenceWindower(4, lead=1).fit_transform(TABLE.to_numpy())
    with pytest.raises(ValueError, match="needs rows with a regular index of time"):
        forecaster(season=12).fit(by_position, Y)
    targets = np.zeros((len(Y), 3))
    with pytest.raises(ValueError, match="3 steps ahead, but horizon is 2"):
        forecaster(horizon=2).fit(X, targets[..., None])
    assert forecaster(horizon=3).fit(X, targets).predict(X).shape == (len(Y), 3)


def test_targets_that_are_not_finite():
    y = Y.copy()
    y.iloc[5] = np.inf
    for given in (y, np.tile(y.to_numpy()[:, None], (1, 2))):
        with pytest.raises(ValueError, match="Input y contains"):
            forecaster(horizon=2).fit(windows(TABLE), given)


def test_a_resumed_fit_tells_which_targets_it_has_seen():
    index = pd.date_range("2024-01-01", periods=120, freq="h")
    table = pd.DataFrame({"v": np.random.default_rng(0).normal(size=120)}, index=index)
    ahead = np.stack([np.roll(table["v"], -step) for step in range(3)], axis=1)[:, :, None]
    windows = SequenceWindower(window=4, lead=1).fit_transform(table)
    model = (
        forecaster(horizon=3)
        .fit(windows[:50], ahead[:50])
        .partial_fit(windows[50:80], ahead[50:80])
    )
    with pytest.warns(UserWarning, match="which holds the y of 2 of the rows"):
        model.predict(windows[80:])


def test_switches_of_numpy_are_switches():
    table = TABLE.iloc[:80]
    windows = SequenceWindower(window=4, lead=1).fit_transform(table)
    y = table.iloc[:, 0]
    models = [
        forecaster(normalize_y=off, anchor=None).fit(windows, y) for off in (False, np.False_)
    ]
    assert_allclose(models[0].predict(windows), models[1].predict(windows))
    with pytest.raises(ValueError, match="stateful=True and bidirectional=True exclude"):
        forecaster(stateful=True, bidirectional=np.True_).fit(windows, y)
