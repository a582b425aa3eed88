"""What the optimizers share that see all rows at each step: points, evaluations, and how the watch is told."""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import NamedTuple

import numpy as np

from fallline.engine import Array, Objective
from fallline.optimizers.optimizer import Iteration, Optimizer, Outcome, Watch


class Point(NamedTuple):
    """The objective at some weights, in float64 whatever the network's dtype."""

    position: Array  # (parameters,)
    error: float  # without the penalty
    value: float  # with the penalty; inf where it or the gradient is not finite
    gradient: Array  # (parameters,), with the penalty
    gradient_norm: float


class Stop(Exception):  # noqa: N818 - no error: the way out of a search within a search
    """The descent is over."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome)
        self.outcome = outcome


def length(v: Array) -> float:
    """Return the Euclidean length of v (float64), also where the squares overflow; not finite where v is not."""
    squares = float(v.dot(v))
    if math.isfinite(squares):
        return math.sqrt(squares)
    largest = float(np.abs(v).max())
    return largest * math.sqrt(float(np.square(v / largest).sum())) if math.isfinite(largest) else math.nan


class FullBatchDescent:
    """A descent on all rows: evaluates points, counts, tells the watch, and moves the caller's weights."""

    def __init__(self, objective: Objective, parameters: Array, watch: Watch) -> None:
        self.objective = objective
        self.dtype = parameters.dtype
        self._parameters = parameters
        self._watch = watch
        self._steps = 0
        self._number = 0

    def start(self) -> Point:
        """Return the point where the descent begins."""
        point = self.at(self._parameters.astype(np.float64))
        if math.isinf(point.value):
            raise Stop(Outcome.NOT_FINITE)
        return point

    def at(self, position: Array) -> Point:
        """Evaluate error and gradient at a position (parameters,) in float64."""
        self.ask()
        self._steps += 1
        weights = position.astype(self.dtype, copy=False)
        error, gradient = self.objective.error_and_gradient(weights)
        gradient = gradient.astype(np.float64, copy=False)
        value, norm = error + self.objective.penalty(weights), length(gradient)
        if not (math.isfinite(value) and math.isfinite(norm)):
            value = math.inf
        return Point(position, error, value, gradient, norm)

    def ask(self) -> None:
        """Stop if the watch wants to."""
        if self._watch.interrupted():
            raise Stop(Outcome.STOPPED)

    def accept(self, point: Point) -> None:
        """Go to a point, and tell the watch of the iteration that found it."""
        moved = length(point.position - self._parameters)
        np.copyto(self._parameters, point.position, casting="same_kind")
        self._number += 1
        iteration = Iteration(
            number=self._number,
            steps=self._steps,
            error=point.error,
            gradient_norm=point.gradient_norm,
            step_size=moved,
            learning_rate=math.nan,
            age=self._number,
            parameters=self._parameters,
        )
        if self._watch.iteration(iteration):
            raise Stop(Outcome.STOPPED)

    def flat(self, point: Point, tolerance: float) -> bool:
        """Whether no element of the gradient is larger than that."""
        return point.gradient_norm <= tolerance or float(np.abs(point.gradient).max()) <= tolerance

    def stuck(self, point: Point) -> Outcome:
        """Return what it means that no lower point was found: the slope is lost in rounding, or there is no way."""
        flat = self.flat(point, math.sqrt(np.finfo(self.dtype).eps))
        return Outcome.CONVERGED if flat else Outcome.NO_DESCENT


class FullBatch(Optimizer):
    """An optimizer that sees all rows at each step and moves from point to lower point."""

    def minimize(self, objective: Objective, parameters: Array, watch: Watch) -> Outcome:
        try:
            return self.descend(FullBatchDescent(objective, parameters, watch))
        except Stop as stop:
            return stop.outcome

    @abstractmethod
    def descend(self, descent: FullBatchDescent) -> Outcome:
        """Lower the objective until there is no way down; a `Stop` may end it before."""
