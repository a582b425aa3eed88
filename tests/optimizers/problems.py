"""What the optimizers are tested on: a linear network, whose floor has a closed form, and a watch that remembers."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from fallline.engine import Architecture, Objective, Rows
from fallline.optimizers import Iteration


class Watch:
    """Keeps every iteration; stops after `iterations`, or at a gradient this small, or at once at the nth step."""

    def __init__(self, iterations=math.inf, *, gradient=-1.0, interrupt_before_step=math.inf):
        self.iterations = iterations
        self.gradient = gradient
        self.interrupt_before_step = interrupt_before_step
        self.asked = 0
        self.history: list[Iteration] = []

    def iteration(self, iteration):
        weights = None if iteration.parameters is None else iteration.parameters.copy()
        self.history.append(iteration._replace(parameters=weights))
        return iteration.number >= self.iterations or iteration.gradient_norm <= self.gradient

    def portion(self):
        return 10 if math.isinf(self.iterations) else self.iterations - len(self.history)

    def wanted(self, first, last):
        return range(first, last + 1)

    def target(self):
        return -math.inf

    def interrupted(self):
        self.asked += 1
        return self.asked >= self.interrupt_before_step

    def column(self, name):
        return np.array([getattr(iteration, name) for iteration in self.history])


class Linear(NamedTuple):
    """A linear network with the mean squared error on rows that it cannot meet exactly."""

    objective: Objective
    X: np.ndarray
    y: np.ndarray
    start: np.ndarray
    solution: np.ndarray
    floor: float

    def gradient(self, parameters, positions=slice(None)):
        """The textbook's 2/n · [X 1]ᵀ ([X 1] w − y), for one output."""
        X, y = self.X[positions], self.y[positions]
        A = np.c_[X, np.ones(len(X))]
        return 2 / len(X) * A.T @ (A @ parameters - y[:, 0])

    def error(self, parameters, positions=slice(None)):
        X, y = self.X[positions], self.y[positions]
        return float(np.mean((X @ parameters[:-1] + parameters[-1] - y[:, 0]) ** 2))


def linear(n=40, dtype=np.float64, l2=0.0) -> Linear:
    rng = np.random.default_rng(11)
    X = rng.normal(size=(n, 2)) * [1.0, 0.5]
    y = X @ [[1.5], [-2.0]] + 0.7 + 0.3 * rng.normal(size=(n, 1))
    A = np.c_[X, np.ones(n)]
    # ∂/∂w of mean e² + ½ l2 · |weights|² is zero where (2/n AᵀA + l2 · diag(1, 1, 0)) w = 2/n Aᵀy
    solution = np.linalg.solve(2 / n * A.T @ A + l2 * np.diag([1, 1, 0]), 2 / n * A.T @ y[:, 0])
    X, y = X.astype(dtype), y.astype(dtype)
    architecture = Architecture((2, 1), ("identity",), "mean_squared_error")
    objective = Objective(architecture, Rows(X, y), l2)
    floor = float(np.mean((A @ solution - y[:, 0]) ** 2))
    return Linear(objective, X, y, np.array([0.3, 0.4, -0.5], dtype), solution, floor)


def assert_follows(optimizer, rule, steps=25):
    """The weights of each iteration are those of `rule`, one number at a time in Python's own arithmetic.

    `rule(w, g, memory, t)` returns the next w; memory is a dictionary that starts empty.
    """
    problem = linear()
    expected, memories = [problem.start.tolist()], [{} for _ in problem.start]
    for t in range(1, steps + 1):
        g = problem.gradient(np.array(expected[-1])).tolist()
        expected.append([rule(w, slope, m, t) for w, slope, m in zip(expected[-1], g, memories, strict=True)])
    parameters, watch = problem.start.copy(), Watch(steps)
    optimizer.minimize(problem.objective, parameters, watch)
    for t, iteration in enumerate(watch.history):
        np.testing.assert_allclose(
            iteration.parameters, expected[t], rtol=1e-11, atol=1e-14, err_msg=f"weights before step {t + 1}"
        )
    np.testing.assert_allclose(
        parameters, expected[steps], rtol=1e-11, atol=1e-14, err_msg="weights after the last step"
    )


def assert_reaches_least_squares(optimizer, iterations, relative):
    problem = linear()
    parameters, watch = problem.start.copy(), Watch(iterations, gradient=1e-13)
    optimizer.minimize(problem.objective, parameters, watch)
    excess = problem.error(parameters) / problem.floor - 1
    assert -1e-14 < excess < relative, f"{excess:.3g} above the floor after {len(watch.history)} iterations"
    np.testing.assert_allclose(parameters, problem.solution, rtol=0, atol=math.sqrt(relative) + 1e-9)


def assert_equals_scikit_learn(optimizer, update, steps=25):
    """`update(params, grads)` changes a list of arrays in place, as scikit-learn's optimizers do."""
    problem = linear()
    theirs, ours = problem.start.copy(), problem.start.copy()
    for _ in range(steps):
        update([theirs], [problem.gradient(theirs)])
    optimizer.minimize(problem.objective, ours, Watch(steps))
    np.testing.assert_allclose(ours, theirs, rtol=1e-11)
