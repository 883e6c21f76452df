"""Which module imports what: the layers, and the libraries that take seconds to load."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import sklstm

ROOT = Path(sklstm.__file__).parent
HEAVY = {"tensorflow", "keras", "scikeras"}
THE_DOOR = "sklstm.utils._sklearn_private"

ALL = {
    *("compose", "datasets", "estimators", "forecasting", "inspection", "metrics"),
    *("model_selection", "networks", "persistence", "plotting", "preprocessing", "targets"),
    *("training", "utils"),
}
# What each package may import of this library, besides itself and `utils`; not even inside a
# function anything else. Top to bottom.
MAY_KNOW = {
    "plotting": {"forecasting", "metrics", "preprocessing"},
    "inspection": {"forecasting", "training", "networks"},
    "persistence": {"forecasting", "training"},
    "metrics": {"compose", "forecasting"},
    "estimators": {"forecasting", "training", "targets", "preprocessing", "networks"},
    "forecasting": {"model_selection", "training", "targets", "preprocessing", "networks"},
    "training": {"targets", "preprocessing", "networks"},
    "targets": {"preprocessing"},
    "model_selection": {"preprocessing"},
    "compose": set(),
    "datasets": set(),
    "networks": set(),
    "preprocessing": set(),
    # The checks of estimators cut windows.
    "utils": {"preprocessing"},
}
# Packages that never load TensorFlow, not even inside a function.
LIGHT = ALL - {"estimators", "forecasting", "networks", "training"}
FORBIDDEN = {
    f"sklstm.{package}": {f"sklstm.{other}" for other in ALL - known - {package, "utils"}}
    | (HEAVY if package in LIGHT else set())
    for package, known in MAY_KNOW.items()
}
FORBIDDEN["sklstm.networks"] |= {"sklearn"}
# Those that see nothing of other packages but their public names.
OUTSIDERS = {"sklstm.compose", "sklstm.datasets"}
# Modules that are themselves imported only when a fit or a predict needs them.
LOADS_KERAS = {
    f"sklstm.training.{module}"
    for module in ("_checkpointing", "_keras_parts", "_schedule", "_trainer")
}
# Names of sklstm.networks that come without TensorFlow.
WITHOUT_KERAS = {
    f"sklstm.networks.{name}"
    for name in (
        *("Examples", "NetworkInput", "NetworkSpec", "PatchSpec", "Slots", "TrainingTask"),
        *("describe_engine", "import_tensorflow", "predict", "predict_steps"),
    )
}
# Who reads a private attribute of another object, and why it must.
READS_PRIVATE = {
    ("sklstm.estimators._classifier", "BaseLSTM._parameter_constraints"): "scikit-learn's grammar",
    (
        "sklstm.estimators._forecaster_plan",
        "BaseLSTM._parameter_constraints",
    ): "scikit-learn's grammar",
    ("sklstm.metrics._horizon_scorer", "scorer._response_method"): "scorers tell it nowhere else",
    ("sklstm.metrics._horizon_scorer", "scorer._score_func"): "scorers tell it nowhere else",
    ("sklstm.metrics._horizon_scorer", "scorer._sign"): "scorers tell it nowhere else",
    ("sklstm.metrics._horizon_scorer", "scorer._kwargs"): "scorers tell it nowhere else",
    ("sklstm.preprocessing._clock", "clock._slots"): "a class method that makes the object",
}
# The doors to what other libraries keep private.
DOORS = {THE_DOOR, "sklstm.networks._keras_private"}


def imports_of(source, module):
    """Yield (name, is_lazy) of all that a module imports, with the names it takes from modules."""

    def visit(node, lazy):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, lazy
        elif isinstance(node, ast.ImportFrom):
            parts = module.split(".")[: -node.level] if node.level else []
            base = ".".join([*parts, *([node.module] if node.module else [])])
            for alias in node.names:
                yield f"{base}.{alias.name}", lazy
        else:
            if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
                # Never run.
                for child in node.orelse:
                    yield from visit(child, lazy)
                return
            lazy = lazy or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            for child in ast.iter_child_nodes(node):
                yield from visit(child, lazy)

    yield from visit(ast.parse(source), False)


def is_in(name, package):
    return name == package or name.startswith(f"{package}.")


def package_of(name):
    return ".".join(name.split(".")[:2])


def violations(source, module):
    """Return a sentence for each import that breaks a layer."""
    found = []
    own = package_of(module)
    for name, lazy in imports_of(source, module):
        for package in FORBIDDEN.get(own, ()):
            if is_in(name, package):
                found.append(f"{module} imports {name}; {own} must not know {package}")
        private = [part for part in name.split(".") if part.startswith("_")]
        if is_in(name, "sklearn") and private and module != THE_DOOR:
            found.append(f"{module} imports {name}; private names come through {THE_DOOR}")
        if own in OUTSIDERS and is_in(name, "sklstm") and private:
            allowed = {own, "sklstm.utils"}
            if package_of(name) not in allowed:
                found.append(f"{module} imports {name}; {own} sees public names only")
        heavy = name.partition(".")[0] in HEAVY or any(is_in(name, m) for m in LOADS_KERAS)
        if own != "sklstm.networks" and is_in(name, "sklstm.networks"):
            heavy = name not in WITHOUT_KERAS
        if own != "sklstm.networks" and heavy and not lazy and module not in LOADS_KERAS:
            found.append(f"{module} imports {name} at its top; it belongs into the function")
    return found


def modules():
    for path in sorted(ROOT.rglob("*.py")):
        parts = path.relative_to(ROOT.parent).with_suffix("").parts
        yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


def test_the_layers_hold():
    found = [
        sentence
        for name, path in modules()
        for sentence in violations(path.read_text(encoding="utf-8"), name)
    ]
    assert found == []


def test_every_package_has_its_layer():
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert packages == ALL == set(MAY_KNOW)


def edges_of(sources):
    """Map each module to those whose code its imports run, those inside functions included."""
    edges = {}
    for module, source in sources.items():
        run = set()
        for name, _ in imports_of(source, module):
            parts = name.split(".")
            # With a module its packages are run first, unless they are being imported already.
            run |= {".".join(parts[:n]) for n in range(1, len(parts) + 1)}
        edges[module] = {name for name in run & set(sources) if not is_in(module, name)}
    return edges


def circles(edges):
    """Return the modules from which imports lead back to themselves."""

    def reached_from(start):
        seen, left = set(), [start]
        while left:
            for name in edges[left.pop()] - seen:
                seen.add(name)
                left.append(name)
        return seen

    return [name for name in edges if name in reached_from(name)]


def test_no_imports_run_in_a_circle():
    sources = {name: path.read_text(encoding="utf-8") for name, path in modules()}
    assert circles(edges_of(sources)) == []


def test_a_circle_is_found_even_inside_functions():
    sources = {
        "sklstm": "from sklstm.a import f",
        "sklstm.a": "from sklstm.b import g",
        "sklstm.b": "def g():\n    from sklstm.a import f",
        "sklstm.c": "import sklstm.a",
    }
    assert circles(edges_of(sources)) == ["sklstm.a", "sklstm.b"]


def private_reads(source):
    """Yield each private attribute of another object that a module reads or writes."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Attribute) or not node.attr.startswith("_"):
            continue
        text = ast.unparse(node)
        own = text.startswith(("self._", "cls._", "super()._"))
        if not own and not node.attr.startswith("__"):
            yield text


