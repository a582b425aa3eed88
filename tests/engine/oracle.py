"""A second opinion on the engine: the textbook's formulas for values only, differentiated mechanically.

No derivative of any activation or loss is written here. Networks and losses are built from +, ×, ÷, exp, ln, erf
and case distinctions, and evaluated on hyper-dual numbers (Fike & Alonso 2011), whose rules give first and second
derivatives that are exact up to rounding. The same functions take plain and complex arrays, so that the hyper-dual
numbers themselves are checked by the complex step.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from scipy import special


class HyperDual:
    """f + a ε₁ + b ε₂ + ab ε₁ε₂ with ε₁² = ε₂² = 0; each part an array, all of one shape."""

    __array_ufunc__ = None  # array × HyperDual comes here and not to NumPy

    def __init__(self, f, a=0.0, b=0.0, ab=0.0):
        self.f, self.a, self.b, self.ab = (np.array(part) for part in np.broadcast_arrays(f, a, b, ab))

    def _each(self, change):
        return HyperDual(change(self.f), change(self.a), change(self.b), change(self.ab))

    def __getitem__(self, key):
        return self._each(lambda part: part[key])

    def reshape(self, *shape):
        return self._each(lambda part: part.reshape(*shape))

    def sum(self, axis):
        return self._each(lambda part: part.sum(axis=axis))

    def through(self, value, first, second):
        """Return g of this number, given g, g′ and g″ at f."""
        return HyperDual(value, first * self.a, first * self.b, first * self.ab + second * self.a * self.b)

    def __neg__(self):
        return self._each(np.negative)

    def __add__(self, other):
        other = _hyperdual(other)
        return HyperDual(self.f + other.f, self.a + other.a, self.b + other.b, self.ab + other.ab)

    def __sub__(self, other):
        return self + -_hyperdual(other)

    def __mul__(self, other):
        p, q = self, _hyperdual(other)
        mixed = p.f * q.ab + p.a * q.b + p.b * q.a + p.ab * q.f
        return HyperDual(p.f * q.f, p.f * q.a + p.a * q.f, p.f * q.b + p.b * q.f, mixed)

    def __truediv__(self, other):
        other = _hyperdual(other)
        return self * other.through(1 / other.f, -1 / other.f**2, 2 / other.f**3)

    __radd__, __rmul__ = __add__, __mul__

    def __rsub__(self, other):
        return _hyperdual(other) - self

    def __rtruediv__(self, other):
        return _hyperdual(other) / self


def _hyperdual(x):
    return x if isinstance(x, HyperDual) else HyperDual(x)


def exp(x):
    if isinstance(x, HyperDual):
        e = np.exp(x.f)
        return x.through(e, e, e)
    return np.exp(x)


def ln(x):
    return x.through(np.log(x.f), 1 / x.f, -1 / x.f**2) if isinstance(x, HyperDual) else np.log(x)


def erf(x):
    if isinstance(x, HyperDual):
        slope = 2 / np.sqrt(np.pi) * np.exp(-(x.f**2))
        return x.through(special.erf(x.f), slope, -2 * x.f * slope)
    return special.erf(x)


def real(x):
    return x.f if isinstance(x, HyperDual) else np.real(x)


def cases(condition, yes, no):
    """Return `yes` where the condition (an array of bool) holds, else `no`."""
    if isinstance(yes, HyperDual) or isinstance(no, HyperDual):
        p, q = _hyperdual(yes), _hyperdual(no)
        pairs = ((p.f, q.f), (p.a, q.a), (p.b, q.b), (p.ab, q.ab))
        return HyperDual(*(np.where(condition, left, right) for left, right in pairs))
    return np.where(condition, yes, no)


def _softmax(z):
    e = exp(z)
    return e / e.sum(-1)[..., None]


ACTIVATIONS = {
    "identity": lambda z: z,
    "sigmoid": lambda z: 1 / (1 + exp(-z)),
    "tanh": lambda z: (exp(z) - exp(-z)) / (exp(z) + exp(-z)),
    "relu": lambda z: cases(real(z) > 0, z, 0 * z),
    "leaky_relu": lambda z: cases(real(z) > 0, z, 0.01 * z),
    "elu": lambda z: cases(real(z) > 0, z, exp(z) - 1),
    "softplus": lambda z: ln(1 + exp(z)),
    "silu": lambda z: z / (1 + exp(-z)),
    "gelu": lambda z: 0.5 * z * (1 + erf(z / np.sqrt(2))),
    "softmax": _softmax,
}
KINKED = ("relu", "leaky_relu", "elu")  # at z = 0: the first derivative, elu's the second


def _absolute(e):
    return cases(real(e) > 0, e, -e)


def _huber(e):
    return cases(np.abs(real(e)) <= 1, 0.5 * e * e, _absolute(e) - 0.5)


def _binary(z, y):
    """−y ln p − (1 − y) ln(1 − p) with p = 1 / (1 + e⁻ᶻ), so that 1 − p = 1 / (1 + eᶻ)."""
    return y * ln(1 + exp(-z)) + (1 - y) * ln(1 + exp(z))


# Each takes z and a of the output layer and the targets, and gives the summands, shape (…, rows, outputs), and what
# to divide their sum by
LOSSES = {
    "mean_squared_error": lambda z, a, y: ((a - y) * (a - y), y.size),
    "half_squared_error": lambda z, a, y: (0.5 * (a - y) * (a - y), 1),
    "mean_absolute_error": lambda z, a, y: (_absolute(a - y), y.size),
    "huber": lambda z, a, y: (_huber(a - y), y.size),
    "binary_cross_entropy": lambda z, a, y: (_binary(z, y), y.size),
    "categorical_cross_entropy": lambda z, a, y: (-(y * ln(a)), len(y)),
}
INCLUDED = {"binary_cross_entropy": "sigmoid", "categorical_cross_entropy": "softmax"}


def forward(shape, activations, parameters, X):
    """Return (z, a) of each layer, each (…, rows, units), for parameters (…, P)."""
    trace, a, start = [], X, 0
    for inputs, units, activation in zip(shape[:-1], shape[1:], activations, strict=True):
        stop = start + units * (inputs + 1)
        W = parameters[..., start:stop].reshape(*np.shape(real(parameters))[:-1], 1, units, inputs + 1)
        z = (W[..., :-1] * a[..., :, None, :]).sum(-1) + W[..., -1]
        a, start = ACTIVATIONS[activation](z), stop
        trace.append((z, a))
    return trace


def loss(shape, activations, name, parameters, X, y):
    """Return the loss for parameters (…, P)."""
    summands, count = LOSSES[name](*forward(shape, activations, parameters, X)[-1], y)
    return summands.sum(-1).sum(-1) / count


def derivatives(shape, activations, name, parameters, X, y, v):
    """Return the loss, its gradient (P,), and its Hessian times v (P,)."""
    E = loss(shape, activations, name, HyperDual(parameters, np.eye(len(parameters)), v), X, y)
    return E.f[0], E.a, E.ab


def jacobian(shape, activations, parameters, X, *, of_logits=False):
    """Return ∂output/∂parameters, shape (rows, outputs, P)."""
    z, a = forward(shape, activations, HyperDual(parameters, np.eye(len(parameters))), X)[-1]
    return np.moveaxis((z if of_logits else a).a, 0, -1)


def gauss_newton(shape, activations, name, parameters, X, y):
    """Return Σ over rows of Jᵀ H J (P, P), J and H by what the loss sees: outputs, or a cross-entropy's logits."""
    J, H = _jacobian_and_curvature(shape, activations, name, parameters, X, y)
    return np.einsum("rip,ijr,rjq->pq", J, H, J)


