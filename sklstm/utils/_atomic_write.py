"""Write a file beside its place, and move it there when it is whole."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import os
import secrets
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def moved_into_place(path):
    """Open a file beside its place; move it there if all goes well, else remove it.

    Whoever reads `path` finds the old file or the new one, never a part of one.

    Parameters
    ----------
    path : str or path-like
        The place; a file that is there is replaced.

    Yields
    ------
    file object
        To write bytes to.

    Examples
    --------
    >>> import tempfile
    >>> from sklstm.utils._atomic_write import moved_into_place
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     place = Path(folder) / "numbers"
    ...     with moved_into_place(place) as file:
    ...         n_written = file.write(b"1 2 3")
    ...     place.read_bytes()
    b'1 2 3'
    """
    place = Path(os.path.realpath(path))
    beside = place.with_name(f".{place.name}.{secrets.token_hex(8)}.part")
    try:
        with open(beside, "xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, place)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
