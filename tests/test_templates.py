"""The templates run on messy CSV files, and the guide shows them as they are."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import re
import runpy
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.messy_csv import write_load, write_recordings

ROOT = Path(__file__).parents[1]
TEMPLATES = ROOT / "examples" / "templates"


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def run_one(name, source, result):
        monkeypatch.setattr("sys.argv", [name, str(source), str(result)])
        return runpy.run_path(str(TEMPLATES / name))

    return run_one


@pytest.mark.slow
def test_forecast_a_csv(run, tmp_path, capsys):
    time = write_load(tmp_path / "load.csv")
    names = run("forecast_csv.py", "load.csv", "forecast.csv")
    X = names["X"]
    assert X.index.is_unique
    assert X.index.is_monotonic_increasing
    assert X.index.isin(time).all()  # slips are at their hours, and the zone is known
    assert list(X.columns) == ["load", "temperature"]
    assert 70 < names["missing"] < 100
    made = pd.read_csv("forecast.csv")
    assert list(made.columns) == ["time", "forecast", "lower", "upper"]
    first = pd.to_datetime(made["time"], utc=True).iloc[0]
    assert first == time[-1] + pd.Timedelta("1h")
    assert len(made) == 24
    assert ((made["lower"] <= made["forecast"]) & (made["forecast"] <= made["upper"])).all()
    errors = names["errors"].groupby("model")["mean_absolute_error"].mean()
    assert errors["LSTM"] < errors.drop("LSTM").min()
    assert f"{len(X)} rows from 2025-09-01" in capsys.readouterr().out


@pytest.mark.slow
def test_label_recordings(run, tmp_path, capsys):
    truth = write_recordings(tmp_path / "recordings.csv")
    names = run("label_recordings.py", "recordings.csv", "labels.csv")
    # Gaps are missing steps: as many steps as from the first to the last time.
    assert all(np.isnan(array).any() for array in names["X"])
    assert {len(array) for array in names["X"]} <= set(range(30, 90))
    assert names["search"].best_score_ > names["score"] + 0.1
    made = pd.read_csv("labels.csv", index_col="recording")
    assert list(made.columns) == ["activity", "run", "sit", "walk"]
    assert (made["activity"] == [truth[name] for name in made.index]).mean() > 0.8
    np.testing.assert_allclose(made[["run", "sit", "walk"]].sum(axis=1), 1, atol=0.01)
    assert "labelled recordings of 3" in capsys.readouterr().out


def test_the_guide_includes_the_templates():
    text = (ROOT / "docs" / "user_guide" / "templates.md").read_text(encoding="utf-8")
    shown = re.findall(r"\{literalinclude\} \.\./\.\./examples/templates/(\S+)", text)
    assert sorted(shown) == sorted(path.name for path in TEMPLATES.glob("*.py"))
    for path in TEMPLATES.glob("*.py"):
        assert max(map(len, path.read_text(encoding="utf-8").splitlines())) <= 84
