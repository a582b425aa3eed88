"""Rows without noise that the network learned to next to nothing, by whatever optimizer."""

from __future__ import annotations

import numpy as np

from drawing.rows import inputs, smooth
from fallline import Network
from fallline.diagnosis.subject import Subject, descended
from fallline.optimizers import BFGS, LBFGS, Adam, LevenbergMarquardt
from fallline.training.stopping import Limits

ACCEPTED: tuple[str, ...] = ()


def make(rng: np.random.Generator) -> Subject:
    """Return such a run: its error is at most 0.001 of what a constant answer leaves."""
    while True:
        features, seed = int(rng.integers(1, 4)), int(rng.integers(1 << 30))
        X = inputs(rng, int(rng.integers(10, 60)), features)
        y = smooth(rng, X, units=2)
        network = Network(
            [features, int(rng.integers(6, 16)), 1], ["tanh", "identity"], loss="mean_squared_error", seed=seed
        )
        optimizer = [LevenbergMarquardt(), BFGS(), LBFGS(), Adam(0.02)][rng.integers(4)]
        subject = descended(network, X, y, optimizer, limits=Limits(iterations=3000, seconds=1.0, target_error=1e-4))
        if subject.descent is not None and subject.descent.train_error < 1e-3:
            return subject
