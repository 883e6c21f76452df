"""scikit-learn's checks and our own, over every public estimator."""

import os
import warnings
from functools import partial

import numpy as np
import pytest
from sklearn import config_context
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import get_tags
from sklearn.utils.estimator_checks import (
    check_dataframe_column_names_consistency,
    check_get_feature_names_out_error,
    check_global_output_transform_pandas,
    check_global_set_output_transform_polars,
    check_inplace_ensure_writeable,
    check_n_features_in_after_fitting,
    check_param_validation,
    check_set_output_transform,
    check_set_output_transform_pandas,
    check_set_output_transform_polars,
    check_transformer_get_feature_names_out,
    check_transformer_get_feature_names_out_pandas,
    estimator_checks_generator,
    parametrize_with_checks,
)

from sklstm import (
    ConformalForecaster,
    KMeansLabeler,
    LSTMClassifier,
    LSTMForecaster,
    Padder,
    SequenceWindower,
    To3D,
    TransformedTargetClassifier,
)
from sklstm.utils.discovery import all_estimators
from sklstm.utils.estimator_checks import parametrize_with_3d_checks
from tests.expected_failures import expected_failed_3d_checks, expected_failed_checks

DEFAULTS = [estimator() for _, estimator in all_estimators()]

# To3D(n_features=2) is not here: scikit-learn's checks use tables of 1, 3 and 5 columns, which
# it must refuse. Our own checks below use even numbers of columns.
OTHERS = [
    SequenceWindower(window=1),
    SequenceWindower(window=3, lead=1),
    SequenceWindower(flatten=True),
    SequenceWindower(history="all"),
    SequenceWindower(window=4, history=None),
    To3D(layout="features"),
    Padder(length=2, truncating="post"),
    Padder(length=12, padding="post", value=-1),
    KMeansLabeler(n_clusters=2),
    KMeansLabeler(n_clusters=5),
]

# Four clusters, because check_estimator_sparse_* expect as many columns of probabilities as there
# are values that they draw y from.
SETTINGS = [*OTHERS, TransformedTargetClassifier(transformer=KMeansLabeler(n_clusters=4))]

# With `by`, all checks run but these two, which contradict its purpose.
BY = SequenceWindower(window=3, by=0)
CONTRADICTED_BY_SERIES = {
    "check_estimators_pickle": "it puts NaN into the column that names the series",
    "check_array_api_input": "it takes arrays only, and windows that are not consecutive are lazy",
}

# What the checks of scikit-learn, hundreds of fits, run on by default; the ensemble of a
# classifier's defaults takes three times as long, and is among the slow settings.
QUICK_DEFAULTS = [
    estimator.set_params(n_members=1, bidirectional=False)
    if isinstance(estimator, LSTMClassifier)
    else estimator
    for estimator in map(clone, DEFAULTS)
]

# Wide enough to reach the scores that the checks expect, in the default number of epochs.
SLOW_SETTINGS = [
    LSTMClassifier(),
    LSTMClassifier(units=(8, 4)),
    LSTMClassifier(units=8, bidirectional=True),
    LSTMForecaster(units=(32, 16)),
    LSTMForecaster(units=16, bidirectional=True),
    LSTMClassifier(stateful=True),
    LSTMForecaster(stateful=True),
    # The checks seed an estimator, but not an inner estimator.
    TransformedTargetClassifier(classifier=LSTMClassifier(units=8, random_state=0)),
    TransformedTargetClassifier(
        classifier=LSTMClassifier(units=8, random_state=0),
        transformer=KMeansLabeler(n_clusters=4),
    ),
    ConformalForecaster(LSTMForecaster(units=16, random_state=0)),
]

