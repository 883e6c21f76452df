"""Run the tests of a module on every engine of this machine."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import pytest

from tests.networks.helpers import ENGINES


@pytest.fixture(scope="module", params=ENGINES)
def fast_engine(request):
    """Make networks run on one of the fast engines, whichever they would choose."""
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "block_lstm":
            patch.setattr("sklstm.networks._layers.load_operations", lambda: None)
            patch.setattr("sklstm.networks._input_layer.load_operations", lambda: None)
            patch.setattr("sklstm.networks._native.load_native", lambda: None)
        yield request.param
