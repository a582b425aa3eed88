"""Quasi-Newton descent: along −H g with an inverse Hessian H that is learned from the steps, to a strong-Wolfe step."""

from __future__ import annotations

from abc import abstractmethod
from typing import Protocol

import numpy as np

from fallline.engine import Array
from fallline.optimizers.full_batch import FullBatch, FullBatchDescent
from fallline.optimizers.line_search import Trial, strong_wolfe
from fallline.optimizers.optimizer import Outcome


class InverseHessian(Protocol):
    """A positive definite approximation of the inverse Hessian, (parameters, parameters)."""

    @property
    def learned(self) -> bool:
        """Whether it holds anything of a step; it is the identity before."""

    def product(self, gradient: Array) -> Array:
        """Return H g (parameters,), a new array."""

    def learn(self, step: Array, change: Array, bend: float) -> None:
        """Take in that the gradient changed by `change` over `step`, with stepᵀ change > 0.

        `bend` is stepᵀ H⁻¹ step, what H itself would have had in the place of stepᵀ change.
        """

    def forget(self) -> None:
        """Become the identity again."""


class QuasiNewton(FullBatch):
    """Descent with an inverse Hessian from `inverse_hessian` (Nocedal & Wright 2006, algorithm 6.1)."""

    gradient_tolerance: float

    @abstractmethod
    def inverse_hessian(self, parameters: int) -> InverseHessian:
        """Return what learns the curvature of a descent in that many parameters."""

    def descend(self, descent: FullBatchDescent) -> Outcome:
        point = descent.start()
        inverse = self.inverse_hessian(len(point.position))
        while not descent.flat(point, self.gradient_tolerance):
            direction = np.negative(inverse.product(point.gradient))
            slope = float(direction.dot(point.gradient))
            first = 1.0 if inverse.learned else min(1.0, 1.0 / point.gradient_norm)
            found = _lower(descent, Trial(0.0, point.value, slope, point), direction, first) if slope < 0.0 else None
            if found is None:
                if not inverse.learned:
                    return descent.stuck(point)
                inverse.forget()
                continue
            following = found.at
            if following.value >= point.value and following.gradient_norm >= point.gradient_norm:
                return descent.stuck(point)  # only rounding is left
            step, change = following.position - point.position, following.gradient - point.gradient
            bend = -found.step * found.step * slope
            if float(step.dot(change)) > np.finfo(np.float64).eps * bend:
                inverse.learn(step, change, bend)
            point = following
            descent.accept(point)
        return Outcome.CONVERGED


def _lower(descent: FullBatchDescent, start: Trial, direction: Array, first: float) -> Trial | None:
    def along(step: float) -> Trial:
        point = descent.at(start.at.position + step * direction)
        return Trial(step, point.value, float(point.gradient.dot(direction)), point)

    return strong_wolfe(along, start, first)
