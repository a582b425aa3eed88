"""What all first-order optimizers share: the way through the rows, what they tell, and how they end."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from fallline.engine import Architecture, Objective, Rows
from fallline.errors import FalllineError
from fallline.optimizers import OPTIMIZERS, Constant, Cosine, FirstOrder, GradientDescent, Momentum, Outcome
from fallline.optimizers.first_order import Memory, norm

from .problems import Watch, linear

FIRST_ORDER = [name for name, optimizer in OPTIMIZERS.items() if issubclass(optimizer, FirstOrder)]
STOCHASTIC = [name for name in FIRST_ORDER if name != "rprop"]


def test_the_registry_holds_every_optimizer_under_its_name():
    assert list(OPTIMIZERS) == [
        "gradient_descent",
        "momentum",
        "nesterov",
        "rmsprop",
        "adam",
        "adamw",
        "rprop",
        "lbfgs",
        "bfgs",
        "newton_cg",
        "levenberg_marquardt",
        "bayesian_regularisation",
        "auto",
    ]
    assert all(optimizer.name == name for name, optimizer in OPTIMIZERS.items())


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_one_is_frozen_and_works_as_it_comes(name):
    optimizer = OPTIMIZERS[name]()
    field = dataclasses.fields(optimizer)[0].name
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(optimizer, field, 1)
    problem = linear()
    parameters, watch = problem.start.copy(), Watch(30)
    optimizer.minimize(problem.objective, parameters, watch)
    assert problem.error(parameters) < problem.error(problem.start)


@pytest.mark.parametrize("rate", [0, -0.1, math.nan, math.inf])
@pytest.mark.parametrize("name", FIRST_ORDER)
def test_a_rate_that_is_no_number_above_zero_is_refused(name, rate):
    problem = linear()
    with pytest.raises(FalllineError) as refused:
        OPTIMIZERS[name](learning_rate=rate).minimize(problem.objective, problem.start.copy(), Watch(1))
    assert str(refused.value) == f"learning rate {rate}: expected a number above 0, such as 0.01."


@pytest.mark.parametrize("batch_size", [0, -1])
@pytest.mark.parametrize("name", STOCHASTIC)
def test_a_batch_of_no_rows_is_refused(name, batch_size):
    problem = linear()
    with pytest.raises(FalllineError, match=f"^batch size {batch_size}: "):
        OPTIMIZERS[name](batch_size=batch_size).minimize(problem.objective, problem.start.copy(), Watch(1))


@pytest.mark.parametrize("name", FIRST_ORDER)
def test_a_run_leaves_nothing_for_the_next(name):
    problem, optimizer = linear(), OPTIMIZERS[name](learning_rate=0.01)
    ends = []
    for _ in range(2):
        parameters = problem.start.copy()
        optimizer.minimize(problem.objective, parameters, Watch(20))
        ends.append(parameters.tobytes())
    assert ends[0] == ends[1]


@pytest.mark.parametrize("name", STOCHASTIC)
def test_batches_come_in_the_same_order_from_the_same_seed_and_in_another_from_another(name):
    def end(seed):
        problem, watch = linear(), Watch(5)
        parameters = problem.start.copy()
        OPTIMIZERS[name](learning_rate=0.01, batch_size=7, seed=seed).minimize(problem.objective, parameters, watch)
        return parameters.tobytes(), watch.column("error").tobytes()

    assert end(3) == end(3)
    assert end(3)[0] != end(4)[0]
    assert end(3)[1] != end(4)[1]


@pytest.mark.parametrize("size", [1, 7, 39])
def test_an_epoch_takes_every_row_once_in_the_order_of_the_seed(size):
    problem = linear()
    by_hand, rng = problem.start.copy(), np.random.default_rng(5)
    watch, parameters = Watch(3), problem.start.copy()
    GradientDescent(learning_rate=0.02, batch_size=size, seed=5).minimize(problem.objective, parameters, watch)
    step = 0
    for iteration in watch.history:
        order, before = rng.permutation(40), by_hand.copy()
        error, gradient = 0.0, np.zeros(3)
        for start in range(0, 40, size):
            positions = order[start : start + size]
            g = problem.gradient(by_hand, positions)
            error += problem.error(by_hand, positions) * len(positions) / 40
            gradient += g * len(positions) / 40
            by_hand -= 0.02 * g
            step += 1
        assert iteration.steps == step
        assert iteration.error == pytest.approx(error, rel=1e-12)
        assert iteration.gradient_norm == pytest.approx(np.linalg.norm(gradient), rel=1e-12)
        assert iteration.step_size == pytest.approx(np.linalg.norm(by_hand - before), rel=1e-12)
        np.testing.assert_allclose(iteration.parameters, by_hand, rtol=1e-12)
    np.testing.assert_allclose(parameters, by_hand, rtol=1e-12)


def test_an_iteration_on_all_rows_tells_of_the_weights_before_its_step():
    problem = linear(l2=0.2)
    watch, parameters = Watch(4), problem.start.copy()
    GradientDescent(learning_rate=0.1).minimize(problem.objective, parameters, watch)
    weights = problem.start.copy()
    for k, iteration in enumerate(watch.history, start=1):
        gradient = problem.gradient(weights) + 0.2 * weights * [1, 1, 0]
        assert (iteration.number, iteration.steps, iteration.learning_rate) == (k, k, 0.1)
        assert iteration.error == pytest.approx(problem.error(weights), rel=1e-13)
        assert iteration.gradient_norm == pytest.approx(np.linalg.norm(gradient), rel=1e-13)
        assert iteration.step_size == pytest.approx(0.1 * np.linalg.norm(gradient), rel=1e-12)
        np.testing.assert_allclose(iteration.parameters, weights, rtol=1e-13)
        weights -= 0.1 * gradient
    np.testing.assert_allclose(parameters, weights, rtol=1e-13)


@pytest.mark.parametrize("batch_size", [40, 1000])
@pytest.mark.parametrize("name", STOCHASTIC)
def test_a_batch_of_all_rows_is_no_batch(name, batch_size):
    problem = linear()
    left, right = problem.start.copy(), problem.start.copy()
    OPTIMIZERS[name](learning_rate=0.01, batch_size=batch_size).minimize(problem.objective, left, Watch(10))
    OPTIMIZERS[name](learning_rate=0.01).minimize(problem.objective, right, Watch(10))
    np.testing.assert_array_equal(left, right)


@pytest.mark.parametrize("batch_size", [None, 8])
@pytest.mark.parametrize("name", STOCHASTIC)
def test_with_a_penalty_it_goes_to_the_ridge_solution(name, batch_size):
    """Weights shrink and the bias does not; in batches the same, as near as the noise of batches lets it."""
    problem = linear(l2=0.5)
    schedule = Cosine({"gradient_descent": 0.2, "rmsprop": 0.05, "adam": 0.05}.get(name, 0.02), 500)
    more = {"weight_decay": 0.0} if name == "adamw" else {}
    parameters = problem.start.copy()
    OPTIMIZERS[name](learning_rate=schedule, batch_size=batch_size, **more).minimize(
        problem.objective, parameters, Watch(500)
    )
    np.testing.assert_allclose(parameters, problem.solution, rtol=0, atol=1e-4 if batch_size is None else 0.03)
    assert np.abs(problem.solution - linear().solution).max() > 0.2


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_float32_weights_stay_float32(name):
    problem = linear(dtype=np.float32)
    watch, parameters = Watch(30), problem.start.copy()
    OPTIMIZERS[name]().minimize(problem.objective, parameters, watch)
    assert parameters.dtype == np.float32
    assert {iteration.parameters.dtype for iteration in watch.history} == {np.dtype(np.float32)}
    assert all(type(iteration.error) is float for iteration in watch.history)
    if name in FIRST_ORDER:
        assert {slot.dtype for slot in OPTIMIZERS[name]().start(parameters)} <= {np.dtype(np.float32)}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_parameters_are_changed_in_place(name):
    problem = linear()
    parameters = problem.start.copy()
    view = parameters[:]
    OPTIMIZERS[name]().minimize(problem.objective, parameters, Watch(3))
    assert not np.array_equal(view, problem.start)


@pytest.mark.parametrize("interrupt_before_step", [1, 2, 4])
def test_an_interruption_stops_it_in_the_middle_of_an_epoch(interrupt_before_step):
    problem = linear()
    parameters, by_hand = problem.start.copy(), problem.start.copy()
    watch = Watch(interrupt_before_step=interrupt_before_step)
    outcome = GradientDescent(learning_rate=0.02, batch_size=8, seed=1).minimize(problem.objective, parameters, watch)
    assert outcome is Outcome.STOPPED
    assert watch.history == []
    order = np.random.default_rng(1).permutation(40)
    for k in range(interrupt_before_step - 1):
        by_hand -= 0.02 * problem.gradient(by_hand, order[8 * k : 8 * k + 8])
    np.testing.assert_allclose(parameters, by_hand, rtol=1e-12)


@pytest.mark.parametrize("batch_size", [None, 8])
def test_it_asks_before_every_step_whether_to_stop_and_after_every_iteration(batch_size):
    problem, watch = linear(), Watch(6)
    outcome = GradientDescent(learning_rate=0.02, batch_size=batch_size).minimize(
        problem.objective, problem.start.copy(), watch
    )
    assert outcome is Outcome.STOPPED
    assert watch.asked == (6 if batch_size is None else 30)
    assert watch.column("number").tolist() == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("batch_size", [None, 8])
def test_when_the_error_overflows_the_weights_before_the_step_are_put_back(batch_size):
    problem = linear()
    parameters, watch = problem.start.copy(), Watch()
    with np.errstate(over="ignore", invalid="ignore"):
        optimizer = GradientDescent(learning_rate=1e40, batch_size=batch_size)
        assert optimizer.minimize(problem.objective, parameters, watch) is Outcome.NOT_FINITE
        by_hand = [problem.start.copy()]
        rng = np.random.default_rng(0)
        while True:
            order = np.arange(40) if batch_size is None else rng.permutation(40)
            for start in range(0, 40, batch_size or 40):
                positions = order[start : start + (batch_size or 40)]
                gradient = problem.gradient(by_hand[-1], positions)
                if not (np.isfinite(problem.error(by_hand[-1], positions)) and np.isfinite(gradient).all()):
                    break
                by_hand.append(by_hand[-1] - 1e40 * gradient)
            else:
                continue
            break
    assert len(by_hand) > 3
    np.testing.assert_allclose(parameters, by_hand[-2], rtol=1e-9)
    assert np.isfinite(parameters).all()


@pytest.mark.parametrize("name", FIRST_ORDER)
def test_rows_that_are_not_finite_end_it_at_once_with_the_first_weights(name):
    problem = linear()
    problem.X[3, 0] = np.nan
    parameters, watch = problem.start.copy(), Watch()
    assert OPTIMIZERS[name]().minimize(problem.objective, parameters, watch) is Outcome.NOT_FINITE
    np.testing.assert_array_equal(parameters, problem.start)
    assert watch.history == []


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_at_a_gradient_of_zero_it_has_converged_and_stays(name):
    architecture = Architecture((2, 1), ("identity",), "mean_squared_error")
    X = np.random.default_rng(0).normal(size=(5, 2))
    parameters = np.zeros(3)
    options = {"weight_decay": 0.0} if name == "adamw" else {}
    outcome = OPTIMIZERS[name](**options).minimize(
        Objective(architecture, Rows(X, np.zeros((5, 1)))), parameters, Watch(9)
    )
    assert outcome is Outcome.CONVERGED
    np.testing.assert_array_equal(parameters, 0.0)


def test_a_gradient_of_zero_in_passing_is_not_the_end_while_momentum_moves_on():
    class Valley:
        """½ w²; the step from 1 at rate 1 lands at 0 exactly, with velocity."""

        rows = (0,)
        compiled = False

        def error_and_gradient(self, w, positions=None):
            return 0.5 * float(w @ w), w.copy()

    parameters, watch = np.array([1.0]), Watch(2000)
    outcome = Momentum(learning_rate=1.0, momentum=0.5).minimize(Valley(), parameters, watch)
    assert outcome is Outcome.STOPPED or parameters[0] == pytest.approx(0.0, abs=1e-12)


def test_numbers_and_constant_schedules_are_the_same():
    problem = linear()
    left, right = problem.start.copy(), problem.start.copy()
    GradientDescent(learning_rate=0.1).minimize(problem.objective, left, Watch(10))
    GradientDescent(learning_rate=Constant(0.1)).minimize(problem.objective, right, Watch(10))
    np.testing.assert_array_equal(left, right)


def test_norm_of_float32_does_not_overflow():
    assert norm(np.full(4, 1e30, np.float32)) == pytest.approx(2e30, rel=1e-6)


class Rows50(Rows):
    """Rows that note which of them a batch took."""

    def __init__(self, X, y):
        super().__init__(X, y)
        self.taken = []

    def batch(self, positions):
        self.taken += positions.tolist()
        return super().batch(positions)


def test_without_shuffling_rows_come_in_their_own_order():
    rng = np.random.default_rng(0)
    architecture = Architecture((2, 1), ("identity",), "mean_squared_error")
    X, y = rng.normal(size=(50, 2)), rng.normal(size=(50, 1))
    orders = []
    for shuffle in (True, False):
        rows = Rows50(X, y)
        objective = Objective(architecture, rows)
        GradientDescent(0.01, batch_size=8, shuffle=shuffle).minimize(objective, np.zeros(3), Watch(2))
        orders.append(rows.taken)
    assert orders[1] == [*range(50), *range(50)]
    assert orders[0] != orders[1]
    assert sorted(orders[0]) == sorted(orders[1])
    ends = []
    for compiled in (False, True):
        parameters = np.zeros(3)
        objective = Objective(architecture, Rows(X, y), compiled=compiled)
        GradientDescent(0.01, batch_size=8, shuffle=False).minimize(objective, parameters, Watch(5))
        ends.append(parameters)
    np.testing.assert_allclose(ends[1], ends[0], rtol=1e-12)


@pytest.mark.parametrize("name", FIRST_ORDER)
def test_with_a_memory_a_descent_goes_on_where_the_last_one_stopped(name):
    problem, memory = linear(), Memory()
    whole, parts, anew = (problem.start.copy() for _ in range(3))
    optimizer = OPTIMIZERS[name](learning_rate=0.01)
    optimizer.minimize(problem.objective, whole, Watch(6))
    for _ in range(3):
        dataclasses.replace(optimizer, memory=memory).minimize(problem.objective, parts, Watch(2))
        optimizer.minimize(problem.objective, anew, Watch(2))
    assert memory.steps == 6
    np.testing.assert_array_equal(parts, whole)
    if optimizer.slots:
        assert not np.array_equal(anew, whole)
