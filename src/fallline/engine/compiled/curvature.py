"""The Gauss–Newton matrix of all rows, each thread on its share of them, and its product with a vector.

In a product, the buffer of a pass has twice the size of `work`: what stands at i in the first half has its tangent, or
its δ while f′(z) is still needed, at i + shift.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from fallline.engine.architecture import Architecture
from fallline.engine.arrays import Array, Index
from fallline.engine.compiled import calls
from fallline.engine.compiled.cholesky import stride_of
from fallline.engine.compiled.curvature_of_losses import CURVATURE_KERNELS, curvature
from fallline.engine.compiled.descent import scale_of
from fallline.engine.compiled.gauss_newton import accumulate, through_output
from fallline.engine.compiled.jit import kernel
from fallline.engine.compiled.lanes import fill, load, pointer, store, width
from fallline.engine.compiled.layout import (
    A_AT,
    BACKWARD_BY,
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
    Layout,
    zeros,
)
from fallline.engine.compiled.objective import packed_rows
from fallline.engine.compiled.plans import training_plan
from fallline.engine.compiled.shared_product import SharedProduct, share_of_rows
from fallline.engine.threads import available_cores

JACOBIAN_BYTES = 3 << 16  # of a block: what stays in the second-level cache …
LEAST_COLUMNS = 64  # … if it has no fewer columns, so that each tile's sums are worth their addition
WORK_FOR_THREADS = 2_000_000  # products in J Jᵀ, from which a second thread shortens it

backward, forward, multiply = calls.BACKWARD.call, calls.FORWARD.call, calls.MULTIPLY.call


@lru_cache(maxsize=64)  # since many short descents of the same network begin with it
def curvature_plan(
    architecture: Architecture, dtype: np.dtype[np.floating], rows: int, *, one_block: bool = False
) -> Layout:
    """Return the plan of the Gauss–Newton matrix over `rows` rows, in blocks whose J suits the product.

    With `one_block`, J of all rows is wanted at once.
    """
    size, outputs = architecture.parameter_count, architecture.outputs
    most = max(LEAST_COLUMNS, JACOBIAN_BYTES // (size * dtype.itemsize)) // outputs
    plan = training_plan(architecture, dtype, rows, most_rows=max(1, most), tiles=True, one_block=one_block)
    plan.plan[CURVATURE_BY] = calls.CURVATURE.address(CURVATURE_KERNELS[architecture.loss], dtype)
    return plan


def threads_for_matrix(architecture: Architecture, rows: int) -> int:
    """Return how many threads shorten the matrix over that many rows: one, or all cores of this process."""
    work = rows * architecture.outputs * architecture.parameter_count**2
    return available_cores() if work >= WORK_FOR_THREADS else 1


@kernel
def share_of_matrix(
    plan: Index,
    w: Array,
    packed: Array,
    rows: int,
    work: Array,
    J: Array,
    gradient: Array,
    matrix: Array,
    stride: int,
    thread: int,
    threads: int,
) -> float:
    """Fill gradient and matrix of this thread's share of the rows; return its loss."""
    return accumulate(
        pointer(plan, 0),
        pointer(w, 0),
        pointer(packed, 0),
        rows,
        pointer(work, 0),
        work.size // 2,
        pointer(J, 0),
        pointer(gradient, 0),
        pointer(matrix, 0),
        gradient.size,
        stride,
        thread,
        threads,
    )


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
        y_at = at + plan[TARGETS_AT]
        curvature(plan, work, a_at, d_at, packed, y_at, d_at + shift, -1, outputs, rows, padded, scale)
        through_output(plan, work, d_at + shift, padded)
        for i in range(0, outputs * padded, n):
            store(work, d_at + i, load(work, d_at + shift + i))
        backward(w, plan[BACKWARD_BY], (plan, w, packed, at, work, padded, result, start > begin))


class Curvature:
    """Gauss–Newton matrix and products of an architecture on rows X (n, inputs), y (n, outputs), shared by threads."""

    def __init__(self, architecture: Architecture, X: Array, y: Array, threads: int = 1) -> None:
        dtype = X.dtype
        self._size, self._threads = architecture.parameter_count, threads
        self._stride = stride_of(self._size)
        plan = curvature_plan(architecture, dtype, -(-len(X) // threads))
        self._plan, self._rows = plan.plan, len(X)
        self._packed = packed_rows(plan, X, y, dtype)
        self._shared = SharedProduct(threads, 2 * plan.work_size, self._size, dtype)
        self._parts: list[tuple[Array, Array]] = []  # of each thread: J of a block, and the matrix
        self._jacobian_size = self._size * architecture.outputs * plan.rows

    def gauss_newton(self, parameters: Array) -> tuple[float, Array, Array]:
        """Return the loss, its gradient, and the Gauss–Newton matrix Jᵀ H J (parameters, parameters)."""
        dtype, threads = parameters.dtype, self._threads
        if not self._parts:
            sizes = self._jacobian_size, self._size * self._stride
            self._parts = [(zeros(sizes[0], dtype), zeros(sizes[1], dtype)) for _ in range(threads)]
        gradients = np.empty((threads, self._size), dtype)

        def part(thread: int) -> float:
            J, matrix = self._parts[thread]
            return share_of_matrix(
                self._plan,
                parameters,
                self._packed,
                self._rows,
                self._shared.work[thread],
                J,
                gradients[thread],
                matrix,
                self._stride,
                thread,
                threads,
            )

        error = sum(self._shared.side_by_side.results(part))
        matrix = np.zeros((self._size, self._size), dtype)
        for _, own in self._parts:
            matrix += own.reshape(self._size, -1)[:, : self._size]
        mirror(matrix)
        return error, gradients.sum(axis=0), matrix

    def gauss_newton_product(self, parameters: Array, v: Array) -> Array:
        """Return the Gauss–Newton matrix times v (parameters,)."""

        def part(thread: int, work: Array, result: Array) -> None:
            product(self._plan, parameters, v, self._packed, self._rows, work, result, thread, self._shared.threads)

        return self._shared.total(part)
