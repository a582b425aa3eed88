"""Activation functions for a block of a layer: the value, and the derivative in the place of z.

As `engine.activations`. Each kernel takes z, (units, rows) at z_at, writes a = f(z) at a_at and f′(z) over z.
"""

from __future__ import annotations

from fallline.engine.activations import LEAKY_SLOPE
from fallline.engine.arrays import Array
from fallline.engine.compiled.elementary import (
    exponential_minus_one,
    exponential_of_negative,
    hyperbolic_tangent,
    logarithm_of_one_plus,
    logistic,
    normal_density,
    normal_distribution,
)
from fallline.engine.compiled.jit import kernel
from fallline.engine.compiled.lane_functions import absolute, where
from fallline.engine.compiled.lanes import fill, load, store, width


@kernel
def _identity(work: Array, z_at: int, a_at: int, units: int, rows: int) -> None:
    for i in range(0, units * rows, width(work)):
        store(work, a_at + i, load(work, z_at + i))
        store(work, z_at + i, fill(work, 1.0))


@kernel
def _sigmoid(work: Array, z_at: int, a_at: int, units: int, rows: int) -> None:
    for i in range(0, units * rows, width(work)):
        a = logistic(load(work, z_at + i))
        store(work, a_at + i, a)
        store(work, z_at + i, a * (1.0 - a))


@kernel
def _tanh(work: Array, z_at: int, a_at: int, units: int, rows: int) -> None:
    for i in range(0, units * rows, width(work)):
        a = hyperbolic_tangent(load(work, z_at + i))
        store(work, a_at + i, a)
        store(work, z_at + i, 1.0 - a * a)


@kernel
def _relu(work: Array, z_at: int, a_at: int, units: int, rows: int) -> None:
    for i in range(0, units * rows, width(work)):
        z = load(work, z_at + i)
        store(work, a_at + i, where(z < 0.0, 0.0, z))
        store(work, z_at + i, where(z > 0.0, fill(work, 1.0), 0.0))


@kernel
def _leaky_relu(work: Array, z_at: int, a_at: int, units: int, rows: int) -> None:
    for i in range(0, units * rows, width(work)):
        z = load(work, z_at + i)
        store(work, a_at + i, where(z > 0.0, z, z * LEAKY_SLOPE))
        store(work, z_at + i, where(z > 0.0, fill(work, 1.0), LEAKY_SLOPE))


@kernel
def _elu(work: Array, z_at: int, a_at: int, units: int, rows: int) -> None:
    for i in range(0, units * rows, width(work)):
        z = load(work, z_at + i)
        below = where(z > 0.0, 0.0, z)
        store(work, a_at + i, where(z > 0.0, z, exponential_minus_one(below)))
        store(work, z_at + i, exponential_of_negative(below))


@kernel
def _softplus(work: Array, z_at: int, a_at: int, units: int, rows: int) -> None:
    for i in range(0, units * rows, width(work)):
        z = load(work, z_at + i)
        store(
            work, a_at + i, where(z < 0.0, 0.0, z) + logarithm_of_one_plus(exponential_of_negative(-1.0 * absolute(z)))
        )
        store(work, z_at + i, logistic(z))


@kernel
def _silu(work: Array, z_at: int, a_at: int, units: int, rows: int) -> None:
    for i in range(0, units * rows, width(work)):
        z = load(work, z_at + i)
        s = logistic(z)
        store(work, a_at + i, z * s)
        store(work, z_at + i, s * (1.0 + z * (1.0 - s)))


@kernel
def _gelu(work: Array, z_at: int, a_at: int, units: int, rows: int) -> None:
    for i in range(0, units * rows, width(work)):
        z = load(work, z_at + i)
        p = normal_distribution(z)
        store(work, a_at + i, z * p)
        store(work, z_at + i, p + z * normal_density(z))


@kernel
def _softmax(work: Array, z_at: int, a_at: int, units: int, rows: int) -> None:
    """aₖ = e^{zₖ − max} / Σ over the units of each row; ones for the derivative, see `through_softmax`."""
    for r in range(0, rows, width(work)):
        largest = load(work, z_at + r)
        for u in range(1, units):
            z = load(work, z_at + u * rows + r)
            largest = where(z > largest, z, largest)
        total = fill(work, 0.0)
        for u in range(units):
            e = exponential_of_negative(load(work, z_at + u * rows + r) - largest)
            total = total + e
            store(work, a_at + u * rows + r, e)
        for u in range(units):
            store(work, a_at + u * rows + r, load(work, a_at + u * rows + r) / total)
            store(work, z_at + u * rows + r, fill(work, 1.0))


@kernel
def through_softmax(work: Array, d_at: int, a_at: int, units: int, rows: int) -> None:
    """∂E/∂a, which stands at d_at, becomes ∂E/∂z = a ∘ (∂E/∂a − Σₖ aₖ ∂E/∂aₖ)."""
    for r in range(0, rows, width(work)):
        mean = fill(work, 0.0)
        for u in range(units):
            i = u * rows + r
            mean = mean + load(work, a_at + i) * load(work, d_at + i)
        for u in range(units):
            i = u * rows + r
            store(work, d_at + i, load(work, a_at + i) * (load(work, d_at + i) - mean))


ACTIVATION_KERNELS = {
    "identity": _identity,
    "sigmoid": _sigmoid,
    "tanh": _tanh,
    "relu": _relu,
    "leaky_relu": _leaky_relu,
    "elu": _elu,
    "softplus": _softplus,
    "silu": _silu,
    "gelu": _gelu,
    "softmax": _softmax,
}
