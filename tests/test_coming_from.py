"""The scripts of docs/coming_from run, and the pages show what is there."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

ROOT = Path(__file__).parents[1]
SCRIPTS = ROOT / "benchmarks" / "coming_from"
PAGES = sorted((ROOT / "docs" / "coming_from").glob("*.md"))
# What other packages warn of in their own code is theirs.
PEER = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]


@pytest.fixture
def series():
    hours = pd.date_range("2025-01-01", periods=300, freq="h", name="time")
    wave = 50 + 10 * np.sin(np.arange(300) * np.pi / 12)
    noise = np.random.default_rng(0).normal(size=300)
    return pd.Series(wave + noise, hours, name="temp")


@pytest.mark.parametrize(
    "name",
    [
        "seasonal",
        "ridge",
        pytest.param("sklstm", marks=pytest.mark.medium),
        pytest.param("sklstm_plain", marks=pytest.mark.medium),
        *(
            pytest.param(name, marks=PEER)
            for name in ("keras", "scikeras", "skorch", "skforecast", "sktime", "darts")
        ),
    ],
)
def test_a_script_forecasts_each_midnight(name, series, tmp_path, monkeypatch):
    # Some libraries write logs where they run.
    monkeypatch.chdir(tmp_path)
    # Libraries that are not installed are skipped.
    script = pytest.importorskip(f"benchmarks.coming_from.with_{name}", exc_type=ImportError)
    start = 216
    forecasts = np.asarray(script.predict(script.fit(series[:start], 0), series, start))
    actual = np.stack([series[i : i + 24] for i in range(start, 300 - 23, 24)])
    assert forecasts.shape == actual.shape == (3, 24)
    assert 0.1 < np.abs(forecasts - actual).mean() < 8


@pytest.mark.medium
def test_a_forecast_reads_nothing_of_its_day(series):
    from benchmarks.coming_from import with_ridge, with_seasonal, with_sklstm

    changed = series.copy()
    changed.iloc[-24 - 12 :] += 100  # the last forecast starts at row 264
    for script in (with_seasonal, with_ridge, with_sklstm):
        model = script.fit(series[:216], 0)
        np.testing.assert_array_equal(
            script.predict(model, series, 216), script.predict(model, changed, 216)
        )


def test_the_pages_include_what_exists():
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for included, rest in re.findall(
            r"```\{(?:literal)?include\} (\S+)\n(.*?)```", text, re.DOTALL
        ):
            source = (page.parent / included).read_text(encoding="utf-8")
            for marker in re.findall(r':(?:start-after|end-before): "(.+)"', rest):
                assert source.count(marker) == 1, (page.name, marker)


def test_the_results_name_every_library():
    text = (ROOT / "docs" / "coming_from" / "results.md").read_text(encoding="utf-8")
    pages = {page.stem for page in PAGES} - {"index", "results"}
    assert {"keras", "scikeras", "skorch", "skforecast", "sktime", "darts"} == pages
    for name in pages:
        assert f"{name} " in text.split("Versions:")[1].replace("\n", " ")


def test_no_script_is_too_wide_for_a_page():
    for script in SCRIPTS.glob("with_*.py"):
        assert max(map(len, script.read_text(encoding="utf-8").splitlines())) <= 84
