"""Second derivatives of the losses by what the loss sees: H v, and a root S of H = S Sᵀ, for a block of rows.

As `engine.losses.curvature`. Each kernel takes the activations at a_at, the logits z of a cross-entropy at d_at.
For softmax, H = diag(p) − p pᵀ times Σ y, and its root has the columns √pₖ (eₖ − p).
"""

from __future__ import annotations

import math

from fallline.engine.arrays import Array, Index
from fallline.engine.compiled.calls import CURVATURE
from fallline.engine.compiled.elementary import exponential_of_negative, logistic
from fallline.engine.compiled.jit import kernel
from fallline.engine.compiled.lane_functions import absolute, first, square_root, where
from fallline.engine.compiled.lanes import fill, load, store, width
from fallline.engine.compiled.layout import CURVATURE_BY, TARGETS
from fallline.engine.losses import HUBER_DELTA

curvature_by_row = CURVATURE.call


@kernel
def _constant(
    d: Array,
    a_at: int,
    d_at: int,
    y: Array,
    y_at: int,
    to: int,
    unit: int,
    units: int,
    rows: int,
    padded: int,
    scale: float,
) -> None:
    """H is 1, or 2 where it is scaled so."""
    for u in range(units):
        for r in range(0, padded, width(d)):
            at = to + u * padded + r
            value = fill(d, math.sqrt(scale) if u == unit else 0.0) if unit >= 0 else load(d, at) * scale
            store(d, at, where(first(d, rows - r), value, 0.0))


@kernel
def _doubled(
    d: Array,
    a_at: int,
    d_at: int,
    y: Array,
    y_at: int,
    to: int,
    unit: int,
    units: int,
    rows: int,
    padded: int,
    scale: float,
) -> None:
    """H = 2."""
    _constant(d, a_at, d_at, y, y_at, to, unit, units, rows, padded, 2.0 * scale)


@kernel
def _zero(
    d: Array,
    a_at: int,
    d_at: int,
    y: Array,
    y_at: int,
    to: int,
    unit: int,
    units: int,
    rows: int,
    padded: int,
    scale: float,
) -> None:
    """H = 0."""
    for i in range(0, units * padded, width(d)):
        store(d, to + i, fill(d, 0.0))


@kernel
def _huber(
    d: Array,
    a_at: int,
    d_at: int,
    y: Array,
    y_at: int,
    to: int,
    unit: int,
    units: int,
    rows: int,
    padded: int,
    scale: float,
) -> None:
    """H = 1 where |e| ≤ 1, else 0."""
    _constant(d, a_at, d_at, y, y_at, to, unit, units, rows, padded, scale)
    for i in range(0, units * padded, width(d)):
        e = load(d, a_at + i) - load(y, y_at + i)
        store(d, to + i, where(absolute(e) <= HUBER_DELTA, load(d, to + i), 0.0))


@kernel
def _binary(
    d: Array,
    a_at: int,
    d_at: int,
    y: Array,
    y_at: int,
    to: int,
    unit: int,
    units: int,
    rows: int,
    padded: int,
    scale: float,
) -> None:
    """H = p (1 − p) with p = σ(z)."""
    _constant(d, a_at, d_at, y, y_at, to, unit, units, rows, padded, scale)
    for i in range(0, units * padded, width(d)):
        p = logistic(load(d, d_at + i))
        h = p * (1.0 - p)
        store(d, to + i, load(d, to + i) * (square_root(h) if unit >= 0 else h))


@kernel
def _categorical(
    d: Array,
    a_at: int,
    d_at: int,
    y: Array,
    y_at: int,
    to: int,
    unit: int,
    units: int,
    rows: int,
    padded: int,
    scale: float,
) -> None:
    """H = (diag(p) − p pᵀ) Σ y with p = softmax(z)."""
    for r in range(0, padded, width(d)):
        largest, total, targets = fill(d, -math.inf), fill(d, 0.0), fill(d, 0.0)
        for u in range(units):
            z = load(d, d_at + u * padded + r)
            largest = where(z > largest, z, largest)
        mean = fill(d, 0.0)
        for u in range(units):
            e = exponential_of_negative(load(d, d_at + u * padded + r) - largest)
            total = total + e
            targets = targets + load(y, y_at + u * padded + r)
            if unit < 0:
                mean = mean + e * load(d, to + u * padded + r)
        mean = mean / total
        weight = where(first(d, rows - r), targets * scale, 0.0)
        if unit >= 0:
            own = exponential_of_negative(load(d, d_at + unit * padded + r) - largest) / total
            weight = square_root(weight * own)
        for u in range(units):
            at = to + u * padded + r
            p = exponential_of_negative(load(d, d_at + u * padded + r) - largest) / total
            value = fill(d, 1.0 if u == unit else 0.0) - p if unit >= 0 else p * (load(d, at) - mean)
            store(d, at, where(weight > 0.0, value * weight, 0.0))


CURVATURE_KERNELS = {
    "mean_squared_error": _doubled,
    "half_squared_error": _constant,
    "mean_absolute_error": _zero,
    "huber": _huber,
    "binary_cross_entropy": _binary,
    "categorical_cross_entropy": _categorical,
}


@kernel
def curvature(
    plan: Index,
    work: Array,
    a_at: int,
    d_at: int,
    y: Array,
    y_at: int,
    to: int,
    unit: int,
    units: int,
    rows: int,
    padded: int,
    scale: float,
) -> None:
    """H v, or a column of the root of H, as the kernels of `curvature_of_losses`; times the rows' weights, if any."""
    given = (work, a_at, d_at, y, y_at, to, unit, units, rows, padded, scale)
    curvature_by_row(work, plan[CURVATURE_BY], given)
    if plan[TARGETS] == units:
        return
    for r in range(0, padded, width(work)):
        weight = load(y, y_at + units * padded + r)
        if unit >= 0:
            weight = square_root(weight)
        for u in range(units):
            at = to + u * padded + r
            store(work, at, weight * load(work, at))