# On so few data, fits of 30 epochs would show these checks no more than fits of 3.
DEFAULTS_3D = [
    estimator.set_params(epochs=3) if hasattr(estimator, "epochs") else estimator
    for estimator in map(clone, DEFAULTS)
]
SETTINGS_3D = [
    *OTHERS,
    TransformedTargetClassifier(transformer=KMeansLabeler()),
    BY,
    To3D(n_features=2),
    SequenceWindower(window=3, lead=2, by=0, history="all"),
    SequenceWindower(window=2, by=0, flatten=True),
]
SLOW_SETTINGS_3D = [
    LSTMClassifier(units=(8, 4), epochs=3),
    LSTMClassifier(units=8, bidirectional=True, epochs=3),
    LSTMClassifier(units=8, dropout=0.2, early_stopping=True, validation_fraction=0.3, epochs=3),
    LSTMClassifier(units=4, recurrent_dropout=0.2, epochs=2),
    LSTMForecaster(units=(8, 4), epochs=3),
    LSTMForecaster(units=8, bidirectional=True, epochs=3),
    LSTMForecaster(units=4, recurrent_dropout=0.2, epochs=2, plain=True),
    LSTMForecaster(units=4, patch_size=2, calendar=None, shrink=False, epochs=2),
    LSTMForecaster(units=4, plain=True, epochs=2),
    LSTMClassifier(units=4, plain=True, epochs=2),
    LSTMForecaster(units=4, stateful=True, epochs=2),
    LSTMClassifier(units=4, stateful=True, bptt_steps=2, dropout=0.2, epochs=2),
    ConformalForecaster(LSTMForecaster(units=4, plain=True, epochs=2, random_state=0)),
    LSTMForecaster(units=8, normalize_X=False, normalize_y=False, train_stride=2, epochs=3),
    TransformedTargetClassifier(
        classifier=LSTMClassifier(units=8, epochs=3), transformer=KMeansLabeler()
    ),
]

EVERYTHING = [*DEFAULTS, *SETTINGS, *SLOW_SETTINGS, *DEFAULTS_3D, *SETTINGS_3D, *SLOW_SETTINGS_3D]
TRANSFORMERS = [e for e in [*DEFAULTS, *SETTINGS] if hasattr(e, "transform")]
TABLE_TRANSFORMERS = [e for e in TRANSFORMERS if hasattr(e, "get_feature_names_out")]


def run(check, estimator):
    """Run a check as scikit-learn's own tests do: the data of the checks raise warnings."""
    with warnings.catch_warnings():
        for category in (FutureWarning, ConvergenceWarning, UserWarning):
            warnings.simplefilter("ignore", category)
        check(estimator)


def test_array_api_checks_are_on():
    assert os.environ["SCIPY_ARRAY_API"] == "1"
    from scipy._lib._array_api import SCIPY_ARRAY_API

    assert SCIPY_ARRAY_API


def test_every_public_estimator_is_here():
    assert {type(estimator).__name__ for estimator in DEFAULTS} == {
        "ConformalForecaster",
        "KMeansLabeler",
        "LSTMClassifier",
        "LSTMForecaster",
        "Padder",
        "SequenceWindower",
        "To3D",
        "TransformedTargetClassifier",
    }


@pytest.mark.parametrize("estimator", EVERYTHING, ids=repr)
def test_no_tag_avoids_a_check(estimator):
    tags = get_tags(estimator)
    assert tags.input_tags.two_d_array
    assert not tags.non_deterministic
    assert not tags.no_validation
    assert not tags._skip_test
    assert tags.requires_fit
    for kind in [tags.classifier_tags, tags.regressor_tags]:
        assert kind is None or not kind.poor_score
    if isinstance(estimator, LSTMClassifier | LSTMForecaster):
        assert tags.input_tags.three_d_array
        assert tags.input_tags.allow_nan == (not estimator.stateful)
        assert tags.target_tags.required


@pytest.mark.parametrize("estimator", EVERYTHING, ids=repr)
def test_declared_failures_are_those_of_the_design(estimator):
    declared = set(expected_failed_checks(estimator))
    if isinstance(estimator, SequenceWindower) or getattr(estimator, "stateful", False):
        allowed = {"check_methods_sample_order_invariance", "check_methods_subset_invariance"}
        if getattr(estimator, "stateful", False):
            allowed.add("check_sample_weight_equivalence_on_dense_data")
    elif isinstance(estimator, TransformedTargetClassifier) and estimator.transformer is not None:
        allowed = {"check_classifiers_classes", "check_classifiers_regression_target"}
    else:
        allowed = set()
    assert declared <= allowed


@parametrize_with_checks(
    [*QUICK_DEFAULTS, *SETTINGS], expected_failed_checks=expected_failed_checks, xfail_strict=True
)
def test_scikit_learn(estimator, check):
    run(check, estimator)


@pytest.mark.parametrize(
    ("estimator", "check"),
    [
        pytest.param(estimator, check, id=check.func.__name__)
        for estimator, check in estimator_checks_generator(BY)
        if check.func.__name__ not in CONTRADICTED_BY_SERIES
    ],
)
def test_scikit_learn_by_series(estimator, check):
    run(check, estimator)


