from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fallline.engine import Architecture, Objective, Rows, memory
from fallline.errors import FalllineError
from fallline.optimizers import BFGS, LBFGS, Outcome
from fallline.optimizers.bfgs import DenseInverseHessian

from .problems import Watch, linear
from .test_lbfgs import Function, network_problem


def textbook(H, s, y, factor):
    """Nocedal & Wright, eq. 6.17, of the matrix times a factor, as it is printed."""
    rho, one = 1 / (s @ y), np.eye(len(s))
    return (one - rho * np.outer(s, y)) @ (factor * H) @ (one - rho * np.outer(y, s)) + rho * np.outer(s, s)


@settings(deadline=None)
@given(st.integers(1, 8), st.integers(0, 10**6))
def test_the_inverse_hessian_is_the_textbooks_and_stays_positive_definite(n, seed):
    rng = np.random.default_rng(seed)
    inverse, H = DenseInverseHessian(n), np.eye(n)
    for k in range(6):
        s, y = rng.normal(size=(2, n))
        y += (1.0 + abs(s @ y)) / (s @ s) * s
        bend = s @ np.linalg.solve(H, s)
        H = textbook(H, s, y, max(1.0, bend / (s @ y)) if k else (s @ y) / (y @ y))
        inverse.learn(s, y, bend)
        got = inverse.matrix()
        np.testing.assert_array_equal(got, got.T)
        np.testing.assert_allclose(got, H, rtol=1e-6, atol=1e-8 * np.abs(H).max())
        np.testing.assert_allclose(got @ y, s, rtol=1e-6, atol=1e-8 * np.abs(H).max())  # the secant equation
        assert np.linalg.eigvalsh(got).min() > 0
        g = rng.normal(size=n)
        np.testing.assert_allclose(inverse.product(g), got @ g, rtol=1e-6, atol=1e-8 * np.abs(H).max())
        H = got
    inverse.forget()
    np.testing.assert_array_equal(inverse.matrix(), np.eye(n))
    assert not inverse.learned


def test_it_is_updated_in_place():
    inverse, rng = DenseInverseHessian(50), np.random.default_rng(0)
    before = inverse._matrix
    s = rng.normal(size=50)
    inverse.learn(s, 2.0 * s, 1.0)
    assert inverse._matrix.ctypes.data == before.ctypes.data


@pytest.mark.parametrize("l2", [0.0, 0.3])
def test_it_converges_to_the_closed_form_within_a_few_iterations_more_than_parameters(l2):
    problem = linear(l2=l2)
    parameters, watch = problem.start.copy(), Watch()
    assert BFGS(gradient_tolerance=1e-8).minimize(problem.objective, parameters, watch) is Outcome.CONVERGED
    np.testing.assert_allclose(parameters, problem.solution, rtol=1e-8)
    assert len(watch.history) <= len(parameters) + 9


def test_a_larger_quadratic_is_met_in_about_as_many_iterations_as_parameters():
    rng = np.random.default_rng(3)
    X, y = rng.normal(size=(200, 20)), rng.normal(size=(200, 1))
    objective = Objective(Architecture((20, 1), ("identity",), "mean_squared_error"), Rows(X, y))
    parameters, watch = np.zeros(21), Watch()
    assert BFGS(gradient_tolerance=1e-8).minimize(objective, parameters, watch) is Outcome.CONVERGED
    expected = np.linalg.lstsq(np.c_[X, np.ones(200)], y[:, 0])[0]
    np.testing.assert_allclose(parameters, expected, rtol=0, atol=1e-8)
    assert len(watch.history) <= 26


def test_each_iteration_tells_of_its_own_weights():
    problem = linear(l2=0.3)
    parameters, watch = problem.start.copy(), Watch()
    BFGS(gradient_tolerance=1e-8).minimize(problem.objective, parameters, watch)
    before = problem.start
    for k, iteration in enumerate(watch.history, start=1):
        assert (iteration.number, iteration.age) == (k, k)
        assert math.isnan(iteration.learning_rate)
        assert iteration.error == pytest.approx(problem.error(iteration.parameters), rel=1e-12)
        gradient = problem.gradient(iteration.parameters) + 0.3 * iteration.parameters * [1, 1, 0]
        assert iteration.gradient_norm == pytest.approx(np.linalg.norm(gradient), rel=1e-6, abs=1e-13)
        assert iteration.step_size == pytest.approx(np.linalg.norm(iteration.parameters - before), rel=1e-12)
        before = iteration.parameters
    np.testing.assert_array_equal(parameters, before)
    assert (np.diff([0, *watch.column("steps")]) >= 1).all()


