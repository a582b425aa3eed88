"""Descents whose penalty is so strong that training and validation error both suffer.

Certain, because the same first weights with a thousandth of the penalty come to less than half of the validation error.
"""

from __future__ import annotations

import numpy as np

from drawing.descents import network, table
from fallline import Network
from fallline.diagnosis.subject import Subject, descended
from fallline.optimizers import BFGS, LBFGS, Adam, GradientDescent, LevenbergMarquardt, Optimizer
from fallline.training.stopping import Limits

# A strong penalty shrinks the weights until the output hardly depends on the inputs: that is its effect.
ACCEPTED: tuple[str, ...] = ()


def make(rng: np.random.Generator) -> Subject:
    """Return a run that its penalty holds up."""
    optimizers: tuple[Optimizer, ...] = (LBFGS(), BFGS(), LevenbergMarquardt(), Adam(0.01), GradientDescent(0.05))
    while True:
        n = int(rng.integers(60, 300))
        X, y = table(rng, n, noise=float(rng.choice([0.0, 0.1])))
        kept = n * 7 // 10
        loss = "half_squared_error" if rng.random() < 0.3 else None
        made = network(rng, X.shape[1], loss=loss)
        l2 = 10.0 ** rng.uniform(-1.7, -0.3) * (kept / 2 if loss else 1.0)
        optimizer = optimizers[rng.integers(len(optimizers))]
        if loss and isinstance(optimizer, GradientDescent):
            optimizer = GradientDescent(0.1 / kept)
        few = isinstance(optimizer, Adam | GradientDescent)
        limits = Limits(iterations=1_000 if few else 100, plateau=False)
        first = Network.from_parameters(made.architecture, made.parameters)
        validation = X[kept:], y[kept:]
        subject = descended(
            made, X[:kept], y[:kept], optimizer, limits=limits, l2=l2, validation=validation, compiled=False
        )
        weaker = descended(
            first, X[:kept], y[:kept], LBFGS(), limits=Limits(iterations=60), l2=l2 / 1000, compiled=False
        )
        rows = len(validation[0]) / 2 if loss else 1.0
        held_up, least = (each.network.error(*validation) / rows for each in (subject, weaker))
        if least < 0.5 * held_up < np.inf and held_up - least > 0.03:
            return subject
