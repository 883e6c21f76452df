"""Measurements of sklstm alone: memory, and time against the number of windows."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import resource
import sys
from pathlib import Path

import numpy as np
import psutil
import scikeras.wrappers  # noqa: F401  (loaded at the first fit, and not to be counted)
from sklearn.model_selection import ParameterGrid
from sklearn.pipeline import make_pipeline

import sklstm.training._trainer  # noqa: F401  (likewise)
from benchmarks.data import make_series
from benchmarks.peers.epoch_clock import EpochClock
from sklstm import LSTMForecaster, SequenceWindower

MIB = 2**20


def resident() -> int:
    """Return the resident memory of this process in bytes."""
    return psutil.Process().memory_info().rss


def peak_resident() -> int:
    """Return the peak of the resident memory of this process, in bytes."""
    status = Path("/proc/self/status")
    if status.exists():
        # getrusage would count the memory of the process that started this one.
        line = next(x for x in status.read_text().splitlines() if x.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


class Alone:
    """Measurements of sklstm in a process of its own.

    Parameters
    ----------
    threads : int
        Threads to compute on.
    clock : callable
        What time is measured by.
    """

    def __init__(self, threads, clock):
        import tensorflow as tf

        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(threads)
        self.clock = clock
        # Includes what NumPy and TensorFlow load when they first compute.
        tf.matmul(tf.ones([2, 2]), tf.ones([2, 2])).numpy()

    def scale(self, sizes: list[tuple[int, int]]) -> list[dict]:
        """Time a warm fit, windows cut and all, of several numbers of windows.

        Parameters
        ----------
        sizes : list of (int, int)
            Numbers of windows, and epochs of the fit.
        """
        series = make_series(max(n for n, _ in sizes), 8, 0)
        target = self._target(series)
        results = []
        for n_windows, epochs in [sizes[0], *sizes]:
            pipeline = make_pipeline(
                SequenceWindower(window=24, lead=1),
                LSTMForecaster(plain=True, epochs=epochs, batch_size=64, random_state=0),
            )
            start = self.clock()
            pipeline.fit(series[:n_windows], target[:n_windows])
            seconds = self.clock() - start
            results.append({"n_windows": n_windows, "epochs": epochs, "seconds": seconds})
        # The first one warmed the process up.
        return results[1:]

    def steps(self, repeats: int) -> dict[str, list[float]]:
        """Time a trained step: of windows, with all their steps labelled, and stateful.

        All fits read each row of the same series once an epoch, as many at once; they take turns.

        Parameters
        ----------
        repeats : int
            Fits of each kind, after one to warm up.

        Returns
        -------
        dict of str to list of float
            Seconds for a step, by kind.
        """
        window, n_windows, side_by_side, epochs = 24, 4_000, 64, 5
        series = make_series(window * n_windows, 8, 0)
        target = self._target(series)
        # The first whole window and every 24th after it: one after the other.
        windows = SequenceWindower(window).fit_transform(series)[window - 1 :]
        stride = {"train_stride": window}
        number = np.arange(len(series)) * side_by_side // len(series)
        rows = SequenceWindower(window, by=0).fit_transform(np.column_stack([number, series]))
        kinds = {
            "windows, the last step labelled": (windows, stride),
            "windows, every step labelled (`return_sequences`)": (
                windows,
                {"return_sequences": True, **stride},
            ),
            f"{side_by_side} series side by side (`stateful`)": (rows, {"stateful": True}),
        }
        marks: list[float] = []
        seconds: dict[str, list[float]] = {kind: [] for kind in kinds}
        for repeat in range(repeats + 1):
            for kind, (X, parameters) in kinds.items():
                forecaster = LSTMForecaster(
                    plain=True,
                    batch_size=side_by_side,
                    epochs=epochs,
                    random_state=0,
                    callbacks=[EpochClock(lambda *_: marks.append(self.clock()))],
                    **parameters,
                )
                marks.clear()
                forecaster.fit(X, target[len(target) - len(X) :])
                if repeat:
                    each = (marks[-1] - marks[0]) / epochs / (window * n_windows)
                    seconds[kind].append(each)
        return seconds

    def long_series(self, n_rows: int, window: int) -> dict:
        """Measure the peak of one epoch over a long series."""
        before = resident()
        rng = np.random.default_rng(0)
        # Drawn in place: the caller holds the series once, and y.
        series = rng.standard_normal((n_rows, 8), dtype=np.float32)
        y = rng.standard_normal(n_rows, dtype=np.float32)
        held = resident() - before
        pipeline = make_pipeline(
            SequenceWindower(window=window, lead=1),
            LSTMForecaster(
                plain=True, epochs=1, batch_size=64, train_stride=window, random_state=0
            ),
        )
        start = self.clock()
        pipeline.fit(series, y)
        return {
            "series": series.nbytes,
            "caller": held,
            "peak": peak_resident() - before,
            "seconds": self.clock() - start,
        }

    def many_fits(self, n_fits: int) -> dict:
        """Measure how resident memory grows over the fits of a grid, once each size was fitted."""
        series = make_series(1_000, 8, 0)
        target = self._target(series)
        grid = list(
            ParameterGrid(
                {
                    "sequencewindower__window": [12, 24, 48],
                    "lstmforecaster__units": [16, 32],
                    "lstmforecaster__learning_rate": [0.003, 0.01],
                }
            )
        )
        pipeline = make_pipeline(
            SequenceWindower(lead=1), LSTMForecaster(plain=True, epochs=2, random_state=0)
        )
        before = resident()
        for parameters in grid:
            pipeline.set_params(**parameters).fit(series, target).predict(series[-50:])
        warm = resident()
        for number in range(n_fits):
            pipeline.set_params(**grid[number % len(grid)]).fit(series, target)
            pipeline.predict(series[-50:])
        return {"first_pass": warm - before, "growth": resident() - warm, "n_fits": n_fits}

    @staticmethod
    def _target(series):
        return (np.tanh(series[:, 0] + series[:, 1] * series[:, 2])).astype(np.float64)