def test_the_error_never_rises():
    objective, start = network_problem()
    watch = Watch(300)
    BFGS().minimize(objective, start.copy(), watch)
    errors = watch.column("error")
    assert (np.diff(errors) <= 0).all()
    assert errors[-1] < 0.02 * errors[0]


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_network_learns_in_either_engine_and_dtype(compiled, dtype):
    X = np.linspace(-1, 1, 21)[:, None].astype(dtype)
    y = np.sin(np.pi * X)
    architecture = Architecture((1, 5, 1), ("tanh", "identity"), "mean_squared_error")
    parameters = np.random.default_rng(0).normal(size=architecture.parameter_count).astype(dtype)
    objective = Objective(architecture, Rows(X, y), compiled=compiled)
    assert BFGS().minimize(objective, parameters, Watch(300)) is not Outcome.NOT_FINITE
    assert parameters.dtype == dtype
    assert objective.error(parameters) < 1e-5


@pytest.mark.parametrize("interrupt_before_step", [1, 2, 9])
def test_an_interruption_leaves_the_weights_of_the_last_iteration(interrupt_before_step):
    objective, parameters = network_problem()
    start = parameters.copy()
    watch = Watch(interrupt_before_step=interrupt_before_step)
    assert BFGS().minimize(objective, parameters, watch) is Outcome.STOPPED
    assert watch.asked == interrupt_before_step
    np.testing.assert_array_equal(parameters, watch.history[-1].parameters if watch.history else start)


def test_an_error_that_overflows_at_the_first_weights_is_told_and_changes_nothing():
    problem = linear()
    parameters = np.array([1e200, 1.0, 1.0])
    with np.errstate(over="ignore", invalid="ignore"):
        assert BFGS().minimize(problem.objective, parameters, Watch()) is Outcome.NOT_FINITE
    np.testing.assert_array_equal(parameters, [1e200, 1.0, 1.0])


def test_a_gradient_that_overflows_at_the_first_weights_is_told():
    parameters = np.array([1.0])
    assert BFGS().minimize(Function(lambda x: (x, math.inf)), parameters, Watch()) is Outcome.NOT_FINITE
    assert BFGS().minimize(Function(lambda x: (x, math.nan)), parameters, Watch()) is Outcome.NOT_FINITE


@pytest.mark.parametrize("optimizer", [BFGS(gradient_tolerance=0.0), LBFGS(gradient_tolerance=0.0)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_it_ends_by_itself_where_only_rounding_is_left(dtype, optimizer):
    architecture = Architecture((3, 1), ("identity",), "mean_squared_error")
    for seed in range(12):
        rng = np.random.default_rng(seed)
        X = rng.normal(size=(40, 3))
        y = np.tanh(X @ rng.normal(size=(3, 1))) + 0.3 * rng.normal(size=(40, 1))
        objective = Objective(architecture, Rows(X.astype(dtype), y.astype(dtype)), 1e-3)
        parameters, watch = rng.normal(size=4).astype(dtype), Watch(1000)
        assert optimizer.minimize(objective, parameters, watch) is Outcome.CONVERGED, f"seed {seed}"
        assert len(watch.history) < 60


def test_more_parameters_than_memory_allows_are_refused_with_the_optimizer_to_use(monkeypatch):
    monkeypatch.setattr(memory, "WORTH_ASKING", 0)
    monkeypatch.setattr(memory, "available_memory", lambda: 80_000)
    BFGS().inverse_hessian(90)
    with pytest.raises(FalllineError) as refused:
        BFGS().inverse_hessian(100)
    assert str(refused.value) == (
        "optimizer bfgs: the inverse Hessian of 100 parameters would take 8e-05 GB of memory, and 8e-05 GB are "
        "available. Use optimizer lbfgs, which keeps the last steps instead."
    )


def test_a_million_parameters_are_refused_before_anything_is_allocated():
    with pytest.raises(FalllineError, match=r"1,000,000 parameters would take 8\.?0*e\+03 GB"):
        BFGS().inverse_hessian(1_000_000)