@pytest.mark.parametrize("name", CONTRADICTED_BY_SERIES)
def test_contradictions_by_series_still_are(name):
    # Some checks come in several instances, of which one is enough.
    failed = []
    for _, check in estimator_checks_generator(BY):
        if check.func.__name__ == name:
            try:
                run(check, BY)
            except (ValueError, AssertionError) as error:
                failed.append(str(error))
    assert failed
    assert all("by=0 is missing" in text or "wrong namespace" in text for text in failed)


@pytest.mark.slow
@parametrize_with_checks(
    SLOW_SETTINGS, expected_failed_checks=expected_failed_checks, xfail_strict=True
)
def test_scikit_learn_slow(estimator, check):
    run(check, estimator)


# What check_estimator leaves out; scikit-learn's own tests run it apart, too. -------------------


@pytest.mark.parametrize("estimator", [*DEFAULTS, *SETTINGS], ids=repr)
@pytest.mark.parametrize(
    "check",
    [
        check_dataframe_column_names_consistency,
        check_inplace_ensure_writeable,
        check_n_features_in_after_fitting,
        check_param_validation,
    ],
)
def test_left_out_by_check_estimator(estimator, check):
    if hasattr(estimator, "epochs"):
        estimator = clone(estimator).set_params(epochs=1)
    run(partial(check, type(estimator).__name__), estimator)


@pytest.mark.parametrize("transformer", TRANSFORMERS, ids=repr)
def test_set_output_default(transformer):
    run(partial(check_set_output_transform, type(transformer).__name__), transformer)


def test_transformers_with_names_are_those_that_make_tables():
    assert {repr(transformer) for transformer in TABLE_TRANSFORMERS} == {
        "KMeansLabeler()",
        "KMeansLabeler(n_clusters=2)",
        "KMeansLabeler(n_clusters=5)",
        "SequenceWindower(flatten=True)",
    }


NEED_ANY_INDEX = {check_global_output_transform_pandas, check_set_output_transform_pandas}


# Three dimensions fit into no DataFrame: set_output must not change them, which our own
# check_transformer_set_output checks.
@pytest.mark.parametrize("transformer", TABLE_TRANSFORMERS, ids=repr)
@pytest.mark.parametrize(
    "check",
    [
        check_get_feature_names_out_error,
        check_global_output_transform_pandas,
        check_global_set_output_transform_polars,
        check_set_output_transform_pandas,
        check_set_output_transform_polars,
        check_transformer_get_feature_names_out,
        check_transformer_get_feature_names_out_pandas,
    ],
)
def test_set_output_gives_dataframes(transformer, check):
    if isinstance(transformer, SequenceWindower) and check in NEED_ANY_INDEX:
        # Their index counts index0, index1, ..., index10, which is not sorted as text, and the
        # order of the index is the clock of this transformer. So it must raise an error.
        with pytest.raises(ValueError, match=r"not sorted.*index10 comes after index9"):
            run(partial(check, type(transformer).__name__), transformer)
        return
    run(partial(check, type(transformer).__name__), transformer)


@pytest.mark.parametrize("transformer", TRANSFORMERS, ids=repr)
@pytest.mark.parametrize("container", ["pandas", "polars"])
def test_global_set_output_leaves_three_dimensions_alone(transformer, container):
    X = np.random.default_rng(0).normal(size=(80, 5))
    transformer = clone(transformer)
    if "random_state" in transformer.get_params():
        transformer.set_params(random_state=0)
    plain = transformer.fit_transform(X)
    with config_context(transform_output=container):
        out = transformer.fit_transform(X)
    if np.ndim(plain) == 3:
        assert type(out) is type(plain)
    else:
        assert type(out).__module__.partition(".")[0] == container
    np.testing.assert_array_equal(np.asarray(out), np.asarray(plain))


# Our own checks. --------------------------------------------------------------------------------


@parametrize_with_3d_checks(
    [*DEFAULTS_3D, *SETTINGS_3D], expected_failed_checks=expected_failed_3d_checks
)
def test_sequences(estimator, check):
    check(estimator)


@pytest.mark.slow
@parametrize_with_3d_checks(SLOW_SETTINGS_3D, expected_failed_checks=expected_failed_3d_checks)
def test_sequences_slow(estimator, check):
    check(estimator)
