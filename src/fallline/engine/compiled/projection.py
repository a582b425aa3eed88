"""The best weights of a linear output layer under a squared error, given all layers below: a least-squares problem.

With the last hidden activations A = [a; 1] (units + 1, rows), each output's weights solve (c A Aᵀ + penalty) w = c A y,
c being the loss's curvature. Where rows have weights, each row of A Aᵀ and A y counts by its own.
"""

from __future__ import annotations

from fallline.engine.arrays import Array, Index
from fallline.engine.compiled.calls import FORWARD, OUTER
from fallline.engine.compiled.cholesky import factorise, solve_transposed, solve_upper
from fallline.engine.compiled.gauss_newton import symmetric_product
from fallline.engine.compiled.jit import kernel
from fallline.engine.compiled.lane_functions import square_root
from fallline.engine.compiled.lanes import load, pointer, store, width
from fallline.engine.compiled.layout import (
    A_AT,
    FIELDS,
    FORWARD_BY,
    HEAD,
    INPUTS,
    LAYERS,
    OUTER_BY,
    ROWS,
    SOURCE_SIZE,
    TARGETS,
    TARGETS_AT,
    UNITS,
    WEIGHTS_AT,
)

forward, outer = FORWARD.call, OUTER.call

SINGULAR = 1e-9  # share left of a pivot, from which on the hidden activations count as dependent


@kernel
def times_root_of_weights(y: Array, weights_at: int, work: Array, a_at: int, depth: int, padded: int) -> None:
    """Multiply the activations of each row by the root of its weight."""
    for r in range(0, padded, width(work)):
        root = square_root(load(y, weights_at + r))
        for k in range(depth):
            at = a_at + k * padded + r
            store(work, at, root * load(work, at))


@kernel
def output_sums(
    plan: Index,
    w: Array,
    packed: Array,
    all_rows: int,
    work: Array,
    sums: Array,
    stride: int,
    thread: int,
    threads: int,
) -> None:
    """Fill A Aᵀ (upper half, rows of `stride`) and then A y by outputs, of this thread's share of the blocks."""
    n, block, last = width(w), plan[ROWS], HEAD + FIELDS * (plan[LAYERS] - 1)
    a_at, depth, outputs = plan[last - FIELDS + A_AT], plan[last + INPUTS] + 1, plan[last + UNITS]
    chunk = ((all_rows + block - 1) // block + threads - 1) // threads * block
    begin = min(all_rows, thread * chunk)
    for i in range(depth * stride + outputs * depth):
        sums[i] = 0.0
    for start in range(begin, min(all_rows, begin + chunk), block):
        rows, at = min(block, all_rows - start), start // block * plan[SOURCE_SIZE]
        padded = (rows + n - 1) // n * n
        forward(w, plan[FORWARD_BY], (plan, w, packed, at, work, padded))
        for k in range(depth):
            for r in range(rows, padded):
                work[a_at + k * padded + r] = 0.0
        y_at = at + plan[TARGETS_AT]
        weights_at = y_at + outputs * padded
        if plan[TARGETS] > outputs:
            times_root_of_weights(packed, weights_at, work, a_at, depth, padded)
        symmetric_product(pointer(work, a_at), depth, padded, sums, stride, True)
        if plan[TARGETS] > outputs:
            times_root_of_weights(packed, weights_at, work, a_at, depth, padded)
        given = (packed, y_at, outputs, work, a_at, depth, padded, sums, depth * stride, True)
        outer(w, plan[OUTER_BY], given)


@kernel
def solve_outputs(
    plan: Index, w: Array, sums: Array, factor: Array, dampings: Array, b: Array, stride: int, c: float, l2: float
) -> bool:
    """Put the best output weights into w, from the sums over all rows; False where they are not unique."""
    last = HEAD + FIELDS * (plan[LAYERS] - 1)
    depth, outputs, w_at = plan[last + INPUTS] + 1, plan[last + UNITS], plan[last + WEIGHTS_AT]
    for k in range(depth):
        dampings[k] = l2 / c if k < depth - 1 else 0.0
    if factorise(sums, dampings, factor, depth, stride) < SINGULAR:
        return False
    for unit in range(outputs):
        for k in range(depth):
            b[k] = sums[depth * stride + unit * depth + k]
        for k in range(depth, stride):
            b[k] = 0.0
        solve_transposed(factor, depth, stride, b)
        solve_upper(factor, depth, stride, b)
        for k in range(depth):
            w[w_at + unit * depth + k] = b[k]
    return True
