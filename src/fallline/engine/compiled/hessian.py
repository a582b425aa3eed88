"""Products of the exact Hessian with a vector by Pearlmutter's R operator, block after block.

As `engine.reference.hessian_vector_product`. The buffer has three times the size of `work`: the pass itself,
its tangent at `+ shift`, and f″(z) with room for Wᵀ δ at `+ 2 shift`.
"""

from __future__ import annotations

from fallline.engine.architecture import Architecture
from fallline.engine.arrays import Array, Index
from fallline.engine.compiled import calls
from fallline.engine.compiled.curvature import forward_tangent
from fallline.engine.compiled.curvature_of_losses import CURVATURE_KERNELS, curvature
from fallline.engine.compiled.descent import scale_of
from fallline.engine.compiled.jit import kernel
from fallline.engine.compiled.lanes import load, store, width
from fallline.engine.compiled.layout import (
    A_AT,
    ACTIVATION_BY,
    AFTER_BY,
    CURVATURE_BY,
    FIELDS,
    FORWARD_BY,
    HEAD,
    INPUTS,
    LAYERS,
    LOSS_BY,
    MULTIPLY_BY,
    OUTER_BY,
    ROWS,
    SOURCE_SIZE,
    TARGETS_AT,
    UNITS,
    WEIGHTS_AT,
    Z_AT,
)
from fallline.engine.compiled.objective import packed_rows
from fallline.engine.compiled.passes import loss_and_delta
from fallline.engine.compiled.plans import training_plan
from fallline.engine.compiled.second_derivatives import second_derivative_addresses, softmax_tangent
from fallline.engine.compiled.shared_product import SharedProduct, share_of_rows

activation, forward, loss = calls.ACTIVATION.call, calls.FORWARD.call, calls.LOSS.call
multiply, outer = calls.MULTIPLY.call, calls.OUTER.call


@kernel
def second_derivatives(
    plan: Index, second: Index, w: Array, source: Array, source_at: int, work: Array, shift: int, padded: int
) -> None:
    """f″(z) of every layer that has an activation, at z_at + 2 shift."""
    for layer in range(plan[LAYERS]):
        p = HEAD + FIELDS * layer
        units, depth, to = plan[p + UNITS], plan[p + INPUTS] + 1, plan[p + Z_AT] + 2 * shift
        below, at = source, source_at
        if layer > 0:
            below, at = work, plan[p - FIELDS + A_AT]
        if plan[p + ACTIVATION_BY]:
            multiply(
                work,
                plan[MULTIPLY_BY],
                (w, plan[p + WEIGHTS_AT], depth, 1, units, depth, below, at, work, to, padded, False),
            )
            activation(work, second[layer], (work, to, plan[p + A_AT], units, padded))


@kernel
def output_tangent(
    plan: Index, source: Array, y_at: int, work: Array, shift: int, rows: int, padded: int, scale: float
) -> None:
    """dδ of the output layer in the place of its dz."""
    n = width(work)
    p = HEAD + FIELDS * (plan[LAYERS] - 1)
    a_at, d_at, units = plan[p + A_AT], plan[p + Z_AT], plan[p + UNITS]
    dz_at, da_at, s_at, size = d_at + shift, a_at + shift, d_at + 2 * shift, units * padded
    if not plan[p + ACTIVATION_BY]:
        curvature(plan, work, a_at, d_at, source, y_at, dz_at, -1, units, rows, padded, scale)
        return
    if plan[AFTER_BY]:
        activation(work, plan[AFTER_BY], (work, dz_at, a_at, units, padded))
        for i in range(0, size, n):
            store(work, da_at + i, load(work, dz_at + i))
        loss(work, plan[LOSS_BY], (work, a_at, s_at, source, y_at, units, rows, padded, scale))
        curvature(plan, work, a_at, d_at, source, y_at, dz_at, -1, units, rows, padded, scale)
        softmax_tangent(work, a_at, s_at, da_at, dz_at, units, padded)
        return
    for i in range(0, size, n):
        dz = load(work, dz_at + i)
        store(work, s_at + i, load(work, s_at + i) * dz)
        store(work, dz_at + i, load(work, d_at + i) * dz)
    loss(work, plan[LOSS_BY], (work, a_at, s_at, source, y_at, units, rows, padded, scale))
    curvature(plan, work, a_at, d_at, source, y_at, dz_at, -1, units, rows, padded, scale)
    for i in range(0, size, n):
        store(work, dz_at + i, load(work, dz_at + i) * load(work, d_at + i) + load(work, s_at + i))


