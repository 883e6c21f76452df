"""Worker processes, as the main process sees them."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import os
import pickle
import subprocess
import sys
from contextlib import ExitStack, suppress
from dataclasses import dataclass

# Every library that starts threads reads one of these.
_THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS",
)


@dataclass(frozen=True)
class Mode:
    """The number of threads, and the clock.

    Parameters
    ----------
    title : str
        How the table calls it.
    threads : int
        Threads of every peer.
    clock : {"cpu", "wall"}
        CPU time of all threads of the process, or time on the wall.
    """

    title: str
    threads: int
    clock: str


def modes() -> list[Mode]:
    """Return one thread by CPU time, and all threads by wall time."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return [Mode("1 thread, CPU", 1, "cpu"), Mode(f"{cores} threads, wall", cores or 1, "wall")]


def make_environment(threads: int) -> dict[str, str]:
    """Return the variables of a process that computes on some threads, without a GPU."""
    environment = os.environ | dict.fromkeys(_THREAD_VARIABLES, str(threads))
    return environment | {
        "CUDA_VISIBLE_DEVICES": "",
        "KERAS_BACKEND": "tensorflow",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "PYTHONWARNINGS": "ignore",
    }


class WorkerError(RuntimeError):
    """A command failed in a worker; the message is the traceback there."""


class Worker:
    """A process that does the work of one peer.

    Parameters
    ----------
    peer : str
        Name of the peer, or "alone".
    mode : Mode
        Threads and clock.
    """

    def __init__(self, peer: str, mode: Mode):
        self.peer = peer
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.worker", peer, str(mode.threads), mode.clock],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=None if "BENCHMARKS_DEBUG" in os.environ else subprocess.DEVNULL,
            env=make_environment(mode.threads),
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._commands, self._replies = self._process.stdin, self._process.stdout
        # Imports; the reply is read before the first command.
        self._ready: bool | WorkerError = False
        self._send(None, ())

    def call(self, method: str, *args):
        """Call a method of the peer, and wait for the result.

        Raises
        ------
        WorkerError
            If it fails there.
        """
        self.wait()
        self._send(method, args)
        return self._receive()

    def wait(self) -> None:
        """Wait for the imports to be done.

        Raises
        ------
        WorkerError
            If they fail, at each call.
        """
        if self._ready is False:
            try:
                self._receive()
                self._ready = True
            except WorkerError as error:
                self._ready = error
        if isinstance(self._ready, WorkerError):
            raise self._ready

    def close(self) -> None:
        """End the process by closing its pipe."""
        self._commands.close()
        self._replies.close()
        try:
            self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _send(self, method, args):
        try:
            pickle.dump((method, args), self._commands)
            self._commands.flush()
        except BrokenPipeError:
            raise WorkerError(f"The process of {self.peer} has ended.") from None

    def _receive(self):
        try:
            status, result = pickle.load(self._replies)
        except EOFError:
            raise WorkerError(f"The process of {self.peer} ended without a reply.") from None
        if status == "error":
            raise WorkerError(f"{self.peer}: {result}")
        return result


def start_workers(peers, mode: Mode, stack: ExitStack) -> dict[str, Worker]:
    """Start a process for each peer, side by side, and wait until each is ready or has failed."""
    workers = {peer: stack.enter_context(Worker(peer, mode)) for peer in peers}
    for worker in workers.values():
        # The first call raises the error.
        with suppress(WorkerError):
            worker.wait()
    return workers
