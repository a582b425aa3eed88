"""Cholesky factor of a symmetric matrix plus a diagonal, and what is solved with it, in tiles of lanes.

A matrix of `size` rows stands by rows in a flat array; `stride`, from `stride_of`, leaves room for vectors that reach
beyond a row's end, where zeros stand. Only the upper half is read. The factor is U with UᵀU = matrix + diagonal, and
in the place of its diagonal stand the reciprocals. For a few rows the call to LAPACK would take
longer than the work.
"""

from __future__ import annotations

import math

from fallline.engine.arrays import Array
from fallline.engine.compiled.jit import kernel
from fallline.engine.compiled.lane_functions import sum_of_lanes
from fallline.engine.compiled.lanes import Lanes, fill, load, spread, store, width
from fallline.engine.compiled.layout import rounded_up

MOST_LANES = 8


def stride_of(size: int) -> int:
    """Return how far one row of a matrix of that size stands from the next."""
    return rounded_up(size + 2 * MOST_LANES, MOST_LANES)


@kernel
def put_row(matrix: Array, factor: Array, row: int, at: int, p: Lanes, q: Lanes) -> None:
    """Store a row of the matrix less p and q."""
    n = width(matrix)
    store(factor, row + at, load(matrix, row + at) - p)
    store(factor, row + at + n, load(matrix, row + at + n) - q)


@kernel
def rows_less_products(matrix: Array, factor: Array, top: int, size: int, stride: int) -> None:
    """Put four rows of the matrix, less the products of the factor's rows above, into the factor."""
    n, left = width(matrix), size - top - 1
    one, two, three = min(left, 1), min(left, 2), min(left, 3)
    for j in range(top, size, 2 * n):
        p0 = fill(matrix, 0.0)
        p1, p2, p3, q0, q1, q2, q3 = p0, p0, p0, p0, p0, p0, p0
        at, pivot = j, top
        for _ in range(top):
            p, q = load(factor, at), load(factor, at + n)
            v = spread(factor, pivot)
            p0, q0 = p0 + v * p, q0 + v * q
            v = spread(factor, pivot + one)
            p1, q1 = p1 + v * p, q1 + v * q
            v = spread(factor, pivot + two)
            p2, q2 = p2 + v * p, q2 + v * q
            v = spread(factor, pivot + three)
            p3, q3 = p3 + v * p, q3 + v * q
            at, pivot = at + stride, pivot + stride
        put_row(matrix, factor, top * stride, j, p0, q0)
        if left > 0:
            put_row(matrix, factor, (top + 1) * stride, j, p1, q1)
        if left > 1:
            put_row(matrix, factor, (top + 2) * stride, j, p2, q2)
        if left > 2:
            put_row(matrix, factor, (top + 3) * stride, j, p3, q3)


@kernel
def factorise(matrix: Array, diagonal: Array, factor: Array, size: int, stride: int) -> float:
    """Fill the factor of matrix + diagonal; return the least pivot as a share of what stood in its place.

    That share is about the reciprocal of the condition number after scaling to a diagonal of ones, or lower; where it
    is not above zero the matrix is not positive definite, and there is no factor.
    """
    n, least = width(matrix), 1.0
    for top in range(0, size, 4):
        rows_less_products(matrix, factor, top, size, stride)
        height = min(4, size - top)
        for i in range(top, top + height):
            row = i * stride
            whole = matrix[row + i] + diagonal[i]
            pivot = factor[row + i] + diagonal[i]
            if not (pivot > 0.0 and pivot < math.inf):
                return 0.0
            least = min(least, pivot / whole)
            reciprocal = 1.0 / math.sqrt(pivot)
            for j in range(i + 1, size, n):
                store(factor, row + j, load(factor, row + j) * reciprocal)
            factor[row + i] = reciprocal
            for below in range(i + 1, top + height):
                share, to = factor[row + below], below * stride
                for j in range(below, size, n):
                    store(factor, to + j, load(factor, to + j) - share * load(factor, row + j))
    return least


@kernel
def solve_transposed(factor: Array, size: int, stride: int, b: Array) -> None:
    """Uᵀ⁻¹ b in the place of b."""
    n = width(b)
    for i in range(size):
        row = i * stride
        value = b[i] * factor[row + i]
        b[i] = value
        for j in range(i + 1, size, n):
            store(b, j, load(b, j) - value * load(factor, row + j))


@kernel
def solve_upper(factor: Array, size: int, stride: int, b: Array) -> None:
    """U⁻¹ b in the place of b, which has zeros beyond its end."""
    n = width(b)
    for i in range(size - 1, -1, -1):
        row = i * stride
        total = fill(b, 0.0)
        for j in range(i + 1, size, n):
            total = total + load(factor, row + j) * load(b, j)
        b[i] = (b[i] - sum_of_lanes(total)) * factor[row + i]
