"""Tests of files that somebody changed: refused with both values named, nothing large allocated."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import io
import json
import tracemalloc
import zipfile
from contextlib import contextmanager

import numpy as np
import pytest
from sklearn.preprocessing import StandardScaler

import sklstm
from sklstm import __version__
from sklstm.persistence._archive import MANIFEST, TREE, sha256
from tests.persistence import models

SOME = "3.npy"


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    """The bytes of a good file."""
    path = tmp_path_factory.mktemp("good") / "model"
    sklstm.save(models.on_index("hours", plain=True)[0], path)
    return path.read_bytes()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model"


def parts_of(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def write(path, parts, *, compress=(), update=True):
    """Write parts; with an honest manifest, if asked for."""
    if update:
        manifest = json.loads(parts[MANIFEST])
        manifest["parts"] = {
            name: {"bytes": len(data), "sha256": sha256(data)}
            for name, data in parts.items()
            if name != MANIFEST
        }
        parts = {**parts, MANIFEST: json.dumps(manifest).encode()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in parts.items():
            kind = zipfile.ZIP_DEFLATED if name in compress else zipfile.ZIP_STORED
            archive.writestr(zipfile.ZipInfo(name), data, compress_type=kind)


def with_manifest(data, **changes):
    parts = parts_of(data)
    parts[MANIFEST] = json.dumps(json.loads(parts[MANIFEST]) | changes).encode()
    return parts


@contextmanager
def little_memory(most=30_000_000):
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < most
    finally:
        tracemalloc.stop()


def npy(descr, shape, data=b"\0" * 8):
    file = io.BytesIO()
    header = {"descr": descr, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, header)
    return file.getvalue() + data


@pytest.mark.slow
def test_any_changed_part_is_named(good, path):
    parts = parts_of(good)
    for name, data in parts.items():
        if name == MANIFEST:
            continue
        changed = data[:-1] + bytes([data[-1] ^ 1])
        write(path, {**parts, name: changed}, update=False)
        with pytest.raises(ValueError, match=rf"part '{name}' of .* was changed") as error:
            sklstm.load(path)
        assert sha256(data) in str(error.value)
        assert sha256(changed) in str(error.value)


def test_any_flipped_byte_is_found_or_does_no_harm(good, path):
    window = np.random.default_rng(0)
    expected = None
    for place in window.choice(len(good), 150, replace=False):
        data = bytearray(good)
        data[place] ^= 0xFF
        path.write_bytes(bytes(data))
        try:
            model = sklstm.load(path)
        except ValueError:
            continue
        # A date or an attribute of the archive.
        state = [array.tobytes() for array in model[-1].network_.weights[0]]
        expected = expected or state
        assert state == expected


def test_every_truncation_is_refused(good, path):
    for length in [*range(0, 60), *range(60, len(good), len(good) // 60), len(good) - 1]:
        path.write_bytes(good[:length])
        with pytest.raises(ValueError, match=r"damaged or cut off"):
            sklstm.load(path)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"schema": 2}, rf"schema of .* is 2, written by version {__version__}.*up to 1"),
        ({"schema": 0}, "schema of .* is 0; expected a number from 1 to 1"),
        ({"schema": True}, "schema of .* is True; expected"),
        ({"format": "other"}, "format of .* is 'other'; expected 'sklstm'"),
        ({"parts": []}, "does not list size and SHA-256"),
        ({"parts": {}}, r"lists 0 parts, the file holds \d+"),
    ],
)
def test_the_manifest_must_be_one(good, path, changes, message):
    write(path, with_manifest(good, **changes), update=False)
    with pytest.raises(ValueError, match=message):
        sklstm.load(path)


@pytest.mark.parametrize("text", [b"[]", b"{", b"\xff", b"[" * 100_000, b"1" * 10_000])
def test_the_manifest_must_be_json(good, path, text):
    write(path, {**parts_of(good), MANIFEST: text}, update=False)
    with pytest.raises(ValueError, match=r"manifest|damaged|format"):
        sklstm.load(path)


def test_a_file_of_skops_or_of_pickle_is_named(path):
    import pickle

    import skops.io

    skops.io.dump(StandardScaler(), path)
    with pytest.raises(ValueError, match=r"skops\.io\.load"):
        sklstm.load(path)
    path.write_bytes(pickle.dumps(StandardScaler()))
    with pytest.raises(ValueError, match="no file of sklstm"):
        sklstm.load(path)


@pytest.mark.parametrize(
    "name", ["../evil.npy", "/etc/passwd", "a/b.npy", "..", "evil.py", "C:\\a.npy", "0.npy "]
)
def test_names_lead_nowhere(good, path, name):
    write(path, {**parts_of(good), name: b"x"})
    with pytest.raises(ValueError, match="holds a part named") as error:
        sklstm.load(path)
    assert repr(name) in str(error.value)
    assert list(path.parent.iterdir()) == [path]


def test_missing_and_further_parts_are_named(good, path):
    parts = parts_of(good)
    write(path, {name: data for name, data in parts.items() if name != SOME}, update=False)
    with pytest.raises(ValueError, match=rf"missing are \['{SOME}'\]"):
        sklstm.load(path)
    write(path, {**parts, "999.npy": b"x"}, update=False)
    with pytest.raises(ValueError, match=r"not listed are \['999.npy'\]"):
        sklstm.load(path)
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr(SOME, parts[SOME])
    with pytest.raises(ValueError, match=rf"2 parts named '{SOME}'; expected one"):
        sklstm.load(path)


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (npy("<f8", (10**12,)), "8000000000000 bytes; found 8"),
        (npy("<f8", (10**6, 10**6, 10**6)), "found 8"),
        (npy("<f8", (-1,)), "says that its shape"),
        (npy("<f8", (2**63, 2**63)), "found 8"),
        (npy("<U0", (10**15,)), "found 8"),
        (npy("<f8", (0,)), "found 8"),
        (npy("|O", (1,)), "holds objects"),
        (b"\x93NUMPY\x07\x00abc", "version"),
        (b"not an array", "damaged"),
    ],
)
def test_arrays_are_as_long_as_they_say(good, path, array, message):
    write(path, {**parts_of(good), SOME: array})
    with little_memory(), pytest.raises(ValueError, match=message):
        sklstm.load(path)


def test_a_bomb_is_not_unpacked(good, path):
    parts = {**parts_of(good), TREE: b" " * (1 << 27)}
    write(path, parts, compress={TREE})
    assert path.stat().st_size < 1_000_000
    with little_memory(), pytest.raises(ValueError, match=r"says that it is 134217728 bytes long"):
        sklstm.load(path)
    write(path, {**parts_of(good), SOME: b"\0" * (1 << 24)}, compress={SOME})
    with little_memory(), pytest.raises(ValueError, match="is deflated; expected stored"):
        sklstm.load(path)


def tree_of(good):
    return json.loads(parts_of(good)[TREE])


def load_tree(good, path, tree):
    parts = {**parts_of(good), TREE: json.dumps(tree).encode()}
    write(path, parts)
    return sklstm.load(path)


LOADERS = ("ConstructorFromReduceNode", "ObjectNode", "FunctionNode")
CALL = {
    "__class__": "system",
    "__module__": "os",
    "__loader__": "ConstructorFromReduceNode",
    "__id__": 10**6,
    "content": {
        "__class__": "tuple",
        "__module__": "builtins",
        "__loader__": "TupleNode",
        "__id__": 10**6 + 1,
        "content": [
            {
                "__class__": "str",
                "__module__": "builtins",
                "__loader__": "JsonNode",
                "__id__": 10**6 + 2,
                "content": '"touch evil"',
                "is_json": True,
            }
        ],
    },
}


@pytest.mark.parametrize(
    ("loader", "module", "name"),
    [
        *((loader, "os", "system") for loader in LOADERS),
        *((loader, "builtins", "eval") for loader in LOADERS),
        *((loader, "sklstm.forecasting._stream", "stream") for loader in LOADERS),
        # Trusted, but not to be called.
        ("ConstructorFromReduceNode", "sklearn.metrics._ranking", "roc_auc_score"),
        ("ConstructorFromReduceNode", "sklstm.preprocessing._clock", "Clock"),
    ],
)
def test_nothing_of_the_file_is_called(good, path, loader, module, name, monkeypatch):
    monkeypatch.chdir(path.parent)
    tree = tree_of(good)
    tree["content"]["content"]["steps"] = CALL | {
        "__module__": module, "__class__": name, "__loader__": loader
    }  # fmt: skip
    with pytest.raises(ValueError, match=r"not trusted|cannot be built"):
        load_tree(good, path, tree)
    assert list(path.parent.iterdir()) == [path]


def test_a_module_of_the_file_is_not_imported(good, path, monkeypatch):
    monkeypatch.syspath_prepend(path.parent)
    (path.parent / "evil_module.py").write_text("raise SystemExit('imported')")
    tree = tree_of(good)
    tree["__module__"] = "evil_module"
    with pytest.raises(ValueError, match=r"not trusted: \['evil_module\.Pipeline'\]"):
        load_tree(good, path, tree)


@pytest.mark.parametrize(
    "tree",
    [{}, [], {"protocol": 10**6}, {"protocol": 2, "__loader__": "X"}, None],
)
def test_a_tree_must_be_one(good, path, tree):
    with pytest.raises(ValueError, match="cannot be built"):
        load_tree(good, path, tree)


def test_a_tree_that_is_too_deep(good, path):
    parts = {**parts_of(good), TREE: b"[" * 100_000}
    write(path, parts)
    with pytest.raises(ValueError, match="cannot be built"):
        sklstm.load(path)


def test_another_version_warns(good, path):
    parts = parts_of(good)
    parts[TREE] = parts[TREE].replace(f'\\"{__version__}\\"'.encode(), b'\\"0.0.9\\"')
    write(path, parts)
    with pytest.warns(UserWarning, match=r"written by version 0\.0\.9 of sklstm"):
        sklstm.load(path)
