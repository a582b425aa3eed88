"""The Gauss–Newton matrix without the Jacobian, and its product with a vector, block after block.

With H = S Sᵀ the matrix is Σ over rows of (Jᵀ S) (Jᵀ S)ᵀ: a symmetric product of what back-propagation makes of
the columns of S, one block of rows at a time. Only the upper half is computed; the lower is its mirror image.
The buffer of a pass has twice the size of `work`: what stands at i in the first half has its tangent, or its δ
while f′(z) is still needed, at i + shift.
"""

from __future__ import annotations

import numpy as np

from fallline.engine.architecture import Architecture
from fallline.engine.arrays import Array, Index
from fallline.engine.compiled import calls
from fallline.engine.compiled.blas_threads import blas_held
from fallline.engine.compiled.curvature_of_losses import CURVATURE_KERNELS
from fallline.engine.compiled.descent import scale_of
from fallline.engine.compiled.jit import kernel
from fallline.engine.compiled.lanes import fill, load, store, width
from fallline.engine.compiled.layout import (
    A_AT,
    ACTIVATION_BY,
    AFTER_BY,
    BACKWARD_BY,
    BLAS_BY,
    CURVATURE_BY,
    FIELDS,
    FORWARD_BY,
    HEAD,
    INPUTS,
    LAYERS,
    MULTIPLY_BY,
    ROWS,
    SOURCE_SIZE,
    TARGETS_AT,
    UNITS,
    WEIGHTS_AT,
    Z_AT,
    zeros,
)
from fallline.engine.compiled.matrices import blas_multiply
from fallline.engine.compiled.objective import packed_rows
from fallline.engine.compiled.passes import loss_and_delta
from fallline.engine.compiled.plans import training_plan
from fallline.engine.compiled.shared_product import SharedProduct, share_of_rows

PANEL = 192  # rows of the matrix that are computed at a time
JACOBIAN_BYTES = 1 << 22  # of a block

activation, backward, blas, curvature = (
    calls.ACTIVATION.call,
    calls.BACKWARD.call,
    calls.BLAS.call,
    calls.CURVATURE.call,
)
forward, multiply = calls.FORWARD.call, calls.MULTIPLY.call


@kernel
def times_into(work: Array, factor_at: int, at: int, size: int) -> None:
    """work[at : at + size] times work[factor_at : factor_at + size], in place."""
    for i in range(0, size, width(work)):
        store(work, at + i, load(work, at + i) * load(work, factor_at + i))


@kernel
def through_output(plan: Index, work: Array, at: int, padded: int) -> None:
    """Multiply what stands at `at` by the output activation's Jacobian, which is symmetric."""
    p = HEAD + FIELDS * (plan[LAYERS] - 1)
    if plan[AFTER_BY]:
        activation(work, plan[AFTER_BY], (work, at, plan[p + A_AT], plan[p + UNITS], padded))
    elif plan[p + ACTIVATION_BY]:
        times_into(work, plan[p + Z_AT], at, plan[p + UNITS] * padded)


@kernel
def jacobian_rows(
    plan: Index,
    w: Array,
    source: Array,
    source_at: int,
    work: Array,
    shift: int,
    padded: int,
    J: Array,
    J_at: int,
    stride: int,
) -> None:
    """J[p, r] = ∂/∂parameter p for each row r by itself, from δ of the output layer in the second half of work."""
    n = width(work)
    for layer in range(plan[LAYERS] - 1, -1, -1):
        p = HEAD + FIELDS * layer
        units, depth, d_at = plan[p + UNITS], plan[p + INPUTS] + 1, plan[p + Z_AT] + shift
        below, a_at = source, source_at
        if layer > 0:
            below, a_at = work, plan[p - FIELDS + A_AT]
        for u in range(units):
            for k in range(depth):
                to = J_at + (plan[p + WEIGHTS_AT] + u * depth + k) * stride
                for r in range(0, padded, n):
                    store(J, to + r, load(work, d_at + u * padded + r) * load(below, a_at + k * padded + r))
        if layer > 0:
            slope_at, size = plan[p - FIELDS + Z_AT], (depth - 1) * padded
            for i in range(0, size, n):
                store(work, slope_at + shift + i, load(work, slope_at + i))
            multiply(
                work,
                plan[MULTIPLY_BY],
                (w, plan[p + WEIGHTS_AT], 1, depth, depth - 1, units, work, d_at, work, slope_at + shift, padded, True),
            )


