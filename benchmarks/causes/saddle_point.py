"""Runs that stand beside a saddle point.

Certain by construction. Either the weights are next to those of a minimum of a network with one unit less, one of
whose units has been split in two with the shares s and 1 − s of its outgoing weight: that is a critical point, and a
saddle if s (1 − s) B has a negative eigenvalue, with B the sum over rows of error times second derivative times input
inputᵀ (Fukumizu & Amari 2000, theorem 3). Or they are next to zero in a network with one hidden layer whose zero is a
critical point, with negative curvature where the targets correlate with the inputs. In both cases the Hessian's lowest
eigenvalue and the gradient at the stop are looked up, and a descent from beside it ends well below the stop.
"""

from __future__ import annotations

import numpy as np

from drawing.landscape import lowest, network, table
from fallline.diagnosis.budget.floor import descend_from
from fallline.diagnosis.clock import Clock
from fallline.diagnosis.subject import Subject, descended
from fallline.engine import Architecture, Array, Objective, Rows
from fallline.network import Network
from fallline.optimizers import GradientDescent
from fallline.training.stopping import Limits

# Where a unit has been split it stands twice, and its two halves act as one until they part.
ACCEPTED: tuple[str, ...] = ("duplicate_units",)


def make(rng: np.random.Generator) -> Subject:
    """Draw a run."""
    while True:
        subject = _split(rng) if rng.random() < 0.6 else _origin(rng)
        if subject is not None and _at_saddle(subject):
            return subject


def _split(rng: np.random.Generator) -> Subject | None:
    inputs, rows, units = int(rng.integers(1, 4)), int(rng.integers(10, 200)), int(rng.integers(1, 4))
    X, y = table(rng, inputs, rows)
    larger = network(rng, [units + 1], inputs, str(rng.choice(["tanh", "sigmoid"])))
    architecture = larger.architecture
    smaller = Architecture((inputs, units, 1), architecture.activations, architecture.loss)
    _, weights = lowest(rng, smaller, X, y, 1, 0.3)
    hidden, output = smaller.layers(weights)
    j, s = int(rng.integers(units)), float(rng.choice([-0.5, 0.2, 0.3, 0.7, 1.4]))
    W, V = larger.layers
    W[:units], W[units] = hidden, hidden[j]
    V[:, :units], V[:, -1] = output[:, :-1], output[:, -1]
    V[:, units], V[:, j] = s * output[:, j], (1.0 - s) * output[:, j]
    larger.parameters += 10.0 ** rng.uniform(-7, -4) * rng.standard_normal(len(larger.parameters))
    return _short_run(rng, larger, X, y)


def _origin(rng: np.random.Generator) -> Subject | None:
    inputs, rows = int(rng.integers(1, 9)), int(rng.integers(10, 200))
    labels = bool(rng.random() < 0.3)
    X, y = table(rng, inputs, rows, labels=labels)
    first = network(rng, [int(rng.integers(2, 13))], inputs, "tanh", labels=labels)
    first.parameters *= 10.0 ** rng.uniform(-8, -4)
    first.layers[-1][:, -1] = np.log(y.mean() / (1.0 - y.mean())) if labels else y.mean()  # the best constant
    return _short_run(rng, first, X, y)


def _short_run(rng: np.random.Generator, first: Network, X: Array, y: Array) -> Subject:
    rate = float(rng.uniform(0.01, 0.1)) / (len(X) if first.architecture.loss == "half_squared_error" else 1.0)
    return descended(first, X, y, GradientDescent(rate), limits=Limits(iterations=int(rng.integers(20, 300))))


def _at_saddle(subject: Subject) -> bool:
    architecture, weights = subject.network.architecture, subject.network.parameters
    objective = Objective(architecture, subject.training)
    error, gradient = objective.error_and_gradient(weights)
    H = np.array([objective.hessian_product(weights, unit) for unit in np.eye(len(weights))])
    values, vectors = np.linalg.eigh(0.5 * (H + H.T))
    rows = Rows(*subject.training.block(0, 10**6))
    sides = [weights + sign * vectors[:, 0] for sign in (1.0, -1.0)]
    reached = min(descend_from(architecture, side, rows, Clock(0.2)).error for side in sides)
    critical = np.sum(np.square(vectors.T @ gradient) / np.maximum(np.abs(values), 1e-6 * values[-1])) < 1e-3 * error
    return bool(critical and values[0] < -1e-3 * values[-1] and reached < 0.7 * error)
