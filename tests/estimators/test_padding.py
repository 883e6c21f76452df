"""Padding is never data: where it lies and how much of it there is changes no prediction."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from sklearn.pipeline import make_pipeline

from sklstm import Padder
from tests.estimators.helpers import classifier, forecaster

LONGEST = 12


@pytest.fixture(scope="module")
def models():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(30, LONGEST, 2))
    X[rng.random((30, LONGEST)) < 0.3] = np.nan
    y = np.nanmean(X[:, :, 0], axis=1)
    steps = np.nan_to_num(X[:, :, 1]).cumsum(axis=1)
    return [
        classifier(units=(5, 3), bidirectional=True).fit(X, y > 0),
        forecaster().fit(X, y),
        forecaster(return_sequences=True, units=(4, 3)).fit(X, steps),
        classifier(return_sequences=True, bidirectional=True).fit(X, steps > 0),
    ]


def outputs(model, X):
    return model.predict_proba(X) if hasattr(model, "predict_proba") else model.predict(X)


@settings(deadline=None, max_examples=60)
@given(
    seed=st.integers(0, 2**32 - 1),
    length=st.integers(1, LONGEST),
    places=st.permutations(range(LONGEST)),
    side=st.sampled_from(["pre", "post"]),
)
def test_the_steps_of_a_sequence_may_lie_anywhere(models, seed, length, places, side):
    # Between other sequences, of other lengths: their padding is not its own.
    rng = np.random.default_rng(seed)
    sequence = rng.normal(size=(length, 2))
    where = np.sort(places[:length])
    scattered = np.full((3, LONGEST, 2), np.nan)
    scattered[1, where] = sequence
    scattered[2] = rng.normal(size=(LONGEST, 2))
    padded = Padder(length=LONGEST, padding=side).fit_transform([sequence])
    own = slice(None, length) if side == "post" else slice(LONGEST - length, None)
    for model in models:
        given, expected = outputs(model, scattered)[1], outputs(model, padded)[0]
        if model.return_sequences:
            given, expected = given[where], expected[own]
        assert_allclose(given, expected, atol=1e-6, rtol=0)


@pytest.mark.parametrize("length", [9, 12, 40])
@pytest.mark.parametrize("side", ["pre", "post"])
def test_how_long_the_padding_is_changes_neither_fit_nor_prediction(length, side):
    rng = np.random.default_rng(0)
    X = [rng.normal(size=(n, 2)) for n in rng.integers(2, 10, size=20)]
    y = np.array([x[:, 0].sum() for x in X])
    usual = make_pipeline(Padder(), forecaster()).fit(X, y)
    other = make_pipeline(Padder(length=length, padding=side), forecaster()).fit(X, y)
    assert_allclose(other.predict(X), usual.predict(X), atol=1e-6, rtol=0)
    assert_allclose([usual.predict([x])[0] for x in X], usual.predict(X), atol=1e-6, rtol=0)
