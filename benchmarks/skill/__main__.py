"""Measure skill: ``python -m benchmarks.skill [--data FOLDER] [--only TASK ...] ...``."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import argparse
import ast
import time
import traceback
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from benchmarks.skill import report
from benchmarks.skill.data import DataMissingError
from benchmarks.skill.measure import Record, Records, fingerprint, load, n_scored, score
from benchmarks.skill.methods import METHODS, variant
from benchmarks.skill.tasks import TASKS

HERE = Path(__file__).parent
RESULTS = Path(".benchmarks", "skill.jsonl")


def main(arguments: list[str] | None = None) -> None:
    """Run what is asked for and not yet done, print, and write."""
    options = _parse(arguments)
    if options.list:
        _print_list()
        return
    records = Records(options.results)
    tasks = [TASKS[key] for key in options.only or TASKS]
    methods = _methods(options)
    started = time.perf_counter()
    for task in tasks:
        chosen = [method for method in methods if method.takes(task)]
        if chosen and not options.report:
            _measure(task, chosen, records, options, started)
    print("\n" + "\n".join(report.summary(tasks, methods, records)))
    if options.output:
        text = "\n".join(report.page(records)) + "\n"
        options.output.write_text(text, encoding="utf-8")
        print(f"\nWritten to {options.output}")


def _measure(task, methods, records, options, started):
    """Run the methods on a task, and keep each score as soon as it is there."""

    def say(line):
        print(f"{time.perf_counter() - started:6.0f} s  {task.key}: {line}", flush=True)

    try:
        folds = load(task, options.data)
    except DataMissingError as error:
        say(f"skipped, {error}")
        return
    for method in methods:
        if method.needs and find_spec(method.needs) is None:
            say(f"{method.title} skipped, {method.needs} is not installed")
            continue
        code = f"{method.needs} {version(method.needs)}" if method.needs else ""
        code = fingerprint() if method.role == "lstm" else code
        for seed in range(options.seeds if method.is_random else 1):
            done = records.found.get((task.key, method.key, method.settings, seed))
            if done and not options.again:
                if done.code != code:
                    say(f"{method.title}, seed {seed}: kept from other code (--again: anew)")
                continue
            try:
                scores, seconds = score(task, folds, method.make, seed)
            except Exception:
                # One method that fails does not end a long run; nothing is kept, so that it is
                # tried again.
                say(f"{method.title}, seed {seed} failed")
                traceback.print_exc()
                continue
            records.add(
                Record(
                    task=task.key,
                    method=method.key,
                    settings=method.settings,
                    seed=seed,
                    scores=scores,
                    seconds=seconds,
                    n_scored=n_scored(folds),
                    code=code,
                )
            )
            shown = ", ".join(f"{name} {value:.4g}" for name, value in scores.items())
            say(f"{method.title}, seed {seed}: {shown} in {seconds:.1f} CPU s")


def _methods(options):
    """Choose the methods; with settings or a label, variants stand in the place of ours."""
    chosen = [m for m in METHODS if not options.methods or m.key in options.methods]
    if not options.set and not options.label:
        return chosen
    return [
        variant(method, dict(options.set), options.label) if method.role == "lstm" else method
        for method in chosen
    ]


def _print_list():
    for task in TASKS.values():
        print(f"{task.kind:14}  {task.key:16}  {task.title}")
    for method in METHODS:
        print(f"{method.role:14}  {method.key:16}  {method.title}, {method.kind}")


def _parse(arguments):
    parser = argparse.ArgumentParser(prog="python -m benchmarks.skill", description=__doc__)
    parser.add_argument(
        "--data", type=Path, help="folder of the data that sklstm does not ship (see README.md)"
    )
    parser.add_argument("--only", nargs="+", metavar="TASK", help="tasks to run (all)")
    parser.add_argument("--methods", nargs="+", metavar="METHOD", help="methods to run (all)")
    parser.add_argument("--seeds", type=int, default=3, help="seeds of a random method (3)")
    parser.add_argument(
        "--set",
        nargs="+",
        action="extend",
        default=[],
        type=_setting,
        metavar="NAME=VALUE",
        help="parameters of our estimators, or window=, in place of the defaults",
    )
    parser.add_argument("--label", default="", help="a short text that tells a variant apart")
    parser.add_argument("--again", action="store_true", help="measure anew what is done")
    parser.add_argument("--report", action="store_true", help="measure nothing, only report")
    parser.add_argument("--list", action="store_true", help="name the tasks and the methods")
    parser.add_argument(
        "--results", type=Path, default=RESULTS, help=f"file of all scores ({RESULTS})"
    )
    parser.add_argument(
        "--output",
        type=Path,
        help="file to write; by default SKILL.md for a run of everything, none for a part of it",
    )
    options = parser.parse_args(arguments)
    keys = list(dict.fromkeys(method.key for method in METHODS))
    for given, known in ((options.only, TASKS), (options.methods, keys)):
        unknown = [key for key in given or () if key not in known]
        if unknown:
            parser.error(f"there is no {', '.join(unknown)}; there are {', '.join(known)}")
    is_part = options.only or options.methods or options.set or options.label
    if options.output is None and not is_part:
        options.output = HERE.parent / "SKILL.md"
    return options


def _setting(text):
    name, equals, value = text.partition("=")
    if not equals or not name.isidentifier():
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    try:
        return name, ast.literal_eval(value)
    except (ValueError, SyntaxError):
        # A word needs no quotation marks.
        return name, value


if __name__ == "__main__":
    main()
