"""Problems of fitting a known function of many rows: sinc, Rosenbrock's."""

from __future__ import annotations

import numpy as np

from problems.problem import Table


def sinc() -> Table:
    """Return sin(10πx) / (10πx) at 20,000 points evenly spaced in [−1, 1]."""
    X = np.linspace(-1.0, 1.0, 20_000)[:, None]
    return X, np.sinc(10.0 * X)


def rosenbrock() -> Table:
    """Return Rosenbrock's function of ten inputs, Σ 100 (xᵢ₊₁ − xᵢ²)² + (1 − xᵢ)², at 10,000 points of U(−1, 1).

    Inputs and target are then standardised to mean 0 and variance 1, so that a mean squared error of 1 is that of
    the mean.
    """
    X = np.random.default_rng(0).uniform(-1.0, 1.0, (10_000, 10))
    y = (100.0 * (X[:, 1:] - X[:, :-1] ** 2) ** 2 + (1.0 - X[:, :-1]) ** 2).sum(axis=1, keepdims=True)
    return tuple((each - each.mean(axis=0)) / each.std(axis=0) for each in (X, y))
