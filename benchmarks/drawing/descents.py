"""What the generators of descents share: random tables and networks that can learn them."""

from __future__ import annotations

import numpy as np

from fallline import Network
from fallline.diagnosis.subject import Subject
from fallline.engine import Array
from fallline.optimizers import LBFGS, Adam, FirstOrder, GradientDescent, Momentum, Nesterov, RMSprop
from fallline.training.descent import descend
from fallline.training.stopping import Limits

PROPORTIONAL = (GradientDescent, Momentum, Nesterov)  # whose stable rates follow from the curvature


def table(rng: np.random.Generator, rows: int, *, noise: float = 0.0) -> tuple[Array, Array]:
    """Return X (rows, inputs), standardised, and a smooth target y (rows, 1) of unit variance with that much noise."""
    inputs = int(rng.integers(1, 7))
    X = rng.standard_normal((rows, inputs)) if rng.random() < 0.5 else rng.uniform(-1.7, 1.7, (rows, inputs))
    directions = rng.standard_normal((inputs, 2)) / np.sqrt(inputs)
    first, second = (X @ directions).T
    kind = rng.integers(4)
    if kind == 0:
        y = np.sin(2.0 * first) + 0.5 * second
    elif kind == 1:
        y = first * second + 0.5 * first
    elif kind == 2:
        y = np.exp(-np.square(first)) + np.tanh(second)
    else:
        y = np.tanh(2.0 * first) - 0.4 * np.square(second)
    y = (y - y.mean()) / max(float(y.std()), 1e-9)
    return X, (y + noise * rng.standard_normal(rows))[:, None]


def network(rng: np.random.Generator, inputs: int, *, classes: bool = False, loss: str | None = None) -> Network:
    """Return a network of 1 or 2 hidden layers for one output."""
    hidden = [int(rng.integers(4, 16)) for _ in range(int(rng.integers(1, 3)))]
    activation = str(rng.choice(["tanh", "sigmoid", "softplus", "silu"]))
    final, chosen = ("sigmoid", "binary_cross_entropy") if classes else ("identity", "mean_squared_error")
    if loss is not None:
        chosen = loss
    return Network(
        [inputs, *hidden, 1], [activation] * len(hidden) + [final], loss=chosen, seed=int(rng.integers(2**31))
    )


def largest_curvature(network: Network, X: Array, y: Array, iterations: int = 20) -> float:
    """Return about the largest eigenvalue of the Gauss–Newton matrix at the network's weights, by power iteration."""
    from fallline.engine import Objective, Rows

    objective = Objective(network.architecture, Rows(X, y))
    v = np.random.default_rng(0).standard_normal(network.architecture.parameter_count)
    value = 0.0
    for _ in range(iterations):
        v /= np.linalg.norm(v)
        v = objective.gauss_newton_product(network.parameters.astype(np.float64), v)
        value = float(np.linalg.norm(v))
    return value


def good_rate(kind: type[FirstOrder], network: Network, X: Array, y: Array) -> float:
    """Return a rate that suits: half the inverse curvature, its share for momentum, or the usual one of Adam."""
    if kind not in PROPORTIONAL:
        return 0.01
    momentum = getattr(kind(), "momentum", 0.0)
    return 0.5 * (1.0 - momentum) / largest_curvature(network, X, y)


def reachable(network: Network, X: Array, y: Array, iterations: int = 150) -> float:
    """Return an error that this shape reaches, by L-BFGS from the same first weights."""
    from fallline.engine import Rows

    copy = Network.from_parameters(network.architecture, network.parameters.astype(np.float64))
    return descend(copy, Rows(X, y), LBFGS(), limits=Limits(iterations=iterations), compiled=False).train_error


KINDS = (GradientDescent, Momentum, Nesterov, Adam, RMSprop)
__all__ = ["KINDS", "PROPORTIONAL", "Subject", "good_rate", "largest_curvature", "network", "reachable", "table"]
