"""A network with fewer units than the function needs, at the lowest of many descents: what is left is its shape's."""

from __future__ import annotations

import numpy as np

from drawing.rows import at_floor, inputs, smooth
from fallline.diagnosis.subject import Subject, descended
from fallline.optimizers import LBFGS
from fallline.training.stopping import Limits

ACCEPTED: tuple[str, ...] = ()


def make(rng: np.random.Generator) -> Subject:
    """Return such a run."""
    features, seed = int(rng.integers(1, 4)), int(rng.integers(1 << 30))
    X = inputs(rng, int(rng.integers(60, 300)), features)
    y = smooth(rng, X, units=8)
    shape, names = ([features, 1], ["identity"]) if rng.random() < 0.3 else ([features, 1, 1], ["tanh", "identity"])
    network = at_floor(shape, names, "mean_squared_error", X, y, 0.0, seed)
    return descended(network, X, y, LBFGS(), limits=Limits(seconds=1.0), seed=seed)
