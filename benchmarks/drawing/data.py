"""Random smooth functions and networks for them, of which generators of runs are made."""

from __future__ import annotations

import numpy as np

from fallline.network import Network
from fallline.optimizers import BFGS, LBFGS, Adam, GradientDescent, LevenbergMarquardt, Momentum, Optimizer, RMSprop

ACTIVATIONS = ("tanh", "sigmoid", "relu", "elu", "silu", "softplus")


def inputs_of(rng: np.random.Generator, rows: int, inputs: int) -> np.ndarray:
    """Return X (rows, inputs) of mean near 0 and deviation near 1, uniform or normal."""
    if rng.random() < 0.5:
        return rng.uniform(-1.7, 1.7, (rows, inputs))
    return rng.normal(size=(rows, inputs))


def smooth_function(rng: np.random.Generator, X: np.ndarray, outputs: int = 1) -> np.ndarray:
    """Return y (rows, outputs) of mean 0 and deviation 1: sines of random projections of X, and a linear part."""
    inputs = X.shape[1]
    y = np.zeros((len(X), outputs))
    for k in range(outputs):
        for _ in range(2):
            direction = rng.normal(size=inputs)
            direction *= rng.uniform(0.7, 1.5) / np.linalg.norm(direction)
            y[:, k] += np.sin(X @ direction + rng.uniform(0.0, 2.0 * np.pi))
        y[:, k] += X @ rng.normal(size=inputs) / np.sqrt(inputs) * rng.uniform(0.3, 1.0)
    return (y - y.mean(axis=0)) / y.std(axis=0)


def network_of(
    rng: np.random.Generator,
    inputs: int,
    outputs: int,
    output: str = "identity",
    loss: str = "mean_squared_error",
    *,
    units: tuple[int, int] = (2, 30),
    layers: int = 3,
) -> tuple[Network, int]:
    """Return a network of 1 to `layers` layers of units, and the seed of its first weights."""
    hidden = [int(rng.integers(units[0], units[1] + 1)) for _ in range(rng.integers(1, layers + 1))]
    activation, seed = str(rng.choice(ACTIVATIONS)), int(rng.integers(1 << 30))
    names = [activation] * len(hidden) + [output]
    return Network([inputs, *hidden, outputs], names, loss=loss, initialiser="glorot", seed=seed), seed


def optimizer_of(rng: np.random.Generator, rows: int) -> Optimizer:
    """Return an optimizer that suits inputs and targets of size 1 and a mean over the rows."""
    batch = None if rows < 40 or rng.random() < 0.6 else int(rng.choice([16, 32]))
    choices: list[Optimizer] = [
        GradientDescent(0.05, batch),
        Momentum(0.01, batch),
        Adam(0.01, batch),
        RMSprop(0.003, batch),
        LBFGS(),
        BFGS(),
        LevenbergMarquardt(),
    ]
    return choices[rng.integers(len(choices))]


def iterations_of(rng: np.random.Generator, optimizer: Optimizer, rows: int) -> int:
    """Return how many iterations that optimizer is given, for about half a second."""
    if isinstance(optimizer, GradientDescent | Momentum | Adam | RMSprop):
        steps = int(rng.integers(1000, 3000)) if rows < 300 else int(rng.integers(500, 1000))
        batches = 1 if optimizer.batch_size is None else -(-rows // optimizer.batch_size)
        return max(20, steps // batches)
    return int(rng.integers(60, 200))
