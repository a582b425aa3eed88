"""Estimates from what several starts found are those of the closed forms, and the sentence says no more than they."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest

from fallline.training.spread import SAME, Minimum, boender_rinnooy_kan, good_turing, groups, spread
from fallline.training.stopping import StopReason

C, G, L = StopReason.CONVERGED, StopReason.GIVEN_UP, StopReason.ITERATION_LIMIT


def minima(*values, reason=C):
    return [Minimum(i, value, math.nan, value, 10, reason) for i, value in enumerate(values)]


def said(*found, target=None):
    return spread(found, 1.0, target)


def test_values_within_the_tolerance_of_the_lowest_are_one_minimum():
    assert groups([]) == []
    assert groups([2.0, 1.0, 1.0 + 0.5 * SAME]) == [2, 1]
    step = 1.0 + 0.7 * SAME  # each near the next, but not all near the first
    assert groups([1.0, step, step**2, step**3]) == [2, 2]
    assert groups([1e-20, 1e-9, 0.1, 0.1], nothing=1e-6) == [2, 2]
    assert groups([0.0, 0.0, 1e-30]) == [2, 1]


def test_good_turing_is_right_on_average_over_all_ways_that_the_draws_can_fall():
    chances, draws = (0.6, 0.3, 0.1), 5
    estimated = missed = 0.0
    for outcome in product(range(3), repeat=draws + 1):
        chance = math.prod(chances[k] for k in outcome)
        counts = np.bincount(outcome[:draws], minlength=3)
        estimated += chance * good_turing(int((counts == 1).sum()), draws)
    # the estimate from n draws has the expectation of the unseen chance after n − 1
    missed = sum(p * (1 - p) ** (draws - 1) for p in chances)
    assert estimated == pytest.approx(missed, rel=1e-12)


@pytest.mark.parametrize(("distinct", "draws"), [(1, 4), (3, 20), (2, 5), (6, 40)])
def test_boender_and_rinnooy_kan_are_the_means_of_the_posterior(distinct, draws):
    """Chances uniform on the simplex of k minima, all k alike: P(w seen | k, n) = C(k, w) C(n−1, w−1) / C(n+k−1, n)."""
    w, n = distinct, draws
    k = np.arange(w, 200_000, dtype=float)
    log = np.vectorize(math.lgamma)
    likelihood = log(k + 1) - log(k - w + 1) - (log(n + k) - log(k))
    weight = np.exp(likelihood - likelihood.max())
    mean = (k * weight).sum() / weight.sum()
    unseen = ((k - w) / (n + k) * weight).sum() / weight.sum()  # k − w minima of Dirichlet weight 1 of n + k
    expected, chance = boender_rinnooy_kan(w, n)
    assert chance == pytest.approx(unseen, rel=2e-3)
    if n > w + 3:
        assert expected == pytest.approx(mean, rel=2e-2 if n < w + 5 else 2e-3)


def test_too_few_draws_have_no_estimate():
    assert boender_rinnooy_kan(3, 5)[0] == math.inf
    assert math.isnan(boender_rinnooy_kan(4, 5)[1])
    assert math.isnan(good_turing(0, 0))


def test_the_numbers_count_what_reached_a_minimum_and_no_other():
    found = said(*minima(0.5, 0.5, 0.7), *minima(0.1, 0.2, reason=G), *minima(0.3, reason=L))
    assert (found.starts, found.given_up, found.reached) == (6, 2, 3)
    assert (found.distinct, found.best_found, found.lowest, found.highest) == (2, 2, 0.5, 0.7)
    assert found.unseen == pytest.approx(1 / 3)
    assert found.lower_at_most == pytest.approx(1 / 7)


@pytest.mark.parametrize(
    ("found", "target", "sentence"),
    [
        (
            minima(0.5, 0.5, 0.5),
            None,
            "All 3 that reached a minimum reached the same, so another start is unlikely to help.",
        ),
        (
            minima(0.5, 0.6, 0.7),
            None,
            "3 different minima in 3 that reached one, the lowest once; another start leads to one not seen yet with "
            "a chance of about 100 %, so more starts may well find a lower one (one more start ends lower than all 3 "
            "with a chance of 25 % at most).",
        ),
        (
            minima(0.5, 0.5, 0.6, 0.6, 0.7),
            None,
            "3 different minima in 5 that reached one, the lowest 2 times; another start leads to one not seen yet "
            "with a chance of about 20 %, so more starts may help (one more start ends lower than all 5 with a "
            "chance of 17 % at most).",
        ),
        (
            minima(0.5, 0.5, 0.6, 0.6),
            None,
            "2 different minima in 4 that reached one, the lowest 2 times; another start leads to one not seen yet "
            "with a chance of about 0 %, so more starts are unlikely to help.",
        ),
        (
            [*minima(0.5), *minima(0.6, 0.7, reason=G)],
            None,
            "Only one start reached a minimum, which says nothing about how many there are; one more start ends "
            "lower than all 3 with a chance of 25 % at most.",
        ),
        (minima(0.5, reason=L), None, "No start reached a minimum, which says nothing about how many there are."),
        (minima(1e-9, 0.5), None, "The lowest error is next to nothing, so no other start is needed."),
        (
            minima(0.2, 0.3, reason=StopReason.TARGET_REACHED),
            0.3,
            "The target is reached, so no other start is needed.",
        ),
    ],
)
def test_the_sentence(found, target, sentence):
    assert said(*found, target=target).sentence == sentence


def test_the_chance_of_a_lower_end_is_that_of_ranks():
    rng = np.random.default_rng(0)
    drawn = rng.exponential(size=(20_000, 8))
    assert (drawn[:, 7] < drawn[:, :7].min(axis=1)).mean() == pytest.approx(
        said(*minima(*range(1, 8))).lower_at_most, abs=0.01
    )
