"""Helpers for authors of estimators, and for the tests of sklstm."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause
