"""A penalty that was chosen by the validation rows, descended to its minimum."""

from __future__ import annotations

import numpy as np

from drawing.rows import inputs, labels, one_hot, smooth
from fallline import Network
from fallline.diagnosis.subject import Subject, descended
from fallline.optimizers import LBFGS
from fallline.training.stopping import Limits

ACCEPTED: tuple[str, ...] = ()


def make(rng: np.random.Generator) -> Subject:
    """Return the run with the best of five strengths."""
    features, seed, kind = int(rng.integers(2, 8)), int(rng.integers(1 << 30)), int(rng.integers(3))
    X = inputs(rng, int(rng.integers(100, 400)), features)
    if kind == 0:
        y = smooth(rng, X) + rng.uniform(0.2, 0.6) * rng.standard_normal((len(X), 1))
        outputs, name, loss = 1, "identity", "mean_squared_error"
    elif kind == 1:
        y, outputs, name, loss = labels(rng, X, 0.1), 1, "sigmoid", "binary_cross_entropy"
    else:
        y, outputs, name, loss = one_hot(rng, X, 3), 3, "softmax", "categorical_cross_entropy"
    network = Network([features, 8, outputs], ["tanh", name], loss=loss, seed=seed)
    cut = len(X) * 3 // 4
    runs = [
        descended(
            network, X[:cut], y[:cut], LBFGS(gradient_tolerance=1e-7), l2=l2, validation=(X[cut:], y[cut:]),
            limits=Limits(iterations=1500, seconds=0.4), seed=seed,
        )
        for l2 in np.geomspace(1e-4, 1e-1, 5)
    ]  # fmt: skip
    return min(runs, key=lambda run: run.descent.validation_error if run.descent is not None else np.inf)
