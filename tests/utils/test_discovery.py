"""What is found is what is exported."""

import pytest
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin

import sklstm
from sklstm.utils.discovery import all_estimators, public_modules


def test_all_public_estimators_are_found_and_no_others():
    found = all_estimators()
    assert [name for name, _ in found] == [
        "ConformalForecaster",
        "KMeansLabeler",
        "LSTMClassifier",
        "LSTMForecaster",
        "Padder",
        "SequenceWindower",
        "To3D",
        "TransformedTargetClassifier",
    ]
    assert all(name == cls.__name__ and issubclass(cls, BaseEstimator) for name, cls in found)


def test_the_package_exports_all_of_them():
    assert {name for name, _ in all_estimators()} <= set(sklstm.__all__)


@pytest.mark.parametrize(
    ("type_filter", "names"),
    [
        ("classifier", {"LSTMClassifier", "TransformedTargetClassifier"}),
        ("regressor", {"ConformalForecaster", "LSTMForecaster"}),
        ("transformer", {"KMeansLabeler", "Padder", "SequenceWindower", "To3D"}),
        ("cluster", {"KMeansLabeler"}),
        (["regressor", "cluster"], {"ConformalForecaster", "KMeansLabeler", "LSTMForecaster"}),
        ([], set()),
    ],
)
def test_filters(type_filter, names):
    assert {name for name, _ in all_estimators(type_filter)} == names


def test_an_estimator_of_two_kinds_is_listed_once():
    names = [name for name, _ in all_estimators(["cluster", "transformer"])]
    assert names == sorted(set(names))


@pytest.mark.parametrize("type_filter", ["window", ["classifier", "window"]])
def test_unknown_kinds_are_refused(type_filter):
    with pytest.raises(ValueError, match=r"one of \['classifier', .* got .*'window'"):
        all_estimators(type_filter)


def test_only_what_a_public_module_exports_is_public(monkeypatch):
    class Hidden(TransformerMixin, BaseEstimator):
        pass

    class Exported(ClassifierMixin, BaseEstimator):
        pass

    Exported.__module__ = Hidden.__module__ = "sklstm.preprocessing._new"
    monkeypatch.setattr(sklstm.preprocessing, "Hidden", Hidden, raising=False)
    monkeypatch.setattr(sklstm.preprocessing, "Exported", Exported, raising=False)
    monkeypatch.setattr(
        sklstm.preprocessing, "__all__", [*sklstm.preprocessing.__all__, "Exported"]
    )
    names = {name for name, _ in all_estimators()}
    assert "Exported" in names
    assert "Hidden" not in names


def test_public_modules():
    names = [module.__name__ for module in public_modules()]
    assert names == sorted(names)
    assert {"sklstm", "sklstm.estimators", "sklstm.utils.discovery"} <= set(names)
    assert not any("._" in name for name in names)
