"""Fit estimators inside an estimator, as tasks of scikit-learn's callbacks."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Iterator
from contextlib import contextmanager

from sklearn.callback import CallbackContext, CallbackSupportMixin

from sklstm.utils._all_or_nothing import all_or_nothing


class FitsParts(CallbackSupportMixin):
    """Let a meta-estimator take callbacks, and hand them to what it fits.

    Its `fit` is decorated by ``_fit_context``, which tears the callbacks down.
    """

    @contextmanager
    def _fit_of_parts(self, X, y, *, n_parts: int) -> Iterator[CallbackContext]:
        """Begin a fit and end it; undo every change of attributes if the body raises.

        Parameters
        ----------
        X, y : array-like
            The training data.
        n_parts : int
            Estimators that are fitted in the body, at most.

        Yields
        ------
        CallbackContext
            Of the fit, for `_fit_part`.
        """
        # Tearing down needs it, after a fit that failed, too.
        context = self._init_callback_context(max_subtasks=n_parts)
        with all_or_nothing(self):
            context.call_on_fit_task_begin(estimator=self, X=X, y=y)
            yield context
            context.call_on_fit_task_end(estimator=self, X=X, y=y, reconstruction_attributes={})

    def _fit_part(self, context: CallbackContext, task_name: str, part, X, y, **fit_params):
        """Fit an estimator as a task of a fit; return it."""
        task = context.subcontext(task_name=task_name)
        with task.propagate_callback_context(part):
            task.call_on_fit_task_begin(estimator=self, X=X, y=y)
            part.fit(X, y, **fit_params)
            task.call_on_fit_task_end(estimator=self, X=X, y=y)
        return part
