"""Tests of save and load: equal predictions, equal bytes, whole files."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import json
import os
import stat
import subprocess
import sys
import threading
import zipfile

import dateutil.tz
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.ensemble import RandomForestRegressor
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
from sklearn.pipeline import make_pipeline

import sklstm
from sklstm import (
    LSTMClassifier,
    LSTMForecaster,
    SequenceWindower,
    To3D,
    __version__,
    forecast,
    stream,
)
from sklstm.metrics import label_scorer
from sklstm.model_selection import PanelTimeSeriesSplit
from sklstm.persistence import _save
from sklstm.persistence._types import OWN_TYPES, types_of_scikit_learn
from tests.persistence import models


class Halver(TransformerMixin, BaseEstimator):
    """A class that no list knows."""

    def fit(self, X, y=None):
        self.n_features_in_ = X.shape[1]
        return self

    def transform(self, X):
        return X / 2


HALVER = f"{__name__}.Halver"


def round_trip(model, path, **how):
    sklstm.save(model, path, **how)
    return sklstm.load(path, **how)


def manifest_of(path):
    with zipfile.ZipFile(path) as archive:
        return json.loads(archive.read("manifest.json"))


@pytest.fixture(scope="module")
def hourly():
    """A fitted pipeline and its rows."""
    return models.on_index("summer time", season="D", horizon=3, plain=True)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.sklstm"


def test_a_pipeline_predicts_the_same(hourly, path):
    model, X = hourly
    again = round_trip(model, path)
    assert_array_equal(again.predict(X), model.predict(X))
    pd.testing.assert_series_equal(forecast(again, X), forecast(model, X))
    assert repr(again) == repr(model)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*known_future:UserWarning")
@pytest.mark.parametrize(
    "make",
    [
        models.by_shop, models.conformal, models.ragged, models.learned_labels,
        pytest.param(models.text_labels, marks=pytest.mark.slow),
        pytest.param(models.reshaped, marks=pytest.mark.slow),
        pytest.param(models.with_known_future, marks=pytest.mark.slow),
    ],
)  # fmt: skip
def test_other_models_predict_the_same(make, path):
    model, X = make()
    assert_array_equal(round_trip(model, path).predict(X), model.predict(X))


@pytest.mark.slow
@pytest.mark.parametrize("mode", models.MODES)
@pytest.mark.parametrize("network", [LSTMClassifier, LSTMForecaster])
def test_every_mode_predicts_the_same(network, mode, path):
    model, X = models.of_sequences(network, mode)
    assert_array_equal(round_trip(model, path).predict(X), model.predict(X))


@pytest.mark.parametrize("cv", [TimeSeriesSplit(2), PanelTimeSeriesSplit(2)], ids=repr)
def test_a_search_predicts_the_same(cv, path):
    X = models.panel()
    pipe = make_pipeline(
        SequenceWindower(window=3, lead=1, by="shop"), LSTMForecaster(plain=True, **models.SMALL)
    )
    search = GridSearchCV(
        pipe,
        {"lstmforecaster__batch_size": [16]},
        cv=cv,
        scoring={"mae": "neg_mean_absolute_error", "r2": "r2"},
        refit="mae",
    ).fit(X, X["v"])
    again = round_trip(search, path)
    assert_array_equal(again.predict(X), search.predict(X))
    assert again.best_params_ == search.best_params_


def test_what_is_not_fitted_is_saved(path):
    model = make_pipeline(SequenceWindower(freq=models.THREE_DAYS), LSTMForecaster(units=3))
    again = round_trip(model, path)
    assert again[0].freq == models.THREE_DAYS
    assert again[1].units == 3
    scorer = GridSearchCV(LSTMClassifier(), {"units": [2]}, scoring=label_scorer("f1_macro"))
    assert repr(round_trip(scorer, path)) == repr(scorer)


def test_training_and_streams_go_on(path):
    model, X = models.on_index("hours", plain=True, warm_start=True)
    again = round_trip(model, path)
    assert_array_equal(stream(again).push(X[-2:]), stream(model).push(X[-2:]))
    y = X["v"]
    assert_array_equal(again.fit(X, y).predict(X), model.fit(X, y).predict(X))


def test_equal_models_give_equal_bytes(hourly, tmp_path):
    model, _ = hourly
    sklstm.save(model, tmp_path / "a")
    sklstm.save(sklstm.load(tmp_path / "a"), tmp_path / "b")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.slow
def test_the_manifest_tells_what_is_inside(hourly, path):
    model, _ = hourly
    sklstm.save(model, path)
    manifest = manifest_of(path)
    assert manifest["schema"] == 1
    assert manifest["sklstm"] == __version__
    assert {"python", "numpy", "scikit-learn", "skops"} <= set(manifest["versions"])
    told = manifest["model"]
    assert told["class"] == "sklearn.pipeline.Pipeline"
    assert told["feature_names_in"] == ["v", "w"]
    assert told["estimators"]["lstmforecaster"]["parameters"]["season"] == "'D'"
    assert all(set(part) == {"bytes", "sha256"} for part in manifest["parts"].values())


def test_loading_and_predicting_import_no_tensorflow(hourly, path):
    model, _ = hourly
    sklstm.save(model, path)
    code = f"""
import sys, sklstm
model = sklstm.load({str(path)!r})
sklstm.model_card(model)
print(sorted({{"tensorflow", "keras", "scikeras"}} & set(sys.modules)))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"


