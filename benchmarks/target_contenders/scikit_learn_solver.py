"""scikit-learn: `MLPRegressor` by L-BFGS, where its network is the problem's."""

from __future__ import annotations

import warnings
from contextlib import suppress
from typing import Any

import numpy as np
from sklearn.neural_network import MLPRegressor
from threadpoolctl import threadpool_limits

from problems import Problem
from target_contenders.solver import Goal, Over, Solver

MANY = 2**31 - 1
ACTIVATIONS = {"tanh": "tanh", "sigmoid": "logistic"}


class Watched(MLPRegressor):
    """A regressor that tells the goal of every error; its own loss is half of the mean squared error."""

    goal: Goal | None = None

    def _loss_grad_lbfgs(self, packed: np.ndarray, *arguments: Any, **named: Any) -> tuple[float, np.ndarray]:
        loss, gradient = super()._loss_grad_lbfgs(packed, *arguments, **named)
        self.latest = 2.0 * loss
        if self.goal is not None:
            self.goal.note(self.latest, self.weights)
        return loss, gradient

    def weights(self) -> np.ndarray:
        """Return the weights as Fallline's flat vector."""
        pairs = zip(self.coefs_, self.intercepts_, strict=True)
        return np.concatenate([np.column_stack([W.T, b]).ravel() for W, b in pairs])


class ScikitLearnLBFGS(Solver):
    """`MLPRegressor(solver="lbfgs")` without tolerance or penalty, a warm start from the given weights."""

    name = "scikit-learn lbfgs"

    @classmethod
    def fits(cls, problem: Problem) -> bool:
        hidden = set(problem.activations[:-1])
        suits = len(hidden) == 1 and hidden <= set(ACTIVATIONS) and problem.activations[-1] == "identity"
        return suits and problem.loss == "mean_squared_error"

    def __init__(self, problem: Problem) -> None:
        warnings.simplefilter("ignore")
        self.problem = problem
        X, y = problem.table
        self.X, self.y = X, y[:, 0] if y.shape[1] == 1 else y
        self.model = Watched(
            hidden_layer_sizes=problem.shape[1:-1],
            activation=ACTIVATIONS[problem.activations[0]],
            solver="lbfgs",
            alpha=0.0,
            tol=0.0,
            max_iter=1,
            max_fun=1,
            warm_start=True,
        ).fit(self.X, self.y)

    def use(self, threads: int) -> None:
        threadpool_limits(threads)

    def load(self, parameters: np.ndarray) -> None:
        """Give the model these weights."""
        layers = self.problem.architecture.layers(parameters)
        self.model.coefs_ = [W[:, :-1].T.copy() for W in layers]
        self.model.intercepts_ = [W[:, -1].copy() for W in layers]

    def error(self, parameters: np.ndarray) -> float:
        self.load(parameters)
        self.model.goal = Goal(np.inf, np.inf)  # which the first error reaches
        with suppress(Over):
            self.model.fit(self.X, self.y)
        return self.model.latest

    def descend(self, parameters: np.ndarray, goal: Goal) -> None:
        self.load(parameters)
        self.model.goal = goal
        self.model.set_params(max_iter=MANY, max_fun=MANY)
        self.model.fit(self.X, self.y)
