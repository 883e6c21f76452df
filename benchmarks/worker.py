"""The process of one peer: takes commands over a pipe until the pipe closes."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import os
import pickle
import sys
import time
import traceback
import warnings

CLOCKS = {"cpu": time.process_time, "wall": time.perf_counter}


def main() -> None:
    """Reply to commands ``(method, args)`` with ``("ok", result)`` or ``("error", traceback)``."""
    peer_name, threads, clock_name = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    commands = sys.stdin.buffer
    # Prints go to the error stream: replies have their own channel.
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    warnings.simplefilter("ignore")

    peer = None
    while True:
        try:
            method, args = pickle.load(commands)
        except EOFError:
            return
        try:
            if peer is None:
                # At the first command, so that several processes can import side by side.
                peer = _make(peer_name, threads, CLOCKS[clock_name])
            reply = ("ok", getattr(peer, method)(*args) if method else None)
        except Exception:
            reply = ("error", traceback.format_exc())
        pickle.dump(reply, replies)
        replies.flush()


def _make(name, threads, clock):
    if name == "alone":
        from benchmarks.alone import Alone

        return Alone(threads, clock)
    from benchmarks.peers import make_peer

    return make_peer(name, threads, clock)


if __name__ == "__main__":
    main()
