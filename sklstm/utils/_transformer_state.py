"""The state of a transformer, and its fit as one task of scikit-learn's callbacks."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from functools import wraps

from sklearn.callback import CallbackSupportMixin, with_callbacks

from sklstm.utils._estimator_state import EstimatorState


class TransformerState(EstimatorState, CallbackSupportMixin):
    """Give a transformer a plain state, and let it take callbacks."""


def with_one_task(fit):
    """Make a method that fits one task of scikit-learn's callbacks.

    Parameters
    ----------
    fit : function
        ``fit`` or ``fit_transform`` of a class with `TransformerState`.

    Returns
    -------
    function
        The method, which calls the hooks of callbacks at its beginning and its end.
    """

    @with_callbacks
    @wraps(fit)
    def fit_as_a_task(self, X, y=None):
        if not hasattr(self, "_skl_callbacks"):
            return fit(self, X, y)
        context = self._init_callback_context()
        context.call_on_fit_task_begin(estimator=self, X=X, y=y)
        fitted = fit(self, X, y)
        context.call_on_fit_task_end(estimator=self, X=X, y=y, reconstruction_attributes={})
        return fitted

    return fit_as_a_task
