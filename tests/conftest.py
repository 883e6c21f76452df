"""What every test needs set before scikit-learn, TensorFlow or matplotlib is imported."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import os

# scikit-learn's array API checks only run when SciPy was imported with this switch on.
os.environ["SCIPY_ARRAY_API"] = "1"
os.environ["MPLBACKEND"] = "Agg"
# The numbers that the tests compare are those of a CPU, whatever the machine has.
os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

from hypothesis import HealthCheck, settings

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
