"""The state of an estimator: plain, and with the version that it was written by."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import importlib.metadata
import warnings

from sklearn.exceptions import InconsistentVersionWarning

from sklstm._version import __version__
from sklstm.utils._plain_state import PlainState


def _api_page() -> str:
    """Return the address of a class in the API reference, as a template.

    It is empty where the installed package does not state where its documentation is: a release
    does, a clone does not.
    """
    try:
        lines = importlib.metadata.metadata("sklstm").get_all("Project-URL") or []
    except importlib.metadata.PackageNotFoundError:
        return ""
    addresses = dict(line.split(", ", 1) for line in lines)
    if "Documentation" not in addresses:
        return ""
    return addresses["Documentation"] + "generated/{estimator_module}.{estimator_name}.html"


class OtherVersionWarning(InconsistentVersionWarning):
    """Warn that an estimator was pickled or saved by another version of sklstm.

    Parameters
    ----------
    estimator_name : str
        Class of the estimator.
    original_version : str
        The version that wrote it.
    """

    def __init__(self, *, estimator_name, original_version):
        super().__init__(
            estimator_name=estimator_name,
            current_sklearn_version=__version__,
            original_sklearn_version=original_version,
        )

    def __str__(self):
        """Return the message."""
        return (
            f"{self.estimator_name} was written by version {self.original_sklearn_version} of "
            f"sklstm and is read by version {__version__}. Its predictions may differ: compare "
            "some with those that are known, or fit again."
        )


class EstimatorState(PlainState):
    """Give an estimator a plain state that carries the version of sklstm.

    Pickle, copies, skops and :func:`sklstm.save` all read it. The HTML representation links the
    page of the class, where the address of the documentation is known.
    """

    _doc_link_module = "sklstm"

    @property
    def _doc_link_template(self):
        return _api_page()

    def __getstate__(self):
        """Return the state."""
        return {**super().__getstate__(), "_sklstm_version": __version__}

    def __setstate__(self, state):
        """Set the state; warn if another version wrote it."""
        version = state.get("_sklstm_version", "before 0.1.0")
        if version != __version__:
            warnings.warn(
                OtherVersionWarning(estimator_name=type(self).__name__, original_version=version),
                stacklevel=2,
            )
        super().__setstate__({k: v for k, v in state.items() if k != "_sklstm_version"})
