"""Targets out of range: fires where the output activation holds the error up, by exactly that much."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize

from fallline import Network
from fallline.diagnosis.budget.group_answers import best_answers_in_range
from fallline.diagnosis.clock import Clock
from fallline.diagnosis.evidence import Evidence
from fallline.diagnosis.finding import Status
from fallline.diagnosis.rules import RULES
from fallline.diagnosis.subject import Subject, descended
from fallline.engine import Architecture, Rows
from fallline.optimizers import LBFGS
from fallline.training.stopping import Limits

RULE = RULES["targets_out_of_range"]
X = np.linspace(-1.0, 1.0, 15)[:, None]


def examine(y, output, loss="mean_squared_error"):
    network = Network([1, 5, y.shape[1]], ["tanh", output], loss=loss, seed=0)
    limits = Limits(iterations=300)
    return RULE.examine(Evidence(descended(network, X, y, LBFGS(), limits=limits), Clock(2.0)))


def test_the_example_reads_as_a_teacher_would_say_it():
    assert RULE.examine(Evidence(RULE.example(), Clock(2.0))).sentence == (
        "15 of 21 rows have targets that sigmoid output (from 0 to 1) cannot give: the targets go from -1 to 3. The "
        "nearest outputs within the range leave an error of 0.8381, 100.0% of the 0.8382 at the stop, whatever the "
        "weights are."
    )


@pytest.mark.parametrize("output", ["sigmoid", "tanh", "relu", "softplus", "elu", "silu"])
def test_targets_beyond_the_range_fire(output):
    finding = examine(3.0 * X - 1.5, output)
    assert finding.fires
    low, high = {"sigmoid": (0, 1), "tanh": (-1, 1), "elu": (-1, np.inf), "silu": (-0.27846454, np.inf)}.get(
        output, (0, np.inf)
    )
    y = 3.0 * X - 1.5
    assert finding.numbers["range"] == pytest.approx(np.square(y - np.clip(y, low, high)).mean())


@pytest.mark.parametrize(("output", "y"), [("sigmoid", X > 0.0), ("tanh", np.sign(X)), ("relu", np.abs(X))])
def test_targets_on_the_edge_cost_nothing(output, y):
    finding = examine(y.astype(float), output)
    assert finding.status is Status.CLEAR
    assert finding.numbers["range"] == 0.0


def test_a_stray_target_is_clear_with_what_it_costs():
    y = 0.5 + 0.4 * np.sin(20.0 * X)
    y[0] = 1.01
    network = Network([1, 2, 1], "sigmoid", loss="mean_squared_error", seed=0)
    finding = RULE.examine(Evidence(Subject(network, Rows(X, y)), Clock(2.0)))
    assert finding.status is Status.CLEAR
    assert "1 of 15 rows" in finding.sentence


def test_noise_is_not_counted_as_range():
    inputs = np.repeat(X, 2, axis=0)
    y = np.tile([-1.0, 0.0], 15)[:, None]
    network = Network([1, 5, 1], ["tanh", "sigmoid"], loss="mean_squared_error", seed=0)
    finding = RULE.examine(Evidence(Subject(network, Rows(inputs, y)), Clock(2.0)))
    assert finding.numbers["range"] == pytest.approx(0.25)  # ½ to the mean of −½, and ¼ more to 0


def test_a_cross_entropy_without_a_lowest_value_fires():
    network = Network([1, 5, 1], ["tanh", "sigmoid"], loss="binary_cross_entropy", seed=0)
    finding = RULE.examine(Evidence(Subject(network, Rows(X, 1.0 + X)), Clock(2.0)))
    assert finding.fires
    assert "no lowest value" in finding.sentence


@pytest.mark.parametrize("seed", range(5))
def test_the_nearest_distribution_to_the_targets_is_that_of_a_general_solver(seed):
    y = np.random.default_rng(seed).normal(size=(1, 4))
    architecture = Architecture((1, 4), ("softmax",), "half_squared_error")
    ours = best_answers_in_range(architecture, y, np.zeros(1, dtype=np.int64)).loss
    found = minimize(
        lambda p: 0.5 * np.square(p - y[0]).sum(),
        np.full(4, 0.25),
        bounds=[(0.0, 1.0)] * 4,
        constraints={"type": "eq", "fun": lambda p: p.sum() - 1.0},
        options={"ftol": 1e-14},
    )
    assert ours == pytest.approx(found.fun, rel=1e-6)
