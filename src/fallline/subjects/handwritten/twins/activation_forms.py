"""Activations as people write them: the value, and the derivative as a function of z and as a formula in a.

A hand-written derivative is a function of the pre-activation z (σ(z)(1 − σ(z))) or a formula that wants the
activation a (a(1 − a)); giving the one what belongs to the other is the commonest mistake of all, so both stand
here, and both can be evaluated anywhere. All functions take and return arrays (…, rows, units).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from fallline.engine import ACTIVATIONS, Array
from fallline.engine.activations import sigmoid, softplus

Function = Callable[[Array], Array]
Axes = int | tuple[int, int]


@dataclass(frozen=True)
class Form:
    """An activation f.

    Parameters
    ----------
    name
        As people call it; the engine's name where the engine has it.
    value
        f(z).
    of_z
        f′ as a function of z.
    of_a
        f′ as a formula in a = f(z); None where nobody writes one.
    elementwise
        False for softmax, whose derivative is a matrix for each row: `of_z` and `of_a` then give its diagonal.
    over
        The axes that a softmax is normalised over: -1, the units, where it is right.
    """

    name: str
    value: Function
    of_z: Function
    of_a: Function | None
    elementwise: bool = True
    over: Axes = -1

    @property
    def in_engine(self) -> bool:
        """Whether the engine has this activation."""
        return self.name in ACTIVATIONS

    def backward(self, z: Array, a: Array, g: Array) -> Array:
        """Turn g = ∂E/∂a into ∂E/∂z."""
        if self.elementwise:
            return g * self.of_z(z)
        return np.asarray(a * (g - (a * g).sum(axis=self.over, keepdims=True)))


def _softmax(over: Axes, largest: Axes | None = None) -> Function:
    def value(z: Array) -> Array:
        e = np.exp(z - z.max(axis=over if largest is None else largest, keepdims=True))
        return np.asarray(e / e.sum(axis=over, keepdims=True))

    return value


def leaky(slope: float) -> Form:
    """Return z where z > 0, else slope · z."""
    name = "leaky_relu" if slope == 0.01 else f"leaky_relu ({slope:g})"
    derivative: Function = lambda x: np.where(x > 0, 1.0, slope)  # noqa: E731 - the same for z and a
    return Form(name, lambda z: np.where(z > 0, z, slope * z), derivative, derivative)


def _one(x: Array) -> Array:
    return np.ones_like(x)


def _step(x: Array) -> Array:
    return np.where(x > 0, 1.0, 0.0)


def _sigmoid_of_z(z: Array) -> Array:
    s = sigmoid(z)
    return s * (1.0 - s)


def _elu_of_z(z: Array) -> Array:
    return np.where(z > 0, 1.0, np.exp(np.minimum(z, 0.0)))


REVERSED_SIGMOID = "1/(1 + exp(z))"

SIGMOID = Form("sigmoid", sigmoid, _sigmoid_of_z, lambda a: a * (1.0 - a))
TANH = Form("tanh", np.tanh, lambda z: 1.0 - np.tanh(z) ** 2, lambda a: 1.0 - a * a)
RELU = Form("relu", lambda z: np.maximum(z, 0.0), _step, _step)
IDENTITY = Form("identity", lambda z: z.copy(), _one, _one)
SOFTMAX = Form("softmax", _softmax(-1), lambda z: SIGMOID.of_z(z), lambda a: a * (1.0 - a), elementwise=False)
SOFTPLUS = Form("softplus", softplus, sigmoid, lambda a: 1.0 - np.exp(-a))
ELU = Form(
    "elu",
    lambda z: np.where(z > 0, z, np.expm1(np.minimum(z, 0.0))),
    _elu_of_z,
    lambda a: np.where(a > 0, 1.0, a + 1.0),
)
SILU = Form("silu", lambda z: z * sigmoid(z), lambda z: sigmoid(z) * (1.0 + z * (1.0 - sigmoid(z))), None)
SCALED_TANH = Form(
    "1.7159 tanh(2z/3)",
    lambda z: 1.7159 * np.tanh(2.0 / 3.0 * z),
    lambda z: 1.7159 * 2.0 / 3.0 * (1.0 - np.tanh(2.0 / 3.0 * z) ** 2),
    lambda a: 2.0 / 3.0 * (1.7159 - a * a / 1.7159),
)
BIPOLAR = Form(
    "tanh(z/2)",
    lambda z: np.tanh(0.5 * z),
    lambda z: 0.5 * (1.0 - np.tanh(0.5 * z) ** 2),
    lambda a: 0.5 * (1.0 - a * a),
)
SWAPPED = Form(REVERSED_SIGMOID, lambda z: sigmoid(-z), lambda z: -SIGMOID.of_z(z), lambda a: -a * (1.0 - a))
# softmax normalised over the rows of a batch, the exponent's largest taken over rows or over outputs, or over both
OVER_ROWS = tuple(
    Form("softmax over the rows", value, SIGMOID.of_z, SIGMOID.of_a, elementwise=False, over=-2)
    for value in (_softmax(-2), _softmax(-2, largest=-1))
)
OVER_ALL = tuple(
    Form("softmax over rows and outputs", value, SIGMOID.of_z, SIGMOID.of_a, elementwise=False, over=(-2, -1))
    for value in (_softmax((-2, -1)), _softmax((-2, -1), largest=-1))
)
WRONG_SOFTMAX = (*OVER_ROWS, *OVER_ALL)

LEAKY = leaky(0.01)

COMMON: tuple[Form, ...] = (SIGMOID, TANH, RELU, IDENTITY)
RARE: tuple[Form, ...] = (
    LEAKY,
    *(leaky(slope) for slope in (0.1, 0.2, 0.05, 0.3, 0.02, 0.001, 0.25, 0.5)),
    SOFTPLUS,
    ELU,
    SILU,
    SCALED_TANH,
    BIPOLAR,
    SWAPPED,
)
HIDDEN: tuple[Form, ...] = (*COMMON, *RARE)
OUTPUT: tuple[Form, ...] = (*COMMON, SOFTMAX, *WRONG_SOFTMAX, *RARE)
