"""Helpers for those who build on sklstm, and for its own tests."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause
