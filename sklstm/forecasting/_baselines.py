"""Simple methods that a forecaster has to beat."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Situation:
    """What is known at some times of some series, and what is to be forecast.

    Parameters
    ----------
    series, time : ndarray of shape (n_samples,)
        The series of each sample, and its time in steps of the clock: the first to forecast.
    lead : int
        Steps from the newest known value to that time.
    horizon : int
        Steps ahead to forecast.
    known_series, known_time, known : ndarray of shape (n_known,)
        All values of the past and of the samples, each with its series and time.
    is_training : ndarray of shape (n_known,), bool
        Which of them may be learned from.
    """

    series: np.ndarray
    time: np.ndarray
    lead: int
    horizon: int
    known_series: np.ndarray
    known_time: np.ndarray
    known: np.ndarray
    is_training: np.ndarray

    def newest(self, time: np.ndarray) -> np.ndarray:
        """Look up the newest value at some times, or before them.

        Parameters
        ----------
        time : ndarray of shape (n_samples,)
            A time for each sample.

        Returns
        -------
        ndarray of shape (n_samples,)
            NaN before the start of the series.
        """
        low = min(self.known_time.min(), time.min())
        width = max(self.known_time.max(), time.max()) - low + 1
        keys = self.known_series * width + self.known_time - low
        order = np.argsort(keys)
        wanted = self.series * width + time - low
        place = np.searchsorted(keys[order], wanted, side="right") - 1
        found = order[np.maximum(place, 0)]
        is_known = (place >= 0) & (self.known_series[found] == self.series)
        return np.where(is_known, self.known[found], np.nan)

    @property
    def n_series(self) -> int:
        """How many series there may be."""
        return int(max(self.known_series.max(), self.series.max())) + 1

    @property
    def now(self) -> np.ndarray:
        """The time of the newest value that each sample may know."""
        return self.time - self.lead


class Baseline(ABC):
    """A method without a model."""

    @abstractmethod
    def forecast(self, situation: Situation) -> np.ndarray:
        """Forecast.

        Parameters
        ----------
        situation : Situation
            What is known.

        Returns
        -------
        ndarray of shape (n_samples, horizon)
            The forecasts.
        """


@dataclass(frozen=True)
class Persistence(Baseline):
    """Every step ahead is the newest known value.

    See Also
    --------
    backtest : Sets it beside a forecaster.

    Examples
    --------
    >>> from sklstm.forecasting import Persistence
    >>> Persistence()
    Persistence()
    """

    def forecast(self, situation):
        """Repeat the newest value.

        Parameters
        ----------
        situation : Situation
            What is known.

        Returns
        -------
        ndarray of shape (n_samples, horizon)
            The forecasts.
        """
        return np.repeat(situation.newest(situation.now)[:, None], situation.horizon, axis=1)


@dataclass(frozen=True)
class SeasonalNaive(Baseline):
    """Every step ahead is the value of the same step in the last known season.

    Parameters
    ----------
    season : int
        Steps of the season.

    See Also
    --------
    backtest : Sets it beside a forecaster.

    Examples
    --------
    >>> from sklstm.forecasting import SeasonalNaive
    >>> SeasonalNaive(season=12)
    SeasonalNaive(season=12)
    """

    season: int

    def forecast(self, situation):
        """Repeat the last season.

        Parameters
        ----------
        situation : Situation
            What is known.

        Returns
        -------
        ndarray of shape (n_samples, horizon)
            The forecasts.
        """
        leads = []
        for step in range(situation.horizon):
            back = -(-(step + situation.lead) // self.season) * self.season
            leads.append(situation.newest(situation.time + step - back))
        return np.stack(leads, axis=1)


@dataclass(frozen=True)
class Drift(Baseline):
    """The line through the first and the newest value of the series, continued.

    See Also
    --------
    backtest : Sets it beside a forecaster.

    Examples
    --------
    >>> from sklstm.forecasting import Drift
    >>> Drift()
    Drift()
    """

    def forecast(self, situation):
        """Continue the line.

        Parameters
        ----------
        situation : Situation
            What is known.

        Returns
        -------
        ndarray of shape (n_samples, horizon)
            The forecasts.
        """
        last = situation.newest(situation.now)
        n_series = situation.n_series
        start = np.full(n_series, np.iinfo(np.int64).max)
        np.minimum.at(start, situation.known_series, situation.known_time)
        first = situation.newest(start[situation.series])
        passed = np.maximum(situation.now - start[situation.series], 1)
        leads = np.arange(situation.horizon) + situation.lead
        return last[:, None] + ((last - first) / passed)[:, None] * leads


@dataclass(frozen=True)
class Climatology(Baseline):
    """Every step ahead is the training mean of its series in the same step of the season.

    Parameters
    ----------
    season : int
        Steps of the season.

    See Also
    --------
    backtest : Sets it beside a forecaster.

    Examples
    --------
    >>> from sklstm.forecasting import Climatology
    >>> Climatology(season=12)
    Climatology(season=12)
    """

    season: int

    def forecast(self, situation):
        """Look the means up.

        Parameters
        ----------
        situation : Situation
            What is known.

        Returns
        -------
        ndarray of shape (n_samples, horizon)
            The forecasts.
        """
        own = situation.is_training
        n_series = situation.n_series
        cell = situation.known_series[own] * self.season + situation.known_time[own] % self.season
        sums = np.bincount(cell, situation.known[own], n_series * self.season)
        count = np.bincount(cell, minlength=n_series * self.season)
        with np.errstate(invalid="ignore"):
            means = (sums / count).reshape(n_series, self.season)
        time = situation.time[:, None] + np.arange(situation.horizon)
        return means[situation.series[:, None], time % self.season]
