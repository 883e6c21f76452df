"""Checks for estimators of sequences, beside those of scikit-learn.

:func:`sklearn.utils.estimator_checks.check_estimator` tests an estimator with tables. The checks
here continue from there: sequences of three dimensions, missing steps, windows with feature names,
transformers that turn rows into windows, and fits that fail.
"""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import warnings
from functools import partial
from unittest import SkipTest

from sklearn.exceptions import EstimatorCheckFailedWarning, SkipTestWarning
from sklearn.utils import get_tags

from sklstm.utils.estimator_checks._data import reads_sequences
from sklstm.utils.estimator_checks._every_estimator import (
    check_copies,
    check_deterministic,
    check_failing_fit_leaves_no_trace,
    check_global_state_untouched,
    check_inputs_unchanged,
    check_pickle_is_plain,
    check_read_only_inputs,
    check_refit_with_another_shape,
    check_y_of_another_length,
)
from sklstm.utils.estimator_checks._predictors import (
    check_2d_is_univariate,
    check_3d_float32,
    check_3d_fortran_order,
    check_3d_lists,
    check_3d_not_contiguous,
    check_3d_order_invariance,
    check_3d_subset_invariance,
    check_4d_is_refused,
    check_empty_sequence,
    check_infinite_is_refused,
    check_missing_steps_are_skipped,
    check_n_features_in_3d,
    check_no_step_at_all_is_refused,
    check_partly_missing_step_is_refused,
    check_shape_at_predict,
    check_single_sequence,
)
from sklstm.utils.estimator_checks._transformers import (
    check_transformer_aligned,
    check_transformer_array_like,
    check_transformer_causal,
    check_transformer_fit_transform,
    check_transformer_keeps_float32,
    check_transformer_one_row_each,
    check_transformer_set_output,
)
from sklstm.utils.estimator_checks._windows import (
    check_names_of_windows,
    check_windows_equal_their_array,
)

__all__ = [
    "check_2d_is_univariate",
    "check_3d_float32",
    "check_3d_fortran_order",
    "check_3d_lists",
    "check_3d_not_contiguous",
    "check_3d_order_invariance",
    "check_3d_subset_invariance",
    "check_4d_is_refused",
    "check_copies",
    "check_deterministic",
    "check_empty_sequence",
    "check_estimator_3d",
    "check_failing_fit_leaves_no_trace",
    "check_global_state_untouched",
    "check_infinite_is_refused",
    "check_inputs_unchanged",
    "check_missing_steps_are_skipped",
    "check_n_features_in_3d",
    "check_names_of_windows",
    "check_no_step_at_all_is_refused",
    "check_partly_missing_step_is_refused",
    "check_pickle_is_plain",
    "check_read_only_inputs",
    "check_refit_with_another_shape",
    "check_shape_at_predict",
    "check_single_sequence",
    "check_transformer_aligned",
    "check_transformer_array_like",
    "check_transformer_causal",
    "check_transformer_fit_transform",
    "check_transformer_keeps_float32",
    "check_transformer_one_row_each",
    "check_transformer_set_output",
    "check_windows_equal_their_array",
    "check_y_of_another_length",
    "estimator_3d_checks_generator",
    "parametrize_with_3d_checks",
]


def _yield_checks(estimator):
    """Choose the checks by the methods and tags of an estimator."""
    tags = get_tags(estimator)
    yield check_inputs_unchanged
    yield check_read_only_inputs
    yield check_deterministic
    yield check_global_state_untouched
    yield check_failing_fit_leaves_no_trace
    yield check_refit_with_another_shape
    yield check_copies
    yield check_pickle_is_plain
    if tags.target_tags.required:
        yield check_y_of_another_length
    if reads_sequences(estimator):
        yield check_3d_lists
        yield check_3d_float32
        yield check_3d_fortran_order
        yield check_3d_not_contiguous
        yield check_n_features_in_3d
        yield check_shape_at_predict
        yield check_4d_is_refused
        yield check_infinite_is_refused
        yield check_3d_subset_invariance
        yield check_3d_order_invariance
        yield check_single_sequence
        yield check_names_of_windows
        if tags.input_tags.two_d_array:
            yield check_2d_is_univariate
        if tags.input_tags.allow_nan:
            yield check_missing_steps_are_skipped
            yield check_partly_missing_step_is_refused
            yield check_empty_sequence
            yield check_no_step_at_all_is_refused
            yield check_windows_equal_their_array
    if hasattr(estimator, "transform") and tags.input_tags.two_d_array:
        yield check_transformer_one_row_each
        yield check_transformer_causal
        yield check_transformer_aligned
        yield check_transformer_fit_transform
        yield check_transformer_set_output
        yield check_transformer_array_like
        if "float32" in map(str, tags.transformer_tags.preserves_dtype):
            yield check_transformer_keeps_float32


def _name_of(check):
    return check.func.__name__


def estimator_3d_checks_generator(estimator):
    """Yield every check that applies to an estimator.

    Its tags and methods decide: checks of sequences apply to estimators that predict and whose
    tags say ``three_d_array``, checks of rows to transformers of tables, and checks of missing
    steps to estimators with ``allow_nan``.

    Parameters
    ----------
    estimator : object
        Instance of an estimator; it is cloned, not fitted.

    Yields
    ------
    estimator : object
        The estimator.
    check : callable
        Call it with the estimator; it raises if the estimator fails.

    See Also
    --------
    check_estimator_3d : Run them all.

    Examples
    --------
    >>> from sklstm import To3D
    >>> from sklstm.utils.estimator_checks import estimator_3d_checks_generator
    >>> for estimator, check in estimator_3d_checks_generator(To3D()):
    ...     check(estimator)
    """
    if isinstance(estimator, type):
        raise TypeError(
            f"Checks need an instance of an estimator, got the class {estimator.__name__}; pass "
            f"{estimator.__name__}()."
        )
    name = type(estimator).__name__
    for check in _yield_checks(estimator):
        yield estimator, partial(check, name)