def second_derivative_product(shape, activations, name, parameters, X, y, v):
    """Return Σ over rows of Jᵀ H f″(v, v) (P,), f being what the loss sees."""
    J, H = _jacobian_and_curvature(shape, activations, name, parameters, X, y)
    z, a = forward(shape, activations, HyperDual(parameters, v, v), X)[-1]
    return np.einsum("rip,ijr,rj->p", J, H, (z if name in INCLUDED else a).ab)


def _jacobian_and_curvature(shape, activations, name, parameters, X, y):
    """Return J (rows, outputs, P) and H (outputs, outputs, rows), by what the loss sees."""
    of_logits = name in INCLUDED
    J = jacobian(shape, activations, parameters, X, of_logits=of_logits)
    z, a = forward(shape, activations, parameters, X)[-1]
    unit = np.eye(y.shape[1])
    seen = HyperDual(z if of_logits else a, unit[:, None, None, :], unit[None, :, None, :])
    summands, count = LOSSES[name](seen, ACTIVATIONS[activations[-1]](seen) if of_logits else seen, y)
    return J, summands.sum(-1).ab / count


class Problem(NamedTuple):
    """A network with weights, rows, and a direction v, where the derivatives exist and are not all rounding."""

    shape: tuple[int, ...]
    activations: tuple[str, ...]
    loss: str
    parameters: np.ndarray
    X: np.ndarray
    y: np.ndarray
    v: np.ndarray


