"""Pad ragged sequences to one length."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from numbers import Integral, Real

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import check_array
from sklearn.utils.validation import check_is_fitted

from sklstm.preprocessing._padded_sequences import LongerSequences
from sklstm.preprocessing._ragged_input import read_ragged
from sklstm.utils._all_or_nothing import all_or_nothing
from sklstm.utils._sklearn_private import (
    Interval,
    StrOptions,
    _fit_context,
    check_feature_names,
    check_n_features,
)
from sklstm.utils._transformer_state import TransformerState, with_one_task

_FLOATS = [np.float64, np.float32]


def _fill_value(value, dtype):
    """Return the value of padded steps in the dtype of the data."""
    try:
        with np.errstate(over="ignore"):
            fill = dtype.type(value)
    except OverflowError:
        fill = dtype.type(np.inf)
    if np.isinf(fill):
        raise ValueError(
            f"value={value} does not fit into {dtype}, the dtype of X; pass a smaller value, or X "
            "as float64."
        )
    return fill


def _pad(ragged, length, *, padding, truncating, value):
    """Write sequences into an array of shape (n_samples, length, n_features)."""
    rows, lengths = ragged.rows, ragged.lengths
    kept = np.minimum(lengths, length)
    if lengths.max() > length:
        starts = np.cumsum(lengths) - lengths
        step = np.arange(len(rows)) - np.repeat(starts, lengths)
        if truncating == "pre":
            rows = rows[step >= np.repeat(lengths - kept, lengths)]
        else:
            rows = rows[step < np.repeat(kept, lengths)]
    place = np.arange(length)
    if padding == "pre":
        exists = place >= (length - kept)[:, np.newaxis]
    else:
        exists = place < kept[:, np.newaxis]
    padded = np.full((len(lengths), length, rows.shape[1]), value, dtype=rows.dtype)
    # Rows and mask run through the samples and their steps in the same order.
    padded[exists] = rows
    return padded


# scikit-learn ships no types, so mypy does not accept the class argument of its mixin.
class Padder(TransformerMixin, TransformerState, BaseEstimator, auto_wrap_output_keys=None):  # type: ignore[call-arg]
    """Pad sequences of any lengths to 3-D (samples, steps, features).

    Shorter sequences get steps of `value` on one side, until all have `length` steps. Nothing is
    cut unless `length` asks for it. Padded steps are NaN by default, so that they can never be
    mistaken for data: the networks of sklstm skip steps that are all NaN, wherever they are.

    Parameters
    ----------
    length : int, default=None
        Number of steps of every sequence in the output, at least 1; longer sequences are cut to it.
        None takes the longest sequence given to :meth:`fit`, and cuts none: where
        :meth:`transform` is given a longer one, it pads to that. The networks of sklstm accept more
        steps than in fit; give a number if a later step needs one fixed length.

    padding : {"pre", "post"}, default="pre"
        Where a shorter sequence gets its padded steps: before its first step, or after its last.

    truncating : {"pre", "post"}, default="pre"
        Where a sequence longer than `length` loses steps: ``"pre"`` drops the oldest and keeps the
        newest, ``"post"`` the other way round.

    value : float, default=np.nan
        What all features of a padded step are set to; a finite number or NaN.

    Attributes
    ----------
    length_ : int
        Number of steps of every sequence in the output, if none is longer.

    n_features_in_ : int
        Number of features of a step seen during :term:`fit`; if `X` was a table, whose rows are
        univariate sequences, the number of its columns.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns seen during :term:`fit`, those of the sequences or those of the
        table. Defined only when these are DataFrames with names that are all strings.

    See Also
    --------
    sklstm.preprocessing.To3D : Reshape rows that already hold sequences of one length.
    keras.utils.pad_sequences : The function of Keras that the parameters are named after.

    Notes
    -----
    The items of a list, a tuple, an object array or a Series are always sequences, even if all have
    the same length, as in some folds of a cross-validation. Only arrays of numbers and DataFrames
    are tables.

    The output is 3-D, so it has no feature names, and ``set_output`` has no effect.

    Examples
    --------
    >>> import numpy as np
    >>> from sklstm.preprocessing import Padder
    >>> X = [[1.0, 2.0, 3.0], [4.0]]
    >>> padder = Padder().fit(X)
    >>> padder.transform(X)[:, :, 0]
    array([[ 1.,  2.,  3.],
           [nan, nan,  4.]])
    >>> padder.inverse_transform(padder.transform(X))
    [array([1., 2., 3.]), array([4.])]

    Predictions of every step, without those of padded steps:

    >>> padder.unpad(np.array([[7, 8, 9], [0, 0, 5]]), X)
    [array([7, 8, 9]), array([5])]

    Two features, and the newest two steps of each sequence:

    >>> X = [np.arange(6.0).reshape(3, 2), np.ones((1, 2))]
    >>> Padder(length=2, padding="post", value=-1).fit_transform(X)
    array([[[ 2.,  3.],
            [ 4.,  5.]],
    <BLANKLINE>
           [[ 1.,  1.],
            [-1., -1.]]])
    """

    _parameter_constraints: dict = {
        "length": [Interval(Integral, 1, None, closed="left"), None],
        "padding": [StrOptions({"pre", "post"})],
        "truncating": [StrOptions({"pre", "post"})],
        "value": [Interval(Real, None, None, closed="neither"), np.nan],
    }

    _is_table: bool
    _is_univariate: bool

    def __init__(self, length=None, *, padding="pre", truncating="pre", value=np.nan):
        self.length = length
        self.padding = padding
        self.truncating = truncating
        self.value = value

    @_fit_context(prefer_skip_nested_validation=True)
    @with_one_task
    def fit(self, X, y=None):
        """Learn the number of features, and the length of the longest sequence.

        Parameters
        ----------
        X : list of array-like of shape (n_steps,) or (n_steps, n_features), or array-like of \
                shape (n_samples, n_steps) or (n_samples, n_steps, n_features)
            Sequences; those without features are univariate. NaN is allowed.

        y : None
            Ignored, present for API consistency.

        Returns
        -------
        self : object
            Fitted transformer.

        Raises
        ------
        ValueError
            If a sequence is empty, is not made of numbers, has infinite values or another number
            of features than the first one.
        """
        with all_or_nothing(self):
            ragged = self._validate(X, reset=True)
            _fill_value(self.value, ragged.rows.dtype)
            self.length_ = int(ragged.lengths.max() if self.length is None else self.length)
        return self

    def transform(self, X):
        """Pad and truncate sequences.

        Parameters
        ----------
        X : list of array-like of shape (n_steps,) or (n_steps, n_features), or array-like of \
                shape (n_samples, n_steps) or (n_samples, n_steps, n_features)
            Sequences; those without features are univariate. NaN is allowed.

        Returns
        -------
        X_3d : ndarray of shape (n_samples, n_steps, n_features)
            The padded sequences: float32 if all of `X` is, else float64. They have `length_` steps,
            or those of the longest sequence of `X` if `length` is None and that has more.

        Raises
        ------
        ValueError
            If a sequence is empty, is not made of numbers, has infinite values or another number
            of features than those that :meth:`fit` has seen.
        """
        check_is_fitted(self)
        ragged = self._validate(X, reset=False)
        length = self._length_of(ragged)
        padded = _pad(
            ragged,
            length,
            padding=self.padding,
            truncating=self.truncating,
            value=_fill_value(self.value, ragged.rows.dtype),
        )
        return padded.view(LongerSequences) if length > self.length_ else padded

    def unpad(self, values, X):
        """Take the values of padded steps away, such as predictions for every step.

        Parameters
        ----------
        values : array-like of shape (n_samples, n_steps) or (n_samples, n_steps, ...)
            A value for each step of ``transform(X)``.

        X : list of array-like or array-like
            The sequences that were padded, as :meth:`transform` takes them.

        Returns
        -------
        list of ndarray of shape (n_steps,) or (n_steps, ...)
            The values of each sequence, one for each of its own steps.

        Raises
        ------
        ValueError
            If there are more or fewer values than steps, or if `length` has cut a sequence.
        """
        check_is_fitted(self)
        ragged, values = self._validate(X, reset=False), np.asarray(values)
        lengths, length = ragged.lengths, self._length_of(ragged)
        if values.shape[:2] != (len(lengths), length):
            raise ValueError(
                f"values has shape {values.shape}, but X is padded to {len(lengths)} sequences of "
                f"{length} steps; give a value for each of these steps."
            )
        if lengths.max() > length:
            i = int(np.argmax(lengths > length))
            raise ValueError(
                f"X[{i}] has {lengths[i]} steps, of which Padder(length={length}) has kept "
                f"{length}: there are no values for the others."
            )
        if self.padding == "post":
            return [own[:n].copy() for own, n in zip(values, lengths, strict=True)]
        return [own[length - n :].copy() for own, n in zip(values, lengths, strict=True)]

    def inverse_transform(self, X):
        """Take the padded steps away.

        These are the steps at the side of the padding whose features all equal `value`. Steps of
        a sequence that look the same cannot be told from them and go, too, but one step of each
        sequence always stays. Truncated steps are not restored.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_steps, n_features)
            Sequences as :meth:`transform` gives them; NaN is allowed.

        Returns
        -------
        sequences : list of ndarray of shape (n_steps, n_features) or (n_steps,)
            The sequences, without an axis for the features if those given to :meth:`fit` had
            none.

        Raises
        ------
        ValueError
            If the number of steps or of features is not what :meth:`fit` has learned.
        """
        check_is_fitted(self)
        expected = (self.length_, self._n_features)
        # Checked first, because the message of check_array about a 2-D table would mislead here.
        try:
            got = f"an array of shape {np.shape(X)}"
            fits = len(np.shape(X)) == 3 and np.shape(X)[2] == expected[1]
            n_steps = np.shape(X)[1] if fits else 0
            fits = n_steps == expected[0] or (self.length is None and n_steps > expected[0])
        except ValueError:
            got, fits = "sequences of several lengths", False
        if not fits:
            raise ValueError(
                f"Padder makes sequences of shape (n_samples, {expected[0]}, {expected[1]}) and "
                f"cannot undo {got}; pass what transform returns."
            )
        X = check_array(X, dtype=_FLOATS, ensure_all_finite="allow-nan", allow_nd=True)
        value = _fill_value(self.value, X.dtype)
        is_padding = (np.isnan(X) if np.isnan(value) else np.equal(X, value)).all(axis=2)
        if self.padding == "post":
            is_padding = is_padding[:, ::-1]
        # No sequence is empty, so that the step on the other side is always one of its own.
        is_padding[:, -1] = False
        lengths = n_steps - np.argmin(is_padding, axis=1)
        if self._is_univariate:
            X = X[:, :, 0]
        if self.padding == "post":
            return [x[:n].copy() for x, n in zip(X, lengths, strict=True)]
        return [x[-n:].copy() for x, n in zip(X, lengths, strict=True)]

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

    def _length_of(self, ragged):
        """Return the number of steps that sequences are padded to."""
        if self.length is not None:
            return self.length_
        return max(self.length_, int(ragged.lengths.max()))

    @property
    def _n_features(self):
        """Number of features of a step in the output."""
        return 1 if self._is_table else self.n_features_in_

    def _validate(self, X, *, reset):
        """Read sequences, and learn their features or compare them with those of the fit."""
        ragged = read_ragged(X, self)
        n_features = ragged.rows.shape[1]
        # The columns of a table are steps, and not the features of a step.
        if reset or ragged.is_table == self._is_table:
            check_feature_names(self, ragged.named, reset=reset)
        if reset:
            self._is_table, self._is_univariate = ragged.is_table, ragged.is_univariate
            self.n_features_in_ = int(ragged.lengths[0]) if ragged.is_table else n_features
        elif ragged.is_table and self._is_table:
            check_n_features(self, X, reset=False)
        elif n_features != self._n_features:
            raise ValueError(
                f"X has sequences of {n_features} feature(s), but Padder was fitted on sequences "
                f"of {self._n_features}; pass as many as in fit."
            )
        return ragged

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.input_tags.allow_nan = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags
