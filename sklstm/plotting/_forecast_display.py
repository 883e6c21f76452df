"""A forecast, beside its history and the actual values."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd

# Small multiples in a row of the figure.
_COLUMNS = 4


class ForecastDisplay:
    """Plot of forecasts: history, forecast, interval, actual values and other forecasts.

    Several series are drawn as small multiples. Create it with :meth:`from_predictions`. It keeps
    its arguments as attributes, and :meth:`plot` draws them anew.

    Parameters
    ----------
    forecast : Series or DataFrame
        The forecast, as :func:`sklstm.forecast` returns it: indexed by the time; several series by
        the series and the time. A DataFrame has the columns "forecast", "lower" and "upper", of
        which the last two are the interval.
    history : Series, default=None
        The values before the forecast, indexed in the same way, or by the time and the series.
    actual : Series, default=None
        The actual values, indexed like the history.
    interval : DataFrame of two columns or array of shape (n, 2), default=None
        Lower and upper bounds of the prediction interval, in the rows of the forecast.
    others : dict of Series, default=None
        Other forecasts of the same timestamps, by name.

    Attributes
    ----------
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
    >>> display.axes_.shape
    (1,)
    """

    def __init__(self, *, forecast, history=None, actual=None, interval=None, others=None):
        self.forecast = forecast
        self.history = history
        self.actual = actual
        self.interval = interval
        self.others = others

    @classmethod
    def from_predictions(
        cls,
        forecast,
        *,
        history=None,
        actual=None,
        interval=None,
        others=None,
        axes=None,
        n_history=None,
    ):
        """Draw a forecast.

        Parameters
        ----------
        forecast : Series or DataFrame
            The forecast, indexed by the time; several series by the series and the time; with its
            interval in the columns "forecast", "lower" and "upper".
        history, actual : Series, default=None
            The values before the forecast, and the actual values.
        interval : DataFrame of two columns or array of shape (n, 2), default=None
            Lower and upper bounds of the prediction interval, in the rows of the forecast.
        others : dict of Series, default=None
            Other forecasts of the same timestamps, by name.
        axes : matplotlib Axes or array of them, default=None
            Axes to draw in, one for each series; None makes a figure.
        n_history : int, default=None
            Time steps of history to show for each series; None shows three times the horizon.

        Returns
        -------
        ForecastDisplay
            The display.
        """
        display = cls(
            forecast=forecast, history=history, actual=actual, interval=interval, others=others
        )
        return display.plot(axes=axes, n_history=n_history)

    def plot(self, *, axes=None, n_history=None):
        """Draw the forecast.

        Parameters
        ----------
        axes : matplotlib Axes or array of them, default=None
            Axes to draw in, one for each series; None makes a figure.
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
            If there are more series than axes, if the interval has other rows than the forecast, or
            if the index of other values lacks the series or has more levels.
        """
        like, interval = _forecast_and_interval(self.forecast, self.interval)
        forecasts = _by_series(like, like)
        axes = _some_axes(axes, len(forecasts))
        if interval is not None:
            interval = np.asarray(interval, dtype=np.float64)
            if interval.shape != (len(like), 2):
                raise ValueError(
                    f"interval has shape {interval.shape}; {(len(like), 2)} is expected, "
                    "a lower and an upper bound for each row of the forecast."
                )
            bounds = [_by_series(pd.Series(part, index=like.index), like) for part in interval.T]
        given = {"history": self.history, "actual": self.actual}
        history, actual = (
            {} if values is None else _by_series(_as_series(values, name), like)
            for name, values in given.items()
        )
        others = {
            name: _by_series(_as_series(other, f"others[{name!r}]"), like)
            for name, other in (self.others or {}).items()
        }
        self.lines_ = []
        for ax, (key, forecast) in zip(axes, forecasts.items(), strict=False):
            drawn = []
            before = history.get(key)
            if before is not None:
                n_shown = 3 * len(forecast) if n_history is None else n_history
                before = before[before.index < forecast.index[0]].iloc[-n_shown:]
                drawn += ax.plot(_x(before), before, color="0.3", label="history")
            if key in actual:
                drawn += ax.plot(
                    _x(actual[key]), actual[key], color="0.3", linestyle=":", label="actual"
                )
            if interval is not None:
                low, high = (part[key] for part in bounds)
                drawn.append(
                    ax.fill_between(
                        _x(forecast), low, high, color="C0", alpha=0.2, label="interval"
                    )
                )
            drawn += ax.plot(_x(forecast), forecast, color="C0", label="forecast")
            for number, (name, other) in enumerate(others.items(), start=1):
                if key in other:
                    drawn += ax.plot(
                        _x(other[key]), other[key], color=f"C{number}", linewidth=1, label=name
                    )
            if len(forecasts) > 1:
                ax.set_title(str(key), fontsize="small")
            ax.tick_params(axis="x", labelrotation=30)
            self.lines_.append(drawn)
        axes[0].set_ylabel(str(like.name or "forecast"))
        axes[0].legend(fontsize="small")
        for ax in axes[len(forecasts) :]:
            ax.set_visible(False)
        self.axes_, self.figure_ = axes[: len(forecasts)], axes[0].figure
        return self


def _forecast_and_interval(forecast, interval):
    """Return the forecast as a Series, and the bounds that stand beside it or are given."""
    columns = list(getattr(forecast, "columns", []))
    if isinstance(forecast, pd.DataFrame) and columns == ["forecast", "lower", "upper"]:
        own = forecast[["lower", "upper"]]
        return forecast["forecast"], own if interval is None else interval
    return _as_series(forecast, "forecast"), interval


def _as_series(values, name) -> pd.Series:
    """Refuse what has no index to be drawn against."""
    if isinstance(values, pd.DataFrame) and values.shape[1] == 1:
        return values.iloc[:, 0]
    if not isinstance(values, pd.Series):
        what = f" of columns {list(values.columns)}" if isinstance(values, pd.DataFrame) else ""
        raise TypeError(
            f"{name} must be a pandas Series whose index holds the time, as sklstm.forecast "
            f"returns it; got {type(values).__name__}{what}."
        )
    return values


def _by_series(values, like) -> dict:
    """Split values by series, with only the time left in the index."""
    index = values.index
    if like.index.nlevels == 1:
        if index.nlevels > 1:
            raise ValueError(
                f"The forecast is of one series, but the index of other values has the levels "
                f"{list(index.names)}: select the series."
            )
        return {None: values}
    series = list(like.index.names[:-1])
    missing = [name for name in like.index.names if name not in index.names]
    if missing:
        raise ValueError(
            f"The forecast is indexed by {list(like.index.names)}, but other values lack the "
            f"levels {missing}."
        )
    level = series if len(series) > 1 else series[0]
    return {
        key: part.droplevel(series).sort_index()
        for key, part in values.groupby(level=level, sort=False)
    }


def _x(values):
    index = values.index
    return index.to_timestamp() if isinstance(index, pd.PeriodIndex) else index


def _some_axes(axes, n_series):
    """Return axes, one for each series."""
    if axes is not None:
        axes = np.ravel(axes)
        if len(axes) < n_series:
            raise ValueError(f"{n_series} series need as many axes; got {len(axes)}.")
        return axes
    import matplotlib.pyplot as plt

    n_columns = min(n_series, _COLUMNS)
    n_rows = -(-n_series // n_columns)
    size = (7, 4) if n_series == 1 else (3.5 * n_columns, 2.5 * n_rows)
    _, axes = plt.subplots(
        n_rows, n_columns, figsize=size, squeeze=False, sharex=True, layout="constrained"
    )
    return axes.ravel()
