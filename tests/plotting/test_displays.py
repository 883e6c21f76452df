"""What all displays have in common, in the manner of scikit-learn's."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import inspect
import itertools
import subprocess
import sys

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from numpydoc.docscrape import ClassDoc

import sklstm.plotting
from sklstm.plotting import BacktestDisplay, ForecastDisplay, HistoryDisplay
from tests.plotting.helpers import HISTORY, SMALL, TABLE, VALUES

DISPLAYS = [getattr(sklstm.plotting, name) for name in sklstm.plotting.__all__]
every_display = pytest.mark.parametrize("cls", DISPLAYS, ids=lambda cls: cls.__name__)


def fitted_names(display):
    return {name for name in vars(display) if name.endswith("_")}


def several_logs(n):
    logs = {f"metric_{k}": HISTORY["loss"] for k in range(n)}
    both = pd.DataFrame(logs | {f"val_{name}": log for name, log in logs.items()})
    return HistoryDisplay(histories={"fit": both})


def several_series(n):
    future = pd.concat({f"shop {k}": VALUES[24:] for k in range(n)}, names=["shop"])
    past = pd.concat({f"shop {k}": VALUES[:24] for k in range(n)}, names=["shop"])
    return ForecastDisplay(forecast=future, history=past)


def several_panels(n):
    return BacktestDisplay(table=TABLE, panels=["lead", "fold", "lead", "fold", "lead"][:n])


def test_all_displays_are_tried():
    assert set(SMALL) == set(DISPLAYS)


@every_display
def test_the_constructor_only_assigns(cls):
    given = SMALL[cls]()
    display = cls(**given)
    parameters = inspect.signature(cls).parameters
    assert set(vars(display)) == set(parameters)
    assert all(getattr(display, name) is value for name, value in given.items())
    assert {parameter.kind for parameter in parameters.values()} == {inspect.Parameter.KEYWORD_ONLY}
    assert plt.get_fignums() == []


@every_display
def test_plot_draws_in_a_figure_of_its_own(cls):
    display = cls(**SMALL[cls]())
    assert display.plot() is display
    assert plt.get_fignums() == [display.figure_.number]
    assert display.ax_ in display.figure_.axes
    documented = {attribute.name for attribute in ClassDoc(cls)["Attributes"]}
    names = {name for entry in documented for name in entry.split(", ")}
    assert names == fitted_names(display)


@every_display
def test_plot_draws_in_given_axes(cls):
    _, (left, right) = plt.subplots(1, 2)
    display = cls(**SMALL[cls]()).plot(ax=right)
    assert display.ax_ is right
    assert display.figure_ is right.figure
    assert not left.has_data()
    assert right.has_data()
    assert display.plot(ax=left).ax_ is left


@every_display
@pytest.mark.parametrize("size", [(2.5, 2), (12, 5)])
def test_every_size_can_be_drawn(cls, size):
    with plt.style.context("dark_background"):
        figure, ax = plt.subplots(figsize=size, layout="constrained")
        cls(**SMALL[cls]()).plot(ax=ax)
        figure.draw_without_rendering()


@every_display
def test_the_legend_covers_nothing(cls):
    display = cls(**SMALL[cls]()).plot()
    legend = display.ax_.get_legend()
    if legend is None:
        return
    display.figure_.draw_without_rendering()
    bottom = legend.get_window_extent().y0
    for line in display.ax_.lines:
        drawn = display.ax_.transData.transform(line.get_xydata())
        assert drawn[:, 1].max() <= bottom + 1


@pytest.mark.parametrize("n", [2, 4, 5])
@pytest.mark.parametrize(
    "make", [several_logs, several_series, several_panels], ids=lambda make: make.__name__
)
def test_several_panels_their_legend_and_a_title_do_not_meet(make, n):
    display = make(n).plot()
    figure = display.figure_
    title = figure.suptitle("What somebody writes above it")
    figure.draw_without_rendering()
    (legend,) = figure.legends
    renderer = figure.canvas.get_renderer()
    places = [title.get_window_extent(), legend.get_window_extent()]
    places += [ax.get_tightbbox(renderer) for ax in display.axes_]
    assert len(places) == 2 + len(display.axes_)
    for one, other in itertools.combinations(places, 2):
        assert not one.padded(-1).overlaps(other.padded(-1))
    # A page shows a figure about 700 pixels wide.
    assert figure.get_figwidth() <= 10.5


@every_display
def test_class_methods_draw_in_given_axes(cls):
    methods = [name for name in dir(cls) if name.startswith("from_")]
    assert methods
    for name in methods:
        parameters = inspect.signature(getattr(cls, name)).parameters
        assert parameters["ax"].default is None
        assert parameters["ax"].kind is inspect.Parameter.KEYWORD_ONLY


@every_display
def test_the_representation_is_one_line(cls):
    display = cls(**SMALL[cls]())
    assert repr(display).startswith(f"{cls.__name__}(")
    assert "\n" not in repr(display)
    assert 20 < len(repr(display)) < 120
    assert fitted_names(display) == set()


@every_display
def test_other_axes_are_refused(cls):
    with pytest.raises(TypeError, match="ax must be a matplotlib Axes or an array of them"):
        cls(**SMALL[cls]()).plot(ax="left")
    with pytest.raises(ValueError, match=r"1 \w+ need as many axes; got 0"):
        cls(**SMALL[cls]()).plot(ax=np.array([]))


def test_displays_are_imported_without_matplotlib():
    code = "import sys, sklstm.plotting; print({'matplotlib', 'tensorflow'} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stdout.strip() == "set()"
