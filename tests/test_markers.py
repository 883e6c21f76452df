"""The markers that choose what `make test-fast` runs."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import pytest

from tests.conftest import MEDIUM_MODULES, TESTS


@pytest.mark.parametrize("module", MEDIUM_MODULES)
def test_every_listed_module_exists(module):
    assert (TESTS / module).is_file(), f"tests/conftest.py lists {module}, which does not exist"
