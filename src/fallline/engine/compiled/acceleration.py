"""Geodesic acceleration (Transtrum & Sethna 2012): how the outputs bend along a step, pulled back to the parameters.

As `engine.reference.second_derivative_product`. The buffer has three times the size of `work`: the pass itself, the
first derivatives along v at `+ shift`, and the second at `+ 2 shift`.
"""

from __future__ import annotations

import numpy as np

from fallline.engine.arrays import Array, Index
from fallline.engine.compiled import calls
from fallline.engine.compiled.curvature import forward_tangent
from fallline.engine.compiled.curvature_of_losses import curvature
from fallline.engine.compiled.descent import scale_of
from fallline.engine.compiled.gauss_newton import through_output
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
from fallline.engine.compiled.second_derivatives import softmax_tangent
from fallline.engine.compiled.shared_product import share_of_rows

activation, backward = calls.ACTIVATION.call, calls.BACKWARD.call
forward, multiply = calls.FORWARD.call, calls.MULTIPLY.call


@kernel
def forward_second_tangent(
    plan: Index, second: Index, w: Array, v: Array, source: Array, source_at: int, work: Array, shift: int, padded: int
) -> None:
    """Second derivatives along v: of every layer's z, and of a where it has an activation, in the last third of work.

    The first derivatives stand in the second third; those of the output layer's a are not needed there.
    """
    n = width(work)
    for layer in range(plan[LAYERS]):
        p = HEAD + FIELDS * layer
        units, depth, w_at = plan[p + UNITS], plan[p + INPUTS] + 1, plan[p + WEIGHTS_AT]
        z_at, a_at, size = plan[p + Z_AT], plan[p + A_AT], plan[p + UNITS] * padded
        dz_at, ddz_at, dda_at = z_at + shift, z_at + 2 * shift, a_at + 2 * shift
        below, at = source, source_at
        if layer > 0:
            below, at = work, plan[p - FIELDS + A_AT]
            given = (v, w_at, depth, 1, units, depth - 1, work, at + shift, work, ddz_at, padded, False)
            multiply(work, plan[MULTIPLY_BY], given)
            given = (w, w_at, depth, 1, units, depth - 1, work, at + 2 * shift, work, dda_at, padded, False)
            multiply(work, plan[MULTIPLY_BY], given)
            for i in range(0, size, n):
                store(work, ddz_at + i, 2.0 * load(work, ddz_at + i) + load(work, dda_at + i))
        else:
            for i in range(0, size, n):
                store(work, ddz_at + i, fill(work, 0.0))
        if plan[p + ACTIVATION_BY]:  # f″(z) first, for which z is computed again, in the place of a's derivative
            given = (w, w_at, depth, 1, units, depth, below, at, work, dda_at, padded, False)
            multiply(work, plan[MULTIPLY_BY], given)
            activation(work, second[layer], (work, dda_at, a_at, units, padded))
            for i in range(0, size, n):
                dz = load(work, dz_at + i)
                bend = load(work, dda_at + i) * dz * dz
                store(work, dda_at + i, bend + load(work, z_at + i) * load(work, ddz_at + i))


@kernel
def share_of_acceleration(
    plan: Index,
    second: Index,
    w: Array,
    v: Array,
    packed: Array,
    all_rows: int,
    work: Array,
    shift: int,
    result: Array,
    thread: int,
    threads: int,
) -> None:
    """Fill result = Jᵀ H f″(v, v) for this thread's share of the rows; leave it where there are none."""
    n, block = width(w), plan[ROWS]
    last = HEAD + FIELDS * (plan[LAYERS] - 1)
    a_at, d_at, outputs = plan[last + A_AT], plan[last + Z_AT], plan[last + UNITS]
    seen = d_at + 2 * shift
    scale = scale_of(plan, all_rows)
    begin, end = share_of_rows(plan, all_rows, thread, threads)
    for start in range(begin, end, block):
        rows, at = min(block, end - start), start // block * plan[SOURCE_SIZE]
        padded = (rows + n - 1) // n * n
        forward(w, plan[FORWARD_BY], (plan, w, packed, at, work, padded))
        forward_tangent(plan, w, v, packed, at, work, shift, padded)
        forward_second_tangent(plan, second, w, v, packed, at, work, shift, padded)
        if plan[AFTER_BY]:
            for i in range(0, outputs * padded, n):
                store(work, a_at + shift + i, load(work, d_at + shift + i))
            through_output(plan, work, a_at + shift, padded)
            softmax_tangent(work, a_at, d_at + shift, a_at + shift, seen, outputs, padded)
        elif plan[last + ACTIVATION_BY]:
            seen = a_at + 2 * shift
        y_at = at + plan[TARGETS_AT]
        curvature(plan, work, a_at, d_at, packed, y_at, seen, -1, outputs, rows, padded, scale)
        through_output(plan, work, seen, padded)
        for i in range(0, outputs * padded, n):
            store(work, d_at + i, load(work, seen + i))
        backward(w, plan[BACKWARD_BY], (plan, w, packed, at, work, padded, result, start > begin))


def acceleration_address(dtype: np.dtype[np.floating]) -> int:
    """Return where the kernel of a thread's share begins."""
    return calls.ACCELERATION.address(share_of_acceleration, dtype)
