"""Transformers that turn rows into sequences, and numbers into labels."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from sklstm.preprocessing._kmeans_labeler import KMeansLabeler
from sklstm.preprocessing._padder import Padder
from sklstm.preprocessing._sequence_windower import SequenceWindower
from sklstm.preprocessing._to_3d import To3D
from sklstm.preprocessing._window_index import WindowIndex

__all__ = ["KMeansLabeler", "Padder", "SequenceWindower", "To3D", "WindowIndex"]
