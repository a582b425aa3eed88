"""The strong-Wolfe search on Moré & Thuente's six functions, on functions made by Hypothesis, and before walls."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from fallline.optimizers.line_search import Trial, strong_wolfe

FIRST = [1e-3, 1e-1, 1e1, 1e3]


def search(function, first=1.0, decrease=1e-4, curvature=0.9, most=30):
    """Return what was found, and all steps that were tried."""
    tried = []

    def along(step):
        tried.append(step)
        return Trial(step, *function(step), at=("what was at", step))

    start = Trial(0.0, *function(0.0))
    return strong_wolfe(along, start, first, decrease=decrease, curvature=curvature, most=most), tried


def assert_strong_wolfe(function, found, decrease, curvature):
    value, slope = function(0.0)
    assert found.step > 0.0
    assert (found.value, found.slope) == function(found.step)
    assert found.at == ("what was at", found.step)
    assert found.value <= value + decrease * found.step * slope
    assert abs(found.slope) <= curvature * abs(slope)


def first_function(beta):  # Moré & Thuente 1994, eq. 5.1
    return lambda a: (-a / (a * a + beta), (a * a - beta) / (a * a + beta) ** 2)


def second_function(beta):  # eq. 5.2
    return lambda a: ((a + beta) ** 5 - 2 * (a + beta) ** 4, 5 * (a + beta) ** 4 - 8 * (a + beta) ** 3)


def third_function(beta, l):  # noqa: E741 - eq. 5.3: a kink, rounded, with ripples
    def function(a):
        if a <= 1 - beta:
            smooth, slope = 1 - a, -1.0
        elif a >= 1 + beta:
            smooth, slope = a - 1, 1.0
        else:
            smooth, slope = (a - 1) ** 2 / (2 * beta) + beta / 2, (a - 1) / beta
        ripple = 2 * (1 - beta) / (l * math.pi) * math.sin(l * math.pi / 2 * a)
        return smooth + ripple, slope + (1 - beta) * math.cos(l * math.pi / 2 * a)

    return function


def fourth_function(beta1, beta2):  # eq. 5.4, after Yanai, Ozawa & Kaneko
    def gamma(beta):
        return math.sqrt(1 + beta**2) - beta

    def function(a):
        near, far = math.sqrt((1 - a) ** 2 + beta2**2), math.sqrt(a**2 + beta1**2)
        return gamma(beta1) * near + gamma(beta2) * far, gamma(beta1) * (a - 1) / near + gamma(beta2) * a / far

    return function


SIX = {  # function, decrease, curvature: the settings of tables I to VI
    "I": (first_function(2.0), 1e-3, 1e-1),
    "II": (second_function(0.004), 0.1, 0.1),
    "III": (third_function(0.01, 39), 0.1, 0.1),
    "IV": (fourth_function(0.001, 0.001), 1e-3, 1e-3),
    "V": (fourth_function(0.01, 0.001), 1e-3, 1e-3),
    "VI": (fourth_function(0.001, 0.01), 1e-3, 1e-3),
}


@pytest.mark.parametrize("first", FIRST)
@pytest.mark.parametrize("name", SIX)
def test_the_six_functions_of_more_and_thuente(name, first):
    function, decrease, curvature = SIX[name]
    found, tried = search(function, first, decrease, curvature)
    assert_strong_wolfe(function, found, decrease, curvature)
    assert len(tried) <= 15  # their tables need at most 12, of other starting points


@settings(deadline=None)
@given(
    st.lists(st.floats(-3, 3), min_size=3, max_size=3),
    st.lists(st.floats(-2, 2), min_size=3, max_size=3),
    st.floats(-3, 3),
    st.floats(-4, 4).map(lambda power: 10**power),
    st.sampled_from([0.1, 0.5, 0.9]),
)
def test_both_conditions_hold_on_waves_in_a_bowl(sizes, frequencies, tilt, first, curvature):
    def function(a):
        waves = sum(size * math.sin(f * a + size) for size, f in zip(sizes, frequencies, strict=True))
        slopes = sum(size * f * math.cos(f * a + size) for size, f in zip(sizes, frequencies, strict=True))
        return 0.01 * a * a + tilt * a + waves, 0.02 * a + tilt + slopes

    assume(function(0.0)[1] < -1e-3)
    found, _ = search(function, first, curvature=curvature, most=60)
    assert_strong_wolfe(function, found, 1e-4, curvature)


@pytest.mark.parametrize("first", [0.1, 1.0, 50.0, 1e300])
@pytest.mark.parametrize("beyond", [(math.inf, 1.0), (math.nan, math.nan), (1.0, math.nan), (-math.inf, 0.0)])
def test_it_steps_back_from_a_wall_to_the_minimum_before_it(first, beyond):
    def function(a):
        return ((a - 0.3) ** 2, 2 * (a - 0.3)) if a < 0.6 else beyond

    found, _ = search(function, first, curvature=0.1, most=400)
    assert_strong_wolfe(function, found, 1e-4, 0.1)


def test_the_lowest_is_taken_where_the_value_falls_right_up_to_a_wall():
    found, tried = search(lambda a: (5 - a, -1.0) if a <= 1.5 else (math.inf, math.nan))
    assert found.step == max(step for step in tried if step <= 1.5) > 1.4


@pytest.mark.parametrize("first", [3.0, 100.0])
def test_a_lower_value_that_has_not_fallen_enough_does_not_lead_further_on(first):
    def function(a):  # falls for ever, but less than 0.4 a from a = 1.5 on
        return -a / (1 + a), -1 / (1 + a) ** 2

    found, _ = search(function, first, decrease=0.4, curvature=0.5)
    assert_strong_wolfe(function, found, 0.4, 0.5)


def test_a_slope_that_lies_finds_nothing():
    found, tried = search(lambda a: (a * a + a, -1.0))
    assert found is None
    assert len(tried) <= 30


def test_a_function_that_falls_for_ever_ends_with_the_lowest():
    found, tried = search(lambda a: (-a, -1.0), most=12)
    assert len(tried) == 12
    assert found.step == max(tried) > 1e5


def test_a_parabola_is_met_at_its_minimum_in_two_evaluations():
    found, tried = search(lambda a: ((a - 7) ** 2, 2 * (a - 7)), 20.0, curvature=1e-6)
    assert found.step == pytest.approx(7.0, rel=1e-12)
    assert len(tried) == 2


def test_values_that_differ_by_rounding_only_end_the_search():
    rng = np.random.default_rng(0)
    found, tried = search(lambda a: (1.0 + 1e-16 * float(rng.integers(-2, 3)) * (a > 0), -1.0), most=200)
    assert len(tried) <= 200
    assert found is None or found.value < 1.0
