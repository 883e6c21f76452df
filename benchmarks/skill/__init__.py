"""Skill: how well the estimators predict, with their defaults, beside simple methods.

``python -m benchmarks.skill`` runs all; `benchmarks.skill.measure.run` scores one estimator on one
task. Everything is measured on one thread, which has to be set before NumPy and TensorFlow load.
"""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import os

_ONE_THREAD = {
    **dict.fromkeys(["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"], "1"),
    **dict.fromkeys(["TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"], "1"),
    "TF_CPP_MIN_LOG_LEVEL": "2",
    "CUDA_VISIBLE_DEVICES": "",
}
for _name, _value in _ONE_THREAD.items():
    os.environ.setdefault(_name, _value)
