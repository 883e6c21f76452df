"""Read what forecasts are drawn from: values by series, and the intervals beside them."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass

import numpy as np
import pandas as pd

_INTERVAL = ["forecast", "lower", "upper"]


@dataclass(frozen=True)
class Band:
    """A prediction interval.

    Parameters
    ----------
    lower, upper : Series
        The bounds, in the rows of the forecast.
    coverage : float or None
        Part of the actual values that is to lie inside, if it is known.
    """

    lower: pd.Series
    upper: pd.Series
    coverage: float | None

    def label(self, actual) -> str:
        """Name the interval, and tell what part of the actual values lies inside."""
        name = "interval" if self.coverage is None else f"{100 * self.coverage:.3g}% interval"
        if actual is None:
            return name
        actual = (
            actual.reorder_levels(self.lower.index.names) if actual.index.nlevels > 1 else actual
        )
        own = actual.reindex(self.lower.index)
        known = own.notna()
        if not known.any():
            return name
        inside = ((self.lower <= own) & (own <= self.upper))[known].mean()
        return f"{name} ({100 * inside:.0f}% inside)"


def read_forecast(forecast, interval, coverage) -> tuple[pd.Series, list[Band]]:
    """Read a forecast and the intervals that stand beside it.

    Parameters
    ----------
    forecast : Series or DataFrame
        A Series; a DataFrame of the columns "forecast", "lower" and "upper", or of quantiles.
    interval : DataFrame of two columns, array of shape (n, 2) or None
        Bounds, if the forecast has none of its own.
    coverage : float or None
        Of the bounds.

    Returns
    -------
    forecast : Series
        The forecast, or the median.
    bands : list of Band
        The intervals, the widest first.

    Raises
    ------
    TypeError
        If the forecast has no index.
    ValueError
        If the interval has another shape, or if quantiles have no median.
    """
    bands: list[Band] = []
    if isinstance(forecast, pd.DataFrame):
        columns = list(forecast.columns)
        if columns == _INTERVAL:
            if interval is None:
                bands = [Band(forecast["lower"], forecast["upper"], coverage)]
            forecast = forecast["forecast"]
        elif len(columns) > 1 and all(_is_level(column) for column in columns):
            forecast, bands = _read_quantiles(forecast)
    forecast = as_series(forecast, "forecast")
    if interval is not None:
        bounds = np.asarray(interval, dtype=np.float64)
        if bounds.shape != (len(forecast), 2):
            raise ValueError(
                f"interval has shape {bounds.shape}; {(len(forecast), 2)} is expected, "
                "a lower and an upper bound for each row of the forecast."
            )
        low, high = (pd.Series(part, index=forecast.index) for part in bounds.T)
        bands = [Band(low, high, coverage)]
    return forecast, bands


def _is_level(column) -> bool:
    return isinstance(column, float) and 0 < column < 1


def _read_quantiles(table):
    levels = sorted(table.columns)
    if 0.5 not in levels:
        raise ValueError(
            f"forecast has the quantiles {levels} as columns; the median, 0.5, is expected among "
            "them: it is drawn as the line."
        )
    pairs = zip(levels[: len(levels) // 2], levels[::-1], strict=False)
    bands = [
        Band(table[low], table[high], round(high - low, 6)) for low, high in pairs if low < high
    ]
    return table[0.5].rename("forecast"), bands


def as_series(values, name) -> pd.Series:
    """Refuse what has no index to be drawn against."""
    if isinstance(values, pd.DataFrame) and values.shape[1] == 1:
        return values.iloc[:, 0]
    if not isinstance(values, pd.Series):
        what = f" of columns {list(values.columns)}" if isinstance(values, pd.DataFrame) else ""
        advice = "; select one target" if what else ""
        raise TypeError(
            f"{name} must be a pandas Series whose index holds the time, as sklstm.forecast "
            f"returns it; got {type(values).__name__}{what}{advice}."
        )
    return values


def by_series(values, like) -> dict:
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
