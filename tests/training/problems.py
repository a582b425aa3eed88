"""Small problems for whole descents."""

from __future__ import annotations

import numpy as np

from fallline import Network
from fallline.engine import Rows

XOR = Rows(np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), np.array([[0.0], [1.0], [1.0], [0.0]]))


def noisy(n=60, inputs=3, outputs=1, noise=0.3, seed=0, dtype=np.float64):
    """Rows of a smooth function with noise."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, inputs))
    clean = np.tanh(X @ rng.normal(size=(inputs, outputs))) + 0.3 * X[:, :1] * X[:, 1:2]
    return Rows(X.astype(dtype), (clean + noise * rng.normal(size=(n, outputs))).astype(dtype))


def small(shape=(3, 8, 1), *, loss="mean_squared_error", seed=1, dtype="float64"):
    """A network for them."""
    return Network(shape, ["tanh"] * (len(shape) - 2) + ["identity"], loss=loss, seed=seed, dtype=dtype)


def least_squares(rows, ridge=0.0):
    """Parameters (weights, then the bias) of the linear minimum of Σ e² + ridge · Σ weights²."""
    A = np.c_[rows.X, np.ones(len(rows))]
    punished = ridge * np.diag([1.0] * rows.X.shape[1] + [0.0])
    return np.linalg.solve(A.T @ A + punished, A.T @ rows.y[:, 0])
