"""What the pages for newcomers print is what they show, and no code is wider than a page."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import contextlib
import io
import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[1] / "docs"
# A block of Python, and what it prints, if that is shown.
PRINTED = re.compile(
    r"^```python\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?", re.MULTILINE | re.DOTALL
)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["quickstart", "concepts", "tutorials"])
def test_a_page_shows_what_its_code_prints(name):
    text = (DOCS / f"{name}.md").read_text(encoding="utf-8")
    names: dict = {}
    n_shown = 0
    for code, shown in PRINTED.findall(text):
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(code, name, "exec"), names)
        assert printed.getvalue() == shown, code
        n_shown += bool(shown)
    assert n_shown
