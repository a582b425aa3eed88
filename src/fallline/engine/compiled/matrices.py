"""Matrix products: tiles of lanes for small sizes, BLAS for large ones.

All matrices are parts of flat arrays, given by the array and the position `…_at` where they begin. Activations
stand as (units, rows): the rows of the table are the lanes, so that a product with weights (units, inputs)
loads a weight once for as many rows as a vector holds.
"""

from __future__ import annotations

# Numba's own functions have no annotations:
# mypy: disallow-untyped-calls=False
from typing import Any

from llvmlite import ir
from numba.core import cgutils, types

from fallline.engine.arrays import Array
from fallline.engine.compiled.jit import intrinsic, kernel
from fallline.engine.compiled.lane_functions import store_sums, sum_of_lanes
from fallline.engine.compiled.lanes import Lanes, fill, load, pointer_to, spread, store, width


@kernel
def put(out: Array, at: int, product: Lanes, times: bool) -> None:
    """Store a product, times what stood there where `times` says so."""
    store(out, at, product * load(out, at) if times else product)


@kernel
def multiply_by_one_unit(
    w: Array, w_at: int, by_depth: int, depth: int, a: Array, a_at: int, out: Array, out_at: int, rows: int, times: bool
) -> None:
    """`multiply` where there is one unit, on four vectors of rows at a time."""
    n = width(a)
    together = rows // (4 * n) * 4 * n
    for r in range(0, together, 4 * n):
        at, w0, p0 = a_at + r, w_at, fill(a, 0.0)
        p1, p2, p3 = p0, p0, p0
        for _ in range(depth):
            v = spread(w, w0)
            p0, p1 = p0 + v * load(a, at), p1 + v * load(a, at + n)
            p2, p3 = p2 + v * load(a, at + 2 * n), p3 + v * load(a, at + 3 * n)
            at, w0 = at + rows, w0 + by_depth
        put(out, out_at + r, p0, times)
        put(out, out_at + r + n, p1, times)
        put(out, out_at + r + 2 * n, p2, times)
        put(out, out_at + r + 3 * n, p3, times)
    for r in range(together, rows, n):
        at, w0, p = a_at + r, w_at, fill(a, 0.0)
        for _ in range(depth):
            p = p + spread(w, w0) * load(a, at)
            at, w0 = at + rows, w0 + by_depth
        put(out, out_at + r, p, times)


@kernel
def multiply(
    w: Array,
    w_at: int,
    by_unit: int,
    by_depth: int,
    units: int,
    depth: int,
    a: Array,
    a_at: int,
    out: Array,
    out_at: int,
    rows: int,
    times: bool,
) -> None:
    """Fill out[u, r] = Σₖ w[u, k] a[k, r], times what stood in out[u, r] where `times` says so.

    w[u, k] stands at w_at + u · by_unit + k · by_depth, so that the transpose is a matter of two steps;
    `rows` is a multiple of the lanes. A tile has four units and two vectors of rows; where there are fewer
    units, it computes the last one over again. A single output, forward or backward, has loops of its own.
    """
    n = width(a)
    if depth == 1:
        for u in range(units):
            v = spread(w, w_at + u * by_unit)
            for r in range(0, rows, n):
                put(out, out_at + u * rows + r, v * load(a, a_at + r), times)
        return
    if units == 1:
        multiply_by_one_unit(w, w_at, by_depth, depth, a, a_at, out, out_at, rows, times)
        return
    for r in range(0, rows, 2 * n):
        both = r + n < rows
        for u in range(0, units, 4):
            left = units - u - 1
            one, two, three = min(left, 1), min(left, 2), min(left, 3)
            at, w0 = a_at + r, w_at + u * by_unit
            w1, w2, w3 = w0 + one * by_unit, w0 + two * by_unit, w0 + three * by_unit
            to = out_at + u * rows + r
            p0 = fill(a, 0.0)
            p1, p2, p3, q0, q1, q2, q3 = p0, p0, p0, p0, p0, p0, p0
            if both:
                for _ in range(depth):
                    p, q = load(a, at), load(a, at + n)
                    v = spread(w, w0)
                    p0, q0 = p0 + v * p, q0 + v * q
                    v = spread(w, w1)
                    p1, q1 = p1 + v * p, q1 + v * q
                    v = spread(w, w2)
                    p2, q2 = p2 + v * p, q2 + v * q
                    v = spread(w, w3)
                    p3, q3 = p3 + v * p, q3 + v * q
                    at, w0, w1, w2, w3 = at + rows, w0 + by_depth, w1 + by_depth, w2 + by_depth, w3 + by_depth
                put(out, to + n, q0, times)
                if left > 0:
                    put(out, to + rows + n, q1, times)
                if left > 1:
                    put(out, to + 2 * rows + n, q2, times)
                if left > 2:
                    put(out, to + 3 * rows + n, q3, times)
            else:
                for _ in range(depth):
                    p = load(a, at)
                    p0, p1 = p0 + spread(w, w0) * p, p1 + spread(w, w1) * p
                    p2, p3 = p2 + spread(w, w2) * p, p3 + spread(w, w3) * p
                    at, w0, w1, w2, w3 = at + rows, w0 + by_depth, w1 + by_depth, w2 + by_depth, w3 + by_depth
            put(out, to, p0, times)
            if left > 0:
                put(out, to + rows, p1, times)
            if left > 1:
                put(out, to + 2 * rows, p2, times)
            if left > 2:
                put(out, to + 3 * rows, p3, times)


@kernel
def put_sums(out: Array, at: int, p0: Lanes, p1: Lanes, p2: Lanes, p3: Lanes, count: int, add: bool) -> None:
    """Put the sums of the lanes of the first `count` vectors side by side; where `add`, onto what is there."""
    if count >= 4:
        store_sums(out, at, p0, p1, p2, p3, add)
        return
    out[at] = sum_of_lanes(p0) + (out[at] if add else 0.0)
    if count > 1:
        out[at + 1] = sum_of_lanes(p1) + (out[at + 1] if add else 0.0)
    if count > 2:
        out[at + 2] = sum_of_lanes(p2) + (out[at + 2] if add else 0.0)


@kernel
def outer(
    d: Array, d_at: int, units: int, a: Array, a_at: int, depth: int, rows: int, out: Array, out_at: int, add: bool
) -> None:
    """Fill out[u, k] = Σ over rows of d[u, r] a[k, r]; where `add`, onto what is there.

    A tile has two units, or the one that is left, and four k; where there are fewer, it computes the last over again.
    """
    n = width(a)
    for u in range(0, units, 2):
        two = u + 1 < units
        d0 = d_at + u * rows
        d1 = d0 + rows
        for k in range(0, depth, 4):
            left = depth - k - 1
            a0 = a_at + k * rows
            a1, a2, a3 = a0 + min(left, 1) * rows, a0 + min(left, 2) * rows, a0 + min(left, 3) * rows
            p0 = fill(a, 0.0)
            p1, p2, p3, q0, q1, q2, q3 = p0, p0, p0, p0, p0, p0, p0
            if two:
                for r in range(0, rows, n):
                    p, q = load(d, d0 + r), load(d, d1 + r)
                    v = load(a, a0 + r)
                    p0, q0 = p0 + v * p, q0 + v * q
                    v = load(a, a1 + r)
                    p1, q1 = p1 + v * p, q1 + v * q
                    v = load(a, a2 + r)
                    p2, q2 = p2 + v * p, q2 + v * q
                    v = load(a, a3 + r)
                    p3, q3 = p3 + v * p, q3 + v * q
            else:
                for r in range(0, rows, n):
                    p = load(d, d0 + r)
                    p0, p1 = p0 + load(a, a0 + r) * p, p1 + load(a, a1 + r) * p
                    p2, p3 = p2 + load(a, a2 + r) * p, p3 + load(a, a3 + r) * p
            to = out_at + u * depth + k
            put_sums(out, to, p0, p1, p2, p3, left + 1, add)
            if two:
                put_sums(out, to + depth, q0, q1, q2, q3, left + 1, add)


@intrinsic
def _blas_product(
    typing: Any,
    turned: Any,
    m: Any,
    n: Any,
    k: Any,
    a: Any,
    a_at: Any,
    lda: Any,
    b: Any,
    b_at: Any,
    ldb: Any,
    beta: Any,
    c: Any,
    c_at: Any,
    ldc: Any,
) -> Any:
    """Call ?gemm, by columns, through the pointer to SciPy's BLAS that Numba's own `np.dot` goes through."""
    dtype = c.dtype

    def write(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        turned, m, n, k, a, a_at, lda, b, b_at, ldb, beta, c, c_at, ldc = arguments
        char, pointer, size = ir.IntType(8), ir.IntType(8).as_pointer(), m.type
        kind = ir.FunctionType(
            ir.IntType(32), [char] * 3 + [size] * 3 + [pointer] * 2 + [size, pointer, size, pointer, pointer, size]
        )
        function = cgutils.get_or_insert_function(builder.module, kind, "numba_xxgemm")

        def place(array_type: Any, array: Any, at: Any) -> Any:
            return builder.bitcast(pointer_to(context, builder, array_type, array, at), pointer)

        def slot(value: Any) -> Any:
            return builder.bitcast(cgutils.alloca_once_value(builder, value), pointer)

        one = context.get_constant(dtype, 1.0)
        transposed = [
            builder.select(
                builder.trunc(builder.lshr(turned, turned.type(bit)), ir.IntType(1)), char(ord("t")), char(ord("n"))
            )
            for bit in (0, 1)
        ]
        letter = char(ord("s" if dtype == types.float32 else "d"))
        builder.call(
            function,
            [
                letter,
                *transposed,
                m,
                n,
                k,
                slot(one),
                place(signature.args[4], a, a_at),
                lda,
                place(signature.args[7], b, b_at),
                ldb,
                slot(beta),
                place(signature.args[11], c, c_at),
                ldc,
            ],
        )
        return context.get_dummy_value()

    i = types.intp
    return types.none(i, i, i, i, a, i, i, b, i, i, dtype, c, i, i), write


@kernel
def blas_multiply(
    a: Array,
    a_at: int,
    lda: int,
    a_turned: bool,
    b: Array,
    b_at: int,
    ldb: int,
    b_turned: bool,
    out: Array,
    out_at: int,
    ldo: int,
    m: int,
    n: int,
    depth: int,
    add: bool,
) -> None:
    """Fill out (m, n) = a (m, depth) b (depth, n) by rows, each transposed where it is `turned`.

    By columns, as BLAS counts, this is outᵀ = bᵀ aᵀ.
    """
    beta = 1.0 if add else 0.0
    turned = (1 if b_turned else 0) + (2 if a_turned else 0)
    _blas_product(turned, n, m, depth, b, b_at, ldb, a, a_at, lda, beta, out, out_at, ldo)
