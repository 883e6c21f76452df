"""A fit of plain objects, without an estimator: it gives what the estimator gives."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import pickle
import subprocess
import sys

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sklstm.networks import NetworkSpec
from sklstm.preprocessing._window_index import window_index_of
from sklstm.targets._target_layout import TargetLayout
from sklstm.targets._target_transform import TargetTransform
from sklstm.training._fit import FitPlan, fit_network
from sklstm.training._trainer import Trainer
from sklstm.training._training_set import make_training_set
from tests.estimators.helpers import forecaster, series, windows

TRAINER = Trainer(
    optimizer="adam", learning_rate=0.01, schedule=None, loss="mse", metrics=None, callbacks=None,
    patience=None, epochs=2, batch_size=32, shuffle=True, verbose=0,
)  # fmt: skip


def plan(y, **more):
    return FitPlan(
        spec=NetworkSpec(2, (4,), 1, "linear"),
        transform=TargetTransform(TargetLayout(1), anchor="auto", normalize=True),
        trainer=TRAINER,
        y=y.to_numpy()[:, None],
        **more,
    )


def test_it_gives_what_the_estimator_gives():
    table, y = series()
    X = windows(table)
    index = window_index_of(X)
    fit = fit_network(plan(y), index, np.random.default_rng(0))
    model = forecaster().fit(X, y)
    assert_array_equal(fit.network.predict(index)[:, 0], model.predict(X))
    assert fit.members[0].history == model.history_.to_dict("list")
    # A fit resumes from a previous one, like a warm start.
    again = fit_network(plan(y), index, np.random.default_rng(1), previous=fit)
    assert again.members[0].n_epochs == 4
    assert again.members[0].n_iter == 2
    assert again.network.target_transform.mean is fit.network.target_transform.mean


def test_a_fitted_network_is_numbers_and_loads_without_keras(tmp_path):
    table, y = series()
    index = window_index_of(windows(table))
    network = fit_network(plan(y), index, np.random.default_rng(0)).network
    path = tmp_path / "network.pickle"
    path.write_bytes(pickle.dumps(network))
    assert len(path.read_bytes()) < 4096
    code = (
        f"import pickle, sys\nnetwork = pickle.load(open({str(path)!r}, 'rb'))\n"
        "assert not {'keras', 'tensorflow', 'scikeras'} & set(sys.modules)\n"
        "print(network.spec.units, network.n_steps)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "(4,) 4"
    assert_array_equal(pickle.loads(path.read_bytes()).predict(index), network.predict(index))


def test_what_is_validated_on_is_not_learned_from():
    table, y = series()
    index = window_index_of(windows(table))
    strange = y.copy()
    strange.iloc[-10:] = 1e6
    fits = [
        fit_network(plan(of, validation_fraction=0.1), index, np.random.default_rng(0))
        for of in (y, strange)
    ]
    assert_array_equal(fits[0].network.weights[0][0], fits[1].network.weights[0][0])
    losses = [fit.members[0].history["val_loss"][-1] for fit in fits]
    assert losses[1] > 1e3 * losses[0]


@pytest.mark.parametrize("kind", ["windows", "steps", "chunks"])
def test_a_training_set_gives_each_sample_the_target_it_has(kind):
    table, y = series(30)
    index = window_index_of(windows(table, window=4, lead=1))
    values = y.to_numpy()[:, None]
    spec = NetworkSpec(
        2, (4,), 1, "linear", returns_sequences=kind == "steps", stateful=kind == "chunks"
    )
    transform = TargetTransform(TargetLayout(1))
    positions = np.arange(5, 20)
    data = make_training_set(
        spec,
        transform,
        index,
        index,
        values,
        positions,
        slice(None),
        labels_rows=False,
        bptt_steps=3,
    )
    if kind == "windows":
        assert_array_equal(data.targets, values[positions])
        assert not data.per_row
        return
    # The target of row r is the value of the row one step later, whose window ends there.
    rows = table.to_numpy()
    used = np.flatnonzero(data.index.multiplicity() > 0)
    for row in used:
        (place,) = np.flatnonzero((rows == data.index.rows[row]).all(axis=1))
        if not np.isnan(data.targets[row, 0]):
            assert data.targets[row, 0] == values[place + 1, 0]
    n_labelled = int((~np.isnan(data.targets)).sum())
    assert n_labelled == (18 if kind == "steps" else 15)
    if kind == "chunks":
        assert data.index.count.tolist() == [3] * 6
        assert data.series.tolist() == [0] * 6
