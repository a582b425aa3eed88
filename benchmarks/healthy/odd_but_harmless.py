"""Constant and duplicate features, a dead unit, twin units, unscaled inputs: and all the same at next to nothing."""

from __future__ import annotations

import numpy as np

from drawing.rows import inputs, smooth
from fallline import Network
from fallline.diagnosis.subject import Subject, descended
from fallline.optimizers import BFGS, LBFGS, LevenbergMarquardt
from fallline.training.stopping import Limits

ACCEPTED: tuple[str, ...] = ()


def make(rng: np.random.Generator) -> Subject:
    """Return such a run: its error is at most 0.003 of what a constant answer leaves."""
    while True:
        seed, oddity = int(rng.integers(1 << 30)), int(rng.integers(5))
        X = inputs(rng, int(rng.integers(20, 80)), 2)
        y = smooth(rng, X, units=2)
        if oddity == 0:
            X = np.hstack([X, np.full((len(X), 1), rng.normal())])
        elif oddity == 1:
            X = np.hstack([X, X[:, :1]])
        elif oddity == 2:
            X = X * np.array([1.0, 40.0])
        activation = "relu" if oddity == 3 else "tanh"
        network = Network([X.shape[1], 16, 1], [activation, "identity"], loss="mean_squared_error", seed=seed)
        if oddity == 3:
            network.layers[0][0, -1] = -100.0
        if oddity == 4:
            network.layers[0][1] = network.layers[0][0]
        optimizer = [LevenbergMarquardt(), BFGS(), LBFGS()][rng.integers(3)]
        subject = descended(network, X, y, optimizer, limits=Limits(iterations=2000, seconds=1.0), seed=seed)
        if subject.descent is not None and subject.descent.train_error < 3e-3:
            return subject