def test_types_of_other_packages_are_named(path):
    model = make_pipeline(Halver()).fit(np.ones((3, 2)))
    with pytest.raises(TypeError, match=rf"types that load would refuse: \['{HALVER}'\]"):
        sklstm.save(model, path)
    assert not path.exists()
    assert_array_equal(
        round_trip(model, path, trusted=[HALVER]).transform(np.ones((1, 2))), [[0.5] * 2]
    )
    with pytest.raises(ValueError, match=rf"types that are not trusted: \['{HALVER}'\]"):
        sklstm.load(path)


def test_trees_have_to_be_trusted(path):
    # Their arrays hold positions that scikit-learn does not check.
    model = RandomForestRegressor(2).fit(np.ones((9, 1)), np.arange(9.0))
    with pytest.raises(TypeError, match=r"sklearn\.tree\._tree\.Tree"):
        sklstm.save(model, path)
    again = round_trip(model, path, trusted=["sklearn.tree._tree.Tree"])
    assert again.predict([[1.0]]) == model.predict([[1.0]])


@pytest.mark.parametrize(
    "params", [{"loss": np.mean}, {"metrics": [len]}, {"callbacks": [object()]}]
)
def test_code_is_not_saved(params, path):
    with pytest.raises(TypeError, match="pickle writes everything"):
        sklstm.save(LSTMForecaster(**params), path)


@pytest.mark.parametrize("model", [3, LSTMForecaster, {"a": 1}])
def test_only_estimators_are_saved(model, path):
    with pytest.raises(TypeError, match="save writes an estimator"):
        sklstm.save(model, path)


@pytest.mark.parametrize("trusted", ["a.B", [Halver]])
def test_trusted_is_a_list_of_names(trusted, path):
    with pytest.raises(TypeError, match="trusted must be a list of full names"):
        sklstm.save(To3D(n_features=1), path, trusted=trusted)


def test_our_types_are_trusted_and_none_is_a_function():
    for name in OWN_TYPES:
        module, _, cls = name.rpartition(".")
        assert isinstance(getattr(__import__(module, fromlist=[cls]), cls), type)
    assert "sklearn.model_selection._split.TimeSeriesSplit" in types_of_scikit_learn()
    assert all(name.startswith("sklearn.") for name in types_of_scikit_learn())


def test_without_skops_the_cure_is_named(path, monkeypatch):
    monkeypatch.setitem(sys.modules, "skops.io", None)
    monkeypatch.setitem(sys.modules, "skops", None)
    with pytest.raises(ImportError, match='pip install "skops'):
        sklstm.save(To3D(n_features=1), path)


# Files. -----------------------------------------------------------------------------------------


def test_a_failure_keeps_the_old_file(path, monkeypatch):
    sklstm.save(To3D(n_features=1), path)
    before = path.read_bytes()

    def full(file, parts, manifest):
        file.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(_save, "write_archive", full)
    with pytest.raises(OSError, match="No space left"):
        sklstm.save(SequenceWindower(), path)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_a_file_is_replaced_and_a_link_is_followed(tmp_path):
    path, link = tmp_path / "model", tmp_path / "link"
    sklstm.save(To3D(n_features=1), path)
    link.symlink_to(path)
    sklstm.save(SequenceWindower(window=7), link)
    assert link.is_symlink()
    assert sklstm.load(path).window == 7
    if os.name == "posix":
        umask = os.umask(0)
        os.umask(umask)
        assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~umask


def test_files_that_are_not_there(tmp_path):
    with pytest.raises(FileNotFoundError):
        sklstm.load(tmp_path / "none")
    with pytest.raises(FileNotFoundError):
        sklstm.save(To3D(n_features=1), tmp_path / "none" / "model")


def test_two_writers_and_a_reader(path):
    sklstm.save(SequenceWindower(window=1), path)
    failures = []

    def write(window):
        for _ in range(15):
            sklstm.save(SequenceWindower(window=window), path)

    def read():
        while any(writer.is_alive() for writer in writers):
            try:
                if sklstm.load(path).window not in (1, 2, 3):
                    failures.append("mixed")
            except Exception as error:  # whatever a reader meets is a failure
                failures.append(error)

    writers = [threading.Thread(target=write, args=(window,)) for window in (2, 3)]
    reader = threading.Thread(target=read)
    for thread in [*writers, reader]:
        thread.start()
    for thread in [*writers, reader]:
        thread.join()
    assert failures == []
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("zone", ["dateutil/Europe/Berlin", dateutil.tz.tzutc()], ids=str)
def test_models_in_time_zones_of_dateutil(zone, tmp_path):
    index = pd.date_range("2024-03-20", periods=200, freq="h", tz=zone)
    X = pd.DataFrame({"v": np.sin(np.arange(200.0))}, index=index)
    last = LSTMForecaster(units=2, epochs=1, plain=True, season="D", random_state=0)
    model = make_pipeline(SequenceWindower(30, lead=1), last).fit(X, X["v"])
    sklstm.save(model, tmp_path / "m.sklstm")
    again = sklstm.load(tmp_path / "m.sklstm")
    np.testing.assert_array_equal(again.predict(X), model.predict(X))


def test_the_time_zone_of_a_machine_is_refused(tmp_path):
    index = pd.date_range("2024-03-20", periods=60, freq="h", tz=dateutil.tz.tzlocal())
    X = pd.DataFrame({"v": np.sin(np.arange(60.0))}, index=index)
    with pytest.raises(TypeError, match="a time zone that has a name"):
        sklstm.save(SequenceWindower(3).fit(X), tmp_path / "m.sklstm")
