"""The damped Gauss–Newton step in NumPy: (AᵀA + E) s = −g with A = SᵀJ, a diagonal E > 0, and g = Aᵀρ + p.

Three ways to the same step: by Cholesky of the matrix, by a system of as many unknowns as A has rows, and by
orthogonal factors of A itself.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from fallline.engine import Array

SINGULAR = 1e-13  # share that is left of a pivot, from which on rounding is all that the factor shows


def primal_step(matrix: Array, damping: Array, gradient: Array) -> Array | None:
    """Return the step by Cholesky; None where the system is singular as far as rounding lets one see."""
    damped = matrix + np.diag(damping)
    try:
        L = np.linalg.cholesky(damped)
    except np.linalg.LinAlgError:
        return None
    if not (np.square(np.diag(L)) / np.diag(damped)).min() >= SINGULAR:
        return None
    return np.asarray(np.linalg.solve(L.T, np.linalg.solve(L, -gradient)))


def dual_step(A: Array, damping: Array, gradient: Array) -> Array:
    """Return the step from a system of rows · outputs unknowns, by Woodbury's identity; nan where it is singular.

    s = −E⁻¹ (g − Aᵀ (I + A E⁻¹ Aᵀ)⁻¹ A E⁻¹ g), whose system is singular to rounding where E is tiny and A lacks rank.
    """
    scaled = A / damping
    system = scaled @ A.T
    system[np.diag_indices(len(A))] += 1.0
    try:
        solution = np.linalg.solve(system, scaled @ gradient)
    except np.linalg.LinAlgError:
        return np.full_like(gradient, np.nan)
    return np.asarray((A.T @ solution - gradient) / damping)


def triangular_factor(blocks: Iterable[tuple[Array, Array]], size: int) -> Array:
    """Return R (≤ size + 1, size + 1) of all rows [A | ρ], which come in blocks; none is kept.

    From [R; block] = Q R' for each block (Golub & Van Loan 2013, section 6.5).
    """
    R = np.zeros((0, size + 1))
    for A, rho in blocks:
        R = np.asarray(np.linalg.qr(np.vstack([R, np.column_stack([A, rho])]), mode="r"))
    return R


def orthogonal_step(
    R: Array, damping: Array, penalty_gradient: Array, gradient: Array, *, with_residual: bool
) -> Array:
    """Return the step from the triangular factor of the rows [A | ρ], which squares no condition number.

    It solves min |A s + ρ|² + |√E s + p / √E|² (Moré 1978, section 3). Where there is no ρ, the seminormal equations
    RᵀR s = −g (Björck 1987).
    """
    size, root = len(damping), np.sqrt(damping)
    R = np.asarray(np.linalg.qr(np.vstack([R, np.column_stack([np.diag(root), penalty_gradient / root])]), mode="r"))
    U = R[:size, :size]
    right = -R[:size, size] if with_residual else np.linalg.solve(U.T, -gradient)
    return np.asarray(np.linalg.solve(U, right))
