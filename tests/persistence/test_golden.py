"""Files that earlier versions have saved are loaded for ever, and predict what they predicted."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import json

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import sklstm
from tests.persistence.golden import FOLDER, MODELS, from_json

FILES = sorted(FOLDER.glob("*/*.sklstm"))


# What they were saved by is another version, sooner or later.
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.InconsistentVersionWarning")
@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name} {path.stem}")
def test_a_golden_file(path):
    told = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    model, expected = sklstm.load(path), np.array(told["predictions"])
    predicted = model.predict(from_json(told["X"]))
    if expected.dtype.kind == "f":
        # Other processors round differently.
        assert_allclose(predicted, expected, rtol=1e-4, atol=1e-5)
    else:
        assert_array_equal(predicted, expected)


def test_this_release_has_its_files():
    assert {path.stem for path in FILES if path.parent.name == "0.1.0"} == set(MODELS)


def test_they_are_small():
    assert sum(path.stat().st_size for path in FILES) < 500_000 * len({p.parent for p in FILES})
