"""The choice by itself: what suits, and why."""

from __future__ import annotations

import numpy as np
import pytest

from fallline.engine import Architecture, Objective, Rows
from fallline.optimizers import BFGS, LBFGS, Adam, Auto, LevenbergMarquardt, Outcome

from .problems import Watch


def chosen(shape, rows, *, output="identity", loss="mean_squared_error", seconds=None):
    layers = ("tanh",) * (len(shape) - 2) + (output,)
    return Auto(seconds).choice(Architecture(shape, layers, loss), rows)


@pytest.mark.parametrize(
    ("arguments", "kind", "reason"),
    [
        (
            {"shape": (10, 10, 1), "rows": 10_000},
            LevenbergMarquardt,
            "Levenberg–Marquardt, the linear output layer solved exactly: 121 parameters, 10,000 rows, mean squared "
            "error",
        ),
        (
            {"shape": (3, 10, 10, 1), "rows": 8, "output": "tanh"},
            LevenbergMarquardt,
            "Levenberg–Marquardt: 161 parameters, 8 rows, mean squared error",
        ),
        (
            {"shape": (4, 20, 3), "rows": 500, "output": "softmax", "loss": "categorical_cross_entropy"},
            LevenbergMarquardt,
            "Levenberg–Marquardt: 163 parameters, 500 rows, categorical cross entropy",
        ),
        (
            {"shape": (10, 10, 1), "rows": 500, "loss": "mean_absolute_error"},
            BFGS,
            "BFGS: 121 parameters, 500 rows, mean absolute error",
        ),
        (
            {"shape": (50, 100, 1), "rows": 500, "loss": "huber"},
            LBFGS,
            "L-BFGS: 5,201 parameters, 500 rows, huber",
        ),
        (
            {"shape": (784, 128, 10), "rows": 60_000, "output": "softmax", "loss": "categorical_cross_entropy"},
            Adam,
            "Adam on mini-batches: 101,770 parameters, 60,000 rows, categorical cross entropy, about 1.2 s for a pass "
            "over all rows",
        ),
        (
            {"shape": (10, 10, 1), "rows": 10_000, "seconds": 0.1},
            BFGS,
            "BFGS: 121 parameters, 10,000 rows, mean squared error",
        ),
    ],
)
def test_it_follows_from_parameters_rows_loss_and_time(arguments, kind, reason):
    optimizer, why = chosen(**arguments)
    assert type(optimizer) is kind
    assert why == reason


def test_the_dual_form_leaves_the_output_layer_in_the_system():
    assert chosen((3, 10, 1), 8).optimizer == LevenbergMarquardt()
    projecting = chosen((3, 10, 1), 80).optimizer
    assert projecting.variable_projection
    assert projecting.geodesic_acceleration


def test_a_matrix_beyond_memory_is_not_chosen(monkeypatch):
    monkeypatch.setattr("fallline.optimizers.auto.available_memory", lambda: 10**8)
    assert type(chosen((20, 80, 1), 300).optimizer) is BFGS
    monkeypatch.setattr("fallline.optimizers.auto.available_memory", lambda: None)
    assert type(chosen((20, 80, 1), 300).optimizer) is LevenbergMarquardt


def test_it_descends_as_the_one_that_it_chooses():
    rng = np.random.default_rng(0)
    architecture = Architecture((2, 4, 1), ("tanh", "identity"), "mean_squared_error")
    objective = Objective(architecture, Rows(rng.normal(size=(30, 2)), rng.normal(size=(30, 1))))
    start = rng.normal(size=architecture.parameter_count)
    mine, theirs = start.copy(), start.copy()
    assert Auto().minimize(objective, mine, Watch(7)) is Outcome.STOPPED
    Auto().choice(architecture, 30).optimizer.minimize(objective, theirs, Watch(7))
    np.testing.assert_array_equal(mine, theirs)
    assert not np.array_equal(mine, start)
