"""The versions are those that are installed, the engine is that of the predictions."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from importlib.metadata import PackageNotFoundError, version

import pytest

from sklstm import show_versions
from sklstm.networks._native import load_native


def lines_of(capsys):
    show_versions()
    out = capsys.readouterr().out
    parts = [line.partition(":") for line in out.splitlines()]
    return {name.strip(): value.strip() for name, _, value in parts}


def test_versions_engine_and_environment(capsys, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    lines = lines_of(capsys)
    for name in ("sklstm", "scikit-learn", "tensorflow", "keras", "scikeras", "pandas"):
        assert lines[name] == version(name)
    assert lines["threads"] == lines["OMP_NUM_THREADS"] == "1"
    native = load_native()
    assert lines["predictions"].startswith("NumPy" if native is None else "native code (")


def test_without_native_code(capsys, monkeypatch):
    monkeypatch.setattr("sklstm.networks._native.load_native", lambda: None)
    lines = lines_of(capsys)
    assert (lines["predictions"], lines["training"]) == ("NumPy", "TensorFlow")


def test_what_is_not_installed(capsys, monkeypatch):
    def missing(name):
        raise PackageNotFoundError(name)

    monkeypatch.setattr("sklstm.inspection._show_versions.version", missing)
    assert lines_of(capsys)["skops"] == "None"


@pytest.mark.parametrize("name", ["System", "Dependencies", "Engine"])
def test_sections(capsys, name):
    show_versions()
    assert f"\n{name}:\n" in capsys.readouterr().out
