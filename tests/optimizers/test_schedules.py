from __future__ import annotations

import math

import numpy as np
import pytest

from fallline.optimizers import Constant, Cosine, GradientDescent, OnPlateau, Step

from .problems import Watch, linear


def rates(schedule, count, errors=None):
    course = schedule.course()
    errors = [math.nan, *(errors or [1.0] * count)]
    return [course.rate(i + 1, errors[i]) for i in range(count)]


def test_constant_is_the_same_always():
    assert rates(Constant(0.3), 5) == [0.3] * 5


def test_step_falls_by_its_factor_after_every_so_many():
    assert rates(Step(0.8, every=3), 8) == [0.8, 0.8, 0.8, 0.4, 0.4, 0.4, 0.2, 0.2]
    assert rates(Step(1.0, every=1, factor=0.1), 3) == pytest.approx([1.0, 0.1, 0.01], rel=1e-15)


def test_cosine_goes_from_the_rate_to_the_final_one_and_stays():
    expected = [0.1 + 0.5 * (0.9 - 0.1) * (1 + math.cos(math.pi * k / 8)) for k in range(9)]
    assert rates(Cosine(0.9, iterations=8, final=0.1), 12) == pytest.approx([*expected, 0.1, 0.1, 0.1], rel=1e-14)
    half = rates(Cosine(1.0, iterations=100), 101)
    assert half[0] == 1.0
    assert half[50] == pytest.approx(0.5, rel=1e-14)
    assert half[100] == 0.0
    assert (np.diff(half) < 0).all()


def test_on_plateau_waits_for_its_patience_and_then_halves():
    schedule = OnPlateau(0.4, patience=3, threshold=0.01)
    # the first error is the best so far; 0.995 is not a hundredth lower
    assert rates(schedule, 9, [1.0, 0.995, 1.0, 1.2, 1.0, 1.0, 1.0, 1.0]) == (
        [0.4, 0.4, 0.4, 0.4, 0.2, 0.2, 0.2, 0.1, 0.1]
    )


def test_on_plateau_leaves_a_falling_error_alone():
    assert rates(OnPlateau(0.4, patience=1, threshold=0.01), 50, [0.98**k for k in range(50)]) == [0.4] * 50


def test_on_plateau_begins_to_wait_anew_after_a_fall():
    errors = [1.0, 1.0, 0.5, 0.5, 0.4, 0.4, 0.4]
    assert rates(OnPlateau(0.4, patience=2), 8, errors) == [0.4] * 7 + [0.2]


def test_on_plateau_does_not_go_below_the_smallest():
    assert rates(OnPlateau(0.4, factor=0.1, patience=1, smallest=0.01), 5, [1.0] * 4) == (
        pytest.approx([0.4, 0.4, 0.04, 0.01, 0.01], rel=1e-15)
    )


def test_runs_of_one_schedule_share_nothing():
    schedule = OnPlateau(0.4, patience=1)
    first = schedule.course()
    for i in range(1, 20):
        first.rate(i, 1.0)
    assert schedule.course().rate(1, math.nan) == 0.4


def test_a_descent_asks_the_schedule_once_an_iteration_with_the_error_before():
    problem = linear()
    watch = Watch(12)
    GradientDescent(learning_rate=Step(0.2, every=5)).minimize(problem.objective, problem.start.copy(), watch)
    assert watch.column("learning_rate").tolist() == [0.2] * 5 + [0.1] * 5 + [0.05] * 2
    steps = [
        rate * norm for rate, norm in zip(watch.column("learning_rate"), watch.column("gradient_norm"), strict=True)
    ]
    np.testing.assert_allclose(watch.column("step_size"), steps, rtol=1e-12)


def test_a_rate_that_is_too_high_is_lowered_on_the_plateau_until_the_descent_goes_on():
    """Stochastic descent hovers above the floor at a constant rate; the schedule lets it settle."""
    problem = linear()
    ends = []
    for schedule in (Constant(0.3), OnPlateau(0.3, patience=10)):
        parameters = problem.start.copy()
        GradientDescent(learning_rate=schedule, batch_size=5).minimize(problem.objective, parameters, Watch(400))
        ends.append(problem.error(parameters) / problem.floor - 1)
    assert ends[1] < 1e-3 < ends[0]
