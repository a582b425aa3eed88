"""The triangular factor of many rows by Householder reflections, one block of rows after the other.

R with RᵀR = Σ (Jᵀ S)(Jᵀ S)ᵀ comes of [R; block] = Q [R; 0] for every block (Golub & Van Loan 2013, section 6.5), so
that no more than a block is held, and squares no condition number. A last column, ρ with S ρ = ∂E/∂output, becomes
Qᵀρ.
"""

from __future__ import annotations

import math

from fallline.engine.arrays import Array, Index
from fallline.engine.compiled.calls import LOSS
from fallline.engine.compiled.curvature_of_losses import curvature
from fallline.engine.compiled.descent import scale_of
from fallline.engine.compiled.gauss_newton import block_jacobian
from fallline.engine.compiled.jit import kernel
from fallline.engine.compiled.lane_functions import sum_of_lanes, where
from fallline.engine.compiled.lanes import fill, load, store, width
from fallline.engine.compiled.layout import (
    A_AT,
    ACTIVATION_BY,
    FIELDS,
    HEAD,
    LAYERS,
    LOSS_BY,
    ROWS,
    SOURCE_SIZE,
    TARGETS_AT,
    UNITS,
    Z_AT,
)

loss = LOSS.call


@kernel
def absorb(R: Array, stride: int, J: Array, size: int, columns: int) -> None:
    """Turn [R; Jᵀ] into [R; 0], R (size, size + 1) upper triangular, J (size + 1, columns), which is used up."""
    n = width(R)
    for j in range(size):
        at, diagonal = j * columns, R[j * stride + j]
        squares = fill(R, 0.0)
        for r in range(0, columns, n):
            x = load(J, at + r)
            squares = squares + x * x
        below = sum_of_lanes(squares)
        if below == 0.0:
            continue
        length = math.sqrt(diagonal * diagonal + below)
        top = -length if diagonal > 0.0 else length
        first = diagonal - top
        factor = 2.0 / (first * first + below)
        R[j * stride + j] = top
        for k in range(j + 1, size + 1):
            to, product = k * columns, fill(R, 0.0)
            for r in range(0, columns, n):
                product = product + load(J, at + r) * load(J, to + r)
            share = factor * (first * R[j * stride + k] + sum_of_lanes(product))
            R[j * stride + k] -= share * first
            for r in range(0, columns, n):
                store(J, to + r, load(J, to + r) - share * load(J, at + r))


@kernel
def root_residual(
    plan: Index,
    packed: Array,
    at: int,
    rows: int,
    padded: int,
    work: Array,
    shift: int,
    J: Array,
    J_at: int,
    scale: float,
) -> None:
    """ρ of the block, for a loss whose H is diagonal, into J[J_at:]; f′(z) of the output layer is used up."""
    n, last = width(work), HEAD + FIELDS * (plan[LAYERS] - 1)
    a_at, d_at, outputs = plan[last + A_AT], plan[last + Z_AT], plan[last + UNITS]
    y_at = at + plan[TARGETS_AT]
    for unit in range(outputs):
        curvature(plan, work, a_at, d_at, packed, y_at, d_at + shift, unit, outputs, rows, padded, scale)
        for r in range(0, padded, n):
            store(J, J_at + unit * padded + r, load(work, d_at + shift + unit * padded + r))
    if plan[last + ACTIVATION_BY]:
        for i in range(0, outputs * padded, n):
            store(work, d_at + i, fill(work, 1.0))
    loss(work, plan[LOSS_BY], (work, a_at, d_at, packed, y_at, outputs, rows, padded, scale))
    for i in range(0, outputs * padded, n):
        root = load(J, J_at + i)
        store(J, J_at + i, where(root > 0.0, load(work, d_at + i) / root, 0.0))


@kernel
def triangular_factor(
    plan: Index,
    w: Array,
    packed: Array,
    all_rows: int,
    work: Array,
    shift: int,
    J: Array,
    R: Array,
    size: int,
    stride: int,
    with_residual: bool,
) -> None:
    """Fill R (size, size + 1) for all rows; without the residual its last column is zero."""
    n, block, scale = width(w), plan[ROWS], scale_of(plan, all_rows)
    outputs = plan[HEAD + FIELDS * (plan[LAYERS] - 1) + UNITS]
    for i in range(size * stride):
        R[i] = 0.0
    for start in range(0, all_rows, block):
        rows, at = min(block, all_rows - start), start // block * plan[SOURCE_SIZE]
        padded = (rows + n - 1) // n * n
        columns = outputs * padded
        block_jacobian(plan, w, packed, at, rows, padded, work, shift, J, scale)
        if with_residual:
            root_residual(plan, packed, at, rows, padded, work, shift, J, size * columns, scale)
        else:
            for i in range(0, columns, n):
                store(J, size * columns + i, fill(J, 0.0))
        absorb(R, stride, J, size, columns)


@kernel
def absorb_diagonal(R: Array, stride: int, damping: Array, right: Array, J: Array, size: int) -> None:
    """Absorb the rows √dampingᵢ eᵢ with right-hand sides rightᵢ / √dampingᵢ; leave the diagonal's reciprocals."""
    n = width(R)
    for start in range(0, size, n):
        for i in range((size + 1) * n):
            J[i] = 0.0
        for i in range(start, min(size, start + n)):
            root = math.sqrt(damping[i])
            J[i * n + i - start] = root
            J[size * n + i - start] = right[i] / root
        absorb(R, stride, J, size, n)
    for i in range(size):
        R[i * stride + i] = 1.0 / R[i * stride + i]
