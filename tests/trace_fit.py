"""Count the functions, the files and the jumps from file to file of one fit.

Run it from the root of the repository: ``python -m tests.trace_fit`` (``--pairs`` lists who calls
whom). A jump is a call of a function of this library from another file of it; what other libraries
do in between does not count. Networks are compiled before, as they are in a second fit.
"""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import inspect
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.pipeline import make_pipeline

import sklstm
from sklstm import LSTMForecaster, SequenceWindower

ROOT = f"{Path(sklstm.__file__).parent}/"


def trace(call):
    """Return the functions that a call runs, and how often each pair of files jumps."""
    functions: set = set()
    jumps: Counter = Counter()
    running = set()

    def note(frame, event, _):
        code = frame.f_code
        is_generator = code.co_flags & inspect.CO_GENERATOR
        if event != "call" or not code.co_filename.startswith(ROOT):
            return
        # Comprehensions are part of their function; a generator is called once and resumed often.
        if code.co_name.startswith("<") or (is_generator and id(frame) in running):
            return
        if is_generator:
            running.add(id(frame))
        functions.add((code.co_filename, code.co_qualname))
        caller = frame.f_back
        while caller is not None and not caller.f_code.co_filename.startswith(ROOT):
            caller = caller.f_back
        if caller is not None and caller.f_code.co_filename != code.co_filename:
            files = caller.f_code.co_filename, code.co_filename
            jumps[*(file.removeprefix(ROOT) for file in files), code.co_qualname] += 1

    sys.setprofile(note)
    try:
        call()
    finally:
        sys.setprofile(None)
    return functions, jumps


def plain_fit():
    """Fit a forecaster of one step ahead on one hourly series."""
    hours = pd.date_range("2024-01-01", periods=400, freq="h")
    noise = np.random.default_rng(0).normal(scale=0.1, size=400)
    table = pd.DataFrame({"value": np.sin(np.arange(400) / 5) + noise}, index=hours)
    windower = SequenceWindower(window=12, lead=1)
    make_pipeline(windower, LSTMForecaster(plain=True, units=4, epochs=2, random_state=0)).fit(
        table, table["value"]
    )


def full_fit():
    """Fit a forecaster of 24 steps ahead with a season on a panel of two monthly series."""
    months = pd.date_range("2000-01-01", periods=120, freq="MS")
    wave = np.sin(np.arange(120) * np.pi / 6)
    each = {name: pd.DataFrame({"value": wave + level}, months) for level, name in enumerate("ab")}
    panel = pd.concat(each, names=["series", "month"]).sort_index(level="month")
    windower = SequenceWindower(window=24, lead=1, by="series")
    forecaster = LSTMForecaster(
        horizon=24, season=12, plain=True, units=4, epochs=2, random_state=0
    )
    make_pipeline(windower, forecaster).fit(panel, panel["value"])


def main():
    """Print the counts of both fits."""
    for fit in (plain_fit, full_fit):
        fit()
        functions, jumps = trace(fit)
        files = {file for file, _ in functions}
        print(
            f"{fit.__name__}: {len(functions)} functions in {len(files)} files, "
            f"{sum(jumps.values())} jumps"
        )
        if "--pairs" in sys.argv:
            for (caller, callee, name), n in jumps.most_common():
                print(f"  {n:4} {caller} -> {callee} {name}")


if __name__ == "__main__":
    main()
