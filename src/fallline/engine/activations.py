"""Activation functions: value, derivatives, and what back-propagation asks of them.

An activation maps the pre-activations z of a layer, shape (rows, units), to its activations a of the same
shape. All but softmax act on each element alone, so value, first and second derivative say everything;
`backward`, `tangent` and `backward_tangent` are the three products that the engine is written in, and softmax
gives its own.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod

import numpy as np

from fallline.engine.arrays import Array


class Activation(ABC):
    """One activation function; the instances stand in `ACTIVATIONS` under their names."""

    name: str
    range: tuple[float, float] = (-math.inf, math.inf)  # open where a bound is only approached

    @abstractmethod
    def value(self, z: Array) -> Array:
        """A = f(z)."""

    @abstractmethod
    def derivative(self, z: Array, a: Array) -> Array:
        """f′(z), given z and a = f(z)."""

    @abstractmethod
    def second_derivative(self, z: Array, a: Array) -> Array:
        """f″(z), given z and a = f(z)."""

    def backward(self, z: Array, a: Array, g: Array) -> Array:
        """Turn g = ∂E/∂a into ∂E/∂z (the transposed Jacobian of f times g)."""
        return g * self.derivative(z, a)

    def tangent(self, z: Array, a: Array, dz: Array) -> Array:
        """Return the change of a for a change dz of z (the Jacobian of f times dz)."""
        return dz * self.derivative(z, a)

    def backward_tangent(self, z: Array, a: Array, g: Array, dz: Array, dg: Array) -> Array:
        """Return the change of `backward(z, a, g)` when z changes by dz and g by dg."""
        return dg * self.derivative(z, a) + g * self.second_derivative(z, a) * dz


class Identity(Activation):
    """f(z) = z."""

    name = "identity"

    def value(self, z: Array) -> Array:
        return z.copy()

    def derivative(self, z: Array, a: Array) -> Array:
        return np.ones_like(z)

    def second_derivative(self, z: Array, a: Array) -> Array:
        return np.zeros_like(z)


def sigmoid(z: Array) -> Array:
    """1 / (1 + e⁻ᶻ), accurate to the last bits in both tails and without overflow."""
    tail: Array = np.exp(-np.abs(z))
    numerator: Array = np.where(z >= 0, 1.0, tail)
    return numerator / (1.0 + tail)


class Sigmoid(Activation):
    """f(z) = 1 / (1 + e⁻ᶻ)."""

    name = "sigmoid"
    range = (0.0, 1.0)

    def value(self, z: Array) -> Array:
        return sigmoid(z)

    def derivative(self, z: Array, a: Array) -> Array:
        return a * (1.0 - a)

    def second_derivative(self, z: Array, a: Array) -> Array:
        return np.asarray(a * (1.0 - a) * (1.0 - 2.0 * a))


class Tanh(Activation):
    """f(z) = tanh z."""

    name = "tanh"
    range = (-1.0, 1.0)

    def value(self, z: Array) -> Array:
        return np.tanh(z)

    def derivative(self, z: Array, a: Array) -> Array:
        return 1.0 - a * a

    def second_derivative(self, z: Array, a: Array) -> Array:
        return -2.0 * a * (1.0 - a * a)


class Relu(Activation):
    """f(z) = max(z, 0), with f′(0) = 0."""

    name = "relu"
    range = (0.0, math.inf)

    def value(self, z: Array) -> Array:
        return np.maximum(z, 0.0)

    def derivative(self, z: Array, a: Array) -> Array:
        return (z > 0).astype(z.dtype)

    def second_derivative(self, z: Array, a: Array) -> Array:
        return np.zeros_like(z)


LEAKY_SLOPE = 0.01


class LeakyRelu(Activation):
    """f(z) = z where z > 0, else 0.01 z (Maas, Hannun & Ng 2013)."""

    name = "leaky_relu"

    def value(self, z: Array) -> Array:
        return np.where(z > 0, z, LEAKY_SLOPE * z)

    def derivative(self, z: Array, a: Array) -> Array:
        return np.where(z > 0, 1.0, LEAKY_SLOPE).astype(z.dtype)

    def second_derivative(self, z: Array, a: Array) -> Array:
        return np.zeros_like(z)


class Elu(Activation):
    """f(z) = z where z > 0, else eᶻ − 1 (Clevert, Unterthiner & Hochreiter 2016, α = 1)."""

    name = "elu"
    range = (-1.0, math.inf)

    def value(self, z: Array) -> Array:
        return np.where(z > 0, z, np.expm1(np.minimum(z, 0.0)))

    def derivative(self, z: Array, a: Array) -> Array:
        return np.where(z > 0, 1.0, np.exp(np.minimum(z, 0.0))).astype(z.dtype)

    def second_derivative(self, z: Array, a: Array) -> Array:
        return np.where(z > 0, 0.0, np.exp(np.minimum(z, 0.0))).astype(z.dtype)


def softplus(z: Array) -> Array:
    """ln(1 + eᶻ) without overflow."""
    return np.maximum(z, 0.0) + np.log1p(np.exp(-np.abs(z)))


class Softplus(Activation):
    """f(z) = ln(1 + eᶻ)."""

    name = "softplus"
    range = (0.0, math.inf)

    def value(self, z: Array) -> Array:
        return softplus(z)

    def derivative(self, z: Array, a: Array) -> Array:
        return sigmoid(z)

    def second_derivative(self, z: Array, a: Array) -> Array:
        s = sigmoid(z)
        return s * (1.0 - s)


class Silu(Activation):
    """f(z) = z σ(z), also called swish (Elfwing, Uchibe & Doya 2018)."""

    name = "silu"
    range = (-0.2784645427610738, math.inf)  # the minimum lies at z = −1.2784645…

    def value(self, z: Array) -> Array:
        return z * sigmoid(z)

    def derivative(self, z: Array, a: Array) -> Array:
        s = sigmoid(z)
        return s * (1.0 + z * (1.0 - s))

    def second_derivative(self, z: Array, a: Array) -> Array:
        s = sigmoid(z)
        return s * (1.0 - s) * (2.0 + z * (1.0 - 2.0 * s))


def normal_cdf(z: Array) -> Array:
    """Φ(z), the standard normal distribution function."""
    from scipy.special import ndtr  # heavy, and only GELU needs it

    return np.asarray(ndtr(z), dtype=z.dtype)


def normal_pdf(z: Array) -> Array:
    """φ(z), the standard normal density."""
    return np.exp(-0.5 * z * z) * (1.0 / math.sqrt(2.0 * math.pi))


class Gelu(Activation):
    """f(z) = z Φ(z), the exact form, not the tanh approximation (Hendrycks & Gimpel 2016)."""

    name = "gelu"
    range = (-0.16997120747990369, math.inf)  # the minimum lies at z = −0.7517915…

    def value(self, z: Array) -> Array:
        return z * normal_cdf(z)

    def derivative(self, z: Array, a: Array) -> Array:
        return normal_cdf(z) + z * normal_pdf(z)

    def second_derivative(self, z: Array, a: Array) -> Array:
        return normal_pdf(z) * (2.0 - z * z)


class Softmax(Activation):
    """aₖ = e^{zₖ} / Σⱼ e^{zⱼ} over the units of one row; for the output layer only.

    Its Jacobian diag(a) − a aᵀ is not diagonal, so the element-wise derivatives do not exist and the three
    products are written out.
    """

    name = "softmax"
    range = (0.0, 1.0)

    def value(self, z: Array) -> Array:
        e = np.exp(z - z.max(axis=1, keepdims=True))
        return np.asarray(e / e.sum(axis=1, keepdims=True))

    def derivative(self, z: Array, a: Array) -> Array:
        raise TypeError("softmax has no element-wise derivative; use backward or tangent")

    second_derivative = derivative

    def backward(self, z: Array, a: Array, g: Array) -> Array:
        return a * (g - row_dot(a, g))

    def tangent(self, z: Array, a: Array, dz: Array) -> Array:
        return a * (dz - row_dot(a, dz))

    def backward_tangent(self, z: Array, a: Array, g: Array, dz: Array, dg: Array) -> Array:
        da = self.tangent(z, a, dz)
        return da * (g - row_dot(a, g)) + a * (dg - row_dot(da, g) - row_dot(a, dg))


def row_dot(p: Array, q: Array) -> Array:
    """Σₖ pₖ qₖ for each row, as a column (rows, 1)."""
    return np.asarray(np.einsum("ij,ij->i", p, q)[:, None])


ACTIVATIONS: dict[str, Activation] = {
    activation.name: activation
    for activation in (
        Identity(),
        Sigmoid(),
        Tanh(),
        Relu(),
        LeakyRelu(),
        Elu(),
        Softplus(),
        Silu(),
        Gelu(),
        Softmax(),
    )
}
