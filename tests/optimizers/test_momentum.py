from __future__ import annotations

import pytest

from fallline.optimizers import Momentum

from .problems import assert_equals_scikit_learn, assert_follows, assert_reaches_least_squares, linear


def rule(w, g, memory, t):
    """Polyak (1964)."""
    memory["v"] = 0.8 * memory.get("v", 0.0) + g
    return w - 0.05 * memory["v"]


def test_each_step_follows_polyak():
    assert_follows(Momentum(learning_rate=0.05, momentum=0.8), rule)


def test_it_is_the_heavy_ball():
    """The same without a velocity: w ← w − η g + μ (w − w before)."""

    def heavy_ball(w, g, memory, t):
        moved = w - 0.05 * g + 0.8 * (w - memory.get("before", w))
        memory["before"] = w
        return moved

    assert_follows(Momentum(learning_rate=0.05, momentum=0.8), heavy_ball)


def test_it_reaches_least_squares():
    assert_reaches_least_squares(Momentum(learning_rate=0.1, momentum=0.8), 400, relative=1e-13)


def test_it_equals_scikit_learns():
    theirs = pytest.importorskip("sklearn.neural_network._stochastic_optimizers")
    sgd = theirs.SGDOptimizer([linear().start], learning_rate_init=0.05, momentum=0.8, nesterov=False)
    assert_equals_scikit_learn(Momentum(learning_rate=0.05, momentum=0.8), lambda w, g: sgd.update_params(w, g))
