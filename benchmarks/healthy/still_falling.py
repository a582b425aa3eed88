"""Plain descent at a rate that suits the curvature, stopped by its iterations while the error fell as it should."""

from __future__ import annotations

import numpy as np

from drawing.rows import inputs, smooth
from fallline import Network
from fallline.diagnosis.evidence import Evidence
from fallline.diagnosis.subject import Subject, descended
from fallline.optimizers import Adam, GradientDescent, Momentum
from fallline.training.stopping import Limits

ACCEPTED = ("too_few_iterations",)


LEFT, FALLEN, FALLING = (0.02, 0.5), 0.6, 0.9


def make(rng: np.random.Generator) -> Subject:
    """Return such a run; the rate is half of what the curvature on the way allows, or Adam's usual one.

    It is really on its way: between 0.02 and 0.5 of the targets' variance is left, at most 0.6 of what it began with,
    and the last fifth of its iterations took off a tenth of that or more.
    """
    while True:
        features, seed = int(rng.integers(1, 6)), int(rng.integers(1 << 30))
        X = inputs(rng, int(rng.integers(40, 300)), features)
        y = smooth(rng, X)
        network = Network(
            [features, int(rng.integers(4, 16)), 1], ["tanh", "identity"], loss="mean_squared_error", seed=seed
        )
        warm = descended(network, X, y, GradientDescent(0.02), limits=Limits(iterations=100, plateau=False))
        rate = 1.0 / Evidence(warm).spectrum.highest.value
        optimizer = [GradientDescent(rate), Momentum(0.2 * rate), Adam(0.01)][rng.integers(3)]
        limits = Limits(iterations=int(20 * 15 ** rng.random()), plateau=False)
        run = descended(network, X, y, optimizer, limits=limits, seed=seed)
        if run.descent is None:
            continue
        errors = run.descent.history.column("train_error")
        falling = errors[-1] <= min(FALLEN * errors[0], FALLING * errors[len(errors) * 4 // 5])
        if falling and LEFT[0] <= run.descent.train_error <= LEFT[1]:
            return run
