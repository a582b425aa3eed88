import numpy as np
import pytest

from fallline.diagnosis.clock import Clock
from fallline.diagnosis.trials.arm import Arm, Bench
from fallline.diagnosis.trials.work import Allowance, cost_of_iteration, gradient_cost, passes
from fallline.engine import Architecture, Objective, Rows
from fallline.network import Network
from fallline.optimizers import BFGS, LBFGS, Adam, Auto, GradientDescent, LevenbergMarquardt, NewtonCG, Relay

SHAPE = Architecture((3, 4, 1), ("tanh", "identity"), "mean_squared_error")  # 21 parameters


def arm(optimizer, rows=40, **more):
    rng = np.random.default_rng(0)
    network = Network(SHAPE.shape, SHAPE.activations, loss=SHAPE.loss, seed=0)
    return Arm(network, Rows(rng.normal(size=(rows, 3)), rng.normal(size=(rows, 1))), optimizer, **more)


def bench(an_arm):
    return Bench(SHAPE, an_arm.training, None, compiled=False)


@pytest.fixture
def evaluations(monkeypatch):
    """Count what the engine is really asked for, in gradients on all rows."""
    count = {"gradient": 0.0, "error": 0, "matrix": 0, "product": 0}
    gradient, error, matrix = Objective.error_and_gradient, Objective.error, Objective.gauss_newton
    product = Objective.hessian_product

    def counted_gradient(self, parameters, positions=None):
        count["gradient"] += 1.0 if positions is None else len(positions) / len(self.rows)
        return gradient(self, parameters, positions)

    def counted_error(self, parameters):
        count["error"] += 1
        return error(self, parameters)

    def counted_matrix(self, parameters):
        count["matrix"] += 1
        return matrix(self, parameters)

    def counted_product(self, parameters, v):
        count["product"] += 1
        return product(self, parameters, v)

    monkeypatch.setattr(Objective, "error_and_gradient", counted_gradient)
    monkeypatch.setattr(Objective, "error", counted_error)
    monkeypatch.setattr(Objective, "gauss_newton", counted_matrix)
    monkeypatch.setattr(Objective, "hessian_product", counted_product)
    return count


def test_an_iteration_of_first_order_is_one_gradient_on_all_rows():
    assert cost_of_iteration(Adam(0.01), SHAPE, 40) == 1.0
    assert cost_of_iteration(GradientDescent(0.01, batch_size=7), SHAPE, 40) == 1.0


def test_costs_follow_from_the_multiplications():
    unit = 3 * 40 * 21
    assert cost_of_iteration(LBFGS(memory=10), SHAPE, 40) == 1 + 4 * 10 * 21 / unit
    assert cost_of_iteration(BFGS(), SHAPE, 40) == 1 + 2 * 21**2 / unit
    matrix = 40 * 21**2 / 2 + 21**3 / 6
    assert cost_of_iteration(LevenbergMarquardt(), SHAPE, 40) == pytest.approx(4 / 3 + matrix / unit)
    dual = 21 * 5**2 / 2 + 5**3 / 6
    assert cost_of_iteration(LevenbergMarquardt(), SHAPE, 5) == pytest.approx(4 / 3 + dual / (3 * 5 * 21))


def test_a_larger_network_costs_more():
    larger = Architecture((3, 8, 1), SHAPE.activations, SHAPE.loss)
    assert gradient_cost(larger, SHAPE) == 41 / 21


def test_steps_of_batches_are_counted_as_epochs():
    assert passes(Adam(0.01, batch_size=7), 18, 40) == 3.0
    assert passes(Adam(0.01), 18, 40) == 18.0


def test_an_allowance_says_yes_so_many_times():
    allowance = Allowance(7.0, 2.0)
    assert [allowance.given_up for _ in range(5)] == [False, False, False, True, True]
    assert allowance.asked == 3


@pytest.mark.parametrize("optimizer", [GradientDescent(0.01), Adam(0.01, batch_size=7), Adam(0.01)])
def test_first_order_arms_make_exactly_the_gradients_that_they_may(optimizer, evaluations):
    end = bench(arm(optimizer)).run(arm(optimizer), 12.0, Clock())
    assert evaluations["gradient"] == pytest.approx(12.0)
    assert end.work == 12.0


@pytest.mark.parametrize("optimizer", [LBFGS(), BFGS()])
def test_quasi_newton_arms_make_no_more_gradients_than_they_may(optimizer, evaluations):
    cost = cost_of_iteration(optimizer, SHAPE, 40)
    end = bench(arm(optimizer)).run(arm(optimizer), 30.0, Clock())
    assert evaluations["gradient"] == end.work / cost == np.floor(30.0 / cost)


def test_newton_arms_count_their_products(evaluations):
    end = bench(arm(NewtonCG())).run(arm(NewtonCG()), 40.0, Clock())
    assert evaluations["gradient"] + evaluations["product"] == 15  # of 8/3 each
    assert end.work == pytest.approx(40.0)


def test_levenberg_marquardt_arms_count_their_trials(evaluations):
    optimizer = LevenbergMarquardt()
    cost = cost_of_iteration(optimizer, SHAPE, 40)
    end = bench(arm(optimizer)).run(arm(optimizer), 60.0, Clock())
    trials = round(end.work / cost)
    assert end.work <= 60.0
    assert trials == int(60.0 / cost)
    assert evaluations["matrix"] <= trials + 1


def test_what_a_remedy_used_up_before_is_taken_off(evaluations):
    spent = arm(GradientDescent(0.01), spent=5.0)
    end = bench(spent).run(spent, 12.0, Clock())
    assert evaluations["gradient"] == 7.0
    assert end.work == 12.0


def test_an_arm_that_is_over_before_its_work_says_so():
    an_arm = arm(GradientDescent(0.01))
    assert bench(an_arm).run(an_arm, 1000.0, Clock(0.0)).cut


def test_a_relay_costs_what_its_dearest_leg_does():
    architecture = Architecture((21, 15, 3), ("tanh", "identity"), "mean_squared_error")
    chosen = Auto().choice(architecture, 264).optimizer
    assert isinstance(chosen, Relay)
    assert cost_of_iteration(chosen, architecture, 264) == cost_of_iteration(chosen.last, architecture, 264) > 60.0
