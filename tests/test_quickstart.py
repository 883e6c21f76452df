"""The LSTM of the README's quickstart wins, also of methods that are told more."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import re
from pathlib import Path

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import Ridge
from sklearn.multioutput import MultiOutputRegressor

from sklstm import backtest

README = Path(__file__).parents[1] / "README.md"


@pytest.fixture(scope="module")
def quickstart():
    """Run the quickstart, and return its names."""
    text = README.read_text(encoding="utf-8").split("## Quickstart")[1]
    names: dict = {}
    exec(re.search(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)[1], names)
    return names


def errors_of(models, table, cv, **kwargs):
    scores = backtest(models, table, table["temp"], cv=cv, **kwargs)
    return scores.groupby("model")["mean_absolute_error"].mean()


@pytest.mark.slow
def test_the_lstm_wins_with_each_seed_and_of_methods_that_are_told_the_time(quickstart):
    jfk, lstm = quickstart["jfk"], quickstart["lstm"]
    cv = quickstart["TimeSeriesSplit"](6, test_size=30 * 24)
    seeds = {
        f"seed {seed}": clone(lstm).set_params(lstmforecaster__random_state=seed)
        for seed in range(3)
    }
    ours = errors_of(seeds, jfk, cv)
    angle = 2 * np.pi * jfk.index.hour.to_numpy() / 24
    told = jfk.assign(
        **{f"sin{k}": np.sin(k * angle) for k in (1, 2, 3)},
        **{f"cos{k}": np.cos(k * angle) for k in (1, 2, 3)},
    )
    ridge = errors_of({"LSTM": lstm}, told, cv, baselines={"Ridge": Ridge()})["Ridge"]
    boosting = MultiOutputRegressor(HistGradientBoostingRegressor())
    told = told[["temp", "sin1", "cos1"]]
    boosted = errors_of({"LSTM": lstm}, told, cv, baselines={"boosting": boosting})["boosting"]

    assert np.ptp(ours) < 0.02
    assert ours.max() < 0.97 * ridge < 0.97 * boosted
    plain = quickstart["errors"].groupby("model")["mean_absolute_error"].mean()
    assert ours.max() < 0.91 * plain["Ridge"]
    assert ours.max() < 0.6 * plain["seasonal naive"]
