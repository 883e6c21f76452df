"""The logs that are drawn are those of the fit."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import matplotlib.pyplot as plt
import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.model_selection import cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from sklstm import LSTMForecaster
from sklstm.plotting import HistoryDisplay
from tests.plotting.helpers import HISTORY

X = np.random.default_rng(0).normal(size=(60, 4, 1))
Y = X[..., 0].mean(axis=1)
SMALL = {"units": 2, "epochs": 3, "plain": True, "random_state": 0}


def test_loss_metrics_and_members():
    model = LSTMForecaster(early_stopping=True, metrics=["mae"], n_members=2, **SMALL).fit(X, Y)
    display = HistoryDisplay.from_estimator(make_pipeline(FunctionTransformer(), model).fit(X, Y))
    assert [ax.get_ylabel() for ax in display.axes_] == ["loss", "mae"]
    for log in ("loss", "val_loss", "mae", "val_mae"):
        assert len(display.lines_[log]) == 2
        for member, line in enumerate(display.lines_[log]):
            assert_array_equal(line.get_xdata(), [1, 2, 3])
            assert_array_equal(line.get_ydata(), model.history_.loc[member, log])
    assert len(display.best_) == 2
    assert repr(display).startswith("HistoryDisplay(n_fits=1, n_networks=2, n_epochs=3")


def test_the_lowest_validation_loss_is_marked():
    display = HistoryDisplay(histories={"fit": HISTORY}).plot()
    (dot,) = display.best_
    assert (dot.get_xdata()[0], dot.get_ydata()[0]) == (2, 1.5)
    labels = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert labels == ["training", "validation", "lowest validation loss, epoch 2 of 3"]


def test_folds_of_a_cross_validation():
    results = cross_validate(LSTMForecaster(**SMALL), X, Y, cv=3, return_estimator=True)
    display = HistoryDisplay.from_cv_results(results)
    for line, model in zip(display.lines_["loss"], results["estimator"], strict=True):
        assert_array_equal(line.get_ydata(), model.history_["loss"])
    assert len({line.get_color() for line in display.lines_["loss"]}) == 3
    assert display.best_ == []


def test_logs_are_chosen():
    histories = {"fit": HISTORY.assign(learning_rate=0.1, mae=2.0)}
    assert len(HistoryDisplay(histories=histories).plot().axes_) == 2
    display = HistoryDisplay(histories=histories, logs=["learning_rate"]).plot()
    assert list(display.lines_) == ["learning_rate"]
    # One Axes is divided among several logs.
    figure, axes = plt.subplots(1, 2)
    display = HistoryDisplay(histories=histories, logs=["loss", "mae"]).plot(ax=axes[1])
    assert len(display.axes_) == 2
    assert all(ax.get_position().x0 > 0.5 for ax in display.axes_)
    with pytest.raises(ValueError, match="2 logs need as many axes; got 1"):
        HistoryDisplay(histories=histories).plot(ax=[axes[0]])
    assert display.figure_ is figure
