"""Whole pipelines on drawn data and parameters: a documented error, or right in every way.

One row in, one row out; finite; the same bits again; nothing of later rows; the windows of the
naive reference. ``HYPOTHESIS_PROFILE=thorough`` looks further.
"""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import re
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, event, given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.pipeline import make_pipeline

from sklstm import LSTMClassifier, LSTMForecaster, SequenceWindower
from tests.reference import windows_by_label, windows_by_position

pytestmark = pytest.mark.slow

# What NumPy, pandas and TensorFlow say of their own accord: no user should meet it.
RAW = re.compile(
    r"broadcast|array element|out of bounds|cannot reshape|zero-size|operands|NoneType|subscript"
    r"|Shapes? mismatch|must be rank|incompatible|Traceback|has no attribute|unexpected keyword"
    r"|truth value|Cannot convert|cannot concatenate|not in index|unhashable|inhomogeneous"
)
STARTS = {
    "h": ["2024-01-01", "2024-03-30", "2024-10-26 12:00"],
    "15min": ["2024-03-30 20:00"],
    "D": ["2024-02-20", "2023-12-30"],
    "MS": ["2020-01-01"],
    "ME": ["2020-01-31"],
    "B": ["2024-01-03"],
}


@st.composite
def tables(draw):
    """Draw rows: a table, its target, and what is known of its clock."""
    n_series = draw(st.sampled_from([1, 1, 1, 2, 3]))
    n_rows = draw(st.integers(12, 50))
    rng = np.random.default_rng(draw(st.integers(0, 2**20)))
    freq = draw(st.sampled_from(["h", "h", "h", "15min", "D", "MS", "ME", "B", None]))
    zone = draw(st.sampled_from([None, None, "Europe/Berlin", "America/New_York", "UTC"]))
    gaps = draw(st.sampled_from([0.0, 0.0, 0.1, 0.4]))
    has_slips = freq in ("h", "D") and draw(st.booleans()) and draw(st.booleans())
    missing = draw(st.sampled_from([0.0, 0.0, 0.1, 0.5]))
    dtype = draw(st.sampled_from(["float64", "float32", "int64", "bool"]))
    parts = []
    for series in range(n_series):
        values = rng.normal(size=(n_rows, 2)).cumsum(axis=0) + series
        part = pd.DataFrame(values, columns=["a", "b"])
        if freq is not None:
            start = draw(st.sampled_from(STARTS[freq]))
            part.index = pd.date_range(start, periods=n_rows, freq=freq, tz=zone)
        kept = rng.random(n_rows) >= gaps
        kept[:3] = True
        part = part[kept]
        if has_slips:
            slipped = rng.random(len(part)) < 0.06
            part.index = part.index.where(~slipped, part.index + pd.Timedelta("7min"))
        part["key"] = f"s{series}"
        parts.append(part)
    table = pd.concat(parts)
    if freq is None:
        table = table.reset_index(drop=True)
    elif n_series > 1 and draw(st.booleans()):
        table = table.sort_index(kind="stable")
    target = table["a"].to_numpy() + 0.1 * rng.normal(size=len(table))
    if dtype.startswith("float"):
        # Missing as whole rows, or as single values, which the networks refuse.
        at = rng.random((len(table), 2)) < missing
        at = at if draw(st.integers(0, 9)) == 0 else np.repeat(at[:, :1], 2, axis=1)
        table[["a", "b"]] = table[["a", "b"]].mask(at)
    table = table.astype({"a": dtype, "b": dtype})
    has_gaps_in_y = draw(st.sampled_from([False, False, True]))
    if has_gaps_in_y:
        target = np.where(rng.random(len(target)) < 0.2, np.nan, target)
    if n_series == 1:
        table = table.drop(columns="key")
    is_plain_clock = freq == "h" and not has_slips
    return table, target, n_series > 1, is_plain_clock, freq is None, rng


windowers = st.fixed_dictionaries(
    {
        "window": st.sampled_from([1, 2, 3, 5, 8]),
        "lead": st.sampled_from([0, 1, 1, 2]),
        "history": st.sampled_from(["tail", "tail", "all", None]),
    },
    optional={"freq": st.just("rows")},
)
networks = st.fixed_dictionaries(
    {
        "units": st.sampled_from([3, 4, (4, 3)]),
        "epochs": st.just(1),
        "batch_size": st.sampled_from([4, 32]),
        "random_state": st.integers(0, 3),
    },
    optional={
        "plain": st.just(True),
        "n_members": st.just(2),
        "bidirectional": st.just(True),
        "return_sequences": st.just(True),
        "stateful": st.just(True),
        "patch_size": st.sampled_from([1, 2, 4]),
        "dropout": st.just(0.2),
        "early_stopping": st.just(True),
        "train_stride": st.just(2),
        "normalize_X": st.just(False),
    },
)
forecasters = st.fixed_dictionaries(
    {"horizon": st.sampled_from([1, 1, 2, 3])},
    optional={
        "decoder": st.just("lstm"),
        "anchor": st.sampled_from(["last", "mean", None]),
        "season": st.sampled_from(["D", 3, 7]),
        "normalize_y": st.sampled_from([False, "series"]),
        "quantiles": st.just((0.1, 0.5, 0.9)),
        "channel_independent": st.just(True),
        "calendar": st.just(()),
    },
)


