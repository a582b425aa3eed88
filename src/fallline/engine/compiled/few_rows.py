"""Forward and backward for a handful of rows and weights, where a call would cost more than its work.

The same as `passes.forward` and `passes.backward`, with plain loops in the place of tiles: XOR spends its step
in them.
"""

from __future__ import annotations

from fallline.engine.arrays import Array, Index
from fallline.engine.compiled.calls import ACTIVATION
from fallline.engine.compiled.jit import kernel
from fallline.engine.compiled.lane_functions import sum_of_lanes
from fallline.engine.compiled.lanes import fill, load, spread, store, width
from fallline.engine.compiled.layout import (
    A_AT,
    ACTIVATION_BY,
    FIELDS,
    HEAD,
    INPUTS,
    LAST,
    LAYERS,
    UNITS,
    WEIGHTS_AT,
    Z_AT,
)

activation = ACTIVATION.call


@kernel
def forward_of_few(plan: Index, w: Array, source: Array, source_at: int, work: Array, padded: int) -> None:
    """As `passes.forward`."""
    n, below, at = width(work), source, source_at
    for p in range(HEAD, HEAD + FIELDS * plan[LAYERS], FIELDS):
        units, depth, z_at, a_at = plan[p + UNITS], plan[p + INPUTS] + 1, plan[p + Z_AT], plan[p + A_AT]
        for r in range(0, padded, n):
            w_at, to = plan[p + WEIGHTS_AT], z_at + r
            for _ in range(units):
                z, a = fill(work, 0.0), at + r
                for k in range(depth):
                    z = z + spread(w, w_at + k) * load(below, a)
                    a += padded
                store(work, to, z)
                w_at += depth
                to += padded
            if not plan[p + LAST]:
                store(work, a_at + units * padded + r, fill(work, 1.0))
        if plan[p + ACTIVATION_BY]:
            activation(work, plan[p + ACTIVATION_BY], (work, z_at, a_at, units, padded))
        below, at = work, a_at


@kernel
def backward_of_few(
    plan: Index, w: Array, source: Array, source_at: int, work: Array, padded: int, gradient: Array, add: bool
) -> None:
    """As `passes.backward`."""
    n = width(work)
    for p in range(HEAD + FIELDS * (plan[LAYERS] - 1), HEAD - 1, -FIELDS):
        units, depth, w_at, d_at = plan[p + UNITS], plan[p + INPUTS] + 1, plan[p + WEIGHTS_AT], plan[p + Z_AT]
        below, a_at = source, source_at
        if p > HEAD:
            below, a_at = work, plan[p - FIELDS + A_AT]
        for u in range(units):
            for k in range(depth):
                total = fill(work, 0.0)
                for r in range(0, padded, n):
                    total = total + load(work, d_at + u * padded + r) * load(below, a_at + k * padded + r)
                to = w_at + u * depth + k
                gradient[to] = sum_of_lanes(total) + (gradient[to] if add else 0.0)
        if p > HEAD:
            below_at = plan[p - FIELDS + Z_AT]
            for k in range(depth - 1):
                for r in range(0, padded, n):
                    g = fill(work, 0.0)
                    for u in range(units):
                        g = g + spread(w, w_at + u * depth + k) * load(work, d_at + u * padded + r)
                    at = below_at + k * padded + r
                    store(work, at, g * load(work, at))
