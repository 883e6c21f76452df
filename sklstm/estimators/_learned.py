"""What a fitted LSTM estimator tells of its training, and how it predicts."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from types import SimpleNamespace

import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.callback import CallbackSupportMixin
from sklearn.utils.validation import check_is_fitted

from sklstm.estimators._input import read_X
from sklstm.targets._step_labels import are_labelled, labels_of_rows, only_labelled
from sklstm.training._fit import Fit
from sklstm.training._fitted_network import HasNetwork
from sklstm.utils._estimator_state import EstimatorState


def of_any_class(method):
    """Leave the name of the base class out of the messages of Python about arguments."""
    method.__qualname__ = method.__name__
    return method


class LearnedLSTM(HasNetwork, EstimatorState, CallbackSupportMixin, BaseEstimator):
    """What the LSTM estimators do once they are fitted."""

    _last_fit: Fit

    @property
    def history_(self):
        """Logs of the training, one row an epoch.

        Returns
        -------
        pandas.DataFrame of shape (n_epochs, n_logs)
            ``loss``, the metrics, and ``val_*`` with early stopping; the index counts epochs
            from 0, and with several ensemble members these before.
        """
        self._check_has("history_")
        logs = [
            pd.DataFrame(trained.history).rename_axis("epoch")
            for trained in self._last_fit.all_members()
        ]
        if len(logs) == 1:
            return logs[0]
        return pd.concat(logs, keys=range(len(logs)), names=["member"])

    @property
    def keras_model_(self):
        """The fitted network as a plain functional Keras model, built anew at each access.

        It takes raw windows, ``(n_samples, n_steps, n_features)`` with NaN for missing steps, and
        predicts in own units: probabilities, or values of y. It holds built-in layers only, so that
        it loads without custom objects. Fitted with ``return_sequences=True`` or ``stateful=True``
        it predicts at every step; of a stateful network it reads any number of them, and starts
        each sample with a state of 0. :meth:`keras_inputs` gives what it reads.

        Returns
        -------
        keras.Model
            The network with its weights and scales.
        """
        self._check_has("keras_model_")
        return self.network_.to_keras()

    @of_any_class
    def keras_inputs(self, X):
        """Return what ``keras_model_.predict`` takes for some sequences.

        Parameters
        ----------
        X : windows of a SequenceWindower, or array-like of shape \
                (n_samples, n_steps, n_features) or (n_samples, n_steps)
            Sequences, as in :meth:`fit`.

        Returns
        -------
        ndarray of shape (n_samples, n_steps, n_features), or dict of str to ndarray
            The windows, with NaN for missing steps. Where the network reads more than them, a dict
            of "windows" and of "known", the known future covariates, or "calendar", sine and cosine
            of each cycle.
        """
        check_is_fitted(self, "network_")
        return self.network_.keras_inputs(self._read_as_fitted(X))

    @of_any_class
    def stream(self, *, method="predict"):
        """Make an object that takes one row after the other, and predicts at each.

        Parameters
        ----------
        method : {"predict", "predict_proba"}, default="predict"
            What it predicts.

        Returns
        -------
        Stream
            See :func:`sklstm.stream`, which also takes a pipeline.
        """
        from sklstm.forecasting._stream import stream

        return stream(self, method=method)

    def __dir__(self):
        """List the attributes, without building the Keras model to see whether it is there.

        scikit-learn gets every attribute, for tab completion, too.
        """
        names = [name for name in object.__dir__(self) if name != "keras_model_"]
        built = ["keras_model_"] if hasattr(self, "network_") else []
        return [name for name in names if hasattr(self, name)] + built

    def _get_fitted_attr_html(self, doc_link=""):
        """List the fitted attributes, without the Keras model: TensorFlow would have to build it.

        scikit-learn calls this method for the HTML representation.
        """
        names = [name for name in dir(self) if name.endswith("_") and name != "keras_model_"]
        shown = SimpleNamespace(**{n: getattr(self, n) for n in names if hasattr(self, n)})
        table = super()._get_fitted_attr_html.__func__(shown, doc_link)
        table.estimator_class = type(self)
        return table

    def _predict_flat(self, X, *, every_step=None):
        """Run the networks on X; predictions are flat rows in the units of y, or probabilities."""
        # scikit-learn's check reads all tags, which takes as long as a small network.
        if "network_" not in vars(self):
            check_is_fitted(self, "network_")
        return self.network_.predict(self._read_as_fitted(X), every_step=every_step)

    def _read_as_fitted(self, X):
        """Validate X against what the estimator was fitted on; return its window index."""
        stateful = self.network_.spec.stateful
        return read_X(self, X, stateful=stateful, fitted=self.network_)[0]

    def _steps_with_labels(self, X, y, sample_weight):
        """Return labels and predictions of the observed steps that are labelled."""
        if sample_weight is not None:
            raise ValueError(
                "sample_weight weighs sequences, but the score is over steps. Leave it out, or "
                "weigh the steps in a metric of scikit-learn on predict(X)."
            )
        index = self._read_as_fitted(X)
        labels = labels_of_rows(y, index)
        predictions = self.decode(self.network_.predict(index))
        predictions = predictions.reshape(-1, *predictions.shape[2:])
        observed = index.observed_steps()
        if observed is not None:
            predictions = predictions[observed.ravel()]
        labelled = are_labelled(labels)
        return only_labelled(labels, labelled), predictions[labelled]

    def _check_has(self, attribute):
        if not hasattr(self, "network_"):
            raise AttributeError(f"{attribute} exists once this {type(self).__name__} is fitted.")
