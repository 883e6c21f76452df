"""How the documentation is built: ``make docs``, without a network, with warnings as errors."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import inspect

from sphinx.pycode import ModuleAnalyzer
from sphinx.util import logging

import sklstm
from sklstm.utils.discovery import all_estimators

logger = logging.getLogger(__name__)

project = "sklstm"
author = "The sklstm developers"
copyright = author
version = release = sklstm.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.viewcode",
    "numpydoc",
    "myst_parser",
    "sphinx_gallery.gen_gallery",
]
source_suffix = {".rst": "restructuredtext", ".md": "markdown"}
# The template of a record is for those who write one.
exclude_patterns = ["_build", "_templates", "adr/0000-template.md"]
templates_path = ["_templates"]
default_role = "literal"
# Code that is taken from the middle of a file starts with an empty line.
highlight_options = {"python": {"stripnl": True}}
myst_heading_anchors = 3
# :term:`fit` is an entry of scikit-learn's glossary, which is on the network.
suppress_warnings = ["ref.term"]

autosummary_generate = True
# Not every file system tells its page from that of the class Stream.
autosummary_filename_map = {
    "sklstm.forecasting.stream": "sklstm.forecasting.stream_function"
}
# The members come from the class template, once.
numpydoc_show_class_members = False
autodoc_member_order = "bysource"
autodoc_typehints = "none"
# The list of a page has room for "predict", not for "LSTMForecaster.predict".
toc_object_entries_show_parents = "hide"

sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "auto_examples",
    "filename_pattern": r"plot_",
    # The page of a name lists the examples that use it; see _templates/autosummary.
    "backreferences_dir": "generated/backreferences",
    "doc_module": ("sklstm",),
    # What an expression returns is not shown: the examples print what matters.
    "capture_repr": (),
    "abort_on_example_error": True,
    "show_memory": False,
    "write_computation_times": False,
    "show_signature": False,
    "download_all_examples": False,
}

html_theme = "pydata_sphinx_theme"
html_title = f"sklstm {release}"
html_show_sourcelink = False
html_static_path = ["_static"]
# Made by make_logo.py.
html_favicon = "_static/favicon.svg"
html_css_files = ["sklstm.css"]
html_js_files = ["readable.js"]
html_theme_options = {
    "logo": {
        "image_light": "_static/logo_light.svg",
        "image_dark": "_static/logo_dark.svg",
        "alt_text": "sklstm",
    },
    "navbar_align": "left",
    # The pages for readers; benchmarks and what contributors need are under "More".
    "header_links_before_dropdown": 9,
    "navbar_end": ["theme-switcher"],
    # The button alone: with a field the bar would take two lines at 1280 pixels.
    "navbar_persistent": ["search-button"],
    "show_toc_level": 2,
    # The tables of the benchmarks take its room.
    "secondary_sidebar_items": {"**": ["page-toc"], "speed": [], "skill": []},
    "show_prev_next": True,
    "footer_start": ["copyright"],
    "footer_end": ["sphinx-version"],
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}
# Pages without neighbours in the sidebar would show an empty one.
_ALONE = ["index", "install", "quickstart", "concepts", "faq", "glossary", "api"]
# The wide tables of the benchmarks need the room.
_ALONE += ["benchmarks", "speed", "skill"]
html_sidebars = {page: [] for page in _ALONE}


def _is_of_scikit_learn(app, what, name, obj, skip, options):
    """Leave out what scikit-learn defines: its docstrings refer to pages that are not here."""
    function = obj.fget if isinstance(obj, property) else inspect.unwrap(obj)
    module = getattr(function, "__module__", None) or ""
    is_request = name.startswith("set_") and name.endswith("_request")
    return True if module.startswith("sklearn.") or is_request else None


def _find_public_name(app, env, node, contnode):
    """Resolve `sklstm.backtest`, or `LSTMForecaster`, to the page of the module that has it."""
    if node.get("refdomain") != "py":
        return None
    target, domain = node["reftarget"], env.get_domain("py")
    path = target.split(".")
    name = ".".join(path[1:] if path[0] == "sklstm" else path)
    for known, entry in domain.objects.items():
        # The module, which has no dot in it, and the name.
        if not entry.aliased and known.split(".", 2)[2:] == [name]:
            return domain.resolve_xref(
                env,
                node["refdoc"],
                app.builder,
                node["reftype"],
                known,
                node,
                contnode,
            )
    if path[0] == "sklstm":
        logger.warning("no page has %s", target, location=node)
    return None


def _find_source(app, modname):
    """Return a module's source, and where in it the methods are that estimators inherit."""
    analyzer = ModuleAnalyzer.for_module(modname)
    analyzer.find_tags()
    tags = dict(analyzer.tags)
    for name, cls in all_estimators():
        for base in cls.__mro__[1:]:
            if base.__module__ == modname:
                for method in vars(base):
                    if found := analyzer.tags.get(f"{base.__name__}.{method}"):
                        tags.setdefault(f"{name}.{method}", found)
    return analyzer.code, tags


def _list_records(app, docname, source):
    """Give the index of the records a toctree, which Markdown readers elsewhere need not see."""
    if docname == "adr/README":
        source[0] += (
            "\n```{toctree}\n:hidden:\n:glob:\n\n000[1-9]*\n00[1-9]*\n```\n"
        )


def setup(app):
    """Connect the hooks above."""
    app.connect("autodoc-skip-member", _is_of_scikit_learn)
    app.connect("missing-reference", _find_public_name)
    app.connect("viewcode-find-source", _find_source)
    app.connect("source-read", _list_records)
