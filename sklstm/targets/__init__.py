"""From y to what a network is trained on, and back: target transforms and their parts."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause
