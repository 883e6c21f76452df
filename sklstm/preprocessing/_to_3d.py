"""Reshape plain rows into sequences of steps."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from numbers import Integral

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import check_array
from sklearn.utils.validation import FLOAT_DTYPES, check_is_fitted, validate_data

from sklstm.utils._all_or_nothing import all_or_nothing
from sklstm.utils._lag_names import warn_of_lag_names
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


def _count_steps_of_channels(shape: tuple, layout: str, n_features: int) -> int:
    """Return the number of steps of an array of (samples, channels, steps)."""
    if len(shape) > 3:
        raise ValueError(f"Found array with dim {len(shape)}, while To3D reads two or three.")
    if layout != "channels_first":
        raise ValueError(
            f"Found array with dim 3 and shape {shape}, while To3D(layout={layout!r}) reads tables "
            "of two dimensions. Sequences of shape (samples, steps, features) need no To3D; those "
            "of shape (samples, channels, steps) need layout='channels_first'."
        )
    if n_features not in (1, shape[1]):
        raise ValueError(
            f"X has shape {shape}, that is {shape[1]} channels of {shape[2]} steps, so "
            f"n_features={n_features} cannot hold; leave n_features out."
        )
    if 0 in shape[1:]:
        raise ValueError(f"Found array with no feature or no step (shape={shape}).")
    return shape[2]


# scikit-learn ships no types, so mypy does not accept the class argument of its mixin.
class To3D(TransformerMixin, TransformerState, BaseEstimator, auto_wrap_output_keys=None):  # type: ignore[call-arg]
    """Reshape rows into 3-D sequences of shape (samples, steps, features).

    Each row of a table becomes one sequence: either its columns are cut into consecutive steps,
    or the whole row is a single step. These are the two ``reshape`` recipes that recurrent
    networks are usually fed with, as a pipeline step that can be undone. Tables and panels of
    other libraries, newest step first or channels first, are turned to the same shape.

    The values are not touched, and NaN passes through. The output is a view of the input
    whenever its memory allows one, so do not write into it.

    Parameters
    ----------
    layout : {"steps", "features", "channels_first"}, default="steps"
        How a row is read:

        - ``"steps"``: the row holds one step after the other, each `n_features` wide:
          ``(n, T * f)`` becomes ``(n, T, f)``.
        - ``"features"``: the row is one step of all its columns: ``(n, f)`` becomes
          ``(n, 1, f)``.
        - ``"channels_first"``: the row holds one channel after the other, each with all its
          steps: ``(n, f * T)`` becomes ``(n, T, f)``. The panels of sktime and aeon have three
          dimensions, and ``(n, f, T)`` becomes ``(n, T, f)``. The name is that of Keras's
          ``data_format="channels_first"``; a channel is a feature.

    n_features : int, default=1
        Width of a step in columns, for ``layout="steps"``, or number of channels of a row, for
        ``layout="channels_first"``. It must divide the number of columns. With
        ``layout="features"`` and with three dimensions it is known: leave it out.

    order : {"oldest_first", "newest_first"}, default="oldest_first"
        Which step of a row comes first. ``"oldest_first"`` is the order of time, and that of
        ``SequenceWindower(flatten=True)``. ``"newest_first"`` is that of columns ``lag_1, lag_2,
        ...``, as skforecast and mlforecast lay them out: the steps are reversed, and the
        features within a step are not. The output is oldest first in both cases. With a
        single step, it changes nothing.

    Attributes
    ----------
    n_steps_ : int
        Number of steps in each sequence.

    n_features_out_ : int
        Number of features in each step.

    n_features_in_ : int
        Number of columns, or of channels, seen during :term:`fit`.

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

    Six columns ``lag_1`` to ``lag_6``, and two channels of three steps:

    >>> To3D(order="newest_first").fit_transform(X)[0].ravel()
    array([5., 4., 3., 2., 1., 0.])
    >>> To3D(layout="channels_first", n_features=2).fit_transform(X)[0]
    array([[0., 3.],
           [1., 4.],
           [2., 5.]])
    """

    _parameter_constraints: dict = {
        "layout": [StrOptions({"steps", "features", "channels_first"})],
        "n_features": [Interval(Integral, 1, None, closed="left")],
        "order": [StrOptions({"oldest_first", "newest_first"})],
    }

    def __init__(self, layout="steps", *, n_features=1, order="oldest_first"):
        self.layout = layout
        self.n_features = n_features
        self.order = order

    @_fit_context(prefer_skip_nested_validation=True)
    @with_one_task
    def fit(self, X, y=None):
        """Learn the number of columns, and with it the number of steps.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_columns) or (n_samples, n_channels, n_steps)
            The rows; NaN is allowed. Three dimensions are for ``layout="channels_first"``.

        y : None
            Ignored, present for API consistency.

        Returns
        -------
        self : object
            Fitted transformer.

        Raises
        ------
        ValueError
            If the columns of `X` cannot be cut into steps of `n_features`, or if `X` has three
            dimensions in another layout than ``"channels_first"``.

        Warns
        -----
        UserWarning
            If the names of the columns, such as ``lag_1``, contradict `order`, or if some name
            lags and others become steps beside them.
        """
        with all_or_nothing(self):
            X = self._read(X, reset=True)
            if X.ndim > 2:
                self.n_steps_ = _count_steps_of_channels(X.shape, self.layout, self.n_features)
            else:
                self.n_steps_ = _count_steps(X.shape[1], self.layout, self.n_features)
            self._n_dims_in = X.ndim
            self.n_features_out_ = X[:1].size // self.n_steps_
            if self.n_steps_ > 1 and hasattr(self, "feature_names_in_"):
                other = "oldest_first" if self.order == "newest_first" else "newest_first"
                warn_of_lag_names(
                    self.feature_names_in_,
                    self.order,
                    f"Say To3D(order={other!r}).",
                    columns_are_steps=self.layout == "steps" and self.n_features == 1,
                )
        return self

    def transform(self, X):
        """Reshape rows to sequences.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_columns) or (n_samples, n_channels, n_steps)
            The rows, of as many dimensions as in :meth:`fit`; NaN is allowed.

        Returns
        -------
        X_3d : ndarray of shape (n_samples, n_steps, n_features)
            The same values as sequences, a view of `X` where its memory allows one.

        Raises
        ------
        ValueError
            If `X` has another number of columns, channels, steps or dimensions than in
            :meth:`fit`.
        """
        check_is_fitted(self)
        X = self._read(X, reset=False)
        if X.ndim != self._n_dims_in or (X.ndim == 3 and X.shape[2] != self.n_steps_):
            raise ValueError(
                f"X has shape {X.shape}, but To3D was fitted on {self._shape_in()} and reads no "
                "other."
            )
        if self.layout == "channels_first":
            X = X.reshape(len(X), self.n_features_out_, self.n_steps_).swapaxes(1, 2)
        else:
            X = X.reshape(len(X), self.n_steps_, self.n_features_out_)
        return self._oldest_first(X)

    def inverse_transform(self, X):
        """Reshape sequences back to rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_steps, n_features)
            Sequences as :meth:`transform` gives them; NaN is allowed.

        Returns
        -------
        X_original : ndarray of shape (n_samples, n_columns) or (n_samples, n_channels, n_steps)
            The same values as rows, in the shape that :meth:`fit` has seen; a view of `X` where
            its memory allows one.

        Raises
        ------
        ValueError
            If the number of steps or of features is not that of :meth:`fit`.
        """
        check_is_fitted(self)
        expected = (self.n_steps_, self.n_features_out_)
        # Checked first, because the message of check_array about a 2-D table would mislead here.
        shape = np.shape(X)
        if len(shape) != 3 or shape[1:] != expected:
            raise ValueError(
                f"To3D was fitted on sequences of shape (n_samples, {expected[0]}, {expected[1]}) "
                f"and cannot undo an array of shape {shape}; pass what transform returns."
            )
        X = check_array(X, dtype=FLOAT_DTYPES, ensure_all_finite="allow-nan", allow_nd=True)
        X = self._oldest_first(X)
        X = X.swapaxes(1, 2) if self.layout == "channels_first" else X
        return X if self._n_dims_in == 3 else X.reshape(len(X), -1)

    def _read(self, X, *, reset):
        """Validate rows, or in a fit learn how many columns or channels they have."""
        refuse_ragged(X, "X", self, cure=_RAGGED)
        return validate_data(
            self,
            as_numbers(X, "X"),
            reset=reset,
            dtype=FLOAT_DTYPES,
            order="C",
            ensure_all_finite="allow-nan",
            allow_nd=True,
        )

    def _oldest_first(self, X):
        """Reverse the steps where the newest comes first; it is undone by doing it again."""
        return X[:, ::-1] if self.order == "newest_first" else X

    def _shape_in(self):
        """Return the shape of what has been fitted, as text."""
        if self._n_dims_in == 3:
            return f"(n_samples, {self.n_features_in_} channels, {self.n_steps_} steps)"
        return f"(n_samples, {self.n_features_in_})"

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
        tags.input_tags.three_d_array = self.layout == "channels_first"
        tags.transformer_tags.preserves_dtype = ["float64", "float32", "float16"]
        return tags
