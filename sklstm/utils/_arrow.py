"""Tables of pyarrow, which is not a dependency, as DataFrames of pandas."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause


def is_arrow(X):
    """Tell whether X is a table or a record batch of pyarrow.

    Parameters
    ----------
    X : object
        Anything.

    Returns
    -------
    bool
        pyarrow itself is not needed to tell.
    """
    return type(X).__module__.partition(".")[0] == "pyarrow" and hasattr(X, "to_pandas")


def from_arrow(X):
    """Turn a table of pyarrow into a DataFrame.

    Parameters
    ----------
    X : object
        Anything.

    Returns
    -------
    frame : object
        The DataFrame; anything that is no table of pyarrow as it is.
    has_index : bool
        Whether the index means something: not that of a table which never had one.
    """
    if not is_arrow(X):
        return X, True
    return X.to_pandas(), b"pandas" in (X.schema.metadata or {})
