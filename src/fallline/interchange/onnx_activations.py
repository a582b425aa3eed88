"""The activations in ONNX operators, the same for float and double.

ONNX has operators for most of them, but runtimes bring Elu, Softplus, LeakyRelu, Erf and Gelu for float alone; these
are written in operators that exist for both. See `engine/activations.py` for the formulas.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from fallline.engine.activations import LEAKY_SLOPE
from fallline.interchange.onnx_graph import Graph

# Of the integral in GELU: with so many points up to this end, Φ is right to 2e-15 (measured against SciPy's).
_POINTS = 24
_END = 6.0


def _operator(name: str, **attributes: Any) -> Callable[[Graph, str, np.dtype[Any]], str]:
    return lambda graph, z, dtype: graph.node(name, z, **attributes)


def _identity(graph: Graph, z: str, dtype: np.dtype[Any]) -> str:
    return z


def _leaky_relu(graph: Graph, z: str, dtype: np.dtype[Any]) -> str:
    return graph.node("Max", z, graph.node("Mul", z, graph.constant("slope", dtype.type(LEAKY_SLOPE))))


def _elu(graph: Graph, z: str, dtype: np.dtype[Any]) -> str:
    zero, one = graph.constant("zero", dtype.type(0)), graph.constant("one", dtype.type(1))
    below = graph.node("Sub", graph.node("Exp", graph.node("Min", z, zero)), one)
    return graph.node("Where", graph.node("Greater", z, zero), z, below)


def _softplus(graph: Graph, z: str, dtype: np.dtype[Any]) -> str:
    one = graph.constant("one", dtype.type(1))
    tail = graph.node("Exp", graph.node("Neg", graph.node("Abs", z)))
    return graph.node("Add", graph.node("Relu", z), graph.node("Log", graph.node("Add", tail, one)))


def _silu(graph: Graph, z: str, dtype: np.dtype[Any]) -> str:
    """Not z · Sigmoid(z), of which ONNX Runtime up to 1.23 makes an operator that it has not for double."""
    one = graph.constant("one", dtype.type(1))
    return graph.node("Div", z, graph.node("Add", graph.node("Exp", graph.node("Neg", z)), one))


def _gelu(graph: Graph, z: str, dtype: np.dtype[Any]) -> str:
    """Z Φ(z) = max(z, 0) − |z| Φ(−|z|), where Φ(−√2 x) = 1/√π ∫₀^∞ exp(−(x + t)²) dt by Gauss–Legendre's rule."""
    points, weights = np.polynomial.legendre.leggauss(_POINTS)
    t, share = 0.5 * _END * (points + 1.0), 0.5 * _END * weights / math.sqrt(math.pi)
    size = graph.node("Abs", z)
    x = graph.node("Mul", size, graph.constant("root", dtype.type(math.sqrt(0.5))))
    last = graph.constant("axis", np.array([2]))
    shifted = graph.node("Add", graph.node("Unsqueeze", x, last), graph.constant("points", t.astype(dtype)))
    density = graph.node("Exp", graph.node("Neg", graph.node("Mul", shifted, shifted)))
    tail = graph.node("MatMul", density, graph.constant("shares", share[:, None].astype(dtype)))
    return graph.node("Sub", graph.node("Relu", z), graph.node("Mul", size, graph.node("Squeeze", tail, last)))


ACTIVATIONS: dict[str, Callable[[Graph, str, np.dtype[Any]], str]] = {
    "identity": _identity,
    "sigmoid": _operator("Sigmoid"),
    "tanh": _operator("Tanh"),
    "relu": _operator("Relu"),
    "leaky_relu": _leaky_relu,
    "elu": _elu,
    "softplus": _softplus,
    "silu": _silu,
    "gelu": _gelu,
    "softmax": _operator("Softmax", axis=1),
}
