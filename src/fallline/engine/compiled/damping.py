"""The step of Levenberg–Marquardt: (JᵀHJ + E) s = −g with a diagonal E, by Cholesky, in the dual form, or by QR."""

from __future__ import annotations

from fallline.engine.arrays import Array, Index
from fallline.engine.compiled.calls import MULTIPLY
from fallline.engine.compiled.cholesky import factorise, solve_transposed, solve_upper
from fallline.engine.compiled.jit import kernel
from fallline.engine.compiled.lane_functions import sum_of_lanes
from fallline.engine.compiled.lanes import fill, load, store, width
from fallline.engine.compiled.layout import MULTIPLY_BY
from fallline.engine.compiled.orthogonal import absorb_diagonal

multiply = MULTIPLY.call

SINGULAR = 1e-13  # share that is left of a pivot, from which on rounding is all that the factor shows


@kernel
def primal_step(
    matrix: Array, damping: Array, gradient: Array, factor: Array, step: Array, size: int, stride: int
) -> bool:
    """Solve by Cholesky for the step; False where the system is singular as far as rounding lets one see."""
    if factorise(matrix, damping, factor, size, stride) < SINGULAR:
        return False
    for i in range(size):
        step[i] = -gradient[i]
    solve_transposed(factor, size, stride, step)
    solve_upper(factor, size, stride, step)
    return True


@kernel
def dual_step(
    plan: Index,
    J: Array,
    damping: Array,
    gradient: Array,
    scaled: Array,
    dense: Array,
    system: Array,
    factor: Array,
    ones: Array,
    solution: Array,
    step: Array,
    size: int,
    columns: int,
    stride: int,
) -> bool:
    """Solve a system of as many unknowns as J has columns (rows times outputs), where these are fewer than parameters.

    J stands by parameters.
    """
    n = width(J)
    for i in range(size):
        reciprocal, at = 1.0 / damping[i], i * columns
        for c in range(0, columns, n):
            store(scaled, at + c, load(J, at + c) * reciprocal)

    multiply(J, plan[MULTIPLY_BY], (J, 0, 1, columns, columns, size, scaled, 0, dense, 0, columns, False))
    for i in range(columns):
        for c in range(0, columns, n):
            store(system, i * stride + c, load(dense, i * columns + c))
    if factorise(system, ones, factor, columns, stride) <= 0.0:
        return False
    solve_dual(J, damping, gradient, scaled, factor, solution, step, size, columns, stride)
    return True


@kernel
def solve_dual(
    J: Array,
    damping: Array,
    gradient: Array,
    scaled: Array,
    factor: Array,
    solution: Array,
    step: Array,
    size: int,
    columns: int,
    stride: int,
) -> None:
    """By Woodbury's identity s = −E⁻¹ (g − J (I + Jᵀ E⁻¹ J)⁻¹ Jᵀ E⁻¹ g), with the factor of the middle and E⁻¹ J."""
    n = width(J)
    for c in range(0, columns + n, n):
        store(solution, c, fill(J, 0.0))
    for i in range(size):
        at = i * columns
        for c in range(0, columns, n):
            store(solution, c, load(solution, c) + load(scaled, at + c) * gradient[i])
    solve_transposed(factor, columns, stride, solution)
    solve_upper(factor, columns, stride, solution)
    for i in range(size):
        total, at = fill(J, 0.0), i * columns
        for c in range(0, columns, n):
            total = total + load(J, at + c) * load(solution, c)
        step[i] = (sum_of_lanes(total) - gradient[i]) / damping[i]


@kernel
def orthogonal_step(
    R: Array,
    with_residual: bool,
    damping: Array,
    penalty_gradient: Array,
    gradient: Array,
    J: Array,
    factor: Array,
    step: Array,
    size: int,
    stride: int,
) -> None:
    """Solve with the triangular factor of the rows, which is not changed.

    Where the residual was not reduced with it, by the seminormal equations RᵀR s = −g.
    """
    n = width(R)
    for i in range(0, size * stride, n):
        store(factor, i, load(R, i))
    absorb_diagonal(factor, stride, damping, penalty_gradient, J, size)
    for i in range(size):
        step[i] = -factor[i * stride + size] if with_residual else -gradient[i]
        factor[i * stride + size] = 0.0
    if not with_residual:
        solve_transposed(factor, size, stride, step)
    solve_upper(factor, size, stride, step)
