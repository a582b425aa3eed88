"""Tables, networks and optimizers drawn at random for runs whose place in the landscape is known."""

from __future__ import annotations

import numpy as np

from fallline.diagnosis.budget.floor import descend_from
from fallline.diagnosis.clock import Clock
from fallline.engine import Architecture, Array, Rows
from fallline.network import Network
from fallline.optimizers import LBFGS, Adam, GradientDescent, Momentum, Nesterov, Optimizer, RMSprop

SMOOTH = ("tanh", "sigmoid", "softplus", "silu", "gelu")


def table(rng: np.random.Generator, inputs: int, rows: int, *, labels: bool = False) -> tuple[Array, Array]:
    """Return X (rows, inputs) in [−1, 1] and y (rows, 1): waves of variance 1 without noise, or labels 0 and 1."""
    X = rng.uniform(-1.0, 1.0, (rows, inputs))
    waves = rng.integers(2, 4)
    directions = rng.standard_normal((inputs, waves))
    directions *= rng.uniform(3.0, 6.0, waves) / np.linalg.norm(directions, axis=0)
    y = np.sin(X @ directions + rng.uniform(0.0, 6.3, waves)).sum(axis=1, keepdims=True)
    y = (y - y.mean()) / max(float(y.std()), 1e-3)
    return X, (y > 0.0).astype(float) if labels else y


def network(
    rng: np.random.Generator, hidden: list[int], inputs: int, activation: str, *, labels: bool = False
) -> Network:
    """Return a network for such a table, with first weights at random."""
    output, loss = ("sigmoid", "binary_cross_entropy") if labels else ("identity", str(rng.choice(SQUARED)))
    names = [activation] * len(hidden) + [output]
    return Network([inputs, *hidden, 1], names, loss=loss, initialiser="glorot", seed=int(rng.integers(2**31)))


SQUARED = ("mean_squared_error", "half_squared_error")


def first_order(rng: np.random.Generator, network: Network, rows: int, *, batches: bool = True) -> Optimizer:
    """Return a first-order optimizer whose steps are stable for such a table."""
    rate = float(rng.uniform(0.01, 0.05))
    if network.architecture.loss == "half_squared_error":
        rate /= rows
    size = int(rng.choice([16, 32])) if batches and rows >= 64 and rng.random() < 0.4 else None
    if size is not None and network.architecture.loss == "half_squared_error":
        rate *= rows / size
    kind = rng.integers(5)
    if kind == 0:
        return GradientDescent(rate, size)
    if kind == 1:
        return Momentum(0.2 * rate, size)
    if kind == 2:
        return Nesterov(0.2 * rate, size)
    adaptive = float(rng.uniform(0.002, 0.02))
    return Adam(adaptive, size) if kind == 3 else RMSprop(0.3 * adaptive, size)


def any_optimizer(rng: np.random.Generator, network: Network, rows: int) -> Optimizer:
    """Return a first-order one, or L-BFGS."""
    return LBFGS() if rng.random() < 0.2 else first_order(rng, network, rows)


def lowest(
    rng: np.random.Generator, architecture: Architecture, X: Array, y: Array, starts: int, seconds: float
) -> tuple[float, Array]:
    """Return the lowest error of some second-order descents from random weights, and the weights."""
    found = []
    for _ in range(starts):
        names, loss = architecture.activations, architecture.loss
        seed = int(rng.integers(2**31))
        first = Network(architecture.shape, names, loss=loss, initialiser="glorot", seed=seed).parameters
        end = descend_from(architecture, first, Rows(X, y), Clock(seconds / starts))
        found.append((end.error, end.parameters))
    return min(found, key=lambda each: each[0])
