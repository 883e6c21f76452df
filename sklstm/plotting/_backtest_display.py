"""The errors of a backtest."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Mapping

import pandas as pd

from sklstm.forecasting import backtest
from sklstm.forecasting._model_parts import DEFAULT_COVERAGE, parts_of
from sklstm.plotting._style import GREY, PALETTE, Display, add_legend, make_axes

_KEYS = ["model", "fold", "series", "lead", "n"]
_OF_INTERVALS = ["coverage", "width"]
# What each panel has on its horizontal axis.
_ALONG = {"lead": "lead", "fold": "fold", "coverage": "lead", "width": "lead"}


class BacktestDisplay(Display):
    """Plot of a backtest: the error by lead and by fold, of models and baselines.

    Where models give prediction intervals, their coverage and their width follow. All values are
    means over the rows of the table: over folds and series by lead, over leads and series by fold.
    Create it with :meth:`from_backtest` or :meth:`from_estimator`.

    Parameters
    ----------
    table : DataFrame
        As :func:`sklstm.backtest` returns it.
    metric : str, default=None
        Its column to draw; None is the first metric.
    coverage : float, default=None
        Nominal coverage of the intervals, drawn as a line.
    panels : list of {"lead", "fold", "coverage", "width"}, default=None
        What to draw, a panel for each. None draws what the table has: leads and folds where there
        are several, coverage and width where models give intervals.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes of the first panel.
    axes_ : ndarray of matplotlib Axes
        One for each panel.
    figure_ : matplotlib Figure
        The figure.
    lines_ : dict of dict of matplotlib Line2D
        For each panel the line of each model, by name.

    See Also
    --------
    sklstm.backtest : Makes the table.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklstm import LSTMForecaster, SequenceWindower, backtest
    >>> from sklstm.forecasting import Persistence
    >>> from sklstm.plotting import BacktestDisplay
    >>> days = pd.date_range("2026-01-01", periods=90, freq="D")
    >>> sales = pd.DataFrame({"sales": np.arange(90.0) % 7}, index=days)
    >>> model = make_pipeline(
    ...     SequenceWindower(window=7, lead=1),
    ...     LSTMForecaster(horizon=3, units=2, epochs=1, plain=True, random_state=0),
    ... )
    >>> table = backtest(
    ...     model, sales, sales["sales"], cv=2, baselines={"persistence": Persistence()}
    ... )
    >>> display = BacktestDisplay.from_backtest(table)
    >>> display
    BacktestDisplay(metric='mean_absolute_error', models=['model', 'persistence'], n_folds=2,
    n_leads=3)
    >>> display.lines_["lead"]["persistence"].get_xdata()
    array([1, 2, 3])
    """

    def __init__(self, *, table, metric=None, coverage=None, panels=None):
        self.table = table
        self.metric = metric
        self.coverage = coverage
        self.panels = panels

    @classmethod
    def from_estimator(
        cls, estimator, X, y, cv=None, *, metric=None, coverage=None, panels=None, ax=None, **how
    ):
        """Run a backtest, and draw it.

        Parameters
        ----------
        estimator : Pipeline that ends in SequenceWindower and LSTMForecaster, or dict of them
            Not fitted, as :func:`sklstm.backtest` takes it.
        X : DataFrame or array-like of shape (n_rows, n_features)
            The rows.
        y : array-like of shape (n_rows,)
            Their values.
        cv : int, cross-validator or iterable of (train, test), default=None
            The folds; None is five of them.
        metric : str or callable, default=None
            Name of a function of :mod:`sklearn.metrics`, or a function ``metric(y_true, y_pred)``.
            None is the mean absolute error.
        coverage : float, default=None
            Nominal coverage of the prediction intervals.
        panels : list of {"lead", "fold", "coverage", "width"}, default=None
            What to draw; None draws what there is.
        ax : matplotlib Axes or array of them, default=None
            Axes to draw in, one for each panel, or one to be divided; None makes a figure.
        **how : dict
            Further parameters of :func:`sklstm.backtest`, such as `baselines`.

        Returns
        -------
        BacktestDisplay
            The display.
        """
        metrics = "mean_absolute_error" if metric is None else metric
        table = backtest(estimator, X, y, cv, metrics=metrics, coverage=coverage, **how)
        models = list(estimator.values()) if isinstance(estimator, Mapping) else [estimator]
        if coverage is None and any(parts_of(model)[0].intervals is not None for model in models):
            coverage = DEFAULT_COVERAGE
        return cls(table=table, coverage=coverage, panels=panels).plot(ax=ax)

    @classmethod
    def from_backtest(cls, table, *, metric=None, coverage=None, panels=None, ax=None):
        """Draw the table of a backtest.

        Parameters
        ----------
        table : DataFrame
            As :func:`sklstm.backtest` returns it.
        metric : str, default=None
            Its column to draw; None is the first metric.
        coverage : float, default=None
            Nominal coverage of the intervals, drawn as a line.
        panels : list of {"lead", "fold", "coverage", "width"}, default=None
            What to draw; None draws what the table has.
        ax : matplotlib Axes or array of them, default=None
            Axes to draw in, one for each panel, or one to be divided; None makes a figure.

        Returns
        -------
        BacktestDisplay
            The display.
        """
        return cls(table=table, metric=metric, coverage=coverage, panels=panels).plot(ax=ax)

    def plot(self, *, ax=None):
        """Draw the backtest.

        Parameters
        ----------
        ax : matplotlib Axes or array of them, default=None
            Axes to draw in, one for each panel, or one to be divided; None makes a figure.

        Returns
        -------
        BacktestDisplay
            Itself.

        Raises
        ------
        TypeError
            If `table` is no DataFrame.
        ValueError
            If it is no table of a backtest, if it has no such metric or panel, or if there are
            fewer axes than panels.
        """
        metric, panels = self._read()
        axes, is_own = make_axes(
            ax,
            len(panels),
            "panels",
            of="BacktestDisplay",
            small=(4, 3),
            n_columns=2,
            share_x=False,
        )
        models = list(self.table["model"].unique())
        self.lines_ = {}
        for own, panel in zip(axes, panels, strict=True):
            value, along = panel if panel in _OF_INTERVALS else metric, _ALONG[panel]
            means = self.table.groupby(["model", along])[value].mean()
            drawn = {}
            for number, model in enumerate(models):
                line = means[model].dropna()
                if line.empty:
                    continue
                (drawn[model],) = own.plot(
                    line.index.to_numpy(), line.to_numpy(),
                    color=PALETTE[number % len(PALETTE)],
                    linestyle="-" if number < len(PALETTE) else "--",
                    marker="o" if panel == "fold" or len(line) < 9 else "",
                    markersize=4, label=str(model),
                )  # fmt: skip
            if panel == "coverage" and self.coverage is not None:
                own.axhline(self.coverage, color=GREY, linestyle=":", zorder=0, label="asked for")
            self.lines_[panel] = drawn
            own.xaxis.get_major_locator().set_params(integer=True)
            own.set_xlabel("lead, steps ahead" if along == "lead" else "fold")
            own.set_ylabel(value.replace("_", " "))
        add_legend(axes, is_own=is_own)
        self.axes_, self.ax_, self.figure_ = axes, axes[0], axes[0].figure
        return self

    def _read(self):
        """Validate the parameters; return the metric and the panels."""
        table = self.table
        if not isinstance(table, pd.DataFrame):
            raise TypeError(
                "table must be the DataFrame that sklstm.backtest returns; got "
                f"{type(table).__name__}."
            )
        metrics = [name for name in table.columns if name not in [*_KEYS, *_OF_INTERVALS]]
        missing = [name for name in _KEYS if name not in table.columns]
        if missing or not metrics or table.empty:
            what = f"no columns {missing}" if missing else "no metric" if not metrics else "no row"
            raise ValueError(f"table must be what sklstm.backtest returns; this one has {what}.")
        metric = metrics[0] if self.metric is None else self.metric
        if metric not in metrics:
            raise ValueError(f"metric must be one of the columns {metrics}; got {metric!r}.")
        has_intervals = "coverage" in table and table["coverage"].notna().any()
        intervals = _OF_INTERVALS if has_intervals else []
        if self.panels is None:
            several = [name for name in ("lead", "fold") if table[name].nunique() > 1]
            return metric, [*(several or ["lead"]), *intervals]
        panels = [self.panels] if isinstance(self.panels, str) else list(self.panels)
        known = ["lead", "fold", *intervals]
        if not panels or any(panel not in known for panel in panels):
            raise ValueError(f"panels must name some of {known}; got {self.panels!r}.")
        return metric, panels

    def _describe(self):
        metric, _ = self._read()
        return {
            "metric": metric,
            "models": list(self.table["model"].unique()),
            "n_folds": self.table["fold"].nunique(),
            "n_leads": self.table["lead"].nunique(),
        }
