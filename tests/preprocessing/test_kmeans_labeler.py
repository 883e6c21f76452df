"""Tests of KMeansLabeler."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import pickle
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sklearn.base import clone, is_clusterer
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.metrics import adjusted_rand_score
from sklearn.utils.estimator_checks import check_estimator

from sklstm.preprocessing import KMeansLabeler

# Round steps make ties and repeated values likely; free ones make neither.
numbers = st.one_of(
    st.integers(-20, 20).map(float),
    st.floats(-1e6, 1e6, allow_nan=False, width=32),
)
columns = st.lists(numbers, min_size=1, max_size=14)


def best_inertia(column, n_clusters):
    """Try every cut of the sorted values, which holds the optimum in one dimension."""
    values = np.sort(column)
    least = np.inf
    for cuts in combinations(range(1, len(values)), n_clusters - 1):
        parts = np.split(values, cuts)
        least = min(least, sum(((part - part.mean()) ** 2).sum() for part in parts))
    return least


def total_squares(column):
    return np.square(column - np.mean(column)).sum()


def skewed(n_samples=400):
    return np.exp(1.5 * np.random.default_rng(0).normal(size=(n_samples, 1)))


@settings(deadline=None, max_examples=300)
@given(columns, st.integers(1, 5))
def test_one_column_is_optimal(column, n_clusters):
    column = np.array(column)
    assume(len(np.unique(column)) >= n_clusters)
    labeler = KMeansLabeler(n_clusters).fit(column[:, None])
    tolerance = 1e-9 * total_squares(column)
    assert labeler.inertia_ <= best_inertia(column, n_clusters) + tolerance
    assert np.all(np.diff(labeler.cluster_centers_[:, 0]) > 0)


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 2**32 - 1), st.integers(2, 8))
def test_one_column_is_never_worse_than_sklearn_with_twenty_seeds(seed, n_clusters):
    rng = np.random.default_rng(seed)
    X = np.exp(rng.uniform(0, 2) * rng.normal(size=(60, 1))).round(rng.integers(1, 6))
    assume(len(np.unique(X)) >= n_clusters)
    least = min(KMeans(n_clusters, random_state=s).fit(X).inertia_ for s in range(20))
    assert KMeansLabeler(n_clusters).fit(X).inertia_ <= least * (1 + 1e-9)


@settings(deadline=None, max_examples=100)
@given(columns, st.integers(1, 5), st.integers(0, 2**32 - 1))
def test_one_column_depends_on_neither_seed_nor_order(column, n_clusters, seed):
    X = np.array(column)[:, None]
    assume(len(np.unique(X)) >= n_clusters)
    order = np.random.default_rng(seed).permutation(len(X))
    first = KMeansLabeler(n_clusters, random_state=0).fit(X)
    second = KMeansLabeler(n_clusters, random_state=seed).fit(X[order])
    np.testing.assert_array_equal(first.cluster_centers_, second.cluster_centers_)
    np.testing.assert_array_equal(first.labels_[order], second.labels_)
    assert first.inertia_ == second.inertia_
    assert first.n_iter_ == second.n_iter_


@settings(deadline=None, max_examples=100)
@given(columns, st.integers(1, 5), columns)
def test_one_column_labels_rise_with_the_value(column, n_clusters, new):
    X, new = np.array(column)[:, None], np.sort(np.array(new))[:, None]
    assume(len(np.unique(X)) >= n_clusters)
    labeler = KMeansLabeler(n_clusters).fit(X)
    np.testing.assert_array_equal(labeler.labels_, labeler.predict(X))
    assert set(labeler.labels_) == set(range(n_clusters))
    labels = labeler.predict(new)
    assert np.all(np.diff(labels) >= 0)
    distance = np.abs(new - labeler.cluster_centers_[:, 0])
    chosen = np.take_along_axis(distance, labels[:, None], axis=1)[:, 0]
    assert np.all(chosen <= distance.min(axis=1) * (1 + 1e-9) + 1e-9)


def test_one_column_exact_result_on_many_values():
    X = skewed(20_000)
    labeler = KMeansLabeler(5).fit(X)
    lloyd = KMeans(5, init=labeler.cluster_centers_, n_init=1, tol=0).fit(X)
    # Lloyd's algorithm cannot improve it, and other starts end with more inertia.
    assert lloyd.inertia_ == pytest.approx(labeler.inertia_, rel=1e-12)
    assert min(KMeans(5, random_state=s).fit(X).inertia_ for s in range(3)) >= labeler.inertia_
    in_label = [X[labeler.labels_ == label].mean() for label in range(5)]
    np.testing.assert_allclose(labeler.cluster_centers_[:, 0], in_label, rtol=1e-12)


def test_one_column_is_exact_below_the_rounding_of_the_sums():
    # Beside the far value the sums of squares cannot tell the small ones apart.
    X = np.array([[0.0], [1e-6], [5e-6], [6e-6], [1e6]])
    labeler = KMeansLabeler(3).fit(X)
    np.testing.assert_array_equal(labeler.labels_, [0, 0, 1, 1, 2])
    assert labeler.inertia_ == pytest.approx(1e-12)
    assert labeler.n_iter_ > 1


def test_a_value_in_the_middle_gets_the_lower_label():
    labeler = KMeansLabeler(2).fit([[0.0], [2.0]])
    np.testing.assert_array_equal(labeler.predict([[1.0], [np.nextafter(1.0, 2)]]), [0, 1])


@pytest.mark.parametrize("low", [1.0, 1.0 + 2**-52, -1e300, 3e-310])
def test_neighbouring_floats_are_told_apart(low):
    X = np.array([[low], [np.nextafter(low, np.inf)]])
    labeler = KMeansLabeler(2).fit(X)
    np.testing.assert_array_equal(labeler.labels_, [0, 1])
    np.testing.assert_array_equal(labeler.cluster_centers_, X)
    assert labeler.inertia_ == 0


@pytest.mark.parametrize("n_clusters", [1, 2, 4])
def test_several_columns_are_sklearns_in_lexicographic_order(n_clusters):
    rng = np.random.default_rng(1)
    corners = np.array([[0, 5], [0, -5], [9, 0], [-9, 0]])
    X = rng.normal(size=(200, 2)) + corners[np.arange(200) % 4]
    labeler = KMeansLabeler(n_clusters, random_state=3).fit(X)
    reference = KMeans(n_clusters, n_init=10, random_state=3).fit(X)
    assert adjusted_rand_score(labeler.labels_, reference.labels_) == 1
    assert labeler.inertia_ == pytest.approx(reference.inertia_)
    centers = [tuple(center) for center in labeler.cluster_centers_]
    assert centers == sorted(tuple(center) for center in reference.cluster_centers_)
    distance = ((X[:, None, :] - labeler.cluster_centers_) ** 2).sum(axis=2)
    np.testing.assert_array_equal(labeler.predict(X), distance.argmin(axis=1))


def test_ties_in_the_first_column_are_ordered_by_the_second():
    X = np.array([[0.0, 3.0], [0.0, -1.0], [0.0, 3.0], [-2.0, 9.0]])
    labeler = KMeansLabeler(3, random_state=0).fit(X)
    np.testing.assert_array_equal(labeler.cluster_centers_, [[-2, 9], [0, -1], [0, 3]])
    np.testing.assert_array_equal(labeler.labels_, [2, 1, 2, 0])


def test_outputs_agree():
    X = skewed()
    labeler = KMeansLabeler(4)
    labels = labeler.fit_predict(X)
    assert labels.shape == (400,)
    assert labels.dtype == np.int64
    np.testing.assert_array_equal(labeler.transform(X), labels[:, None])
    np.testing.assert_array_equal(clone(labeler).fit_transform(X), labels[:, None])
    np.testing.assert_array_equal(
        labeler.fit(X.astype(np.float32)).predict(X), labeler.predict(X.astype(np.float32))
    )
    again = pickle.loads(pickle.dumps(labeler))
    np.testing.assert_array_equal(again.predict(X), labeler.predict(X))


@pytest.mark.parametrize("X", [skewed(), np.random.default_rng(0).normal(size=(90, 2))])
def test_inverse_transform_gives_centres(X):
    labeler = KMeansLabeler(3, random_state=0).fit(X)
    for labels in (labeler.predict(X), labeler.transform(X), labeler.labels_.tolist()):
        centers = labeler.inverse_transform(labels)
        assert centers.shape == X.shape
        np.testing.assert_array_equal(labeler.predict(centers), labeler.labels_)


@pytest.mark.parametrize("bad", [-1, 3, 0.5])
def test_inverse_transform_checks_labels(bad):
    labeler = KMeansLabeler(3).fit(skewed())
    with pytest.raises(ValueError, match=rf"holds {bad}\D.*integers from 0 to 2"):
        labeler.inverse_transform([0, bad, 1])
    with pytest.raises(ValueError, match=r"must be one column, got an array of shape \(1, 2\)"):
        labeler.inverse_transform([[0, 1]])
    with pytest.raises(ValueError, match="NaN"):
        labeler.inverse_transform([np.nan])


@pytest.mark.parametrize("n_columns", [1, 2])
def test_fewer_distinct_rows_make_fewer_labels_and_a_warning(n_columns):
    X = np.repeat([[4.0], [1.0], [4.0], [1.0], [4.0]], n_columns, axis=1)
    message = r"fewer distinct rows \(2\) than n_clusters=3, so there are only 2 label\(s\)"
    with pytest.warns(ConvergenceWarning, match=message) as record:
        labeler = KMeansLabeler(3, random_state=0).fit(X)
    assert record[0].filename == __file__
    np.testing.assert_array_equal(labeler.labels_, [1, 0, 1, 0, 1])
    assert labeler.cluster_centers_.shape == (2, n_columns)
    with pytest.raises(ValueError, match="not one of the 2 labels"):
        labeler.inverse_transform([2])


def test_distinct_rows_are_found_behind_a_long_constant_start():
    X = np.concatenate([np.zeros((500, 1)), [[1.0], [2.0]]])
    np.testing.assert_array_equal(KMeansLabeler(3).fit(X).labels_[-3:], [0, 1, 2])


def test_refusals():
    with pytest.raises(ValueError, match="n_samples=2 should be >= n_clusters=3"):
        KMeansLabeler(3).fit([[1.0], [2.0]])
    with pytest.raises(ValueError, match="Input X contains NaN"):
        KMeansLabeler(1).fit([[1.0], [np.nan]])
    with pytest.raises(ValueError, match="Expected 2D array, got 1D array instead"):
        KMeansLabeler(1).fit([1.0, 2.0])
    with pytest.raises(ValueError, match="n_clusters"):
        KMeansLabeler(0).fit(skewed())
    with pytest.raises(NotFittedError):
        KMeansLabeler().predict(skewed())
    with pytest.raises(NotFittedError):
        KMeansLabeler().inverse_transform([0])


def test_names_containers_and_tags():
    X = pd.DataFrame(skewed(50), columns=["temperature"], index=pd.RangeIndex(100, 150))
    labeler = KMeansLabeler().set_output(transform="pandas").fit(X)
    out = labeler.transform(X)
    assert list(out.columns) == list(labeler.get_feature_names_out()) == ["kmeanslabeler0"]
    pd.testing.assert_index_equal(out.index, X.index)
    np.testing.assert_array_equal(out["kmeanslabeler0"], labeler.labels_)
    assert out["kmeanslabeler0"].dtype == np.int64
    assert labeler.set_output(transform="polars").transform(X).columns == ["kmeanslabeler0"]
    assert is_clusterer(labeler)
    assert labeler.__sklearn_tags__().transformer_tags.preserves_dtype == []


@pytest.mark.parametrize("n_clusters", [2, 3, 5, 8])
def test_check_estimator(n_clusters):
    results = check_estimator(KMeansLabeler(n_clusters))
    assert {result["status"] for result in results} == {"passed"}
