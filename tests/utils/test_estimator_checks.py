"""The checks against toys that keep the conventions, and toys that break one each."""

import os
import random
import sys
from types import ModuleType
from unittest import SkipTest

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, TransformerMixin, clone
from sklearn.exceptions import EstimatorCheckFailedWarning, SkipTestWarning
from sklearn.linear_model import LinearRegression
from sklearn.utils import check_array, check_consistent_length, column_or_1d
from sklearn.utils.validation import check_is_fitted, validate_data

from sklstm.preprocessing._window_index import window_index_of
from sklstm.utils import estimator_checks
from sklstm.utils._all_or_nothing import all_or_nothing
from sklstm.utils._sklearn_private import check_feature_names
from sklstm.utils.estimator_checks import (
    check_estimator_3d,
    estimator_3d_checks_generator,
    parametrize_with_3d_checks,
)


class Toy(BaseEstimator):
    """Regression on the mean step, slightly disturbed by a seeded generator."""

    def __init__(self, random_state=None):
        self.random_state = random_state

    def fit(self, X, y):
        with all_or_nothing(self):
            return self._fit(X, y)

    def _fit(self, X, y):
        X = self._read(X, reset=True)
        y = column_or_1d(check_array(y, ensure_2d=False, dtype=None))
        check_consistent_length(X, y)
        exists = ~np.isnan(X).all(axis=2)
        if not exists.any():
            raise ValueError("X holds no step.")
        used = self._used(exists)
        means = self._means(X)[used]
        signal = self._signal(y[used])
        noise = np.random.default_rng(self._seed()).normal(scale=0.01, size=X.shape[2])
        self.weights_ = (means * signal[:, None]).sum(axis=0) / len(means) + noise
        self.offset_ = signal.mean()
        return self

    def _seed(self):
        return self.random_state

    def _used(self, exists):
        return exists.any(axis=1)

    def _signal(self, y):
        return y

    def _read(self, X, *, reset):
        X = self._named(X, reset=reset)
        X = check_array(
            X, dtype=np.float64, allow_nd=True, ensure_all_finite=self._finite(reset), copy=True
        )
        X = self._three_dimensions(X)
        self._refuse_partly_missing(X)
        if reset:
            self.shape_ = X.shape[1:]
            self.n_features_in_ = X.shape[2]
        elif X.shape[1:] != self.shape_:
            self._refuse_shape(X)
        return X

    def _finite(self, reset):
        return "allow-nan"

    def _named(self, X, *, reset):
        origin = window_index_of(X)
        if origin is None or origin.feature_names is None:
            return X
        check_feature_names(self, pd.DataFrame(columns=list(origin.feature_names)), reset=reset)
        return np.asarray(X)

    def _three_dimensions(self, X):
        if X.ndim == 2:
            return X[:, :, None]
        if X.ndim > 3:
            raise ValueError(f"X has {X.ndim} dimensions.")
        return X

    def _refuse_partly_missing(self, X):
        missing = np.isnan(X)
        partly = missing.any(axis=2) & ~missing.all(axis=2)
        if partly.any():
            raise ValueError(f"missing features {np.flatnonzero(missing[partly].any(axis=0))}")

    def _refuse_shape(self, X):
        raise ValueError(f"X has steps and features {X.shape[1:]}, expected {self.shape_}.")

    def _means(self, X):
        count = (~np.isnan(X)).sum(axis=1)
        return np.nansum(X, axis=1) / np.maximum(count, 1)

    def _scores(self, X):
        check_is_fitted(self)
        return (self._means(self._read(X, reset=False)) * self.weights_).sum(axis=1) + self.offset_

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.input_tags.allow_nan = True
        tags.target_tags.required = True
        return tags


class ToyRegressor(RegressorMixin, Toy):
    def predict(self, X):
        return self._scores(X)


class ToyClassifier(ClassifierMixin, Toy):
    """Takes the class whose number is nearest to the regression."""

    def _signal(self, y):
        self.classes_, codes = np.unique(y, return_inverse=True)
        return codes.astype(float)

    def predict_proba(self, X):
        distance = np.abs(self._scores(X)[:, None] - np.arange(len(self.classes_)))
        closeness = np.exp(-distance)
        return closeness / closeness.sum(axis=1, keepdims=True)

    def predict(self, X):
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


