"""The guard of classifiers warns when the last step of a window gives the class away."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest

from tests.estimators.helpers import classifier, sequences, series, windows

TABLE, _ = series(200)
RNG = np.random.default_rng(0)
TABLE = TABLE.assign(state=RNG.integers(0, 4, 200).astype(float))

GIVEN_AWAY = {
    "the label itself": (TABLE["state"].to_numpy(), "'state'"),
    "other names of it": (np.array(list("nesw"))[TABLE["state"].astype(int)], "'state'"),
    "a part of it": (TABLE["state"].isin([0, 2]).to_numpy(), "'state'"),
    "a threshold": (np.asarray(TABLE["temp"] > TABLE["temp"].median()), "'temp'"),
    "intervals": (pd.qcut(TABLE["wind"], 4, labels=list("dcba")).to_numpy(), "'wind'"),
}


@pytest.mark.parametrize("kind", GIVEN_AWAY)
def test_what_a_column_tells_is_said(kind):
    y, column = GIVEN_AWAY[kind]
    with pytest.warns(UserWarning, match=rf"\(y is {column} or a function of it alone\).*lead=1"):
        classifier(epochs=1).fit(windows(TABLE, lead=0), y)
    # The tests make warnings errors.
    classifier(epochs=1).fit(windows(TABLE, lead=1), y)


@pytest.mark.parametrize("params", [{"return_sequences": True}, {"stateful": True}])
def test_networks_that_predict_steps_are_told_too(params):
    y = TABLE["state"].to_numpy().astype(object)
    y[:20] = None
    with pytest.warns(UserWarning, match="gives y away"):
        classifier(epochs=1, **params).fit(windows(TABLE, lead=0), y)


@pytest.mark.parametrize(
    "y",
    [
        TABLE["temp"].diff().to_numpy() > 0,
        np.roll(TABLE["state"].to_numpy(), 1),
        np.where(TABLE["temp"] > TABLE["wind"], "a", "b"),
        np.where(TABLE["temp"] > 0, "a", np.where(RNG.random(200) < 0.1, "a", "b")),
        # So few that a column tells them apart by chance.
        np.isin(np.arange(200), TABLE["temp"].argsort()[-4:]),
        np.zeros(200),
    ],
    ids=["differences", "before", "two columns", "noise", "rare", "one class"],
)
def test_what_no_column_tells_is_not_said(y):
    classifier(epochs=1).fit(windows(TABLE, lead=0), y)


def test_sequences_that_nothing_has_cut_have_no_lead():
    X, _, _ = sequences()
    classifier(epochs=1).fit(X, X[:, -1, 0] > 0)
