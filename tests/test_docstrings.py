"""Docstrings of all public objects follow numpydoc's rules and state the defaults of the code."""

import ast
import importlib
import inspect
import re
import sys
from math import isnan
from types import ModuleType

import pytest
from numpydoc.docscrape import ClassDoc, FunctionDoc
from numpydoc.validate import validate
from sklearn.base import BaseEstimator

from sklstm.utils.discovery import public_modules

# Rules of numpydoc that are not ours, each with the reason.
LEFT_OUT = {
    "GL01": "the summary is on the line of the opening quotes, as in scikit-learn",
    "GL02": "as GL01, for closing quotes of docstrings of one line",
    "GL03": "a blank line between two parameters is a matter of taste",
    "ES01": "a complete summary needs no second paragraph",
    "SS05": "it takes every word that ends in s for a verb in the third person",
    "RT02": "values that are returned may have a name",
    "PR06": "it takes the word 'string' or 'integer' within a type for the type",
    "SA01": "only classes and functions must have See Also, see NEEDED_OF_OBJECTS",
    "SA04": "a reference may need no description",
    "EX01": "only classes and functions must have an example, see NEEDED_OF_OBJECTS",
}
# Methods may lack these, but classes and functions may not.
NEEDED_OF_OBJECTS = {"SA01", "EX01"}
DEFAULT = re.compile(r"default\s*=\s*(?P<default>.+)$", re.DOTALL)


def public_objects():
    """Return {dotted name: object} of what is exported, by its most specific public name."""
    found = {}
    for module in public_modules():
        for name in getattr(module, "__all__", ()):
            item = getattr(module, name)
            if inspect.isclass(item) or inspect.isfunction(item):
                # The documentation names the deepest public module.
                known = [key for key, value in found.items() if value is item]
                path = f"{module.__name__}.{name}"
                if known and len(known[0]) < len(path):
                    del found[known[0]]
                if not known or known[0] not in found:
                    found[path] = item
    return found


def public_members(path, cls):
    """Yield (dotted name, item) of the methods and properties written in this package."""
    for name, item in inspect.getmembers(cls):
        if name.startswith("_"):
            continue
        function = item.fget if isinstance(item, property) else inspect.unwrap(item, stop=None)
        if getattr(function, "__module__", "").startswith("sklstm."):
            yield f"{path}.{name}", item


OBJECTS = public_objects()
CLASSES = {path: item for path, item in OBJECTS.items() if inspect.isclass(item)}
MEMBERS = {name: item for path, cls in CLASSES.items() for name, item in public_members(path, cls)}
FUNCTIONS = {
    path: item for path, item in {**OBJECTS, **MEMBERS}.items() if inspect.isfunction(item)
}
# The checks share one signature; an example of each would repeat that of check_estimator_3d.
NO_EXAMPLE = re.compile(r"sklstm\.utils\.estimator_checks\.check_(?!estimator_3d)")


def docstring_errors(path):
    """Return the errors that numpydoc finds in a docstring, except those in LEFT_OUT."""
    result = validate(path)
    left_out = set(LEFT_OUT)
    if path in OBJECTS and not NO_EXAMPLE.match(path):
        left_out -= NEEDED_OF_OBJECTS
    if isinstance(MEMBERS.get(path), property):
        # A property is described as a value, not as a function.
        left_out |= {"RT01", "RT03", "RT05"}
    return [f"{code}: {text}" for code, text in result["errors"] if code not in left_out]


def differing_defaults(doc, function):
    """Compare the defaults that a docstring names with those of the signature."""
    signature = inspect.signature(function).parameters
    found = []
    for parameter in doc["Parameters"]:
        if parameter.name.startswith("*"):
            continue
        for name in map(str.strip, parameter.name.split(",")):
            if name not in signature:
                found.append(f"{name} is documented but no parameter")
                continue
            default = signature[name].default
            documented = DEFAULT.search(parameter.type)
            if default is inspect.Parameter.empty or (name == "y" and default is None):
                if documented:
                    found.append(f"{name} has no default, documented is {documented['default']}")
            elif not documented:
                found.append(f"{name} has the default {default!r}, which is not documented")
            elif not _is_written(default, documented["default"]):
                found.append(
                    f"{name} has the default {default!r}, documented is {documented['default']}"
                )
    return found


def _is_written(value, text):
    if text.strip() == "np.nan":
        return type(value) is float and isnan(value)
    try:
        written = ast.literal_eval(text.strip())
    except (SyntaxError, ValueError):
        return False
    return type(written) is type(value) and written == value


