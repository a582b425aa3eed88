"""Few different inputs, each many times with different targets: what is left is the spread within them."""

from __future__ import annotations

import numpy as np

from fallline import Network
from fallline.diagnosis.subject import Subject, descended
from fallline.optimizers import BFGS, LBFGS, Adam, LevenbergMarquardt
from fallline.training.stopping import Limits

ACCEPTED = ("conflicting_targets",)


def make(rng: np.random.Generator) -> Subject:
    """Return such a run; what it has in excess of the spread is less than a hundredth of it."""
    while True:
        seed, levels = int(rng.integers(1 << 30)), int(rng.integers(3, 7))
        points = rng.permutation(np.linspace(-1.5, 1.5, levels))[:, None]
        X = np.repeat(points, int(rng.integers(5, 20)), axis=0)
        y = np.sin(2.0 * X) + rng.uniform(0.1, 0.6) * rng.standard_normal(X.shape)
        network = Network([1, 6, 1], ["tanh", "identity"], loss="mean_squared_error", seed=seed)
        optimizer = [LevenbergMarquardt(), BFGS(), LBFGS(), Adam(0.02)][rng.integers(4)]
        subject = descended(network, X, y, optimizer, limits=Limits(iterations=4000, seconds=1.0), seed=seed)
        groups = [y[np.all(point == X, axis=1)] for point in points]
        spread = sum(float(np.square(group - group.mean()).sum()) for group in groups) / len(y)
        if subject.descent is not None and subject.descent.train_error < 1.01 * spread:
            return subject
