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
ALONE = ("scale", "memory")


def main(arguments: list[str] | None = None) -> None:
    """Measure, print, and write."""
    options = _parse(arguments)
    only = options.only or ((*QUICK, "memory") if options.quick else None)
    cases = choose(None if only is None else [name for name in only if name not in ALONE])
    alone = [name for name in ALONE if only is None or name in only]
    if options.quick:
        cases = [quick(case) for case in cases]
    used = modes()[:1] if options.quick else modes()
    machine = describe()
    start = time.perf_counter()

    def say(line):
        print(f"{time.perf_counter() - start:6.0f} s  {line}", flush=True)

    for line in machine:
        say(line)
    steps = (16,) if options.quick else STEPS_PER_EXECUTION
    comparison = Comparison(options.repeats, steps, 2 if options.quick else 3, say)
    rows = [row for mode in used for row in comparison.run(cases, mode)]
    # The same work next to each other, on one thread and on all.
    rows.sort(key=lambda row: cases.index(row.case))
    sections = [*_heading(machine, options), "", *report.ratios(rows), "", report.HOW_TO_READ]
    if rows:
        sections += ["", "## Losses, against hand-written Keras", "", *report.losses(rows)]
        sections += ["", "## Spread", "", *report.details(rows)]
    sections += _close_to_the_limit(rows, comparison.sgemm)
    sections += _alone(alone, used, options.quick, say)
    notes = HERE / "notes.md"
    if notes.exists():
        sections += ["", notes.read_text(encoding="utf-8").rstrip()]
    sections += ["", f"*The run took {(time.perf_counter() - start) / 60:.0f} minutes.*"]
    print("\n" + "\n".join(report.ratios(rows)))
    if options.output:
        Path(options.output).write_text("\n".join(sections) + "\n", encoding="utf-8")
        print(f"\nWritten to {options.output}")


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
        "--output",
        default=None,
        help="file to write; by default RESULTS.md for a full run, none for a part of it",
    )
    options = parser.parse_args(arguments)
    if options.repeats is None:
        options.repeats = 2 if options.quick else 5
    if options.output is None and not options.quick and not options.only:
        options.output = str(HERE / "RESULTS.md")
    unknown = set(options.only or ()) - set(groups)
    if unknown:
        parser.error(f"there is no {', '.join(sorted(unknown))}; there are {', '.join(groups)}")
    return options


def _heading(machine, options):
    command = (
        "make bench"
        if not (options.only or options.quick)
        else "python -m benchmarks " + (" ".join(sys.argv[1:]))
    )
    return [
        "# Results",
        "",
        f"Written by `{command}` ({options.repeats} repeats):",
        "",
        *(f"- {line}" for line in machine),
    ]


def _close_to_the_limit(rows: list[Row], sgemm: dict[str, float]) -> list[str]:
    if not sgemm or not any(row.case.key.startswith("epoch") for row in rows):
        return []
    return [
        "",
        "## How close to the limit",
        "",
        "The matrix products of a training epoch (forward once, backward twice; the elementwise",
        "work of the gates is not counted) over the time of a warm epoch, beside the best",
        "single-precision product of two 2,048² matrices of NumPy, TensorFlow and PyTorch.",
        "",
        *report.gflops(rows, sgemm),
    ]


def _alone(names: list[str], used: list[Mode], is_quick: bool, say) -> list[str]:
    sections = []
    if "scale" in names:
        sizes = [(10_000, 20), (30_000, 7), (100_000, 2), (300_000, 1), (1_000_000, 1)]
        results = {}
        for mode in used:
            say(f"[{mode.title}] time of a window, from 10,000 to {sizes[-1][0]:,} windows")
            with Worker("alone", mode) as worker:
                results[mode.title] = worker.call("scale", sizes[:1] if is_quick else sizes)
        sections += [
            "",
            "## Time of a trained window",
            "",
            "A pipeline of SequenceWindower(24) and LSTMForecaster(units=32, batch_size=64) on a",
            "series of 8 channels; the whole warm fit over windows × epochs. Fewer windows get",
            "more epochs. The goal is within ±20 %.",
            "",
            *report.scale(results),
        ]
    if "memory" in names:
        n_rows, window = (200_000 if is_quick else 5_000_000), 168
        say(f"memory: {n_rows:,} rows, then {10 if is_quick else 100} fits")
        with ExitStack() as stack:
            # Two processes: the peak of the one would hide in what the other left.
            first, second = (stack.enter_context(Worker("alone", used[0])) for _ in range(2))
            long = first.call("long_series", n_rows, window)
            many = second.call("many_fits", 10 if is_quick else 100)
        text = report.memory(long, many, n_rows, window)
        for line in text:
            say(line)
        sections += ["", "## Memory", "", *text]
    return sections


if __name__ == "__main__":
    main()
