"""Descents on tiny batches that hover at a height that the noise of the batches makes.

Certain, because the descent begins near a minimum that L-BFGS has found, the rate is a fraction of what is stable on
all rows, and the error is lifted well above where it began: steps on all rows from there could only have gone down.
"""

from __future__ import annotations

import numpy as np

from drawing.descents import PROPORTIONAL, largest_curvature, network, table
from fallline import Network
from fallline.diagnosis.subject import Subject, descended
from fallline.engine import Array, Rows
from fallline.optimizers import LBFGS, Adam, GradientDescent, Momentum
from fallline.training.descent import descend
from fallline.training.stopping import Limits

ACCEPTED: tuple[str, ...] = ()
KINDS = (GradientDescent, GradientDescent, Momentum, Adam)


def make(rng: np.random.Generator) -> Subject:
    """Return a run that the noise of its batches holds up."""
    while True:
        X, y = table(rng, int(rng.integers(24, 80)), noise=float(rng.choice([0.0, 0.05, 0.1])))
        made = network(rng, X.shape[1])
        near = _near_a_minimum(made, X, y, int(rng.integers(30, 60)))
        kind, batch = KINDS[rng.integers(len(KINDS))], int(rng.integers(1, 6))
        if kind in PROPORTIONAL:
            rate = rng.uniform(0.15, 0.6) * (1.0 - getattr(kind(), "momentum", 0.0)) / largest_curvature(near, X, y)
        else:
            rate = 10.0 ** rng.uniform(-2.0, -1.6)
        limits = Limits(iterations=max(16, int(rng.integers(300, 700)) * batch // len(X)), plateau=False)
        optimizer = kind(rate, batch_size=batch, seed=int(rng.integers(2**31)))
        subject = descended(near, X, y, optimizer, limits=limits, compiled=False)
        assert subject.descent is not None
        errors = subject.descent.history.column("train_error")
        hovering = float(np.median(errors[len(errors) // 2 :]))
        begin = near.error(X, y)
        before, after = (float(np.median(part)) for part in np.array_split(errors[len(errors) // 2 :], 2))
        falling = after < 0.85 * before
        if falling or subject.descent.stop_reason.code == "not_finite" or not 1.5 * begin < hovering < 0.6:
            continue
        if subject.descent.train_error > 1.4 * begin and subject.descent.train_error - begin > 0.01:
            return subject


def _near_a_minimum(made: Network, X: Array, y: Array, iterations: int) -> Network:
    near = Network.from_parameters(made.architecture, made.parameters)
    descend(near, Rows(X, y), LBFGS(), limits=Limits(iterations=iterations), compiled=False)
    return near