def test_no_module_reads_what_another_object_keeps_private():
    found = {
        (name, text)
        for name, path in modules()
        if name not in DOORS
        for text in private_reads(path.read_text(encoding="utf-8"))
    }
    assert found == set(READS_PRIVATE)
    assert len(READS_PRIVATE) < 10
    assert set(private_reads("a._b, self._c.d, self.e._f, c.__class__")) == {"a._b", "self.e._f"}


@pytest.mark.parametrize(
    ("module", "source", "expected"),
    [
        ("sklstm.networks._build", "import sklearn", "must not know sklearn"),
        (
            "sklstm.networks._build",
            "def f():\n    from sklearn.utils import check_array",
            "must not know sklearn",
        ),
        (
            "sklstm.networks._build",
            "from sklstm.preprocessing import To3D",
            "must not know sklstm.preprocessing",
        ),
        ("sklstm.targets._seasons", "def f():\n    import keras.ops", "must not know keras"),
        (
            "sklstm.preprocessing._to_3d",
            "class A:\n    def f(self):\n        import tensorflow",
            "must not know tensorflow",
        ),
        (
            "sklstm.preprocessing._to_3d",
            "from ..estimators import LSTMClassifier",
            "must not know sklstm.estimators",
        ),
        ("sklstm.estimators._base", "import keras", "belongs into the function"),
        (
            "sklstm.estimators._base",
            "from sklstm.networks import export_model",
            "belongs into the function",
        ),
        (
            "sklstm.estimators._base",
            "try:\n    import scikeras\nexcept ImportError:\n    pass",
            "belongs into the function",
        ),
        (
            "sklstm.estimators._base",
            "from sklstm.training._trainer import train",
            "belongs into the function",
        ),
        (
            "sklstm.compose._transformed_target",
            "from sklearn.base import _fit_context",
            "come through sklstm.utils._sklearn_private",
        ),
        (
            "sklstm.estimators._base",
            "from sklearn.utils._param_validation import Interval",
            "come through sklstm.utils._sklearn_private",
        ),
    ],
)
def test_violations_are_found(module, source, expected):
    (sentence,) = violations(source, module)
    assert expected in sentence


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("sklstm.estimators._base", "def f():\n    from sklstm.networks import export_model"),
        ("sklstm.training._trainer", "import keras"),
        ("sklstm.estimators._base", "if TYPE_CHECKING:\n    import keras"),
        ("sklstm.estimators._base", "from sklstm.preprocessing._table import read_table"),
        ("sklstm.compose._transformed_target", "from sklstm.compose._other import helper"),
        ("sklstm.compose._other", "from sklstm.utils._sklearn_private import _fit_context"),
        ("sklstm.metrics._label_scorer", "from sklstm.compose import TransformedTargetClassifier"),
        ("sklstm.networks._build", "import keras\nimport tensorflow as tf"),
        (THE_DOOR, "from sklearn.base import _fit_context"),
    ],
)  # fmt: skip
def test_what_is_allowed_is_not_found(module, source):
    assert violations(source, module) == []