class ToyTransformer(TransformerMixin, BaseEstimator, auto_wrap_output_keys=None):
    """Each row as a sequence of one step."""

    def fit(self, X, y=None):
        with all_or_nothing(self):
            validate_data(self, X, ensure_all_finite="allow-nan")
            return self

    def transform(self, X):
        check_is_fitted(self, "n_features_in_")
        kinds = [np.float64, np.float32]
        X = validate_data(self, X, reset=False, dtype=kinds, ensure_all_finite="allow-nan")
        return self._cut(X)

    def _cut(self, X):
        return X[:, None, :].copy()

    def set_output(self, *, transform=None):
        return self

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


# Broken estimators, each in the way that the check before it finds. ------------------------------

BROKEN = []


def breaks(check, *others):
    """Register a class that fails `check`, and of the others just those that have to fail too."""

    def register(cls):
        BROKEN.append(pytest.param(cls(), {check, *others}, id=f"{check}-{cls.__name__}"))
        return cls

    return register


@breaks("check_inputs_unchanged")
class WritesIntoY(ToyRegressor):
    def fit(self, X, y):
        if y.flags.writeable:
            y[0] = y[1]
        return super().fit(X, y)


@breaks("check_inputs_unchanged")
class WritesIntoXInTransform(ToyTransformer):
    def transform(self, X):
        if isinstance(X, np.ndarray) and X.flags.writeable and len(X) == 100:
            X[-1, -1] = 7.0
        return super().transform(X)


@breaks("check_read_only_inputs")
class WantsToWrite(ToyRegressor):
    def fit(self, X, y):
        y[0] = y[0]
        return super().fit(X, y)


@breaks("check_deterministic")
class ForgetsItsSeed(ToyRegressor):
    """Only for a seed that other checks do not use: they compare two fits as well."""

    def _seed(self):
        return None if self.random_state == 7 else self.random_state


@breaks("check_global_state_untouched")
class SeedsNumPy(ToyRegressor):
    def fit(self, X, y):
        np.random.seed(0 if self.random_state is None else self.random_state)  # noqa: NPY002
        return super().fit(X, y)


@breaks("check_global_state_untouched")
class DrawsFromNumPyWithoutSeed(ToyRegressor):
    def _seed(self):
        if self.random_state is None:
            return np.random.randint(100)  # noqa: NPY002
        return self.random_state


@breaks("check_global_state_untouched")
class DrawsFromPython(ToyClassifier):
    def predict_proba(self, X):
        random.random()
        return super().predict_proba(X)


@breaks("check_global_state_untouched")
class SetsTheEnvironment(ToyTransformer):
    def fit(self, X, y=None):
        os.environ["SKLSTM_TEST"] = os.environ.get("SKLSTM_TEST", "") + "x"
        return super().fit(X, y)


@breaks("check_failing_fit_leaves_no_trace")
class FailsHalfWay(ToyRegressor):
    def fit(self, X, y):
        return self._fit(X, y)


@breaks("check_failing_fit_leaves_no_trace")
class FailsHalfWayTheSecondTime(ToyTransformer):
    def fit(self, X, y=None):
        if not hasattr(self, "n_features_in_"):
            return super().fit(X, y)
        validate_data(self, X, ensure_all_finite="allow-nan")
        return self


@breaks("check_failing_fit_leaves_no_trace")
class FailsInPlace(ToyRegressor):
    """Rebinds nothing, but writes into an array of the first fit."""

    def fit(self, X, y):
        if hasattr(self, "weights_"):
            self.weights_[:] = 0.0
        return super().fit(X, y)


@breaks("check_failing_fit_leaves_no_trace", "check_infinite_is_refused")
class AcceptsInfinityInFit(ToyRegressor):
    def _finite(self, reset):
        return "allow-nan" if not reset else False

    def _means(self, X):
        return super()._means(np.clip(X, -9, 9))


@breaks("check_refit_with_another_shape")
class KeepsTheFirstOffset(ToyRegressor):
    def _fit(self, X, y):
        offset = getattr(self, "offset_", None)
        super()._fit(X, y)
        self.offset_ = self.offset_ if offset is None else offset
        return self


@breaks("check_copies")
class ComesOutOfAPickleAnother(ToyRegressor):
    def __getstate__(self):
        state = super().__getstate__()
        return state | {"offset_": 0.0} if "offset_" in state else state

    def __deepcopy__(self, memo):
        copy = clone(self)
        vars(copy).update({k: np.copy(v) if k == "weights_" else v for k, v in vars(self).items()})
        return copy


