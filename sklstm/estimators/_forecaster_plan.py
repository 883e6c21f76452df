"""What an LSTM forecaster fits: the values of y, the form of its windows, and its network."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import replace
from numbers import Integral

import numpy as np
import pandas as pd
from sklearn.utils import check_array

from sklstm.estimators._auto import (
    LARGE,
    PLAIN_FORECASTER,
    Form,
    for_forecaster,
    forms_of_forecaster,
    patch_of_cycle,
)
from sklstm.estimators._base import BaseLSTM
from sklstm.estimators._parameters import as_names, as_units, check_forecast
from sklstm.preprocessing._history import LONGEST_HORIZON
from sklstm.preprocessing._long_windows import n_reached_steps
from sklstm.targets._leak_guard import (
    last_times,
    warn_if_not_steps_ahead,
    warn_if_target_in_window,
)
from sklstm.targets._past import positions_of_features
from sklstm.targets._season_length import longest_in_window, season_lengths, warn_if_few_cycles
from sklstm.targets._step_labels import only_with_values
from sklstm.targets._target_layout import read_layout
from sklstm.targets._target_transform import TargetTransform
from sklstm.training._calendar_inputs import CYCLES
from sklstm.training._input_plan import InputPlan
from sklstm.utils._sklearn_private import Interval, StrOptions


class PlannedForecaster(BaseLSTM):
    """Read y, and plan the fits of a forecaster: one, or one in each form that is averaged."""

    _forms: list[Form]

    _parameter_constraints: dict = {
        **BaseLSTM._parameter_constraints,
        "horizon": [Interval(Integral, 1, LONGEST_HORIZON, closed="both")],
        "decoder": [StrOptions({"dense", "lstm"})],
        "decoder_units": [Interval(Integral, 1, None, closed="left"), tuple, list, None],
        "known_future": [str, Interval(Integral, 0, None, closed="left"), tuple, list, None],
        "anchor": [StrOptions({"auto", "last", "mean", "season"}), None],
        "season": [str, Interval(Integral, 2, None, closed="left"), tuple, list, None],
        "target": [str, Interval(Integral, 0, None, closed="left"), tuple, list, None],
        "quantiles": [tuple, list, None],
        "calendar": [tuple, list, StrOptions({"auto", *CYCLES}), None],
        "channel_independent": ["boolean", StrOptions({"auto"})],
        "shrink": [StrOptions({"auto"}), "boolean"],
        "normalize_y": ["boolean", StrOptions({"series"})],
    }

    def _encode_y(self, y, *, resume, classes=None, allow_missing=False):
        fitted = self.network_.target_transform.layout if resume else None
        horizon, given = self.horizon if fitted is None else fitted.horizon, y
        allow_nd = horizon > 1 and getattr(y, "ndim", 2) == 3
        if allow_nd or (allow_missing and y is not None and np.asarray(pd.isna(y)).any()):
            y = check_array(
                y,
                ensure_2d=False,
                allow_nd=allow_nd,
                dtype=np.float64,
                ensure_all_finite="allow-nan" if allow_missing else True,
                input_name="y",
            )
            if np.isnan(y).all():
                raise ValueError(f"y holds no value: all {len(y)} are missing (NaN or None).")
        else:
            y = self._check_y(y, multi_output=True, y_numeric=True)
        layout = read_layout(y, given, horizon, tuple(map(float, self.quantiles or ())))
        values = y.reshape(len(y), -1).astype(np.float64)
        if fitted is None:
            return values, layout
        kinds = [(of.n_targets, of.is_multi_step) for of in (layout, fitted)]
        if kinds[0] != kinds[1]:
            words = [
                f"{'values with steps ahead' if is_multi_step else 'values'} of {n} targets"
                for n, is_multi_step in kinds
            ]
            raise ValueError(
                f"y holds {words[0]}, but {type(self).__name__} was fitted on {words[1]}."
            )
        return values, fitted

    def _plan(self, index, y, layout, *, resume, is_partial):
        check_forecast(self, index)
        predicts_steps = self.return_sequences or self.stateful
        # The steps of independent sequences have no time that a forecast could be relative to.
        is_relative = index.knows_time or not self.return_sequences
        if is_relative:
            given, own = only_with_values(index, y)
            if layout.is_multi_step and not layout.is_multi_target and index.knows_time:
                warn_if_not_steps_ahead(given, own)
            warn_if_target_in_window(given, own[:, : layout.n_targets])
        decoder_units: tuple[int, ...] = ()
        if self.decoder == "lstm":
            decoder_units = as_units(self.decoder_units, "decoder_units", default=self.units)
        known_future = positions_of_features(self.known_future, index, "known_future")
        quantiles = tuple(map(float, self.quantiles or ()))
        automatic = for_forecaster(index, layout.n_targets, self.season)
        chosen = self._choices(index, automatic, plain=PLAIN_FORECASTER, resume=resume)
        spec = self._spec(
            index,
            chosen,
            layout.n_targets * max(len(quantiles), 1),
            "linear",
            horizon=int(self.horizon),
            decoder_units=decoder_units,
            n_known=len(known_future),
            quantiles=quantiles,
        )
        cycles = as_names(chosen.calendar, CYCLES, "calendar")
        if cycles and index.length_of_step() is None:
            raise ValueError(
                f"calendar={self.calendar!r} needs rows with dates on a regular clock, straight "
                "from SequenceWindower; X has none."
            )

        if self.season is not None and index.on_a_clock and not (resume or is_partial):
            warn_if_few_cycles(self.season, index)

        def relative_to(form):
            transform = TargetTransform(
                layout,
                anchor=None if form.anchor == "auto" and predicts_steps else form.anchor,
                season=form.season,
                target=self.target,
                normalize=self.normalize_y,
                is_relative=is_relative,
            )
            if layout.is_multi_step and index.on_a_clock:
                transform.last_times = last_times(index)
            return transform

        if not resume:
            self._forms = [Form(self.anchor, self.season)]
            if self.anchor == "auto" and is_relative and not (self.plain or predicts_steps):
                self._forms = forms_of_forecaster(index, layout.n_targets, self.season)
        plan = self._make_plan(
            spec=spec,
            chosen=chosen,
            inputs=InputPlan(
                patch_size=chosen.patch_size,
                patch_stride=chosen.patch_size,
                # Steps are predicted at from steps as they are.
                views=("values",) if self.plain or predicts_steps else None,
                channel_independent=chosen.channel_independent,
                averages_others=not predicts_steps,
                reads_level=chosen.reads_level,
                cycles=cycles,
            ),
            transform=relative_to(self._forms[0]),
            loss=self._default_loss(),
            y=y,
            index=index,
            is_partial=is_partial,
            known_future=known_future,
            # A resumed fit keeps its target transform, and parts of the rows are no fair trial.
            shrink=False if resume or is_partial else self._shrinks(index, layout),
        )
        first, *others = (
            self._in_form(plan, form, index, relative_to(form)) for form in self._forms
        )
        return replace(first, companions=tuple(others))

    def _in_form(self, plan, form, index, transform):
        """Plan the same fit, with forecasts relative to something else."""
        inputs = plan.inputs
        if form.anchor == "season" and index.on_a_clock:
            # Differences are left of a part of the window.
            lengths = season_lengths(form.season, index)
            left = index.window - longest_in_window(lengths, index.window)
            size = patch_of_cycle(index, form.season, min(left, n_reached_steps(index)))
            size = size if self.patch_size == "auto" else min(inputs.patch_size, left)
            inputs = replace(inputs, patch_size=size, patch_stride=size)
        return replace(plan, transform=transform, inputs=inputs)

    def _default_loss(self):
        if self.quantiles:
            from sklstm.networks import PinballLoss

            return PinballLoss(tuple(map(float, self.quantiles)))
        return "mean_squared_error" if self.horizon == 1 else "mean_absolute_error"

    def _shrinks(self, index, layout):
        """Tell whether a trial is worth its time; see `shrink` of FitPlan."""
        if self.shrink != "auto":
            return bool(self.shrink)
        if self.early_stopping:
            return False
        if self.season is not None:
            return True
        reads_windows = not (self.plain or self.return_sequences or self.stateful)
        is_small = layout.n_targets == 1 and len(index) <= LARGE
        return "useless" if index.knows_time and reads_windows and is_small else False
