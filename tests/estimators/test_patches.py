"""Patches, views, channels, calendar and averaged forms, as users meet them."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
from sklearn.pipeline import make_pipeline

from sklstm import LSTMClassifier, LSTMForecaster, SequenceWindower, forecast, stream
from sklstm.training._calendar_inputs import calendar_of

FAST = {"units": 4, "epochs": 2, "random_state": 0}
FORECASTERS = {
    "defaults": {},
    "overlapping hours": {"patch_size": 5, "calendar": None},
    "relative to the mean": {"anchor": "mean", "calendar": ("day", "week")},
    "levels": {"anchor": None, "calendar": None},
    "steps": {"patch_size": 1},
    "quantiles": {"horizon": 3, "quantiles": (0.1, 0.5, 0.9), "calendar": None},
    "decoder": {"horizon": 3, "decoder": "lstm", "known_future": ["wind"], "calendar": None},
    "season": {"horizon": 3, "season": 24},
    "series by series": {"horizon": 3, "target": ["temp", "wind"]},
    "jointly": {"horizon": 3, "channel_independent": False, "target": ["temp", "wind"]},
}
# Of several targets the calendar is not read by default.
NO_CALENDAR = ("series by series", "jointly")


def table(n=400, seed=0, missing=0.1):
    rng = np.random.default_rng(seed)
    hours = pd.date_range("2024-01-01", periods=n, freq="h")
    wave = np.sin(np.arange(n) * np.pi / 12)
    found = pd.DataFrame(
        {"temp": wave + rng.normal(size=n).cumsum() / 10, "wind": rng.normal(size=n)}, index=hours
    )
    return found[rng.random(n) >= missing]


def pipeline(name, **params):
    settings = FAST | FORECASTERS[name] | params
    return make_pipeline(SequenceWindower(window=30, lead=1), LSTMForecaster(**settings))


def target_of(name, X):
    return X[FORECASTERS[name].get("target", "temp")]


@pytest.mark.parametrize("name", FORECASTERS)
def test_later_rows_change_nothing(name):
    X = table()
    y = target_of(name, X)
    late = X.copy()
    late.iloc[300:] = 1e3
    one = pipeline(name).fit(X[:300], y[:300])
    two = pipeline(name).fit(late[:300], target_of(name, late)[:300])
    horizon = one[-1].horizon
    # Known future covariates may be looked up ahead.
    safe = 300 - horizon
    np.testing.assert_array_equal(one.predict(X)[:safe], two.predict(late)[:safe])


@pytest.mark.slow
@pytest.mark.parametrize("name", FORECASTERS)
def test_rows_before_the_window_change_nothing(name):
    X = table()
    model = pipeline(name).fit(X, target_of(name, X))
    windower, network = model[0], model[-1]
    early = X.copy()
    early.iloc[:100] = early.iloc[:100] * 50 + 7
    changed = clone(windower).fit(early)
    # 30 steps of a clock with gaps.
    np.testing.assert_array_equal(
        network.predict(windower.transform(X))[140:],
        network.predict(changed.transform(early))[140:],
    )


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(set(FORECASTERS) - {"season"}))
def test_the_exported_model_predicts_the_same(name):
    X = table()
    model = pipeline(name).fit(X, target_of(name, X))
    windows = model[0].transform(X)
    inputs = model[-1].keras_inputs(windows)
    reads_calendar = model[-1].calendar is not None and name not in NO_CALENDAR
    assert (isinstance(inputs, dict) and "calendar" in inputs) == reads_calendar
    exported = model[-1].keras_model_.predict(inputs, verbose=0)
    quantiles = "quantiles" in FORECASTERS[name]
    expected = model[-1].predict_quantiles(windows) if quantiles else model[-1].predict(windows)
    np.testing.assert_allclose(exported.reshape(expected.shape), expected, atol=1e-5)


def test_a_season_cannot_be_exported():
    X = table()
    model = pipeline("season").fit(X, X["temp"])
    assert len(model[-1].network_.companions) == 3
    with pytest.raises(AttributeError, match=r"with season= .* depend on the time"):
        _ = model[-1].keras_model_


@pytest.mark.slow
@pytest.mark.parametrize(
    "params",
    [{}, {"patch_size": 4}, {"views": ("differences",)}, {"patch_size": 3, "n_members": 1}],
    ids=str,
)
def test_a_classifier_reads_arrays_and_exports(params):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(80, 21, 2)).cumsum(axis=1)
    y = np.where(X[:, -1, 0] > X[:, 10, 0], "up", "down")
    X[rng.random((80, 21)) < 0.2] = np.nan
    X[3], X[4, :15], X[5, 10:] = np.nan, np.nan, np.nan
    model = LSTMClassifier(**FAST, **params).fit(X, y)
    probabilities = model.predict_proba(X)
    exported = model.keras_model_.predict(X, verbose=0)
    np.testing.assert_allclose(exported[:, 0], probabilities[:, 1], atol=1e-6)
    np.testing.assert_array_equal(model.predict_proba(X[7:9]), probabilities[7:9])


@pytest.mark.parametrize("name", ["overlapping hours", "relative to the mean", "steps"])
def test_a_stream_predicts_what_predict_does(name):
    X = table(missing=0.0)
    model = pipeline(name).fit(X[:300], X["temp"][:300])
    live = stream(model).warm_up(X[200:300])
    pushed = live.push_many(X[300:350])
    np.testing.assert_allclose(pushed, model.predict(X)[301:351], atol=1e-12)
    np.testing.assert_allclose(live.push(X.iloc[350]), model.predict(X)[351], atol=1e-12)


@pytest.mark.filterwarnings("ignore:X does not have valid feature names")
def test_a_stream_of_a_model_that_reads_the_calendar_needs_timestamps():
    X = table(missing=0.0)
    live = stream(pipeline("defaults").fit(X, X["temp"]))
    with pytest.raises(ValueError, match="reads the calendar, and the rows have no timestamps"):
        live.push(np.zeros(2))
    with pytest.raises(ValueError, match=r"by the time of a window .*, which X does not know"):
        live.estimator.predict(np.zeros((2, 30, 2)))


@pytest.mark.parametrize("name", ["defaults", "overlapping hours", "series by series"])
def test_every_step_is_predicted_from_a_window_that_ends_there(name):
    X = table(missing=0.0)
    model = pipeline(name).fit(X, target_of(name, X))
    windows = model[0].transform(X)
    at_each = model[-1].predict_sequences(windows)
    np.testing.assert_allclose(at_each[:, -1], model[-1].predict(windows), atol=1e-12)
    assert np.isfinite(at_each[50:]).all()


def test_members_side_by_side_are_those_one_by_one():
    X = table()
    one_by_one = pipeline("defaults", n_members=3, verbose=0).set_params(
        lstmforecaster__callbacks=[]
    )
    beside = pipeline("defaults", n_members=3)
    for model in (one_by_one, beside):
        model.fit(X, X["temp"])
    np.testing.assert_array_equal(one_by_one.predict(X), beside.predict(X))


def test_shares_of_forms_add_up_and_are_kept_when_resumed():
    X = table()
    model = pipeline("defaults", warm_start=True).fit(X, X["temp"])
    network = model[-1].network_
    assert len(network.companions) == 1
    np.testing.assert_allclose(network.shares.sum(axis=0), 1.0)
    parts = [
        of.predict_alone(model[0].transform(X).window_index, every_step=False)
        for of in (network, *network.companions)
    ]
    expected = sum(share * part for share, part in zip(network.shares[:, 0], parts, strict=True))
    np.testing.assert_allclose(model.predict(X), expected[:, 0])
    longer = table(n=1300)
    model.fit(longer, longer["temp"])
    np.testing.assert_array_equal(model[-1].network_.shares, network.shares)
    # Two forms of three members each, both fits.
    assert len(model[-1].history_) == 2 * 3 * 2 * FAST["epochs"]


def test_each_target_is_a_series_of_its_own():
    X = table(missing=0.0)
    both = pipeline("series by series").fit(X, X[["temp", "wind"]])
    spec = both[-1].network_.spec
    assert (spec.n_features, spec.n_outputs) == (1, 1)
    assert both[-1].network_.n_features == 2
    # What the other target does is not read.
    other = X.copy()
    other["wind"] *= 3
    windows, changed = both[0].transform(X), both[0].transform(other)
    np.testing.assert_array_equal(
        both[-1].predict(windows)[100:, :, 0], both[-1].predict(changed)[100:, :, 0]
    )
    assert not np.allclose(
        both[-1].predict(windows)[100:, :, 1], both[-1].predict(changed)[100:, :, 1]
    )


def test_a_level_that_moves_moves_the_forecast():
    X = table(missing=0.0)[["temp"]]
    model = make_pipeline(
        SequenceWindower(window=24, lead=1), LSTMForecaster(anchor="last", **FAST)
    )
    # The level itself is read, too; without it, forecasts move with the level and by no more.
    model.fit(X, X["temp"])
    patches = model[-1].network_.spec.patches
    assert patches.views == ("minus_last",)
    assert patches.level_of == (0,)


@pytest.mark.slow
def test_patch_size_is_tuned_like_any_parameter():
    X = table(missing=0.0)
    model = make_pipeline(SequenceWindower(window=24, lead=1), LSTMForecaster(**FAST))
    search = GridSearchCV(
        model, {"lstmforecaster__patch_size": [1, 6, "auto"]}, cv=TimeSeriesSplit(2)
    )
    search.fit(X, X["temp"])
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert len(forecast(search.best_estimator_, X)) == 1


@pytest.mark.parametrize(
    ("freq", "window", "expected"),
    [("h", 48, 24), ("h", 24, 12), ("D", 14, 7), ("MS", 24, 12), ("15min", 200, 96), ("W", 20, 10)],
)
def test_a_patch_is_a_cycle_of_the_clock(freq, window, expected):
    dates = pd.date_range("2020-01-01", periods=260, freq=freq)
    X = pd.DataFrame({"v": np.random.default_rng(0).normal(size=260)}, index=dates)
    model = make_pipeline(SequenceWindower(window=window, lead=1), LSTMForecaster(**FAST))
    assert model.fit(X, X["v"])[-1].network_.spec.patches.size == expected


def test_the_calendar_is_read_where_training_covers_it():
    for n, freq, cycles in [
        (400, "h", ("day",)),
        (400, "D", ("year",)),
        (20, "h", ()),
        (60, "MS", ("year",)),
    ]:
        X = pd.DataFrame(
            {"v": np.arange(n) % 7.0}, pd.date_range("2020-01-01", periods=n, freq=freq)
        )
        model = make_pipeline(SequenceWindower(window=6, lead=1), LSTMForecaster(**FAST))
        assert model.fit(X, X["v"])[-1].network_.input_transform.cycles == cycles


def test_calendar_features_are_angles_of_local_time():
    at = pd.DatetimeIndex(["2024-01-01 06:00", "2024-07-01 18:00"], tz="Europe/Vienna")
    found = calendar_of(at, ("day", "week", "year"))
    np.testing.assert_allclose(found[:, :2], [[1, 0], [-1, 0]], atol=1e-6)
    # Both are Mondays.
    np.testing.assert_allclose(found[0, 2], np.sin(2 * np.pi * 0.25 / 7), atol=1e-6)
    np.testing.assert_allclose(found[1, 5], np.cos(2 * np.pi * 182.75 / 366), atol=1e-6)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (LSTMForecaster(patch_size=9), "patch_size=9 is longer than the windows, which have 4"),
        (LSTMForecaster(calendar=("month",)), "calendar must be a tuple of names out of"),
        (LSTMForecaster(calendar=("day",)), r"calendar=\('day',\) needs rows with dates"),
        (LSTMForecaster(patch_size=2, stateful=True), "patch_size=2 and stateful=True exclude"),
        (LSTMClassifier(views=("vals",)), "views must be a tuple of names out of"),
        (
            LSTMClassifier(input_noise=0.1, return_sequences=True),
            "input_noise=0.1 and return_sequences=True exclude each other",
        ),
    ],
    ids=str,
)
def test_what_cannot_be_is_refused(model, message):
    X = np.random.default_rng(0).normal(size=(40, 1))
    y = (X[:, 0] > 0).astype(int)
    windows = SequenceWindower(window=4, lead=1).fit_transform(X)
    with pytest.raises(ValueError, match=message):
        model.fit(windows, y)


def test_a_season_holds_without_the_past_of_the_target():
    X = table(missing=0.0)
    y = 5 * np.sin(np.arange(len(X)) * np.pi / 12)
    model = make_pipeline(
        SequenceWindower(window=6, lead=1), LSTMForecaster(season=24, anchor="auto", **FAST)
    ).fit(X[["wind"]], y)
    assert model[-1].network_.companions == ()
    assert model[-1].network_.target_transform.seasons is not None
    assert model.score(X[["wind"]], y) > 0.95


@pytest.mark.slow
@pytest.mark.parametrize("kind", [LSTMClassifier, LSTMForecaster])
def test_patches_train_with_dropout_in_the_recurrence(kind):
    X = np.random.default_rng(0).normal(size=(60, 12, 2))
    model = kind(units=4, patch_size=4, recurrent_dropout=0.2, epochs=2, random_state=0)
    model.fit(X, X[:, 0, 0] > 0 if kind is LSTMClassifier else X[:, 0, 0])
    assert np.isfinite(model.history_["loss"]).all()
