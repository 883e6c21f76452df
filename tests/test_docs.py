"""Every block of Python in the README and the docs runs as pasted."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import doctest
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
PAGES = sorted(
    path
    for path in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *ROOT.glob("docs/**/*.md")]
    if BLOCK.search(path.read_text(encoding="utf-8"))
)


@pytest.mark.parametrize(
    "page",
    [page if page.parent == ROOT else pytest.param(page, marks=pytest.mark.slow) for page in PAGES],
    ids=lambda page: page.name,
)
def test_the_python_of_a_page_runs(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = page.read_text(encoding="utf-8")
    names: dict = {}
    blocks = BLOCK.findall(text)
    for block in blocks:
        exec(compile(block, str(page), "exec"), names)
    assert set(names) > {"__builtins__"}
    assert not list(tmp_path.iterdir()), "a snippet wrote a file"


def test_the_readme_prints_what_it_says(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    block, printed = re.search(
        r"^```python\n(.*?)^```\n\n```text\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL
    ).groups()
    capsys.readouterr()
    exec(compile(block, "README.md", "exec"), {})
    assert capsys.readouterr().out == printed


def test_the_readme_is_among_the_pages():
    assert ROOT / "README.md" in PAGES


def source_of(page, target):
    """Return the file that a link leads to, or the one that its page is made from."""
    if example := re.fullmatch(r"auto_examples/(\w+)\.rst", target):
        return ROOT / "examples" / f"{example[1]}.py"
    if workflow := re.match(r"\.\./\.\./actions/(workflows/\w+\.yml)", target):
        return ROOT / ".github" / workflow[1]
    return page.parent / target


def test_links_between_the_pages_point_to_files():
    has_workflows = (ROOT / ".github").exists()  # a source archive has none
    for page in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *ROOT.glob("docs/**/*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            file = source_of(page, target)
            if has_workflows or ".github" not in file.parts:
                assert file.exists(), f"{page.name} links to {target}"


def test_the_example_of_the_single_checks_runs():
    results = doctest.testfile(str(ROOT / "docs/api_checks.rst"), module_relative=False)
    assert results.attempted == 3
    assert results.failed == 0
