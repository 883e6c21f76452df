"""Transformers that come before a network: tables to windows and sequences."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from sklstm.preprocessing._sequence_windower import SequenceWindower

__all__ = ["SequenceWindower"]
