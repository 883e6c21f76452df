"""What a release states in several places is the same everywhere: versions, pins, workflows."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import re
import tomllib
from pathlib import Path

import pytest

import sklstm

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))

if not (ROOT / ".ci").exists():
    pytest.skip("a source archive holds no workflows", allow_module_level=True)


def as_numbers(version):
    return tuple(map(int, version.split(".")))


def test_the_constraints_are_the_lowest_versions_of_the_pins():
    extras = PROJECT["optional-dependencies"]
    pins = [*PROJECT["dependencies"], *extras["plots"], *extras["save"]]
    lowest = dict(re.match(r"([\w-]+)>=([\d.]+)", pin).groups() for pin in pins)
    lines = (ROOT / ".ci" / "minimum.txt").read_text(encoding="utf-8").splitlines()
    held = dict(line.split("==") for line in lines if "==" in line and not line.startswith("#"))
    for name, version in lowest.items():
        given = as_numbers(version)
        assert as_numbers(held[name])[: len(given)] == given, f"{name}>={version}, {held[name]}"
        assert not any(as_numbers(held[name])[len(given) :])


def test_the_version_is_stated_once():
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {sklstm.__version__}\n" in citation
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(r"^## \[(.*?)\]", changes, re.MULTILINE)[1] == sklstm.__version__


def test_the_workflows_run_what_exists():
    yaml = pytest.importorskip("yaml")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    commands = []
    for path in WORKFLOWS:
        jobs = yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"]
        commands += [step.get("run", "") for job in jobs.values() for step in job["steps"]]
        for job in jobs.values():
            needed = job.get("needs", [])
            assert {needed} if isinstance(needed, str) else set(needed) <= set(jobs)
    text = "\n".join(commands)
    assert ".ci/run" in commands
    assert set(re.findall(r"\bmake ([a-z-]+)", text)) <= targets
    named = "\n".join(path.read_text(encoding="utf-8") for path in WORKFLOWS)
    for place in re.findall(r"--constraint (\S+)", named):
        assert (ROOT / place).is_file()


def test_the_matrix_is_three_systems_by_three_sets_of_versions():
    yaml = pytest.importorskip("yaml")
    text = (ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")
    matrix = yaml.safe_load(text)["jobs"]["test"]["strategy"]["matrix"]
    assert [name.split("-")[0] for name in matrix["os"]] == ["ubuntu", "macos", "windows"]
    assert matrix["versions"] == ["minimum", "latest", "nightly"]
    assert [row["versions"] for row in matrix["include"]] == matrix["versions"]
    low, high = re.fullmatch(r">=3\.(\d+),<3\.(\d+)", PROJECT["requires-python"]).groups()
    pythons = {row["python"] for row in matrix["include"]}
    assert pythons == {f"3.{low}", f"3.{int(high) - 1}"}
