"""The version, and where the documentation is, in a module that imports nothing."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

__version__ = "0.1.0"
# The pages of the API reference, which the HTML representation of estimators links.
API_PAGE = (
    "https://sklstm.readthedocs.io/en/stable/generated/{estimator_module}.{estimator_name}.html"
)