@kernel
def accumulate(
    plan: Index, w: Array, packed: Array, all_rows: int, work: Array, J: Array, gradient: Array, matrix: Array
) -> float:
    """Fill the gradient and the upper half of the Gauss–Newton matrix (parameters, parameters); return the loss."""
    n, block, shift, size = width(w), plan[ROWS], work.size // 2, matrix.shape[0]
    last = HEAD + FIELDS * (plan[LAYERS] - 1)
    a_at, d_at, outputs = plan[last + A_AT], plan[last + Z_AT], plan[last + UNITS]
    scale, flat, error = scale_of(plan, all_rows), matrix.reshape(-1), 0.0
    for start in range(0, all_rows, block):
        rows, at = min(block, all_rows - start), start // block * plan[SOURCE_SIZE]
        padded = (rows + n - 1) // n * n
        forward(w, plan[FORWARD_BY], (plan, w, packed, at, work, padded))
        stride = outputs * padded
        for unit in range(outputs):
            curvature(
                w,
                plan[CURVATURE_BY],
                (work, a_at, d_at, packed, at + plan[TARGETS_AT], d_at + shift, unit, outputs, rows, padded, scale),
            )
            through_output(plan, work, d_at + shift, padded)
            jacobian_rows(plan, w, packed, at, work, shift, padded, J, unit * padded, stride)
        for top in range(0, size, PANEL):
            height, wide = min(PANEL, size - top), size - top
            blas(
                w,
                plan[BLAS_BY],
                (
                    J,
                    top * stride,
                    stride,
                    False,
                    J,
                    top * stride,
                    stride,
                    True,
                    flat,
                    top * size + top,
                    size,
                    height,
                    wide,
                    stride,
                    start > 0,
                ),
            )
        error += loss_and_delta(plan, packed, at, work, rows, padded, scale)
        backward(w, plan[BACKWARD_BY], (plan, w, packed, at, work, padded, gradient, start > 0))
    return error * scale


@kernel
def mirror(matrix: Array) -> None:
    """Copy the upper half of a square matrix onto the lower, in squares that stay in the cache."""
    size, edge = matrix.shape[0], 32
    for top in range(0, size, edge):
        for left in range(0, top + edge, edge):
            for i in range(top, min(top + edge, size)):
                for j in range(left, min(left + edge, i)):
                    matrix[i, j] = matrix[j, i]


@kernel
def forward_tangent(
    plan: Index, w: Array, v: Array, source: Array, source_at: int, work: Array, shift: int, padded: int
) -> None:
    """Changes dz and da of every layer, in the second half of work, when the weights change by v."""
    n = width(work)
    for layer in range(plan[LAYERS]):
        p = HEAD + FIELDS * layer
        units, depth, w_at = plan[p + UNITS], plan[p + INPUTS] + 1, plan[p + WEIGHTS_AT]
        z_at, a_at = plan[p + Z_AT], plan[p + A_AT]
        below, at = source, source_at
        if layer > 0:
            below, at = work, plan[p - FIELDS + A_AT]
        dz_at, da_at, size = z_at + shift, a_at + shift, units * padded
        multiply(work, plan[MULTIPLY_BY], (v, w_at, depth, 1, units, depth, below, at, work, dz_at, padded, False))
        if layer > 0:
            multiply(
                work,
                plan[MULTIPLY_BY],
                (w, w_at, depth, 1, units, depth - 1, work, at + shift, work, da_at, padded, False),
            )
            for i in range(0, size, n):
                store(work, dz_at + i, load(work, dz_at + i) + load(work, da_at + i))
        if layer < plan[LAYERS] - 1:
            for i in range(0, size, n):
                store(work, da_at + i, load(work, dz_at + i) * load(work, z_at + i))
            for r in range(0, padded, n):  # the ones do not change
                store(work, da_at + size + r, fill(work, 0.0))


