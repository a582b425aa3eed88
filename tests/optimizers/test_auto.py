"""The choice by itself: what suits, and why."""

from __future__ import annotations

import numpy as np
import pytest

from fallline.engine import Architecture, Objective, Rows
from fallline.optimizers import BFGS, LBFGS, Adam, Auto, Leg, LevenbergMarquardt, Outcome, Relay

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
            {"shape": (21, 15, 3), "rows": 264},
            Relay,
            "BFGS while the error falls fast, then Levenberg–Marquardt, the linear output layer solved exactly: 378 "
            "parameters, 264 rows, mean squared error",
        ),
        (
            {"shape": (2, 30, 2), "rows": 1_199},
            LevenbergMarquardt,
            "Levenberg–Marquardt, the linear output layer solved exactly: 152 parameters, 1,199 rows, mean squared "
            "error",
        ),
        (
            {"shape": (8, 15, 15, 2), "rows": 768, "output": "tanh"},
            LevenbergMarquardt,
            "Levenberg–Marquardt: 407 parameters, 768 rows, mean squared error",
        ),
        (
            {"shape": (10, 60, 1), "rows": 442},
            Relay,
            "Adam while the error falls fast, then Levenberg–Marquardt: 721 parameters, 442 rows, mean squared error",
        ),
        (
            {"shape": (2, 20, 20, 1), "rows": 194, "output": "tanh"},
            Relay,
            "Levenberg–Marquardt; where its first steps come to nothing, Adam while the error falls fast before it: "
            "501 parameters, 194 rows, mean squared error",
        ),
        (
            {"shape": (20, 40, 3), "rows": 200, "output": "softmax", "loss": "categorical_cross_entropy"},
            LevenbergMarquardt,
            "Levenberg–Marquardt: 963 parameters, 200 rows, categorical cross entropy",
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
    assert chosen((20, 80, 1), 300).optimizer.last == LevenbergMarquardt()


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


def test_steps_are_bent_where_there_are_somewhat_more_parameters_than_residuals():
    optimizer, why = chosen((2, 2, 1), 4, output="sigmoid", loss="half_squared_error")
    assert optimizer == LevenbergMarquardt(geodesic_acceleration=True)
    assert why == "Levenberg–Marquardt, its steps bent: 9 parameters, 4 rows, half squared error"
    assert chosen((2, 3, 1), 4).optimizer == LevenbergMarquardt(geodesic_acceleration=True)
    assert chosen((2, 4, 1), 4).optimizer == LevenbergMarquardt()


def test_the_legs_before_the_dear_iterations():
    (bfgs,) = chosen((21, 15, 3), 264).optimizer.legs
    assert bfgs == Leg(BFGS(), 20, 0.03)
    (adam,) = chosen((10, 60, 1), 442).optimizer.legs
    trial, same = chosen((2, 20, 20, 1), 194, output="tanh").optimizer.legs
    assert adam == same == Leg(Adam(0.03), 200, 0.3)
    assert trial == Leg(LevenbergMarquardt(), 3, 0.3, trial=True)
