"""The recipes of the guide that need other packages run where these are installed."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import sklstm

GUIDE = Path(__file__).parents[1] / "docs" / "user_guide"
BLOCK = re.compile(r"^```(?:python|py)\n(.*?)^```", re.MULTILINE | re.DOTALL)
LAST = "folder.cleanup()"


def run_page(page, *sections):
    """Run the start of a page and some of its sections; return the names that they set."""
    start, *rest = re.split(r"^## ", (GUIDE / page).read_text(encoding="utf-8"), flags=re.MULTILINE)
    names: dict = {"__name__": "recipe"}
    for part in [start, *(text for text in rest if text.splitlines()[0] in sections)]:
        for block in BLOCK.findall(part):
            if block.strip() != LAST:
                exec(compile(block, page, "exec"), names)
    return names


@pytest.mark.slow
# What other packages warn of in their own code is theirs, here and below.
@pytest.mark.filterwarnings("ignore")
def test_shap():
    pytest.importorskip("shap")
    names = run_page("interoperability.md", "SHAP")
    explanation, predict = names["explanation"], names["predict_table"]
    assert explanation.values.shape == (3, 24)
    total = explanation.values.sum(axis=1) + explanation.base_values
    np.testing.assert_allclose(total, predict(names["table"][50:53]), rtol=1e-3)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_mapie():
    pytest.importorskip("mapie")
    names = run_page("interoperability.md", "MAPIE")
    test, model = names["test"], names["model"]
    assert names["intervals"].shape == (100, 2, 1)
    np.testing.assert_array_equal(names["predicted"], model.predict(test[100:]))
    inside = (names["intervals"][:, 0, 0] <= test["temp"][100:]) & (
        test["temp"][100:] <= names["intervals"][:, 1, 0]
    )
    assert 0.7 < inside.mean() <= 1


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_onnx(tmp_path, monkeypatch):
    for package in ("tf2onnx", "onnx", "onnxruntime"):
        pytest.importorskip(package)
    monkeypatch.chdir(tmp_path)
    names = run_page("interoperability.md", "ONNX")
    expected = names["forecaster"].predict(names["windows"])
    np.testing.assert_allclose(names["predicted"][:, 0], expected, rtol=1e-4, atol=1e-4)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_an_app_with_a_stream_for_each_key():
    pytest.importorskip("fastapi")
    pytest.importorskip("httpx")
    from fastapi.testclient import TestClient

    names = run_page("serving.md", "An app that takes one row after the other")
    client, model = TestClient(names["app"]), names["model"]
    rows = names["weather"][:30]
    keys = [f"station {number}" for number in range(4)]

    def send(key):
        each = zip(rows.index, rows["temp"], strict=True)
        sent = [{"time": str(time), "temp": temp} for time, temp in each]
        return [client.post(f"/{key}", json=row).json()["forecast"] for row in sent]

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(send, keys))
    live = sklstm.stream(model)
    expected = np.array([live.push(rows[k : k + 1]) for k in range(len(rows))])
    for answer in answers:
        np.testing.assert_allclose(np.array(answer), expected, rtol=1e-6)
    assert set(names["locks"]) == set(keys)
    names["folder"].cleanup()


@pytest.mark.slow
def test_a_job_that_loads_forecasts_and_appends():
    names = run_page("serving.md", "A job that runs every hour")
    made = pd.read_csv(names["place"] / "forecasts.csv", parse_dates=["time", "made_at"])
    names["folder"].cleanup()
    first = made[made["made_at"] == made["made_at"].min()]
    rows = names["weather"][:400]
    expected = sklstm.forecast(names["model"], rows)
    np.testing.assert_allclose(first["temp"], expected, rtol=1e-6)
    assert (first["time"].to_numpy() == expected.index.to_numpy()).all()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_mlflow(tmp_path, monkeypatch):
    mlflow = pytest.importorskip("mlflow")
    pytest.importorskip("skops")
    names = run_page("serving.md", "A registry of models: MLflow")
    model, again, rows = names["model"], names["again"], names["weather"]
    np.testing.assert_array_equal(again.predict(rows), model.predict(rows))
    # A run on files, as a server would keep it.
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    mlflow.set_tracking_uri((tmp_path / "runs").as_uri())
    with mlflow.start_run():
        logged = mlflow.sklearn.log_model(
            model, name="weather", pip_requirements=["sklstm"], **names["how"]
        )
    loaded = mlflow.sklearn.load_model(logged.model_uri)
    np.testing.assert_array_equal(loaded.predict(rows), model.predict(rows))
