"""The scores of a search over parameters."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Mapping
from numbers import Real

import numpy as np
import pandas as pd

from sklstm.plotting._style import BLUE, RED, Display, add_legend, make_axes

# Above this ratio of the largest to the smallest value, values stand on a scale of ratios.
_LONG_SCALE = 20
_MOST_TICKS = 8
# With more values of a parameter, the cells of a heat map are too small for text.
_MOST_CELLS = 12


class SearchDisplay(Display):
    """Plot of a search: mean scores over one or two parameters, with their spread over the folds.

    One parameter is a line with error bars of one standard deviation, two are a heat map. Where
    candidates differ in other parameters as well, the best of them is drawn; of a halving search it
    is the last iteration of each candidate. The best candidate of all is marked. Create it with
    :meth:`from_estimator` or :meth:`from_cv_results`.

    Parameters
    ----------
    cv_results : dict or DataFrame
        As ``cv_results_`` of a search holds them.
    params : str or list of str, default=None
        One or two parameters, by their names or the last part of them: "units" for
        "lstmforecaster__units". None takes those that differ between candidates.
    score : str, default="score"
        Name of the score in `cv_results`, for a search with several scores.
    negate_score : bool, default=False
        Whether to draw the scores with the other sign, as errors: for a scorer such as
        "neg_mean_absolute_error".

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes.
    figure_ : matplotlib Figure
        The figure.
    errorbar_ : matplotlib ErrorbarContainer or None
        The line of one parameter.
    image_ : matplotlib AxesImage or None
        The heat map of two: the first parameter from top to bottom.
    text_ : ndarray of matplotlib Text or None
        Mean and standard deviation in the cells of the heat map; None where there is no room.
    best_ : matplotlib Artist
        What marks the best candidate.

    See Also
    --------
    sklearn.model_selection.GridSearchCV : Searches over a grid.

    Examples
    --------
    >>> from sklstm.plotting import SearchDisplay
    >>> cv_results = {
    ...     "param_lstmforecaster__units": [8, 8, 32, 32],
    ...     "param_sequencewindower__window": [12, 24, 12, 24],
    ...     "mean_test_score": [0.71, 0.78, 0.74, 0.81],
    ...     "std_test_score": [0.02, 0.01, 0.03, 0.02],
    ... }
    >>> display = SearchDisplay.from_cv_results(cv_results, params=["window", "units"])
    >>> display
    SearchDisplay(params=['sequencewindower__window', 'lstmforecaster__units'], n_candidates=4)
    >>> display.image_.get_array().shape
    (2, 2)
    """

    def __init__(self, *, cv_results, params=None, score="score", negate_score=False):
        self.cv_results = cv_results
        self.params = params
        self.score = score
        self.negate_score = negate_score

    @classmethod
    def from_estimator(
        cls, estimator, *, params=None, score="score", negate_score=False, score_name=None, ax=None
    ):
        """Draw the scores of a fitted search.

        Parameters
        ----------
        estimator : GridSearchCV, RandomizedSearchCV or another search with `cv_results_`
            Fitted.
        params : str or list of str, default=None
            One or two parameters; None takes those that differ between candidates.
        score : str, default="score"
            Name of the score, for a search with several scores.
        negate_score : bool, default=False
            Whether to draw the scores with the other sign, as errors.
        score_name : str, default=None
            Name of the score, for the axes; None is made from `score` or from the scorer.
        ax : matplotlib Axes, default=None
            Axes to draw in; None makes a figure.

        Returns
        -------
        SearchDisplay
            The display.

        Raises
        ------
        TypeError
            If it is no fitted search.
        """
        if not hasattr(estimator, "cv_results_"):
            raise TypeError(
                "estimator must be a fitted search with cv_results_, such as GridSearchCV; got "
                f"{type(estimator).__name__}."
            )
        scoring = getattr(estimator, "scoring", None)
        if score_name is None and score == "score" and isinstance(scoring, str):
            score_name = scoring
        return cls.from_cv_results(
            estimator.cv_results_,
            params=params,
            score=score,
            negate_score=negate_score,
            score_name=score_name,
            ax=ax,
        )

    @classmethod
    def from_cv_results(
        cls, cv_results, *, params=None, score="score", negate_score=False, score_name=None, ax=None
    ):
        """Draw the scores of a search.

        Parameters
        ----------
        cv_results : dict or DataFrame
            As ``cv_results_`` of a search holds them.
        params : str or list of str, default=None
            One or two parameters; None takes those that differ between candidates.
        score : str, default="score"
            Name of the score, for a search with several scores.
        negate_score : bool, default=False
            Whether to draw the scores with the other sign, as errors.
        score_name : str, default=None
            Name of the score, for the axes; None is made from `score`.
        ax : matplotlib Axes, default=None
            Axes to draw in; None makes a figure.

        Returns
        -------
        SearchDisplay
            The display.
        """
        display = cls(cv_results=cv_results, params=params, score=score, negate_score=negate_score)
        return display.plot(ax=ax, score_name=score_name)

    def plot(self, *, ax=None, score_name=None):
        """Draw the scores.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw in; None makes a figure.
        score_name : str, default=None
            Name of the score, for the axes; None is made from `score`.

        Returns
        -------
        SearchDisplay
            Itself.

        Raises
        ------
        TypeError
            If `cv_results` is not such a table.
        ValueError
            If it has no such score or parameter, or if more than two parameters differ and none is
            named.
        """
        table, params = self._read()
        name = (self.score if score_name is None else score_name).replace("_", " ")
        if self.negate_score:
            table["mean"] = -table["mean"]
            name = name.removeprefix("neg ")
        (ax,), is_own = make_axes(ax, 1, "displays", of="SearchDisplay", single=(6.4, 4.2))
        self.ax_, self.figure_ = ax, ax.figure
        self.errorbar_ = self.image_ = self.text_ = None
        # Of candidates that share the values, the best; scores that failed come last.
        table = table.sort_values("mean", ascending=self.negate_score, na_position="last")
        table = table.drop_duplicates("key", ignore_index=True)
        draw = self._draw_line if len(params) == 1 else self._draw_map
        draw(ax, table, [_short(param) for param in params], name)
        if len(params) == 1:
            add_legend([ax], is_own=is_own)
        return self

    def _draw_line(self, ax, table, params, name):
        values, labels = _positions([key[0] for key in table["key"]])
        order = np.argsort(values, kind="stable")
        x, mean, std = (
            values[order],
            table["mean"].to_numpy()[order],
            table["std"].to_numpy()[order],
        )
        self.errorbar_ = ax.errorbar(
            x, mean, yerr=std, color=BLUE, marker="o", markersize=4, capsize=3, linewidth=1.4,
            label="mean ± standard deviation over the folds",
        )  # fmt: skip
        (self.best_,) = ax.plot(
            values[:1], table["mean"][:1], "o", color=RED, markersize=8, zorder=3,
            label=f"best, {params[0]}={labels[0]}",
        )  # fmt: skip
        if _is_numeric([key[0] for key in table["key"]]):
            if x.min() > 0 and x.max() / x.min() > _LONG_SCALE:
                ax.set_xscale("log")
            if len(x) <= _MOST_TICKS:
                ax.set_xticks(x, [labels[place] for place in order])
                ax.set_xticks([], minor=True)
        else:
            ax.set_xticks(x, [labels[place] for place in order])
        ax.set_xlabel(params[0])
        ax.set_ylabel(name)

    def _draw_map(self, ax, table, params, name):
        sides = []
        for side in (0, 1):
            values, labels = _positions([key[side] for key in table["key"]])
            _, first, places = np.unique(values, return_index=True, return_inverse=True)
            sides.append((places, [labels[place] for place in first]))
        (rows, row_labels), (columns, column_labels) = sides
        mean = np.full((len(row_labels), len(column_labels)), np.nan)
        std = mean.copy()
        mean[rows, columns], std[rows, columns] = table["mean"], table["std"]
        # Dark is better in both directions.
        colors = "viridis" if self.negate_score else "viridis_r"
        self.image_ = ax.imshow(mean, cmap=colors, aspect="auto")
        ax.set_xticks(range(len(column_labels)), column_labels)
        ax.set_yticks(range(len(row_labels)), row_labels)
        ax.set_ylabel(params[0])
        ax.set_xlabel(params[1])
        self.text_ = np.full(mean.shape, None, dtype=object)
        write = _digits(mean)
        for row, column in zip(rows, columns, strict=True):
            value = mean[row, column]
            if np.isnan(value) or max(mean.shape) > _MOST_CELLS:
                continue
            shade = np.asarray(self.image_.cmap(self.image_.norm(value))[:3])
            dark = shade @ (0.299, 0.587, 0.114) < 0.5
            self.text_[row, column] = ax.text(
                column, row, f"{write(value)}\n± {std[row, column]:.2g}", ha="center", va="center",
                color="white" if dark else "black", fontsize="small",
            )  # fmt: skip
        self.best_ = ax.add_patch(_frame(columns[0], rows[0]))
        bar = ax.figure.colorbar(self.image_, ax=ax)
        bar.set_label(name)
        bar.outline.set_visible(False)
        ax.spines[:].set_visible(False)
        ax.tick_params(length=0)

    def _read(self):
        """Validate the parameters; return the candidates and the names of the parameters."""
        if not isinstance(self.cv_results, Mapping | pd.DataFrame):
            raise TypeError(
                "cv_results must be a dict or DataFrame such as cv_results_ of a search; got "
                f"{type(self.cv_results).__name__}."
            )
        results = dict(self.cv_results)
        scores = [name[len("mean_test_") :] for name in results if name.startswith("mean_test_")]
        if self.score not in scores:
            raise ValueError(f"score must be one of {scores}; got {self.score!r}.")
        every = {name[6:]: list(own) for name, own in results.items() if name.startswith("param_")}
        params = self._choose(every)
        columns = [every[param] for param in params]
        table = pd.DataFrame(
            {
                "mean": np.asarray(results[f"mean_test_{self.score}"], dtype=np.float64),
                "std": np.asarray(results[f"std_test_{self.score}"], dtype=np.float64),
                "key": pd.Series([_Key(own) for own in zip(*columns, strict=True)], dtype=object),
            }
        )
        if "iter" in results:
            all_keys = [repr(own) for own in zip(*every.values(), strict=True)]
            last = pd.Series(np.asarray(results["iter"])).groupby(all_keys).transform("max")
            table = table[(np.asarray(results["iter"]) == last).to_numpy()]
        if table["mean"].notna().sum() == 0:
            raise ValueError(f"mean_test_{self.score} holds no score: all fits failed.")
        return table, params

    def _choose(self, every):
        """Return the full names of the parameters to draw."""
        if self.params is None:
            differ = [name for name, own in every.items() if len({repr(v) for v in own}) > 1]
            if len(differ) > 2:
                raise ValueError(
                    f"The candidates differ in {len(differ)} parameters, {differ}; choose one or "
                    "two of them by params=."
                )
            if not (differ or every):
                raise ValueError("cv_results has no column of a parameter, param_<name>.")
            return differ or list(every)[:1]
        given = [self.params] if isinstance(self.params, str) else list(self.params)
        if len(given) not in (1, 2):
            raise ValueError(f"params must name one or two parameters; got {self.params!r}.")
        found = []
        for name in given:
            matches = [own for own in every if own == name] or [
                own for own in every if own.endswith(f"__{name}")
            ]
            if len(matches) != 1:
                raise ValueError(
                    f"params names {name!r}, which is {'no' if not matches else 'not the only'} "
                    f"parameter of the search of that name; there are {list(every)}."
                )
            found += matches
        return found

    def _describe(self):
        table, params = self._read()
        return {"params": params, "n_candidates": len(table)}


class _Key(tuple):
    """Values of a candidate that are equal if they are written alike."""

    __slots__ = ()

    def __eq__(self, other):
        return repr(self) == repr(other)

    def __hash__(self):
        return hash(repr(self))


def _is_numeric(values) -> bool:
    return all(
        isinstance(value, Real) and not isinstance(value, bool | np.bool_) for value in values
    )


def _positions(values):
    """Return where values stand on an axis, and how they are written."""
    labels = [_write(value) for value in values]
    if _is_numeric(values):
        return np.asarray(values, dtype=np.float64), labels
    # In the order in which a reader looks for them: by number where there is one, else by name.
    order = {label: place for place, label in enumerate(sorted(set(labels), key=_rank))}
    return np.asarray([order[label] for label in labels], dtype=np.float64), labels


def _rank(label):
    return (len(label), label) if label[:1] in "0123456789(" else (0, label)


def _digits(values):
    """Return a function that writes numbers so that their differences are seen."""
    spread = np.nanmax(values) - np.nanmin(values)
    if spread == 0:
        return "{:.3g}".format
    return f"{{:.{int(np.clip(1 - np.floor(np.log10(spread)), 0, 8))}f}}".format


def _write(value):
    if value is np.ma.masked:
        # A search over several grids does not set all parameters everywhere.
        return "not set"
    if isinstance(value, Real) and not isinstance(value, bool | np.bool_):
        return f"{value:.4g}"
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= 20 else f"{text[:19]}…"


def _short(param):
    return param.rpartition("__")[2]


def _frame(column, row):
    from matplotlib.patches import Rectangle

    return Rectangle(
        (column - 0.5, row - 0.5), 1, 1, fill=False, edgecolor=RED, linewidth=3, clip_on=False
    )
