"""Runs that stand in a flat region.

Certain by construction. Either the output unit (sigmoid or tanh, with a squared error) is so far from the right side
that its slope is below 1e-4 on every row, which bounds gradient and curvature in all weights alike; or all weights of
a network with two or three hidden layers are so small that both vanish as products of them. The error is then that of
a constant answer at best, and a network of the same shape is known to reach less than half of it.
"""

from __future__ import annotations

import numpy as np

from drawing.landscape import lowest, network, table
from fallline.diagnosis.subject import Subject, descended
from fallline.network import Network
from fallline.optimizers import GradientDescent, Momentum
from fallline.training.stopping import Limits

# The output unit is saturated in one half of the runs, and in the other no gradient reaches the first layers.
ACCEPTED: tuple[str, ...] = ("saturated_units", "vanishing_gradient")


def make(rng: np.random.Generator) -> Subject:
    """Draw a run."""
    while True:
        inputs, rows = int(rng.integers(1, 7)), int(rng.integers(8, 200))
        wrong_side = bool(rng.random() < 0.5)
        X, y = table(rng, inputs, rows, labels=wrong_side)
        if wrong_side:
            units, output = int(rng.integers(2, 13)), str(rng.choice(["sigmoid", "tanh"]))
            names, seed = ["tanh", output], int(rng.integers(2**31))
            first = Network([inputs, units, 1], names, loss="mean_squared_error", initialiser="glorot", seed=seed)
            side = 1.0 if rng.random() < 0.5 else -1.0
            first.layers[-1][:, -1] = side * (rng.uniform(14.0, 25.0) + np.abs(first.layers[-1][:, :-1]).sum())
        else:
            hidden = [int(rng.integers(2, 9)) for _ in range(rng.integers(2, 4))]
            first = network(rng, hidden, inputs, "tanh")
            first.parameters *= 10.0 ** rng.uniform(-6, -3.5)
            first.layers[-1][:, -1] = y.mean()
        rate = float(rng.uniform(0.01, 0.2)) / (rows if first.architecture.loss == "half_squared_error" else 1.0)
        optimizer = GradientDescent(rate) if rng.random() < 0.5 else Momentum(0.2 * rate)
        subject = descended(first, X, y, optimizer, limits=Limits(iterations=int(rng.integers(30, 300))))
        best, _ = lowest(rng, first.architecture, X, y, 2, 0.5)
        if best < 0.5 * subject.descent.train_error:
            return subject
