"""From a training set to a fitted network, and from a fitted network to outputs."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause
