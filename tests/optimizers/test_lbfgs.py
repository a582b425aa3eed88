from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fallline.engine import Architecture, Objective, Rows
from fallline.optimizers import LBFGS, Outcome
from fallline.optimizers.lbfgs import LimitedInverseHessian

from .problems import Watch, linear


class Function:
    """An objective that is a function of one number, given as x ↦ (value, slope)."""

    def __init__(self, function):
        self.function = function

    def error_and_gradient(self, w):
        value, slope = self.function(float(w[0]))
        return value, np.array([slope])

    def penalty(self, w):
        return 0.0


def network_problem(loss="mean_squared_error", hidden="tanh", dtype=np.float64, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(50, 3))
    y = X @ rng.normal(size=(3, 2)) + 0.1 * rng.normal(size=(50, 2))
    architecture = Architecture((3, 5, 2), (hidden, "identity"), loss)
    start = rng.normal(size=architecture.parameter_count).astype(dtype)
    return Objective(architecture, Rows(X.astype(dtype), y.astype(dtype))), start


@settings(deadline=None)
@given(st.integers(1, 6), st.integers(1, 4), st.integers(0, 10**6))
def test_the_compact_form_is_the_textbooks_formula_for_the_last_steps(n, memory, seed):
    """Nocedal & Wright, eq. 6.17, from γ · 1 on, for the steps that are remembered."""
    rng = np.random.default_rng(seed)
    inverse, pairs = LimitedInverseHessian(memory, n), []
    for _ in range(7):
        s, y = rng.normal(size=(2, n))
        y += (1.0 + abs(s @ y)) / (s @ s) * s
        inverse.learn(s, y, 1.0)
        pairs = [*pairs, (s, y)][-memory:]
        H = np.eye(n) * (s @ y) / (y @ y)
        for step, change in pairs:
            rho = 1 / (step @ change)
            left = np.eye(n) - rho * np.outer(step, change)
            H = left @ H @ left.T + rho * np.outer(step, step)
        g = rng.normal(size=n)
        np.testing.assert_allclose(inverse.product(g), H @ g, rtol=1e-7, atol=1e-9 * np.abs(H).max())
    inverse.forget()
    assert not inverse.learned
    np.testing.assert_array_equal(inverse.product(g), g)


@pytest.mark.parametrize("l2", [0.0, 0.3])
def test_it_converges_to_the_least_squares_floor(l2):
    problem = linear(l2=l2)
    parameters, watch = problem.start.copy(), Watch()
    optimizer = LBFGS(gradient_tolerance=1e-8)  # below about 1e-9 the error's own rounding can end it first
    assert optimizer.minimize(problem.objective, parameters, watch) is Outcome.CONVERGED
    floor = problem.floor + 0.5 * l2 * float(np.sum(problem.solution[:-1] ** 2))
    assert problem.error(parameters) + problem.objective.penalty(parameters) == pytest.approx(floor, rel=1e-10)
    np.testing.assert_allclose(parameters, problem.solution, rtol=1e-8)
    assert watch.history[-1].gradient_norm < 2e-8
    assert len(watch.history) < 30


@pytest.mark.parametrize("columns", [2, 8])
def test_it_converges_where_columns_differ_a_thousandfold(columns):
    rng = np.random.default_rng(2)
    X = rng.normal(size=(60, columns)) * np.logspace(0, 3, columns)
    y = rng.normal(size=(60, 1))
    A = np.c_[X, np.ones(60)]
    solution = np.linalg.lstsq(A, y[:, 0])[0]
    objective = Objective(Architecture((columns, 1), ("identity",), "mean_squared_error"), Rows(X, y))
    parameters = np.zeros(columns + 1)
    LBFGS().minimize(objective, parameters, Watch(3000))
    floor = float(np.mean((A @ solution - y[:, 0]) ** 2))
    assert objective.error(parameters) == pytest.approx(floor, rel=1e-10)


def test_it_takes_the_steps_of_scipys():
    from scipy.optimize import minimize

    objective, start = network_problem()
    points = []
    minimize(
        objective.error_and_gradient,
        start,
        jac=True,
        method="L-BFGS-B",
        callback=lambda x: points.append(x.copy()),
        options={"maxcor": 7, "ftol": 0.0, "gtol": 1e-10, "maxiter": 40, "maxfun": 10**6},
    )
    parameters, watch = start.copy(), Watch(40)
    assert LBFGS(memory=7).minimize(objective, parameters, watch) is Outcome.STOPPED
    assert len(watch.history) == len(points) == 40
    for iteration, point in zip(watch.history, points, strict=True):
        np.testing.assert_allclose(iteration.parameters, point, rtol=1e-6)
    np.testing.assert_array_equal(parameters, watch.history[-1].parameters)


def test_each_iteration_tells_of_its_own_weights():
    problem = linear(l2=0.3)
    parameters, watch = problem.start.copy(), Watch()
    LBFGS().minimize(problem.objective, parameters, watch)
    before = problem.start
    for k, iteration in enumerate(watch.history, start=1):
        assert iteration.number == k
        assert iteration.steps > k
        assert math.isnan(iteration.learning_rate)
        assert iteration.error == pytest.approx(problem.error(iteration.parameters), rel=1e-12)
        gradient = problem.gradient(iteration.parameters) + 0.3 * iteration.parameters * [1, 1, 0]
        assert iteration.gradient_norm == pytest.approx(np.linalg.norm(gradient), rel=1e-6, abs=1e-14)
        assert iteration.step_size == pytest.approx(np.linalg.norm(iteration.parameters - before), rel=1e-12)
        before = iteration.parameters
    np.testing.assert_array_equal(parameters, before)
    assert (np.diff(watch.column("steps")) >= 1).all()


def test_error_with_penalty_never_rises():
    objective, start = network_problem()
    watch = Watch(100)
    LBFGS().minimize(objective, start, watch)
    errors = watch.column("error")
    assert (np.diff(errors) <= 0).all()
    assert errors[-1] < 0.02 * errors[0]


@pytest.mark.parametrize("iterations", [1, 2, 17])
def test_it_stops_when_the_watch_says_so_at_that_iterations_weights(iterations):
    objective, parameters = network_problem()
    watch = Watch(iterations)
    assert LBFGS().minimize(objective, parameters, watch) is Outcome.STOPPED
    assert len(watch.history) == iterations
    np.testing.assert_array_equal(parameters, watch.history[-1].parameters)


@pytest.mark.parametrize("interrupt_before_step", [1, 2, 9])
def test_an_interruption_leaves_the_weights_of_the_last_iteration(interrupt_before_step):
    objective, parameters = network_problem()
    start = parameters.copy()
    watch = Watch(interrupt_before_step=interrupt_before_step)
    assert LBFGS().minimize(objective, parameters, watch) is Outcome.STOPPED
    assert watch.asked == interrupt_before_step
    expected = watch.history[-1].parameters if watch.history else start
    np.testing.assert_array_equal(parameters, expected)
    assert bool(watch.history) == (interrupt_before_step == 9)


@pytest.mark.parametrize(
    ("loss", "dtype"),
    [
        ("mean_absolute_error", np.float64),
        ("mean_absolute_error", np.float32),
        ("mean_squared_error", np.float32),
        ("huber", np.float32),
    ],
)
def test_only_a_gradient_that_is_zero_as_far_as_the_dtype_can_tell_is_called_converged(loss, dtype):
    """Where the error stands still because of its rounding or of a kink, the gradient need not be small."""
    rows = linear(dtype=dtype).objective.rows
    objective = Objective(Architecture((2, 1), ("identity",), loss), rows)
    for seed in range(3):
        parameters = np.random.default_rng(seed).normal(size=3).astype(dtype)
        outcome = LBFGS().minimize(objective, parameters, Watch(500))
        largest = np.abs(objective.error_and_gradient(parameters)[1]).max()
        assert outcome in (Outcome.CONVERGED, Outcome.NO_DESCENT)
        flat = largest <= math.sqrt(np.finfo(dtype).eps)  # a smaller slope is lost in the rounding of an error near 1
        assert outcome is Outcome.NO_DESCENT or flat, f"seed {seed}: {outcome} at a gradient of {largest}"


@pytest.mark.parametrize("tolerance", [1e-2, 1e-4, 1e-8])
def test_the_tolerance_is_of_the_largest_element_of_the_gradient(tolerance):
    problem = linear()
    parameters, watch = problem.start.copy(), Watch(1000)
    optimizer = LBFGS(gradient_tolerance=tolerance)
    assert optimizer.minimize(problem.objective, parameters, watch) is Outcome.CONVERGED
    largest = [np.abs(problem.gradient(iteration.parameters)).max() for iteration in watch.history]
    assert largest[-1] <= tolerance
    assert min(largest[:-1]) > tolerance


def test_first_weights_at_the_floor_have_converged_without_an_iteration():
    problem = linear()
    parameters, watch = problem.start.copy(), Watch()
    LBFGS().minimize(problem.objective, parameters, Watch())
    floor = parameters.copy()
    assert LBFGS(gradient_tolerance=1e-8).minimize(problem.objective, parameters, watch) is Outcome.CONVERGED
    assert watch.history == []
    np.testing.assert_array_equal(parameters, floor)