def pipeline_of(is_classifier, windower, network, forecaster, is_panel):
    by = {"by": "key"} if is_panel else {}
    model = LSTMClassifier(**network) if is_classifier else LSTMForecaster(**network, **forecaster)
    return make_pipeline(SequenceWindower(**windower, **by), model)


def check(table, target, model, is_classifier, weight):
    y = target
    if is_classifier:
        y = np.array(["low", "high"], dtype=object)[(target > np.nanmedian(target)).astype(int)]
        y[np.isnan(target)] = None
    else:
        y = pd.Series(target, table.index)
    fit_params = {}
    if weight is not None:
        fit_params[f"{model.steps[-1][0]}__sample_weight"] = weight
    try:
        model.fit(table, y, **fit_params)
        predicted = model.predict(table)
    except (ValueError, TypeError) as error:
        # The errors that drawn parameters earn say what was received and what is expected.
        if RAW.search(str(error)) or len(str(error)) < 40:
            raise
        return f"refused: {str(error)[:70]}"
    assert len(predicted) == len(table)
    if is_classifier:
        assert set(np.unique(predicted)) <= {"low", "high"}
        numbers = model.predict_proba(table)
        np.testing.assert_allclose(numbers.sum(axis=-1), 1, atol=1e-6)
    else:
        numbers = predicted
    assert np.isfinite(numbers).all()
    again = clone(model).fit(table, y, **fit_params)
    predict = "predict_proba" if is_classifier else "predict"
    np.testing.assert_array_equal(getattr(again, predict)(table), numbers)
    # Predictions of the first rows do not depend on what the later rows of the call hold.
    early = cut_in_time(table)
    changed = table.copy()
    for column in ("a", "b"):
        later = changed[column].to_numpy(copy=True)
        later[~early] = ~later[~early] if later.dtype == bool else later[~early] * 3 + 5
        changed[column] = later
    np.testing.assert_array_equal(getattr(again, predict)(changed)[early], numbers[early])
    return "fitted"


def cut_in_time(table):
    """Tell which rows lie in the first two thirds of time, of every series."""
    if isinstance(table.index, pd.RangeIndex):
        return np.arange(len(table)) < 2 * len(table) // 3
    order = table.index.sort_values()
    return np.asarray(table.index <= order[2 * len(order) // 3])


def check_windows(table, windower, is_panel, is_plain_clock, is_by_position):
    """The windows of a first call are those of the naive loops."""
    if windower.get("freq") == "rows" or not (is_plain_clock or is_by_position):
        return
    by = {"by": "key"} if is_panel else {}
    series = list(table["key"]) if is_panel else ["s"] * len(table)
    rows = table[["a", "b"]].to_numpy(dtype=float)
    transformer = SequenceWindower(**windower, **by).fit(table)
    ours = np.asarray(transformer.transform(table))
    sizes = {"window": windower["window"], "lead": windower["lead"]}
    if is_by_position:
        expected = windows_by_position(rows, series, **sizes)
    else:
        labels = list(table.index)

        def step_back(label, k):
            return label - k * pd.Timedelta("1h")

        expected = windows_by_label(labels, series, rows, **sizes, kept={}, step_back=step_back)
    np.testing.assert_allclose(ours, expected.astype(ours.dtype), rtol=1e-6)


@settings(max_examples=60 if settings().derandomize else settings().max_examples)
@given(
    drawn=tables(),
    is_classifier=st.booleans(),
    windower=windowers,
    network=networks,
    forecaster=forecasters,
    is_weighted=st.booleans(),
)
def test_a_pipeline_is_right_or_says_why_not(
    drawn, is_classifier, windower, network, forecaster, is_weighted
):
    table, target, is_panel, is_plain_clock, is_by_position, rng = drawn
    assume(len(np.unique(target[~np.isnan(target)])) > 2)
    weight = np.round(rng.uniform(0, 2, len(table)), rng.integers(2)) if is_weighted else None
    model = pipeline_of(is_classifier, windower, network, forecaster, is_panel)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        # What is doubtful in the drawn data is said by warnings of our own.
        warnings.simplefilter("ignore", UserWarning)
        outcome = check(table, target, model, is_classifier, weight)
        event(outcome)
        if outcome.startswith("refused: X is NaN"):
            return
        check_windows(table, windower, is_panel, is_plain_clock, is_by_position)
