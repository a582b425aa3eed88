"""Duplicate features: a healthy run with one stays clear; many copies, and copies that differ elsewhere, fire."""

from __future__ import annotations

import numpy as np

from fallline import Network
from fallline.diagnosis.clock import Clock
from fallline.diagnosis.evidence import Evidence
from fallline.diagnosis.finding import Status
from fallline.diagnosis.rules import RULES
from fallline.diagnosis.rules.duplicate_features import duplicates
from fallline.diagnosis.subject import Subject, descended
from fallline.engine import Rows
from fallline.optimizers import LBFGS, GradientDescent
from fallline.training.stopping import Limits

RULE = RULES["duplicate_features"]
U = np.random.default_rng(0).uniform(-1.0, 1.0, (80, 2))
y = np.sin(3.0 * U[:, 1])


def examine(X, optimizer, iterations=200):
    network = Network([X.shape[1], 6, 1], ["tanh", "identity"], loss="mean_squared_error", initialiser="glorot", seed=1)
    limits = Limits(iterations=iterations)
    subject = descended(network, X, y, optimizer, limits=limits, initialiser="glorot", seed=1, compiled=False)
    return RULE.examine(Evidence(subject, Clock(10.0)))


def test_the_example_reads_as_a_teacher_would_say_it():
    finding = RULE.examine(Evidence(RULE.example(), Clock(2.0)))
    assert finding.fires
    assert finding.sentence.startswith(
        "1 of 3 inputs is a copy of another in the training rows, but for its unit (input 1 and input 2), but not in "
        "the validation rows, where weights that cancelled out before no longer do: the validation error is 0.51"
    )
    assert finding.numbers["validation_error_with_copies"] < 1e-3


def test_a_run_with_one_duplicate_is_healthy():
    finding = examine(np.column_stack([U, 2.54 * U[:, 1] + 1.0]), GradientDescent(0.1), 500)
    assert finding.status is Status.CLEAR
    assert finding.numbers["groups"] == [[1, 2]]
    assert "no harm to the error" in finding.sentence


def test_many_copies_that_slow_the_descent_fire_with_the_trial_as_proof():
    X = np.column_stack([np.repeat(3.0 * U[:, :1], 40, axis=1), U[:, 1]])
    finding = examine(X, GradientDescent(0.02), 300)
    assert finding.fires
    assert finding.numbers["error_merged"] < 0.7 * finding.numbers["error_unchanged"]
    assert "40 copies" in finding.sentence


def test_many_copies_are_clear_for_a_method_with_curvature():
    assert examine(np.column_stack([np.repeat(U[:, :1], 40, axis=1), U[:, 1]]), LBFGS()).status is Status.CLEAR


def test_groups_are_found_whatever_unit_and_sign():
    X = np.column_stack([U[:, 0], U[:, 1], 5.0 - 3.0 * U[:, 0], np.ones(80), 1e4 * U[:, 1], U[:, 0] ** 2])
    assert duplicates(X) == [[0, 2], [1, 4]]


def test_nearly_equal_columns_are_no_copies():
    assert duplicates(np.column_stack([U[:, 0], U[:, 0] + 1e-3 * U[:, 1]])) == []


def test_two_rows_are_not_enough():
    subject = Subject(Network([2, 2, 1], seed=0), Rows(U[:2], y[:2, None]))
    assert RULE.examine(Evidence(subject)).status is Status.NOT_ENOUGH_DATA
