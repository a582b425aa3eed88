"""Runs that ended in a local minimum.

Certain by construction: at the end of a second-order descent from the stop, which moves the weights by little, the
gradient is zero to rounding and the smallest eigenvalue of the Hessian is well above zero, which makes it a strict
local minimum; and other weights of the same shape have an error less than two thirds as large.
"""

from __future__ import annotations

import numpy as np

from drawing.landscape import SQUARED
from fallline.diagnosis.budget.floor import descend_from
from fallline.diagnosis.clock import Clock
from fallline.diagnosis.subject import Subject, descended
from fallline.engine import Architecture, Array, Objective, Rows
from fallline.network import Network
from fallline.optimizers import BFGS, LBFGS, GradientDescent, LevenbergMarquardt, Momentum
from fallline.training.stopping import Limits

ACCEPTED: tuple[str, ...] = ()


def make(rng: np.random.Generator) -> Subject:
    """Draw a run."""
    while True:
        units, rows = int(rng.integers(1, 4)), int(rng.integers(20, 120))
        X, y = _waves(rng, rows)
        names, loss = (str(rng.choice(["tanh", "tanh", "sigmoid"])), "identity"), str(rng.choice(SQUARED))
        architecture = Architecture((1, units, 1), names, loss)
        ends = []
        for _ in range(5):
            seed = int(rng.integers(2**31))
            first = Network(architecture.shape, names, loss=loss, initialiser="nguyen_widrow", seed=seed)
            first.layers[0][:] *= rng.uniform(1.0, 6.0)
            end = descend_from(architecture, first.parameters, Rows(X, y), Clock(0.06))
            ends.append((end.error, end.parameters))
        best = min(error for error, _ in ends)
        least = 0.01 * (rows if loss == "half_squared_error" else 1.0)  # the targets' variance is 1
        for error, weights in ends:
            bottom = _strict(architecture, weights, X, y) if best < 0.67 * error and error > least else None
            if bottom is not None:
                return _run(rng, architecture, bottom, X, y)


def _waves(rng: np.random.Generator, rows: int) -> tuple[Array, Array]:
    """Two waves of one input, of several humps, so that few units can only fit some of them."""
    X = np.sort(rng.uniform(-1.0, 1.0, rows))[:, None]
    frequency, phase = rng.uniform(4.0, 12.0, 2), rng.uniform(0.0, 6.3, 2)
    y = np.sin(frequency[0] * X + phase[0]) + rng.uniform(-1.0, 1.0) * np.sin(frequency[1] * X + phase[1])
    return X, (y - y.mean()) / y.std()


def _strict(architecture: Architecture, weights: Array, X: Array, y: Array) -> Array | None:
    """Return the strict minimum to which Newton's method leads from nearby; None where it leads to none."""
    objective, weights = Objective(architecture, Rows(X, y)), weights.copy()
    for _ in range(6):
        error, gradient = objective.error_and_gradient(weights)
        H = np.array([objective.hessian_product(weights, unit) for unit in np.eye(len(weights))])
        values, vectors = np.linalg.eigh(0.5 * (H + H.T))
        if not values[0] > 1e-9 * values[-1]:
            return None
        step = vectors @ (vectors.T @ gradient / values)
        if gradient @ step < 1e-12 * error:
            return weights
        weights -= step
    return None


def _run(rng: np.random.Generator, architecture: Architecture, bottom: Array, X: Array, y: Array) -> Subject:
    """Return a run that came down from beside the minimum."""
    first = Network.from_parameters(architecture, bottom)
    size = float(np.sqrt(np.mean(bottom**2)))
    first.parameters += 0.02 * size * rng.standard_normal(len(bottom))
    curvature = float(np.linalg.norm(Objective(architecture, Rows(X, y)).hessian_product(bottom, np.ones(len(bottom)))))
    rate = 0.5 / max(curvature, 1e-3)
    kinds = [LBFGS(), BFGS(), LevenbergMarquardt(), GradientDescent(rate), Momentum(0.2 * rate)]
    optimizer = kinds[int(rng.integers(len(kinds)))]
    return descended(first, X, y, optimizer, limits=Limits(iterations=1_000))
