"""Which rows make the window of a row."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from itertools import pairwise
from numbers import Integral

import numpy as np
import pandas as pd
from sklearn.model_selection import check_cv

from sklstm.plotting._cells import bars_of, cells_of, choose_rows, rows_of_series
from sklstm.plotting._models import windows_of
from sklstm.plotting._style import (
    BLUE,
    GREY,
    ORANGE,
    PINK,
    RED,
    SKY,
    Display,
    add_legend,
    as_dates,
    make_axes,
)
from sklstm.preprocessing import WindowIndex

# Windows that are shown where none are asked for.
_N_ROWS = 4
# Labels of the time that are tried at most.
_MOST_LABELS = 16


class WindowDisplay(Display):
    """Plot of windows: which rows make the window of a row, and what is predicted from it.

    Time runs from left to right, one cell for each step of the clock. The first line shows the
    rows of `X`, with the gaps of the clock and the rows that were kept from fit (the history). Each
    line below is the window of one row: the window ends `lead` steps before its row, and `horizon`
    values are predicted from it, the first of which is that of the row. Folds of a splitter follow.

    Create it with :meth:`from_estimator`.

    Parameters
    ----------
    window_index : WindowIndex
        Windows that know their time, as ``windows.window_index``.
    horizon : int, default=1
        Values that are predicted from each window.
    rows : array-like of int, default=None
        Positions of the rows whose windows are shown. None takes four consecutive ones: the first,
        if their windows reach into the history; else those at the first gap of the clock; else
        those from the first full window on.
    folds : list of (train, test), default=None
        Positions of the rows of each fold.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes.
    figure_ : matplotlib Figure
        The figure.
    rows_ : list of matplotlib PolyCollection
        The rows of X, one for each series that is shown.
    history_ : list of matplotlib PolyCollection
        The rows that were kept from fit, one for each series.
    windows_ : list of matplotlib PolyCollection
        The observed steps of each window.
    missing_ : list of matplotlib PolyCollection
        The missing steps of each window.
    targets_ : list of matplotlib PolyCollection
        The values that are predicted from each window.
    folds_ : list of (PolyCollection, PolyCollection)
        The training and the test rows of each fold.

    See Also
    --------
    sklstm.SequenceWindower : Cuts the windows.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from sklstm import SequenceWindower
    >>> from sklstm.plotting import WindowDisplay
    >>> hours = pd.date_range("2026-01-01", periods=12, freq="h").delete(7)
    >>> X = pd.DataFrame({"load": np.arange(11.0)}, index=hours)
    >>> display = WindowDisplay.from_estimator(
    ...     SequenceWindower(window=4, lead=1), X, horizon=2
    ... )
    >>> display
    WindowDisplay(window=4, lead=1, horizon=2, n_rows=11, n_folds=0)
    >>> len(display.windows_)
    4
    """

    def __init__(self, *, window_index, horizon=1, rows=None, folds=None):
        self.window_index = window_index
        self.horizon = horizon
        self.rows = rows
        self.folds = folds

    @classmethod
    def from_estimator(cls, estimator, X, y=None, *, horizon=None, rows=None, cv=None, ax=None):
        """Cut the windows of X, and draw some.

        Parameters
        ----------
        estimator : SequenceWindower, or pipeline with one
            If it is fitted, windows reach into the history that it keeps; else a copy is fitted
            on X.
        X : DataFrame or array-like of shape (n_rows, n_features)
            The rows.
        y : array-like of shape (n_rows,)
            Their targets, where a transformer before the windower or the splitter asks for them.
        horizon : int, default=None
            Values that are predicted from each window; None takes it from the forecaster of the
            pipeline, else 1.
        rows : array-like of int, default=None
            Positions of the rows whose windows are shown; None chooses four.
        cv : cross-validator or iterable of (train, test), default=None
            Folds to show, over all of X.
        ax : matplotlib Axes, default=None
            Axes to draw in; None makes a figure.

        Returns
        -------
        WindowDisplay
            The display.
        """
        if isinstance(cv, Integral):
            raise ValueError(
                f"cv must be a cross-validator or an iterable of (train, test); got {cv!r}. Folds "
                f"in time are TimeSeriesSplit({cv}) of scikit-learn or PanelTimeSeriesSplit({cv})."
            )
        index, of_model = windows_of(estimator, X, y)
        folds = None if cv is None else list(check_cv(cv).split(X, y))
        horizon = of_model if horizon is None else horizon
        return cls(window_index=index, horizon=horizon, rows=rows, folds=folds).plot(ax=ax)

    def plot(self, *, ax=None):
        """Draw the windows.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw in; None makes a figure.

        Returns
        -------
        WindowDisplay
            Itself.

        Raises
        ------
        ValueError
            If the windows do not know their time, if there are no windows, or if `rows` or
            `horizon` are not valid.
        """
        index, rows, horizon = self._read()
        shown = [cells_of(index, row, horizon) for row in rows]
        codes = list(dict.fromkeys(index.series[rows].tolist()))
        of_series = [rows_of_series(index, code) for code in codes]
        low, high = self._limits(shown, of_series)
        n_lines = 1 + len(codes) + len(rows) + len(self.folds or ()) + bool(self.folds)
        (ax,), is_own = make_axes(
            ax, 1, "displays", of="WindowDisplay", single=(8, 1.6 + 0.34 * n_lines)
        )
        self.ax_, self.figure_ = ax, ax.figure
        self._lines: list[tuple[float, str]] = []
        self._span, self._within = int(high - low) + 1, (low, high)
        self._y = 0.0
        self.rows_, self.history_, self.folds_ = [], [], []
        self.windows_, self.missing_, self.targets_ = [], [], []
        for code, (in_X, kept) in zip(codes, of_series, strict=True):
            key = index.series_keys[code]
            self._draw_rows(f"X, {key}" if len(index.series_keys) > 1 else "X", in_X, kept)
            if code == codes[0]:
                self._measure(shown[0], horizon)
            for row, cells in zip(rows, shown, strict=True):
                if index.series[row] == code:
                    self._draw_window(f"row {row}", cells)
        for number, fold in enumerate(self.folds or ()):
            self._draw_fold(f"fold {number}", fold, codes)
        self._finish(low, high, is_own)
        return self

    def _read(self):
        """Validate the parameters; return the windows, the rows to show and the horizon."""
        index, horizon = self.window_index, self.horizon
        if not isinstance(index, WindowIndex):
            raise TypeError(
                f"window_index must be a WindowIndex; got {type(index).__name__}. Windows of a "
                "SequenceWindower carry one: windows.window_index."
            )
        if not index.knows_time or len(index) == 0:
            raise ValueError(
                "window_index holds no window that knows its time; cut them by SequenceWindower."
            )
        if not isinstance(horizon, Integral) or horizon < 1:
            raise ValueError(
                f"horizon must be a whole number of steps, at least 1; got {horizon!r}."
            )
        if self.rows is None:
            return index, choose_rows(index, _N_ROWS), int(horizon)
        rows = np.atleast_1d(np.asarray(self.rows))
        if rows.ndim > 1 or rows.dtype.kind not in "iu" or not len(rows):
            raise ValueError(f"rows must be positions of rows of X; got {self.rows!r}.")
        beyond = rows[(rows >= len(index)) | (rows < -len(index))]
        if len(beyond):
            raise ValueError(f"rows has the position {beyond[0]}, but X has {len(index)} rows.")
        return index, rows % len(index), int(horizon)

    def _limits(self, shown, of_series):
        """Return the first and the last step of the clock to show."""
        steps = [part for cells in shown for part in (cells.observed, cells.missing, cells.targets)]
        if self.folds:
            steps += [part for both in of_series for part in both]
        every = np.concatenate(steps)
        return int(every.min()), int(every.max()) + (not self.folds)

    def _bars(self, steps, y, height, label, **how):
        """Draw steps as cells of a line."""
        low, high = self._within
        steps = np.sort(steps[(low <= steps) & (steps <= high)])
        # The legend leaves out what is not there.
        label = label if len(steps) else None
        return self.ax_.broken_barh(
            bars_of(steps, self._span), (y - height / 2, height), linewidth=0.8, label=label, **how
        )

    def _draw_rows(self, name, in_X, kept):
        y = self._next_line(name)
        self.rows_.append(self._bars(in_X, y, 0.5, facecolor=GREY, label="row of X"))
        kept_bars = self._bars(kept, y, 0.5, facecolor=PINK, label="history: row kept from fit")
        self.history_.append(kept_bars)

    def _draw_window(self, name, cells):
        y = self._next_line(name)
        self.windows_.append(self._bars(cells.observed, y, 0.7, facecolor=BLUE, label="window"))
        self.missing_.append(
            self._bars(
                cells.missing, y, 0.7, facecolor="none", edgecolor=BLUE, linestyle=":",
                label="missing step (NaN), skipped",
            )
        )  # fmt: skip
        label = "y to predict" if len(cells.targets) == 1 else "values to predict"
        self.targets_.append(self._bars(cells.targets, y, 0.34, facecolor=RED, label=label))

    def _draw_fold(self, name, fold, codes):
        if not self.folds_:
            self._y -= 0.5
        y = self._next_line(name)
        index = self.window_index
        drawn = []
        for part, color, label in zip(fold, (SKY, ORANGE), ("train", "test"), strict=True):
            part = np.arange(len(index))[part]
            steps = np.unique(index.time[part[np.isin(index.series[part], codes)]])
            drawn.append(self._bars(steps, y, 0.5, facecolor=color, label=label))
        self.folds_.append(tuple(drawn))

    def _next_line(self, name):
        y, self._y = self._y, self._y - 1
        self._lines.append((y, name))
        return y

    def _measure(self, cells, horizon):
        """Write window, lead and horizon above the first window."""
        index, ax, y = self.window_index, self.ax_, self._y + 0.1
        self._y -= 0.5
        end = cells.row - index.lead + 0.5
        left, right = end - index.window, cells.row + 0.5
        how = {"arrowstyle": "<->", "shrinkA": 0, "shrinkB": 0, "color": ax.xaxis.label.get_color()}
        ax.annotate("", (left, y), (end, y), arrowprops=how)
        text = {"fontsize": "small", "va": "bottom"}
        ax.text((left + end) / 2, y + 0.06, f"window={index.window}", ha="center", **text)
        told = f"lead={index.lead}" + (f", horizon={horizon}" if horizon > 1 else "")
        if index.lead:
            ax.annotate("", (end, y), (right, y), arrowprops=how)
        ax.text(right, y, f"  {told}", **(text | {"va": "center"}))

    def _finish(self, low, high, is_own):
        """Write the axes and the legend."""
        ax, index = self.ax_, self.window_index
        ax.set_xlim(low - 0.7, high + 0.7)
        ax.set_ylim(self._y + 0.4, 0.6)
        ax.set_yticks([y for y, _ in self._lines], [name for _, name in self._lines])
        ax.tick_params(axis="y", length=0)
        ax.spines[["top", "right", "left"]].set_visible(False)
        labels = as_dates(index.labels)
        is_dated = index.on_a_clock or isinstance(labels, pd.DatetimeIndex)
        ax.set_xlabel(str(labels.name or ("time" if is_dated else "row")))
        time, first = np.unique(index.time, return_index=True)
        inside = (low <= time) & (time <= high)
        self._write_times(time[inside], labels[first[inside]])
        add_legend([ax], is_own=is_own)

    def _write_times(self, time, labels):
        """Write the labels of as many rows as there is room for."""
        if not len(time):
            self.ax_.set_xticks([])
        for stride in range(1 + len(time) // _MOST_LABELS, len(time) + 1):
            ticks = self.ax_.set_xticks(time[::stride], _short(labels[::stride]))
            boxes = [tick.label1.get_window_extent() for tick in ticks]
            if all(a.x1 + 4 <= b.x0 for a, b in pairwise(boxes)):
                break

    def _describe(self):
        index = self.window_index
        return {
            "window": index.window,
            "lead": index.lead,
            "horizon": self.horizon,
            "n_rows": len(index),
            "n_folds": len(self.folds or ()),
        }


def _short(labels):
    """Write labels as short as they stay apart."""
    if not isinstance(labels, pd.DatetimeIndex):
        return [f"{label:.4g}" if isinstance(label, float) else str(label) for label in labels]
    of_days = (labels == labels.normalize()).all()
    near, far = ("%b %d", "%Y") if of_days else ("%H:%M", "%b %d")
    days = [label.strftime(far) for label in labels]
    return [
        label.strftime(near) if day == before else f"{label.strftime(near)}\n{day}"
        for label, day, before in zip(labels, days, [None, *days], strict=False)
    ]
