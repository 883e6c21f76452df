"""The archive: parts of a file, read with every size and hash checked before it is used."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import hashlib
import io
import json
import math
import re
import struct
import zipfile
import zlib

import numpy as np

MANIFEST = "manifest.json"
# The tree of objects, in the format of skops.
TREE = "schema.json"
FORMAT = "sklstm"
SCHEMA = 1
MOST_PARTS = 200_000
# JSON is the only thing that is compressed: at most so much of it, and so many bytes for each.
MOST_JSON = 1 << 28
MOST_EXPANSION = 200
SMALL = 1 << 20

_NAME = re.compile(r"(manifest\.json|schema\.json|[0-9]{1,9}\.(npy|bin))")
_COMPRESSION = {zipfile.ZIP_STORED: "stored", zipfile.ZIP_DEFLATED: "deflated"}
# What zipfile raises for a damaged file.
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    OverflowError,
    RuntimeError,
    UnicodeDecodeError,
    ValueError,
)


class FileError(ValueError):
    """A file is not what it says, or not one that may be loaded."""


def sha256(data) -> str:
    """Return the SHA-256 of some bytes, as hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def write_archive(file, parts, manifest):
    """Write parts and their manifest.

    Parameters
    ----------
    file : file object
        Where to write.
    parts : dict of str to bytes
        The parts.
    manifest : dict
        What is said of them; size and hash of each part are added.
    """
    listed = {
        name: {"bytes": len(data), "sha256": sha256(data)} for name, data in sorted(parts.items())
    }
    text = json.dumps({**manifest, "parts": listed}, indent=1, sort_keys=True).encode()
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in [(MANIFEST, text), *sorted(parts.items())]:
            # Text that is nearly empty is not compressed: it would look like a trap.
            compresses = name.endswith(".json") and (
                len(data) <= SMALL or len(data) <= MOST_EXPANSION * len(zlib.compress(data)) // 2
            )
            compresses = compresses and len(data) <= MOST_JSON
            # The date of all parts is the same, so that the same model gives the same bytes.
            info = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED if compresses else zipfile.ZIP_STORED
            info.external_attr = 0o600 << 16
            archive.writestr(info, data)


def read_archive(path):
    """Read parts and their manifest, and check them.

    Parameters
    ----------
    path : path-like
        The file.

    Returns
    -------
    manifest : dict
        What is said of the parts.
    parts : dict of str to bytes
        The parts.

    Raises
    ------
    FileError
        If anything is not as the manifest says, or larger than the file can hold.
    """
    try:
        with open(path, "rb") as file, zipfile.ZipFile(file) as archive:
            infos = archive.infolist()
            _check_entries(path, infos, file.seek(0, io.SEEK_END))
            manifest = _read_manifest(path, archive)
            listed = manifest["parts"]
            _check_names(path, {info.filename for info in infos} - {MANIFEST}, set(listed))
            parts = {}
            for info in infos:
                if info.filename == MANIFEST:
                    continue
                said = listed[info.filename]
                _compare(path, info.filename, "bytes", said["bytes"], info.file_size)
                data = archive.read(info)
                _compare(path, info.filename, "bytes", said["bytes"], len(data))
                _compare(path, info.filename, "SHA-256", said["sha256"], sha256(data))
                if info.filename.endswith(".npy"):
                    _check_array(path, info.filename, data)
                parts[info.filename] = data
    except FileError:
        raise
    except _DAMAGE as error:
        raise FileError(
            f"{path} is no file of sklstm.save, or it is damaged or cut off ({error}); copy it "
            "again, or save the model again."
        ) from error
    return manifest, parts


