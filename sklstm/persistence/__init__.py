"""Files of fitted models that run no code when they are loaded, and cards that describe them."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from sklstm.persistence._load import load
from sklstm.persistence._model_card import model_card
from sklstm.persistence._save import save

__all__ = ["load", "model_card", "save"]
