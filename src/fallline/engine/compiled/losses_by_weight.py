"""The losses of rows that count differently: as `losses`, each row times its weight.

The weights (rows,) stand behind the targets, at y_at + units · padded; rows of padding have the weight 0, but may hold
what is no number, so that they are masked all the same. A module of its own: rows without weights do not pay for them.
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
    total, weights_at = fill(d, 0.0), y_at + units * padded
    for u in range(units):
        for r in range(0, padded, width(d)):
            i = u * padded + r
            e = where(first(d, rows - r), load(d, a_at + i) - load(y, y_at + i), 0.0)
            slope = load(y, weights_at + r) * e
            total = total + slope * e
            store(d, d_at + i, slope * scale * load(d, d_at + i))
    return float(0.5 * sum_of_lanes(total))


@kernel
def _squared(
    d: Array, a_at: int, d_at: int, y: Array, y_at: int, units: int, rows: int, padded: int, scale: float
) -> float:
    return 2.0 * _half_squared(d, a_at, d_at, y, y_at, units, rows, padded, 2.0 * scale)


@kernel
def _absolute(
    d: Array, a_at: int, d_at: int, y: Array, y_at: int, units: int, rows: int, padded: int, scale: float
) -> float:
    total, weights_at = fill(d, 0.0), y_at + units * padded
    for u in range(units):
        for r in range(0, padded, width(d)):
            i = u * padded + r
            e = where(first(d, rows - r), load(d, a_at + i) - load(y, y_at + i), 0.0)
            weight = load(y, weights_at + r)
            total = total + weight * absolute(e)
            sign = where(e > 0.0, fill(d, scale), where(e < 0.0, fill(d, -scale), e))
            store(d, d_at + i, weight * sign * load(d, d_at + i))
    return float(sum_of_lanes(total))


@kernel
def _huber(
    d: Array, a_at: int, d_at: int, y: Array, y_at: int, units: int, rows: int, padded: int, scale: float
) -> float:
    total, weights_at = fill(d, 0.0), y_at + units * padded
    for u in range(units):
        for r in range(0, padded, width(d)):
            i = u * padded + r
            e = where(first(d, rows - r), load(d, a_at + i) - load(y, y_at + i), 0.0)
            weight = load(y, weights_at + r)
            inside = where(absolute(e) > HUBER_DELTA, HUBER_DELTA, absolute(e))
            total = total + weight * (inside * (absolute(e) - 0.5 * inside))
            clipped = where(e > HUBER_DELTA, HUBER_DELTA, where(e < -HUBER_DELTA, -HUBER_DELTA, e))
            store(d, d_at + i, weight * clipped * scale * load(d, d_at + i))
    return float(sum_of_lanes(total))


@kernel
def _binary(
    d: Array, a_at: int, d_at: int, y: Array, y_at: int, units: int, rows: int, padded: int, scale: float
) -> float:
    total, weights_at = fill(d, 0.0), y_at + units * padded
    for u in range(units):
        for r in range(0, padded, width(d)):
            i = u * padded + r
            inside = first(d, rows - r)
            z, target, weight = load(d, d_at + i), load(y, y_at + i), load(y, weights_at + r)
            softplus = where(z < 0.0, 0.0, z) + logarithm_of_one_plus(exponential_of_negative(-1.0 * absolute(z)))
            total = total + where(inside, weight * (softplus - target * z), 0.0)
            store(d, d_at + i, where(inside, weight * ((logistic(z) - target) * scale), 0.0))
    return float(sum_of_lanes(total))


@kernel
def _categorical(
    d: Array, a_at: int, d_at: int, y: Array, y_at: int, units: int, rows: int, padded: int, scale: float
) -> float:
    total, weights_at = fill(d, 0.0), y_at + units * padded
    for r in range(0, padded, width(d)):
        inside, weight = first(d, rows - r), load(y, weights_at + r)
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
        share = sum_of_targets / sum_of_powers
        for u in range(units):
            i = u * padded + r
            shifted, target = load(d, d_at + i) - largest, load(y, y_at + i)
            total = total + where(inside, weight * (target * (log_sum - shifted)), 0.0)
            slope = exponential_of_negative(shifted) * share - target
            store(d, d_at + i, where(inside, weight * (slope * scale), 0.0))
    return float(sum_of_lanes(total))


LOSS_KERNELS_BY_WEIGHT = {
    "mean_squared_error": _squared,
    "half_squared_error": _half_squared,
    "mean_absolute_error": _absolute,
    "huber": _huber,
    "binary_cross_entropy": _binary,
    "categorical_cross_entropy": _categorical,
}
