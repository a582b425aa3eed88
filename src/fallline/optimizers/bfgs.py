"""BFGS: a quasi-Newton method on all rows that keeps the whole inverse Hessian."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fallline.engine import Array
from fallline.engine.memory import require_memory
from fallline.optimizers.quasi_newton import QuasiNewton


@dataclass(frozen=True)
class BFGS(QuasiNewton):
    """Self-scaled BFGS in float64, whatever the network's dtype; for up to a few thousand parameters.

    Parameters
    ----------
    gradient_tolerance
        The largest element of the gradient at which the descent counts as converged.
    """

    gradient_tolerance: float = 1e-10

    name = "bfgs"

    def inverse_hessian(self, parameters: int) -> DenseInverseHessian:
        """Return the identity.

        Raises
        ------
        FalllineError
            If there is not memory enough for the matrix.
        """
        require_memory(
            8 * parameters**2,
            f"optimizer bfgs: the inverse Hessian of {parameters:,} parameters",
            "Use optimizer lbfgs, which keeps the last steps instead.",
        )
        return DenseInverseHessian(parameters)


class DenseInverseHessian:
    """The BFGS formula on the upper half of a matrix, in place; H = scale · matrix.

    Before the formula is applied, H is divided by τ = min(1, sᵀy / sᵀH⁻¹s): where H bends more than the function
    does, all of it is too short, not only along s (Oren & Luenberger 1974; with the minimum, Al-Baali 1998, eq. 16).
    """

    def __init__(self, parameters: int) -> None:
        from scipy.linalg.blas import dsymv, dsyr2  # heavy, and only this optimizer needs them

        self._symv, self._syr2 = dsymv, dsyr2
        self._matrix = np.zeros((parameters, parameters), order="F")
        self.forget()

    def forget(self) -> None:
        self.learned, self._scale = False, 1.0
        self._matrix.fill(0.0)
        np.fill_diagonal(self._matrix, 1.0)

    def product(self, gradient: Array) -> Array:
        product: Array = self._symv(self._scale, self._matrix, gradient)
        return product

    def learn(self, step: Array, change: Array, bend: float) -> None:
        """H ← H + ρ ((1 + ρ yᵀHy) s sᵀ − H y sᵀ − s yᵀH) with ρ = 1 / sᵀy (Nocedal & Wright, eq. 6.17)."""
        along = float(step.dot(change))
        self._scale *= self._factor(along, bend, float(change.dot(change)))
        Hy = self.product(change)
        u = (0.5 * (1.0 + float(change.dot(Hy)) / along)) * step
        u -= Hy
        self._matrix = self._syr2(1.0 / (along * self._scale), step, u, a=self._matrix, overwrite_a=True)
        self.learned = True

    def _factor(self, along: float, bend: float, square: float) -> float:
        """What H is multiplied by: at the first step by what makes it fit there (Nocedal & Wright, eq. 6.20)."""
        return max(1.0, bend / along) if self.learned else along / square

    def matrix(self) -> Array:
        """Return H, (parameters, parameters)."""
        upper = np.triu(self._matrix)
        return self._scale * (upper + np.triu(upper, 1).T)