@breaks("check_copies")
class IsClonedWithWhatItLearned(ToyRegressor):
    def __sklearn_clone__(self):
        copy = type(self)(self.random_state)
        vars(copy).update(vars(self))
        return copy


@breaks("check_copies")
class IsCopiedIncompletely(ToyTransformer):
    def __getstate__(self):
        return {name: value for name, value in super().__getstate__().items() if name != "cuts_"}

    def __deepcopy__(self, memo):
        copy = clone(self)
        vars(copy).update(vars(self))
        return copy

    def fit(self, X, y=None):
        super().fit(X)
        self.cuts_ = True
        return self

    def _cut(self, X):
        return super()._cut(X) if hasattr(self, "cuts_") else X[:, None, ::-1].copy()


@breaks("check_y_of_another_length")
class TakesTheShorterLength(ToyRegressor):
    def fit(self, X, y):
        return super().fit(X[: len(y)], y)


@breaks("check_3d_lists")
class RefusesLists(ToyRegressor):
    def fit(self, X, y):
        X.shape  # noqa: B018
        return super().fit(X, y)


@breaks("check_3d_float32")
class RoundsFloat32(ToyRegressor):
    def _read(self, X, *, reset):
        if getattr(X, "dtype", None) == np.float32:
            X = X.round(1)
        return super()._read(X, reset=reset)


@breaks("check_3d_fortran_order")
class ReadsMemoryInItsOrder(ToyRegressor):
    def _read(self, X, *, reset):
        if isinstance(X, np.ndarray) and X.flags.fnc:
            X = X.ravel(order="K").reshape(X.shape)
        return super()._read(X, reset=reset)


@breaks("check_3d_not_contiguous")
class IgnoresTheSignOfStrides(ToyRegressor):
    def _read(self, X, *, reset):
        if isinstance(X, np.ndarray) and X.strides[0] < 0:
            X = X[::-1]
        return super()._read(X, reset=reset)


@breaks("check_n_features_in_3d")
class CountsStepsAsFeatures(ToyRegressor):
    def _fit(self, X, y):
        super()._fit(X, y)
        self.n_features_in_ = self.shape_[0]
        return self


@breaks("check_n_features_in_3d")
class CountsFeaturesBeforeFit(ToyRegressor):
    n_features_in_ = 3


@breaks("check_shape_at_predict")
class SaysTooLittleOfShapes(ToyRegressor):
    def _refuse_shape(self, X):
        raise ValueError(f"X has shape {X.shape}, which is wrong.")


@breaks("check_shape_at_predict")
class TakesAnyNumberOfSteps(ToyRegressor):
    def _refuse_shape(self, X):
        if X.shape[2] != self.shape_[1]:
            super()._refuse_shape(X)


@breaks("check_4d_is_refused")
class FlattensFourDimensions(ToyRegressor):
    def _three_dimensions(self, X):
        return X[..., 0] if X.ndim == 4 else super()._three_dimensions(X)


@breaks("check_infinite_is_refused")
class PredictsFromInfinity(ToyRegressor):
    def _finite(self, reset):
        return "allow-nan" if reset else False


@breaks("check_3d_subset_invariance")
class KnowsTheSizeOfTheBatch(ToyRegressor):
    def predict(self, X):
        return super().predict(X) + 1e-9 * len(X)


@breaks("check_3d_order_invariance")
class KnowsTheOrder(ToyRegressor):
    def _fit(self, X, y):
        self.first_ = np.asarray(X)[:, 0]
        return super()._fit(X, y)

    def predict(self, X):
        first = np.asarray(X)[:, 0]
        in_order = len(first) != len(self.first_) or np.array_equal(
            first, self.first_, equal_nan=True
        )
        return super().predict(X) * (1.0 if in_order else 1.0 + 1e-14)


@breaks("check_single_sequence", "check_3d_subset_invariance")
class SqueezesASingleAnswer(ToyClassifier):
    """One class for one sequence differs from its prediction among many: both checks find it."""

    def predict_proba(self, X):
        return np.squeeze(super().predict_proba(X))

    def predict(self, X):
        return self.classes_[np.atleast_2d(self.predict_proba(X)).argmax(axis=1)]


@breaks("check_names_of_windows")
class IgnoresNames(ToyRegressor):
    def _named(self, X, *, reset):
        return X


