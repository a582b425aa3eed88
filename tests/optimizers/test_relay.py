"""A relay: who goes down, when it hands over, and what the watch is told."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest

from fallline.engine import Architecture, Objective, Rows
from fallline.errors import FalllineError
from fallline.optimizers import Adam, GradientDescent, Leg, LevenbergMarquardt, Outcome, Relay

from .problems import Watch, linear


def network(*, compiled=False):
    rng = np.random.default_rng(0)
    architecture = Architecture((2, 4, 1), ("tanh", "identity"), "mean_squared_error")
    rows = Rows(rng.normal(size=(30, 2)), rng.normal(size=(30, 1)))
    return Objective(architecture, rows, compiled=compiled), rng.normal(size=architecture.parameter_count)


def run(optimizer, watch, *, compiled=False):
    objective, start = network(compiled=compiled)
    return optimizer.minimize(objective, start, watch), start


@pytest.mark.parametrize("compiled", [False, True])
def test_it_hands_over_where_a_stretch_has_not_lowered_the_error_enough(compiled):
    alone, relay = Watch(400), Watch(400)
    run(Adam(0.03), alone, compiled=compiled)
    errors = alone.column("error")
    looks = [0, *range(9, 400, 10)]  # the first iteration, then the last of each stretch
    expected = next(b + 1 for a, b in pairwise(looks) if errors[b] > 0.8 * errors[a])
    assert expected > 10, "no test of a stretch that is enough"
    run(Relay((Leg(Adam(0.03), 10, 0.2),), LevenbergMarquardt()), relay, compiled=compiled)
    rates = relay.column("learning_rate")
    assert np.count_nonzero(rates == 0.03) == expected
    assert np.isnan(rates[expected:]).all()
    np.testing.assert_array_equal(relay.column("error")[:expected], errors[:expected])


@pytest.mark.parametrize("compiled", [False, True])
def test_the_next_goes_on_from_the_weights_and_the_count(compiled):
    relay, first, then = Watch(30), Watch(20), Watch(10)
    leg = Leg(Adam(0.03), 20, 1.0)  # nothing lowers an error by all of it
    run(Relay((leg,), LevenbergMarquardt()), relay, compiled=compiled)
    objective, weights = network(compiled=compiled)
    Adam(0.03).minimize(objective, weights, first)
    LevenbergMarquardt().minimize(objective, weights, then)
    assert relay.column("number").tolist() == list(range(1, 31))
    assert relay.column("steps").tolist() == [*first.column("steps"), *(20 + then.column("steps"))]
    assert relay.column("age").tolist() == [*range(20), *range(21, 31)]
    np.testing.assert_array_equal(relay.column("error")[20:], then.column("error"))


def test_a_trial_that_is_passed_goes_to_its_end():
    relay, alone = Watch(12), Watch(12)
    leg = Leg(LevenbergMarquardt(), 2, 0.01, trial=True)
    assert run(Relay((leg,), GradientDescent(0.01)), relay)[0] is Outcome.STOPPED
    run(LevenbergMarquardt(), alone)
    np.testing.assert_array_equal(relay.column("error"), alone.column("error"))
    # its end is the relay's as well
    problem, weights = linear(), linear().start
    outcome = Relay((leg,), GradientDescent(0.01)).minimize(problem.objective, weights, Watch())
    assert outcome is Outcome.CONVERGED
    np.testing.assert_allclose(weights, problem.solution, rtol=1e-6)


def test_after_a_trial_that_is_not_passed_the_next_begins_where_it_began():
    relay, alone = Watch(12), Watch(10)
    run(Relay((Leg(LevenbergMarquardt(), 2, 1.0, trial=True),), GradientDescent(0.01)), relay)
    run(GradientDescent(0.01), alone)
    np.testing.assert_array_equal(relay.column("error")[2:], alone.column("error"))


def test_a_leg_that_goes_up_hands_over_the_weights_before():
    relay, alone = Watch(25), Watch(5)
    run(Relay((Leg(GradientDescent(1.9), 20, 0.1),), LevenbergMarquardt()), relay)
    assert relay.history[19].error > relay.history[0].error, "no test of a leg that goes up"
    run(LevenbergMarquardt(), alone)
    np.testing.assert_array_equal(relay.column("error")[20:], alone.column("error"))


def test_a_leg_that_overflows_hands_over_as_well():
    problem, weights = linear(), linear().start
    with np.errstate(over="ignore", invalid="ignore"):
        outcome = Relay((Leg(GradientDescent(1e200), 50, 0.1),), LevenbergMarquardt()).minimize(
            problem.objective, weights, Watch()
        )
    assert outcome is Outcome.CONVERGED
    np.testing.assert_allclose(weights, problem.solution, rtol=1e-6)


@pytest.mark.parametrize("watch", [Watch(7), Watch(interrupt_before_step=7)])
def test_the_watch_stops_the_relay_and_not_the_leg_alone(watch):
    outcome, _ = run(Relay((Leg(Adam(0.03), 10, 0.2),), LevenbergMarquardt()), watch)
    assert outcome is Outcome.STOPPED
    assert len(watch.history) in (6, 7)


def test_it_asks_for_what_its_optimizers_ask_for():
    with pytest.raises(FalllineError, match="learning rate"):
        Relay((Leg(Adam(-1.0), 10, 0.2),), LevenbergMarquardt()).require_fitting(10)
    with pytest.raises(FalllineError, match="damping"):
        Relay((), LevenbergMarquardt(damping=math.inf)).require_fitting(10)
    with pytest.raises(FalllineError, match="stretch 1: expected a number of iterations, 2 or more"):
        Relay((Leg(Adam(), 1, 0.2),), LevenbergMarquardt()).require_fitting(10)
