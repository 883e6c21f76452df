"""Run the rows: all peers in turn, again and again, so that a slow minute is slow for all."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field

import numpy as np

from benchmarks.cases import Case
from benchmarks.processes import Mode, Worker, WorkerError, start_workers

STEPS_PER_EXECUTION = (1, 8, 16, 32)
# The largest relative difference of losses.
TOLERANCE = 0.005


@dataclass
class Row:
    """The measurements of a row in a mode.

    Parameters
    ----------
    case, mode : Case, Mode
        What was done, and how time was measured.
    seconds : dict of str to list of float
        By peer, one number for each repeat.
    losses : dict of str to float
        By peer, what it reached from the same weights with the same order.
    steps_per_execution : int or None
        What tuned Keras chose.
    failures : dict of str to str
        Peers that could not do it, and why.
    """

    case: Case
    mode: Mode
    seconds: dict[str, list[float]] = field(default_factory=dict)
    losses: dict[str, float] = field(default_factory=dict)
    steps_per_execution: int | None = None
    failures: dict[str, str] = field(default_factory=dict)

    def median(self, peer: str) -> float:
        """Return the median time of a peer."""
        return float(np.median(self.seconds[peer]))

    def ratio(self, peer: str) -> float:
        """Return how many times as long as sklstm a peer takes; "pytorch" is the faster one."""
        if peer == "pytorch":
            return min(self.ratio(p) for p in ("skorch", "torch") if p in self.seconds)
        return self.median(peer) / self.median("sklstm")

    def spread(self, peer: str) -> tuple[float, float]:
        """Return the least and the greatest ratio of the repeats side by side."""
        pairs = zip(self.seconds[peer], self.seconds["sklstm"], strict=False)
        ratios = [theirs / ours for theirs, ours in pairs]
        return min(ratios), max(ratios)

    def loss_difference(self, peer: str) -> float | None:
        """Return the relative difference of the loss to that of hand-written Keras."""
        if peer not in self.losses or "keras" not in self.losses:
            return None
        reference = self.losses["keras"]
        return (self.losses[peer] - reference) / reference

    def counts(self, peer: str) -> bool:
        """Tell whether a peer reached the loss that the others reached."""
        difference = self.loss_difference(peer)
        return difference is None or abs(difference) <= TOLERANCE


class Comparison:
    """Run rows in one mode after the other, and keep what the first one found.

    Parameters
    ----------
    repeats : int
        Repeats of each measurement.
    steps_choices : tuple of int
        Steps per execution that tuned Keras may choose from.
    say : callable
        Where progress goes.
    """

    def __init__(self, repeats: int, steps_choices: tuple[int, ...], say):
        self.repeats, self.steps_choices, self.say = repeats, steps_choices, say
        # GFLOP/s of the best matrix product, by the title of the mode.
        self.sgemm: dict[str, float] = {}
        self._steps: dict[str, int] = {}

    def run(self, cases: list[Case], mode: Mode) -> Iterator[Row]:
        """Run rows in one mode, and yield each when it is done."""
        peers = list(dict.fromkeys(p for c in cases if c.kind != "first" for p in c.peers))
        with ExitStack() as stack:
            workers = start_workers(peers, mode, stack)
            for case in cases:
                self.say(f"[{mode.title}] {case.title}")
                row = Row(case, mode)
                if case.kind == "first":
                    self._first(row)
                else:
                    self._warm(row, workers)
                self._report(row)
                yield row
            self._measure_sgemm(workers, mode)

    def _measure_sgemm(self, workers, mode):
        found = []
        for peer in ("sklstm", "torch"):
            if peer in workers:
                with suppress(WorkerError):
                    found.append(workers[peer].call("sgemm"))
        if found:
            self.sgemm[mode.title] = max(found)
            self.say(f"[{mode.title}] matrix product: {max(found):.0f} GFLOP/s")

    def _report(self, row):
        for peer, seconds in row.seconds.items():
            difference = row.loss_difference(peer)
            loss = "" if difference is None else f"   loss {difference:+.2%}"
            ratio = f"{row.ratio(peer):6.2f}×" if "sklstm" in row.seconds else ""
            self.say(f"    {peer:9s} {np.median(seconds) * 1e3:10.2f} ms {ratio}{loss}")
        for peer, reason in row.failures.items():
            self.say(f"    {peer:9s} failed: {reason.strip().splitlines()[-1]}")

    def _weights(self, case: Case, worker: Worker | None, mode: Mode):
        """Get the initial weights of sklstm, in a process of its own, which keeps others fresh."""
        if worker is None:
            with Worker("sklstm", mode) as own:
                return self._weights(case, own, mode)
        return worker.call("initial_weights", case)

    def _first(self, row: Row) -> None:
        case, mode = row.case, row.mode
        weights = self._weights(case, None, mode)
        for _ in range(min(self.repeats, case.max_repeats)):
            with ExitStack() as stack:
                workers = start_workers(case.peers, mode, stack)
                for peer, worker in workers.items():
                    try:
                        # With more steps in a call XLA would compile longer for one epoch.
                        worker.call("load", case, weights, {"steps_per_execution": 1})
                        result = worker.call("first_fit")
                    except WorkerError as error:
                        row.failures[peer] = str(error)
                        continue
                    row.seconds.setdefault(peer, []).append(result["seconds"])
                    row.losses[peer] = result["loss"]

    def _warm(self, row: Row, workers: dict[str, Worker]) -> None:
        case = row.case
        weights = self._weights(case, workers.get("sklstm"), row.mode)
        active = []
        for peer in case.peers:
            try:
                start = time.perf_counter()
                self._prepare(row, peer, workers[peer], weights)
                self.say(f"    {peer:9s} ready after {time.perf_counter() - start:.0f} s")
                active.append(peer)
            except WorkerError as error:
                row.failures[peer] = str(error)
        for repeat in range(min(self.repeats, case.max_repeats)):
            for peer in active:
                if repeat and peer in case.single_shot:
                    continue
                result = self._measure(case, workers[peer], repeat)
                row.seconds.setdefault(peer, []).append(result["seconds"])
        if case.kind == "grid":
            # Not before: the first search that is timed compiles, as that of a user does.
            for peer in active:
                row.losses[peer] = workers[peer].call("cold_search")["loss"]

    def _prepare(self, row: Row, peer: str, worker: Worker, weights) -> None:
        case = row.case
        options = {}
        if peer == "tuned" and case.key in self._steps:
            options["steps_per_execution"] = self._steps[case.key]
        worker.call("load", case, weights, options)
        if case.kind == "epoch":
            if peer == "tuned":
                if case.key not in self._steps:
                    self._steps[case.key] = worker.call("tune", self.steps_choices)
                row.steps_per_execution = self._steps[case.key]
            row.losses[peer] = worker.call("cold_epochs")["loss"]
        elif case.kind == "predict":
            worker.call("prepare_predict")

    @staticmethod
    def _measure(case: Case, worker: Worker, repeat: int) -> dict:
        if case.kind == "epoch":
            return worker.call("warm_epochs")
        if case.kind == "predict":
            return worker.call("timed_predict")
        return worker.call("timed_search", repeat)
