"""What runs of known truth are drawn from: rows of smooth functions and of classes, and a network's sizes."""

from __future__ import annotations

import numpy as np

from fallline.engine import Array, Rows
from fallline.network import Network
from fallline.optimizers import LBFGS, Auto
from fallline.training.descent import descend
from fallline.training.restarts import descend_with_restarts
from fallline.training.stopping import Limits


def inputs(rng: np.random.Generator, rows: int, features: int) -> Array:
    """Return standardised inputs (rows, features), normal or uniform."""
    if rng.random() < 0.5:
        return rng.standard_normal((rows, features))
    return rng.uniform(-np.sqrt(3.0), np.sqrt(3.0), (rows, features))


def smooth(rng: np.random.Generator, X: Array, units: int = 3) -> Array:
    """Return values (rows, 1) of a random network of so many tanh units, with mean 0 and deviation 1."""
    V = rng.standard_normal((X.shape[1], units)) / np.sqrt(X.shape[1])
    y = np.tanh(X @ V + 0.5 * rng.standard_normal(units)) @ rng.standard_normal((units, 1))
    return (y - y.mean()) / max(float(y.std()), 1e-9)


def labels(rng: np.random.Generator, X: Array, flipped: float = 0.0) -> Array:
    """Return two classes (rows, 1), parted where a smooth function is 0, of which a share is flipped."""
    y = (smooth(rng, X) > 0).astype(float)
    return np.where(rng.random(y.shape) < flipped, 1.0 - y, y)


def one_hot(rng: np.random.Generator, X: Array, classes: int) -> Array:
    """Return classes (rows, classes), each where its own smooth function is the highest."""
    scores = np.hstack([smooth(rng, X) for _ in range(classes)])
    return np.eye(classes)[scores.argmax(axis=1)]


def hidden(rng: np.random.Generator, least: int = 3, most: int = 16) -> list[int]:
    """Return the sizes of one or two hidden layers."""
    return [int(rng.integers(least, most + 1)) for _ in range(int(rng.integers(1, 3)))]


def at_floor(shape: list[int], activation: list[str], loss: str, X: Array, y: Array, l2: float, seed: int) -> Network:
    """Return a network with the best weights of many descents by second order, which its floor is taken to be."""
    rows = Rows(X, y)

    def first(each: int) -> Network:
        return Network(shape, activation, loss=loss, seed=each)

    found = descend_with_restarts(first, rows, Auto(), starts=12, seed=seed, l2=l2, limits=Limits(seconds=1.0))
    network = found.network
    descend(network, rows, LBFGS(), l2=l2, limits=Limits(seconds=0.3))
    return network
