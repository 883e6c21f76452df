"""What the LSTM estimators have in common: parameters, validation, fitting, prediction."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from abc import ABC, abstractmethod
from copy import deepcopy
from numbers import Integral, Real

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from sklstm.estimators._input import check_modes, read_X, read_y
from sklstm.estimators._parameters import (
    appended,
    as_list,
    as_units,
    check_finite,
    length_of_training,
    make_generator,
)
from sklstm.preprocessing._sequences import Sequences, as_slice
from sklstm.targets._step_labels import are_labelled, labels_of_rows, only_labelled, targets_of_rows
from sklstm.training._training_set import Kind, make_lesson
from sklstm.training._validation_split import every_nth, hold_out
from sklstm.utils._all_or_nothing import all_or_nothing
from sklstm.utils._sklearn_private import (
    HasMethods,
    Interval,
    StrOptions,
    _fit_context,
    check_y,
)

# TensorFlow, Keras and scikeras take seconds to load: they are imported at the first fit or
# predict.


class BaseLSTM(BaseEstimator, ABC):
    """Base class of the LSTM estimators.

    A subclass says how ``y`` becomes targets and outputs become predictions; this class does all
    that lies between. Fitted state is NumPy arrays and numbers only.
    """

    _univariate: bool
    _of_rows: bool
    _sizes: dict
    # One for each member.
    _weights: list[list[np.ndarray]]
    _optimizer_state: list[list[np.ndarray]]
    _history: list[dict[str, list]]
    _rng: np.random.Generator | None

    _parameter_constraints: dict = {
        "units": [Interval(Integral, 1, None, closed="left"), tuple, list],
        "bidirectional": ["boolean"],
        "return_sequences": ["boolean"],
        "stateful": ["boolean"],
        "bptt_steps": [Interval(Integral, 1, None, closed="left"), None],
        "dropout": [Interval(Real, 0, 1, closed="left")],
        "recurrent_dropout": [Interval(Real, 0, 1, closed="left")],
        "epochs": [Interval(Integral, 1, None, closed="left"), StrOptions({"auto"})],
        "batch_size": [Interval(Integral, 1, None, closed="left")],
        "optimizer": [str, type, HasMethods(["get_config", "apply"])],
        "learning_rate": [Interval(Real, 0, None, closed="neither"), StrOptions({"auto"})],
        "learning_rate_schedule": [StrOptions({"cosine", "linear", "exponential"}), None],
        "loss": [str, callable, HasMethods(["get_config"]), None],
        "metrics": [list, tuple, None],
        "early_stopping": ["boolean"],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
        "n_iter_no_change": [Interval(Integral, 1, None, closed="left")],
        "train_stride": [Interval(Integral, 1, None, closed="left")],
        "shuffle": ["boolean"],
        "n_members": [Interval(Integral, 1, None, closed="left")],
        "callbacks": [list, tuple, HasMethods(["on_epoch_end", "set_model"]), None],
        "normalize_X": ["boolean"],
        "warm_start": ["boolean"],
        "random_state": ["random_state"],
        "verbose": ["verbose", StrOptions({"auto"})],
    }

    @abstractmethod
    def _encode_y(self, y, *, reset, classes=None):
        """Validate y, set what describes it, and return float targets (n_samples, n_outputs)."""

    @abstractmethod
    def _output_layer(self):
        """Return the activation of the output layer and the default loss."""

    @abstractmethod
    def _decode(self, outputs):
        """Turn outputs (..., n_outputs), in the targets' units, into what predict returns."""

    def _learn_frame(self, sequences, targets, positions):
        """Learn from the training part what targets are relative to; by default, nothing."""

    def _prepare(self, sequences):
        """Return what the network reads, before it is scaled."""
        return sequences

    def _targets_of(self, prepared, targets, positions, among):
        """Return what the sequences at some positions are to answer, looking at some others."""
        return targets[positions]

    def _known_of(self, prepared):
        """Return what is known of the moments that the sequences are to answer for, or None."""
        return None

    def _scale_of_y(self, targets):
        """Return what targets are standardised by; by default they are not."""
        n_outputs = targets.shape[1]
        return np.zeros(n_outputs), np.ones(n_outputs)

    def _example_weights(self, targets):
        """Return the weight of every training example in the loss."""
        return np.ones(len(targets), dtype=np.float32)

    def _strata(self, targets):
        """Return the classes to keep in proportion in a random split, or None."""
        return None

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y):
        """Fit the network.

        Parameters
        ----------
        X : windows of a SequenceWindower, or array-like of shape \
                (n_samples, n_steps, n_features) or (n_samples, n_steps)
            Sequences; two dimensions are univariate sequences. A step whose features are all NaN
            does not exist and is skipped; a sequence of such steps alone is not trained on. With
            ``stateful=True`` two dimensions are rows of one series, (n_samples, n_features).
        y : array-like of shape (n_samples,) or, for a forecaster, (n_samples, n_targets)
            Labels or values, one row for each sequence. With ``return_sequences=True`` and
            sequences that no windower has cut, (n_samples, n_steps): one for each step.

        Returns
        -------
        self : object
            The fitted estimator.
        """
        goes_on = self.warm_start and hasattr(self, "_weights")
        with all_or_nothing(self):
            return self._fit(X, y, epochs=self.epochs, goes_on=goes_on, keeps_slots=False)

    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X, y):
        """Train for one epoch on some rows, going on from where the last call ended.

        Scales are those of the first call; the optimizer keeps its state between calls. Nothing is
        held out, whatever ``early_stopping`` says.

        Parameters
        ----------
        X : windows of a SequenceWindower, or array-like of shape \
                (n_samples, n_steps, n_features) or (n_samples, n_steps)
            Sequences, as in :meth:`fit`.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            Targets.

        Returns
        -------
        self : object
            The estimator.
        """
        goes_on = hasattr(self, "_weights")
        with all_or_nothing(self):
            return self._fit(X, y, epochs=1, goes_on=goes_on, keeps_slots=True)

    @property
    def history_(self):
        """Logs of the training, one row an epoch.

        Returns
        -------
        pandas.DataFrame of shape (n_epochs, n_logs)
            ``loss``, the metrics, and ``val_*`` with early stopping; the index counts epochs
            from 0, and with several members these before.
        """
        self._check_has("history_")
        of_members = [pd.DataFrame(history).rename_axis("epoch") for history in self._history]
        if len(of_members) == 1:
            return of_members[0]
        return pd.concat(of_members, keys=range(len(of_members)), names=["member"])

    @property
    def keras_model_(self):
        """The fitted network as a plain functional Keras model, built anew at each access.

        It takes raw windows, ``(n_samples, n_steps, n_features)`` with NaN for steps that do not
        exist, and answers in own units: probabilities, or values of y. It holds built-in layers
        only, so that it loads without custom objects. Fitted with ``return_sequences=True`` or
        ``stateful=True`` it answers every step; of a stateful network it reads any number of them,
        and begins each sample with a state of 0.

        Returns
        -------
        keras.Model
            The network with its weights and scales.
        """
        self._check_has("keras_model_")
        from sklstm.networks import export_model

        return export_model(
            self._spec(),
            self._weights,
            n_steps=None if self._sizes["stateful"] else self.n_steps_in_,
            univariate=self._univariate,
            X_mean=self._X_mean,
            X_scale=self._X_scale,
            **self._export_of_y(),
        )

    def _export_of_y(self):
        """Return what an exported model does to the outputs of the network."""
        return {}

    def stream(self, *, method="predict"):
        """Make an object that is given one row after the other, and answers each at once.

        Parameters
        ----------
        method : {"predict", "predict_proba"}, default="predict"
            What it answers.

        Returns
        -------
        Stream
            See :func:`sklstm.stream`, which also takes a pipeline.
        """
        from sklstm.forecasting._stream import stream

        return stream(self, method=method)

    def _check_modes(self, sequences):
        check_modes(self, sequences)

    def _loss(self):
        return self._output_layer()[1] if self.loss is None else self.loss

    @property
    def _needs_moments(self):
        """Whether answers depend on when and of which series a window is."""
        return False

    def _shrink_answers(self, sequences, targets, rng):
        """Hold the answers of a new fit back; by default they are taken as they are."""

    def _look_for_leaks(self, sequences, targets):
        """Warn of what would make the fit useless; by default nothing is known to."""

    def _check_y(self, y, **how):
        if y is None:
            raise ValueError(
                f"This {type(self).__name__} estimator requires y to be passed, but the target y "
                "is None."
            )
        return check_y(y, estimator=self, **how)

    def _check_has(self, attribute):
        if not hasattr(self, "_weights"):
            raise AttributeError(f"{attribute} exists once this {type(self).__name__} is fitted.")

    def _fit(self, X, y, *, epochs, goes_on, keeps_slots, classes=None):
        sequences = read_X(self, X, reset=not (goes_on and keeps_slots))
        self._check_modes(sequences)
        targets = read_y(self, y, sequences, reset=not goes_on, classes=classes)
        sizes = self._sizes_for(sequences, targets)
        if goes_on and sizes != self._sizes:
            changed = sorted(name for name in sizes if sizes[name] != self._sizes[name])
            raise ValueError(
                f"Cannot go on training: the network was built with "
                f"{ {name: self._sizes[name] for name in changed} } and is now asked for "
                f"{ {name: sizes[name] for name in changed} }. Call fit with warm_start=False to "
                "begin anew."
            )
        self._sizes = sizes
        if not self._of_rows:
            self._look_for_leaks(sequences, targets)
        # A copy: a fit that fails must not have moved the one that the estimator keeps.
        rng = deepcopy(self._rng) if goes_on else None
        if rng is None:
            rng = make_generator(self.random_state)

        start = deepcopy(rng)
        self._learn(
            sequences, targets, rng, epochs=epochs, goes_on=goes_on, keeps_slots=keeps_slots
        )
        if not (goes_on or keeps_slots):
            self._shrink_answers(sequences, targets, start)
        return self

    def _learn(self, sequences, targets, rng, *, epochs, goes_on=False, keeps_slots=False):
        """Learn the scales and train the networks."""
        training, validation = self._split(sequences, targets, rng, hold=not keeps_slots)
        # A row without a window is not trained on, but has its place in the paths of others.
        known = slice(None) if validation is None else as_slice(training)
        if not goes_on:
            self._learn_frame(sequences, targets, known)
        prepared = self._prepare(sequences)
        if not goes_on:
            self._learn_scales(self._lesson(prepared, targets, training, known))
        few = every_nth(sequences, training, self.train_stride)
        # Of millions of positions nothing is kept that is not needed while the network trains.
        del training

        from sklstm.networks import TrainingTask
        from sklstm.training._trainer import Start, train_members

        examples = self._examples(prepared, targets, few, known, weighted=True)
        order, at_once = examples.in_batches(self.batch_size, None)
        n_batches = -(-len(order) // at_once)
        epochs, learning_rate = length_of_training(epochs, self.learning_rate, n_batches)
        task = TrainingTask(
            training=examples,
            validation=None
            if validation is None
            else self._examples(prepared, targets, validation, validation, weighted=False),
            batch_size=self.batch_size,
            shuffle=self.shuffle,
            rng=rng,
        )
        starts = [
            Start(
                self._weights[member] if goes_on else None,
                self._optimizer_state[member] if goes_on and keeps_slots else None,
                len(self._history[member]["loss"]) if goes_on else 0,
            )
            for member in range(len(self._weights) if goes_on else self.n_members)
        ]
        members = train_members(
            self._spec(),
            task,
            starts,
            optimizer=self.optimizer,
            learning_rate=learning_rate,
            schedule=self.learning_rate_schedule,
            loss=self._loss(),
            metrics=None if self.metrics is None else list(self.metrics),
            callbacks=as_list(self.callbacks),
            patience=None if validation is None else self.n_iter_no_change,
            epochs=epochs,
            verbose=int(self.verbose) if self.verbose != "auto" else 1,
        )
        for trained in members:
            check_finite(trained, learning_rate)
        self._weights = [trained.weights for trained in members]
        self._optimizer_state = [trained.optimizer_state for trained in members]
        histories = [trained.history for trained in members]
        if goes_on:
            histories = [appended(*of) for of in zip(self._history, histories, strict=True)]
        self._history = histories
        self._rng = rng if keeps_slots or self.warm_start else None
        self.n_iter_ = max(len(trained.history["loss"]) for trained in members)
        if self.callbacks is not None:
            self.callbacks_ = [callback for trained in members for callback in trained.callbacks]
        else:
            self.__dict__.pop("callbacks_", None)

    @property
    def _answers_steps(self):
        return self.return_sequences or self.stateful

    def _split(self, sequences, targets, rng, *, hold):
        usable = np.flatnonzero(sequences.count > 0)
        if len(usable) == 0:
            raise ValueError(
                f"X holds no step to train on: all steps of all {len(sequences)} windows are "
                "missing (NaN)."
            )
        if not (self.early_stopping and hold):
            return usable, None
        return hold_out(
            sequences,
            usable,
            self.validation_fraction,
            stratify=None if self._answers_steps else self._strata(targets),
            rng=rng,
            in_time=self.stateful,
            reach=self._reach_of_targets(),
        )

    def _reach_of_targets(self):
        """Return how many moments a target reaches on, beyond its own."""
        return 0

    def _learn_scales(self, lesson):
        self._X_mean, self._X_scale = self._scale_of_X(lesson.sequences)
        self._y_mean, self._y_scale = self._scale_of_y(lesson.targets[lesson.labelled()])

    def _scale_of_X(self, sequences):
        if self.normalize_X:
            return sequences.mean_and_scale()
        return np.zeros(sequences.n_features), np.ones(sequences.n_features)

    def _examples(self, prepared, targets, positions, among, *, weighted):
        from sklstm.networks import Examples

        lesson = self._lesson(prepared, targets, positions, among)
        # What the network gets are the rows of the span.
        some = slice(None) if lesson.of_sequences else lesson.sequences.span
        labelled = lesson.labelled()
        weights = np.ones(len(lesson.targets), dtype=np.float32)
        if weighted:
            weights[labelled] = self._example_weights(lesson.targets[labelled])
        # A moment without a value weighs nothing: the others make up for it in the mean.
        weights /= 1.0 - np.isnan(lesson.targets[labelled]).mean()
        return Examples(
            windows=self._window_set(lesson.sequences),
            targets=((lesson.targets[some] - self._y_mean) / self._y_scale).astype(np.float32),
            weights=weights[some],
            series=lesson.series,
        )

    def _lesson(self, prepared, targets, positions, among):
        bptt_steps = self.bptt_steps
        if bptt_steps is None:
            bptt_steps = prepared.n_steps if prepared.n_steps > 1 else _BPTT_STEPS
        kind: Kind = "series" if self.stateful else "steps" if self.return_sequences else "windows"
        if kind == "steps" and not self._of_rows:
            # What a stride leaves out are windows: the rows where they end are steps of others.
            everyone = np.arange(len(prepared))[among]
            own = self._targets_of(prepared, targets, everyone, among)
            targets = targets_of_rows(prepared.take(among), own)
        elif not self._of_rows:
            targets = self._targets_of(prepared, targets, positions, among)
        return make_lesson(
            prepared.take(positions),
            targets,
            kind=kind,
            of_rows=self._of_rows,
            bptt_steps=bptt_steps,
        )

    def _window_set(self, sequences: Sequences):
        from sklstm.networks import NetworkInput

        rows, start, count = sequences.scaled(self._X_mean, self._X_scale)
        return NetworkInput(rows, start, count, self._known_of(sequences))

    def _sizes_for(self, sequences, targets):
        return {
            "n_features": int(sequences.n_features),
            "units": as_units(self.units, "units"),
            "n_outputs": int(targets.shape[1]),
            "activation": self._output_layer()[0],
            "bidirectional": bool(self.bidirectional),
            "dropout": float(self.dropout),
            "recurrent_dropout": float(self.recurrent_dropout),
            "returns_sequences": bool(self.return_sequences),
            "stateful": bool(self.stateful),
        }

    def _spec(self):
        from sklstm.networks import NetworkSpec

        return NetworkSpec(**self._sizes)

    def _outputs(self, X, *, of_steps=None):
        """Run the network on X; outputs are float64 and in the units of the targets.

        They are (n_samples, n_outputs), or of steps (n_samples, n_steps, n_outputs); by default of
        what `y` had a target for in fit.
        """
        check_is_fitted(self, "_weights")
        return self._outputs_of(read_X(self, X, reset=False), of_steps=of_steps)

    def _outputs_of(self, sequences, *, of_steps=None):
        prepared = self._prepare(sequences)
        of_steps = self._of_rows if of_steps is None else of_steps
        return self._in_units_of_y(self._answers(prepared, of_steps=of_steps), prepared)

    def _answers(self, prepared, *, of_steps):
        """Run the networks; their mean answers are in the units that they were trained in."""
        from sklstm.training._prediction import answer_samples, answer_steps

        answer = answer_steps if of_steps else answer_samples
        return answer(self._spec(), self._weights, prepared, self._window_set)

    def _score_steps(self, metric, X, y, sample_weight):
        """Score the answers of the steps that exist and are labelled."""
        if sample_weight is not None:
            raise ValueError(
                "sample_weight weighs sequences, but the score is over steps. Leave it out, or "
                "weigh the steps in a metric of scikit-learn on predict(X)."
            )
        sequences = read_X(self, X, reset=False)
        labels = labels_of_rows(y, sequences)
        answers = self._decode(self._outputs_of(sequences))
        answers = answers.reshape(-1, *answers.shape[2:])
        if sequences.exists is not None:
            answers = answers[sequences.exists.ravel()]
        labelled = are_labelled(labels)
        return metric(only_labelled(labels, labelled), answers[labelled])

    def _in_units_of_y(self, outputs, prepared):
        """Turn outputs of the network into targets of the sequences that it has read."""
        return outputs * self._y_scale + self._y_mean

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        # Rows of a series may be missing as a whole; scikit-learn's checks bring rows in part.
        tags.input_tags.allow_nan = not self.stateful
        tags.target_tags.required = True
        return tags


# Steps that a gradient goes back through rows that no windower has cut.
_BPTT_STEPS = 32
