from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fallline.engine import Architecture, Objective, Rows
from fallline.optimizers import NewtonCG, Outcome
from fallline.optimizers.newton_cg import truncated_conjugate_gradients

from .problems import Watch, linear
from .test_lbfgs import network_problem


class Function:
    """An objective that is a function with its gradient and Hessian."""

    def __init__(self, value, gradient, hessian):
        self.value, self.gradient, self.hessian = value, gradient, hessian

    def error_and_gradient(self, w):
        return self.value(w), self.gradient(w)

    def hessian_product(self, w, v):
        return self.hessian(w) @ v

    def penalty(self, w):
        return 0.0


ROSENBROCK = Function(
    lambda w: 100 * (w[1] - w[0] ** 2) ** 2 + (1 - w[0]) ** 2,
    lambda w: np.array([-400 * w[0] * (w[1] - w[0] ** 2) - 2 * (1 - w[0]), 200 * (w[1] - w[0] ** 2)]),
    lambda w: np.array([[1200 * w[0] ** 2 - 400 * w[1] + 2, -400 * w[0]], [-400 * w[0], 200.0]]),
)


def model(B, g, p):
    return g @ p + 0.5 * p @ B @ p


@settings(deadline=None)
@given(st.integers(1, 12), st.integers(0, 10**6), st.floats(-4, 0))
def test_the_step_is_newtons_where_the_region_is_large(n, seed, size):
    rng = np.random.default_rng(seed)
    A = rng.normal(size=(n, n))
    B, g = A @ A.T + np.eye(n), rng.normal(size=n)
    g *= 10**size / np.linalg.norm(g)
    found = truncated_conjugate_gradients(lambda v: B @ v, g, 1e6)
    assert not found.at_boundary
    left = np.linalg.norm(B @ found.step + g)
    assert left <= min(0.5, math.sqrt(np.linalg.norm(g))) * np.linalg.norm(g) * (1 + 1e-9)
    assert found.fall == pytest.approx(-model(B, g, found.step), rel=1e-6)


@settings(deadline=None)
@given(st.integers(2, 12), st.integers(0, 10**6))
def test_it_equals_the_dense_solve_where_the_gradient_is_small_enough_to_ask_for_it(n, seed):
    rng = np.random.default_rng(seed)
    Q = np.linalg.qr(rng.normal(size=(n, n)))[0]
    B, g = Q @ np.diag(np.linspace(1, 3, n)) @ Q.T, 1e-20 * rng.normal(size=n)
    found = truncated_conjugate_gradients(lambda v: B @ v, g, 1.0)
    np.testing.assert_allclose(found.step, np.linalg.solve(B, -g), rtol=0, atol=1e-8 * np.linalg.norm(g))


@settings(deadline=None)
@given(st.integers(1, 12), st.integers(0, 10**6), st.floats(-3, 1))
def test_no_step_leaves_the_region_and_each_falls_at_least_as_far_as_the_cauchy_point(n, seed, size):
    rng = np.random.default_rng(seed)
    B, g, radius = rng.normal(size=(n, n)), rng.normal(size=n), 10**size
    B = B + B.T  # of either sign
    found = truncated_conjugate_gradients(lambda v: B @ v, g, radius)
    assert np.linalg.norm(found.step) <= radius * (1 + 1e-9)
    assert found.fall == pytest.approx(-model(B, g, found.step), rel=1e-6, abs=1e-12)
    norm, bend = np.linalg.norm(g), g @ B @ g
    cauchy = -g * (radius / norm if bend <= 0 else min(radius / norm, norm**2 / bend))
    assert found.fall >= -model(B, g, cauchy) * (1 - 1e-9)
    if found.at_boundary:
        assert np.linalg.norm(found.step) == pytest.approx(radius, rel=1e-9)


def test_negative_curvature_is_followed_to_the_boundary():
    B, g = np.diag([-1.0, 2.0]), np.array([0.1, 0.0])
    found = truncated_conjugate_gradients(lambda v: B @ v, g, 3.0)
    np.testing.assert_allclose(found.step, [-3.0, 0.0], rtol=1e-12)
    assert found.at_boundary


def test_rosenbrocks_valley_is_followed_to_its_end():
    parameters, watch = np.array([-1.2, 1.0]), Watch(200)
    assert NewtonCG().minimize(ROSENBROCK, parameters, watch) is Outcome.CONVERGED
    np.testing.assert_allclose(parameters, [1.0, 1.0], rtol=0, atol=1e-9)
    assert watch.history[-1].error < 1e-20
    assert (np.diff(watch.column("error")) <= 0).all()
    assert len(watch.history) < 60


@pytest.mark.parametrize("gauss_newton", [False, True])
@pytest.mark.parametrize("l2", [0.0, 0.3])
def test_it_converges_to_the_least_squares_floor(l2, gauss_newton):
    problem = linear(l2=l2)
    parameters, watch = problem.start.copy(), Watch(50)
    assert NewtonCG(gauss_newton=gauss_newton).minimize(problem.objective, parameters, watch) is Outcome.CONVERGED
    np.testing.assert_allclose(parameters, problem.solution, rtol=1e-9)
    assert len(watch.history) < 15


