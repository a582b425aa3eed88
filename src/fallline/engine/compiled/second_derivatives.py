"""Second derivatives of the activation functions, f″(z) in the place of z, for a block of a layer.

As `engine.activations`; a = f(z) stands at a_at. Softmax has none of its own: ones, and `softmax_tangent`.
"""

from __future__ import annotations

import numpy as np

from fallline.engine.architecture import Architecture
from fallline.engine.arrays import Array, Index
from fallline.engine.compiled import calls
from fallline.engine.compiled.elementary import exponential_of_negative, logistic, normal_density
from fallline.engine.compiled.jit import kernel
from fallline.engine.compiled.lane_functions import where
from fallline.engine.compiled.lanes import fill, load, store, width


@kernel
def _zero(work: Array, z_at: int, a_at: int, units: int, rows: int) -> None:
    for i in range(0, units * rows, width(work)):
        store(work, z_at + i, fill(work, 0.0))


@kernel
def _one(work: Array, z_at: int, a_at: int, units: int, rows: int) -> None:
    for i in range(0, units * rows, width(work)):
        store(work, z_at + i, fill(work, 1.0))


@kernel
def _sigmoid(work: Array, z_at: int, a_at: int, units: int, rows: int) -> None:
    for i in range(0, units * rows, width(work)):
        a = load(work, a_at + i)
        store(work, z_at + i, a * (1.0 - a) * (1.0 - 2.0 * a))


@kernel
def _tanh(work: Array, z_at: int, a_at: int, units: int, rows: int) -> None:
    for i in range(0, units * rows, width(work)):
        a = load(work, a_at + i)
        store(work, z_at + i, -2.0 * a * (1.0 - a * a))


@kernel
def _elu(work: Array, z_at: int, a_at: int, units: int, rows: int) -> None:
    for i in range(0, units * rows, width(work)):
        z = load(work, z_at + i)
        store(work, z_at + i, where(z > 0.0, 0.0, exponential_of_negative(where(z > 0.0, 0.0, z))))


@kernel
def _softplus(work: Array, z_at: int, a_at: int, units: int, rows: int) -> None:
    for i in range(0, units * rows, width(work)):
        s = logistic(load(work, z_at + i))
        store(work, z_at + i, s * (1.0 - s))


@kernel
def _silu(work: Array, z_at: int, a_at: int, units: int, rows: int) -> None:
    for i in range(0, units * rows, width(work)):
        z = load(work, z_at + i)
        s = logistic(z)
        store(work, z_at + i, s * (1.0 - s) * (2.0 + z * (1.0 - 2.0 * s)))


@kernel
def _gelu(work: Array, z_at: int, a_at: int, units: int, rows: int) -> None:
    for i in range(0, units * rows, width(work)):
        z = load(work, z_at + i)
        store(work, z_at + i, normal_density(z) * (2.0 - z * z))


SECOND_DERIVATIVE_KERNELS = {
    "identity": _zero,
    "sigmoid": _sigmoid,
    "tanh": _tanh,
    "relu": _zero,
    "leaky_relu": _zero,
    "elu": _elu,
    "softplus": _softplus,
    "silu": _silu,
    "gelu": _gelu,
    "softmax": _one,
}


@kernel
def softmax_tangent(work: Array, a_at: int, g_at: int, da_at: int, dg_at: int, units: int, rows: int) -> None:
    """Change of a ∘ (g − Σ a g) when a changes by da and g by dg; written over dg."""
    for r in range(0, rows, width(work)):
        mean, change = fill(work, 0.0), fill(work, 0.0)
        for u in range(units):
            i = u * rows + r
            a, g, da, dg = load(work, a_at + i), load(work, g_at + i), load(work, da_at + i), load(work, dg_at + i)
            mean = mean + a * g
            change = change + da * g + a * dg
        for u in range(units):
            i = u * rows + r
            a, g, da, dg = load(work, a_at + i), load(work, g_at + i), load(work, da_at + i), load(work, dg_at + i)
            store(work, dg_at + i, da * (g - mean) + a * (dg - change))


def second_derivative_addresses(architecture: Architecture, dtype: np.dtype[np.floating]) -> Index:
    """Return where each layer's kernel of f″ begins."""
    kernels = [SECOND_DERIVATIVE_KERNELS[name] for name in architecture.activations]
    return np.array([calls.ACTIVATION.address(kernel, dtype) for kernel in kernels])
