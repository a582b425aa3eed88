"""Mini-batches whose rate went to nothing, on noisy rows that are many for the parameters: at the noise's floor."""

from __future__ import annotations

import numpy as np

from drawing.rows import inputs, smooth
from fallline import Network
from fallline.diagnosis.subject import Subject, descended
from fallline.optimizers import Adam, Cosine, Momentum
from fallline.training.stopping import Limits

ACCEPTED: tuple[str, ...] = ()


def make(rng: np.random.Generator) -> Subject:
    """Return such a run; half of them in float32."""
    features, seed = int(rng.integers(1, 5)), int(rng.integers(1 << 30))
    X = inputs(rng, int(rng.integers(400, 1000)), features)
    y = smooth(rng, X, units=2) + rng.uniform(0.3, 0.8) * rng.standard_normal((len(X), 1))
    dtype = str(rng.choice(["float32", "float64"]))
    network = Network([features, 6, 1], ["tanh", "identity"], loss="mean_squared_error", seed=seed, dtype=dtype)
    epochs = 150
    optimizer = [Adam(Cosine(0.02, epochs), 32, seed), Momentum(Cosine(0.02, epochs), 32, seed)][rng.integers(2)]
    cut = len(X) * 4 // 5
    limits = Limits(iterations=epochs, plateau=False)
    return descended(network, X[:cut], y[:cut], optimizer, limits=limits, validation=(X[cut:], y[cut:]), seed=seed)
