"""Conflicting targets: fires on the noise of repeated rows, and on nothing that could be learnt."""

from __future__ import annotations

import numpy as np
import pytest

from fallline import Network
from fallline.diagnosis.clock import Clock
from fallline.diagnosis.evidence import Evidence
from fallline.diagnosis.finding import Status
from fallline.diagnosis.rules import RULES
from fallline.diagnosis.subject import Subject, descended
from fallline.engine import Rows
from fallline.optimizers import LBFGS
from fallline.training.stopping import Limits

RULE = RULES["conflicting_targets"]


def examine(subject):
    return RULE.examine(Evidence(subject, Clock(2.0)))


def trained(X, y, output="identity", loss="mean_squared_error", **options):
    network = Network([X.shape[1], 6, 1], ["tanh", output], loss=loss, seed=0)
    return descended(network, X, y, LBFGS(), limits=Limits(iterations=200, **options))


def test_the_example_reads_as_a_teacher_would_say_it():
    assert examine(RULE.example()).sentence == (
        "2 of 5 rows have inputs identical to another row's, and another target: at 'a' = 1, 'b' = 1 there are 2 with "
        "the targets 0 and 1. Whatever function a network computes, an error of 0.25 remains: 100.0% of the 0.25 at "
        "the stop."
    )


@pytest.mark.parametrize(
    ("loss", "output", "least"),
    [
        ("mean_squared_error", "identity", 2.0 / 9.0),
        ("half_squared_error", "identity", 2.0),
        ("mean_absolute_error", "identity", 1.0 / 3.0),
        ("huber", "identity", 1.0 / 9.0),
        ("binary_cross_entropy", "sigmoid", -np.log(1 / 3) / 3 - 2 * np.log(2 / 3) / 3),
    ],
)
def test_the_noise_is_exact_for_each_loss(loss, output, least):
    X = np.repeat(np.linspace(-1.0, 1.0, 6), 3)[:, None]
    y = np.tile([0.0, 0.0, 1.0], 6)
    finding = examine(trained(X, y, output, loss))
    assert finding.fires
    assert finding.confidence == 1.0
    assert finding.numbers["noise"] == pytest.approx(least)


def test_inputs_that_differ_by_rounding_are_all_but_identical():
    rng = np.random.default_rng(0)
    X = np.repeat(rng.normal(size=(20, 2)), 2, axis=0)
    X += 1e-12 * rng.normal(size=X.shape)
    finding = examine(trained(X, rng.normal(size=40)))
    assert finding.fires
    assert not finding.numbers["identical"]
    assert "all but identical" in finding.sentence


def test_repeated_rows_that_agree_are_clear():
    X = np.repeat(np.linspace(-1.0, 1.0, 8), 3)[:, None]
    assert examine(trained(X, np.sin(2.0 * X))).sentence == (
        "No two of the 24 rows have the same inputs and different targets."
    )


def test_a_conflict_that_is_a_small_part_of_a_large_error_is_clear():
    X = np.linspace(-1.0, 1.0, 12)[:, None]
    X[1] = X[0]
    y = np.sin(9.0 * X)
    y[1] = y[0] + 0.1
    finding = examine(Subject(Network([1, 3, 1], ["tanh", "identity"], seed=0), Rows(X, y)))
    assert finding.status is Status.CLEAR
    assert finding.numbers["rows_in_conflict"] == 2


def test_next_to_nothing_is_clear_unless_a_target_is_missed_by_it():
    X = np.repeat(np.linspace(-1.0, 1.0, 6), 2)[:, None]
    y = X + 1e-3 * np.tile([-1.0, 1.0], 6)[:, None]
    assert examine(trained(X, y)).status is Status.CLEAR
    assert examine(trained(X, y, target_error=1e-9)).fires
