"""Hand-written descents with a mistake: a sign, a layer's sign, or updates that ignore the gradient.

Certain, because the mistake is made on purpose in each step that is recorded.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from drawing.descents import table
from fallline import Network
from fallline.diagnosis.subject import Subject, Update
from fallline.engine import Objective, Rows

# Climbing saturates and kills units, and the error stays where it is: consequences that the recorded steps explain.
ACCEPTED: tuple[str, ...] = ()


def make(rng: np.random.Generator) -> Subject:
    """Return a network after a descent that was none."""
    if rng.random() < 0.3:
        X, y = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), np.array([[0.0], [1.0], [1.0], [0.0]])
    else:
        X, y = table(rng, int(rng.integers(10, 200)))
        y = (y > 0.0).astype(float)
    hidden = [int(rng.integers(2, 16)) for _ in range(int(rng.integers(1, 4)))]
    activation = str(rng.choice(["sigmoid", "tanh"]))
    shape = [X.shape[1], *hidden, 1]
    loss = str(rng.choice(["half_squared_error", "mean_squared_error", "binary_cross_entropy"]))
    seed = int(rng.integers(2**31))
    network = Network(shape, [activation] * len(hidden) + ["sigmoid"], loss=loss, seed=seed)
    first = Network.from_parameters(network.architecture, network.parameters)
    rows = Rows(X, y)
    objective = Objective(network.architecture, rows)
    offsets = network.architecture.offsets
    mistake = str(rng.choice(["whole", "layer", "alternating", "unrelated"]))
    wrong = int(rng.integers(len(shape) - 1))
    rate = float(rng.uniform(0.05, 0.5)) / (len(X) if loss == "half_squared_error" else 1)
    iterations, batch = int(rng.integers(100, 600)), int(rng.integers(4, 33))
    batch_wise = mistake != "unrelated" and rng.random() < 0.3 and len(X) > 2 * batch
    every, updates = max(1, iterations // int(rng.integers(20, 60))), []
    for i in range(iterations):
        positions = rng.choice(len(X), batch, replace=False) if batch_wise else None
        change = -rate * objective.error_and_gradient(network.parameters, positions)[1]
        if mistake == "whole":
            change = -change
        elif mistake == "unrelated":
            step = rng.standard_normal(len(change))
            change = step * np.linalg.norm(change) / np.linalg.norm(step)
        else:
            for k in range(len(shape) - 1):
                if k == wrong if mistake == "layer" else (len(shape) - 2 - k) % 2 == 1:
                    change[offsets[k] : offsets[k + 1]] *= -1.0
        if i % every == 0:
            updates.append(Update(network.parameters.copy(), change.copy()))
        network.parameters += change
    subject = Subject(network, rows, first=first, seed=seed)
    return replace(subject, updates=tuple(updates))
