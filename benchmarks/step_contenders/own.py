"""Fallline in the speed benchmark: its optimizers in the compiled engine."""

from __future__ import annotations

import math
from collections.abc import Sequence

from fallline.engine import Objective, Rows
from fallline.optimizers import Adam, GradientDescent, Iteration
from step_contenders.workload import RATE, XOR_RATE, Loop, Workload


class Watch:
    """Stops after so many iterations and keeps the error of those that it is told about."""

    def __init__(self, iterations: int, every: bool = False) -> None:
        self.iterations, self.every, self.number = iterations, every, 0
        self.errors: list[float] = []

    def iteration(self, iteration: Iteration) -> bool:
        self.number = iteration.number
        self.errors.append(iteration.error)
        return self.number >= self.iterations

    def portion(self) -> int:
        return self.iterations - self.number

    def wanted(self, first: int, last: int) -> Sequence[int]:
        return range(first, last + 1) if self.every else ()

    def target(self) -> float:
        return -math.inf

    def interrupted(self) -> bool:
        return False


def fallline(work: Workload) -> Loop:
    """Fallline's compiled engine, through its optimizers; it chooses its threads by itself."""
    network, (X, y) = work.network(), work.data()
    first = Objective(network.architecture, Rows(X[: work.step_rows], y[: work.step_rows]), compiled=True)
    watch, parameters = Watch(3, every=True), network.parameters.copy()
    fallline_optimizer(work, None).minimize(first, parameters, watch)
    objective = Objective(network.architecture, Rows(X, y), compiled=True)
    optimizer = fallline_optimizer(work, work.batch)
    return Loop(
        lambda epochs: optimizer.minimize(objective, network.parameters, Watch(epochs)), work.steps, watch.errors
    )


def fallline_optimizer(work: Workload, batch: int | None) -> Adam | GradientDescent:
    """Return the workload's optimizer."""
    return Adam(RATE, batch) if work.rule == "adam" else GradientDescent(XOR_RATE, batch)
