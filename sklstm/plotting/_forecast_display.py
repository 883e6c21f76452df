"""A forecast, beside its history and the actual values."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import pandas as pd

from sklstm.forecasting import forecast as make_forecast
from sklstm.forecasting._model_parts import DEFAULT_COVERAGE, take_apart
from sklstm.plotting._series import as_series, by_series, read_forecast
from sklstm.plotting._style import (
    BLUE,
    PALETTE,
    SKY,
    Display,
    add_legend,
    as_axis,
    make_axes,
    write_dates,
)


class ForecastDisplay(Display):
    """Plot of forecasts: history, forecast, intervals, actual values and other forecasts.

    Several series are drawn as small multiples. Create it with :meth:`from_estimator` or
    :meth:`from_predictions`. It keeps its arguments as attributes, and :meth:`plot` draws them
    anew.

    Parameters
    ----------
    forecast : Series or DataFrame
        The forecast, as :func:`sklstm.forecast` returns it: indexed by the time; several series by
        the series and the time. A DataFrame has the columns "forecast", "lower" and "upper", of
        which the last two are the interval, or a column for each quantile, named by its level: the
        median is drawn as a line, each pair of others as an interval.
    history : Series, default=None
        The values before the forecast, indexed in the same way, or by the time and the series.
    actual : Series, default=None
        The actual values, indexed like the history; those of the time of the forecast are drawn.
        With them the legend tells what part of them lies inside the intervals.
    interval : DataFrame of two columns or array of shape (n, 2), default=None
        Lower and upper bounds of the prediction interval, in the rows of the forecast.
    others : dict of Series, default=None
        Other forecasts of the same timestamps, by name.
    coverage : float, default=None
        Nominal coverage of the interval, for the legend. Quantiles have their own.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes of the first series.
    axes_ : ndarray of matplotlib Axes
        One for each series.
    figure_ : matplotlib Figure
        The figure.
    lines_ : list of list of matplotlib Artists
        The artists of each of the axes.

    See Also
    --------
    sklstm.forecast : Forecast beyond the last row.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklstm.plotting import ForecastDisplay
    >>> days = pd.date_range("2024-01-01", periods=5, freq="D")
    >>> history = pd.Series([1.0, 2.0, 3.0], index=days[:3], name="sales")
    >>> forecast = pd.Series([3.5, 4.0], index=days[3:], name="sales")
    >>> display = ForecastDisplay.from_predictions(forecast, history=history)
    >>> display
    ForecastDisplay(n_series=1, n_steps=2, n_intervals=0)
    >>> display.axes_.shape
    (1,)
    """

    def __init__(
        self,
        *,
        forecast,
        history=None,
        actual=None,
        interval=None,
        others=None,
        coverage=None,
    ):
        self.forecast = forecast
        self.history = history
        self.actual = actual
        self.interval = interval
        self.others = others
        self.coverage = coverage

    @classmethod
    def from_estimator(
        cls,
        estimator,
        X,
        y=None,
        *,
        steps=None,
        future=None,
        coverage=None,
        actual=None,
        ax=None,
        n_history=None,
    ):
        """Forecast what follows the last row of X, and draw it.

        Parameters
        ----------
        estimator : Pipeline that ends in SequenceWindower and LSTMForecaster
            Fitted, or a meta-estimator around one, as :func:`sklstm.forecast` takes it.
        X : DataFrame of shape (n_rows, n_features)
            The rows up to now.
        y : Series of shape (n_rows,)
            The values of these rows, drawn as the history. None takes the column of X that is named
            like the target, if there is one.
        steps : int, default=None
            Steps ahead; None is the horizon of the forecaster.
        future : DataFrame, default=None
            Known future covariates.
        coverage : float, default=None
            Coverage of the prediction intervals. None is 0.9 for a
            :class:`~sklstm.ConformalForecaster`, and all quantiles for a forecaster of them.
        actual : Series, default=None
            The actual values.
        ax : matplotlib Axes or array of them, default=None
            Axes to draw in; None makes a figure.
        n_history : int, default=None
            Time steps of history to show for each series; None shows three times the horizon.

        Returns
        -------
        ForecastDisplay
            The display.
        """
        ahead = make_forecast(estimator, X, steps, future=future, coverage=coverage)
        parts = take_apart(estimator)
        if coverage is None and parts.intervals is not None:
            coverage = DEFAULT_COVERAGE
        if isinstance(ahead, pd.Series) and y is None:
            y = _column_of(X, ahead.name)
        history = None if y is None else _with_time_in_index(as_series(y, "y"), X, parts.windower)
        display = cls(forecast=ahead, history=history, actual=actual, coverage=coverage)
        return display.plot(ax=ax, n_history=n_history)

    @classmethod
    def from_predictions(
        cls,
        forecast,
        *,
        history=None,
        actual=None,
        interval=None,
        others=None,
        coverage=None,
        ax=None,
        n_history=None,
    ):
        """Draw a forecast.

        Parameters
        ----------
        forecast : Series or DataFrame
            The forecast, indexed by the time; several series by the series and the time; with its
            interval in the columns "forecast", "lower" and "upper", or of a column for each
            quantile.
        history, actual : Series, default=None
            The values before the forecast, and the actual values.
        interval : DataFrame of two columns or array of shape (n, 2), default=None
            Lower and upper bounds of the prediction interval, in the rows of the forecast.
        others : dict of Series, default=None
            Other forecasts of the same timestamps, by name.
        coverage : float, default=None
            Nominal coverage of the interval, for the legend.
        ax : matplotlib Axes or array of them, default=None
            Axes to draw in, one for each series, or one to be divided; None makes a figure.
        n_history : int, default=None
            Time steps of history to show for each series; None shows three times the horizon.

        Returns
        -------
        ForecastDisplay
            The display.
        """
        display = cls(
            forecast=forecast,
            history=history,
            actual=actual,
            interval=interval,
            others=others,
            coverage=coverage,
        )
        return display.plot(ax=ax, n_history=n_history)

    def plot(self, *, ax=None, n_history=None):
        """Draw the forecast.

        Parameters
        ----------
        ax : matplotlib Axes or array of them, default=None
            Axes to draw in, one for each series, or one to be divided; None makes a figure.
        n_history : int, default=None
            Time steps of history to show for each series; None shows three times the horizon.

        Returns
        -------
        ForecastDisplay
            Itself.

        Raises
        ------
        TypeError
            If values have no index, as arrays have none.
        ValueError
            If there are more series than axes, if the interval has other rows than the forecast, if
            quantiles have no median, or if the index of other values lacks the series or has more
            levels.
        """
        like, bands = read_forecast(self.forecast, self.interval, self.coverage)
        forecasts = by_series(like, like)
        actual = None if self.actual is None else as_series(self.actual, "actual")
        history = (
            {} if self.history is None else by_series(as_series(self.history, "history"), like)
        )
        actuals = {} if actual is None else by_series(actual, like)
        others = {
            name: by_series(as_series(other, f"others[{name!r}]"), like)
            for name, other in (self.others or {}).items()
        }
        shown = [
            (band.label(actual), by_series(band.lower, like), by_series(band.upper, like))
            for band in bands
        ]
        axes, is_own = make_axes(ax, len(forecasts), "series", of="ForecastDisplay")
        self.lines_ = []
        for own, (key, line) in zip(axes, forecasts.items(), strict=True):
            ink = own.xaxis.label.get_color()
            drawn = []
            before = history.get(key)
            if before is not None:
                n_shown = 3 * len(line) if n_history is None else n_history
                before = before[before.index < line.index[0]].iloc[-n_shown:]
                drawn += _draw(own, before, color=ink, alpha=0.65, label="history")
            if key in actuals:
                true = actuals[key].loc[line.index.min() : line.index.max()]
                drawn += _draw(own, true, color=ink, linestyle=":", label="actual")
            for number, (label, lower, upper) in enumerate(shown, start=1):
                look = {"color": SKY, "alpha": min(0.15 + 0.15 * number, 0.6), "linewidth": 0}
                band = as_axis(line.index), lower[key], upper[key]
                drawn.append(own.fill_between(*band, label=label, **look))
            drawn += _draw(own, line, color=BLUE, label="forecast", linewidth=1.8)
            for number, (name, other) in enumerate(others.items(), start=1):
                if key in other:
                    color = PALETTE[number % len(PALETTE)]
                    drawn += _draw(own, other[key], color=color, linewidth=1, label=name)
            if len(forecasts) > 1:
                own.set_title(str(key), fontsize="small")
            write_dates(own, as_axis(line.index))
            self.lines_.append(drawn)
        axes[0].set_ylabel(self._name_of_target(like))
        add_legend(axes, is_own=is_own)
        self.axes_, self.ax_, self.figure_ = axes, axes[0], axes[0].figure
        return self

    def _name_of_target(self, like):
        """Return the name of what is forecast, if any of the values has one."""
        names = [like.name, getattr(self.history, "name", None), getattr(self.actual, "name", None)]
        return next((str(name) for name in names if name not in (None, "forecast")), "forecast")

    def _describe(self):
        like, bands = read_forecast(self.forecast, self.interval, self.coverage)
        n_series = len(by_series(like, like))
        return {
            "n_series": n_series,
            "n_steps": len(like) // max(n_series, 1),
            "n_intervals": len(bands),
        }


def _draw(ax, values, **how):
    # A line of one point would not be seen.
    marker = "o" if len(values) == 1 else ""
    return ax.plot(as_axis(values.index), values, marker=marker, markersize=4, **how)


def _column_of(X, name):
    """Return the column of X that holds the target; None if there is none."""
    return X[name] if isinstance(X, pd.DataFrame) and name in X.columns else None


def _with_time_in_index(y, X, windower):
    """Index values by the series and the time, where these are columns of X."""
    if not isinstance(X, pd.DataFrame) or windower is None:
        return y
    by = windower.by if isinstance(windower.by, list | tuple) else [windower.by]
    names = [name for name in (*by, windower.time) if name in X.columns]
    if not names:
        return y
    keys = X[names].set_index(names, append=windower.time not in names)
    return y.set_axis(keys.index)
