"""Runs that crawl because their inputs are unscaled or nearly dependent."""

from __future__ import annotations

import numpy as np

from drawing.data import inputs_of, network_of, smooth_function
from fallline.diagnosis.subject import Subject, descended
from fallline.network import Network
from fallline.optimizers import Adam, FirstOrder, GradientDescent, Momentum
from fallline.training.stopping import Limits

ACCEPTED: tuple[str, ...] = ()


def make(rng: np.random.Generator) -> Subject:
    """Give the inputs of a smooth function units that differ by powers of ten, and descend by first order.

    Why it is certain: the twin with the inputs as they were before (mean 0, deviation 1), with the same first weights,
    the same optimizer and as many steps, ends below half of the error; and of four rates, the run has the one that came
    furthest.
    """
    while True:
        inputs, rows = int(rng.integers(1, 9)), int(rng.integers(15, 300))
        U = inputs_of(rng, rows, inputs)
        y = smooth_function(rng, U)
        U = (U - U.mean(axis=0)) / U.std(axis=0)
        sizes = 10.0 ** rng.uniform(-2.0, 3.5, inputs)
        X = sizes * (U + rng.choice([0.0, 3.0, 10.0]) * rng.random(inputs))
        network, seed = network_of(rng, inputs, 1, layers=2, units=(4, 25))
        kind = (GradientDescent, Momentum, Adam)[rng.integers(3)]
        own = {GradientDescent: 0.1, Momentum: 0.02, Adam: 0.01}[kind]
        limits = Limits(iterations=int(rng.integers(200, 800)), plateau=False)
        best = _run(network, X, y, kind(own), limits, seed)
        for factor in (0.1, 0.3, 4.0) if kind is Adam else (1e-2, 1e-4, 1e-6):
            subject = _run(network, X, y, kind(factor * own), limits, seed)
            best = min(best, subject, key=_error)
        if _error(_run(network, U, y, kind(own), limits, seed)) < 0.5 * _error(best) and _error(best) > 0.05:
            return best


def _run(network: Network, X: np.ndarray, y: np.ndarray, optimizer: FirstOrder, limits: Limits, seed: int) -> Subject:
    return descended(network, X, y, optimizer, limits=limits, initialiser="glorot", seed=seed, compiled=False)


def _error(subject: Subject) -> float:
    assert subject.descent is not None
    error = subject.descent.train_error
    return error if np.isfinite(error) else np.inf
