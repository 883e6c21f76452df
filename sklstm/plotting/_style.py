"""What the displays share: axes, colours, legends that cover nothing, and axes of dates."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import warnings

import numpy as np
import pandas as pd

from sklstm.utils._sklearn_private import check_matplotlib_support

# Okabe and Ito's colours, which colour-blind readers can tell apart, on light ground and on dark.
BLUE, RED, GREEN, PINK, ORANGE, SKY = PALETTE = (
    *("#0072B2", "#D55E00", "#009E73"),
    *("#CC79A7", "#E69F00", "#56B4E9"),
)
GREY = "#808080"
# Inches that a character of the label of a date takes, for each point of its size, and the inches
# between two labels.
_CHARACTER = 0.6 / 72
_GAP = 0.08


class Display:
    """What all displays have: a readable representation."""

    def _describe(self) -> dict:
        """Return what the representation tells, by name."""
        raise NotImplementedError

    def __repr__(self):
        """Return a summary in one line."""
        told = ", ".join(f"{name}={value!r}" for name, value in self._describe().items())
        return f"{type(self).__name__}({told})"


def make_axes(
    ax, n: int, what: str, *, of: str, single=(7, 4), small=(3.5, 2.6), n_columns=3, share_x=True
):
    """Return axes to draw in.

    Parameters
    ----------
    ax : matplotlib Axes, array of them or None
        What the user gave. One Axes for several panels is divided among them; None makes a figure.
    n : int
        Axes that are needed.
    what : str
        What each shows, in the plural, for the message.
    of : str
        Name of the display.
    single, small : tuple of float
        Inches of a figure of one panel, and of each of several.
    n_columns : int, default=3
        Panels in a row of the figure, at most.
    share_x : bool, default=True
        Whether several panels share their horizontal axis.

    Returns
    -------
    axes : ndarray of shape (n,)
        The axes.
    is_own : bool
        Whether the figure was made here, and nothing else is in it.

    Raises
    ------
    TypeError
        If `ax` holds something else.
    ValueError
        If there are too few.
    """
    check_matplotlib_support(of)
    import matplotlib.pyplot as plt
    from matplotlib.axes import Axes

    n_rows = -(-n // n_columns)
    n_columns = -(-n // n_rows)
    if ax is None:
        size = single if n == 1 else (small[0] * n_columns, small[1] * n_rows)
        _, axes = plt.subplots(
            n_rows, n_columns, figsize=size, squeeze=False, sharex=share_x, layout="constrained"
        )
        for spare in axes.ravel()[n:]:
            spare.set_visible(False)
        for last in axes.ravel()[max(n - n_columns, 0) : n]:
            last.tick_params(axis="x", labelbottom=True)
        return axes.ravel()[:n], True
    place = ax.get_subplotspec() if isinstance(ax, Axes) and n > 1 else None
    if place is not None:
        grid = place.subgridspec(n_rows, n_columns)
        ax.set_axis_off()
        cells = [grid[k // n_columns, k % n_columns] for k in range(n)]
        return np.array([ax.figure.add_subplot(cell) for cell in cells]), False
    axes = np.ravel(np.asarray(ax, dtype=object))
    if not all(isinstance(one, Axes) for one in axes):
        raise TypeError(f"ax must be a matplotlib Axes or an array of them; got {ax!r}.")
    if len(axes) < n:
        raise ValueError(f"{n} {what} need as many axes; got {len(axes)}.")
    return axes[:n], False


def add_legend(axes, *, is_own: bool) -> None:
    """Place the legend where it covers nothing.

    Below the panels of a figure of our own, where a title that is added later does not meet it;
    within an Axes it gets room above what is drawn.

    Parameters
    ----------
    axes : ndarray of matplotlib Axes
        The panels.
    is_own : bool
        Whether the figure holds nothing else.
    """
    ax = axes[0]
    handles, labels = [], []
    for one in axes:
        for handle, label in zip(*one.get_legend_handles_labels(), strict=True):
            if label not in labels:
                handles.append(handle)
                labels.append(label)
    if not labels:
        return
    figure = ax.get_figure(root=True)
    # Only what is laid out can be measured.
    figure.draw_without_rendering()
    look = {"frameon": False, "fontsize": "small", "borderaxespad": 0.2, "columnspacing": 1.2}
    if is_own and len(axes) > 1:
        place, box, where = figure, figure.bbox, "outside lower center"
    else:
        place, box, where = ax, ax.get_window_extent(), "upper left"
    for n_columns in range(len(labels), 0, -1):
        legend = place.legend(handles, labels, loc=where, ncols=n_columns, **look)
        if legend.get_window_extent().width <= box.width or n_columns == 1:
            break
        legend.remove()
    if place is ax:
        share = min(legend.get_window_extent().height / box.height + 0.02, 0.6)
        low, high = ax.get_ylim()
        ax.set_ylim(low, low + (high - low) / (1 - share))


def write_dates(ax, index) -> None:
    """Write the dates of a horizontal axis so that they do not collide.

    Parameters
    ----------
    ax : matplotlib Axes
        The axes.
    index : pandas.Index
        What is drawn along it; unless it holds dates, only its name is written.
    """
    if not isinstance(index, pd.DatetimeIndex):
        ax.set_xlabel(str(index.name or ""))
        return
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    # As many ticks as have room; where even the labels of the fewest would meet, those.
    locator = AutoDateLocator(tz=index.tz)
    for most in range(9, 2, -1):
        candidate = AutoDateLocator(tz=index.tz, minticks=2, maxticks=most)
        room = _room_between(ax, candidate, ConciseDateFormatter(candidate, tz=index.tz), index.tz)
        if room is not None:
            locator = candidate
            if room > _GAP:
                break
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(ConciseDateFormatter(locator, tz=index.tz))


def _room_between(ax, locator, formatter, tz) -> float | None:
    """Return the least inches between two dates of a horizontal axis; None if it has fewer."""
    from matplotlib.dates import num2date

    first, last = ax.get_xlim()
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        try:
            ticks = locator.tick_values(num2date(first, tz), num2date(last, tz))
        except UserWarning:  # none of the intervals that it knows has so few ticks
            return None
    ticks = ticks[(ticks >= first) & (ticks <= last)]
    if len(ticks) < 2:
        return None
    size = ax.xaxis.get_major_ticks(1)[0].label1.get_fontsize()
    widths = np.array([_CHARACTER * size * len(text) for text in formatter.format_ticks(ticks)])
    inches = ax.get_window_extent().width / ax.get_figure(root=True).dpi
    apart = np.diff(ticks) / (last - first) * inches
    return float(np.min(apart - (widths[1:] + widths[:-1]) / 2))


def as_dates(index):
    """Return an index whose periods are the dates of their start."""
    return index.to_timestamp() if isinstance(index, pd.PeriodIndex) else index


def as_axis(index):
    """Return what an index is drawn along: dates, or numbers; of a duration its hours."""
    if isinstance(index, pd.TimedeltaIndex):
        return pd.Index(index / pd.Timedelta(hours=1), name="hours")
    return as_dates(index)
