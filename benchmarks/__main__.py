"""Run the benchmarks: ``python -m benchmarks [--only ...] [--repeats n] [--quick]``."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import argparse
import sys
import time
from contextlib import ExitStack
from pathlib import Path

from benchmarks import report
from benchmarks.cases import CASES, QUICK, choose, quick
from benchmarks.compare import STEPS_PER_EXECUTION, Comparison, Row
from benchmarks.machine import describe
from benchmarks.processes import Mode, Worker, modes

HERE = Path(__file__).parent
ALONE = ("scale", "steps", "memory")
MODES = {"one": slice(0, 1), "all": slice(1, 2), "both": slice(0, 2)}


class Results:
    """The measurements so far, and the file that they are written to after every row.

    Parameters
    ----------
    options : argparse.Namespace
        The command line.
    """

    def __init__(self, options):
        self.options = options
        self.machine = describe()
        self.start = time.perf_counter()
        self.rows: list[Row] = []
        self.sgemm: dict[str, float] = {}
        self.scale: dict[str, list[dict]] = {}
        self.steps: dict[str, dict[str, list[float]]] = {}
        self.memory: list[str] = []

    def say(self, line: str) -> None:
        """Print a line of progress."""
        print(f"{time.perf_counter() - self.start:6.0f} s  {line}", flush=True)

    def write(self) -> None:
        """Write the rows so far: an interrupted run keeps the rows that it has finished."""
        if not self.options.output:
            return
        order = [case.key for case in CASES]
        # The same work next to each other, on one thread and on all.
        rows = sorted(self.rows, key=lambda row: order.index(row.case.key))
        lines = [*self._heading(), "", *report.ratios(rows), "", report.HOW_TO_READ]
        if rows:
            lines += ["", "## Losses, against hand-written Keras", "", *report.losses(rows)]
            lines += ["", "## Spread", "", *report.details(rows)]
        if self.sgemm:
            lines += ["", *report.gflops(rows, self.sgemm)]
        if self.scale:
            lines += ["", *report.scale(self.scale)]
        if self.steps:
            lines += ["", *report.steps(self.steps)]
        if self.memory:
            lines += ["", "## Memory", "", *self.memory]
        notes = HERE / "notes.md"
        if notes.exists():
            lines += ["", notes.read_text(encoding="utf-8").rstrip()]
        Path(self.options.output).write_text("\n".join(lines) + "\n", encoding="utf-8")

    def _heading(self):
        arguments = " ".join(sys.argv[1:])
        minutes = (time.perf_counter() - self.start) / 60
        return [
            "# Speed",
            "",
            "How long fits, predictions and a grid search take, beside Keras, SciKeras, skorch and",
            "a loop of PyTorch.",
            "",
            f"Written by `python -m benchmarks{' ' if arguments else ''}{arguments}` "
            f"({self.options.repeats} repeats) after {minutes:.0f} minutes:",
            "",
            *(f"- {line}" for line in self.machine),
        ]


def main(arguments: list[str] | None = None) -> None:
    """Measure, print, and write."""
    options = _parse(arguments)
    only = options.only or ((*QUICK, "memory") if options.quick else None)
    cases = choose(None if only is None else [name for name in only if name not in ALONE])
    alone = [name for name in ALONE if only is None or name in only]
    if options.quick:
        cases = [quick(case) for case in cases]
    results = Results(options)
    for line in results.machine:
        results.say(line)
    comparison = Comparison(
        options.repeats,
        steps_choices=(16,) if options.quick else STEPS_PER_EXECUTION,
        say=results.say,
    )
    for mode in modes()[MODES[options.threads]]:
        for row in comparison.run(cases, mode):
            results.rows.append(row)
            results.write()
        results.sgemm = comparison.sgemm
        if "scale" in alone:
            results.scale[mode.title] = _scale(mode, options.quick, results.say)
        if "steps" in alone:
            results.say(f"[{mode.title}] time of a step")
            with Worker("alone", mode) as worker:
                results.steps[mode.title] = worker.call("steps", 5 * options.repeats)
            for line in report.steps(results.steps)[6:]:
                results.say(line)
        if "memory" in alone and not results.memory:
            results.memory = _memory(mode, options.quick, results.say)
        results.write()
    print("\n" + "\n".join(report.ratios(results.rows)))
    if options.output:
        print(f"\nWritten to {options.output}")


def _scale(mode: Mode, is_quick: bool, say) -> list[dict]:
    # Fewer windows get more epochs, so that the fixed cost of a fit does not dominate.
    sizes = [(10_000, 20), (30_000, 7), (100_000, 2), (300_000, 1), (1_000_000, 1)]
    sizes = sizes[:1] if is_quick else sizes
    say(f"[{mode.title}] time of a window, up to {sizes[-1][0]:,} windows")
    with Worker("alone", mode) as worker:
        return worker.call("scale", sizes)


def _memory(mode: Mode, is_quick: bool, say) -> list[str]:
    n_rows, window, n_fits = (200_000, 168, 10) if is_quick else (5_000_000, 168, 100)
    say(f"memory: {n_rows:,} rows, then {n_fits} fits")
    with ExitStack() as stack:
        # Two processes, so that memory left by the one does not hide the peak of the other.
        first, second = (stack.enter_context(Worker("alone", mode)) for _ in range(2))
        long = first.call("long_series", n_rows, window)
        many = second.call("many_fits", n_fits)
    lines = report.memory(long, many, n_rows, window)
    for line in lines:
        say(line)
    return lines


def _parse(arguments):
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    groups = sorted({case.group for case in CASES} | {case.key for case in CASES} | set(ALONE))
    parser.add_argument(
        "--only",
        type=lambda text: text.split(","),
        help=f"rows or groups, separated by commas: {', '.join(groups)}",
    )
    parser.add_argument("--repeats", type=int, default=None, help="repeats of a row (5)")
    parser.add_argument(
        "--quick", action="store_true", help="small sizes, one thread: shows that all runs"
    )
    parser.add_argument(
        "--threads",
        choices=list(MODES),
        default=None,
        help="one thread by CPU time, all threads by wall time, or both (both; one for --quick)",
    )
    parser.add_argument(
        "--output",
        default=None,
        help="file to write; by default RESULTS.md for a full run, none for a part of it",
    )
    options = parser.parse_args(arguments)
    if options.threads is None:
        options.threads = "one" if options.quick else "both"
    if options.repeats is None:
        options.repeats = 2 if options.quick else 5
    if options.output is None and not options.quick and not options.only:
        options.output = str(HERE / "RESULTS.md")
    unknown = set(options.only or ()) - set(groups)
    if unknown:
        parser.error(f"there is no {', '.join(sorted(unknown))}; there are {', '.join(groups)}")
    return options


if __name__ == "__main__":
    main()
