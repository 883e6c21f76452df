"""Every bad input has an error or a warning that says what is wrong: one table of all of them."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import re

import pytest

from tests.bad_inputs import clock, learning, live

TABLE = [
    pytest.param(*row[1:], id=f"{part.__name__.split('.')[-1]}: {row[0]}")
    for part in (clock, live, learning)
    for row in part.ROWS
]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize(("call", "kind", "fragment"), TABLE)
def test_a_bad_input_is_named(call, kind, fragment):
    expected = pytest.warns if issubclass(kind, Warning) else pytest.raises
    with expected(kind, match=re.escape(fragment)):
        call()


def test_the_table_is_long_and_its_rows_differ():
    assert len(TABLE) >= 150
    assert len({row.id for row in TABLE}) == len(TABLE)