def _refuse_unknown(estimator, expected_failed_checks):
    """Refuse a declared failure that names no check: the list would go stale."""
    known = {_name_of(check) for _, check in estimator_3d_checks_generator(estimator)}
    unknown = sorted(set(expected_failed_checks) - known)
    if unknown:
        raise ValueError(
            f"expected_failed_checks names {unknown}, but no such check applies to "
            f"{type(estimator).__name__}; those that do are {sorted(known)}."
        )


def check_estimator_3d(
    estimator,
    *,
    expected_failed_checks=None,
    on_skip="warn",
    on_fail="raise",
    callback=None,
):
    """Check if an estimator follows the conventions for sequences.

    The twin of :func:`sklearn.utils.estimator_checks.check_estimator`; run it after that one.

    Parameters
    ----------
    estimator : object
        Instance of an estimator; it is cloned, not fitted.
    expected_failed_checks : dict, default=None
        Names of checks that are expected to fail, with the reason for each.
    on_skip : {"warn"} or None, default="warn"
        Whether to warn of checks that cannot run here.
    on_fail : {"raise", "warn"} or None, default="raise"
        Whether an unexpected failure raises at once, warns, or is only reported.
    callback : callable, default=None
        Called after each check with the entries of its result as keyword arguments. It cannot be
        combined with ``on_fail="raise"``.

    Returns
    -------
    results : list of dict
        For each check its ``estimator``, ``check_name``, ``exception``, ``status`` ("passed",
        "failed", "xfail" or "skipped"), ``expected_to_fail`` and ``expected_to_fail_reason``.

    Raises
    ------
    AssertionError
        If a check fails unexpectedly and ``on_fail="raise"``. Any other error of the estimator
        is raised, too.
    ValueError
        If `expected_failed_checks` names a check that does not apply.

    Warns
    -----
    EstimatorCheckFailedWarning
        For each failure, with ``on_fail="warn"``.

    See Also
    --------
    parametrize_with_3d_checks : One pytest test for each check.
    sklearn.utils.estimator_checks.check_estimator : The checks with tables.

    Examples
    --------
    >>> from sklstm import To3D
    >>> from sklstm.utils.estimator_checks import check_estimator_3d
    >>> {result["status"] for result in check_estimator_3d(To3D())}
    {'passed'}
    """
    for parameter, value, allowed in [
        ("on_skip", on_skip, ("warn", None)),
        ("on_fail", on_fail, ("raise", "warn", None)),
    ]:
        if value not in allowed:
            raise ValueError(f"{parameter} must be one of {allowed}, got {value!r}.")
    if on_fail == "raise" and callback is not None:
        raise ValueError("callback cannot be provided together with on_fail='raise'.")
    expected_failures = expected_failed_checks or {}
    _refuse_unknown(estimator, expected_failures)

    results = []
    for instance, check in estimator_3d_checks_generator(estimator):
        name = _name_of(check)
        result = {
            "estimator": instance,
            "check_name": name,
            "exception": None,
            "status": "passed",
            "expected_to_fail": name in expected_failures,
            "expected_to_fail_reason": expected_failures.get(name, "Check is not expected to fail"),
        }
        try:
            check(instance)
        except SkipTest as skipped:
            result |= {"status": "skipped", "exception": skipped}
            if on_skip == "warn":
                warnings.warn(f"Skipping {name}: {skipped}", SkipTestWarning, stacklevel=2)
        except Exception as failure:
            if on_fail == "raise" and name not in expected_failures:
                raise
            status = "xfail" if name in expected_failures else "failed"
            result |= {"status": status, "exception": failure}
            if on_fail == "warn":
                warnings.warn(EstimatorCheckFailedWarning(**result), stacklevel=2)
        results.append(result)
        if callback is not None:
            callback(**result)
    return results


def parametrize_with_3d_checks(estimators, *, expected_failed_checks=None):
    """Make one pytest test of each check of each estimator.

    The twin of :func:`sklearn.utils.estimator_checks.parametrize_with_checks`. Checks that are
    expected to fail are marked as strict ``xfail``: a test fails if they pass.

    Parameters
    ----------
    estimators : list of object
        Instances of estimators.
    expected_failed_checks : callable, default=None
        Takes an estimator and returns a dict of the names of the checks that it fails and the
        reasons.

    Returns
    -------
    decorator : pytest.MarkDecorator
        Parametrises a test that takes ``estimator`` and ``check``.

    See Also
    --------
    check_estimator_3d : Run the checks without pytest.

    Examples
    --------
    >>> from sklstm import To3D
    >>> from sklstm.utils.estimator_checks import parametrize_with_3d_checks
    >>> @parametrize_with_3d_checks([To3D()])
    ... def test_sequences(estimator, check):
    ...     check(estimator)
    """
    # Imported here, because pytest may not be installed.
    import pytest

    parameters = []
    for estimator in estimators:
        expected = expected_failed_checks(estimator) if expected_failed_checks else {}
        _refuse_unknown(estimator, expected)
        for instance, check in estimator_3d_checks_generator(estimator):
            name = _name_of(check)
            marks = (
                [pytest.mark.xfail(reason=expected[name], strict=True)] if name in expected else []
            )
            parameters.append(pytest.param(instance, check, marks=marks, id=f"{instance!r}-{name}"))
    return pytest.mark.parametrize(("estimator", "check"), parameters)
