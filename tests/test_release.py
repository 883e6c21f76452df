"""What a release states in several places is the same everywhere: versions, pins, workflows."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import importlib.metadata
import re
import tomllib
from pathlib import Path

import pytest
from hatchling.build import prepare_metadata_for_build_wheel

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


@pytest.fixture
def metadata_of_a_wheel(tmp_path, monkeypatch):
    """Return what the metadata of a wheel are, for the addresses in the environment."""

    def metadata(repository=None, documentation=None):
        for name, address in (("REPOSITORY", repository), ("DOCUMENTATION", documentation)):
            monkeypatch.delenv(f"SKLSTM_{name}", raising=False)
            if address:
                monkeypatch.setenv(f"SKLSTM_{name}", address)
        monkeypatch.chdir(ROOT)
        folder = tmp_path / prepare_metadata_for_build_wheel(str(tmp_path))
        return importlib.metadata.PathDistribution(folder).metadata

    return metadata


def test_the_links_of_a_released_readme_work_elsewhere(metadata_of_a_wheel):
    repository = "https://code.example/sklstm"
    released = metadata_of_a_wheel(repository, "https://docs.example/sklstm")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    text = released.get_payload()
    tag = f"v{sklstm.__version__}"
    links = re.findall(r"\]\(([^)]+)\)", text)
    assert len(links) == len(re.findall(r"\]\(([^)]+)\)", readme)) > 30
    files = 0
    for link in links:
        if file := re.fullmatch(rf"{repository}/(?:blob|raw)/{tag}/([^#]+)(?:#[\w-]+)?", link):
            assert (ROOT / file[1]).exists(), link
            files += 1
        else:
            assert re.match(rf"{repository}/actions/|https://img\.shields\.io/", link), link
    assert files > 25
    assert f"]({repository}/raw/{tag}/docs/_static/forecast.png)" in text
    assert f"]({repository}/blob/{tag}/README.md#quickstart)" in text
    # Beside the links, nothing changed.
    plain = re.compile(r"\]\([^)]+\)")
    assert plain.sub("]", text) == plain.sub("]", readme)
    assert sorted(released.get_all("Project-URL")) == [
        f"Changelog, {repository}/blob/{tag}/CHANGELOG.md",
        "Documentation, https://docs.example/sklstm/",
        f"Issues, {repository}/issues",
        f"Source, {repository}",
    ]


def test_without_an_address_a_wheel_states_none(metadata_of_a_wheel):
    built = metadata_of_a_wheel()
    assert built.get_all("Project-URL") is None
    assert built.get_payload() == (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_badges_state_what_is_true():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    low, high = re.fullmatch(r">=(3\.\d+),<3\.(\d+)", PROJECT["requires-python"]).groups()
    assert f"/badge/python-{low}_to_3.{int(high) - 1}-blue)](#install)" in readme
    licence = PROJECT["license"].replace("-", "--")
    assert f"/badge/licence-{licence}-blue)](LICENSE)" in readme


def test_the_workflow_of_a_release_states_the_addresses():
    yaml = pytest.importorskip("yaml")
    text = (ROOT / ".github" / "workflows" / "wheels.yml").read_text(encoding="utf-8")
    build = yaml.safe_load(text)["jobs"]["build"]
    assert set(build["env"]) == {"SKLSTM_REPOSITORY", "SKLSTM_DOCUMENTATION"}
    hook = (ROOT / "hatch_metadata.py").read_text(encoding="utf-8")
    assert all(f'"{name}"' in hook for name in build["env"])
