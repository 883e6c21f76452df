"""Look at fitted networks, and at the versions that they were made with."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from sklstm.inspection._show_versions import show_versions
from sklstm.inspection._summary import summary

__all__ = ["show_versions", "summary"]
