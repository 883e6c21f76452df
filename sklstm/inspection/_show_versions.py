"""Versions of everything that computes."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, version

from sklstm.networks import describe_engine

_DEPENDENCIES = (
    *("sklstm", "scikit-learn", "numpy", "scipy", "pandas", "joblib"),
    *("tensorflow", "keras", "scikeras", "matplotlib", "skops"),
)
_VARIABLES = (
    *("SKLSTM_NATIVE", "SKLSTM_INSTRUCTION_SET", "KERAS_BACKEND", "TF_CPP_MIN_LOG_LEVEL"),
    *("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "CUDA_VISIBLE_DEVICES"),
)


def show_versions():
    """Print what to put into an issue: system, dependencies, engine and environment variables.

    TensorFlow and Keras are not imported: their versions are those that are installed.

    See Also
    --------
    sklearn.show_versions : The same of scikit-learn.

    Examples
    --------
    >>> from sklstm import show_versions
    >>> show_versions()
    <BLANKLINE>
    System:
          python: ...
    """
    sections = {
        "System": {
            "python": sys.version.replace("\n", " "),
            "executable": sys.executable,
            "machine": platform.platform(),
        },
        "Dependencies": {name: _installed(name) for name in _DEPENDENCIES},
        "Engine": describe_engine(),
        "Environment": {name: os.environ[name] for name in _VARIABLES if name in os.environ},
    }
    for title, lines in sections.items():
        if lines:
            width = max(12, *map(len, lines))
            print(f"\n{title}:")
            print("\n".join(f"{name:>{width}}: {value}" for name, value in lines.items()))


def _installed(name):
    """Return the version of a package; None if it is not installed."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None