def run_and_name_heavy(code):
    code += f"\nimport sys; print(sorted({HEAVY!r} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip().splitlines()[-1]


def test_the_package_loads_nothing_heavy():
    assert run_and_name_heavy("import sklstm") == "[]"


def test_the_transformers_load_nothing_heavy():
    code = """
import pickle
import numpy as np
import pandas as pd
from sklstm import *
from sklstm.utils.discovery import all_estimators
from sklstm.utils import estimator_checks
all_estimators()
X = np.random.default_rng(0).normal(size=(60, 4))
frame = pd.DataFrame(X, index=pd.date_range("2024", periods=60, freq="h"), columns=list("abcd"))
for data in (X, frame):
    for transformer in (
        SequenceWindower(window=3), SequenceWindower(window=3, lead=1, flatten=True), To3D(),
        KMeansLabeler(), Padder(),
    ):
        pickle.loads(pickle.dumps(transformer.fit_transform(data)))
model = TransformedTargetClassifier(transformer=KMeansLabeler()).fit(X, X[:, 0])
label_scorer("f1_macro")(model, X, X[:, 0])
TransformedTargetClassifier().fit(X, X[:, 0] > 0).predict(X)
LSTMClassifier(), LSTMForecaster()
"""
    assert run_and_name_heavy(code) == "[]"


def test_what_is_heavy_is_noticed():
    stub = "import sys, types; sys.modules['keras'] = types.ModuleType('keras')"
    assert run_and_name_heavy(stub) == "['keras']"
