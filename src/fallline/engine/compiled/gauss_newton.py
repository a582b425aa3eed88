"""The Gauss–Newton matrix of a thread's share of the rows, without the Jacobian of more than a block of them.

With H = S Sᵀ the matrix is Σ over rows of (Jᵀ S) (Jᵀ S)ᵀ: a symmetric product of what back-propagation makes of
the columns of S. Only the upper half is computed. The buffer of a pass has twice the size of `work`: what stands at i
in the first half has its δ, while f′(z) is still needed there, at i + shift.
"""

from __future__ import annotations

from fallline.engine.arrays import Array, Index
from fallline.engine.compiled import calls
from fallline.engine.compiled.curvature_of_losses import curvature
from fallline.engine.compiled.descent import scale_of
from fallline.engine.compiled.jit import kernel
from fallline.engine.compiled.lanes import fill, load, store, width
from fallline.engine.compiled.layout import (
    A_AT,
    ACTIVATION_BY,
    AFTER_BY,
    BACKWARD_BY,
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
)
from fallline.engine.compiled.matrices import put_sums
from fallline.engine.compiled.passes import loss_and_delta
from fallline.engine.compiled.shared_product import share_of_rows

activation, backward = calls.ACTIVATION.call, calls.BACKWARD.call
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
def block_jacobian(
    plan: Index,
    w: Array,
    packed: Array,
    at: int,
    rows: int,
    padded: int,
    work: Array,
    shift: int,
    J: Array,
    scale: float,
) -> None:
    """Pass the block at packed[at] forward, and fill J (parameters, outputs · padded) = Jᵀ S of its rows."""
    last = HEAD + FIELDS * (plan[LAYERS] - 1)
    a_at, d_at, outputs = plan[last + A_AT], plan[last + Z_AT], plan[last + UNITS]
    forward(w, plan[FORWARD_BY], (plan, w, packed, at, work, padded))
    for unit in range(outputs):
        y_at = at + plan[TARGETS_AT]
        curvature(plan, work, a_at, d_at, packed, y_at, d_at + shift, unit, outputs, rows, padded, scale)
        through_output(plan, work, d_at + shift, padded)
        jacobian_rows(plan, w, packed, at, work, shift, padded, J, unit * padded, outputs * padded)


@kernel
def symmetric_product(J: Array, size: int, columns: int, matrix: Array, stride: int, add: bool) -> None:
    """Fill the upper half of matrix = J Jᵀ, J (size, columns); where `add`, onto what is there.

    Half the work of a general product is saved.

    A tile has three rows and four columns of the matrix; where there are fewer, it computes the last over again. Some
    elements below the diagonal are filled too.
    """
    n = width(J)
    for u in range(0, size, 3):
        below = size - u - 1
        d0 = u * columns
        d1, d2 = d0 + min(below, 1) * columns, d0 + min(below, 2) * columns
        for k in range(u, size, 4):
            left = size - k - 1
            a0 = k * columns
            a1, a2, a3 = a0 + min(left, 1) * columns, a0 + min(left, 2) * columns, a0 + min(left, 3) * columns
            p0 = fill(J, 0.0)
            p1, p2, p3, q0, q1, q2, q3, s0, s1, s2, s3 = p0, p0, p0, p0, p0, p0, p0, p0, p0, p0, p0
            for r in range(0, columns, n):
                p, q, s = load(J, d0 + r), load(J, d1 + r), load(J, d2 + r)
                v = load(J, a0 + r)
                p0, q0, s0 = p0 + v * p, q0 + v * q, s0 + v * s
                v = load(J, a1 + r)
                p1, q1, s1 = p1 + v * p, q1 + v * q, s1 + v * s
                v = load(J, a2 + r)
                p2, q2, s2 = p2 + v * p, q2 + v * q, s2 + v * s
                v = load(J, a3 + r)
                p3, q3, s3 = p3 + v * p, q3 + v * q, s3 + v * s
            to = u * stride + k
            put_sums(matrix, to, p0, p1, p2, p3, left + 1, add)
            if below > 0:
                put_sums(matrix, to + stride, q0, q1, q2, q3, left + 1, add)
            if below > 1:
                put_sums(matrix, to + 2 * stride, s0, s1, s2, s3, left + 1, add)


@kernel
def accumulate(
    plan: Index,
    w: Array,
    packed: Array,
    all_rows: int,
    work: Array,
    shift: int,
    J: Array,
    gradient: Array,
    matrix: Array,
    size: int,
    stride: int,
    thread: int,
    threads: int,
) -> float:
    """Fill gradient and matrix (upper half) of this thread's share of the blocks; return its loss.

    With a stride of 0 there is no matrix, and J of the last block is left behind.
    """
    n, block = width(w), plan[ROWS]
    begin, end = share_of_rows(plan, all_rows, thread, threads)
    outputs = plan[HEAD + FIELDS * (plan[LAYERS] - 1) + UNITS]
    scale, error = scale_of(plan, all_rows), 0.0
    for start in range(begin, end, block):
        rows, at, add = min(block, end - start), start // block * plan[SOURCE_SIZE], start > begin
        padded = (rows + n - 1) // n * n
        block_jacobian(plan, w, packed, at, rows, padded, work, shift, J, scale)
        if stride:
            symmetric_product(J, size, outputs * padded, matrix, stride, add)
        error += loss_and_delta(plan, packed, at, work, rows, padded, scale)
        backward(w, plan[BACKWARD_BY], (plan, w, packed, at, work, padded, gradient, add))
    if begin == end:
        for i in range(size):
            gradient[i] = 0.0
        for i in range(size * stride):
            matrix[i] = 0.0
    return error * scale
