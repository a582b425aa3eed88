"""Fallline: its own choice, every optimizer that is not first order, and Adam, in the compiled engine."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from typing import ClassVar

import numpy as np

from fallline.engine import Objective, Rows
from fallline.engine.rows import block_length
from fallline.engine.threads import fitting_threads
from fallline.optimizers import OPTIMIZERS, FirstOrder, Iteration
from problems import Problem
from target_contenders.solver import Goal, Solver

AT_ONCE = 1 << 30
ELSEWHERE = ("bayesian_regularisation",)  # lowers another error than the others
SECOND_ORDER = [name for name, each in OPTIMIZERS.items() if not issubclass(each, FirstOrder)]
NAMES = [*reversed([name for name in SECOND_ORDER if name not in ELSEWHERE]), "adam"]


class TargetWatch:
    """Tells the goal of every iteration that is told, and stops where nothing is left to do."""

    def __init__(self, goal: Goal) -> None:
        self.goal = goal

    def iteration(self, iteration: Iteration) -> bool:
        weights = iteration.parameters
        return weights is not None and self.goal.reached(iteration.error, weights.copy)

    def portion(self) -> int:
        return AT_ONCE

    def wanted(self, first: int, last: int) -> Sequence[int]:
        return ()

    def target(self) -> float:
        return self.goal.target

    def interrupted(self) -> bool:
        return self.goal.left() <= 0.0


class Fallline(Solver):
    """One of Fallline's optimizers as it comes; Adam has the problem's rate.

    As for the others, the rows stand ready in the form that the arithmetic wants, and the threads of BLAS are set,
    before a descent begins.
    """

    optimizer: str
    prepared: ClassVar = ExitStack()  # for the problem at hand

    def __init__(self, problem: Problem) -> None:
        self.architecture = problem.architecture
        X, y = problem.table
        self.rows = Rows(X, y)
        self.rows.packed = {}
        shape = self.architecture.shape
        self.prepared.close()
        self.prepared.enter_context(fitting_threads(min(len(X), block_length(max(shape))), shape))
        self.prepared.enter_context(np.errstate(over="ignore", invalid="ignore", divide="ignore"))
        first_order = issubclass(OPTIMIZERS[self.optimizer], FirstOrder)
        settings = {"learning_rate": problem.adam_rate} if first_order else {}
        self.minimizer = OPTIMIZERS[self.optimizer](**settings)

    def error(self, parameters: np.ndarray) -> float:
        return Objective(self.architecture, self.rows, compiled=True).error(parameters)

    def descend(self, parameters: np.ndarray, goal: Goal) -> None:
        objective = Objective(self.architecture, self.rows, compiled=True)
        self.minimizer.minimize(objective, parameters, TargetWatch(goal))


def own(name: str) -> type[Fallline]:
    """Return the contender with that optimizer."""
    return type("Fallline", (Fallline,), {"name": f"Fallline {name}", "optimizer": name})
