"""How a training went, epoch by epoch."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Mapping

import numpy as np
import pandas as pd

from sklstm.forecasting._model_parts import parts_of
from sklstm.plotting._style import BLUE, GREY, PALETTE, RED, Display, add_legend, make_axes

_BEST = "lowest validation loss"


class HistoryDisplay(Display):
    """Plot of a training: loss, validation loss and metrics by epoch.

    A panel for the loss, and one for each metric. Every ensemble member is a line. With early
    stopping a dot marks the epoch with the lowest validation loss, whose weights are kept; the
    lines end where the training stopped. Create it with :meth:`from_estimator`, or for the folds
    of a cross-validation with :meth:`from_cv_results`.

    Parameters
    ----------
    histories : dict of DataFrame
        Logs as ``history_`` of an estimator has them, by the name of the fit.
    logs : list of str, default=None
        The logs to draw, a panel for each, without those of the validation, which are drawn
        beside them. None draws the loss and the metrics; "learning_rate" is another log.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes of the first log.
    axes_ : ndarray of matplotlib Axes
        One for each log.
    figure_ : matplotlib Figure
        The figure.
    lines_ : dict of list of matplotlib Line2D
        The lines of each column of the histories.
    best_ : list of matplotlib Line2D
        The dots at the lowest validation losses.

    See Also
    --------
    sklstm.LSTMForecaster : Its attribute `history_` holds the logs.

    Examples
    --------
    >>> import numpy as np
    >>> from sklstm import LSTMForecaster
    >>> from sklstm.plotting import HistoryDisplay
    >>> X = np.random.default_rng(0).normal(size=(80, 5, 1))
    >>> model = LSTMForecaster(
    ...     units=2, epochs=4, plain=True, early_stopping=True, metrics=["mae"], random_state=0
    ... ).fit(X, X[:, :, 0].mean(axis=1))
    >>> display = HistoryDisplay.from_estimator(model)
    >>> display
    HistoryDisplay(n_fits=1, n_networks=1, n_epochs=4, logs=['loss', 'mae'])
    >>> display.lines_["val_loss"][0].get_xdata()
    array([1, 2, 3, 4])
    """

    def __init__(self, *, histories, logs=None):
        self.histories = histories
        self.logs = logs

    @classmethod
    def from_estimator(cls, estimator, *, logs=None, ax=None):
        """Draw the training of a fitted estimator.

        Parameters
        ----------
        estimator : LSTMClassifier, LSTMForecaster, or a model with one
            Fitted: the estimator, a pipeline, a search, or another meta-estimator around one.
        logs : list of str, default=None
            The logs to draw, such as ``["loss"]``; None draws the loss and the metrics.
        ax : matplotlib Axes or array of them, default=None
            Axes to draw in, one for each log, or one to be divided; None makes a figure.

        Returns
        -------
        HistoryDisplay
            The display.
        """
        return cls(histories={"fit": _history_of(estimator)}, logs=logs).plot(ax=ax)

    @classmethod
    def from_cv_results(cls, cv_results, *, logs=None, ax=None):
        """Draw the trainings of a cross-validation.

        Parameters
        ----------
        cv_results : dict
            As :func:`sklearn.model_selection.cross_validate` returns it with
            ``return_estimator=True``.
        logs : list of str, default=None
            The logs to draw; None draws the loss and the metrics.
        ax : matplotlib Axes or array of them, default=None
            Axes to draw in, one for each log, or one to be divided; None makes a figure.

        Returns
        -------
        HistoryDisplay
            The display.

        Raises
        ------
        ValueError
            If the results hold no estimators.
        """
        if not isinstance(cv_results, Mapping) or "estimator" not in cv_results:
            raise ValueError(
                "cv_results holds no estimators; call cross_validate with return_estimator=True."
            )
        histories = {
            f"fold {number}": _history_of(estimator)
            for number, estimator in enumerate(cv_results["estimator"])
        }
        return cls(histories=histories, logs=logs).plot(ax=ax)

    def plot(self, *, ax=None):
        """Draw the histories.

        Parameters
        ----------
        ax : matplotlib Axes or array of them, default=None
            Axes to draw in, one for each log, or one to be divided; None makes a figure.

        Returns
        -------
        HistoryDisplay
            Itself.

        Raises
        ------
        TypeError
            If the histories are no DataFrames by name.
        ValueError
            If there is none, if a log is not among them, or if there are fewer axes than logs.
        """
        histories, logs = self._read()
        axes, is_own = make_axes(ax, len(logs), "logs", of="HistoryDisplay", share_x=False)
        self.lines_: dict[str, list] = {}
        self.best_: list = []
        for own, log in zip(axes, logs, strict=True):
            for number, (name, members) in enumerate(histories.items()):
                line: dict = {
                    "marker": "." if len(members[0]) == 1 else "",
                    "linewidth": 1.6 if len(members) == 1 else 1.0,
                }
                if len(histories) == 1:
                    self._draw(own, members, log, line | {"color": BLUE, "label": "training"})
                    of_validation: dict = {"color": RED, "label": "validation"}
                else:
                    line["color"] = PALETTE[number % len(PALETTE)]
                    self._draw(own, members, log, line | {"label": name})
                    of_validation = {"linestyle": "--", "label": None}
                self._draw(own, members, f"val_{log}", line | of_validation)
            if len(histories) > 1 and f"val_{log}" in self.lines_:
                own.plot([], [], color=GREY, linestyle="--", label="validation")
            own.set_ylabel(log.replace("_", " "))
            own.xaxis.get_major_locator().set_params(integer=True)
            own.set_xlabel("epoch")
        self._mark_best(axes[0], histories if logs[0] == "loss" else {})
        add_legend(axes, is_own=is_own)
        self.axes_, self.ax_, self.figure_ = axes, axes[0], axes[0].figure
        return self

    def _draw(self, ax, members, log, line):
        for number, member in enumerate(members):
            if log in member:
                # One entry of the legend for all members.
                label = line["label"] if number == 0 else None
                drawn = ax.plot(
                    np.arange(1, len(member) + 1), member[log], **line | {"label": label}
                )
                self.lines_.setdefault(log, []).extend(drawn)

    def _mark_best(self, ax, histories):
        """Mark the lowest validation losses."""
        every = [member for members in histories.values() for member in members]
        ink = ax.xaxis.label.get_color()
        label: str | None = _BEST
        for member in every:
            if "val_loss" not in member or not member["val_loss"].notna().any():
                continue
            best = int(np.nanargmin(member["val_loss"])) + 1
            if len(every) == 1:
                label = f"{_BEST}, epoch {best} of {len(member)}"
            self.best_ += ax.plot(
                best, member["val_loss"].iloc[best - 1], "o", color=ink, markersize=5, label=label
            )
            label = None

    def _read(self):
        """Validate the parameters; return the histories of members by fit, and the logs."""
        if not isinstance(self.histories, Mapping) or not all(
            isinstance(history, pd.DataFrame) for history in self.histories.values()
        ):
            raise TypeError(
                "histories must be a dict of DataFrames such as history_ of an estimator; got "
                f"{type(self.histories).__name__}."
            )
        if not self.histories:
            raise ValueError("histories is empty; one history at least is expected.")
        histories = {str(name): _members_of(own) for name, own in self.histories.items()}
        columns = [column for members in histories.values() for column in members[0].columns]
        known = [log for log in dict.fromkeys(columns) if not log.startswith("val_")]
        usual = [log for log in known if log != "learning_rate"]
        logs = (
            usual if self.logs is None else [self.logs] if isinstance(self.logs, str) else self.logs
        )
        unknown = [log for log in logs if log not in known]
        if unknown or not logs:
            raise ValueError(f"logs must name some of {known}; got {self.logs!r}.")
        return histories, list(logs)

    def _describe(self):
        histories, logs = self._read()
        every = [member for members in histories.values() for member in members]
        return {
            "n_fits": len(histories),
            "n_networks": len(every),
            "n_epochs": max(map(len, every)),
            "logs": logs,
        }


def _history_of(model):
    """Return the logs of the LSTM inside a model."""
    parts, is_fitted = parts_of(model)
    history = getattr(parts.estimator, "history_", None) if is_fitted else None
    if history is None:
        what = "" if is_fitted else ", which is not fitted"
        raise ValueError(
            "estimator must be a fitted LSTMClassifier or LSTMForecaster, or a model around one; "
            f"got {type(model).__name__} around {type(parts.estimator).__name__}{what}."
        )
    return history


def _members_of(history):
    """Return the logs of each ensemble member."""
    if history.index.nlevels == 1:
        return [history]
    return [own for _, own in history.groupby(level=0)]
