from __future__ import annotations

import math

import numpy as np
import pytest

from fallline.optimizers import Adam, Cosine

from .problems import Watch, assert_equals_scikit_learn, assert_follows, assert_reaches_least_squares, linear


def rule(w, g, memory, t):
    """Kingma & Ba (2015), algorithm 1, line by line."""
    memory["m"] = 0.8 * memory.get("m", 0.0) + (1 - 0.8) * g
    memory["v"] = 0.95 * memory.get("v", 0.0) + (1 - 0.95) * g**2
    m_hat = memory["m"] / (1 - 0.8**t)
    v_hat = memory["v"] / (1 - 0.95**t)
    return w - 0.03 * m_hat / (math.sqrt(v_hat) + 1e-3)


def test_each_step_follows_algorithm_1():
    assert_follows(Adam(learning_rate=0.03, beta1=0.8, beta2=0.95, epsilon=1e-3), rule)


def test_the_first_step_has_the_length_of_the_rate_whatever_the_gradient():
    problem = linear()
    parameters = problem.start.copy()
    Adam(learning_rate=0.03, epsilon=0.0).minimize(problem.objective, parameters, Watch(1))
    moved = parameters - problem.start
    np.testing.assert_allclose(moved, -0.03 * np.sign(problem.gradient(problem.start)), rtol=1e-12)


def test_it_reaches_least_squares_while_the_rate_falls():
    assert_reaches_least_squares(Adam(learning_rate=Cosine(0.1, 1000)), 1000, relative=1e-9)


def test_it_equals_scikit_learns_but_for_where_epsilon_stands():
    theirs = pytest.importorskip("sklearn.neural_network._stochastic_optimizers")
    adam = theirs.AdamOptimizer([linear().start], learning_rate_init=0.03, beta_1=0.8, beta_2=0.95, epsilon=1e-30)
    ours = Adam(learning_rate=0.03, beta1=0.8, beta2=0.95, epsilon=1e-30)
    assert_equals_scikit_learn(ours, lambda w, g: adam.update_params(w, g))
