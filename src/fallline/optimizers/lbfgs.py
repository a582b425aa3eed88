"""L-BFGS: a quasi-Newton method on all rows that remembers the last steps only."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from fallline.engine import Array
from fallline.optimizers.quasi_newton import QuasiNewton


@dataclass(frozen=True)
class LBFGS(QuasiNewton):
    """L-BFGS (Liu & Nocedal 1989) in float64, whatever the network's dtype.

    Parameters
    ----------
    memory
        How many of the last steps the curvature is built from.
    gradient_tolerance
        The largest element of the gradient at which the descent counts as converged.
    """

    memory: int = 10
    gradient_tolerance: float = 1e-10

    name = "lbfgs"

    def inverse_hessian(self, parameters: int) -> LimitedInverseHessian:
        return LimitedInverseHessian(self.memory)


class LimitedInverseHessian:
    """The BFGS formula for the last steps, applied to a vector by the two loops of Nocedal & Wright, algorithm 7.4.

    It begins with γ · 1, γ = sᵀy / yᵀy of the last step (eq. 7.20).
    """

    def __init__(self, memory: int) -> None:
        self._steps: deque[tuple[Array, Array, float]] = deque(maxlen=memory)  # s, y, 1 / sᵀy
        self._gamma = 1.0

    @property
    def learned(self) -> bool:
        return len(self._steps) > 0

    def forget(self) -> None:
        self._steps.clear()
        self._gamma = 1.0

    def product(self, gradient: Array) -> Array:
        q, shares = gradient.copy(), []
        for step, change, rho in reversed(self._steps):
            shares.append(rho * float(step.dot(q)))
            q -= shares[-1] * change
        q *= self._gamma
        for step, change, rho in self._steps:
            q += (shares.pop() - rho * float(change.dot(q))) * step
        return q

    def learn(self, step: Array, change: Array, bend: float) -> None:
        along = float(step.dot(change))
        self._steps.append((step, change, 1.0 / along))
        self._gamma = along / float(change.dot(change))
