"""Labels learned from numbers, in the order of their size."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import warnings
from numbers import Integral, Real

import numpy as np
from sklearn.base import (
    BaseEstimator,
    ClassNamePrefixFeaturesOutMixin,
    ClusterMixin,
    TransformerMixin,
)
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_array
from sklearn.utils.validation import check_is_fitted, validate_data

from sklstm.utils._all_or_nothing import all_or_nothing
from sklstm.utils._raw_input import as_numbers, refuse_ragged
from sklstm.utils._sklearn_private import Interval, _fit_context
from sklstm.utils._transformer_state import TransformerState, with_one_task

# The dynamic programme is already optimal up to rounding; Lloyd only repairs that.
_MAX_POLISH = 50
_RAGGED = (
    "a table of numbers, (n_samples, n_features): join the sequences, as in "
    "KMeansLabeler().fit(np.concatenate(X)[:, None]) where their steps are numbers."
)


def _read(X, labeler):
    """Refuse what is no table of numbers."""
    refuse_ragged(X, "X", labeler, cure=_RAGGED)
    return as_numbers(X, "X")


def _thresholds(centers):
    """Return the largest value that still belongs to each centre but the last."""
    middle = centers[:-1] / 2 + centers[1:] / 2
    # Between neighbouring floats the middle rounds up onto the upper centre, and would take it.
    return np.minimum(middle, np.nextafter(centers[1:], -np.inf))


def _next_layer(best, cost, n_segments):
    """Add one segment: the least cost of the first j values in `n_segments`, for every j.

    The best last cut never moves left as j grows, so the middle j of an interval bounds the cut
    of all others in it. All intervals of one depth are searched at once.
    """
    n = len(best) - 1
    total = np.full(n + 1, np.inf)
    cut = np.zeros(n + 1, dtype=np.intp)
    low, high = np.array([n_segments]), np.array([n])
    first, last = np.array([n_segments - 1]), np.array([n - 1])
    while low.size:
        middle = (low + high) // 2
        length = np.minimum(last, middle - 1) - first + 1
        offset = np.cumsum(length) - length
        candidate = np.arange(length.sum()) + np.repeat(first - offset, length)
        value = best[candidate] + cost(candidate, np.repeat(middle, length))
        least = np.minimum.reduceat(value, offset)
        hit = np.flatnonzero(value == np.repeat(least, length))
        chosen = candidate[hit[np.searchsorted(hit, offset)]]
        total[middle], cut[middle] = least, chosen
        low, high = np.concatenate([low, middle + 1]), np.concatenate([middle - 1, high])
        first, last = np.concatenate([first, chosen]), np.concatenate([chosen, last])
        keep = low <= high
        low, high, first, last = low[keep], high[keep], first[keep], last[keep]
    return total, cut


def _optimal_starts(values, weights, n_clusters):
    """Return where each cluster of the least inertia starts in sorted, distinct `values`.

    Dynamic programming over the sorted values, in O(n_clusters * n * log(n)).
    """
    n = len(values)
    zero = np.zeros(1)
    weight = np.concatenate([zero, np.cumsum(weights)])
    linear = np.concatenate([zero, np.cumsum(weights * values)])
    square = np.concatenate([zero, np.cumsum(weights * values**2)])

    def cost(start, stop):
        sums = linear[stop] - linear[start]
        return np.maximum(
            square[stop] - square[start] - sums**2 / (weight[stop] - weight[start]), 0
        )

    stops = np.arange(1, n + 1)
    best = np.concatenate([[np.inf], cost(np.zeros(n, dtype=np.intp), stops)])
    cuts = []
    for n_segments in range(2, n_clusters):
        best, cut = _next_layer(best, cost, n_segments)
        cuts.append(cut)
    starts = []
    if n_clusters > 1:
        # The last segment ends at the last value, so it needs one search and no layer.
        candidate = np.arange(n_clusters - 1, n)
        value = best[candidate] + cost(candidate, np.full(len(candidate), n))
        starts.append(candidate[np.argmin(value)])
        for cut in reversed(cuts):
            starts.append(cut[starts[-1]])
    return np.array([0, *reversed(starts)], dtype=np.intp)


def _exact_centers(column, n_clusters):
    """Return the sorted centres of the least inertia on one column, and the polishing steps."""
    # Sorted, distinct values make the result independent of the order of the rows, to the bit.
    values, counts = np.unique(column, return_counts=True)
    shift = np.average(values, weights=counts)
    spread = np.abs(values - shift).max()
    scaled = (values - shift) / spread if spread > 0 else np.zeros_like(values)
    starts = _optimal_starts(scaled, counts, n_clusters)
    n_iter, changed = 0, True
    while changed and n_iter < _MAX_POLISH:
        n_iter += 1
        sums = np.add.reduceat(scaled * counts, starts)
        means = sums / np.add.reduceat(counts, starts)
        stops = np.append(starts[1:], len(values))
        # A mean that rounding has pushed out of its cluster would break the order of the centres.
        centers = np.clip(shift + spread * means, values[starts], values[stops - 1])
        moved = np.append(0, np.searchsorted(values, _thresholds(centers), side="right"))
        filled = bool(np.all(np.diff(np.append(moved, len(values))) > 0))
        changed = filled and not np.array_equal(moved, starts)
        if changed:
            starts = moved
    return centers[:, np.newaxis], n_iter


def _assign(X, centers):
    """Return the index of the nearest centre for every row, the lower one if there are two."""
    if centers.shape[1] == 1:
        labels = np.searchsorted(_thresholds(centers[:, 0]), X[:, 0], side="left")
    else:
        # Differences, not the expanded square: a row's label must not depend on its batch.
        labels = np.argmin([np.square(X - center).sum(axis=1) for center in centers], axis=0)
    return labels.astype(np.int64)


def _count_distinct(X, enough):
    """Count the distinct rows, looking at no more of them than it takes to find `enough`."""
    head = len(np.unique(X[: 20 * enough], axis=0))
    return head if head >= enough else len(np.unique(X, axis=0))


class KMeansLabeler(
    ClassNamePrefixFeaturesOutMixin, TransformerMixin, ClusterMixin, TransformerState, BaseEstimator
):
    """Turn numbers into labels by k-means, numbered by the order of the centres.

    The rows are clustered, and the clusters are numbered from the smallest centre to the largest
    (lexicographically if there are several columns): of three classes of temperature, 0 is the
    coldest and 2 the warmest, in every fold.

    One column is solved exactly: the labels have the lowest possible inertia and depend neither on
    the seed nor on the order of the rows. Several columns go through
    :class:`~sklearn.cluster.KMeans`.

    Parameters
    ----------
    n_clusters : int, default=3
        Number of labels. Data with fewer distinct rows get as many labels as those are, with a
        warning.

    random_state : int, RandomState instance or None, default=None
        Seeds the starts of k-means on several columns. One column does not need it.

    n_init : int, default=10
        Number of starts of k-means on several columns; the best is kept.

    max_iter : int, default=300
        Largest number of iterations of one start, on several columns.

    tol : float, default=1e-4
        Relative movement of the centres at which k-means stops, on several columns.

    Attributes
    ----------
    cluster_centers_ : ndarray of shape (n_labels, n_features)
        Centre of each label, ascending; `n_labels` is `n_clusters` unless there are fewer distinct
        rows.

    labels_ : ndarray of shape (n_samples,)
        Labels of the rows given to :meth:`fit`.

    inertia_ : float
        Sum of the squared distances of the rows to the centre of their label.

    n_iter_ : int
        Iterations that were run (on one column, those that confirm the exact result).

    n_features_in_ : int
        Number of features seen during :term:`fit`.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of features seen during :term:`fit`. Defined only when `X` has feature names that
        are all strings.

    See Also
    --------
    sklstm.compose.TransformedTargetClassifier : Learns such labels of y inside each training fold.
    sklearn.preprocessing.KBinsDiscretizer : Bins of each column by itself.

    References
    ----------
    .. [1] H. Wang and M. Song, "Ckmeans.1d.dp: Optimal k-means Clustering in One Dimension by
       Dynamic Programming", The R Journal 3(2), 2011.

    Examples
    --------
    >>> import numpy as np
    >>> from sklstm.preprocessing import KMeansLabeler
    >>> temperature = np.array([[21.0], [-3.0], [9.0], [20.0], [11.0], [-5.0]])
    >>> labeler = KMeansLabeler(n_clusters=3).fit(temperature)
    >>> labeler.predict(temperature)
    array([2, 0, 1, 2, 1, 0])
    >>> labeler.inverse_transform([0, 2]).ravel()
    array([-4. , 20.5])
    """

    _parameter_constraints: dict = {
        "n_clusters": [Interval(Integral, 1, None, closed="left")],
        "random_state": ["random_state"],
        "n_init": [Interval(Integral, 1, None, closed="left")],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "tol": [Interval(Real, 0, None, closed="left")],
    }

    def __init__(self, n_clusters=3, *, random_state=None, n_init=10, max_iter=300, tol=1e-4):
        self.n_clusters = n_clusters
        self.random_state = random_state
        self.n_init = n_init
        self.max_iter = max_iter
        self.tol = tol

    @_fit_context(prefer_skip_nested_validation=True)
    @with_one_task
    def fit(self, X, y=None):
        """Learn the centres.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Numbers to label. One column is solved exactly.

        y : None
            Ignored, present for API consistency.

        Returns
        -------
        self : object
            Fitted labeler.

        Raises
        ------
        ValueError
            If `X` has fewer rows than `n_clusters`.

        Warns
        -----
        ConvergenceWarning
            If `X` has fewer distinct rows than `n_clusters`: each gets its own label then.
        """
        with all_or_nothing(self):
            X = validate_data(self, _read(X, self), dtype=np.float64, order="C")
            n_clusters = self._check_enough(X)
            if X.shape[1] == 1:
                centers, n_iter = _exact_centers(X[:, 0], n_clusters)
            else:
                centers, n_iter = self._fit_k_means(X, n_clusters)
            labels = _assign(X, centers)
            squares = np.square(X - centers[labels]).sum(axis=1)
            # Sorted, so that the rounding of the sum does not depend on the order of the rows.
            self.inertia_ = float(np.sort(squares).sum())
            self.cluster_centers_ = centers
            self.labels_ = labels
            self.n_iter_ = n_iter
            self._n_features_out = 1
        return self

    def predict(self, X):
        """Label each row by its nearest centre.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Numbers to label.

        Returns
        -------
        labels : ndarray of shape (n_samples,)
            Integers from 0 to ``n_labels - 1``; 0 has the smallest centre.
        """
        check_is_fitted(self)
        X = validate_data(self, _read(X, self), reset=False, dtype=np.float64, order="C")
        return _assign(X, self.cluster_centers_)

    def transform(self, X):
        """Label each row by its nearest centre, as a column.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Numbers to label.

        Returns
        -------
        labels : ndarray of shape (n_samples, 1)
            Integers from 0 to ``n_labels - 1``; 0 has the smallest centre.
        """
        return self.predict(X)[:, np.newaxis]

    def inverse_transform(self, labels):
        """Return the centre of each label.

        Parameters
        ----------
        labels : array-like of shape (n_samples,) or (n_samples, 1)
            Integers from 0 to ``n_labels - 1``.

        Returns
        -------
        X : ndarray of shape (n_samples, n_features)
            The centres, in the units of the `X` given to :meth:`fit`.

        Raises
        ------
        ValueError
            If something is not one of the labels, or there are several columns.
        """
        check_is_fitted(self)
        labels = check_array(labels, ensure_2d=False, dtype="numeric", input_name="labels")
        if labels.ndim == 2 and labels.shape[1] == 1:
            labels = labels[:, 0]
        if labels.ndim != 1:
            raise ValueError(
                f"labels must be one column, got an array of shape {labels.shape}; pass what "
                "predict or transform returns."
            )
        n_labels = len(self.cluster_centers_)
        known = (labels >= 0) & (labels < n_labels) & (labels == np.floor(labels))
        if not known.all():
            raise ValueError(
                f"labels holds {labels[~known][0]}, which is not one of the {n_labels} labels; "
                f"pass integers from 0 to {n_labels - 1}."
            )
        return self.cluster_centers_[labels.astype(np.int64)]

    def _check_enough(self, X):
        """Return how many clusters the rows of `X` can make."""
        n_samples = X.shape[0]
        if n_samples < self.n_clusters:
            raise ValueError(
                f"n_samples={n_samples} should be >= n_clusters={self.n_clusters}; give more rows "
                "or ask for fewer clusters."
            )
        n_distinct = _count_distinct(X, self.n_clusters)
        if n_distinct < self.n_clusters:
            warnings.warn(
                f"X has fewer distinct rows ({n_distinct}) than n_clusters={self.n_clusters}, so "
                f"there are only {n_distinct} label(s).",
                ConvergenceWarning,
                # 2 is fit, 3 the wrapper of _fit_context, 4 whoever called it.
                stacklevel=6,
            )
        return min(n_distinct, self.n_clusters)

    def _fit_k_means(self, X, n_clusters):
        k_means = KMeans(
            n_clusters,
            n_init=self.n_init,
            max_iter=self.max_iter,
            tol=self.tol,
            random_state=self.random_state,
        ).fit(X)
        # lexsort takes its most important key last, and the first column decides.
        order = np.lexsort(k_means.cluster_centers_.T[::-1])
        return k_means.cluster_centers_[order], k_means.n_iter_

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = []
        return tags
