"""Save a fitted model to one file."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import io
import json
import platform
import zipfile
from importlib import metadata

from sklstm._version import __version__
from sklstm.persistence._archive import FORMAT, SCHEMA, TREE, write_archive
from sklstm.persistence._types import import_skops, trusted_types
from sklstm.utils._atomic_write import moved_into_place

_PACKAGES = ("numpy", "pandas", "scikit-learn", "scipy", "skops", "keras", "tensorflow")


def save(model, path, *, trusted=()):
    """Save a model, or a whole pipeline, to one file that runs no code when it is loaded.

    The file is written beside its place and then moved there: whoever reads `path` finds the old
    file or the new one, never a part of one.

    Parameters
    ----------
    model : estimator
        An estimator of sklstm or scikit-learn, or a pipeline, a search or another meta-estimator
        around some.
    path : str or path-like
        Where to write; a file that exists is replaced.
    trusted : list of str, default=()
        Full names of classes and functions of other packages that the model holds, such as
        ``"my_module.MyScaler"``. :func:`load` asks for the same.

    Raises
    ------
    TypeError
        If the model is no estimator, or holds what cannot be saved without code: functions
        (``loss=my_loss``), objects of Keras (``callbacks=``), callbacks of scikit-learn
        (``set_callbacks``), time zones without a name (``dateutil.tz.tzlocal``), classes of other
        packages that are not in `trusted`.
    OSError
        If the file cannot be written; a file that was there stays as it was.

    See Also
    --------
    load : Load the file.
    model_card : Describe the model in words.

    Notes
    -----
    The same model gives the same bytes. The file is a zip archive: ``manifest.json`` with the
    schema, classes and parameters, versions, names of features, and size and SHA-256 of each part;
    the tree of objects as skops writes it; and an array of NumPy for each array.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> from sklearn.pipeline import make_pipeline
    >>> import sklstm
    >>> X = np.sin(np.arange(80.0))[:, None]
    >>> model = make_pipeline(
    ...     sklstm.SequenceWindower(window=6, lead=1),
    ...     sklstm.LSTMForecaster(units=2, epochs=1, random_state=0),
    ... ).fit(X, X[:, 0])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "waves.sklstm"
    ...     sklstm.save(model, path)
    ...     again = sklstm.load(path)
    >>> bool((again.predict(X) == model.predict(X)).all())
    True
    """
    if not hasattr(model, "get_params") or isinstance(model, type):
        raise TypeError(
            f"save writes an estimator, or a pipeline or search around some; got {model!r:.80}."
        )
    allowed = trusted_types(trusted)
    parts, types = _take_apart(model, allowed)
    manifest = {
        "format": FORMAT,
        "schema": SCHEMA,
        "sklstm": __version__,
        "versions": _versions(),
        "model": _describe(model),
        "types": types,
    }
    with moved_into_place(path) as file:
        write_archive(file, parts, manifest)


def _take_apart(model, allowed):
    """Return the parts of a model, and the types that are not trusted by skops itself."""
    skops = import_skops()
    try:
        data = skops.dumps(model)
        types = skops.get_untrusted_types(data=data)
    except (skops.exceptions.UnsupportedTypeException, RecursionError, TypeError) as error:
        raise TypeError(
            f"{type(model).__name__} cannot be saved without code: {error}. {_ADVICE}"
        ) from error
    unknown = [name for name in types if name not in allowed]
    if unknown:
        raise TypeError(
            f"{type(model).__name__} holds types that load would refuse: {unknown}. {_ADVICE}"
        )
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        tree = json.loads(archive.read(TREE))
        names: dict[str, str] = {}
        _renumber(tree, names, {})
        parts = {new: archive.read(old) for old, new in names.items()}
    parts[TREE] = json.dumps(tree, separators=(",", ":")).encode()
    return parts, types


_ADVICE = (
    "Give losses, metrics and optimizers by their names, leave callbacks out (set_params(callbacks="
    "None), and delete callbacks_; set_callbacks() without any removes those of scikit-learn), fit "
    "on a time zone that has a name (X.index.tz_convert('Europe/Berlin')) in place of that of the "
    "machine (tzlocal), or name further types in trusted= of save and load; pickle writes "
    "everything, and runs the code of whatever file it loads."
)


def _renumber(node, names: dict, numbers: dict):
    """Replace addresses of memory by running numbers, in the tree and in the names of parts."""
    if isinstance(node, list):
        for child in node:
            _renumber(child, names, numbers)
    elif isinstance(node, dict):
        if isinstance(node.get("file"), str):
            ending = node["file"].rpartition(".")[2]
            node["file"] = names.setdefault(node["file"], f"{len(names)}.{ending}")
        if isinstance(node.get("__id__"), int):
            # Equal numbers and strings are one, whether or not Python keeps them as one.
            is_json = node.get("__loader__") == "JsonNode"
            key = node["content"] if is_json else node["__id__"]
            node["__id__"] = numbers.setdefault(key, len(numbers))
        for child in node.values():
            _renumber(child, names, numbers)


def _versions():
    """Return the versions of what the model was made with."""
    versions = {"python": platform.python_version()}
    for name in _PACKAGES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return versions


def _describe(model):
    """Say which classes a model consists of, their parameters, and the names of its features."""
    params = model.get_params(deep=True)
    estimators = {k: v for k, v in params.items() if hasattr(v, "get_params") and "__" not in k}
    told: dict = {
        "class": f"{type(model).__module__}.{type(model).__name__}",
        "parameters": {
            key: repr(value)
            for key, value in sorted(params.items())
            if "__" not in key and key not in estimators and key != "steps"
        },
    }
    if estimators:
        told["estimators"] = {key: _describe(value) for key, value in estimators.items()}
    try:
        names = getattr(model, "feature_names_in_", None)
        n_features = getattr(model, "n_features_in_", None)
    except AttributeError:
        names = n_features = None
    if n_features is not None:
        told["n_features_in"] = int(n_features)
    if names is not None:
        told["feature_names_in"] = [str(name) for name in names]
    return told