def test_a_direction_that_leads_nowhere_down_is_told():
    """A slope of the wrong sign, as of a mistaken gradient: no step along it lowers the value."""
    parameters, watch = np.array([1.0]), Watch()
    assert LBFGS().minimize(Function(lambda x: (x * x, -2 * x)), parameters, watch) is Outcome.NO_DESCENT
    assert watch.history == []
    np.testing.assert_array_equal(parameters, [1.0])


def test_an_overflow_at_a_trial_point_is_walked_around():
    """The first step has length 1 and lands where there is no value; the minimum lies before it."""

    def cliff(x):
        return ((x - 0.3) ** 2, 2 * (x - 0.3)) if x < 0.6 else (math.inf, math.nan)

    parameters, watch = np.array([-0.2]), Watch()
    assert LBFGS().minimize(Function(cliff), parameters, watch) is Outcome.CONVERGED
    np.testing.assert_allclose(parameters, [0.3], atol=1e-9)


def test_a_wall_is_never_taken_for_a_way_down():
    """A steep fall from 5 to 0.1 and then an overflow: whatever stands for it must lie above where the line began."""

    def drop(x):
        return (5 - 4.9 * x, -4.9) if x <= 1.5 else (math.inf, math.nan)

    parameters, watch = np.array([0.0]), Watch(50)
    outcome = LBFGS().minimize(Function(drop), parameters, watch)
    assert outcome in (Outcome.NO_DESCENT, Outcome.STOPPED)
    assert 0.0 <= parameters[0] <= 1.5


@pytest.mark.parametrize("scale", [1e2, 1e20, 1e40, 1e60])
@pytest.mark.parametrize("hidden", ["identity", "softplus", "tanh"])
def test_huge_first_weights_end_in_an_outcome_and_not_above_the_start(hidden, scale):
    rng = np.random.default_rng(1)
    architecture = Architecture((2, 3, 3, 1), (hidden, hidden, "identity"), "mean_squared_error")
    objective = Objective(architecture, Rows(rng.normal(size=(20, 2)), rng.normal(size=(20, 1))))
    parameters = scale * rng.normal(size=architecture.parameter_count)
    start = parameters.copy()
    with np.errstate(over="ignore", invalid="ignore"):
        first, slope = objective.error_and_gradient(start)
        outcome = LBFGS().minimize(objective, parameters, Watch(50))
        if not (np.isfinite(first) and np.isfinite(slope).all()):
            assert outcome is Outcome.NOT_FINITE
            np.testing.assert_array_equal(parameters, start)
        else:
            assert outcome is not Outcome.NOT_FINITE
            assert objective.error(parameters) <= first


def test_an_error_that_overflows_at_the_first_weights_is_told_and_changes_nothing():
    problem = linear()
    parameters = np.array([1e200, 1.0, 1.0])
    with np.errstate(over="ignore", invalid="ignore"):
        assert LBFGS().minimize(problem.objective, parameters, Watch()) is Outcome.NOT_FINITE
    np.testing.assert_array_equal(parameters, [1e200, 1.0, 1.0])


def test_an_overflow_of_float32_at_a_trial_point_is_walked_around():
    """Two columns of 2.5e38: weights of 0.4 meet the targets, the first step's 0.7 overflow float32."""
    X = np.full((4, 2), 2.5e38, np.float32)
    y = np.full((4, 1), -1e38, np.float32)
    objective = Objective(Architecture((2, 1), ("identity",), "mean_absolute_error"), Rows(X, y))
    parameters = np.zeros(3, np.float32)
    first = objective.error(parameters)
    with np.errstate(over="ignore", invalid="ignore"):
        LBFGS().minimize(objective, parameters, Watch(50))
    assert np.isfinite(objective.error(parameters))
    assert objective.error(parameters) < first


def test_float32_weights_reach_the_floor_as_far_as_float32_can_tell():
    problem = linear(dtype=np.float32)
    parameters = problem.start.copy()
    assert LBFGS().minimize(problem.objective, parameters, Watch(200)) is not Outcome.NOT_FINITE
    assert parameters.dtype == np.float32
    assert problem.error(parameters.astype(np.float64)) == pytest.approx(problem.floor, rel=1e-5)
    np.testing.assert_allclose(parameters, problem.solution, rtol=1e-4)


def test_runs_are_the_same_bit_for_bit():
    ends = []
    for _ in range(2):
        objective, parameters = network_problem()
        LBFGS().minimize(objective, parameters, Watch(30))
        ends.append(parameters.tobytes())
    assert ends[0] == ends[1]
