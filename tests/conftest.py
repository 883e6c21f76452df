"""Settings that must precede the import of scikit-learn, TensorFlow and matplotlib."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import os
from pathlib import Path

# scikit-learn's array API checks only run when SciPy was imported with this switch on.
os.environ["SCIPY_ARRAY_API"] = "1"
os.environ["MPLBACKEND"] = "Agg"
# The numbers that the tests compare are those of a CPU, whatever the machine has.
os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import pytest
from hypothesis import HealthCheck, settings

TESTS = Path(__file__).parent
# Whole modules that `make test-fast` leaves out: most of their tests train networks or run every
# check of scikit-learn. Single tests are marked in their modules.
MEDIUM_MODULES = (
    "compose/test_transformed_target.py",
    "estimators/test_classifier.py",
    "estimators/test_horizon.py",
    "estimators/test_padding.py",
    "estimators/test_real_sequences.py",
    "estimators/test_return_sequences.py",
    "estimators/test_seeding.py",
    "estimators/test_stateful.py",
    "forecasting/test_backtest.py",
    "forecasting/test_stream.py",
    "metrics/test_label_scorer.py",
    "preprocessing/test_kmeans_labeler.py",
    "targets/test_seasons.py",
    "targets/test_shrinkage.py",
    "test_common.py",
    "test_docs.py",
    "test_imports.py",
    "test_scikit_learn.py",
    "training/test_trainer.py",
)

# Derandomised: a failure in one run is a failure in the next one too. The other profile goes
# looking: HYPOTHESIS_PROFILE=thorough make test
settings.register_profile(
    "reproducible",
    derandomize=True,
    deadline=None,
    database=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(
    "thorough",
    settings.get_profile("reproducible"),
    derandomize=False,
    max_examples=2000,
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "reproducible"))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Mark the tests of `MEDIUM_MODULES` before pytest selects by marker."""
    for item in items:
        if item.path.is_relative_to(TESTS) and (
            item.path.relative_to(TESTS).as_posix() in MEDIUM_MODULES
        ):
            item.add_marker(pytest.mark.medium)
