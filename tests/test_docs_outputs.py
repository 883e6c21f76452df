"""What the pages for newcomers print is what they show, and no code is wider than a page."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import contextlib
import io
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
GALLERY = sorted(ROOT.glob("examples/plot_*.py"))
MADE = {"_build", "auto_examples"}
PAGES = [
    ROOT / "CONTRIBUTING.md",
    *sorted(page for page in DOCS.glob("**/*.md") if not MADE & set(page.parts)),
]
FENCED = re.compile(r"^```([^\n]*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
# What fits on a page beside the two sidebars, on a screen of 1280 pixels.
WIDTH = 84
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


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_code_of_a_page_does_not_scroll(page):
    blocks = FENCED.findall(page.read_text(encoding="utf-8"))
    lines = [line for kind, code in blocks if kind[:1] != "{" for line in code.splitlines()]
    assert [line for line in lines if len(line) > WIDTH] == []


@pytest.mark.parametrize("example", GALLERY, ids=lambda example: example.stem)
def test_the_code_of_an_example_does_not_scroll(example):
    # The docstring at the top and the comments are text on the page.
    _, _, code = example.read_text(encoding="utf-8").split('"""', 2)
    lines = [line for line in code.splitlines() if not line.startswith("#")]
    assert [line for line in lines if len(line) > WIDTH] == []