DISTANCE = 1e-6  # of z from 0 where the activation is kinked, of |ŷ − y| from the kink of the loss
SATURATED = 1 - 1e-5  # a probability beyond it leaves fewer than eleven digits to 1 − p, in any arithmetic of p


def problem(shape, activations, name, rows, seed):
    """Draw a problem; drawn again, from the same generator, while it lies at a kink or a cross-entropy saturates."""
    rng = np.random.default_rng(seed)
    layers = list(pairwise(shape))
    for _ in range(100):
        W = [np.c_[rng.normal(size=(m, n)) * 1.3 / np.sqrt(n), rng.normal(size=m)].ravel() for n, m in layers]
        parameters, X = np.concatenate(W), rng.normal(size=(rows, shape[0]))
        y, v = _targets(name, rows, shape[-1], rng), rng.normal(size=len(parameters))
        drawn = Problem(shape, activations, name, parameters, X, y, v)
        if _clear_of_kinks(drawn) and not _saturated(drawn):
            return drawn
    raise AssertionError(f"seed {seed}: a hundred draws at a kink or saturated")


def _targets(name, rows, outputs, rng):
    """Return targets as the loss wants them: both certain ones and, in every third row, distributions."""
    uncertain = (np.arange(rows) % 3 == 2)[:, None]
    if name == "binary_cross_entropy":
        return np.where(uncertain, rng.random((rows, outputs)), rng.integers(0, 2, (rows, outputs)))
    if name == "categorical_cross_entropy":
        certain = np.eye(outputs)[rng.integers(outputs, size=rows)]
        return np.where(uncertain, rng.dirichlet(np.ones(outputs), rows), certain)
    return rng.normal(size=(rows, outputs))


def _saturated(p):
    _, a = forward(p.shape, p.activations, p.parameters, p.X)[-1]
    certain = p.activations[-1] == "softmax" and p.shape[-1] == 1  # 1 whatever the weights, and its derivatives 0
    return p.loss in INCLUDED and not certain and a.max() > SATURATED


def _clear_of_kinks(p):
    trace = forward(p.shape, p.activations, p.parameters, p.X)
    for (z, _), activation in zip(trace, p.activations, strict=True):
        if activation in KINKED and np.abs(z).min() < DISTANCE:
            return False
    e = np.abs(trace[-1][1] - p.y)
    kink = {"mean_absolute_error": 0.0, "huber": 1.0}.get(p.loss)
    return kink is None or np.abs(e - kink).min() >= DISTANCE
