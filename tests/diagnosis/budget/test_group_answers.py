"""The least loss with one answer for each group, against minimisation by brute force."""

import math

import numpy as np
import pytest
from scipy.optimize import minimize, minimize_scalar

from fallline.diagnosis.budget.group_answers import approached_only, best_answers, best_answers_in_range
from fallline.engine import ACTIVATIONS, LOSSES, Architecture

BY_OUTPUT = ("mean_squared_error", "half_squared_error", "mean_absolute_error", "huber")


def drawn(rng, n=30, outputs=2, spread=3.0):
    groups = rng.integers(0, 6, size=n)
    groups = np.unique(groups, return_inverse=True)[1].reshape(-1)
    return spread * rng.normal(size=(n, outputs)), groups


def least_by_search(loss_name, y, groups, low=-50.0, high=50.0):
    """Minimise each group's loss in each output between low and high."""
    loss, total = LOSSES[loss_name], 0.0
    for k in range(groups.max() + 1):
        for column in y[groups == k].T:

            def value(a, column=column):
                return loss.total(np.full((len(column), 1), a), column[:, None])

            candidates = [value(a) for a in (max(low, -50.0), min(high, 50.0), *np.clip(column, low, high))]
            found = minimize_scalar(value, bounds=(max(low, -50.0), min(high, 50.0)), method="bounded",
                                    options={"xatol": 1e-10}).fun  # fmt: skip
            total += min(found, *candidates)
    return total * loss.scale(*y.shape)


@pytest.mark.parametrize("loss", BY_OUTPUT)
@pytest.mark.parametrize("seed", range(4))
def test_best_answers_leave_the_least_loss(loss, seed):
    y, groups = drawn(np.random.default_rng(seed))
    assert best_answers(loss, y, groups).loss == pytest.approx(least_by_search(loss, y, groups), rel=1e-8)


@pytest.mark.parametrize("loss", BY_OUTPUT)
@pytest.mark.parametrize("activation", [name for name in ACTIVATIONS if name != "softmax"])
def test_range_confines_the_answers(loss, activation):
    y, groups = drawn(np.random.default_rng(8))
    architecture = Architecture((1, 2), (activation,), loss)
    low, high = ACTIVATIONS[activation].range
    expected = least_by_search(loss, y, groups, low, high)
    found = best_answers_in_range(architecture, y, groups)
    assert found.loss == pytest.approx(expected, rel=1e-8)
    assert found.loss >= best_answers(loss, y, groups).loss


@pytest.mark.parametrize("loss", BY_OUTPUT)
@pytest.mark.parametrize("seed", range(3))
def test_softmax_confines_the_answers_to_the_simplex(loss, seed):
    rng = np.random.default_rng(seed)
    y, groups = rng.normal(0.4, 1.2, size=(14, 3)), np.repeat([0, 1, 1, 2], [1, 3, 4, 6])
    found = best_answers_in_range(Architecture((1, 3), ("softmax",), loss), y, groups)
    expected = 0.0
    for k in range(3):
        part = y[groups == k]

        def value(a, part=part):
            return LOSSES[loss].total(np.broadcast_to(a, part.shape), part)

        # many starts, as absolute errors have kinks
        starts = rng.dirichlet(np.ones(3), size=30)
        sums = {"type": "eq", "fun": lambda a: a.sum() - 1.0}
        runs = [minimize(value, a, bounds=[(0.0, 1.0)] * 3, constraints=sums) for a in starts]
        expected += min(run.fun for run in runs if run.success)
    expected *= LOSSES[loss].scale(*y.shape)
    assert found.loss <= expected * (1.0 + 1e-7)
    assert found.loss == pytest.approx(expected, rel=2e-3 if loss == "mean_absolute_error" else 1e-5)


def test_one_hot_targets_are_within_the_simplex():
    y = np.eye(3)[[0, 1, 2, 2]]
    architecture = Architecture((1, 3), ("softmax",), "mean_squared_error")
    assert best_answers_in_range(architecture, y, np.arange(4)).loss == pytest.approx(0.0, abs=1e-15)


def test_cross_entropy_leaves_the_entropy_of_each_group():
    y, groups = np.array([[1.0], [0.0], [0.0], [1.0], [0.3]]), np.array([0, 0, 0, 1, 2])
    entropy = lambda p: -p * math.log(p) - (1 - p) * math.log(1 - p)  # noqa: E731
    expected = (3 * entropy(1 / 3) + 0.0 + entropy(0.3)) / 5
    assert best_answers("binary_cross_entropy", y, groups).loss == pytest.approx(expected, rel=1e-14)


def test_categorical_cross_entropy_takes_soft_targets():
    y, groups = np.array([[0.2, 0.8, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]), np.array([0, 0, 1])
    p = np.array([0.6, 0.4])
    assert best_answers("categorical_cross_entropy", y, groups).loss == pytest.approx(-2 * (p @ np.log(p)) / 3)


def test_ends_that_are_only_approached():
    groups = np.arange(2)
    for activation, y, approached in (
        ("sigmoid", [0.0, 0.5], True),
        ("sigmoid", [0.1, 0.5], False),
        ("tanh", [0.0, 2.0], True),
        ("relu", [-1.0, 0.0], False),
        ("softplus", [-1.0, 1.0], True),
        ("identity", [-1.0, 1.0], False),
    ):
        architecture = Architecture((1, 1), (activation,), "mean_squared_error")
        answers = best_answers_in_range(architecture, np.array(y)[:, None], groups).answers
        assert approached_only(architecture, answers) is approached, activation
