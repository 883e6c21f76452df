"""Reshape plain rows into sequences of steps."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from numbers import Integral

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import check_array
from sklearn.utils.validation import FLOAT_DTYPES, check_is_fitted, validate_data

from sklstm.utils._all_or_nothing import all_or_nothing
from sklstm.utils._raw_input import as_numbers, refuse_ragged
from sklstm.utils._sklearn_private import Interval, StrOptions, _fit_context
from sklstm.utils._transformer_state import TransformerState, with_one_task

_RAGGED = (
    "tables, (n_samples, n_columns). Put a Padder in its place, as in make_pipeline(Padder(), "
    "...): it makes (n_samples, length, n_features) of sequences of any lengths."
)


def _count_steps(n_columns: int, layout: str, n_features: int) -> int:
    """Return how many steps a row of ``n_columns`` values holds."""
    if layout == "features":
        if n_features not in (1, n_columns):
            raise ValueError(
                f"layout='features' makes every row one step of all its {n_columns} columns, so "
                f"n_features={n_features} cannot hold; leave n_features out, or use "
                "layout='steps' to cut the rows into several steps."
            )
        return 1
    if n_columns % n_features:
        raise ValueError(
            f"To3D cannot cut the {n_columns} feature(s) of X into steps of "
            f"n_features={n_features}, because {n_columns} is not a multiple of {n_features}. Give "
            "an n_features that divides the number of columns, or drop the columns that belong to "
            "no step."
        )
    return n_columns // n_features


# scikit-learn ships no types, so mypy does not accept the class argument of its mixin.
class To3D(TransformerMixin, TransformerState, BaseEstimator, auto_wrap_output_keys=None):  # type: ignore[call-arg]
    """Reshape 2-D rows into 3-D sequences of shape (samples, steps, features).

    Each row of a table becomes one sequence: either its columns are cut into consecutive steps,
    or the whole row is a single step. These are the two ``reshape`` recipes that recurrent
    networks are usually fed with, as a pipeline step that can be undone.

    The values are not touched, and NaN passes through. The output is a view of the input
    whenever its memory allows one, so do not write into it.

    Parameters
    ----------
    layout : {"steps", "features"}, default="steps"
        How a row is read:

        - ``"steps"``: the row holds one step after the other, oldest first, each
          `n_features` wide: ``(n, T * f)`` becomes ``(n, T, f)``.
        - ``"features"``: the row is one step of all its columns: ``(n, f)`` becomes
          ``(n, 1, f)``.

    n_features : int, default=1
        Width of a step in columns, for ``layout="steps"``. It must divide the number of columns.
        With ``layout="features"`` a step is as wide as the row: leave it out.

    Attributes
    ----------
    n_steps_ : int
        Number of steps in each sequence.

    n_features_in_ : int
        Number of columns seen during :term:`fit`.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns seen during :term:`fit`. Defined only when `X` has feature names
        that are all strings.

    See Also
    --------
    sklstm.preprocessing.SequenceWindower : Cut one long series into the window before each row.
    sklstm.preprocessing.Padder : Bring sequences of different lengths to one.

    Notes
    -----
    The output is 3-D, so it has no feature names, and ``set_output`` has no effect.

    Examples
    --------
    >>> import numpy as np
    >>> from sklstm.preprocessing import To3D
    >>> X = np.arange(12.0).reshape(2, 6)
    >>> To3D(n_features=2).fit_transform(X)[0]
    array([[0., 1.],
           [2., 3.],
           [4., 5.]])
    >>> To3D(layout="features").fit_transform(X).shape
    (2, 1, 6)
    """

    _parameter_constraints: dict = {
        "layout": [StrOptions({"steps", "features"})],
        "n_features": [Interval(Integral, 1, None, closed="left")],
    }

    def __init__(self, layout="steps", *, n_features=1):
        self.layout = layout
        self.n_features = n_features

    @_fit_context(prefer_skip_nested_validation=True)
    @with_one_task
    def fit(self, X, y=None):
        """Learn the number of columns, and with it the number of steps.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_columns)
            The rows; NaN is allowed.

        y : None
            Ignored, present for API consistency.

        Returns
        -------
        self : object
            Fitted transformer.

        Raises
        ------
        ValueError
            If the columns of `X` cannot be cut into steps of `n_features`.
        """
        with all_or_nothing(self):
            X = self._read(X)
            X = validate_data(self, X, dtype=FLOAT_DTYPES, ensure_all_finite="allow-nan")
            self.n_steps_ = _count_steps(X.shape[1], self.layout, self.n_features)
        return self

    def transform(self, X):
        """Reshape rows to sequences.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_columns)
            The rows; NaN is allowed.

        Returns
        -------
        X_3d : ndarray of shape (n_samples, n_steps, n_features)
            The same values as sequences, a view of `X` where its memory allows one.
        """
        check_is_fitted(self)
        X = self._read(X)
        X = validate_data(
            self, X, reset=False, dtype=FLOAT_DTYPES, order="C", ensure_all_finite="allow-nan"
        )
        return X.reshape(X.shape[0], self.n_steps_, -1)

    def inverse_transform(self, X):
        """Reshape sequences back to rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_steps, n_features)
            Sequences as :meth:`transform` gives them; NaN is allowed.

        Returns
        -------
        X_2d : ndarray of shape (n_samples, n_columns)
            The same values as rows, a view of `X` where its memory allows one.

        Raises
        ------
        ValueError
            If the number of steps or of features is not that of :meth:`fit`.
        """
        check_is_fitted(self)
        expected = (self.n_steps_, self.n_features_in_ // self.n_steps_)
        # Checked first, because the message of check_array about a 2-D table would mislead here.
        shape = np.shape(X)
        if len(shape) != 3 or shape[1:] != expected:
            raise ValueError(
                f"To3D was fitted on sequences of shape (n_samples, {expected[0]}, {expected[1]}) "
                f"and cannot undo an array of shape {shape}; pass what transform returns."
            )
        X = check_array(
            X, dtype=FLOAT_DTYPES, order="C", ensure_all_finite="allow-nan", allow_nd=True
        )
        return X.reshape(X.shape[0], -1)

    def _read(self, X):
        """Refuse what is no table of numbers."""
        refuse_ragged(X, "X", self, cure=_RAGGED)
        return as_numbers(X, "X")

    def set_output(self, *, transform=None):
        """Accept the output container of a pipeline and ignore it.

        A 3-D output fits in no DataFrame. The method exists so that
        :meth:`sklearn.pipeline.Pipeline.set_output` works on the steps around this one.

        Parameters
        ----------
        transform : {"default", "pandas", "polars"}, default=None
            Ignored: the output of :meth:`transform` is always an array.

        Returns
        -------
        self : object
            The transformer itself.
        """
        return self

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32", "float16"]
        return tags
