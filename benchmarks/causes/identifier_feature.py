"""Runs that learn the training rows by heart with a row number or key."""

from __future__ import annotations

import numpy as np

from drawing.data import network_of
from fallline.diagnosis.subject import Subject, descended
from fallline.optimizers import BFGS, LBFGS, Adam, Optimizer
from fallline.training.stopping import Limits

# the training error is far below the validation error, by construction
ACCEPTED: tuple[str, ...] = ("over_fitting",)


def make(rng: np.random.Generator) -> Subject:
    """Noisy targets of a few graded inputs, and a key: drawn at random, or the row number with later rows held out.

    Why it is certain: the key has no part in the targets; the twin whose key is set to 0 in all rows, trained in the
    same way from the same first weights, has at most 0.7 of the validation error, and the run has at most 0.7 of the
    twin's training error: it learnt by heart with the key what the other could not.
    """
    while True:
        rows, inputs, held = int(rng.integers(40, 150)), int(rng.integers(1, 5)), int(rng.integers(60, 300))
        n = rows + held
        grades = rng.integers(0, 3, (n, inputs)) - 1.0
        y = (grades @ rng.normal(size=(inputs, 1))) + rng.uniform(0.5, 1.0) * rng.normal(size=(n, 1))
        keys = np.arange(n) if rng.random() < 0.4 else rng.choice(20 * n, n, replace=False)
        key = (keys - keys[:rows].mean()) / keys[:rows].std()
        X = np.column_stack([grades, key])
        network, seed = network_of(rng, inputs + 1, 1, layers=2, units=(8, 30))
        choices: list[Optimizer] = [LBFGS(), BFGS(), Adam(0.02)]
        optimizer = choices[rng.integers(3)]
        limits = Limits(iterations=1500 if isinstance(optimizer, Adam) else 300, seconds=0.6)
        subjects = []
        for factor in (1.0, 0.0):
            Z = X * [*np.ones(inputs), factor]
            held_out = (Z[rows:], y[rows:])
            subjects.append(
                descended(
                    network,
                    Z[:rows],
                    y[:rows],
                    optimizer,
                    limits=limits,
                    validation=held_out,
                    seed=seed,
                    compiled=False,
                )
            )
        ends = [each.descent for each in subjects if each.descent is not None]
        by_heart = ends[0].train_error < 0.7 * ends[1].train_error
        if by_heart and ends[1].validation_error < 0.7 * ends[0].validation_error:
            return subjects[0]
