"""The tasks of an LSTM fit that scikit-learn's callbacks follow: fit, network, epoch."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable

import numpy as np


class FitTasks:
    """Call the hooks of scikit-learn's callbacks during a fit.

    Parameters
    ----------
    estimator : BaseLSTM
        What is fitted.
    context : sklearn.callback.CallbackContext
        Of the fit.
    X, y : object
        What it is fitted on.
    sample_weight : object
        The weights that fit was given, or None.
    """

    def __init__(self, estimator, context, X, y, sample_weight):
        metadata = None if sample_weight is None else {"sample_weight": sample_weight}
        self._given = {"estimator": estimator, "X": X, "y": y, "metadata": metadata}
        self._context = context

    def begin(self, n_networks: int) -> None:
        """Begin the fit.

        Parameters
        ----------
        n_networks : int
            Networks that it trains at most, those of trials among them.
        """
        # The context is older than this number, which needs X.
        self._context.max_subtasks = n_networks
        self._context.call_on_fit_task_begin(**self._given)

    def network(self, n_epochs: int, as_fitted: Callable | None) -> "NetworkTasks":
        """Begin the training of a network.

        Parameters
        ----------
        n_epochs : int
            Epochs that it trains at most.
        as_fitted : callable or None
            Turns its weights into a FittedNetwork; None in a trial.

        Returns
        -------
        NetworkTasks
            Takes its epochs.
        """
        name = "trial" if as_fitted is None else "network"
        task = self._context.subcontext(task_name=name, max_subtasks=n_epochs)
        return NetworkTasks(task, self._given, as_fitted)

    def close(self) -> None:
        """End the fit."""
        self._context.call_on_fit_task_end(**self._given, reconstruction_attributes={})


class NetworkTasks:
    """Call the hooks of scikit-learn's callbacks during the training of one network.

    Parameters
    ----------
    context : sklearn.callback.CallbackContext
        Of the training.
    given : dict
        What every hook is given.
    as_fitted : callable or None
        Turns weights into a FittedNetwork; None in a trial, which does not predict.
    """

    def __init__(self, context, given: dict, as_fitted: Callable | None):
        self._context, self._given, self._as_fitted = context, given, as_fitted
        context.call_on_fit_task_begin(**given)

    def begin(self) -> None:
        """Begin an epoch."""
        self._epoch = self._context.subcontext(task_name="epoch")
        self._epoch.call_on_fit_task_begin(**self._given)

    def end(self, weights: Callable[[], list[np.ndarray]]) -> bool:
        """End an epoch.

        Parameters
        ----------
        weights : callable
            Returns the weights of the network.

        Returns
        -------
        bool
            Whether a callback asks training to stop.
        """

        def fitted():
            if self._as_fitted is None:
                return None
            own = weights()
            if not all(np.isfinite(part).all() for part in own):
                # A training that diverges says so itself.
                return None
            # What the fit so far has learned of classes and features is on the estimator already.
            network = self._as_fitted(own)
            return {"network_": network, "n_steps_in_": network.n_steps}

        return self._epoch.call_on_fit_task_end(**self._given, reconstruction_attributes=fitted)

    def close(self) -> None:
        """End the training of the network."""
        self._context.call_on_fit_task_end(**self._given)
