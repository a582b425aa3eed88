"""What the generators of generalisation's causes share: a source of rows, networks, and an error on further rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from fallline import Network
from fallline.diagnosis.subject import Subject
from fallline.engine import Array, Rows
from fallline.engine.reference import loss_by_row
from fallline.optimizers import BFGS, LBFGS, Adam, LevenbergMarquardt, Momentum, Optimizer, RMSprop

FURTHER = 3_000  # rows of the same source, on which the truth is measured


class Source(NamedTuple):
    """Rows can be drawn from it, as many as are wanted."""

    features: int
    draw: Callable[[np.random.Generator, int], Array]  # inputs (n, features)
    function: Callable[[Array], Array]  # values (n, 1), about 0 and with a deviation of about 1

    def rows(self, rng: np.random.Generator, n: int, noise: float, classes: bool = False) -> tuple[Array, Array]:
        """Return X (n, features) and y (n, 1) with that much noise, as numbers or as which side of 0 they are on."""
        X = self.draw(rng, n)
        y = self.function(X) + noise * rng.standard_normal((n, 1))
        return X, (y > 0.0).astype(float) if classes else y


def source(rng: np.random.Generator, least: int = 1, most: int = 6) -> Source:
    """Return a source of a smooth function of one or two directions."""
    features = int(rng.integers(least, most + 1))
    normal = bool(rng.random() < 0.5)
    directions = rng.standard_normal((features, 2))
    directions /= np.linalg.norm(directions, axis=0)
    kind, phase = int(rng.integers(3)), float(rng.uniform(-0.5, 0.5))

    def draw(rng: np.random.Generator, n: int) -> Array:
        if normal:
            return rng.standard_normal((n, features))
        return rng.uniform(-np.sqrt(3.0), np.sqrt(3.0), (n, features))

    def raw(X: Array) -> Array:
        first, second = (X @ directions).T
        if kind == 0:
            return np.sin(2.0 * first + phase) + 0.5 * second
        if kind == 1:
            return np.tanh(2.0 * first + phase) - 0.5 * np.tanh(second)
        return np.exp(-np.square(first + phase)) * 2.0 + 0.5 * second

    sample = raw(draw(rng, 2_000))
    middle, spread = float(sample.mean()), float(sample.std())
    return Source(features, draw, lambda X: ((raw(X) - middle) / spread)[:, None])


def optimizer(rng: np.random.Generator) -> Optimizer:
    """Return one of many, at a rate that suits standardised rows."""
    seed = int(rng.integers(1 << 30))
    choice = [
        LBFGS(),
        BFGS(),
        LevenbergMarquardt(),
        Adam(0.02),
        Adam(0.01, batch_size=16, seed=seed),
        RMSprop(0.005),
        Momentum(0.02),
    ]
    return choice[rng.integers(len(choice))]


def network(rng: np.random.Generator, features: int, units: tuple[int, int], classes: bool) -> Network:
    """Return a network of one or two hidden layers for one output."""
    hidden = [int(rng.integers(units[0], units[1] + 1)) for _ in range(int(rng.integers(1, 3)))]
    activation = str(rng.choice(["tanh", "sigmoid", "relu", "softplus"]))
    final, loss = ("sigmoid", "binary_cross_entropy") if classes else ("identity", "mean_squared_error")
    if not classes and rng.random() < 0.25:
        loss = "half_squared_error"
    shape = [features, *hidden, 1]
    return Network(shape, [activation] * len(hidden) + [final], loss=loss, seed=int(rng.integers(1 << 30)))


def mean_loss(network: Network, X: Array, y: Array) -> float:
    """Return the mean over rows of the loss of each as if it were alone."""
    return float(loss_by_row(network.architecture, network.parameters, X, y).mean())


def own_mean_loss(subject: Subject, rows: Rows | None = None) -> float:
    """Return the same of a subject's network, on its training rows or on others."""
    X, y = (rows or subject.training).block(0, len(rows or subject.training))
    return mean_loss(subject.network, X, y)