@kernel
def backward_tangent(
    plan: Index,
    w: Array,
    v: Array,
    source: Array,
    source_at: int,
    work: Array,
    shift: int,
    padded: int,
    result: Array,
    add: bool,
) -> None:
    """Change of the gradient, dδ [a; 1]ᵀ + δ [da; 0]ᵀ for every layer, from δ and dδ of the output layer."""
    for layer in range(plan[LAYERS] - 1, -1, -1):
        p = HEAD + FIELDS * layer
        units, depth, w_at, d_at = plan[p + UNITS], plan[p + INPUTS] + 1, plan[p + WEIGHTS_AT], plan[p + Z_AT]
        if layer == 0:
            outer(
                work, plan[OUTER_BY], (work, d_at + shift, units, source, source_at, depth, padded, result, w_at, add)
            )
            continue
        a_at, f_at, inputs = plan[p - FIELDS + A_AT], plan[p - FIELDS + Z_AT], depth - 1
        da_at, g_at = a_at + shift, a_at + 2 * shift
        outer(work, plan[OUTER_BY], (work, d_at + shift, units, work, a_at, depth, padded, result, w_at, add))
        outer(work, plan[OUTER_BY], (work, d_at, units, work, da_at, depth, padded, result, w_at, True))
        multiply(work, plan[MULTIPLY_BY], (w, w_at, 1, depth, inputs, units, work, d_at, work, g_at, padded, False))
        multiply(
            work, plan[MULTIPLY_BY], (w, w_at, 1, depth, inputs, units, work, d_at + shift, work, da_at, padded, False)
        )
        multiply(work, plan[MULTIPLY_BY], (v, w_at, 1, depth, inputs, units, work, d_at, work, a_at, padded, False))
        for i in range(0, inputs * padded, width(work)):
            slope, g = load(work, f_at + i), load(work, g_at + i)
            bend = load(work, f_at + 2 * shift + i) * g * load(work, f_at + shift + i)
            store(work, f_at + shift + i, slope * (load(work, da_at + i) + load(work, a_at + i)) + bend)
            store(work, f_at + i, slope * g)


@kernel
def product(
    plan: Index,
    second: Index,
    w: Array,
    v: Array,
    packed: Array,
    all_rows: int,
    work: Array,
    result: Array,
    thread: int,
    threads: int,
) -> None:
    """Fill result = ∂²E/∂w² v for this thread's share of the rows."""
    n, block, shift, scale = width(w), plan[ROWS], work.size // 3, scale_of(plan, all_rows)
    begin, end = share_of_rows(plan, all_rows, thread, threads)
    for start in range(begin, end, block):
        rows, at = min(block, end - start), start // block * plan[SOURCE_SIZE]
        padded = (rows + n - 1) // n * n
        forward(w, plan[FORWARD_BY], (plan, w, packed, at, work, padded))
        second_derivatives(plan, second, w, packed, at, work, shift, padded)
        forward_tangent(plan, w, v, packed, at, work, shift, padded)
        output_tangent(plan, packed, at + plan[TARGETS_AT], work, shift, rows, padded, scale)
        loss_and_delta(plan, packed, at, work, rows, padded, scale)
        backward_tangent(plan, w, v, packed, at, work, shift, padded, result, start > begin)


class Hessian:
    """Hessian–vector products of an architecture's loss on rows X (n, inputs), y (n, outputs), shared by threads."""

    def __init__(self, architecture: Architecture, X: Array, y: Array, threads: int = 1) -> None:
        dtype = X.dtype
        plan = training_plan(architecture, dtype, -(-len(X) // threads), tiles=True)
        plan.plan[CURVATURE_BY] = calls.CURVATURE.address(CURVATURE_KERNELS[architecture.loss], dtype)
        self._plan, self._rows = plan.plan, len(X)
        self._second = second_derivative_addresses(architecture, dtype)
        self._packed = packed_rows(plan, X, y, dtype)
        self._shared = SharedProduct(threads, 3 * plan.work_size, architecture.parameter_count, dtype)

    def product(self, parameters: Array, v: Array) -> Array:
        """Return the Hessian times v (parameters,)."""

        def part(thread: int, work: Array, result: Array) -> None:
            product(
                self._plan,
                self._second,
                parameters,
                v,
                self._packed,
                self._rows,
                work,
                result,
                thread,
                self._shared.threads,
            )

        return self._shared.total(part)