def _check_entries(path, infos, n_bytes):
    """Refuse names, sizes and kinds of entries that save does not write."""
    if len(infos) > MOST_PARTS:
        raise FileError(f"{path} holds {len(infos)} parts; at most {MOST_PARTS} are read.")
    names = [info.filename for info in infos]
    for info in infos:
        name = info.filename
        if not _NAME.fullmatch(name):
            raise FileError(
                f"{path} holds a part named {name!r}; expected names such as '{TREE}' and '0.npy', "
                "without folders."
            )
        kind = "deflated" if name.endswith(".json") else "stored"
        found = _COMPRESSION.get(info.compress_type, f"method {info.compress_type}")
        if info.flag_bits & 1 or found not in ("stored", kind):
            how = "encrypted" if info.flag_bits & 1 else found
            raise FileError(f"The part {name!r} of {path} is {how}; expected {kind}.")
        allowed = info.compress_size
        if found == "deflated":
            allowed = min(max(MOST_EXPANSION * info.compress_size, SMALL), MOST_JSON)
        if info.file_size > allowed:
            raise FileError(
                f"The part {name!r} of {path} says that it is {info.file_size} bytes long, and "
                f"{info.compress_size} bytes of the file are its own: at most {allowed} are read."
            )
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise FileError(f"{path} holds {names.count(twice)} parts named {twice!r}; expected one.")
    total = sum(info.compress_size for info in infos)
    if total > n_bytes:
        raise FileError(f"The parts of {path} are {total} bytes long, and the file {n_bytes}.")


def _read_manifest(path, archive):
    """Read the manifest, and check what it says of itself."""
    if MANIFEST not in archive.namelist():
        raise FileError(
            f"{path} has no part {MANIFEST!r}, so that sklstm.save has not written it. Files of "
            "skops are read by skops.io.load, pickles by pickle.load or joblib.load."
        )
    try:
        manifest = json.loads(archive.read(MANIFEST))
    except RecursionError as error:
        raise FileError(f"The manifest of {path} is nested too deeply.") from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        found = manifest.get("format") if isinstance(manifest, dict) else manifest
        raise FileError(f"The format of {path} is {found!r}; expected {FORMAT!r}.")
    schema = manifest.get("schema")
    if type(schema) is not int or schema < 1:
        raise FileError(
            f"The schema of {path} is {schema!r}; expected a number from 1 to {SCHEMA}."
        )
    if schema > SCHEMA:
        raise FileError(
            f"The schema of {path} is {schema}, written by version {manifest.get('sklstm')} of "
            f"sklstm; this version reads schemas up to {SCHEMA}. Load it with a newer sklstm."
        )
    parts = manifest.get("parts")
    if not isinstance(parts, dict) or not all(
        isinstance(said, dict) and {"bytes", "sha256"} <= set(said) for said in parts.values()
    ):
        raise FileError(f"The manifest of {path} does not list size and SHA-256 of the parts.")
    return manifest


def _check_names(path, found, listed):
    """Refuse parts that are missing, and parts that nobody lists."""
    if found != listed:
        missing, unlisted = sorted(listed - found)[:3], sorted(found - listed)[:3]
        raise FileError(
            f"The manifest of {path} lists {len(listed)} parts, the file holds {len(found)}: "
            f"missing are {missing}, not listed are {unlisted}."
        )
    if TREE not in found:
        raise FileError(f"{path} has no part {TREE!r}, the tree of its objects.")


def _compare(path, name, what, said, found):
    """Refuse a part that is not what the manifest says."""
    if said != found:
        raise FileError(
            f"The part {name!r} of {path} was changed: its manifest says {what} {said!r}, found "
            f"{found!r}. Copy the file again, or save the model again."
        )


def _check_array(path, name, data):
    """Refuse an array that is not as long as its header says, before NumPy makes room for it."""
    file = io.BytesIO(data)
    version = np.lib.format.read_magic(file)
    readers = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }
    if version not in readers:
        raise FileError(f"The array {name!r} of {path} has version {version}; expected (1, 0).")
    shape, _, dtype = readers[version](file)
    if dtype.hasobject:
        raise FileError(f"The array {name!r} of {path} holds objects; expected numbers or text.")
    said, found = math.prod(shape) * max(dtype.itemsize, 1), len(data) - file.tell()
    if min(shape, default=0) < 0 or said != found:
        raise FileError(
            f"The array {name!r} of {path} says that its shape is {shape} with "
            f"{dtype.itemsize} bytes for each value, which is {said} bytes; found {found}."
        )
