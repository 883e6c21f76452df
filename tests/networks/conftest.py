"""Run a module's tests on every engine that is here."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import pytest

from tests.networks.helpers import ENGINES


@pytest.fixture(scope="module", params=ENGINES)
def fast_engine(request):
    """Let networks run on one of the fast engines, whatever they would choose."""
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "block_lstm":
            patch.setattr("sklstm.networks._layers.load_native", lambda: None)
        yield request.param
