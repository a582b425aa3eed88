from __future__ import annotations

import numpy as np
import pytest

from fallline.optimizers import GradientDescent

from .problems import Watch, assert_equals_scikit_learn, assert_follows, assert_reaches_least_squares, linear


def test_each_step_is_minus_the_rate_times_the_gradient():
    assert_follows(GradientDescent(learning_rate=0.1), lambda w, g, memory, t: w - 0.1 * g)


def test_it_reaches_least_squares():
    assert_reaches_least_squares(GradientDescent(learning_rate=0.4), 400, relative=1e-13)


def test_it_equals_scikit_learns_without_momentum():
    theirs = pytest.importorskip("sklearn.neural_network._stochastic_optimizers")
    sgd = theirs.SGDOptimizer([linear().start], learning_rate_init=0.1, momentum=0.0, nesterov=False)
    assert_equals_scikit_learn(GradientDescent(learning_rate=0.1), lambda w, g: sgd.update_params(w, g))


def test_it_contracts_each_eigenvector_by_one_minus_rate_times_curvature():
    """On a quadratic w − w* shrinks along each eigenvector of the Hessian by 1 − ηλ at each step."""
    problem = linear()
    A = np.c_[problem.X, np.ones(len(problem.X))]
    curvature, vectors = np.linalg.eigh(2 / len(A) * A.T @ A)
    parameters = problem.start.copy()
    GradientDescent(learning_rate=0.2).minimize(problem.objective, parameters, Watch(30))
    expected = (1 - 0.2 * curvature) ** 30 * (vectors.T @ (problem.start - problem.solution))
    np.testing.assert_allclose(vectors.T @ (parameters - problem.solution), expected, rtol=1e-9, atol=1e-14)
