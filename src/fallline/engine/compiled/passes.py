"""Forward and backward over one block of rows, as `engine.reference`, in the buffers that `layout` describes."""

from __future__ import annotations

from fallline.engine.arrays import Array, Index
from fallline.engine.compiled.calls import ACTIVATION, LOSS, MULTIPLY, OUTER
from fallline.engine.compiled.calls import BLAS as BLAS_KIND
from fallline.engine.compiled.jit import kernel
from fallline.engine.compiled.lanes import fill, load, store, width
from fallline.engine.compiled.layout import (
    A_AT,
    ACTIVATION_BY,
    AFTER_BY,
    BLAS,
    BLAS_BY,
    FIELDS,
    HEAD,
    INPUTS,
    LAST,
    LAYERS,
    LOSS_BY,
    MULTIPLY_BY,
    OUTER_BY,
    TARGETS,
    TARGETS_AT,
    UNITS,
    WEIGHTS_AT,
    X_BY_ROWS,
    Z_AT,
)

activation, loss, multiply, outer, blas = ACTIVATION.call, LOSS.call, MULTIPLY.call, OUTER.call, BLAS_KIND.call


@kernel
def gather(
    plan: Index, X: Array, y: Array, order: Index, in_order: bool, start: int, stop: int, padded: int, source: Array
) -> None:
    """Put the rows order[start:stop] of X and y into a block; or, unless `in_order`, rows start to stop.

    Rows of padding are zeros.
    """
    inputs, targets, rows = plan[HEAD + INPUTS], plan[TARGETS], stop - start
    by_rows = plan[X_BY_ROWS] == 1
    along, across = (1, inputs + 1) if by_rows else (padded, 1)
    y_at = plan[TARGETS_AT]
    for r in range(rows):
        row = order[start + r] if in_order else start + r
        at = r * across
        for j in range(inputs):
            source[at] = X[row * inputs + j]
            at += along
        for j in range(targets):
            source[y_at + j * padded + r] = y[row * targets + j]
    for r in range(rows, padded):
        for j in range(inputs):
            source[r * across + j * along] = 0.0
        for j in range(targets):
            source[y_at + j * padded + r] = 0.0
    for r in range(padded):
        source[r * across + inputs * along] = 1.0


@kernel
def forward(plan: Index, w: Array, source: Array, source_at: int, work: Array, padded: int) -> None:
    """Fill z = W [a; 1], then a = f(z) and f′(z) in the place of z, of every layer.

    A layer without an activation, the last before a cross-entropy, keeps z and has no a.
    """
    for layer in range(plan[LAYERS]):
        p = HEAD + FIELDS * layer
        units, depth, w_at, z_at, a_at = (
            plan[p + UNITS],
            plan[p + INPUTS] + 1,
            plan[p + WEIGHTS_AT],
            plan[p + Z_AT],
            plan[p + A_AT],
        )
        below, at = source, source_at
        if layer > 0:
            below, at = work, plan[p - FIELDS + A_AT]
        if plan[p + BLAS]:
            turned = layer == 0
            blas(
                work,
                plan[BLAS_BY],
                (
                    w,
                    w_at,
                    depth,
                    False,
                    below,
                    at,
                    depth if turned else padded,
                    turned,
                    work,
                    z_at,
                    padded,
                    units,
                    padded,
                    depth,
                    False,
                ),
            )
        else:
            multiply(work, plan[MULTIPLY_BY], (w, w_at, depth, 1, units, depth, below, at, work, z_at, padded, False))
        if plan[p + ACTIVATION_BY]:
            activation(work, plan[p + ACTIVATION_BY], (work, z_at, a_at, units, padded))
        if not plan[p + LAST]:
            for r in range(0, padded, width(work)):
                store(work, a_at + units * padded + r, fill(work, 1.0))


@kernel
def backward(
    plan: Index, w: Array, source: Array, source_at: int, work: Array, padded: int, gradient: Array, add: bool
) -> None:
    """∂E/∂W = δ [a; 1]ᵀ for every layer, from δ of the output layer in the place of its z."""
    for layer in range(plan[LAYERS] - 1, -1, -1):
        p = HEAD + FIELDS * layer
        units, depth, w_at, d_at = plan[p + UNITS], plan[p + INPUTS] + 1, plan[p + WEIGHTS_AT], plan[p + Z_AT]
        below, a_at = source, source_at
        if layer > 0:
            below, a_at = work, plan[p - FIELDS + A_AT]
        if plan[p + BLAS]:
            turned = layer > 0
            blas(
                work,
                plan[BLAS_BY],
                (
                    work,
                    d_at,
                    padded,
                    False,
                    below,
                    a_at,
                    padded if turned else depth,
                    turned,
                    gradient,
                    w_at,
                    depth,
                    units,
                    depth,
                    padded,
                    add,
                ),
            )
        else:
            outer(work, plan[OUTER_BY], (work, d_at, units, below, a_at, depth, padded, gradient, w_at, add))
        if layer == 0:
            continue
        below_at, below_units = plan[p - FIELDS + Z_AT], depth - 1
        if plan[p + BLAS]:  # Wᵀ δ in the place of a, which is needed no longer
            blas(
                work,
                plan[BLAS_BY],
                (
                    w,
                    w_at,
                    depth,
                    True,
                    work,
                    d_at,
                    padded,
                    False,
                    work,
                    a_at,
                    padded,
                    below_units,
                    padded,
                    units,
                    False,
                ),
            )
            for i in range(0, below_units * padded, width(work)):
                store(work, below_at + i, load(work, below_at + i) * load(work, a_at + i))
        else:
            multiply(
                work,
                plan[MULTIPLY_BY],
                (w, w_at, 1, depth, below_units, units, work, d_at, work, below_at, padded, True),
            )


@kernel
def loss_and_delta(
    plan: Index, source: Array, source_at: int, work: Array, rows: int, padded: int, scale: float
) -> float:
    """Return the loss's sum over the rows, unscaled, and put δ of the output layer in the place of its f′(z)."""
    p = HEAD + FIELDS * (plan[LAYERS] - 1)
    a_at, d_at, units = plan[p + A_AT], plan[p + Z_AT], plan[p + UNITS]
    y_at = source_at + plan[TARGETS_AT]
    total = loss(work, plan[LOSS_BY], (work, a_at, d_at, source, y_at, units, rows, padded, scale))
    if plan[AFTER_BY]:
        activation(work, plan[AFTER_BY], (work, d_at, a_at, units, padded))
    return float(total)
