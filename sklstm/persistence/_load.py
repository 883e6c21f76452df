"""Load a model from a file of `save`."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import io
import json
import zipfile

from sklstm.persistence._archive import TREE, FileError, read_archive
from sklstm.persistence._types import import_skops, trusted_types

# Nodes of skops that call what they name.
_CALLS = ("ConstructorFromReduceNode", "MethodNode", "OperatorFuncNode", "PartialNode")
# What building the objects of a tree raises if their state is not one of theirs.
_WRONG_STATE = (
    ArithmeticError,
    AttributeError,
    ImportError,
    LookupError,
    MemoryError,
    RecursionError,
    RuntimeError,
    TypeError,
    ValueError,
)


def load(path, *, trusted=()):
    """Load a model that :func:`save` has written, without running code of the file.

    Sizes, hashes, types and shapes are checked before anything is built. TensorFlow is not
    imported.

    Parameters
    ----------
    path : str or path-like
        The file.
    trusted : list of str, default=()
        Full names of classes and functions that you trust beside those of sklstm and scikit-learn.
        Their modules are imported, and their code may run.

    Returns
    -------
    model : estimator
        A model that predicts what the saved one predicts.

    Raises
    ------
    ValueError
        If the file is damaged, cut off, changed, of a newer schema, or holds types that are not
        trusted.
    OSError
        If the file cannot be read.

    Warns
    -----
    sklearn.exceptions.InconsistentVersionWarning
        If another version of sklstm or of scikit-learn wrote the file.

    See Also
    --------
    save : Write the file.

    Notes
    -----
    The hashes find accidental damage, and changes by people who leave the manifest as it was. They
    do not say who wrote a file. A file from a stranger cannot run code, but its model may predict
    anything.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import sklstm
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "windower.sklstm"
    ...     sklstm.save(sklstm.SequenceWindower(window=24, lead=6), path)
    ...     sklstm.load(path)
    SequenceWindower(lead=6, window=24)
    """
    allowed = trusted_types(trusted)
    _, parts = read_archive(path)
    skops = import_skops()
    checked = io.BytesIO()
    with zipfile.ZipFile(checked, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    data = checked.getvalue()
    try:
        unknown = set(skops.get_untrusted_types(data=data)) - allowed
        unknown |= _called_by_name(json.loads(parts[TREE])) - set(trusted)
    except _WRONG_STATE as error:
        raise _not_a_tree(path, error) from error
    if unknown:
        raise FileError(
            f"{path} holds types that are not trusted: {sorted(unknown)}; expected those of "
            "sklstm, scikit-learn and NumPy. If you know them and who wrote the file, name them in "
            "trusted=."
        )
    try:
        model = skops.loads(data, trusted=sorted(allowed))
    except _WRONG_STATE as error:
        raise _not_a_tree(path, error) from error
    if not hasattr(model, "get_params"):
        raise FileError(f"{path} holds {type(model).__name__}; expected an estimator.")
    return model


def _called_by_name(tree):
    """Name what would be called with arguments of the file: nothing that save writes needs it."""
    names, left = set(), [tree]
    while left:
        node = left.pop()
        if isinstance(node, dict):
            if node.get("__loader__") in _CALLS:
                names.add(f"{node.get('__module__')}.{node.get('__class__')}")
            left += node.values()
        elif isinstance(node, list):
            left += node
    return names


def _not_a_tree(path, error):
    """Say that the objects of a file cannot be built."""
    return FileError(
        f"The objects of {path} cannot be built ({type(error).__name__}: {error}). The file was "
        "changed, or written by versions whose objects differ; its manifest.json names them."
    )