@breaks("check_names_of_windows")
class NeverComparesNames(ToyRegressor):
    def _named(self, X, *, reset):
        return super()._named(X, reset=reset) if reset else X


@breaks("check_2d_is_univariate")
class TakesColumnsForFeatures(ToyRegressor):
    def _three_dimensions(self, X):
        return X[:, None, :] if X.ndim == 2 else super()._three_dimensions(X)


@breaks("check_missing_steps_are_skipped")
class CountsFromTheLeft(ToyRegressor):
    def _means(self, X):
        return super()._means(X * np.arange(1, X.shape[1] + 1)[:, None])


@breaks("check_missing_steps_are_skipped")
class CountsFromTheRight(ToyRegressor):
    def _means(self, X):
        return super()._means(X * np.arange(X.shape[1], 0, -1)[:, None])


@breaks("check_missing_steps_are_skipped")
class BridgesGaps(ToyRegressor):
    """Blind for gaps at either end, but not for those between."""

    def _means(self, X):
        exists = ~np.isnan(X).any(axis=2)
        inside = np.maximum.accumulate(exists, axis=1)
        inside &= np.maximum.accumulate(exists[:, ::-1], axis=1)[:, ::-1]
        return (
            super()._means(X)
            * exists.sum(axis=1, keepdims=True)
            / inside.sum(axis=1, keepdims=True).clip(1)
        )


@breaks("check_partly_missing_step_is_refused")
class AcceptsPartlyMissingSteps(ToyRegressor):
    def _refuse_partly_missing(self, X):
        pass


@breaks("check_partly_missing_step_is_refused")
class DoesNotNameWhatIsMissing(ToyRegressor):
    def _refuse_partly_missing(self, X):
        try:
            super()._refuse_partly_missing(X)
        except ValueError:
            raise ValueError("A step is partly missing.") from None


@breaks("check_empty_sequence")
class TrainsOnNothing(ToyRegressor):
    def _used(self, exists):
        return np.ones(len(exists), dtype=bool)


@breaks("check_empty_sequence")
class PredictsNaN(ToyRegressor):
    def predict(self, X):
        nothing = np.isnan(X).reshape(len(X), -1).all(axis=1)
        return np.where(nothing, np.nan, super().predict(X))


@breaks("check_no_step_at_all_is_refused")
class FitsOnNothing(ToyRegressor):
    def _fit(self, X, y):
        if np.isnan(np.asarray(X, dtype=float)).all():
            return self
        return super()._fit(X, y)


@breaks("check_windows_equal_their_array")
class MisreadsWindows(ToyRegressor):
    def _read(self, X, *, reset):
        if window_index_of(X) is not None:
            names = Toy._named(self, X, reset=reset)
            X = np.roll(names, 1, axis=2)
        return super()._read(X, reset=reset)


@breaks("check_transformer_one_row_each")
class LosesARow(ToyTransformer):
    """Only of 80 rows: whether later rows matter is asked with other numbers."""

    def _cut(self, X):
        return super()._cut(X)[: len(X) - (len(X) == 80)]


@breaks("check_transformer_causal")
class KnowsTheFuture(ToyTransformer):
    def _cut(self, X):
        return super()._cut(X - X.max(axis=0))


@breaks("check_transformer_aligned")
class SortsByTime(ToyTransformer):
    def transform(self, X):
        return super().transform(X.sort_index() if isinstance(X, pd.DataFrame) else X)


@breaks("check_transformer_fit_transform")
class TransformsTrainingRowsDifferently(ToyTransformer):
    def fit_transform(self, X, y=None):
        return self.fit(X).transform(X) + 1.0


@breaks("check_transformer_set_output")
class HasNoSetOutput(ToyTransformer):
    set_output = property()


@breaks("check_transformer_set_output")
class WrapsThreeDimensions(ToyTransformer):
    def set_output(self, *, transform=None):
        self.wraps = transform == "pandas"
        return self

    def transform(self, X):
        out = super().transform(X)
        return pd.DataFrame(out[:, 0]) if getattr(self, "wraps", False) else out


@breaks("check_transformer_set_output")
class LosesTheIndex(ToyTransformer):
    """Two dimensions, for which set_output has to work."""

    def set_output(self, *, transform=None):
        self.wraps = transform == "pandas"
        return self

    def _cut(self, X):
        return pd.DataFrame(X) if getattr(self, "wraps", False) else X.copy()


