"""What the LSTM estimators have in common: parameters, fitting, and the fitted state."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from abc import ABC, abstractmethod
from copy import deepcopy
from numbers import Integral, Real

import numpy as np
import pandas as pd
from sklearn.base import is_regressor
from sklearn.callback import with_callbacks
from sklearn.utils import check_consistent_length

from sklstm.estimators._auto import Choices, choose
from sklstm.estimators._checkpoint import fit_with_checkpoint
from sklstm.estimators._fit_tasks import FitTasks
from sklstm.estimators._input import read_labels, read_X, warn_if_index_differs
from sklstm.estimators._learned import LearnedLSTM, of_any_class
from sklstm.estimators._parameters import (
    as_list,
    as_units,
    check_choices,
    check_modes,
    labels_rows,
    make_generator,
)
from sklstm.estimators._sample_weight import read_sample_weight, repeat_sequences
from sklstm.estimators._validation import (
    check_same_layout,
    check_validation_data,
    read_split,
    read_X_val,
    warn_if_in_other_units,
)
from sklstm.networks import NetworkSpec, import_tensorflow
from sklstm.targets._step_labels import only_labelled, refuse_ragged_labels, spread_values
from sklstm.training._fit import Fit, FitPlan, Samples
from sklstm.utils._all_or_nothing import all_or_nothing
from sklstm.utils._raw_input import as_numbers, unmasked
from sklstm.utils._sklearn_private import (
    HasMethods,
    Interval,
    StrOptions,
    _fit_context,
    check_y,
)

# TensorFlow, Keras and scikeras take seconds to load: they are imported at the first fit or
# predict.


class BaseLSTM(LearnedLSTM, ABC):
    """Base class of the LSTM estimators.

    A subclass reads ``y`` and says what is to be fitted; this class fits it and keeps the result.
    """

    _chosen: Choices
    _rng: np.random.Generator | None

    _parameter_constraints: dict = {
        "units": [Interval(Integral, 1, None, closed="left"), tuple, list],
        "patch_size": [Interval(Integral, 1, None, closed="left"), StrOptions({"auto"})],
        "bidirectional": ["boolean", StrOptions({"auto"})],
        "return_sequences": ["boolean"],
        "stateful": ["boolean"],
        "bptt_steps": [Interval(Integral, 1, None, closed="left"), None],
        "dropout": [Interval(Real, 0, 1, closed="left"), StrOptions({"auto"})],
        "recurrent_dropout": [Interval(Real, 0, 1, closed="left")],
        "epochs": [Interval(Integral, 1, None, closed="left"), StrOptions({"auto"})],
        "batch_size": [Interval(Integral, 1, None, closed="left")],
        "optimizer": [str, type, HasMethods(["get_config", "apply"])],
        "learning_rate": [Interval(Real, 0, None, closed="neither"), StrOptions({"auto"})],
        "learning_rate_schedule": [
            StrOptions({"auto", "cosine", "linear", "exponential"}),
            None,
        ],
        "weight_decay": [Interval(Real, 0, None, closed="left"), StrOptions({"auto"})],
        "loss": [str, callable, HasMethods(["get_config"]), None],
        "metrics": [list, tuple, None],
        "early_stopping": ["boolean"],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
        "validation": [HasMethods(["split"]), HasMethods(["__iter__"]), None],
        "n_iter_no_change": [Interval(Integral, 1, None, closed="left")],
        "train_stride": [Interval(Integral, 1, None, closed="left")],
        "shuffle": ["boolean"],
        "n_members": [Interval(Integral, 1, None, closed="left"), StrOptions({"auto"})],
        "callbacks": [list, tuple, HasMethods(["on_epoch_end", "set_model"]), None],
        "checkpoint": [str, HasMethods(["__fspath__"]), None],
        "normalize_X": ["boolean"],
        "plain": ["boolean"],
        "warm_start": ["boolean"],
        "random_state": ["random_state"],
        "verbose": ["verbose", StrOptions({"auto"})],
    }

    @abstractmethod
    def _encode_y(self, y, *, resume, classes=None, allow_missing=False):
        """Validate y; return its values, float64 (n_samples, n_values), and their layout.

        With `allow_missing`, values may be missing (NaN, None): they are NaN.
        """

    @abstractmethod
    def _plan(self, index, y, layout, *, resume, is_partial) -> FitPlan:
        """Say what is to be fitted to samples and their values; see `_make_plan`."""

    @abstractmethod
    def decode(self, outputs, method="predict"):
        """Turn predictions in the units of y into what a method returns."""

    @_fit_context(prefer_skip_nested_validation=True)
    @with_callbacks
    @of_any_class
    def fit(self, X, y, sample_weight=None, *, X_val=None, y_val=None, sample_weight_val=None):
        """Fit the network.

        Parameters
        ----------
        X : windows of a SequenceWindower, or array-like of shape \
                (n_samples, n_steps, n_features) or (n_samples, n_steps)
            Sequences; two dimensions are univariate sequences. A step whose features are all NaN
            is missing and is skipped; a sequence of such steps alone is not trained on. With
            ``stateful=True`` two dimensions are rows of one series, (n_samples, n_features).
        y : array-like of shape (n_samples,) or, for a forecaster, (n_samples, n_targets)
            Labels or values, one row for each sequence. With ``return_sequences=True`` and
            sequences that no windower has cut, (n_samples, n_steps): one for each step.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each sample in the loss, and in the means and spreads that are learned; of
            labelled steps also (n_samples, n_steps). A sample of weight 0 is read where other
            windows hold its row, and not learned from. Of independent sequences, whole numbers are
            repeats: a fit with a weight of 2 is the fit on the sequence twice.
        X_val, y_val : like X and y, default=None
            Validation samples for early stopping, in place of a part of X. They need
            ``early_stopping=True``. In a pipeline with a windower, pass ``X_val`` through it by
            ``Pipeline(..., transform_input=["X_val"])`` and metadata routing.
        sample_weight_val : like sample_weight, default=None
            Weights of the validation samples in the validation loss.

        Returns
        -------
        self : object
            The fitted estimator.
        """
        resume = self.warm_start and hasattr(self, "network_")
        given = (X_val, y_val, sample_weight_val)
        validation_data = check_validation_data(*given, early_stopping=self.early_stopping)
        return self._fit_in_tasks(
            "fit", X, y, resume=resume, sample_weight=sample_weight, validation_data=validation_data
        )

    @_fit_context(prefer_skip_nested_validation=True)
    @with_callbacks
    @of_any_class
    def partial_fit(self, X, y, sample_weight=None):
        """Train for one epoch on some rows, starting where the last call ended.

        Scales are those of the first call; the optimizer keeps its state between calls. Nothing is
        held out, whatever ``early_stopping`` says.

        Parameters
        ----------
        X : windows of a SequenceWindower, or array-like of shape \
                (n_samples, n_steps, n_features) or (n_samples, n_steps)
            Sequences, as in :meth:`fit`.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            Targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each sample, as in :meth:`fit`.

        Returns
        -------
        self : object
            The estimator.
        """
        resume = hasattr(self, "network_")
        return self._fit_in_tasks(
            "partial_fit", X, y, resume=resume, is_partial=True, sample_weight=sample_weight
        )

    def _fit_in_tasks(self, method, X, y, *, sample_weight, **how):
        """Fit, and let scikit-learn's callbacks follow; a failure changes nothing."""
        tasks = None
        if hasattr(self, "_skl_callbacks"):
            context = self._init_callback_context(task_name=method, max_subtasks=None)
            tasks = FitTasks(self, context, X, y, sample_weight)
        with all_or_nothing(self):
            self._fit(X, y, sample_weight=sample_weight, tasks=tasks, **how)
            if tasks is not None:
                tasks.close()
        return self

    def _fit(
        self,
        X,
        y,
        *,
        resume,
        is_partial=False,
        classes=None,
        sample_weight=None,
        validation_data=None,
        tasks=None,
    ):
        index, is_univariate = read_X(
            self,
            X,
            stateful=self.network_.spec.stateful if resume and is_partial else self.stateful,
            fitted=self.network_ if resume and is_partial else None,
        )
        check_modes(self, index)
        warn_if_index_differs(y, X, index)
        y = unmasked(y)
        holds_out = self.early_stopping and not is_partial and validation_data is None
        split = read_split(self.validation if holds_out else None, X, y, index)
        y, layout = self._read_y(y, index, resume=resume, classes=classes)
        of_rows = labels_rows(self, index)
        weights = read_sample_weight(sample_weight, index, labels_rows=of_rows)
        validation = None
        if validation_data is not None:
            validation = self._read_validation(validation_data, index, layout, is_univariate)
            if is_regressor(self):
                warn_if_in_other_units(y, validation.y)
        if not (index.knows_time or self.stateful or of_rows):
            some, weights = repeat_sequences(index, y, weights, in_order=not self.shuffle)
            index, y = index.take(some), y[some]
            # Repeats of a sample stay on its side.
            split = None if split is None else (split[0][some], split[1][some])
        plan = self._plan(index, y, layout, resume=resume, is_partial=is_partial)
        plan = plan.of_samples(
            sample_weight=weights, split=split, validation=validation, report=tasks
        )
        # A copy: a fit that fails must not have moved the one that the estimator keeps.
        rng = deepcopy(self._rng) if resume else None
        if rng is None:
            rng = make_generator(self.random_state)
        result, rng = fit_with_checkpoint(
            self,
            plan,
            index,
            rng,
            folder=None if is_partial else self.checkpoint,
            is_univariate=is_univariate,
            previous=self._last_fit if resume else None,
            keep_optimizer=is_partial,
        )
        return self._keep(result, rng if is_partial or self.warm_start else None)

    def _read_validation(self, given, index, layout, is_univariate) -> Samples:
        """Check the validation samples."""
        X_val, y_val, weights = given
        own = read_X_val(self, X_val, index, is_univariate=is_univariate, stateful=self.stateful)
        warn_if_index_differs(y_val, X_val, own)
        try:
            values, own_layout = self._read_y(
                unmasked(y_val), own, resume=False, classes=getattr(self, "classes_", None)
            )
            weights = read_sample_weight(weights, own, labels_rows=labels_rows(self, own))
        except ValueError as error:
            raise ValueError(
                f"In the validation data (X_val, y_val, sample_weight_val): {error}"
            ) from error
        check_same_layout(own_layout, layout)
        return Samples(own, values, weights)

    def _keep(self, result: Fit, rng):
        """Keep what a fit has learned."""
        network, members = result.network, result.all_members()
        # Callbacks stay out of what a later fit resumes.
        self._last_fit = result.without_callbacks()
        self.network_ = network
        self._rng = rng
        self.n_steps_in_ = network.n_steps
        if not network.is_univariate:
            self.n_features_in_ = network.n_features
        self.n_iter_ = max(trained.n_iter for trained in members)
        self.__dict__.pop("callbacks_", None)
        if self.callbacks is not None:
            self.callbacks_ = [callback for trained in members for callback in trained.callbacks]
        return self

    def _read_y(self, y, index, *, resume, classes):
        """Validate y; return values of samples, or of the rows of labelled sequences."""
        if not (self.return_sequences or self.stateful):
            # Windows know the rows they come from; of these some may have no value.
            values, layout = self._encode_y(
                y, resume=resume, classes=classes, allow_missing=index.knows_time
            )
            check_consistent_length(index.start, values)
            return values, layout
        if y is None:
            self._check_y(y)
        labels, labelled = read_labels(y, index, labels_rows=self._labels_rows(index, resume))
        given = only_labelled(labels, labelled)
        encoded, layout = self._encode_y(given, resume=resume, classes=classes)
        return spread_values(encoded, labelled), layout

    def _labels_rows(self, index, resume):
        """Tell whether y has a label for each step of independent sequences."""
        of_rows = labels_rows(self, index)
        if (
            resume
            and self.return_sequences == self.network_.spec.returns_sequences
            and of_rows != self.network_.labels_rows
        ):
            kinds = ["windows, with a label for each", "sequences, with a label for each step"]
            raise ValueError(
                f"Cannot resume training: the fit started with "
                f"{kinds[self.network_.labels_rows]}, and X is now {kinds[of_rows]}. Call fit "
                "with warm_start=False to start anew."
            )
        return of_rows

    def _check_y(self, y, **how):
        if y is None:
            raise ValueError(
                f"This {type(self).__name__} estimator requires y to be passed, but the target y "
                "is None."
            )
        refuse_ragged_labels(y)
        dtype = getattr(y, "dtype", np.dtype(float))
        may_be_missing = pd.api.types.is_object_dtype(dtype) or not isinstance(dtype, np.dtype)
        if may_be_missing and (missing := np.asarray(pd.isna(y))).any():
            row = int(missing.reshape(len(missing), -1).any(axis=1).argmax())
            raise ValueError(
                f"Input y contains NaN or None, first in row {row}; leave rows without a target "
                "out of X and y."
            )
        if how.get("y_numeric"):
            y = as_numbers(y, "y")
        return check_y(y, estimator=self, **how)

    def _choices(self, index, automatic: Choices, *, plain: Choices, resume) -> Choices:
        """Replace "auto"; a resumed fit keeps what the first one chose."""
        predicts_steps = self.return_sequences or self.stateful
        if resume:
            automatic = self._chosen
        elif self.plain or predicts_steps:
            automatic = plain
        self._chosen = choose(self, automatic)
        check_choices(self, self._chosen, index)
        return self._chosen

    def _spec(self, index, chosen, n_outputs, activation, **more):
        """Return the sizes of the network; a subclass adds what only it has."""
        return NetworkSpec(
            n_features=int(index.n_features),
            units=as_units(self.units, "units"),
            n_outputs=n_outputs,
            activation=activation,
            bidirectional=bool(chosen.bidirectional),
            dropout=float(chosen.dropout),
            recurrent_dropout=float(self.recurrent_dropout),
            returns_sequences=bool(self.return_sequences),
            stateful=bool(self.stateful),
            **more,
        )

    def _make_plan(self, spec, chosen, transform, loss, y, index, *, is_partial, **more) -> FitPlan:
        """Plan a fit by the parameters that all estimators have."""
        import_tensorflow()
        from sklstm.training._trainer import Trainer

        holds_out = self.early_stopping and not is_partial
        trainer = Trainer(
            optimizer=self.optimizer,
            learning_rate=self.learning_rate,
            schedule=chosen.learning_rate_schedule,
            length=chosen.length,
            weight_decay=float(chosen.weight_decay),
            loss=loss if self.loss is None else self.loss,
            metrics=None if self.metrics is None else list(self.metrics),
            callbacks=as_list(self.callbacks),
            patience=self.n_iter_no_change if holds_out else None,
            epochs=1 if is_partial else self.epochs,
            batch_size=self.batch_size,
            shuffle=self.shuffle,
            verbose=int(self.verbose) if self.verbose != "auto" else 1,
        )
        return FitPlan(
            spec=spec,
            transform=transform,
            trainer=trainer,
            y=y,
            labels_rows=labels_rows(self, index),
            n_members=chosen.n_members,
            normalize_X=self.normalize_X,
            validation_fraction=self.validation_fraction if holds_out else None,
            train_stride=self.train_stride,
            bptt_steps=self.bptt_steps,
            **more,
        )

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        # Rows of a series may be missing as a whole; scikit-learn's checks bring rows in part.
        tags.input_tags.allow_nan = not self.stateful
        tags.target_tags.required = True
        return tags
