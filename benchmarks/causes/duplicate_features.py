"""Runs that are held up by copies of a feature."""

from __future__ import annotations

import numpy as np

from fallline.diagnosis.subject import Subject, descended
from fallline.network import Network
from fallline.optimizers import LBFGS, GradientDescent, Momentum
from fallline.training.stopping import Limits
from problems.drawn import inputs_of, network_of, smooth_function

# validation rows whose copies differ are unlike the training rows by construction
ACCEPTED: tuple[str, ...] = ("validation_shift",)


def make(rng: np.random.Generator) -> Subject:
    """Draw one of two: many copies that slow gradient descent, or copies that differ in the validation rows."""
    return (_many, _unseen)[rng.integers(2)](rng)


def _many(rng: np.random.Generator) -> Subject:
    """Why it is certain: the twin with one copy ends below half of the error, both at the best of seven rates."""
    while True:
        rows, inputs, copies = int(rng.integers(30, 150)), int(rng.integers(2, 5)), int(rng.integers(15, 40))
        U = inputs_of(rng, rows, inputs)
        y = smooth_function(rng, U[:, 1:])
        hidden, seed = int(rng.integers(4, 15)), int(rng.integers(1 << 30))
        kind = (GradientDescent, Momentum)[rng.integers(2)]
        limits = Limits(iterations=int(rng.integers(100, 300)), plateau=False)
        ends = []
        for times in (copies, 1):
            X = np.column_stack([np.repeat(U[:, :1], times, axis=1), U[:, 1:]])
            network = Network(
                [X.shape[1], hidden, 1],
                ["tanh", "identity"],
                loss="mean_squared_error",
                initialiser="glorot",
                seed=seed,
            )
            tried = []
            for factor in (32.0, 16.0, 8.0, 4.0, 2.0, 1.0, 0.5):
                rate = factor * (0.5 if kind is GradientDescent else 0.05) / times
                tried.append(
                    descended(network, X, y, kind(rate), limits=limits, initialiser="glorot", seed=seed, compiled=False)
                )
            ends.append(min(tried, key=_error))
        if _error(ends[1]) < 0.5 * _error(ends[0]) and _error(ends[0]) > 0.05:
            return ends[0]


def _error(subject: Subject) -> float:
    assert subject.descent is not None
    error = subject.descent.train_error
    return error if np.isfinite(error) else np.inf


def _unseen(rng: np.random.Generator) -> Subject:
    """Why it is certain: with the copy in the odd one's place, the validation error is half or less."""
    while True:
        rows, inputs = int(rng.integers(30, 200)), int(rng.integers(1, 5))
        U = inputs_of(rng, 2 * rows, inputs)
        y = smooth_function(rng, U) + 0.05 * rng.normal(size=(2 * rows, 1))
        copy = rng.choice([1.0, -2.0, 0.5]) * U[:, :1] + rng.choice([0.0, 1.0])
        copy[rows:] = rng.choice([0.0, 1.0]) * rng.normal(size=(rows, 1))
        X = np.column_stack([U, copy])
        network, seed = network_of(rng, inputs + 1, 1, layers=1, units=(4, 10))
        limits, held_out = Limits(iterations=60), (X[rows:], y[rows:])
        subject = descended(
            network,
            X[:rows],
            y[:rows],
            LBFGS(),
            limits=limits,
            validation=held_out,
            initialiser="glorot",
            seed=seed,
            compiled=False,
        )
        slope, offset = np.polyfit(X[:rows, 0], X[:rows, -1], 1)
        back = X[rows:].copy()
        back[:, -1] = slope * back[:, 0] + offset
        if subject.network.error(back, y[rows:]) < 0.5 * subject.network.error(*held_out):
            return subject
