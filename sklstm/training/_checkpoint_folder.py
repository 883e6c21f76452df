"""The folder that a fit keeps its checkpoints in: one of its own, held by a lock."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np

from sklstm.training._checkpoint_file import CheckpointFile

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_LOCK, _START = "lock", "start.npz"
# All that a fit ever writes, and may remove.
_OWN = re.compile(r"lock|(start|network-\d+-\d+)\.npz|\.(start|network-\d+-\d+)\.npz\.\w+\.part")


class CheckpointFolder:
    """The files of one fit.

    Parameters
    ----------
    path : pathlib.Path
        The folder.
    """

    def __init__(self, path: Path):
        self.path = path
        self._n_trainings = 0

    def files(self, n_members: int) -> list[CheckpointFile]:
        """Return the files of the networks of the next training.

        A fit that goes on trains its networks in the order in which it did before.

        Parameters
        ----------
        n_members : int
            Networks of the training.

        Returns
        -------
        list of CheckpointFile
            One for each.
        """
        number = self._n_trainings
        self._n_trainings += 1
        return [
            CheckpointFile(self.path / f"network-{number}-{member}.npz")
            for member in range(n_members)
        ]

    def start_from(self, rng: np.random.Generator) -> np.random.Generator:
        """Return the generator that the fit started with, and keep it if it starts now.

        Parameters
        ----------
        rng : numpy.random.Generator
            What a new fit starts with.

        Returns
        -------
        numpy.random.Generator
            The same, or the one of the fit that goes on.
        """
        file = CheckpointFile(self.path / _START)
        kept = file.read()
        if kept is not None:
            return _generator(kept)
        seeds = rng.bit_generator.seed_seq
        names = ("entropy", "spawn_key", "pool_size", "n_children_spawned")
        file.write(
            {
                "kind": type(rng.bit_generator).__name__,
                "seeds": {name: getattr(seeds, name) for name in names},
                "state": rng.bit_generator.state,
            }
        )
        return rng

    def remove(self) -> None:
        """Remove what the fit wrote, and the folder if nothing else is in it."""
        for path in self.path.iterdir():
            if _OWN.fullmatch(path.name):
                # Windows removes no file that is open: the lock stays there.
                with suppress(PermissionError):
                    path.unlink(missing_ok=True)
        with suppress(OSError):
            self.path.rmdir()


def _generator(kept):
    seeds = np.random.SeedSequence(**kept["seeds"])
    rng = np.random.Generator(getattr(np.random, kept["kind"])(seeds))
    rng.bit_generator.state = kept["state"]
    return rng


@contextmanager
def checkpoint_folder(checkpoint, fingerprint: str) -> Iterator[CheckpointFolder]:
    """Hold the folder of a fit; remove it when the fit is done.

    Two fits of the same at the same time have two folders: the second one's name ends in ``-1``.

    Parameters
    ----------
    checkpoint : str or path-like
        The folder in which those of all fits are; it is made if there is none.
    fingerprint : str
        Names the fit: the same for the same fit, and for no other.

    Yields
    ------
    CheckpointFolder
        Of this fit. It stays if the fit is interrupted, or if a file cannot be written.

    Raises
    ------
    ValueError
        If `checkpoint` is a file.
    OSError
        If the folder cannot be made.
    """
    parent = Path(os.path.abspath(checkpoint))
    if parent.exists() and not parent.is_dir():
        raise ValueError(f"checkpoint must be a folder; got the file {str(checkpoint)!r}.")
    path, lock = _hold(parent, fingerprint)
    folder = CheckpointFolder(path)
    try:
        yield folder
        folder.remove()
    except (TypeError, ValueError):
        # The fit itself fails, and would fail again.
        folder.remove()
        raise
    finally:
        os.close(lock)


def _hold(parent, fingerprint):
    """Return the first folder of a fit that nobody else holds, and its lock."""
    number = 0
    while True:
        path = parent / (fingerprint if number == 0 else f"{fingerprint}-{number}")
        path.mkdir(parents=True, exist_ok=True)
        try:
            lock = os.open(path / _LOCK, os.O_RDWR | os.O_CREAT)
        except FileNotFoundError:
            # Another fit of the same has just ended and removed it.
            continue
        if not _lock(lock):
            os.close(lock)
            number += 1
        elif _is_there(path / _LOCK, lock):
            return path, lock
        else:
            os.close(lock)


def _lock(descriptor: int) -> bool:
    """Lock a file for as long as it is open, which ends with the process; False if another has."""
    try:
        if sys.platform == "win32":
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True


def _is_there(path, descriptor: int) -> bool:
    """Tell whether an open file is still the one of that name."""
    try:
        return os.path.samestat(os.stat(path), os.fstat(descriptor))
    except FileNotFoundError:
        return False
