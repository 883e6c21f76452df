"""CSV files as people have them: dates as text, gaps, a time zone, a clock that slips."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd


def write_load(path, n=2000, seed=0):
    """Write hours of an electric load in local time, across the change of the clocks.

    Days come first in the dates, 60 hours are missing, 20 times are minutes late, one row comes
    twice, some cells and a whole column are empty, and the rows are shuffled.
    """
    rng = np.random.default_rng(seed)
    time = pd.date_range("2025-09-01", periods=n, freq="h", tz="Europe/Berlin")
    temperature = 15 + 8 * np.sin(np.arange(n) / 700) + rng.normal(size=n)
    day = np.sin(2 * np.pi * (time.hour - 7) / 24) * np.where(time.day_of_week < 5, 10, 4)
    noise = np.convolve(rng.normal(size=n), 0.8 ** np.arange(20), "same")
    rows = pd.DataFrame({"load": 50 + day + noise, "temperature": temperature}).round(2)
    late = rng.choice(n, 20, replace=False)
    minutes = np.zeros(n, dtype=int)
    minutes[late] = rng.integers(1, 29, size=20)
    local = time.tz_localize(None) + pd.to_timedelta(minutes, unit="min")
    rows.insert(0, "time", local.strftime("%d.%m.%Y %H:%M"))
    rows["note"] = "ok"
    rows["humidity"] = np.nan
    rows.loc[rng.choice(n, 10, replace=False), "temperature"] = np.nan
    rows.loc[rng.choice(n - 100, 15, replace=False), "load"] = np.nan
    rows = rows.drop(index=np.r_[500:540, rng.choice(np.arange(600, n - 100), 20, replace=False)])
    rows = pd.concat([rows, rows.iloc[[70]]]).sample(frac=1, random_state=seed)
    rows.to_csv(path, index=False)
    return time


def write_recordings(path, n=60, seed=0):
    """Write recordings of three activities by six persons, of 3 to 9 seconds.

    The times carry offsets of two zones, steps are missing, some times are late by some
    milliseconds, and every tenth recording has no label.
    """
    rng = np.random.default_rng(seed)
    speeds = {"walk": 0.6, "run": 1.2, "sit": 0.0}
    tables, truth = [], {}
    for number in range(n):
        activity = list(speeds)[number % 3]
        length = int(rng.integers(30, 90))
        start = pd.Timestamp("2026-03-29 00:30", tz="UTC") + pd.Timedelta(number, "min")
        time = start + pd.to_timedelta(np.arange(length) * 100, unit="ms")
        late = rng.choice(length, 3, replace=False)
        time = time.to_series(index=range(length))
        time[late] += pd.to_timedelta(rng.integers(5, 40, size=3), unit="ms")
        angle = np.arange(length) * speeds[activity] + rng.uniform(0, 6)
        values = np.stack([np.sin(angle + shift) for shift in (0, 2, 4)], axis=1)
        values += 0.5 * rng.normal(size=values.shape) + 0.2 * (number // 3 % 6)
        own = pd.DataFrame(values.round(3), columns=["x", "y", "z"])
        zone = "Europe/Berlin" if number % 2 else "UTC"
        own.insert(0, "time", [str(stamp) for stamp in time.dt.tz_convert(zone)])
        own.insert(0, "recording", f"r{number:02}")
        own["person"] = f"p{number // 3 % 6}"
        truth[f"r{number:02}"] = activity
        own["activity"] = None if number % 10 == 9 else activity
        tables.append(own.drop(index=rng.choice(np.arange(1, length - 1), 4, replace=False)))
    pd.concat(tables).sample(frac=1, random_state=seed).to_csv(path, index=False)
    return truth
