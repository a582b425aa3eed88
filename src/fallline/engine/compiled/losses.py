"""Losses of a block: the sum over its rows, and δ = ∂(scale · sum)/∂z of the output layer.

As `engine.losses`. Each kernel takes the activations at a_at and the derivative f′(z) at d_at, in one array d,
and returns the sum while δ is written over f′(z); the cross-entropies take z at d_at instead and need no a.
Where rows are padded to full lanes, the padding neither adds to the sum nor to δ: δ is 0 there.
"""

from __future__ import annotations

import math

from fallline.engine.arrays import Array
from fallline.engine.compiled.elementary import (
    exponential_of_negative,
    logarithm_of_one_plus,
    logistic,
    natural_logarithm,
)
from fallline.engine.compiled.jit import kernel
from fallline.engine.compiled.lane_functions import absolute, first, sum_of_lanes, where
from fallline.engine.compiled.lanes import fill, load, store, width
from fallline.engine.losses import HUBER_DELTA


@kernel
def _half_squared(
    d: Array, a_at: int, d_at: int, y: Array, y_at: int, units: int, rows: int, padded: int, scale: float
) -> float:
    """½ Σ e² with e = a − y; d times e."""
    total = fill(d, 0.0)
    for u in range(units):
        for r in range(0, padded, width(d)):
            i = u * padded + r
            e = where(first(d, rows - r), load(d, a_at + i) - load(y, y_at + i), 0.0)
            total = total + e * e
            store(d, d_at + i, e * scale * load(d, d_at + i))
    return float(0.5 * sum_of_lanes(total))


@kernel
def _squared(
    d: Array, a_at: int, d_at: int, y: Array, y_at: int, units: int, rows: int, padded: int, scale: float
) -> float:
    """Σ e²; d times 2 e."""
    return 2.0 * _half_squared(d, a_at, d_at, y, y_at, units, rows, padded, 2.0 * scale)


@kernel
def _absolute(
    d: Array, a_at: int, d_at: int, y: Array, y_at: int, units: int, rows: int, padded: int, scale: float
) -> float:
    """Σ |e|; d times the sign of e."""
    total = fill(d, 0.0)
    for u in range(units):
        for r in range(0, padded, width(d)):
            i = u * padded + r
            e = where(first(d, rows - r), load(d, a_at + i) - load(y, y_at + i), 0.0)
            total = total + absolute(e)
            sign = where(e > 0.0, fill(d, scale), where(e < 0.0, fill(d, -scale), e))
            store(d, d_at + i, sign * load(d, d_at + i))
    return float(sum_of_lanes(total))


@kernel
def _huber(
    d: Array, a_at: int, d_at: int, y: Array, y_at: int, units: int, rows: int, padded: int, scale: float
) -> float:
    """Σ of ½ e² within |e| ≤ 1 and |e| − ½ beyond; d times e clipped to ±1."""
    total = fill(d, 0.0)
    for u in range(units):
        for r in range(0, padded, width(d)):
            i = u * padded + r
            e = where(first(d, rows - r), load(d, a_at + i) - load(y, y_at + i), 0.0)
            inside = where(absolute(e) > HUBER_DELTA, HUBER_DELTA, absolute(e))
            total = total + inside * (absolute(e) - 0.5 * inside)
            clipped = where(e > HUBER_DELTA, HUBER_DELTA, where(e < -HUBER_DELTA, -HUBER_DELTA, e))
            store(d, d_at + i, clipped * scale * load(d, d_at + i))
    return float(sum_of_lanes(total))


@kernel
def _binary(
    d: Array, a_at: int, d_at: int, y: Array, y_at: int, units: int, rows: int, padded: int, scale: float
) -> float:
    """Σ ln(1 + eᶻ) − y z from the logits z, which stand in d; δ = σ(z) − y."""
    total = fill(d, 0.0)
    for u in range(units):
        for r in range(0, padded, width(d)):
            i = u * padded + r
            inside = first(d, rows - r)
            z, target = load(d, d_at + i), load(y, y_at + i)
            softplus = where(z < 0.0, 0.0, z) + logarithm_of_one_plus(exponential_of_negative(-1.0 * absolute(z)))
            total = total + where(inside, softplus - target * z, 0.0)
            store(d, d_at + i, where(inside, (logistic(z) - target) * scale, 0.0))
    return float(sum_of_lanes(total))


@kernel
def _categorical(
    d: Array, a_at: int, d_at: int, y: Array, y_at: int, units: int, rows: int, padded: int, scale: float
) -> float:
    """Σ yₖ (ln Σⱼ e^{zⱼ} − zₖ) from the logits z, which stand in d; δ = softmax(z) Σ y − y."""
    total = fill(d, 0.0)
    for r in range(0, padded, width(d)):
        inside = first(d, rows - r)
        largest = fill(d, -math.inf)
        for u in range(units):
            z = load(d, d_at + u * padded + r)
            largest = where(z > largest, z, where(z != z, z, largest))
        sum_of_powers, sum_of_targets = fill(d, 0.0), fill(d, 0.0)
        for u in range(units):
            i = u * padded + r
            sum_of_powers = sum_of_powers + exponential_of_negative(load(d, d_at + i) - largest)
            sum_of_targets = sum_of_targets + load(y, y_at + i)
        log_sum = natural_logarithm(sum_of_powers)
        weight = sum_of_targets / sum_of_powers
        for u in range(units):
            i = u * padded + r
            shifted, target = load(d, d_at + i) - largest, load(y, y_at + i)
            total = total + where(inside, target * (log_sum - shifted), 0.0)
            store(d, d_at + i, where(inside, (exponential_of_negative(shifted) * weight - target) * scale, 0.0))
    return float(sum_of_lanes(total))


LOSS_KERNELS = {
    "mean_squared_error": _squared,
    "half_squared_error": _half_squared,
    "mean_absolute_error": _absolute,
    "huber": _huber,
    "binary_cross_entropy": _binary,
    "categorical_cross_entropy": _categorical,
}
