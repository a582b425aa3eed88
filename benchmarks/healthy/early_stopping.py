"""Mini-batches with early stopping on noisy rows, and patience enough: stopped at the lowest validation error."""

from __future__ import annotations

import numpy as np

from drawing.rows import inputs, labels, smooth
from fallline import Network
from fallline.diagnosis.subject import Subject, descended
from fallline.optimizers import Adam, OnPlateau
from fallline.training.stopping import Limits

ACCEPTED: tuple[str, ...] = ()


def make(rng: np.random.Generator) -> Subject:
    """Return such a run."""
    features, seed = int(rng.integers(2, 8)), int(rng.integers(1 << 30))
    X = inputs(rng, int(rng.integers(300, 1000)), features)
    classes = rng.random() < 0.4
    if classes:
        y, names, loss = labels(rng, X, rng.uniform(0.05, 0.2)), ["tanh", "sigmoid"], "binary_cross_entropy"
    else:
        y = smooth(rng, X) + rng.uniform(0.2, 0.6) * rng.standard_normal((len(X), 1))
        names, loss = ["tanh", "identity"], "mean_squared_error"
    network = Network([features, int(rng.integers(4, 24)), 1], names, loss=loss, seed=seed)
    cut = len(X) * 3 // 4
    return descended(
        network,
        X[:cut],
        y[:cut],
        Adam(OnPlateau(0.01, patience=10), 32, seed),
        limits=Limits(iterations=400, seconds=1.5, patience=40),
        validation=(X[cut:], y[cut:]),
        seed=seed,
    )
