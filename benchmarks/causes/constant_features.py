"""Runs that are held up by inputs which do not vary."""

from __future__ import annotations

import numpy as np

from drawing.data import inputs_of, iterations_of, network_of, optimizer_of, smooth_function
from fallline.diagnosis.subject import Subject, descended
from fallline.network import Network
from fallline.optimizers import LBFGS, GradientDescent
from fallline.training.stopping import Limits

# rows of equal inputs with different targets are in conflict by construction; so are validation rows of other inputs
ACCEPTED: tuple[str, ...] = ("conflicting_targets", "validation_shift")


def make(rng: np.random.Generator) -> Subject:
    """Draw one of three: all inputs constant, one large constant, or constants that vary in the validation rows."""
    return (_all, _large, _unseen)[rng.integers(3)](rng)


def _all(rng: np.random.Generator) -> Subject:
    """Why it is certain: with equal inputs in all rows there is one output only, and the targets vary."""
    rows, inputs = int(rng.integers(4, 300)), int(rng.integers(1, 8))
    X = np.repeat(rng.normal(size=(1, inputs)), rows, axis=0)
    y = rng.normal(size=(rows, 1)) * rng.uniform(0.5, 2.0) + rng.normal()
    network, seed = network_of(rng, inputs, 1, layers=2)
    optimizer = optimizer_of(rng, rows)
    limits = Limits(iterations=iterations_of(rng, optimizer, rows), seconds=1.0)
    return descended(network, X, y, optimizer, limits=limits, initialiser="glorot", seed=seed, compiled=False)


def _large(rng: np.random.Generator) -> Subject:
    """Why it is certain: the twin without the constant, at the rate that suits it, ends below half of the error."""
    while True:
        rows, inputs = int(rng.integers(20, 200)), int(rng.integers(1, 5))
        U = inputs_of(rng, rows, inputs)
        y = smooth_function(rng, U)
        constant = rng.choice([-1.0, 1.0]) * np.exp(rng.uniform(np.log(30.0), np.log(3000.0)))
        hidden, seed = int(rng.integers(5, 25)), int(rng.integers(1 << 30))
        errors, subjects = [], []
        for value in (constant, 0.0):
            X = np.column_stack([U, np.full(rows, value)])
            network = Network(
                [inputs + 1, hidden, 1],
                ["tanh", "identity"],
                loss="mean_squared_error",
                initialiser="glorot",
                seed=seed,
            )
            rate = 0.05 if value == 0.0 else min(0.05, 5.0 / value**2)
            limits = Limits(iterations=1500, plateau=False)
            subject = descended(
                network, X, y, GradientDescent(rate), limits=limits, initialiser="glorot", seed=seed, compiled=False
            )
            subjects.append(subject)
            errors.append(subject.network.error(X, y))
        if errors[1] < 0.5 * errors[0] and errors[0] > 0.05:
            return subjects[0]


def _unseen(rng: np.random.Generator) -> Subject:
    """Why it is certain: no row tells anything of those weights, and with the constant put back the error is half."""
    while True:
        rows, inputs, more = int(rng.integers(30, 200)), int(rng.integers(1, 5)), int(rng.integers(1, 4))
        U = inputs_of(rng, 2 * rows, inputs)
        y = smooth_function(rng, U) + 0.05 * rng.normal(size=(2 * rows, 1))
        varying = rng.normal(size=(2 * rows, more)) * rng.uniform(1.0, 3.0)
        varying[:rows] = 0.0
        X = np.column_stack([U, varying])
        network, seed = network_of(rng, inputs + more, 1, layers=1, units=(4, 10))
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
        back = X[rows:].copy()
        back[:, inputs:] = 0.0
        if subject.network.error(back, y[rows:]) < 0.5 * subject.network.error(*held_out):
            return subject
