"""Runs that ended in a local minimum.

Certain by construction: at the end of a second-order descent from the stop, which moves the weights by little, the
gradient is zero to rounding and the smallest eigenvalue of the Hessian is well above zero, which makes it a strict local minimum;
and other weights of the same shape have an error less than two thirds as large.
"""

from __future__ import annotations

import numpy as np
from landscape_runs import SMOOTH, network, table

from fallline.diagnosis.budget.floor import descend_from
from fallline.diagnosis.clock import Clock
from fallline.diagnosis.subject import Subject, descended
from fallline.engine import Objective, Rows
from fallline.network import Network
from fallline.optimizers import BFGS, LBFGS, GradientDescent, LevenbergMarquardt, Momentum
from fallline.training.stopping import Limits

ACCEPTED: tuple[str, ...] = ()


def make(rng: np.random.Generator) -> Subject:
    """Draw a run."""
    while True:
        inputs, rows, units = int(rng.integers(1, 4)), int(rng.integers(12, 120)), int(rng.integers(1, 5))
        X, y = table(rng, inputs, rows)
        architecture = network(rng, [units], inputs, str(rng.choice(SMOOTH))).architecture
        ends = []
        for _ in range(8):
            seed = int(rng.integers(2**31))
            first = Network(architecture.shape, architecture.activations, loss=architecture.loss, seed=seed)
            (error, weights), ended = descend_from(architecture, first.parameters, Rows(X, y), Clock(0.1))
            if ended:
                ends.append((error, weights))
        best = min((error for error, _ in ends), default=0.0)
        minima = [(error, w) for error, w in ends if best < 0.6 * error and _strict(architecture, w, X, y)]
        if minima:
            return _run(rng, architecture, minima[int(rng.integers(len(minima)))][1], X, y)


def _strict(architecture, weights, X, y) -> bool:
    objective = Objective(architecture, Rows(X, y))
    error, gradient = objective.error_and_gradient(weights)
    H = np.array([objective.hessian_product(weights, unit) for unit in np.eye(len(weights))])
    values = np.linalg.eigvalsh(0.5 * (H + H.T))
    return bool(values[0] > 1e-5 * values[-1] and 0.5 * gradient @ np.linalg.solve(H, gradient) < 1e-9 * error)


def _run(rng, architecture, bottom, X, y) -> Subject:
    """Return a run that came down from beside the minimum."""
    first = Network.from_parameters(architecture, bottom)
    size = float(np.sqrt(np.mean(bottom**2)))
    first.parameters += 0.02 * size * rng.standard_normal(len(bottom))
    curvature = float(np.linalg.norm(Objective(architecture, Rows(X, y)).hessian_product(bottom, np.ones(len(bottom)))))
    rate = 0.5 / max(curvature, 1e-3)
    kinds = [LBFGS(), BFGS(), LevenbergMarquardt(), GradientDescent(rate), Momentum(0.2 * rate)]
    optimizer = kinds[int(rng.integers(len(kinds)))]
    return descended(first, X, y, optimizer, limits=Limits(iterations=2_000))