def test_public_objects_are_found():
    names = {path.rpartition(".")[2] for path in OBJECTS}
    assert {"SequenceWindower", "LSTMClassifier", "label_scorer", "load_airport_weather"} <= names
    assert "sklstm.estimators.LSTMClassifier" in OBJECTS
    assert "sklstm.LSTMClassifier" not in OBJECTS
    assert "sklstm.estimators.LSTMForecaster.predict" in MEMBERS
    assert "sklstm.estimators.LSTMClassifier.partial_fit" in MEMBERS
    assert "sklstm.estimators.LSTMForecaster.history_" in MEMBERS
    assert "sklstm.estimators.LSTMClassifier.get_params" not in MEMBERS


@pytest.mark.parametrize("path", sorted({*OBJECTS, *MEMBERS}))
def test_numpydoc_finds_no_error(path):
    assert docstring_errors(path) == []


@pytest.mark.parametrize("path", sorted(path for path in OBJECTS if not NO_EXAMPLE.match(path)))
def test_every_public_name_has_an_example_that_runs(path):
    # `make doctest` runs them.
    item = OBJECTS[path]
    doc = ClassDoc(item) if inspect.isclass(item) else FunctionDoc(item)
    lines = [line.strip() for line in doc["Examples"]]
    assert sum(line.startswith(">>>") for line in lines) > 1, (
        "an example imports a name and uses it"
    )


@pytest.mark.parametrize("path", sorted(CLASSES))
def test_defaults_of_classes_are_documented(path):
    cls = CLASSES[path]
    assert differing_defaults(ClassDoc(cls), cls.__init__) == []


@pytest.mark.parametrize("path", sorted(FUNCTIONS))
def test_defaults_of_functions_are_documented(path):
    assert differing_defaults(FunctionDoc(FUNCTIONS[path]), FUNCTIONS[path]) == []


@pytest.mark.parametrize(
    "path", sorted(path for path, cls in CLASSES.items() if issubclass(cls, BaseEstimator))
)
def test_every_parameter_and_fitted_attribute_is_documented(path):
    cls = CLASSES[path]
    doc = ClassDoc(cls)
    documented = [parameter.name for parameter in doc["Parameters"]]
    assert documented == list(inspect.signature(cls).parameters)
    attributes = {attribute.name for attribute in doc["Attributes"]}
    assert "n_features_in_" in attributes
    assert all(name.endswith("_") for name in attributes)


@pytest.mark.parametrize("module", public_modules(), ids=lambda module: module.__name__)
def test_modules_have_a_summary_and_export_existing_names(module):
    assert re.match(r"[A-Z].*[.]$", module.__doc__.strip().splitlines()[0])
    assert all(hasattr(module, name) for name in getattr(module, "__all__", ()))


# Bad docstrings are found. ----------------------------------------------------------------------


def documented(width=3, *, name="a"):
    """Do something.

    Parameters
    ----------
    width : int, default=3
        The width.
    name : str, default="a"
        The name.

    Returns
    -------
    int
        The result.

    See Also
    --------
    undocumented : The same, badly.

    Examples
    --------
    >>> 1 + 1
    2
    """


def undocumented(width=3, *, name="a", other=None):
    """does something

    Parameters
    ----------
    width : int, default=4
        The width
    name : str
        The name.
    height : int, default=1
        The height.
    """
    return width


@pytest.fixture
def module_of_functions(monkeypatch):
    module = ModuleType("sklstm_docstrings_under_test")
    module.documented = documented
    module.undocumented = undocumented
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return importlib.import_module(module.__name__).__name__


def test_a_good_docstring_has_no_error(module_of_functions, monkeypatch):
    monkeypatch.setitem(OBJECTS, f"{module_of_functions}.documented", documented)
    assert docstring_errors(f"{module_of_functions}.documented") == []
    assert differing_defaults(FunctionDoc(documented), documented) == []


def test_a_bad_docstring_has_errors(module_of_functions, monkeypatch):
    monkeypatch.setitem(OBJECTS, f"{module_of_functions}.undocumented", undocumented)
    codes = {text[:4] for text in docstring_errors(f"{module_of_functions}.undocumented")}
    assert codes >= {"SS02", "SS03", "PR01", "PR02", "PR09", "RT01", "SA01", "EX01"}


def test_wrong_defaults_are_found():
    assert differing_defaults(FunctionDoc(undocumented), undocumented) == [
        "width has the default 3, documented is 4",
        "name has the default 'a', which is not documented",
        "height is documented but no parameter",
    ]


@pytest.mark.parametrize(
    ("value", "text", "written"),
    [
        (0.0, "0.0", True),
        (0, "0.0", False),
        (True, "1", False),
        ("adam", '"adam"', True),
        ("adam", "adam", False),
        (None, "None", True),
        ((1, 2), "(1, 2)", True),
        (1e-4, "1e-4", True),
        (float("nan"), "np.nan", True),
        (float("nan"), "nan", False),
        (0.0, "np.nan", False),
        (None, "np.nan", False),
    ],
)
def test_how_defaults_are_written(value, text, written):
    assert _is_written(value, text) is written
