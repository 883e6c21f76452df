"""Undo the changes of a fit that fails."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def all_or_nothing(estimator) -> Iterator[None]:
    """Undo every change of attributes if the body raises.

    A fit that fails half-way, or is interrupted, then leaves the estimator as it was, unfitted or
    fitted, but never with the number of features of one fit and the weights of another.

    Parameters
    ----------
    estimator : object
        The estimator that is being fitted. Its attributes are rebound in the body, not changed
        in place.

    Yields
    ------
    None

    Examples
    --------
    >>> from sklearn.base import BaseEstimator
    >>> from sklstm.utils._all_or_nothing import all_or_nothing
    >>> estimator = BaseEstimator()
    >>> try:
    ...     with all_or_nothing(estimator):
    ...         estimator.n_features_in_ = 3
    ...         raise ValueError("too few rows")
    ... except ValueError:
    ...     hasattr(estimator, "n_features_in_")
    False
    """
    before = dict(vars(estimator))
    try:
        yield
    except BaseException:
        vars(estimator).clear()
        vars(estimator).update(before)
        raise