class Forgetful(np.ndarray):
    def __reduce__(self):
        return np.asarray, (self.tolist(),)

    def __deepcopy__(self, memo):
        return np.array(self)


@breaks("check_transformer_array_like")
class ForgetsItsType(ToyTransformer):
    def _cut(self, X):
        return super()._cut(X).view(Forgetful)


class SelectsWrongly(np.ndarray):
    def __getitem__(self, key):
        out = super().__getitem__(key)
        return out[::-1] if isinstance(key, np.ndarray) else out


@breaks("check_transformer_array_like")
class SelectsOtherRows(ToyTransformer):
    def _cut(self, X):
        return super()._cut(X).view(SelectsWrongly)


@breaks("check_transformer_keeps_float32")
class MakesFloat64(ToyTransformer):
    def _cut(self, X):
        return super()._cut(X).astype(np.float64)


@pytest.fixture(autouse=True)
def restored_environment(monkeypatch):
    monkeypatch.setenv("SKLSTM_TEST", "")


def failures(estimator):
    results = check_estimator_3d(estimator, on_fail=None)
    return {result["check_name"] for result in results if result["status"] != "passed"}


@pytest.mark.parametrize(
    "estimator", [ToyRegressor(), ToyClassifier(), ToyTransformer()], ids=lambda e: repr(e)
)
def test_good_estimators_pass(estimator):
    assert failures(estimator) == set()


@pytest.mark.parametrize(("estimator", "broken"), BROKEN)
def test_broken_estimators_fail_that_check_only(estimator, broken):
    assert failures(estimator) == broken


def test_pickles_of_deep_learning_objects_are_found(monkeypatch):
    package, module = ModuleType("scikeras"), ModuleType("scikeras.stub")
    module.Thing = type("Thing", (), {"__module__": "scikeras.stub"})
    package.stub = module
    monkeypatch.setitem(sys.modules, "scikeras", package)
    monkeypatch.setitem(sys.modules, "scikeras.stub", module)

    class HoldsAModel(ToyRegressor):
        def __reduce__(self):
            return _rebuild, (self.random_state, vars(self) | {"model_": module.Thing()})

    assert failures(HoldsAModel()) == {"check_pickle_is_plain"}


def _rebuild(random_state, state):
    model = ToyRegressor(random_state)
    vars(model).update(state)
    return model


TENSORFLOW = {"global_seed": 0, "is_op_determinism_enabled": 0}


class SetsTensorFlow(ToyRegressor):
    def __init__(self, random_state=None, what=None):
        super().__init__(random_state)
        self.what = what

    def fit(self, X, y):
        TENSORFLOW[self.what] += 1
        return super().fit(X, y)


@pytest.mark.parametrize("what", list(TENSORFLOW))
def test_settings_of_tensorflow_are_checked_once_it_is_loaded(monkeypatch, what):
    for name in ["tensorflow.python.eager.context", "tensorflow.python.framework.config"]:
        module = ModuleType(name)
        for setting in TENSORFLOW:
            setattr(module, setting, lambda setting=setting: TENSORFLOW[setting])
        monkeypatch.setitem(sys.modules, name, module)
    assert failures(SetsTensorFlow(what=what)) == {"check_global_state_untouched"}


def test_every_check_has_a_broken_estimator():
    checks = {name for name in estimator_checks.__all__ if name.startswith("check_")}
    tested = set().union(*(parameter.values[1] for parameter in BROKEN))
    assert tested | {"check_pickle_is_plain"} == checks - {"check_estimator_3d"}


def names_of_checks(estimator):
    return {check.func.__name__ for _, check in estimator_3d_checks_generator(estimator)}


def test_every_check_applies_to_some_toy():
    checks = {name for name in estimator_checks.__all__ if name.startswith("check_")}
    assert names_of_checks(ToyRegressor()) | names_of_checks(ToyTransformer()) == checks - {
        "check_estimator_3d"
    }


class WithTags(ToyRegressor):
    """Says of itself what it is told to."""

    def __init__(self, random_state=None, three_d=True, two_d=True, allow_nan=True):
        super().__init__(random_state)
        self.three_d = three_d
        self.two_d = two_d
        self.allow_nan = allow_nan

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = self.three_d
        tags.input_tags.two_d_array = self.two_d
        tags.input_tags.allow_nan = self.allow_nan
        return tags