@pytest.mark.parametrize("gauss_newton", [False, True])
@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_network_learns_in_either_engine_and_dtype(compiled, dtype, gauss_newton):
    X = np.linspace(-1, 1, 21)[:, None].astype(dtype)
    architecture = Architecture((1, 5, 1), ("tanh", "identity"), "mean_squared_error")
    parameters = np.random.default_rng(0).normal(size=architecture.parameter_count).astype(dtype)
    objective = Objective(architecture, Rows(X, np.sin(np.pi * X)), compiled=compiled)
    assert NewtonCG(gauss_newton=gauss_newton).minimize(objective, parameters, Watch(300)) is not Outcome.NOT_FINITE
    assert parameters.dtype == dtype
    assert objective.error(parameters) < 1e-5


def test_a_saddle_of_equal_hidden_units_is_left_by_its_negative_curvature():
    """XOR with two units that are alike, but for a hair: the gradient treats them alike, the curvature does not."""
    X, y = np.array([[0.0, 0.0], [0, 1], [1, 0], [1, 1]]), np.array([[0.0], [1], [1], [0]])
    objective = Objective(Architecture((2, 2, 1), ("tanh", "identity"), "mean_squared_error"), Rows(X, y))
    parameters = np.array([0.5, -0.5, 0.1, 0.5, -0.5, 0.1, 0.3, 0.3, 0.2])
    parameters[:6] += 1e-7 * np.random.default_rng(0).normal(size=6)
    curvature = np.array([objective.hessian_product(parameters, e) for e in np.eye(9)])
    assert np.linalg.eigvalsh(curvature).min() < -1e-3
    NewtonCG().minimize(objective, parameters, Watch(200))
    assert objective.error(parameters) < 1e-12


def test_error_never_rises_and_no_more_gradients_are_counted_than_points_tried():
    objective, start = network_problem()
    watch = Watch(100)
    NewtonCG().minimize(objective, start, watch)
    errors = watch.column("error")
    assert (np.diff(errors) <= 1e-14).all()
    assert errors[-1] < 0.02 * errors[0]
    assert (np.diff(watch.column("steps")) >= 1).all()


def test_an_overflow_in_the_region_makes_it_smaller():
    def cliff(w):
        return (w[0] - 0.3) ** 2 if w[0] < 0.6 else math.inf

    function = Function(
        cliff, lambda w: 2 * (w - 0.3), lambda w: np.array([[0.2]])
    )  # Newton's step is ten times too long
    parameters = np.array([-0.2])
    assert NewtonCG(radius=100.0).minimize(function, parameters, Watch(500)) is Outcome.CONVERGED
    np.testing.assert_allclose(parameters, [0.3], atol=1e-9)


def test_a_slope_of_the_wrong_sign_lets_the_region_collapse():
    function = Function(lambda w: w[0] ** 2, lambda w: -2 * w, lambda w: np.array([[2.0]]))
    parameters, watch = np.array([1.0]), Watch()
    assert NewtonCG().minimize(function, parameters, watch) is Outcome.NO_DESCENT
    assert watch.history == []
    np.testing.assert_array_equal(parameters, [1.0])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("loss", ["mean_squared_error", "mean_absolute_error", "huber"])
def test_it_ends_by_itself_where_only_rounding_or_a_kink_is_left(loss, dtype):
    objective = Objective(Architecture((2, 1), ("identity",), loss), linear(dtype=dtype).objective.rows)
    parameters = np.random.default_rng(0).normal(size=3).astype(dtype)
    outcome = NewtonCG(gradient_tolerance=0.0).minimize(objective, parameters, Watch(5000))
    largest = np.abs(objective.error_and_gradient(parameters)[1]).max()
    assert outcome in (Outcome.CONVERGED, Outcome.NO_DESCENT)
    assert (outcome is Outcome.CONVERGED) == (largest <= math.sqrt(np.finfo(dtype).eps))


@pytest.mark.parametrize("interrupt", [1, 2, 9, 40])
def test_an_interruption_leaves_the_weights_of_the_last_iteration(interrupt):
    objective, parameters = network_problem()
    start = parameters.copy()
    watch = Watch(interrupt_before_step=interrupt)
    assert NewtonCG().minimize(objective, parameters, watch) is Outcome.STOPPED
    assert watch.asked == interrupt
    np.testing.assert_array_equal(parameters, watch.history[-1].parameters if watch.history else start)


def test_an_error_that_overflows_at_the_first_weights_is_told_and_changes_nothing():
    problem = linear()
    parameters = np.array([1e200, 1.0, 1.0])
    with np.errstate(over="ignore", invalid="ignore"):
        assert NewtonCG().minimize(problem.objective, parameters, Watch()) is Outcome.NOT_FINITE
    np.testing.assert_array_equal(parameters, [1e200, 1.0, 1.0])


@pytest.mark.parametrize("scale", [1e2, 1e20, 1e60])
@pytest.mark.parametrize("hidden", ["identity", "softplus", "tanh"])
def test_huge_first_weights_end_in_an_outcome_and_not_above_the_start(hidden, scale):
    rng = np.random.default_rng(1)
    architecture = Architecture((2, 3, 3, 1), (hidden, hidden, "identity"), "mean_squared_error")
    objective = Objective(architecture, Rows(rng.normal(size=(20, 2)), rng.normal(size=(20, 1))))
    parameters = scale * rng.normal(size=architecture.parameter_count)
    with np.errstate(over="ignore", invalid="ignore"):
        first = objective.error(parameters)
        outcome = NewtonCG().minimize(objective, parameters, Watch(50))
        assert isinstance(outcome, Outcome)
        assert not objective.error(parameters) > first
