"""First-order descent: an update rule, the learning rate's schedule, and the way through rows or batches."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field, fields

import numpy as np

from fallline.engine import Array, Index, Objective
from fallline.errors import FalllineError
from fallline.optimizers.optimizer import Iteration, Optimizer, Outcome, Watch
from fallline.optimizers.schedules import Constant, Schedule


def norm(v: Array) -> float:
    """Return the Euclidean length of v, in float64 so that it does not overflow before v does."""
    return float(np.linalg.norm(v.astype(np.float64, copy=False)))


@dataclass
class Memory:
    """What a rule knows after some steps, so that a later descent can go on as if it were the same one."""

    slots: list[Array] = field(default_factory=list)
    steps: int = 0


@dataclass(frozen=True)
class FirstOrder(Optimizer):
    """An optimizer that is an update of the weights by the gradient.

    Parameters
    ----------
    learning_rate
        A number > 0 or a `Schedule`.
    batch_size
        Rows in a mini-batch; None takes all rows for each step.
    seed
        Seed of the order in which the rows come in each epoch.
    shuffle
        Whether they come in a new order in each epoch, or always in their own.
    memory
        Where to go on from, and where to leave what is known at the end; None begins with nothing. With it, the steps
        are made in the reference engine.
    """

    learning_rate: float | Schedule
    batch_size: int | None = None
    seed: int = 0
    shuffle: bool = field(default=True, kw_only=True)
    memory: Memory | None = field(default=None, kw_only=True, compare=False, repr=False)

    slots = 0  # how many vectors of the parameters' length the rule keeps between steps

    @abstractmethod
    def update(self, parameters: Array, gradient: Array, slots: list[Array], rate: float, step: int) -> None:
        """Change parameters and slots in place by one step; `step` counts from 1; gradient may be used up."""

    def start(self, parameters: Array) -> list[Array]:
        """Return the slots before the first step: zeros."""
        return [np.zeros_like(parameters) for _ in range(self.slots)]

    def schedule(self) -> Schedule:
        """Return the learning rate as a schedule.

        Raises
        ------
        FalllineError
            If the learning rate is not a number above 0.
        """
        if isinstance(self.learning_rate, Schedule):
            return self.learning_rate
        if not (math.isfinite(self.learning_rate) and self.learning_rate > 0):
            raise FalllineError(f"learning rate {self.learning_rate}: expected a number above 0, such as 0.01.")
        return Constant(self.learning_rate)

    def require_fitting(self, rows: int) -> None:
        if self.batch_size is not None and self.batch_size < 1:
            raise FalllineError(f"batch size {self.batch_size}: expected a number of rows, 1 or more.")
        self.schedule()

    def numbers(self) -> list[float]:
        """Return the rule's own settings, in the order of its fields."""
        common = {each.name for each in fields(FirstOrder)}
        return [float(getattr(self, each.name)) for each in fields(self) if each.name not in common]

    def minimize(self, objective: Objective, parameters: Array, watch: Watch) -> Outcome:
        self.require_fitting(len(objective.rows))
        if objective.compiled and self.memory is None:
            from fallline.optimizers.compiled import descend_compiled  # brings Numba

            return descend_compiled(self, objective, parameters, watch)
        memory = self.memory or Memory()
        memory.slots = slots = memory.slots or self.start(parameters)
        course = self.schedule().course()
        rng = np.random.default_rng(self.seed)
        before, epoch_start = parameters.copy(), parameters.copy()
        whole = self.batch_size is None or self.batch_size >= len(objective.rows)
        error, step, number = math.nan, 0, 0
        while True:
            number += 1
            rate = course.rate(number, error)
            np.copyto(epoch_start, parameters)
            error, gradient = 0.0, np.zeros_like(parameters)
            for positions in [None] if whole else self._batches(len(objective.rows), rng):
                if watch.interrupted():
                    return Outcome.STOPPED
                part, slope = objective.error_and_gradient(parameters, positions)
                if not math.isfinite(part):
                    np.copyto(parameters, before)
                    return Outcome.NOT_FINITE
                if not np.isfinite(slope).all():
                    return Outcome.NOT_FINITE
                share = 1.0 if positions is None else objective.share(len(positions))
                error += part * share
                gradient += slope * share
                np.copyto(before, parameters)
                step, memory.steps = step + 1, memory.steps + 1
                self.update(parameters, slope, slots, rate, memory.steps)
            iteration = Iteration(
                number=number,
                steps=step,
                error=error,
                gradient_norm=norm(gradient),
                step_size=norm(parameters - epoch_start),
                learning_rate=rate,
                age=number - 1 if whole else number,
                parameters=before if whole else parameters,
            )
            if watch.iteration(iteration):
                return Outcome.STOPPED
            if iteration.gradient_norm == 0.0 and iteration.step_size == 0.0:  # momentum may still be moving
                return Outcome.CONVERGED

    def _batches(self, rows: int, rng: np.random.Generator) -> Iterator[Index]:
        """Return the positions of each batch of an epoch."""
        assert self.batch_size is not None
        order = rng.permutation(rows) if self.shuffle else np.arange(rows)
        for start in range(0, rows, self.batch_size):
            yield order[start : start + self.batch_size]
