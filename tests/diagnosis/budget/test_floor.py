"""The search for the floor, and the closed form of linear networks."""

import math
import subprocess
import sys

import numpy as np
import pytest

from fallline import Network
from fallline.diagnosis.budget.floor import search_floor
from fallline.diagnosis.budget.linear_floor import linear_floor
from fallline.diagnosis.clock import Clock
from fallline.diagnosis.subject import Subject
from fallline.engine import Architecture, Objective, Rows
from fallline.optimizers import LBFGS
from fallline.training.descent import descend
from fallline.training.stopping import Limits

XOR = Rows(np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), np.array([[0.0], [1.0], [1.0], [0.0]]))


def floor_of(network, rows, seconds=3.0, bound=0.0):
    subject = Subject(network, rows)
    parameters = network.parameters.astype(float)
    error = Objective(network.architecture, rows).error(parameters)
    return search_floor(subject, rows, parameters, error, bound, Clock(seconds))


@pytest.mark.parametrize("shape", [[2, 2, 1], [2, 3, 1]])
@pytest.mark.parametrize("seed", range(4))
def test_networks_that_can_learn_xor_reach_zero(shape, seed):
    floor = floor_of(Network(shape, initialiser="normal", seed=seed), XOR)
    assert floor.at_bound
    assert floor.exact
    assert floor.error < 1e-6


def test_one_hidden_unit_leaves_a_third_on_xor_and_the_search_ends_by_itself():
    floor = floor_of(Network([2, 1, 1], initialiser="normal", seed=0), XOR)
    assert floor.error == pytest.approx(1 / 3, rel=1e-6)
    assert floor.finished
    assert not floor.exact
    assert floor.starts <= 12


def test_weights_are_the_proof():
    network = Network([2, 1, 1], initialiser="normal", seed=3)
    floor = floor_of(network, XOR)
    assert Objective(network.architecture, XOR).error(floor.parameters) == floor.error


def test_search_repeats_itself():
    first, again = (floor_of(Network([2, 1, 1], initialiser="normal", seed=1), XOR) for _ in range(2))
    assert first.errors == again.errors


def test_search_keeps_to_its_time_and_never_ends_above_the_stop():
    rng = np.random.default_rng(0)
    rows = Rows(rng.normal(size=(2000, 8)), rng.normal(size=(2000, 1)))
    network = Network([8, 30, 1], ["tanh", "identity"], loss="mean_squared_error", seed=0)
    clock = Clock()
    floor = floor_of(network, rows, seconds=0.3)
    assert clock.spent < 5.0
    assert not floor.finished
    assert floor.error <= Objective(network.architecture, rows).error(network.parameters)


def test_no_search_at_the_lower_bound():
    network = Network([1, 1], "identity", loss="mean_squared_error", seed=0)
    network.parameters[:] = [1.0, 0.0]
    floor = floor_of(network, Rows(np.array([[0.0], [1.0]]), np.array([[0.0], [1.0]])))
    assert (floor.starts, floor.exact, floor.error) == (0, True, 0.0)


def test_errors_that_are_not_finite_have_no_floor_to_search():
    network = Network([1, 1], "identity", loss="mean_squared_error", seed=0)
    network.parameters[:] = np.nan
    assert math.isnan(floor_of(network, Rows(np.ones((2, 1)), np.ones((2, 1)))).error)


def test_logistic_regression_needs_one_descent():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 2))
    y = (rng.uniform(size=(200, 1)) < 0.5).astype(float)
    floor = floor_of(Network([2, 1], "sigmoid", loss="binary_cross_entropy", seed=0), Rows(X, y))
    assert (floor.starts, floor.exact) == (1, True)


@pytest.mark.parametrize("shape", [(3, 2), (3, 5, 2), (5, 1, 4), (5, 2, 6, 4), (4, 3, 1), (2, 4, 3, 5)])
@pytest.mark.parametrize("loss", ["mean_squared_error", "half_squared_error"])
def test_closed_form_of_linear_networks_is_where_descents_end(shape, loss):
    rng = np.random.default_rng(5)
    X = rng.normal(size=(40, shape[0])) * rng.uniform(0.3, 3.0, size=shape[0]) + 5.0
    rows = Rows(X, rng.normal(size=(40, shape[-1])))
    architecture = Architecture(shape, ("identity",) * (len(shape) - 1), loss)
    objective = Objective(architecture, rows)
    least, gradient = objective.error_and_gradient(linear_floor(architecture, rows))
    assert np.abs(gradient).max() < 1e-8 * objective.error(np.zeros(architecture.parameter_count))
    found = []
    for seed in range(4):
        network = Network(shape, "identity", loss=loss, seed=seed)
        found.append(descend(network, rows, LBFGS(), limits=Limits(iterations=500)).train_error)
    assert least <= min(found) * (1.0 + 1e-9)
    assert least == pytest.approx(min(found), rel=1e-5)


def test_closed_form_takes_constant_and_duplicate_inputs():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(30, 1))
    rows = Rows(np.c_[x, x, np.ones(30)], 2.0 * x + 1.0)
    architecture = Architecture((3, 1), ("identity",), "mean_squared_error")
    assert Objective(architecture, rows).error(linear_floor(architecture, rows)) < 1e-25


def test_small_work_never_loads_the_compiler():
    code = (
        "import sys, numpy as np\n"
        "from fallline import Network\n"
        "from fallline.engine import Rows\n"
        "from fallline.diagnosis.evidence import Evidence\n"
        "from fallline.diagnosis.subject import Subject\n"
        "rows = Rows(np.array([[0., 0], [0, 1], [1, 0], [1, 1]]), np.array([[0.], [1], [1], [0]]))\n"
        "Evidence(Subject(Network([2, 1, 1], seed=0), rows)).budget\n"
        "sys.exit('numba' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
