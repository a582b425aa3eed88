import math

import numpy as np
import pytest

from fallline.diagnosis.trials import Outcome
from fallline.diagnosis.trials.comparison import T_QUANTILE, compare


def test_quantiles_are_those_of_students_t():
    stats = pytest.importorskip("scipy.stats")
    for freedom, quantile in T_QUANTILE.items():
        assert quantile == pytest.approx(stats.t.ppf(0.975, freedom), abs=6e-4)


def test_interval_is_that_of_a_paired_t_test_of_the_logarithms():
    stats = pytest.importorskip("scipy.stats")
    remedy, control = [0.1, 0.2, 0.15, 0.3, 0.12], [0.5, 0.4, 0.6, 0.7, 0.3]
    shown = compare(remedy, control, 1.0, by_chance=True)
    tested = stats.ttest_rel(np.log(remedy), np.log(control)).confidence_interval(0.95)
    assert shown.outcome is Outcome.HELPS
    assert shown.ratio == pytest.approx(math.exp(np.mean(np.log(remedy) - np.log(control))))
    assert shown.interval == pytest.approx((math.exp(tested.low), math.exp(tested.high)), rel=1e-3)


def test_equal_errors_make_no_difference():
    for n in range(1, 6):
        shown = compare([0.25] * n, [0.25] * n, 1.0, by_chance=False)
        assert (shown.outcome, shown.ratio) == (Outcome.NO_DIFFERENCE, 1.0)


def test_scatter_around_the_control_makes_no_difference():
    assert compare([0.1, 0.4, 0.2], [0.2, 0.2, 0.2], 1.0, by_chance=True).outcome is Outcome.NO_DIFFERENCE


def test_what_is_sure_but_tiny_makes_no_difference():
    assert compare([0.9991, 0.9992, 0.9990], [1.0] * 3, 1.0, by_chance=True).outcome is Outcome.NO_DIFFERENCE


def test_errors_that_are_next_to_nothing_make_no_difference():
    shown = compare([1e-30, 0.0, 1e-25], [1e-14, 1e-15, 1e-13], 1.0, by_chance=False)
    assert shown.outcome is Outcome.NO_DIFFERENCE


def test_higher_errors_harm():
    assert compare([0.5, 0.6, 0.7], [0.1, 0.1, 0.1], 1.0, by_chance=True).outcome is Outcome.HARMS


def test_overflow_harms():
    shown = compare([math.inf] * 3, [0.1, 0.2, 0.1], 1.0, by_chance=True)
    assert shown.outcome is Outcome.HARMS
    assert math.isfinite(shown.ratio)


def test_what_keeps_the_control_from_overflowing_helps():
    assert compare([0.1, 0.2, 0.1], [math.inf] * 3, 1.0, by_chance=True).outcome is Outcome.HELPS


@pytest.mark.parametrize(("by_chance", "outcome"), [(False, Outcome.HELPS), (True, Outcome.NO_DIFFERENCE)])
def test_one_pair_shows_something_only_without_chance(by_chance, outcome):
    shown = compare([0.01], [0.25], 1.0, by_chance=by_chance)
    assert (shown.outcome, shown.interval) == (outcome, None)


def test_seldom_more_than_chance_where_both_arms_are_the_same_draw():
    rng = np.random.default_rng(5)
    shown = [compare(*np.exp(rng.normal(size=(2, 5))), 1.0, by_chance=True).outcome for _ in range(2000)]
    assert 0.01 < np.mean([each is not Outcome.NO_DIFFERENCE for each in shown]) < 0.08
