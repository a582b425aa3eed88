"""Many more rows than parameters, noise, and an optimizer of the second order from its floor: only noise is left."""

from __future__ import annotations

import numpy as np

from drawing.rows import at_floor, inputs, smooth
from fallline.diagnosis.subject import Subject, descended
from fallline.optimizers import LBFGS, LevenbergMarquardt
from fallline.training.stopping import Limits

ACCEPTED: tuple[str, ...] = ()


def make(rng: np.random.Generator) -> Subject:
    """Return such a run."""
    features, units = int(rng.integers(1, 5)), int(rng.integers(2, 6))
    X = inputs(rng, int(rng.integers(200, 800)), features)
    y = smooth(rng, X) + rng.uniform(0.05, 0.8) * rng.standard_normal((len(X), 1))
    seed = int(rng.integers(1 << 30))
    network = at_floor([features, units, 1], ["tanh", "identity"], "mean_squared_error", X, y, 0.0, seed)
    optimizer = LBFGS() if rng.random() < 0.5 else LevenbergMarquardt()
    return descended(network, X, y, optimizer, limits=Limits(seconds=1.0), seed=seed)
