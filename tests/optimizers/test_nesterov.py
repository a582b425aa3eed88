from __future__ import annotations

import numpy as np
import pytest

from fallline.optimizers import Nesterov

from .problems import Watch, assert_equals_scikit_learn, assert_follows, assert_reaches_least_squares, linear


def rule(w, g, memory, t):
    memory["v"] = 0.8 * memory.get("v", 0.0) + g
    return w - 0.05 * (g + 0.8 * memory["v"])


def test_each_step_follows_the_stated_rule():
    assert_follows(Nesterov(learning_rate=0.05, momentum=0.8), rule)


def test_it_is_nesterovs_look_ahead_in_other_variables():
    """Sutskever et al. (2013), eqs. 3–4: v ← μ v − η ∇f(θ + μ v); θ ← θ + v; ours are the points θ + μ v."""
    problem = linear()
    theta, v = problem.start.copy(), np.zeros(3)
    for _ in range(25):
        v = 0.8 * v - 0.05 * problem.gradient(theta + 0.8 * v)
        theta = theta + v
    parameters = problem.start.copy()
    Nesterov(learning_rate=0.05, momentum=0.8).minimize(problem.objective, parameters, Watch(25))
    np.testing.assert_allclose(parameters, theta + 0.8 * v, rtol=1e-11)


def test_it_reaches_least_squares():
    assert_reaches_least_squares(Nesterov(learning_rate=0.1, momentum=0.8), 400, relative=1e-13)


def test_it_equals_scikit_learns():
    theirs = pytest.importorskip("sklearn.neural_network._stochastic_optimizers")
    sgd = theirs.SGDOptimizer([linear().start], learning_rate_init=0.05, momentum=0.8, nesterov=True)
    assert_equals_scikit_learn(Nesterov(learning_rate=0.05, momentum=0.8), lambda w, g: sgd.update_params(w, g))