def test_tags_choose_the_checks():
    everything = names_of_checks(WithTags())
    missing = {
        "check_missing_steps_are_skipped",
        "check_partly_missing_step_is_refused",
        "check_empty_sequence",
        "check_no_step_at_all_is_refused",
        "check_windows_equal_their_array",
    }
    assert everything - names_of_checks(WithTags(allow_nan=False)) == missing
    assert everything - names_of_checks(WithTags(two_d=False)) == {"check_2d_is_univariate"}
    for_all = names_of_checks(WithTags(three_d=False))
    assert "check_copies" in for_all
    assert "check_shape_at_predict" not in for_all
    assert names_of_checks(LinearRegression()) == for_all
    assert not any("transformer" in name for name in everything)


def test_first_failure_raises_by_default():
    with pytest.raises(AssertionError, match="says: X has shape"):
        check_estimator_3d(SaysTooLittleOfShapes())


def test_failures_can_warn():
    with pytest.warns(EstimatorCheckFailedWarning, match="check_shape_at_predict"):
        results = check_estimator_3d(SaysTooLittleOfShapes(), on_fail="warn")
    assert [r["check_name"] for r in results if r["status"] == "failed"] == [
        "check_shape_at_predict"
    ]


def test_expected_failures_are_reported_and_do_not_raise():
    expected = {"check_shape_at_predict": "it is broken on purpose"}
    results = check_estimator_3d(SaysTooLittleOfShapes(), expected_failed_checks=expected)
    by_name = {result["check_name"]: result for result in results}
    result = by_name["check_shape_at_predict"]
    assert result["status"] == "xfail"
    assert result["expected_to_fail_reason"] == "it is broken on purpose"
    assert isinstance(result["exception"], AssertionError)
    assert {r["status"] for r in results} == {"passed", "xfail"}


def test_callback_is_called_after_every_check():
    heard = []
    results = check_estimator_3d(
        ToyTransformer(), on_fail=None, callback=lambda **result: heard.append(result)
    )
    assert heard == results
    assert len(heard) == len(names_of_checks(ToyTransformer()))


class CannotBeTested(ToyTransformer):
    def fit(self, X, y=None):
        raise SkipTest("no such library here")


def test_skipped_checks_warn_unless_told_otherwise():
    with pytest.warns(SkipTestWarning, match="no such library here"):
        results = check_estimator_3d(CannotBeTested(), on_fail=None)
    assert "skipped" in {result["status"] for result in results}
    results = check_estimator_3d(CannotBeTested(), on_skip=None, on_fail=None)
    assert "skipped" in {result["status"] for result in results}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"on_fail": "explode"}, "on_fail must be one of .* got 'explode'"),
        ({"on_skip": "explode"}, "on_skip must be one of .* got 'explode'"),
        ({"callback": print}, "callback cannot be provided together with on_fail='raise'"),
        ({"expected_failed_checks": {"check_nothing": "?"}}, r"names \['check_nothing'\]"),
    ],
)
def test_wrong_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        check_estimator_3d(ToyTransformer(), **arguments)


def test_classes_are_refused():
    with pytest.raises(TypeError, match=r"got the class ToyRegressor; pass ToyRegressor\(\)"):
        check_estimator_3d(ToyRegressor)


def test_parametrize_makes_a_test_of_each_check():
    mark = parametrize_with_3d_checks(
        [ToyTransformer(), SaysTooLittleOfShapes()],
        expected_failed_checks=lambda e: (
            {"check_shape_at_predict": "broken"} if isinstance(e, ToyRegressor) else {}
        ),
    ).mark
    assert mark.args[0] == ("estimator", "check")
    parameters = {parameter.id: parameter for parameter in mark.args[1]}
    assert len(parameters) == len(names_of_checks(ToyTransformer())) + len(
        names_of_checks(ToyRegressor())
    )
    marked = [parameter for parameter in parameters.values() if parameter.marks]
    assert [parameter.id for parameter in marked] == [
        "SaysTooLittleOfShapes()-check_shape_at_predict"
    ]
    assert marked[0].marks[0].kwargs == {"reason": "broken", "strict": True}
    estimator, check = parameters["ToyTransformer()-check_transformer_causal"].values
    assert check(estimator) is None


def test_parametrize_refuses_unknown_names():
    with pytest.raises(ValueError, match="no such check applies to ToyTransformer"):
        parametrize_with_3d_checks(
            [ToyTransformer()], expected_failed_checks=lambda e: {"check_nothing": "?"}
        )
