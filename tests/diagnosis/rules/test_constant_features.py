"""Constant features: fires for each of the three harms, and is clear where there is none."""

from __future__ import annotations

import numpy as np

from fallline import Network
from fallline.diagnosis.clock import Clock
from fallline.diagnosis.evidence import Evidence
from fallline.diagnosis.finding import Status
from fallline.diagnosis.rules import RULES
from fallline.diagnosis.subject import Subject, descended
from fallline.engine import Rows
from fallline.optimizers import LBFGS, GradientDescent
from fallline.training.stopping import Limits

RULE = RULES["constant_features"]


def examine(X, y, optimizer, iterations=200, held_out=None):
    network = Network([X.shape[1], 6, 1], ["tanh", "identity"], loss="mean_squared_error", seed=1)
    limits = Limits(iterations=iterations)
    subject = descended(network, X, y, optimizer, limits=limits, validation=held_out, seed=1, compiled=False)
    return RULE.examine(Evidence(subject, Clock(10.0)))


def table(rows=60, last=1.0):
    u = np.random.default_rng(0).uniform(-1.0, 1.0, rows)
    return np.column_stack([u, np.full(rows, last)]), np.sin(3.0 * u)


def test_the_example_reads_as_a_teacher_would_say_it():
    finding = RULE.examine(Evidence(RULE.example(), Clock(2.0)))
    assert finding.sentence == (
        "Every input has the same value in all 4 rows, so the network can give one answer only: an error of 2.5 "
        "remains for the best, 100.0% of the 2.5 at the stop."
    )
    assert finding.confidence == 1.0


def test_a_small_constant_is_clear():
    finding = examine(*table(), GradientDescent(0.05))
    assert finding.status is Status.CLEAR
    assert finding.sentence == "1 of 2 inputs (input 2) is constant in the training rows: of no use, and no harm here."


def test_a_large_constant_fires_with_the_trial_as_proof():
    finding = examine(*table(last=300.0), GradientDescent(5e-5), 1500)
    assert finding.fires
    assert finding.numbers["error_without"] < 0.5 * finding.numbers["error_unchanged"]


def test_a_large_constant_is_clear_for_a_method_with_curvature():
    assert examine(*table(last=300.0), LBFGS()).status is Status.CLEAR


def test_a_constant_that_varies_in_the_validation_rows_fires_where_that_costs():
    X, y = table(120, last=0.0)
    X[60:, 1] = np.random.default_rng(1).normal(scale=3.0, size=60)
    finding = examine(X[:60], y[:60], LBFGS(), held_out=(X[60:], y[60:]))
    assert finding.fires
    assert finding.numbers["validation_error_with_constant"] < 0.5 * finding.numbers["validation_error"]


def test_validation_rows_with_the_same_constant_are_clear():
    X, y = table(120, last=0.0)
    assert examine(X[:60], y[:60], LBFGS(), held_out=(X[60:], y[60:])).status is Status.CLEAR


def test_constant_inputs_with_constant_targets_are_clear():
    assert examine(np.ones((6, 2)), np.ones(6), LBFGS()).status is Status.CLEAR


def test_one_row_is_not_enough():
    subject = Subject(Network([2, 2, 1], seed=0), Rows(np.ones((1, 2)), np.ones((1, 1))))
    assert RULE.examine(Evidence(subject)).status is Status.NOT_ENOUGH_DATA
