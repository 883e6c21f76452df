"""Run the shared task of docs/coming_from with each library, and write the table of the pages.

``python -m benchmarks.coming_from``. The libraries do not all go into one environment, since some
hold pandas or scikit-learn back. Make others for them, and name their interpreters; each library
is measured in the first one that has it::

    python3 -m venv peers
    peers/bin/pip install tensorflow scikeras skorch torch skforecast matplotlib sktime
    python3 -m venv darts
    darts/bin/pip install darts pytorch-lightning torch
    python -m benchmarks.coming_from --python peers/bin/python darts/bin/python

Every fit has a process of its own, on one thread, and the libraries take turns, seed after seed.
Libraries that are not found are said to be skipped. A quarter of an hour.
"""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

from benchmarks.coming_from.worker import NEEDS
from benchmarks.machine import cpu_model
from benchmarks.processes import make_environment
from sklstm.datasets import load_airport_weather

ROOT = Path(__file__).parents[2]
SCRIPTS = Path(__file__).parent
PAGE = ROOT / "docs" / "coming_from" / "results.md"
FIRST_OF_TEST = "2013-07-01"
SEEDS = (0, 1, 2)
PEERS = ("keras", "scikeras", "skorch", "skforecast", "sktime", "darts")
OWN = ("sklstm_plain", "sklstm")
SIMPLE = ("seasonal", "ridge")
TITLES = {
    "keras": "Keras",
    "scikeras": "SciKeras",
    "skorch": "skorch",
    "skforecast": "skforecast, `ForecasterRnn`",
    "sktime": "sktime, `make_reduction`",
    "darts": "Darts, `BlockRNNModel`",
    "sklstm_plain": "sklstm, the same network",
    "sklstm": "sklstm, defaults",
    "seasonal": "the day before",
    "ridge": "ridge regression on lags",
}


def find_interpreter(peer, interpreters):
    """Return the first interpreter that imports what the peer needs, or None."""
    code = "\n".join(f"import {module}" for module in NEEDS[peer][1])
    for interpreter in interpreters:
        tried = subprocess.run(
            [interpreter, "-c", code], capture_output=True, check=False
        )
        if tried.returncode == 0:
            return interpreter
    return None


def measure(peer, interpreter, seed, data, start):
    """Fit and predict once, in a process of its own."""
    environment = make_environment(threads=1) | {"PYTHONPATH": str(ROOT)}
    with tempfile.TemporaryDirectory() as folder:
        # Some libraries write logs where they run.
        done = subprocess.run(
            [
                interpreter,
                "-m",
                "benchmarks.coming_from.worker",
                peer,
                str(seed),
                data,
                str(start),
            ],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        raise RuntimeError(f"{peer}: {done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def count_lines(peer):
    """Count the lines of a script that are code."""
    text = (SCRIPTS / f"with_{peer}.py").read_text(encoding="utf-8")
    lines = [line.strip() for line in text.splitlines()]
    return sum(bool(line) and not line.startswith(("#", '"""')) for line in lines)


def make_row(peer, runs):
    """Return the row of a peer."""
    errors = [run["error"] for run in runs]
    fit, predict = (
        statistics.median(run[key] for run in runs) for key in ("fit", "predict")
    )
    spread = f" ± {statistics.stdev(errors):.2f}" if peer not in SIMPLE else ""
    return (
        f"| {TITLES[peer]} | {statistics.mean(errors):.2f}{spread} | {fit:.2f} | "
        f"{1000 * predict:,.0f} | {count_lines(peer)} |"
    )


def make_page(results, skipped):
    """Return the page of results, with a part for each peer that its own page includes."""
    head = ["| | MAE, °F | fit, s | predict, ms | lines |", "|---|---|---|---|---|"]
    rows = {peer: make_row(peer, runs) for peer, runs in results.items()}
    numbers = {
        k: v for runs in results.values() for k, v in runs[0]["versions"].items()
    }
    versions = [f"{name} {number}" for name, number in sorted(numbers.items())]
    lines = [
        "# The numbers",
        "",
        "Measured in one run by `python -m benchmarks.coming_from`: the temperature of an airport,",
        "24 hours ahead at each midnight of half a year ([the task](index.md#the-task)). The error",
        "is the mean and the standard deviation over three seeds. Seconds are CPU time on one",
        "thread, the median of three fresh processes, imports left out; `predict` makes all 183",
        "forecasts. Lines are lines of code of the script.",
        "",
        "<!-- all -->",
        "",
        *head,
        *(rows[peer] for peer in (*SIMPLE, *PEERS, *OWN) if peer in rows),
        "",
        "<!-- end of all -->",
        "",
        *textwrap.wrap(
            f"{cpu_model()}. Versions: {', '.join(versions)}.",
            100,
            break_on_hyphens=False,
        ),
        *(
            [f"Not installed, and skipped: {', '.join(skipped)}."]
            if skipped
            else []
        ),
        "",
        "## One library at a time",
        "",
        "These are the same rows. The page of each library shows its own.",
    ]
    for peer in PEERS:
        if peer in rows:
            part = [*head, rows[peer], *(rows[own] for own in OWN)]
            lines += [
                "",
                f"<!-- {peer} -->",
                "",
                *part,
                "",
                f"<!-- end of {peer} -->",
            ]
    return "\n".join(lines) + "\n"


def main():
    """Measure all, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--python", nargs="*", default=[], help="further interpreters"
    )
    parser.add_argument("--peers", nargs="*", default=[*SIMPLE, *PEERS, *OWN])
    options = parser.parse_args()
    # Not resolved: the link in an environment is what makes it one.
    interpreters = [sys.executable, *map(os.path.abspath, options.python)]
    found = {peer: find_interpreter(peer, interpreters) for peer in options.peers}
    skipped = [
        TITLES[peer] for peer, interpreter in found.items() if interpreter is None
    ]
    print("skipped:", ", ".join(skipped) or "none", flush=True)

    series = (
        load_airport_weather().xs("JFK", level="airport")["temp"].tz_localize(None)
    )
    start = int((series.index < FIRST_OF_TEST).sum())
    results = {peer: [] for peer, interpreter in found.items() if interpreter}
    with tempfile.TemporaryDirectory() as folder:
        data = str(Path(folder) / "weather.csv")
        series.to_csv(data)
        for seed in SEEDS:
            for peer, runs in results.items():
                runs.append(measure(peer, found[peer], seed, data, start))
                print(peer, seed, runs[-1], flush=True)
    if not set(OWN) <= set(results):
        return
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(make_page(results, skipped), encoding="utf-8")


if __name__ == "__main__":
    main()
