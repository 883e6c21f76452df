"""Labels of time steps, and their probabilities."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from numbers import Integral

import numpy as np
import pandas as pd

from sklstm.plotting._style import (
    PALETTE,
    Display,
    add_legend,
    as_axis,
    as_dates,
    make_axes,
    write_dates,
)

# Where the lines of labels stand, below the probabilities.
_HEIGHT = 0.11
_FIRST = -0.12


class SequenceLabelDisplay(Display):
    """Plot of labels along time: predicted and actual ones, and the probability of each class.

    The probabilities are stacked, so that each class has a share of the height. Below stand the
    predicted labels, the actual ones, and marks where the two differ. Create it with
    :meth:`from_estimator` or :meth:`from_predictions`.

    Parameters
    ----------
    y_pred : array-like of shape (n_steps,)
        The predicted labels.
    y_true : array-like of shape (n_steps,), default=None
        The actual labels; None or NaN where there is none.
    proba : array-like of shape (n_steps, n_classes), default=None
        The probabilities.
    classes : array-like of shape (n_classes,), default=None
        The classes, in the order of the columns of `proba`. None takes the sorted labels.
    index : pandas.Index or array-like of shape (n_steps,), default=None
        The time of each step; None counts them from 0.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes.
    figure_ : matplotlib Figure
        The figure.
    areas_ : dict of matplotlib PolyCollection
        The probability of each class.
    predicted_, actual_ : dict of matplotlib PolyCollection
        The steps with each label.
    wrong_ : matplotlib PolyCollection or None
        The steps at which the predicted label is not the actual one.

    See Also
    --------
    sklstm.LSTMClassifier : Labels each row, or each step of a sequence.

    Examples
    --------
    >>> from sklstm.plotting import SequenceLabelDisplay
    >>> display = SequenceLabelDisplay.from_predictions(
    ...     ["rest", "rest", "walk", "walk"],
    ...     ["rest", "walk", "walk", "walk"],
    ...     proba=[[0.9, 0.1], [0.4, 0.6], [0.2, 0.8], [0.1, 0.9]],
    ... )
    >>> display
    SequenceLabelDisplay(n_steps=4, classes=['rest', 'walk'], accuracy=0.75)
    >>> sorted(display.areas_)
    ['rest', 'walk']
    """

    def __init__(self, *, y_pred, y_true=None, proba=None, classes=None, index=None):
        self.y_pred = y_pred
        self.y_true = y_true
        self.proba = proba
        self.classes = classes
        self.index = index

    @classmethod
    def from_estimator(cls, estimator, X, y=None, *, rows=None, ax=None):
        """Predict labels, and draw them.

        Parameters
        ----------
        estimator : classifier, or a pipeline that ends in one
            Fitted.
        X : DataFrame, array-like or list of sequences
            What it predicts from.
        y : array-like, default=None
            The actual labels.
        rows : int, slice or array-like of int, default=None
            Which predictions are drawn: rows of one series; of sequences with a label for each
            step, the one sequence. None draws all rows, or the first sequence.
        ax : matplotlib Axes, default=None
            Axes to draw in; None makes a figure.

        Returns
        -------
        SequenceLabelDisplay
            The display.
        """
        y_pred = estimator.predict(X)
        proba = estimator.predict_proba(X) if hasattr(estimator, "predict_proba") else None
        index = getattr(X, "index", None) if hasattr(X, "columns") else None
        of_sequences = not isinstance(y_pred, np.ndarray) or y_pred.ndim > 1
        if of_sequences and rows is None:
            rows = 0
        if of_sequences and not isinstance(rows, Integral):
            raise ValueError(
                f"rows must be the position of one sequence, whose steps are drawn; got {rows!r}."
            )
        if rows is not None:
            y_pred, proba = y_pred[rows], None if proba is None else proba[rows]
            y = (
                None
                if y is None
                else (y.iloc[rows] if isinstance(y, pd.Series) else _pick(y, rows))
            )
            index = None if of_sequences or index is None else index[rows]
        if of_sequences and y is not None:
            # Sequences are padded to one length.
            n_steps = len(y)
            y_pred, proba = y_pred[-n_steps:], None if proba is None else proba[-n_steps:]
        classes = getattr(estimator, "classes_", None)
        display = cls(y_pred=y_pred, y_true=y, proba=proba, classes=classes, index=index)
        return display.plot(ax=ax)

    @classmethod
    def from_predictions(cls, y_true, y_pred, *, proba=None, classes=None, index=None, ax=None):
        """Draw labels.

        Parameters
        ----------
        y_true : array-like of shape (n_steps,) or None
            The actual labels.
        y_pred : array-like of shape (n_steps,)
            The predicted labels.
        proba : array-like of shape (n_steps, n_classes), default=None
            The probabilities.
        classes : array-like of shape (n_classes,), default=None
            The classes, in the order of the columns of `proba`; None takes the sorted labels.
        index : pandas.Index or array-like of shape (n_steps,), default=None
            The time of each step; None takes the index of `y_true` or `y_pred`, or counts steps.
        ax : matplotlib Axes, default=None
            Axes to draw in; None makes a figure.

        Returns
        -------
        SequenceLabelDisplay
            The display.
        """
        for labels in (y_true, y_pred):
            if index is None and isinstance(labels, pd.Series):
                index = labels.index
        display = cls(y_pred=y_pred, y_true=y_true, proba=proba, classes=classes, index=index)
        return display.plot(ax=ax)

    def plot(self, *, ax=None):
        """Draw the labels.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw in; None makes a figure.

        Returns
        -------
        SequenceLabelDisplay
            Itself.

        Raises
        ------
        ValueError
            If labels, probabilities, classes or times are not as many as the steps, or if the time
            goes back, as it does from one series to the next.
        """
        y_pred, y_true, proba, classes, index = self._read()
        (ax,), is_own = make_axes(
            ax, 1, "displays", of="SequenceLabelDisplay", single=(8, 4 if proba is not None else 2)
        )
        self.ax_, self.figure_ = ax, ax.figure
        edges = _edges(index)
        ink = ax.xaxis.label.get_color()
        colors = _colors(classes)
        self.areas_, self.actual_, self.wrong_ = {}, {}, None
        ticks = []
        if proba is not None:
            below = np.zeros(len(proba) + 1)
            for number, label in enumerate(classes):
                above = below + np.append(proba[:, number], proba[-1, number])
                self.areas_[label] = ax.fill_between(
                    edges, below, above, step="post", color=colors[label], alpha=0.65, linewidth=0
                )
                below = above
            ticks += [(0.0, "0"), (0.5, "0.5"), (1.0, "1")]
            ax.set_ylabel("probability", y=0.65)
        self.predicted_ = self._draw_line(edges, y_pred, _FIRST, colors)
        ticks.append((_FIRST, "predicted"))
        bottom = _FIRST
        if y_true is not None:
            bottom -= 1.3 * _HEIGHT
            self.actual_ = self._draw_line(edges, y_true, bottom, colors)
            ticks.append((bottom, "actual"))
            wrong = (y_pred != y_true) & ~pd.isna(y_true)
            bottom -= 1.15 * _HEIGHT
            self.wrong_ = self._draw_steps(edges, wrong, bottom, _HEIGHT / 3, ink)
            ticks.append((bottom, "wrong"))
        ax.set_yticks(*zip(*ticks, strict=True))
        ax.tick_params(axis="y", length=0)
        ax.set_ylim(bottom - _HEIGHT, 1.0 if proba is not None else 0.0)
        ax.margins(x=0)
        ax.spines[["top", "right", "left"]].set_visible(False)
        write_dates(ax, index.rename(index.name or "step"))
        add_legend([ax], is_own=is_own)
        return self

    def _draw_line(self, edges, labels, y, colors):
        """Draw the steps with each label; every class has its entry in the legend once."""
        drawn = {}
        for label, color in colors.items():
            of = self._draw_steps(edges, labels == label, y, _HEIGHT, color)
            if y == _FIRST:
                of.set_label(str(label))
            drawn[label] = of
        return drawn

    def _draw_steps(self, edges, where, y, height, color):
        starts = np.flatnonzero(np.diff(np.r_[False, where, False].astype(int)))
        first, last = edges[starts[0::2]], edges[starts[1::2]]
        bars = list(zip(first, last - first, strict=True))
        return self.ax_.broken_barh(bars, (y - height / 2, height), facecolor=color, linewidth=0)

    def _read(self):
        """Validate the parameters."""
        y_pred = _as_labels(self.y_pred, "y_pred")
        n_steps = len(y_pred)
        if n_steps == 0:
            raise ValueError("y_pred holds no label.")
        y_true = None if self.y_true is None else _as_labels(self.y_true, "y_true")
        proba = None if self.proba is None else np.asarray(self.proba, dtype=np.float64)
        every = y_pred if y_true is None else np.concatenate([y_pred, y_true])
        classes = pd.unique(every[~pd.isna(every)]) if self.classes is None else self.classes
        classes = list(classes) if self.classes is not None else sorted(classes)
        index = _read_index(self.index, n_steps)
        for name, own in {"y_true": y_true, "proba": proba, "index": index}.items():
            if own is not None and len(own) != n_steps:
                raise ValueError(f"{name} has {len(own)} steps, but y_pred has {n_steps}.")
        if proba is not None and proba.shape != (n_steps, len(classes)):
            raise ValueError(
                f"proba has shape {proba.shape}; {(n_steps, len(classes))} is expected, a column "
                f"for each of the classes {classes}."
            )
        if not index.is_monotonic_increasing or not index.is_unique:
            raise ValueError(
                "index must go forward in time; it goes back, as it does from one series to the "
                "next. Choose the rows of one series by rows=."
            )
        return y_pred, y_true, proba, classes, index

    def _describe(self):
        y_pred, y_true, _, classes, _ = self._read()
        told = {"n_steps": len(y_pred), "classes": classes}
        if y_true is not None:
            known = ~pd.isna(y_true)
            told["accuracy"] = (
                float(np.mean(y_pred[known] == y_true[known])) if known.any() else None
            )
        return told


def _read_index(index, n_steps):
    """Return the time of each step: dates or numbers."""
    if index is None:
        return pd.RangeIndex(n_steps)
    if isinstance(index, pd.MultiIndex):
        of_dates = [
            level
            for level in range(index.nlevels)
            if isinstance(as_dates(index.levels[level]), pd.DatetimeIndex)
        ]
        index = index.get_level_values(of_dates[0] if len(of_dates) == 1 else -1)
    index = as_axis(pd.Index(index))
    if not isinstance(index, pd.DatetimeIndex) and not pd.api.types.is_numeric_dtype(index):
        raise TypeError(f"index must hold dates or numbers; got {index[0]!r}.")
    return index


def _pick(y, rows):
    return y[rows] if isinstance(y, list) and isinstance(rows, Integral) else np.asarray(y)[rows]


def _as_labels(labels, name):
    labels = np.asarray(labels, dtype=object)
    if labels.ndim != 1:
        raise ValueError(
            f"{name} must hold the labels of one sequence, (n_steps,); got shape {labels.shape}."
        )
    return labels


def _edges(index):
    """Return where each step starts, and where the last one ends."""
    from matplotlib.dates import date2num

    is_dates = isinstance(index, pd.DatetimeIndex)
    at = date2num(index) if is_dates else np.asarray(index, dtype=np.float64)
    step = np.median(np.diff(at)) if len(at) > 1 else 1.0
    return np.append(at, at[-1] + step)


def _colors(classes):
    """Give every class a colour."""
    if len(classes) <= len(PALETTE):
        return dict(zip(classes, PALETTE, strict=False))
    import matplotlib

    shades = matplotlib.colormaps["viridis"](np.linspace(0, 1, len(classes)))
    return {label: tuple(shade) for label, shade in zip(classes, shades, strict=True)}