@kernel
def product(
    plan: Index, w: Array, v: Array, packed: Array, all_rows: int, work: Array, result: Array, thread: int, threads: int
) -> None:
    """Fill result = Jᵀ H J v for this thread's share of the rows."""
    n, block, shift = width(w), plan[ROWS], work.size // 2
    last = HEAD + FIELDS * (plan[LAYERS] - 1)
    a_at, d_at, outputs = plan[last + A_AT], plan[last + Z_AT], plan[last + UNITS]
    scale = scale_of(plan, all_rows)
    begin, end = share_of_rows(plan, all_rows, thread, threads)
    for start in range(begin, end, block):
        rows, at = min(block, end - start), start // block * plan[SOURCE_SIZE]
        padded = (rows + n - 1) // n * n
        forward(w, plan[FORWARD_BY], (plan, w, packed, at, work, padded))
        forward_tangent(plan, w, v, packed, at, work, shift, padded)
        through_output(plan, work, d_at + shift, padded)
        curvature(
            w,
            plan[CURVATURE_BY],
            (work, a_at, d_at, packed, at + plan[TARGETS_AT], d_at + shift, -1, outputs, rows, padded, scale),
        )
        through_output(plan, work, d_at + shift, padded)
        for i in range(0, outputs * padded, n):
            store(work, d_at + i, load(work, d_at + shift + i))
        backward(w, plan[BACKWARD_BY], (plan, w, packed, at, work, padded, result, start > begin))


class Curvature:
    """Gauss–Newton matrix and products of an architecture on rows X (n, inputs), y (n, outputs).

    Several threads share the rows of a product.
    """

    def __init__(self, architecture: Architecture, X: Array, y: Array, threads: int = 1) -> None:
        dtype, outputs = X.dtype, architecture.outputs
        self._size = architecture.parameter_count
        most = max(64, JACOBIAN_BYTES // (self._size * outputs * dtype.itemsize))
        plan = training_plan(architecture, dtype, -(-len(X) // threads), most_rows=most, tiles=True)
        plan.plan[CURVATURE_BY] = calls.CURVATURE.address(CURVATURE_KERNELS[architecture.loss], dtype)
        plan.plan[BLAS_BY] = calls.BLAS.address(blas_multiply, dtype)
        self._plan, self._rows = plan.plan, len(X)
        self._packed = packed_rows(plan, X, y)
        self._shared = SharedProduct(threads, 2 * plan.work_size, self._size, dtype)
        self._jacobian = zeros(0, dtype)
        self._jacobian_size = self._size * outputs * plan.rows

    def gauss_newton(self, parameters: Array) -> tuple[float, Array, Array]:
        """Return the loss, its gradient, and the Gauss–Newton matrix Jᵀ H J (parameters, parameters)."""
        if not len(self._jacobian):
            self._jacobian = zeros(self._jacobian_size, parameters.dtype)
        gradient, matrix = np.empty_like(parameters), np.empty((self._size, self._size), parameters.dtype)
        with blas_held(self._plan):
            error = accumulate(
                self._plan, parameters, self._packed, self._rows, self._shared.work[0], self._jacobian, gradient, matrix
            )
        mirror(matrix)
        return error, gradient, matrix

    def gauss_newton_product(self, parameters: Array, v: Array) -> Array:
        """Return the Gauss–Newton matrix times v (parameters,)."""

        def part(thread: int, work: Array, result: Array) -> None:
            product(self._plan, parameters, v, self._packed, self._rows, work, result, thread, self._shared.threads)

        return self._shared.total(part)
