"""L-BFGS: a quasi-Newton method on all rows that remembers the last steps only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fallline.engine import Array
from fallline.optimizers.quasi_newton import QuasiNewton


@dataclass(frozen=True)
class LBFGS(QuasiNewton):
    """L-BFGS (Nocedal 1980; Liu & Nocedal 1989) in float64, whatever the network's dtype.

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
        return LimitedInverseHessian(self.memory, parameters)


class LimitedInverseHessian:
    """The BFGS formula for the last steps, in the compact form of Byrd, Nocedal & Schnabel (1994), theorem 2.2.

    With the steps s in the rows of S, the changes of the gradient in those of Y, both the oldest first, R the upper
    triangle of S Yᵀ and D its diagonal,

        H g = γ g + Sᵀ R⁻ᵀ ((D + γ Y Yᵀ) a − γ Y g) − γ Yᵀ a,        a = R⁻¹ S g,

    and γ = sᵀy / yᵀy of the last step. This is what the usual two loops compute, in a few products of matrices.
    """

    def __init__(self, memory: int, parameters: int) -> None:
        self._S, self._Y = np.empty((2, memory, parameters))
        self._R_inverse, self._YY = np.zeros((2, memory, memory))
        self._D = np.empty(memory)
        self.forget()

    @property
    def learned(self) -> bool:
        return self._count > 0

    def forget(self) -> None:
        self._count, self._gamma = 0, 1.0

    def product(self, gradient: Array) -> Array:
        if not self._count:
            return gradient.copy()
        S, Y, R_inverse, YY, D = self._held(self._count)
        gamma = self._gamma
        a = R_inverse @ (S @ gradient)
        b = (D * a + gamma * (YY @ a - Y @ gradient)) @ R_inverse
        product: Array = gamma * (gradient - a @ Y)
        product += b @ S
        return product

    def learn(self, step: Array, change: Array, bend: float) -> None:
        if self._count == len(self._D):
            self._drop_oldest()
        self._count += 1
        S, Y, R_inverse, YY, D = self._held(self._count)
        S[-1], Y[-1] = step, change
        along = float(step.dot(change))
        D[-1] = along
        R_inverse[-1, -1] = 1.0 / along
        R_inverse[:-1, -1] = R_inverse[:-1, :-1] @ (S[:-1] @ change) / -along
        YY[-1] = YY[:, -1] = Y @ change
        self._gamma = along / float(YY[-1, -1])

    def _held(self, count: int) -> tuple[Array, Array, Array, Array, Array]:
        """Return views of what belongs to that many steps: S, Y, R⁻¹, Y Yᵀ, D."""
        square = slice(count), slice(count)
        return self._S[:count], self._Y[:count], self._R_inverse[square], self._YY[square], self._D[:count]

    def _drop_oldest(self) -> None:
        """Move the rest to the front; the inverse of R without its first row and column is that of R⁻¹ itself."""
        for rows in (self._S, self._Y, self._D):
            rows[:-1] = rows[1:]
        for square in (self._R_inverse, self._YY):
            square[:-1, :-1] = square[1:, 1:]
        self._R_inverse[-1] = 0.0
        self._count -= 1
